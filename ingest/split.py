"""Split a text into passages that the embedder reads whole, along paragraphs and sentences, with exact offsets."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.sentences import Span, sentence_spans

# Room that a passage leaves for its header (title, issuer, date); a longer header is cut, never the passage.
HEADER_TOKENS = 56
# A paragraph's end closes a passage that has at least this share of its room filled.
_FULL_ENOUGH = 0.6


class TokenCounter:
    """Counts an embedder's tokens between two offsets of one text, from one tokenisation of the whole."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._starts = [start for start, _ in spans]

    def between(self, start: int, end: int) -> int:
        """How many tokens start in ``text[start:end]``."""
        return bisect.bisect_left(self._starts, end) - bisect.bisect_left(self._starts, start)

    def prefix_end(self, start: int, tokens: int) -> int | None:
        """Where the token after the first `tokens` from `start` begins, or None when there are no more."""
        i = bisect.bisect_left(self._starts, start) + tokens
        return self._starts[i] if i < len(self._starts) else None


def split(text: str, tokens: Sequence[Span], room: int) -> list[Span]:
    """Passages of a text as (start, end) spans.

    Args:
        text: a tidied text.
        tokens: the embedder's token spans over that text.
        room: most tokens in a passage.

    Returns:
        Spans in order, disjoint, each at most `room` tokens, together covering all that is not white space. They end
        where sentences end, but for a sentence that alone is longer than `room`, which is cut between words.
    """
    counter = TokenCounter(tokens)
    pieces = [p for sentence in sentence_spans(text) for p in _fitting(text, sentence, counter, room)]
    if not pieces:
        return []
    # Even passages: three of 120 tokens are found better than two of 175 and a rest of 10.
    total = counter.between(pieces[0][0], pieces[-1][1])
    target = min(room, -(-total // -(-total // room)) + room // 8) if total else room
    passages: list[Span] = []
    start = pieces[0][0]
    for piece, following in pairwise([*pieces, None]):
        assert piece is not None
        if following is None or _closes(text, start, piece[1], following, counter, target):
            passages.append((start, piece[1]))
            start = following[0] if following else piece[1]
    return passages


def _closes(text: str, start: int, end: int, following: Span, counter: TokenCounter, target: int) -> bool:
    if counter.between(start, following[1]) > target:
        return True
    paragraph_ends = "\n\n" in text[end : following[0]]
    return paragraph_ends and counter.between(start, end) >= _FULL_ENOUGH * target


def _fitting(text: str, span: Span, counter: TokenCounter, room: int) -> Iterator[Span]:
    """The span itself, or pieces of it that fit, cut at white space where there is any."""
    start, end = span
    while counter.between(start, end) > room:
        limit = counter.prefix_end(start, room)
        assert limit is not None
        cut = _cut(text, start, limit)
        yield start, start + len(text[start:cut].rstrip())
        start = cut
        while text[start].isspace():
            start += 1
    yield start, end


def _cut(text: str, start: int, limit: int) -> int:
    """The last place up to `limit` that is beside white space, else beside what is no letter, else `limit`."""
    for borders in (str.isspace, _is_mark):
        for cut in range(limit, start, -1):
            if borders(text[cut - 1]) or (cut < limit and borders(text[cut])):
                return cut
    return limit


def _is_mark(character: str) -> bool:
    return not character.isalnum()


def cut_header(header: str, tokens: Sequence[Span], most: int = HEADER_TOKENS) -> str:
    """A header that is at most `most` tokens long, cut between tokens where it has to be."""
    return header if len(tokens) <= most else header[: tokens[most][0]].rstrip()
