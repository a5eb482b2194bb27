"""What a question asks for besides its topic: the thing that an answer has to name, and which of several is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_CONTACT = (
    r"(?:(?:phone\s+)?calls?|meetings?|conversations?|talks|statements?|visits?|readouts?|remarks|speech(?:es)?|letters?"
    r"|(?:press\s+)?(?:releases?|briefings?|conferences?)|posts?|contacts?|exchanges?|messages?|addresses)\b"
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_COUNT = rf"(?:(?P<count>{'|'.join(_COUNTS)}|[2-9]|[1-4]\d)\s+)?"
_ORDINALS = {"earliest": 0, "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5}
_WHOSE = r"\b(?:the|his|her|their|its|our|\w+['’]s?|and)\s+(?:very\s+)?"
# One word may stand between ("the latest phone call", "the second bilateral meeting"), but not a period.
_ONE_WORD = r"(?:(?!week|month|year|quarter|day|half)[\w-]+\s+)?"
_LATEST = re.compile(
    rf"{_WHOSE}(?P<which>most\s+recent|latest|last|newest)\s+{_COUNT}{_ONE_WORD}(?={_CONTACT})"
    r"|\b(?P<lately>most\s+recently)\b|\bdid\b[^.?!]{1,80}?\b(?P<last>last)(?=\s+(?:meet|speak|call|talk|visit|say|discuss))",
    re.I,
)
_NTH = re.compile(rf"{_WHOSE}(?P<which>{'|'.join(_ORDINALS)})\s+{_COUNT}{_ONE_WORD}(?={_CONTACT})", re.I)
# What is asked for stands between the question word and the verb ("which drone bases did ..."), or after "about".
_FOCUS = (
    re.compile(
        r"\b(?:which|what|how\s+(?:many|much))\s+((?:[\w’'-]+\s+){1,6}?)"
        r"(?:did|do|does|is|are|was|were|has|have|had|will|would|can|could|should)\b",
        re.I,
    ),
    re.compile(
        r"\b(?:about|regarding|concerning|on)\s+((?:[\w’'-]+\s+){0,4}?[\w’'-]+)"
        r"(?=\s+(?:in|on|at|with|when|during|after|before|from|to|by|between|and|for)\b|\s*[?.,;:!]|\s*$)",
        re.I,
    ),
)


@dataclass(frozen=True, slots=True)
class Pick:
    """Which of several statements are meant, counted by date.

    Attributes:
        start, stop: as a slice of them all; negative counts from the newest.
        words: how the question says it.
    """

    start: int
    stop: int | None
    words: str

    @property
    def several(self) -> bool:
        """Whether more than one is meant."""
        return (self.stop if self.stop is not None else 0) - self.start > 1

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """Those that are meant; empty where there are not so many."""
        return items[self.start : self.stop]


def pick_of(text: str) -> Pick | None:
    """Which of several statements a question is about ("the second call", "the most recent"), if it says so."""
    latest = _LATEST.search(text)
    if latest:
        return Pick(-_count(latest), None, latest["which"] or latest["lately"] or latest["last"])
    nth = _NTH.search(text)
    if nth:
        start = _ORDINALS[nth["which"].lower()]
        return Pick(start, start + _count(nth), nth["which"])
    return None


def without_pick(text: str, pick: Pick | None) -> str:
    """The question without the words that pick: they count statements, and say nothing of the topic."""
    return text.replace(pick.words, " ", 1) if pick else text


def focus_of(text: str) -> list[str]:
    """The phrases of which an answer has to have something: "drone bases" of "Which drone bases did they offer?".

    The focus of a question, as in Moldovan et al., "The structure and performance of an open-domain question answering
    system", ACL 2000.
    """
    return [found[1].strip() for pattern in _FOCUS if (found := pattern.search(text))]


def _count(match: re.Match[str]) -> int:
    written = (match["count"] or "1").lower()
    return _COUNTS.get(written) or int(written)
