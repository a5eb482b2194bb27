"""What changed between two versions of a statement: one running text, what was taken out and put in marked in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from corpus.differences import Difference, differences
from corpus.model import Statement, Version
from ui.render.words import many, moment, safe

_GAP = re.compile(r"\s*\n\s*\n\s*")
_FOLDED = 3  # unchanged paragraphs in a row, from which on they are folded away


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the running text: "same", "del" (only in the older version) or "ins" (only in the newer)."""

    kind: str
    text: str


def changes_html(statement: Statement, old: Version, new: Version, newest: int) -> str:
    """What changed from one version to another, as safe HTML.

    Args:
        statement: whose versions they are.
        old, new: in this order, whichever was taken in first.
        newest: number of the version that is current.
    """
    paragraphs = list(_paragraphs(_stretches(old.text, new.text)))
    count = _places(paragraphs)
    current = ", the current one" if new.number == newest else ""
    about = (
        f"From version {old.number} (taken {moment(old.fetched_at)}) to version {new.number}"
        f" (taken {moment(new.fetched_at)}){current}"
    )
    key = '<p class="or-about"><del>taken out</del> · <ins>put in</ins></p>' if count else ""
    said = f"{many(count, 'place')} changed" if count else "No words changed"
    back = '<button type="button" class="or-step" data-do="return">Back to the statement</button>'
    language = escape(statement.language)
    return (
        f'<nav class="or-steps" aria-label="Changes"><span class="or-step-row">{back}<span>{said}</span></span></nav>'
        f'<article class="or-statement or-changes"><header><h2 tabindex="-1" dir="auto">{safe(statement.title)}</h2>'
        f'<p class="or-about">{about}</p>{key}</header>'
        f'<div class="or-text" lang="{language}" dir="auto">{_laid_out(paragraphs)}</div></article>'
    )


def _stretches(old: str, new: str) -> Iterator[_Stretch]:
    at, found = 0, differences(old, new)
    ends = [(after.was[0], after.now[0]) for after in found[1:]]
    for each, (old_end, new_end) in zip(found, [*ends, (len(old), len(new))], strict=False):
        difference = _settled(old, new, each, old_end, new_end)
        yield _Stretch("same", new[at : difference.now[0]])
        yield _Stretch("del", old[slice(*difference.was)])
        yield _Stretch("ins", new[slice(*difference.now)])
        at = difference.now[1]
    yield _Stretch("same", new[at:])


def _settled(old: str, new: str, difference: Difference, old_end: int, new_end: int) -> Difference:
    """A paragraph that was only put in, or only taken out, as that paragraph.

    Alignments may take the stop of the one before for its own: "A[. B]." says the same as "A.[ B.]".

    Args:
        old, new: the texts.
        difference: one of theirs.
        old_end, new_end: where the next begins in each.
    """
    (a, b), (c, d) = difference.was, difference.now
    text, first, last, end = (new, c, d, new_end) if a == b else (old, a, b, old_end)
    if (a == b) == (c == d):
        return difference
    for by in range(1, min(end - last, last - first) + 1):
        if text[first + by - 1] != text[last + by - 1]:
            break
        if text[first + by] == "\n":
            return Difference((a + by, b + by), (c + by, d + by))
    return difference


def _paragraphs(stretches: Iterator[_Stretch]) -> Iterator[list[_Stretch]]:
    """Stretches cut where a blank line stands, in whichever version, so that a paragraph put in is one of its own."""
    paragraph: list[_Stretch] = []
    for stretch in stretches:
        first, *more = _GAP.split(stretch.text)
        if first:
            paragraph.append(_Stretch(stretch.kind, first))
        for text in more:
            if paragraph:
                yield paragraph
            paragraph = [_Stretch(stretch.kind, text)] if text else []
    if paragraph:
        yield paragraph


def _places(paragraphs: Sequence[Sequence[_Stretch]]) -> int:
    """How many places changed: what was taken out and what came for it count as one."""
    kinds = [stretch.kind == "same" for paragraph in paragraphs for stretch in paragraph]
    return sum(1 for same, _ in groupby(kinds) if not same)


def _laid_out(paragraphs: Sequence[Sequence[_Stretch]]) -> str:
    """Paragraphs in order; of many in a row that are the same, only the ones beside a change are open."""
    html = []
    for same, group in groupby(paragraphs, key=lambda paragraph: all(s.kind == "same" for s in paragraph)):
        shown = ["".join(_stretch(s) for s in paragraph) for paragraph in group]
        shown = [f"<p>{inside}</p>" for inside in shown]
        if not same or len(shown) < _FOLDED:
            html += shown
            continue
        first, *folded, last = shown
        words = f"{many(len(folded), 'paragraph')} the same"
        html += [first, f'<details class="or-more"><summary>{words}</summary>{"".join(folded)}</details>', last]
    return "".join(html)


def _stretch(stretch: _Stretch) -> str:
    return safe(stretch.text) if stretch.kind == "same" else f"<{stretch.kind}>{safe(stretch.text)}</{stretch.kind}>"
