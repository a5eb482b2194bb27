"""A cross-encoder as a setting: the best passages in its order, and a clear word where it cannot be used."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from rag_fixtures import TODAY, assert_holds
from rag_fixtures import sample_fixture as sample_fixture

from corpus.cross_encoder import CrossEncoder
from corpus.errors import EmbedderError
from corpus.holdings import Holdings
from corpus.settings import RerankerSettings, Settings
from rag.engine import Engine

QUERY = "shipbuilding and maintenance with Oman"


def tiny(folder: Path, labels: int = 1) -> Path:
    """A cross-encoder of a real kind, with weights by chance: two layers over single letters."""
    import torch
    from sentence_transformers import CrossEncoder as Library
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128, num_labels=labels, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=128).save_pretrained(folder)
    Library(str(folder), device="cpu").save_pretrained(str(folder))
    return folder


def test_the_best_passages_come_in_the_order_of_the_model(sample: Holdings, tmp_path: Path) -> None:
    model = tiny(tmp_path / "model")
    plain = Engine(sample).search(QUERY, k=20)
    settings = Settings(archive=sample.settings.archive, reranker=RerankerSettings(model=str(model), depth=8))
    with Holdings(settings) as holdings:
        engine = Engine(holdings)
        hits = engine.search(QUERY, k=20)
        answer = engine.ask("What did CDS discuss with Oman?", today=TODAY)
        assert_holds(answer, holdings.archive)
    assert {hit.passage.id for hit in hits[:8]} == {hit.passage.id for hit in plain[:8]}
    assert [hit.passage.id for hit in hits[8:]] == [hit.passage.id for hit in plain[8:]]
    texts = [f"{hit.statement.header()}\n{hit.passage.text}" for hit in hits[:8]]
    scores = CrossEncoder(str(model)).scores(QUERY, texts)
    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 1
    assert [hit.why["reranker"] for hit in hits[:8]] == list(range(1, 9))
    assert all(better.score >= other.score for better, other in pairwise(hits))


def test_without_the_setting_there_is_none(sample: Holdings) -> None:
    assert sample.reranker is None
    assert all("reranker" not in hit.why for hit in Engine(sample).search(QUERY))


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="nowhere"):
        CrossEncoder(str(tmp_path / "nowhere"))


def test_a_model_for_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="3 scores"):
        CrossEncoder(str(tiny(tmp_path / "model", labels=3)))
