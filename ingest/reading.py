"""Read texts sentence by sentence when they are ingested, since questions ask for the same over and over."""

from __future__ import annotations

from collections.abc import Callable

from corpus.analysis import content_line
from corpus.holdings import Holdings
from corpus.reading import Reading
from ingest.sentences import sentence_spans

# Which way of reading made a row. Raise it with every change of `ingest.sentences` or `corpus.analysis` that makes
# another reading of some text: rows of another way are not used, and made anew. Where sentences begin elsewhere, empty
# `sentence_vectors` by a step of the schema too: until they are made anew, every answer has to read its statements.
METHOD = 1
_FEW = 64  # statements in one transaction, which keeps other writers waiting


def read(text: str) -> Reading:
    """A text sentence by sentence."""
    spans = sentence_spans(text)
    return Reading(tuple(spans), tuple(content_line(text[start:end]) for start, end in spans))


def read_due(holdings: Holdings, stop: Callable[[], bool] = lambda: False) -> int:
    """Read every current version that has not been, or not in today's way.

    Args:
        holdings: what is held.
        stop: asked before each transaction.

    Returns:
        How many were read.
    """
    archive, done = holdings.archive, 0
    unread = archive.unread(METHOD)
    while not stop() and done < len(unread):
        few = unread[done : done + _FEW]
        texts = archive.texts(few)
        archive.put_readings(METHOD, {version: read(text) for version, text in texts.items()})
        done += len(few)
    return min(done, len(unread))
