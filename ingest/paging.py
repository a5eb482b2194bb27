"""One text out of pages, and where in it each page begins."""

from __future__ import annotations

import re

from ingest.tidy import tidy

PAGE_END = "\f"

_UNFINISHED = re.compile(r"[^\s.!?:;\"”’)\]]")
_CONTINUES = re.compile(r"(?!\(?\w{1,4}[.)]\s)[a-z(]")


def join_pages(text: str) -> tuple[str, tuple[int, ...]]:
    """The pages of a "paged" text, tidied and joined, with the offset at which each begins in the result.

    A sentence that goes on overleaf goes on in the text. The first page begins at 0; an empty page begins where the
    next one does.
    """
    pages = [tidy(page, "paged") for page in text.split(PAGE_END)]
    starts = [0] * len(pages)
    joined: list[str] = []
    length, last = 0, ""
    for number, page in enumerate(pages):
        if page and last:
            joined.append(" " if _UNFINISHED.match(last[-1]) and _CONTINUES.match(page) else "\n\n")
            length += len(joined[-1])
        starts[number] = length
        joined.append(page)
        length += len(page)
        last = page or last
    for number in range(len(pages) - 2, -1, -1):
        if not pages[number]:
            starts[number] = starts[number + 1]
    return "".join(joined), tuple(starts)
