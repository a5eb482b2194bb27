"""Where a text quotes: spans between quotation marks, typographic, straight, single and guillemets."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = re.compile(r"\n\n+|[“”„‟«»\"]|(?<!\w)[‘’'](?=\w)|’(?!\w)|'(?!\w)")
_CLOSES = {"“": "”", "„": "“”", "‟": "”", "«": "»", "»": "«", '"': '"', "‘": "’", "'": "'", "’": "’"}
_FEWEST_WORDS = 3
_WORD = re.compile(r"[^\W\d_][\w’'-]*")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A span of a text between quotation marks, both marks included.

    Attributes:
        start, end: of the span; a quotation that is not closed ends with its paragraph.
        goes_on: it was not closed, and the next paragraph opens with a mark again: the same words go on there.
        resumes: it is the part of such a quotation that is not its first.
    """

    start: int
    end: int
    goes_on: bool = False
    resumes: bool = False


def quotations(text: str) -> list[Quotation]:
    """All outermost quotations of a text in order, found in one pass.

    What is quoted inside a quotation belongs to it. An apostrophe is none, nor is a closing mark without an opening.
    """
    found: list[Quotation] = []
    opened, mark, depth, resumes = -1, "", 0, False
    for match in _MARK.finditer(text):
        at, sign = match.start(), match[0]
        if sign[0] == "\n":
            if opened >= 0:
                goes_on = text[match.end() : match.end() + 1] == mark
                found.append(Quotation(opened, at, goes_on, resumes))
                opened, resumes = -1, goes_on
            else:
                resumes = False
        elif opened < 0:
            if _can_open(text, at, sign):
                opened, mark, depth = at, sign, 1
        elif sign in _CLOSES[mark] and _can_close(text, at, sign):
            depth -= 1
            if depth == 0:
                found.append(Quotation(opened, at + 1, False, resumes))
                opened, resumes = -1, False
        elif sign == mark and mark in "“„«" and text[at - 1] != mark:
            depth += 1
    if opened >= 0:
        found.append(Quotation(opened, len(text), False, resumes))
    return found


def is_speech(quoted: str) -> bool:
    """Whether a quotation is words of somebody, rather than a title, a name or a single term in marks."""
    words = _WORD.findall(quoted)
    capitals = sum(word[0].isupper() for word in words) / max(1, len(words))
    ended = quoted.rstrip("”»\"’'").endswith((".", "!", "?", "…"))
    return (len(words) >= _FEWEST_WORDS and capitals <= 0.5) or (ended and len(words) > 1 and capitals <= 0.7)


def _can_open(text: str, at: int, sign: str) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + 1 : at + 2]
    if sign in "“„‟«»‘":
        return sign != "»" or (bool(after) and not after.isspace() and not before.isalnum())
    if sign in "\"'":
        return bool(after) and not after.isspace() and not before.isalnum() and before not in ".,!?"
    return False


def _can_close(text: str, at: int, sign: str) -> bool:
    if sign in "’'":
        # "the leaders’ call": a plural's apostrophe inside a single quotation closes nothing.
        return text[at + 1 : at + 2] != " " or text[at - 1] != "s" or not text[at + 2 : at + 3].islower()
    return sign != '"' or not text[at - 1].isspace()
