"""What a follow-up leaves unsaid, taken from the turns before; no language model.

A question is read as a follow-up when its own words say so ("and ...", "what about", "she", "that meeting") or when it
names nobody and nothing of its own. Words that announce another subject ("something unrelated:") end the thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.analysis import content_terms
from rag.model import Turn
from rag.periods import MONTH_NAME, WEEKDAY_NAME

_SWITCH = re.compile(
    r"^.{0,60}?\b(?:(?:something|a|an|one|on\s+an?|completely|totally)?\s*(?:unrelated|separate|different|new|another|other)"
    r"(?:\s+(?:matter|question|topic|subject|note|thing|issue))?|change\s+of\s+(?:topic|subject)|switching\s+\w+)"
    r"\s*(?:[:,.;–—-]|\bnow\b)\s*",
    re.I,
)
_OPENS_AS_FOLLOW_UP = re.compile(
    r"^\W*(?:ok(?:ay)?\W+|thanks\W+|thx\W+)*(?:and|but|so|also|or|then|what\s+about|how\s+about|what\s+of|same|anything"
    r"|anyone|anybody|who\s+else|what\s+else|when\s+was\s+(?:that|this|it)|where\s+was\s+(?:that|this|it)|why\s+(?:so|not))\b",
    re.I,
)
_REFERS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|they|them|their|theirs|it|its|else|there|then|earlier|later|afterwards"
    r"|(?:that|this|those|these|the\s+same|the)\s+(?:meeting|call|talks?|visit|trip|summit|statement|conversation|readout"
    r"|meetings|calls|announcement|agreement|deal|day|week|month|year|one)|which\s+(?:of\s+)?(?:those|these|them))\b",
    re.I,
)
# "The calls with Truss" need no turn before them: a name says which. "The call with the President" and "the visit of
# March" do.
_NO_NAME = (
    rf"(?:{MONTH_NAME}|{WEEKDAY_NAME}|(?:Vice|Prime|Foreign|Defen[cs]e|Finance|Deputy|Chief|Secretary|General|State"
    r"|President|Minister|Chancellor|Ambassador|Chairman|Director|King|Queen|Pope|Prince)s?)\b"
)
_SAYS_WHICH = re.compile(
    r"\b[Tt]he\s+(?:meetings?|calls?|talks?|visits?|trips?|summits?|statements?|conversations?|readouts?|announcements?"
    rf"|agreements?|deals?)\s+(?:with|between|of|by|to)\s+(?:{_NO_NAME}\s+)*(?!{_NO_NAME})(?=[A-Z])"
)
_POLITE = re.compile(r"^\W*(?:(?:ok(?:ay)?|thanks|thank\s+you|thx|great|right|sure|hi|hello)\b[\s,.!–—-]*)+", re.I)
_NAMED = re.compile(r"(?<!^)(?<![.?!]\s)\b[A-Z][\w’'-]+")
_MOST_TURNS = 4


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question with what it leans on.

    Attributes:
        question: the reader's words without politeness or an announced change of subject.
        thread: the turns that it leans on, oldest first; empty where it stands alone.
    """

    question: str
    thread: tuple[Turn, ...] = ()

    @property
    def standalone(self) -> str:
        """Wording that can be read alone."""
        return " ".join([*(turn.question for turn in self.thread), self.question])


def resolve(text: str, history: Sequence[Turn]) -> Resolved:
    """Find what a question leans on in the turns before it (oldest first)."""
    switched = _SWITCH.match(text)
    question = text[switched.end() :] if switched and switched.end() < len(text) else text
    question = _POLITE.sub("", question) or question
    if switched or not history or not _leans(question):
        return Resolved(question)
    thread: list[Turn] = []
    for turn in reversed(history[-_MOST_TURNS:]):
        earlier = resolve(turn.question, ()).question
        thread.insert(0, Turn(earlier, turn.answer))
        if _SWITCH.match(turn.question) or not _leans(earlier):
            break  # this turn stands alone, so the thread starts here
    return Resolved(question, tuple(thread))


def _leans(question: str) -> bool:
    if _OPENS_AS_FOLLOW_UP.match(question) or _REFERS_BACK.search(_SAYS_WHICH.sub("", question)):
        return True
    return not _NAMED.search(question) and len(content_terms(question)) <= 3
