"""What a text is sentence by sentence is worked out once, and worked out anew when the way of doing so changes."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import date
from pathlib import Path

from conftest import SAMPLE, paragraphs, put
from hypothesis import given
from hypothesis import strategies as st

from corpus.analysis import content_line
from corpus.archive import Archive
from corpus.embedder import Embedder
from corpus.holdings import Holdings
from corpus.model import Statement
from corpus.reading import Reading
from corpus.settings import Settings
from ingest.pipeline import ingest
from ingest.reading import METHOD, read, read_due
from ingest.vectors import embed_due
from rag.engine import Engine


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_reading_comes_back_as_it_was_kept(text: str) -> None:
    reading = read(text)
    assert Reading.unpacked(*reading.packed()) == reading
    assert [content_line(text[start:end]) for start, end in reading.spans] == list(reading.lines)


def test_another_way_of_reading_has_another_number(tmp_path: Path, embedder: Embedder) -> None:
    """If this fails, sentences or words come out otherwise than they did: raise METHOD and note the new digest."""
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        holdings.embedder = embedder
        ingest([SAMPLE], holdings)
        archive, digest = holdings.archive, hashlib.sha256()
        assert archive.unread(METHOD) == [], "ingest has read them all"
        for name in sorted(archive.all_ids()):
            version = archive.version(name)
            reading = archive.reading(name, version.number, METHOD)
            assert reading == read(version.text)
            digest.update(repr(reading).encode())
    assert (METHOD, digest.hexdigest()[:16]) == (1, "71616c4e32cdee73")


def test_readings_follow_the_text(archive: Archive, embedder: Embedder) -> None:
    with Holdings(Settings(archive=archive.folder)) as holdings:
        put(archive, "a", "Ships sail. Ports close.")
        put(archive, "b", "Trains run.")
        assert archive.reading("a", 1, METHOD) is None
        assert read_due(holdings) == 2 and read_due(holdings) == 0
        put(archive, "a", "Ships sail. Ports open.")
        assert archive.unread(METHOD) == [("a", 2)]
        assert read_due(holdings, stop=lambda: True) == 0 and read_due(holdings) == 1
        assert archive.reading("a", 1, METHOD) == read("Ships sail. Ports close."), "of what was cited"
        assert archive.reading("a", 2, METHOD + 1) is None and len(archive.unread(METHOD + 1)) == 2
        archive.remove("a")
        with sqlite3.connect(archive.folder / "archive.sqlite3") as db:
            assert [row[0] for row in db.execute("SELECT statement_id FROM reading")] == ["b"]


def test_a_removal_meanwhile_stops_no_reading(archive: Archive, embedder: Embedder) -> None:
    with Holdings(Settings(archive=archive.folder)) as holdings:
        put(archive, "a", "Ships sail.")
        put(archive, "b", "Trains run.")

        def gone() -> bool:
            if "a" in archive.all_ids():
                archive.remove("a")
            return False

        read_due(holdings, stop=gone)
        assert archive.unread(METHOD) == [] and archive.reading("b", 1, METHOD) == read("Trains run.")


def test_what_has_no_vectors_yet_is_compared_all_the_same(tmp_path: Path, embedder: Embedder) -> None:
    """An edited statement, too, of which only some passages are new."""
    routine = [
        f"The minister visited the school at number {n} and thanked its teachers for their work." for n in range(9)
    ]
    texts = [
        "\n\n".join([*routine, f"Mending the pier will take {time} months.", "Ferries call at Elsewhere."])
        for time in ("nine", "eleven")
    ]
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        holdings.embedder = embedder
        held = Statement("a", "Remarks at the harbour", date(2025, 1, 1), "Ministry of Examples")
        holdings.archive.put(held, texts[0], b"", "test", paragraphs(texts[0]))
        embed_due(holdings.archive, embedder)
        holdings.archive.put(held, texts[1], b"", "test", paragraphs(texts[1]))
        assert holdings.archive.count_without_vector(embedder.name) == 1
        engine, question = Engine(holdings), "How long will the repair of the pier take?"
        early = engine.ask(question)
        assert "Mending the pier will take eleven months." in [citation.quote for citation in early.citations]
        embed_due(holdings.archive, embedder)
        holdings.catch_up()
        assert [c.quote for c in engine.ask(question).citations] == [c.quote for c in early.citations]
