"""The sample corpus, taken in once with its vectors, and helpers that check answers as a reader would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from conftest import SAMPLE

from corpus.archive import Archive
from corpus.holdings import Holdings
from corpus.settings import Settings
from ingest.pipeline import ingest
from ingest.vectors import embed_due
from rag.engine import Engine
from rag.model import Answer

TODAY = date(2026, 2, 4)
TALKS = "in-ids/2025-11-24-oman-cds-secgen-talks"


def fill(holdings: Holdings) -> None:
    """Hold the sample corpus, with vectors and up-to-date indexes."""
    ingest([SAMPLE], holdings)
    embed_due(holdings.archive, holdings.embedder)
    holdings.catch_up()


@pytest.fixture(scope="session", name="sample")
def sample_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdings]:
    """The sample corpus; shared, so not to be changed. Each module that imports this opens the same folder."""
    with Holdings(Settings(archive=tmp_path_factory.getbasetemp() / "sample"), create=True) as holdings:
        fill(holdings)
        yield holdings


@pytest.fixture(scope="session", name="engine")
def engine_fixture(sample: Holdings) -> Engine:
    """An engine over the sample corpus."""
    return Engine(sample)


def assert_holds(answer: Answer, archive: Archive) -> None:
    """Every quote stands where its citation says, and text and citations agree one to one."""
    rest = answer.text
    assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        assert citation.quote.strip()
        text = archive.version(citation.statement.id, citation.version).text
        assert text[citation.start : citation.end] == citation.quote
        assert citation.statement.id in answer.retrieved
        shown = f"“{citation.quote}” [{citation.marker}]"
        assert shown in rest
        rest = rest.replace(shown, "", 1)
    assert "[" not in rest and "“" not in rest
    assert bool(answer.citations) == (answer.outcome.value in ("answered", "partial"))
    assert answer.text.strip()


def cited(answer: Answer) -> list[str]:
    """Ids of the statements that an answer cites, each once, in order."""
    return list(dict.fromkeys(citation.statement.id for citation in answer.citations))
