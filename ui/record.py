"""An answer as the record that is kept of it, and back: what a permalink needs to show exactly what was answered.

The record is the object of `ask --json` with a few fields more, so whoever reads that reads this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from corpus.model import Filters, Statement, Voice
from rag.model import Answer, Citation, Outcome, Question, Searched, Shape, as_json


def as_record(answer: Answer) -> dict[str, Any]:
    """The record of an answer, ready for JSON; `from_record` gives the answer back as far as a page shows it."""
    record = as_json(answer)
    filters = answer.question.filters
    record["understood"] |= {
        "speakers": list(filters.speakers),
        "kinds": list(filters.kinds),
        "sides": [side.label for side in answer.question.sides],
    }
    for item, citation in zip(record["citations"], answer.citations, strict=True):
        item |= _more(citation.statement)
    for item, statement in zip(record["nearest"], answer.nearest, strict=True):
        item |= _more(statement)
    return record


def from_record(record: Mapping[str, Any]) -> Answer:
    """The answer that a record is of, with the statements as they were described then."""
    understood, searched = record["understood"], record["searched"]
    filters = Filters(
        _day(understood["date_from"]),
        _day(understood["date_to"]),
        tuple(understood["issuers"]),
        tuple(understood.get("speakers", ())),
        tuple(understood.get("kinds", ())),
    )
    words = record["question"], record["standalone_question"]
    question = Question(
        *words,
        filters,
        tuple(understood["people"]),
        tuple(understood["places"]),
        Shape(understood["shape"]),
        sides=tuple(Question(*words, filters, label=label) for label in understood.get("sides", ())),
    )
    return Answer(
        question,
        Outcome(record["outcome"]),
        record["text"],
        tuple(_citation(item) for item in record["citations"]),
        Searched(
            searched["statements"],
            _day(searched["date_from"]),
            _day(searched["date_to"]),
            tuple(searched["issuers"]),
        ),
        tuple(_statement(item) for item in record["nearest"]),
        record["timings_ms"],
    )


def cited_statements(citations: Sequence[Citation]) -> dict[str, list[Citation]]:
    """Citations by the statement that they quote, in the order in which an answer comes to them."""
    found: dict[str, list[Citation]] = {}
    for citation in citations:
        found.setdefault(citation.statement.id, []).append(citation)
    return found


def _more(statement: Statement) -> dict[str, Any]:
    return {
        "kind": statement.kind,
        "issuer": statement.issuer,
        "event_date": statement.event.isoformat() if statement.event else None,
        "speakers": list(statement.speakers),
        "url": statement.url,
        "withdrawn": statement.withdrawn,
    }


def _citation(item: Mapping[str, Any]) -> Citation:
    return Citation(
        item["marker"],
        _statement(item),
        item["version"],
        item["start"],
        item["end"],
        item["quote"],
        Voice(item["voice"]),
        item["speaker"],
        item.get("office"),
        item.get("page"),
    )


def _statement(item: Mapping[str, Any]) -> Statement:
    published = _day(item["date"])
    if published is None:
        raise AssertionError("A statement has a date.")
    return Statement(
        item["statement_id"],
        item["title"],
        published,
        item.get("issuer"),
        tuple(item.get("speakers", ())),
        item.get("kind", "statement"),
        _day(item.get("event_date")),
        url=item.get("url"),
        withdrawn=item.get("withdrawn", False),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
