"""Which sentences of a statement to quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from rag.concepts import Concept
from rag.model import Question, Shape
from rag.periods import MONTH_NAME, WEEKDAY_NAME

# Sentences quoted of one statement at most, by shape; where the question asks for no part of it, and where it does.
_MOST_BROAD = {Shape.FACT: 3, Shape.DISCUSSION: 7, Shape.COMPARISON: 6, Shape.TIMELINE: 3}
_MOST_NARROW = {Shape.FACT: 3, Shape.DISCUSSION: 5, Shape.COMPARISON: 4, Shape.TIMELINE: 3}
_NEAR_BEST = 0.6
# A readout of so many words is quoted whole when the question is what was discussed.
_SHORT = 200
# A sentence about nothing in particular, such as an end mark or a greeting, is no answer.
_FEWEST_WORDS = 5


_OPENS = 0.3  # a timeline's line likes to begin where its statement does
_OF_THE_KIND = 0.15
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozens?|half|hundreds?|thousands?|millions?|billions?)\b",
    re.I,
)
_DATE = re.compile(rf"\b(?:\d{{1,2}}\s+)?{MONTH_NAME}(?:\s+\d{{1,2}})?\b(?:,?\s+\d{{4}}\b)?|\b(?:19|20)\d\d\b")
_KINDS = (
    (
        re.compile(
            r"\b(?:how\s+(?:many|much|long|big|large|often)|value|worth|total|amount|cost|share|per\s*cent|%)", re.I
        ),
        _AMOUNT,
    ),
    (
        re.compile(
            r"\b(?:when|what\s+(?:date|day|year)|which\s+(?:date|day|year)|since\s+when|how\s+long\s+ago)\b", re.I
        ),
        re.compile(
            rf"\b(?:19|20)\d\d\b|\b{MONTH_NAME}\b|\b(?:today|yesterday|tomorrow|{WEEKDAY_NAME})\b"
            r"|\b(?:this|next|last|coming)\s+(?:week|month|quarter|year|spring|summer|autumn|fall|winter)\b"
        ),
    ),
    (
        re.compile(r"\b(?:who|whom|whose)\b", re.I),
        re.compile(r"(?:\b[A-Z][\w’'.-]+\s+){1,4}[A-Z][\w’'-]+"),
    ),
)
# A sentence that opens like this says little without the one before it; of these, the second kind carries on a list.
_LEANS_BACK = re.compile(r"(?:It|He|She|They|This|That|These|Those|Such|Its|His|Her|Their|Both)\b")
_POINTS_ON = re.compile(r"(?:These|Those|They|This|Such)\s+(?:are|were|is|was|include[ds]?|cover(?:s|ed)?)\b")
_LISTED = re.compile(r"[-•*–]\s|\d{1,3}[.)]\s")
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a version.

    Attributes:
        found: the question's concepts in it.
        leads: it is the first of its statement, which mostly says who met whom.
        likeness: to the question (cosine); 0 where it was not compared.
        centrality: to the rest of the statement (cosine); 0 where it was not compared.
    """

    start: int
    end: int
    text: str
    found: frozenset[Concept]
    leads: bool
    likeness: float = 0.0
    centrality: float = 0.0


def choose(
    sentences: Sequence[Sentence], telling: frozenset[Concept], question: Question, *, whole: bool
) -> list[Sentence]:
    """The sentences that answer, in order, with those that they lean on.

    Args:
        sentences: of one statement, in order.
        telling: the question's concepts that do not belong to the statement's identity.
        question: what is asked.
        whole: the sentences are all that the statement has, not those around what was found in it.
    """
    shape = question.shape
    usable = [s for s in sentences if len(s.text.split()) >= _FEWEST_WORDS] or list(sentences)
    told = telling & frozenset[Concept]().union(*(sentence.found for sentence in usable))
    if _narrows(question, told):
        told = frozenset(concept for concept in told if concept.of_this_turn)
    elif whole and shape is Shape.DISCUSSION and sum(len(s.text.split()) for s in sentences) <= _SHORT:
        return list(sentences)
    # The first sentence mostly says who met whom and when: an answer to a fact question, and no news otherwise.
    body = [s for s in usable if shape is Shape.FACT or not s.leads or s.found & told] or usable
    total = sum(concept.weight for concept in told)
    wanted = wanted_of(question)

    def score(sentence: Sentence) -> float:
        words = sum(concept.weight for concept in sentence.found & told) / total if told else sentence.centrality
        opens = _OPENS if shape is Shape.TIMELINE and sentence.start == 0 else 0.0
        return sentence.likeness + words + opens + (_OF_THE_KIND if wanted and has_kind(wanted, sentence.text) else 0.0)

    ranked = sorted(body, key=lambda s: (-score(s), s.start))
    most = (_MOST_NARROW if told else _MOST_BROAD)[shape]
    bar = _NEAR_BEST * score(ranked[0]) if told else 0.0
    kept = [s for s in ranked if score(s) >= bar][:most]
    return _with_neighbours(kept, sentences)


def _narrows(question: Question, told: frozenset[Concept]) -> bool:
    """Whether a follow-up asks for a part of what the turns before were about: "and on shipbuilding?"."""
    leans = any(not concept.of_this_turn for concept in question.topic)
    return leans and any(concept.of_this_turn for concept in told)


def has_kind(wanted: re.Pattern[str], text: str) -> bool:
    """Whether a text has what is wanted; the number of a day or a year is no amount."""
    return bool(wanted.search(_DATE.sub("", text) if wanted is _AMOUNT else text))


def wanted_of(question: Question) -> re.Pattern[str] | None:
    """What the answer to a fact question has to have in it: a number, a time, or a name; None where anything may do.

    Answer typing as in Li and Roth, "Learning question classifiers", COLING 2002, cut down to what a pattern can see.
    """
    if question.shape is not Shape.FACT:
        return None
    return next((answer for asked, answer in _KINDS if asked.search(question.text)), None)


def _with_neighbours(kept: Sequence[Sentence], sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences chosen, each with the one before it where it opens with a pronoun, and with what it announces."""
    chosen = {sentence.start for sentence in kept}
    for i, sentence in enumerate(sentences):
        if sentence.start not in {s.start for s in kept}:
            continue
        if i and _LEANS_BACK.match(sentence.text):
            chosen.add(sentences[i - 1].start)
        following = sentences[i + 1 : i + 1 + _MOST_LISTED]
        if sentence.text.endswith(":"):
            chosen |= {s.start for s in takewhile(lambda s: _LISTED.match(s.text), following)} or {
                s.start for s in following[:1]
            }
        elif following and _LEANS_BACK.match(following[0].text) and _POINTS_ON.match(following[0].text):
            chosen.add(following[0].start)
    return [sentence for sentence in sentences if sentence.start in chosen]
