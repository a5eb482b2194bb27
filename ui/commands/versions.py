"""What changed between versions of a statement, as text for a terminal or a file, and as spans."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from operator import itemgetter

from corpus.differences import Block, Difference, Span, changed_blocks, differences, line_spans
from corpus.model import Version

_CONTEXT = 3  # unchanged lines around a change
_MOST_HUNKS = 100
_MOST_LINES = 40  # of one change, each way
_LONG = 300  # a line that is longer is shown around its changes only
_AROUND = 80
_RED, _GREEN, _FAINT, _STRONG, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[1;7m", "\x1b[0m"


def listed(versions: Sequence[Version]) -> Iterator[str]:
    """A line per version: number, when it was fetched, hash of its text, source."""
    for v in versions:
        yield f"{v.number}  {v.fetched_at:%Y-%m-%d %H:%M:%S} UTC  {v.text_sha256}  {v.source}"


def history(versions: Sequence[Version]) -> list[dict[str, object]]:
    """Each version in terms of JSON, with what changed since the one before: the spans, and a diff to read."""
    pairs = [(None, versions[0]), *pairwise(versions)] if versions else []
    return [
        {
            "number": new.number,
            "sha256": new.text_sha256,
            "raw_sha256": new.raw_sha256,
            "fetched_at": new.fetched_at.isoformat(),
            "source": new.source,
            "changes": [_change(one) for one in differences(old.text, new.text)] if old else [],
            "diff": "\n".join(diff(old, new)) if old else "",
        }
        for old, new in pairs
    ]


def diff(old: Version, new: Version, *, colour: bool = False) -> Iterator[str]:
    """Lines in the manner of a unified diff, of a bounded number.

    A long line is shown around what changed in it. With `colour`, changed words stand out.
    """
    old_lines, new_lines = line_spans(old.text), line_spans(new.text)
    blocks = changed_blocks([old.text[a:b] for a, b in old_lines], [new.text[a:b] for a, b in new_lines], 0)
    words = differences(old.text, new.text)
    was, now = [d.was for d in words], [d.now for d in words]
    yield f"--- version {old.number}"
    yield f"+++ version {new.number}"
    if not blocks:
        return
    hunks = _hunks(blocks)
    for hunk in islice(hunks, _MOST_HUNKS):
        yield _head(hunk, len(old_lines))
        at = max(0, hunk[0][0] - _CONTEXT)
        for i1, i2, j1, j2 in hunk:
            yield from _shown(" ", old.text, old_lines[at:i1], [], _FAINT if colour else "")
            yield from _shown("-", old.text, old_lines[i1:i2], was, _RED if colour else "")
            yield from _shown("+", new.text, new_lines[j1:j2], now, _GREEN if colour else "")
            at = i2
        yield from _shown(" ", old.text, old_lines[at : at + _CONTEXT], [], _FAINT if colour else "")
    if len(hunks) > _MOST_HUNKS:
        yield f"… and {len(hunks) - _MOST_HUNKS} more places that changed"


def _change(difference: Difference) -> dict[str, object]:
    removed, added = difference.was[0] < difference.was[1], difference.now[0] < difference.now[1]
    op = "replace" if removed and added else "delete" if removed else "insert"
    return {"op": op, "was": list(difference.was), "now": list(difference.now)}


def _hunks(blocks: Sequence[Block]) -> list[list[Block]]:
    """Changes with few unchanged lines between them, together."""
    hunks = [[blocks[0]]]
    for block in blocks[1:]:
        if block[0] - hunks[-1][-1][1] <= 2 * _CONTEXT:
            hunks[-1].append(block)
        else:
            hunks.append([block])
    return hunks


def _head(hunk: Sequence[Block], old_lines: int) -> str:
    (i1, _, j1, _), (_, i2, _, j2) = hunk[0], hunk[-1]
    before, after = min(i1, _CONTEXT), min(old_lines - i2, _CONTEXT)
    old_from, new_from = i1 - before, j1 - before
    return f"@@ -{old_from + 1},{i2 + after - old_from} +{new_from + 1},{j2 + after - new_from} @@"


def _shown(sign: str, text: str, lines: Sequence[Span], marked: Sequence[Span], paint: str) -> Iterator[str]:
    for start, end in lines[:_MOST_LINES]:
        last = end - text.endswith("\n", start, end)
        touching = marked[bisect_right(marked, start, key=itemgetter(1)) : bisect_left(marked, last, key=itemgetter(0))]
        inside = [(max(a, start), min(b, last)) for a, b in touching]
        body = _pieces(text, start, last, inside, paint)
        yield f"{paint}{sign}{body}{_PLAIN}" if paint else f"{sign}{body}"
    if len(lines) > _MOST_LINES:
        yield f"{sign}… {len(lines) - _MOST_LINES} more lines"


def _pieces(text: str, start: int, end: int, marked: Sequence[Span], paint: str) -> str:
    """A line, or what is around its marks where it is long; marks stand out where there is paint."""
    windows = [(start, end)] if end - start <= _LONG else _windows(text, start, end, marked)
    shown = []
    for first, last in windows:
        piece, at = "", first
        for a, b in marked:
            if paint and first <= a and b <= last:
                piece += f"{text[at:a]}{_STRONG}{text[a:b]}{_PLAIN}{paint}"
                at = b
        shown.append(piece + text[at:last])
    opening = "… " if windows[0][0] > start else ""
    return opening + " … ".join(shown) + (" …" if windows[-1][1] < end else "")


def _windows(text: str, start: int, end: int, marked: Sequence[Span]) -> list[Span]:
    """Parts of a long line that have its marks, each with words around it; its beginning where it has no marks."""
    windows: list[Span] = []
    for a, b in marked or [(start, start + _LONG - _AROUND)]:
        first = start if a - start <= _AROUND else text.find(" ", a - _AROUND, a) + 1 or a - _AROUND
        last = end if end - b <= _AROUND else max(b, text.rfind(" ", b, b + _AROUND)) or b
        if windows and first <= windows[-1][1]:
            first = windows.pop()[0]
        windows.append((first, last))
    return windows
