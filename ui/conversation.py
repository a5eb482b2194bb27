"""A conversation and its exchanges, as they are kept and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from corpus.model import Filters
from rag.model import Turn


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's place on the shelf; `exchanges` counts its answers."""

    id: str
    title: str
    created: datetime
    updated: datetime
    exchanges: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, as they were.

    Attributes:
        id: what a permalink names; cannot be guessed.
        asked: the filters that the reader had set, as `filters_json` writes them.
        answer: the answer's record, see `ui.record`.
        reader: name of who asked.
        seen: groups of who asked; None is somebody who may see everything.
    """

    id: str
    conversation: str
    question: str
    asked: Mapping[str, Any]
    answer: Mapping[str, Any]
    reader: str
    seen: frozenset[str] | None
    at: datetime


def turns(exchanges: Sequence[Exchange]) -> list[Turn]:
    """Exchanges as the engine takes the turns before a question."""
    return [Turn(exchange.question, str(exchange.answer.get("text", ""))) for exchange in exchanges]


def filters_json(filters: Filters) -> dict[str, Any]:
    """What a reader narrows to, as JSON; what they may see is not part of it."""
    return {
        "date_from": filters.date_from.isoformat() if filters.date_from else None,
        "date_to": filters.date_to.isoformat() if filters.date_to else None,
        "issuers": list(filters.issuers),
        "speakers": list(filters.speakers),
        "kinds": list(filters.kinds),
    }
