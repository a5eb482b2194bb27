"""What readers say of answers: the part of the desk that keeps it, for those who make cases out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from corpus.database import Database
from corpus.errors import InputError
from ui.conversation import Exchange

LONGEST_NOTE = 2000
LARGEST_PAGE = 200


class Verdict(StrEnum):
    """What a reader says of an answer."""

    GOOD = "good"
    WRONG_SPEAKER = "wrong speaker"
    WRONG_DATE = "wrong date"
    NOT_SUPPORTED = "not supported"
    MISSED = "missed something"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader said of an answer, with all that it is about; `marker` names one citation, or None."""

    id: int
    answer_id: str
    reader: str
    verdict: Verdict
    marker: int | None
    note: str
    turns: tuple[str, ...]
    answer: Mapping[str, Any]
    at: datetime


class FeedbackBox:
    """Over the desk's database; an entry stands by itself, so that a reader may delete the conversation it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judge(
        self, reader: str, exchange: Exchange, verdict: Verdict, *, marker: int | None = None, note: str = ""
    ) -> None:
        """Keep what a reader says of an answer that they have opened; said again, the newest note counts.

        Raises:
            InputError: the note is too long, or the answer has no such marker.
        """
        if len(note) > LONGEST_NOTE:
            raise InputError("Note", f"{LONGEST_NOTE} characters at most.")
        if marker is not None and marker not in {item["marker"] for item in exchange.answer.get("citations", ())}:
            raise InputError("Feedback", f"the answer has no source {marker}.")
        before = self._database.connection.execute(
            "SELECT question FROM exchange WHERE conversation_id = ?1 AND ordinal <="
            " (SELECT ordinal FROM exchange WHERE id = ?2) ORDER BY ordinal",
            (exchange.conversation, exchange.id),
        )
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        turns = json.dumps([row["question"] for row in before] or [exchange.question], ensure_ascii=False)
        answer = json.dumps(exchange.answer, ensure_ascii=False)
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM feedback WHERE answer_id = ? AND reader = ? AND verdict = ? AND marker IS ?",
                (exchange.id, reader, verdict.value, marker),
            )
            db.execute(
                "INSERT INTO feedback (answer_id, reader, verdict, marker, note, turns, answer, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (exchange.id, reader, verdict.value, marker, note.strip(), turns, answer, now),
            )

    def verdicts(self, reader: str, conversation_id: str) -> dict[str, list[str]]:
        """What a reader has said of a conversation's answers so far, by answer."""
        rows = self._database.connection.execute(
            "SELECT f.answer_id, f.verdict FROM feedback f JOIN exchange e ON e.id = f.answer_id"
            " WHERE e.conversation_id = ? AND f.reader = ? ORDER BY f.id",
            (conversation_id, reader),
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["answer_id"], []).append(row["verdict"])
        return found

    def feedback(self, *, limit: int = LARGEST_PAGE, offset: int = 0) -> list[Feedback]:
        """Everything said by all readers, oldest first; for those who look after the installation."""
        rows = self._database.connection.execute(
            "SELECT * FROM feedback ORDER BY id LIMIT ? OFFSET ?", (max(0, min(limit, LARGEST_PAGE)), max(0, offset))
        )
        return [
            Feedback(
                row["id"],
                row["answer_id"],
                row["reader"],
                Verdict(row["verdict"]),
                row["marker"],
                row["note"],
                tuple(json.loads(row["turns"])),
                json.loads(row["answer"]),
                datetime.fromisoformat(row["at"]),
            )
            for row in rows
        ]
