"""What goes through the engine: a question, what was found for it, and an answer whose every quote can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from corpus.model import Filters, Passage, Statement, Voice
from rag.asked import Pick
from rag.concepts import Concept
from rag.writing.record import Writing, writing_json


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    FILTERED_OUT = "filtered_out"
    UNCLEAR = "unclear"


class Shape(StrEnum):
    """What kind of answer a question asks for."""

    FACT = "fact"
    DISCUSSION = "discussion"
    TIMELINE = "timeline"
    COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn before the question: what was asked, and what was answered (empty where not known)."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """The reader's words and what was understood of them.

    Attributes:
        text: as asked.
        standalone: wording that needs no turn before it.
        filters: window and issuers, as given or as read out of the question.
        people, places: names found in it.
        shape: what kind of answer it asks for.
        concepts: what it is about, each with the other words that count as the same.
        sides: the two questions that a comparison sets against each other; empty for anything else.
        label: what a side is called.
        focus: groups of those concepts, of each of which an answer has to have one.
        pick: which of several statements is meant; None where that is not said.
    """

    text: str
    standalone: str
    filters: Filters
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    shape: Shape = Shape.FACT
    concepts: tuple[Concept, ...] = ()
    sides: tuple[Question, ...] = ()
    label: str = ""
    focus: tuple[tuple[Concept, ...], ...] = ()
    pick: Pick | None = None

    @property
    def topic(self) -> tuple[Concept, ...]:
        """The concepts that it is about, without those that only ask for what was said."""
        return tuple(concept for concept in self.concepts if not concept.asking)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        score: fused score, higher is better; comparable within one search only.
        why: rank in each list that found it, counted from 1, by list name ("lexical", "dense").
        likeness: cosine similarity to the question; 0 where it was not found by meaning.
    """

    passage: Passage
    statement: Statement
    score: float
    why: Mapping[str, int]
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote and where it stands: ``version.text[start:end] == quote``.

    Attributes:
        marker: its number in the answer's text, written ``[1]``.
        version: number of the statement's version that is quoted.
        speaker: whose words they are, or None where the text does not say.
        office: what that speaker is, such as "Defence Minister", where the text says so.
        page: number of the page that it begins on, or None where the source has no pages.
    """

    marker: int
    statement: Statement
    version: int
    start: int
    end: int
    quote: str
    voice: Voice
    speaker: str | None = None
    office: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """What was looked through: how many statements inside the filters, and the window and issuers that applied.

    Where no window was given, `date_from` and `date_to` are the first and last date held.
    """

    statements: int
    date_from: date | None
    date_to: date | None
    issuers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer.

    Attributes:
        text: Markdown with markers ``[n]``, each of which has a citation.
        nearest: statements that come closest, for an answer that is not there.
        timings_ms: milliseconds by step.
        retrieved: ids of the statements that retrieval found, best first.
        writing: a language model's part in it; None where none is configured.
    """

    question: Question
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...]
    searched: Searched
    nearest: tuple[Statement, ...]
    timings_ms: Mapping[str, float]
    retrieved: tuple[str, ...] = ()
    writing: Writing | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer's text, checked, as it becomes ready; the parts in order make up the text.

    The answer that ends the stream has the last word: where a writer had to be overruled on the way, its text is
    another than the pieces.
    """

    text: str


Event = Question | Piece | Answer


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as the object that `ask --json` and the API give."""
    question, searched = answer.question, answer.searched
    return {
        **question_json(question),
        "outcome": answer.outcome.value,
        "text": answer.text,
        "citations": [_citation(citation) for citation in answer.citations],
        "searched": {
            "statements": searched.statements,
            "date_from": _iso(searched.date_from),
            "date_to": _iso(searched.date_to),
            "issuers": list(searched.issuers),
        },
        "nearest": [
            {"statement_id": near.id, "title": near.title, "date": near.published.isoformat()}
            for near in answer.nearest
        ],
        "timings_ms": {step: round(ms, 1) for step, ms in answer.timings_ms.items()},
        **writing_json(answer.writing),
    }


def question_json(question: Question) -> dict[str, Any]:
    """A question as far as it is known before it is answered: the first fields of the answer's object."""
    return {
        "question": question.text,
        "standalone_question": question.standalone,
        "understood": {
            "date_from": _iso(question.filters.date_from),
            "date_to": _iso(question.filters.date_to),
            "issuers": list(question.filters.issuers),
            "people": list(question.people),
            "places": list(question.places),
            "shape": question.shape.value,
        },
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """A passage that was found, as the object that `search --json` and the API give."""
    statement, passage = hit.statement, hit.passage
    return {
        "passage_id": passage.id,
        "statement_id": statement.id,
        "version": passage.version,
        "title": statement.title,
        "issuer": statement.issuer,
        "date": statement.published.isoformat(),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": round(hit.score, 6),
        "why": dict(hit.why),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    statement = citation.statement
    return {
        "marker": citation.marker,
        "statement_id": statement.id,
        "version": citation.version,
        "title": statement.title,
        "issuer": statement.issuer,
        "date": statement.published.isoformat(),
        "url": statement.url,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "speaker": citation.speaker,
        "voice": citation.voice.value,
        "office": citation.office,
        "page": citation.page,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
