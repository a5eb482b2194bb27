"""Lines of a page, with their places, to paragraphs.

A PDF knows characters and places; what belongs together is told by geometry. A line was broken to fit where the next
line's first word would not have fitted any more; otherwise its writer ended it there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wordfreq import zipf_frequency

# What pdfium writes for a hyphen at a line's end; no text has it otherwise.
BROKEN: Final = "\ufffe"
# A line this short ("ANNEX A", "No. S 12") does not name a document by itself.
_A_HEADING: Final = 15

_LIST_MARK = re.compile(
    r"(?:[-–—•·▪●○■□✔✘✓✗*➢\uf000-\uf0ff]|o(?=\s)|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+)"
    r"(?:\s|—|\()"
)
_NUMBERED = re.compile(r"\d{1,3}\s+[A-Z]")
_FOLIO = re.compile(r"(?:[-–—]\s*)?(?:page\s+)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?(?:\s*[-–—])?|[ivxlc]{1,6}", re.I)
_DIGITS = re.compile(r"\d+")
_FIRST_WORD = re.compile(r"\S+")
_LAST_WORD = re.compile(r"[A-Za-z]+$")
_LOWER = re.compile(r"[a-zà-öø-ÿ]")
_SENTENCE_END = re.compile(r"[.!?:;][\"”’)]?$")
_CLAUSE_END = re.compile(r"(?:[.!?:;]|\s[-–—])[\"”’)]?$")
# Wingdings bullets come as private-use characters.
_PRIVATE = re.compile(r"^[\uf000-\uf0ff]\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page as the PDF orders them; distances in points, `bottom` and `top` from the page's foot."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        """Of its characters, at least one point."""
        return max(self.top - self.bottom, 1.0)


def without_furniture(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without page numbers and without heads and feet that come again on most pages.

    What is repeated stays on its first page. Only lines that stand off at the top or the foot of a page are looked at,
    at the same height on each, and nothing but numbers goes from a document of fewer than three pages.
    """
    kept = [list(page) for page in pages]
    edges = [_edges(page) for page in pages]
    again = Counter(key for edge in edges for key in {_key(line) for line in edge})
    seen: set[tuple[str, int]] = set()
    for page, edge in zip(kept, edges, strict=True):
        for line in edge:
            repeated = len(pages) >= 3 and again[_key(line)] * 2 > len(pages)
            if repeated and _key(line) in seen:
                page.remove(line)
            elif repeated:
                seen.add(_key(line))
        ends = sorted(page, key=lambda line: -line.top)
        for line in ends[:1] + ends[1:][-1:]:
            if _FOLIO.fullmatch(line.text.strip()) and line in page:
                page.remove(line)
    return kept


def _edges(page: Sequence[Line]) -> list[Line]:
    """The one or two lines at the top and at the foot of a page that stand off from the others."""
    by_height = sorted(page, key=lambda line: -line.top)
    return _standing_off(by_height) + _standing_off(by_height[::-1])


def _standing_off(lines: Sequence[Line]) -> list[Line]:
    for n in range(1, min(3, len(lines))):
        here, beyond = lines[n - 1], lines[n]
        if max(here.bottom - beyond.top, beyond.bottom - here.top) > 0.8 * max(here.height, beyond.height):
            return list(lines[:n])
    return []


def _key(line: Line) -> tuple[str, int]:
    return _DIGITS.sub("0", line.text.strip().casefold()), round(line.bottom / 4)


def page_text(lines: Sequence[Line]) -> str:
    """A page's text: paragraphs with a blank line between, list items and other lines that end early on their own."""
    written: list[str] = []
    for block in _blocks(lines):
        margin = max(line.right for line in block)
        paragraph = _unbulleted(block[0].text)
        for before, line in pairwise(block):
            if _goes_on(before, line, margin):
                paragraph = joined(paragraph, line.text)
            else:
                paragraph += "\n" + _unbulleted(line.text)
        written.append(paragraph)
    return "\n\n".join(written).replace(BROKEN, "-")


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Runs of lines that stand under one another at an even distance, in letters of one size."""
    blocks: list[list[Line]] = []
    before: Line | None = None
    for line in lines:
        if before is not None and _under(before, line):
            blocks[-1].append(line)
        else:
            blocks.append([line])
        before = line
    return blocks


def _under(before: Line, line: Line) -> bool:
    height = max(before.height, line.height)
    down = before.bottom - line.bottom
    overlaps = line.left < before.right and before.left < line.right
    alike = min(before.height, line.height) > 0.75 * height or _LOWER.match(line.text) is not None
    return 0.3 * height < down < 1.9 * height and overlaps and alike


def _goes_on(before: Line, line: Line, margin: float) -> bool:
    """Whether a line continues the one above it in its block."""
    if _LIST_MARK.match(line.text) or (line.text[0] in "“‘" and _CLAUSE_END.search(before.text)):
        return False
    if before.text.endswith(BROKEN) or (_LOWER.match(line.text) and not _SENTENCE_END.search(before.text)):
        return True
    first = _FIRST_WORD.match(line.text)
    width = (line.right - line.left) / max(len(line.text), 1) * ((first.end() if first else 0) + 1)
    # A number at the beginning of a line opens a paragraph where the line above ended a sentence.
    if _NUMBERED.match(line.text) and _SENTENCE_END.search(before.text):
        return False
    indented = line.left - before.left
    return before.right + width > margin and (indented < 2 * line.height or not _SENTENCE_END.search(before.text))


def joined(left: str, right: str) -> str:
    """Two lines of one paragraph as one; a word that was broken at the line's end is whole again.

    A hyphen that would be there without the break stays: it is one unless the word is known without it.
    """
    if not left.endswith((BROKEN, "-")):
        return f"{left} {right}"
    head, tail = _LAST_WORD.search(left[:-1]), re.match(r"[a-z]+", right)
    if head is None or tail is None:
        return left[:-1] + "-" + right
    whole = zipf_frequency(head[0] + tail[0], "en") > 1.5
    return left[:-1] + ("" if whole else "-") + right


def mended(pages: Sequence[str]) -> list[str]:
    """The pages with words that were broken between two of them whole on the first."""
    whole = list(pages)
    for i, (page, following) in enumerate(pairwise(pages)):
        page = whole[i]
        rest = re.match(r"[a-z]+\S*", following)
        if page.endswith("-") and page[-2:-1].isalpha() and rest:
            whole[i] = joined(page, rest[0])
            whole[i + 1] = following[rest.end() :].lstrip()
    return whole


def title_of(lines: Sequence[Line]) -> str | None:
    """The heading on a first page: its largest letters where they stand out in the upper half, else its first lines."""
    if not lines:
        return None
    top, foot = max(line.top for line in lines), min(line.bottom for line in lines)
    upper = sorted((line for line in lines if line.top > (top + foot) / 2), key=lambda line: -line.top)
    usual = sorted(line.height for line in lines)[len(lines) // 2]
    largest = max(line.height for line in upper if len(line.text) > 2 or len(upper) == 1) if upper else usual
    if largest > 1.15 * usual:
        large = [line for line in upper if line.height > 0.9 * largest and any(map(str.isalpha, line.text))]
        heading = large[:1]
        for line in large[1:4]:
            if heading[-1].bottom - line.bottom < 2.2 * largest:
                heading.append(line)
    else:
        heading = list(lines[:1])
        for line in lines[1:7]:
            if not heading[-1].text.isupper() and len(heading[-1].text) > _A_HEADING:
                break
            if line.text[:1].islower() or _SENTENCE_END.search(line.text) or _LIST_MARK.match(line.text):
                break
            capitals_end = heading[-1].text.isupper() and not line.text.isupper()
            if capitals_end and sum(len(each.text) for each in heading) > _A_HEADING:
                break
            heading.append(line)
    title = " ".join(" ".join(_unbulleted(line.text) for line in heading).replace(BROKEN, "-").split())
    return title[:300].strip(" -–—") or None


def _unbulleted(text: str) -> str:
    return _PRIVATE.sub("• ", text)
