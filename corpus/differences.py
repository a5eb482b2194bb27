"""What differs between two wordings, as exact spans of both.

Alignments are those of least Levenshtein distance, from `rapidfuzz` (Hyyrö's bit-parallel method, divided as Hirschberg
does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

Span = tuple[int, int]
Block = tuple[int, int, int, int]

_TOKEN = re.compile(r"\w+|\n+|[^\S\n]+|[^\w\s]")
# Cells of an alignment: some 10**9 a second. What is larger counts as changed from its first difference to its last.
_MOST_CELLS = 4_000_000_000
# Words that two texts have in common by chance, between two changes: the changes read better as one.
_CHANCE = 2
_CHANCE_TOKENS = 3  # one word and the spaces around it


@dataclass(frozen=True, slots=True)
class Difference:
    """``old[was[0]:was[1]]`` has become ``new[now[0]:now[1]]``; either may be empty. Offsets count characters."""

    was: Span
    now: Span


def differences(old: str, new: str) -> list[Difference]:
    """Where a text has changed, word by word, in order: what is between the spans is the same in both."""
    old_lines, new_lines = line_spans(old), line_spans(new)
    blocks = changed_blocks([old[a:b] for a, b in old_lines], [new[a:b] for a, b in new_lines], 0)
    return [
        difference
        for i1, i2, j1, j2 in blocks
        for difference in _in_words(old, new, _whole(old_lines, i1, i2), _whole(new_lines, j1, j2))
    ]


def changed_blocks(old: Sequence[str], new: Sequence[str], chance: int = _CHANCE) -> list[Block]:
    """(i1, i2, j1, j2) for each run of items in which ``old[i1:i2]`` has become ``new[j1:j2]``, in order.

    Args:
        old, new: words, say, or lines.
        chance: how many equal items between two changes make no border.
    """
    start = _common(zip(old, new, strict=False))
    room = min(len(old), len(new)) - start
    end = min(room, _common(zip(reversed(old), reversed(new), strict=False)))
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    if not inner_old and not inner_new:
        return []
    if len(inner_old) * len(inner_new) > _MOST_CELLS:
        return [(start, len(old) - end, start, len(new) - end)]
    blocks: list[Block] = []
    for step in Levenshtein.opcodes(inner_old, inner_new):
        if step.tag == "equal":
            continue
        i1, i2, j1, j2 = (start + n for n in (step.src_start, step.src_end, step.dest_start, step.dest_end))
        if blocks and i1 - blocks[-1][1] <= chance:
            i1, _, j1, _ = blocks.pop()
        blocks.append((i1, i2, j1, j2))
    return blocks


def _in_words(old: str, new: str, was: Span, now: Span) -> Iterator[Difference]:
    old_tokens, new_tokens = _tokens(old, was), _tokens(new, now)
    blocks = changed_blocks([old[a:b] for a, b in old_tokens], [new[a:b] for a, b in new_tokens], _CHANCE_TOKENS)
    for i1, i2, j1, j2 in blocks:
        yield Difference(_covered(old_tokens, i1, i2, was[0]), _covered(new_tokens, j1, j2, now[0]))


def _covered(tokens: Sequence[Span], first: int, last: int, at_least: int) -> Span:
    """The characters of some tokens in a row; of none, the place after the token before."""
    if first < last:
        return tokens[first][0], tokens[last - 1][1]
    place = tokens[first - 1][1] if first else at_least
    return place, place


def _tokens(text: str, span: Span) -> list[Span]:
    return [found.span() for found in _TOKEN.finditer(text, *span)]


def line_spans(text: str) -> list[Span]:
    """Lines, each with its line feed: a text may have other separators, and those belong to its lines."""
    borders = [0, *(found.end() for found in re.finditer("\n", text)), len(text)]
    return [(a, b) for a, b in pairwise(borders) if a < b]


def _whole(lines: Sequence[Span], first: int, last: int) -> Span:
    if first < last:
        return lines[first][0], lines[last - 1][1]
    place = lines[first - 1][1] if first else 0
    return place, place


def _common(pairs: Iterator[tuple[str, str]]) -> int:
    count = 0
    for a, b in pairs:
        if a != b:
            break
        count += 1
    return count
