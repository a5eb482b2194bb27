"""The pieces of statements around gold and cited spans, so that a record can be read without the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus.archive import Archive
from corpus.errors import NotHeld
from evals.cases import Span
from evals.record import Cited, Excerpt

_AROUND = 160  # characters shown on either side


def excerpts(gold: Iterable[Span], cited: Iterable[Cited], archive: Archive) -> Iterator[Excerpt]:
    """The text around every span, with pieces that touch joined, by statement in order of first mention."""
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for span in gold:
        spans.setdefault((span.statement, span.version), []).append((span.start, span.end))
    for citation in cited:
        spans.setdefault((citation.statement_id, citation.version), []).append((citation.start, citation.end))
    for (statement, number), places in spans.items():
        try:
            text, title = archive.version(statement, number).text, archive.statement(statement).title
        except NotHeld:  # a server with another corpus; the verbatim rate tells
            continue
        for start, end in _joined(sorted(places), len(text)):
            yield Excerpt(statement=statement, version=number, title=title, start=start, text=text[start:end])


def _joined(places: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Spans with their surroundings, those joined that touch."""
    pieces: list[tuple[int, int]] = []
    for start, end in ((max(a - _AROUND, 0), min(b + _AROUND, length)) for a, b in places):
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        else:
            pieces.append((start, end))
    return pieces
