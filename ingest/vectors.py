"""Work off the archive's list of passages without a vector. It can be stopped at any point and goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.archive import Archive
from corpus.embedder import Embedder
from corpus.model import Statement
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
    """Give every current passage its vector; equal inputs are embedded once.

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
        headers = _headers([statement for _, statement, _ in due], embedder)
        inputs = {key: f"{headers[statement.id]}\n{passage.text}" for key, statement, passage in due}
        archive.put_vectors(embedder.name, list(inputs), embedder.encode(list(inputs.values())))
        progress(len(inputs))
        done += len(inputs)
    return done


def _headers(statements: Sequence[Statement], embedder: Embedder) -> dict[str, str]:
    """Each statement's header, cut to the room that passages leave for it."""
    whole = {statement.id: statement.header() for statement in statements}
    tokens = embedder.token_spans(list(whole.values()))
    return {key: cut_header(header, spans) for (key, header), spans in zip(whole.items(), tokens, strict=True)}
