"""Work off the archive's list of passages without a vector. It can be stopped at any point and goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.archive import Archive
from corpus.embedder import Embedder
from corpus.model import Passage, Statement
from corpus.rows import Vectors
from corpus.sentence_vectors import SentenceVectors
from ingest.sentences import Span, sentence_spans
from ingest.split import cut_header

# Passages per transaction: enough of them that batches of like length are full, few enough that a kill loses seconds.
_WINDOW = 512


def embed_due(
    archive: Archive,
    embedder: Embedder,
    *,
    window: int = _WINDOW,
    progress: Callable[[int], None] = lambda count: None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Give every current passage and its sentences their vectors; equal inputs are embedded once.

    Args:
        archive: what is held.
        embedder: what makes the vectors.
        window: most inputs per transaction.
        progress: told after each window how many inputs were embedded.
        stop: asked before each window.

    Returns:
        How many inputs were embedded.
    """
    done = 0
    while not stop() and (due := archive.without_vector(embedder.name, window)):
        by_key = {key: (statement, passage) for key, statement, passage in due}
        vectors, sentences = embed(archive, embedder, list(by_key.values()))
        archive.put_vectors(embedder.name, list(by_key), vectors, sentences)
        progress(len(by_key))
        done += len(by_key)
    return done


def embed(
    archive: Archive, embedder: Embedder, passages: Sequence[tuple[Statement, Passage]]
) -> tuple[Vectors, list[SentenceVectors]]:
    """Vectors of passages (n, dimension), each below its statement's header, and of the sentences that begin in them.

    Args:
        archive: where their texts are.
        embedder: what makes the vectors.
        passages: each with its statement.
    """
    headers = _headers([statement for statement, _ in passages], embedder)
    sentences = _sentences(archive, [passage for _, passage in passages])
    texts, parts = list[str](), list[list[Span]]()
    for statement, passage in passages:
        header = f"{headers[statement.id]}\n"
        texts.append(header + passage.text)
        parts.append([(len(header) + start, len(header) + end) for start, end in sentences[passage.id]])
    vectors, inside = embedder.encode_with_parts(texts, parts)
    kept = [
        SentenceVectors([start for start, _ in sentences[passage.id]], rows)
        for (_, passage), rows in zip(passages, inside, strict=True)
    ]
    return vectors, kept


def _sentences(archive: Archive, passages: Sequence[Passage]) -> dict[str, list[Span]]:
    """The sentences that begin in each passage, by its id, as spans of the passage."""
    texts = archive.texts({(passage.statement_id, passage.version) for passage in passages})
    spans = {version: sentence_spans(text) for version, text in texts.items()}
    return {
        p.id: [
            (start - p.start, min(end, p.end) - p.start)
            for start, end in spans.get((p.statement_id, p.version), ())  # it may have been removed meanwhile
            if p.start <= start < p.end
        ]
        for p in passages
    }


def _headers(statements: Sequence[Statement], embedder: Embedder) -> dict[str, str]:
    """Each statement's header, cut to the room that passages leave for it."""
    whole = {statement.id: statement.header() for statement in statements}
    tokens = embedder.token_spans(list(whole.values()))
    return {key: cut_header(header, spans) for (key, header), spans in zip(whole.items(), tokens, strict=True)}
