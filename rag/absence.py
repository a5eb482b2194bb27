"""Tell an answer from the mere neighbourhood of one, and say plainly when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from corpus.analysis import terms
from corpus.model import Statement
from rag.compose import introduction
from rag.evidence import Evidence
from rag.model import Outcome, Question, Searched, Shape

# Set on the odd-numbered cases of a development set over real statements; docs/quality.md shows both halves.
_ENOUGH = 1.15
_PARTLY = 1.03
# A statement without so large a share of the question, written as names in it, is about something else: a call with
# another president, or a real call that never touched what is asked.
_NAMES_MISSING = 0.3
# "Which drone bases ...?" is not answered by a statement that has neither drones nor bases: when they weigh as much as
# one word that is rare among what is held, or are a large share of what is asked.
_FOCUS_WEIGHT, _FOCUS_SHARE = 4.0, 0.3
# A statement with a number in its best sentences goes before one without, where a number is asked for.
_OF_THE_KIND = 0.2
# Kinds of contact, as terms: a list of calls leaves the meetings out.
_KINDS = frozenset(terms("call phone telephone meeting visit trip summit talk readout"))
# Statements that fit nearly as well as the best belong to the answer, too.
_CLOSE = {Shape.FACT: 0.06, Shape.DISCUSSION: 0.06, Shape.TIMELINE: 0.3, Shape.COMPARISON: 0.2}
_MOST = {Shape.FACT: 2, Shape.DISCUSSION: 3, Shape.TIMELINE: 40, Shape.COMPARISON: 4}


def judge(question: Question, evidence: Sequence[Evidence]) -> tuple[Outcome, list[Evidence]]:
    """Whether the evidence answers, and which of it.

    Args:
        question: what is asked.
        evidence: best first.

    Returns:
        ANSWERED or PARTIAL with the evidence to quote, best first; or NOT_FOUND with none.
    """
    if question.shape is Shape.TIMELINE and (found := _timeline(question, evidence)):
        return Outcome.ANSWERED, found
    usable = [item for item in evidence if item.quotes and _answers(item, question)]
    if not usable:
        return Outcome.NOT_FOUND, []
    usable.sort(key=lambda item: -(item.score + _OF_THE_KIND * item.of_the_kind))
    bar = usable[0].score - _CLOSE[question.shape]
    # Beside a statement that has something of this turn, one that has only what earlier turns were about is a leak.
    fits_now = _of_this_turn(usable[0], question)
    chosen = [item for item in usable if item.score >= bar and (not fits_now or _of_this_turn(item, question))]
    chosen = chosen[: _MOST[question.shape]]
    answered = _strength(usable[0]) >= _ENOUGH and usable[0].of_the_kind
    return (Outcome.ANSWERED if answered else Outcome.PARTIAL), chosen


def _timeline(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Every statement that is about the names asked for, not only mentions them; of the kind asked for, if any is.

    Announcements of talks drop out where there are accounts of them.
    """
    if not any(concept.named for concept in question.topic):
        return []
    about = [item for item in evidence if item.quotes and item.named_in_front]
    accounts = [item for item in about if not item.announces] or about
    kinds = {concept for concept in question.concepts if concept.label in _KINDS}
    return [item for item in accounts if item.in_title & kinds] or accounts


def _of_this_turn(item: Evidence, question: Question) -> bool:
    """Whether the statement has any concept that this turn's own words ask about."""
    return any(concept.of_this_turn and concept not in item.missing for concept in question.topic)


def _answers(item: Evidence, question: Question) -> bool:
    return (
        _strength(item) >= _PARTLY
        and _names_missing(item, question) < _NAMES_MISSING
        and not _lacks_focus(item, question)
    )


def _lacks_focus(item: Evidence, question: Question) -> bool:
    """Whether the statement has nothing of a phrase that the question turns on."""
    topic = sum(concept.weight for concept in question.topic)
    for group in question.focus:
        weight = sum(concept.weight for concept in group)
        heavy = weight >= _FOCUS_WEIGHT or weight >= _FOCUS_SHARE * topic
        if heavy and all(concept in item.missing for concept in group):
            return True
    return False


def _strength(item: Evidence) -> float:
    """How much of the question it has in words, and how near its best sentence is in meaning; 0 to 2."""
    return item.covered + item.likeness


def _names_missing(item: Evidence, question: Question) -> float:
    """Share of this turn's topic, by weight, that is names which the statement does not have."""
    topic = sum(concept.weight for concept in question.topic if concept.of_this_turn)
    missing = sum(concept.weight for concept in item.missing if concept.named and concept.of_this_turn)
    return missing / topic if topic else 0.0


def no_answer(outcome: Outcome, searched: Searched, nearest: Sequence[Statement]) -> str:
    """The words for a question without an answer: what was searched, and what comes closest."""
    if outcome is Outcome.UNCLEAR:
        return "Please say whom or what you ask about: a person, an office, a country, a subject or a date."
    looked = f"Searched {_count(searched.statements)}{_window(searched)}{_issuers(searched)}."
    if outcome is Outcome.FILTERED_OUT:
        said = "Nothing held inside this filter answers that, but there are statements outside it."
    else:
        said = "Nothing held on that."
    lines = [f"- {introduction(statement)}" for statement in nearest]
    closest = ["", "Outside it:" if outcome is Outcome.FILTERED_OUT else "Closest, without the answer:", "", *lines]
    return "\n".join([f"{said} {looked}", *(closest if lines else [])])


def _count(statements: int) -> str:
    return "1 statement" if statements == 1 else f"{statements:,} statements"


def _window(searched: Searched) -> str:
    if searched.date_from and searched.date_to:
        return f", {_day(searched.date_from)} to {_day(searched.date_to)}"
    return ""


def _issuers(searched: Searched) -> str:
    return f", by {' or '.join(searched.issuers)}" if searched.issuers else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
