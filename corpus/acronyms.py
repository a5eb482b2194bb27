"""Acronyms that a text explains itself: "Chief of Defence Staff (CDS)".

Source of the method: Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical
text", Pacific Symposium on Biocomputing 2003.
"""

from __future__ import annotations

import re

_IN_BRACKETS = re.compile(r"\(([^()\n]{2,12})\)")
_SHORT = re.compile(r"[A-Z][\w.&/’'-]{1,9}")
_WORD = re.compile(r"\S+")


def acronyms(text: str) -> set[tuple[str, str]]:
    """(short, long) pairs that a text defines, as it writes them."""
    found = set()
    for match in _IN_BRACKETS.finditer(text):
        short = match[1].strip()
        if not _SHORT.fullmatch(short) or sum(c.isupper() for c in short) < 2:
            continue
        line = text.rfind("\n", 0, match.start()) + 1
        words = list(_WORD.finditer(text, line, match.start()))[-min(len(short) + 5, 2 * len(short)) :]
        if not words:
            continue
        long = _long_form(short, text[words[0].start() : match.start()].rstrip())
        if long is not None:
            found.add((short, long))
    return found


def _long_form(short: str, before: str) -> str | None:
    """The shortest ending of `before` that has the characters of `short` in order, the first one opening a word.

    Unlike in the paper that first letter has to be a capital, so that "(OMB)" is not "of Management and Budget".
    """
    folded = before.lower()
    i = len(before)
    letters = [c for c in short if c.isalnum()]
    for letter in reversed(letters[1:]):
        i = folded.rfind(letter.lower(), 0, i)
        if i < 0:
            return None
    i = before.rfind(letters[0], 0, i)
    while i > 0 and before[i - 1].isalnum():
        i = before.rfind(letters[0], 0, i)
    if i < 0:
        return None
    long = before[i:]
    return long if len(long) > len(short) and " " in long else None
