"""Sentences as exact spans of a text.

Borders come from `nupunkt` (Punkt: Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", 2006)
inside each line, so that a heading, a list item or a paragraph never runs into the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import nupunkt

Span = tuple[int, int]

_LINE = re.compile(r"[^\n]+")
# Abbreviations of office, rank, money and numbering that the model does not know; what follows them belongs to them.
_GOES_ON = re.compile(
    r"(?:^|[\s(\"“])(?:Lt|Maj|Brig|Col|Capt|Cdr|Cmde|Adm|Gen|Gp|Wg|Sqn|Flt|Govt|Hon|Amb|Sec|Secy|Rep|Sen|Shri|Smt|Kum"
    r"|H\.E|Rs|Nos?|Art|Sect|approx|viz|Rev|Messrs|Mr|Mrs|Ms|Dr|Prof|St|Ft|Mt|vs|[A-Z])\.\s*$"
)
_OPENS_LOW = re.compile(r"\s*[a-z,;:)\]]")


def sentence_spans(text: str) -> list[Span]:
    """(start, end) of every sentence in order, without the white space around it.

    Together the spans cover every character that is not white space, exactly once.
    """
    return [span for line in _LINE.finditer(text) for span in _line_spans(text, line.start(), line.end())]


def _line_spans(text: str, start: int, end: int) -> Iterator[Span]:
    line = text[start:end]
    if not line.strip():
        return
    opened, last = 0, len(line.rstrip())
    for _, close in nupunkt.sent_spans(line):
        if close < last and (_GOES_ON.search(line, opened, close) or _OPENS_LOW.match(line, close)):
            continue
        yield from _trimmed(text, start + opened, start + close)
        opened = close
    yield from _trimmed(text, start + opened, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
