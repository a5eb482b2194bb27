"""The desk: what readers keep, in `desk.sqlite3` beside the archive: conversations, answers as given, feedback.

An answer is kept as the record that `ui.record` writes, and never computed again, so that its permalink shows what was
answered then. The archive can be made anew from its sources and this cannot: back it up with the archive.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.archive import Archive
from corpus.errors import InputError, NotHeld
from corpus.model import Filters
from corpus.schema import open_database
from ui.conversation import Conversation, Exchange, filters_json
from ui.feedback import FeedbackBox
from ui.reader import Reader

DATABASE = "desk.sqlite3"
LONGEST_TITLE = 200
LONGEST_ANSWER = 4_000_000  # characters of an answer's record
MOST_EXCHANGES = 500  # in one conversation
LARGEST_PAGE = 200
MIGRATIONS = (
    """
    CREATE TABLE conversation (
        id      TEXT PRIMARY KEY,
        reader  TEXT NOT NULL,
        title   TEXT NOT NULL,
        created TEXT NOT NULL,             -- ISO 8601, UTC
        updated TEXT NOT NULL
    ) STRICT;
    CREATE INDEX conversation_reader ON conversation (reader, updated);

    CREATE TABLE exchange (
        id              TEXT PRIMARY KEY,  -- what a permalink names: 128 random bits
        conversation_id TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
        ordinal         INTEGER NOT NULL,
        reader          TEXT NOT NULL,
        question        TEXT NOT NULL,
        asked           TEXT NOT NULL,     -- JSON: the filters that the reader had set
        answer          TEXT NOT NULL,     -- JSON: the record of the answer
        seen            TEXT NOT NULL,     -- JSON: the groups of who asked, null where they may see everything
        at              TEXT NOT NULL,
        UNIQUE (conversation_id, ordinal)
    ) STRICT;

    CREATE TABLE feedback (                -- stands by itself: a reader may delete the conversation that it is about
        id        INTEGER PRIMARY KEY,
        answer_id TEXT NOT NULL,
        reader    TEXT NOT NULL,
        verdict   TEXT NOT NULL,
        marker    INTEGER,
        note      TEXT NOT NULL,
        turns     TEXT NOT NULL,           -- JSON: the questions up to the one answered
        answer    TEXT NOT NULL,
        at        TEXT NOT NULL,
        UNIQUE (answer_id, reader, verdict, marker)
    ) STRICT;
    """,
)


class Desk(FeedbackBox):
    """Open with `Desk(folder)`, the archive's folder; safe to use from several threads and processes.

    Every method takes the name of the reader on whose behalf it is called; to anybody else a conversation is not
    there.

    Raises:
        ArchiveError: the file cannot be opened, or was written by a newer OnRecord.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(open_database(folder / DATABASE, MIGRATIONS, "desk"))

    def close(self) -> None:
        """Close the connections of every thread."""
        self._database.close()

    # ---- conversations -------------------------------------------------------------------------------------------

    def start(self, reader: str, title: str) -> Conversation:
        """A new conversation, without exchanges."""
        made, now = secrets.token_urlsafe(16), _now()
        with self._database.transaction() as db:
            db.execute("INSERT INTO conversation VALUES (?, ?, ?, ?, ?)", (made, reader, _title(title), now, now))
        return self.conversation(reader, made)

    def conversations(self, reader: str, *, limit: int = 50, offset: int = 0) -> list[Conversation]:
        """A reader's conversations, the one that was used last first."""
        rows = self._database.connection.execute(
            _CONVERSATION + " WHERE c.reader = ? ORDER BY c.updated DESC, c.id LIMIT ? OFFSET ?",
            (reader, max(0, min(limit, LARGEST_PAGE)), max(0, offset)),
        )
        return [_conversation(row) for row in rows]

    def conversation(self, reader: str, conversation_id: str) -> Conversation:
        """One conversation.

        Raises:
            NotHeld: this reader has no such conversation.
        """
        row = self._database.connection.execute(
            _CONVERSATION + " WHERE c.reader = ? AND c.id = ?", (reader, conversation_id)
        ).fetchone()
        if row is None:
            raise NotHeld("There is no such conversation any more. Start a new one.")
        return _conversation(row)

    def rename(self, reader: str, conversation_id: str, title: str) -> None:
        """Give a conversation another title.

        Raises:
            NotHeld: this reader has no such conversation.
            InputError: the title is empty or longer than `LONGEST_TITLE`.
        """
        title = title.strip()
        if not title or len(title) > LONGEST_TITLE:
            raise InputError("Title", f"give one of 1 to {LONGEST_TITLE} characters.")
        self.conversation(reader, conversation_id)
        with self._database.transaction() as db:
            db.execute("UPDATE conversation SET title = ? WHERE id = ?", (title, conversation_id))

    def delete(self, reader: str, conversation_id: str) -> None:
        """Forget a conversation with its answers, whose permalinks end; feedback given on them stays.

        Raises:
            NotHeld: this reader has no such conversation.
        """
        self.conversation(reader, conversation_id)
        with self._database.transaction() as db:
            db.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))

    # ---- exchanges -----------------------------------------------------------------------------------------------

    def keep(
        self, reader: str, conversation_id: str, question: str, filters: Filters, answer: Mapping[str, Any]
    ) -> Exchange:
        """Add a question with its answer's record to a conversation.

        Args:
            filters: what the reader had set, with their groups.

        Raises:
            NotHeld: this reader has no such conversation.
            InputError: the conversation is full, or the answer too long to keep.
        """
        held = self.conversation(reader, conversation_id)
        if held.exchanges >= MOST_EXCHANGES:
            raise InputError("Conversation", f"it has {MOST_EXCHANGES} questions; start a new one.")
        text = json.dumps(answer, ensure_ascii=False)
        if len(text) > LONGEST_ANSWER:
            raise InputError("Answer", "it is too long to be kept; ask for less at a time.")
        made, now = secrets.token_urlsafe(16), _now()
        asked = json.dumps(filters_json(filters), ensure_ascii=False)
        seen = json.dumps(None if filters.groups is None else sorted(filters.groups), ensure_ascii=False)
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO exchange SELECT ?1, ?2, coalesce(max(ordinal), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8"
                " FROM exchange WHERE conversation_id = ?2",
                (made, conversation_id, reader, question, asked, text, seen, now),
            )
            db.execute("UPDATE conversation SET updated = ? WHERE id = ?", (now, conversation_id))
        return self._exchange(made)

    def exchanges(self, reader: str, conversation_id: str) -> list[Exchange]:
        """A conversation's exchanges, oldest first.

        Raises:
            NotHeld: this reader has no such conversation.
        """
        self.conversation(reader, conversation_id)
        rows = self._database.connection.execute(
            "SELECT * FROM exchange WHERE conversation_id = ? ORDER BY ordinal", (conversation_id,)
        )
        return [_exchange(row) for row in rows]

    def drop(self, reader: str, exchange_id: str) -> Exchange:
        """Take an exchange back, and return what it was.

        Raises:
            NotHeld: this reader has asked no such thing.
        """
        exchange = self._exchange(exchange_id)
        if exchange.reader != reader:
            raise NotHeld(_NO_ANSWER)
        with self._database.transaction() as db:
            db.execute("DELETE FROM exchange WHERE id = ?", (exchange_id,))
        return exchange

    def open(self, answer_id: str, reader: Reader, archive: Archive) -> Exchange:
        """What a permalink shows: to the reader who asked, and to those who may read every statement that it names.

        Counts and dates tell of what it does not name, so it opens only for those who may see all that the asker could.

        Raises:
            NotHeld: there is no such answer, or this reader may not see it (the two are not told apart).
        """
        exchange = self._exchange(answer_id)
        named = {item["statement_id"] for part in ("citations", "nearest") for item in exchange.answer.get(part, ())}
        sees_as_much = reader.groups is None or (exchange.seen is not None and exchange.seen <= reader.groups)
        if exchange.reader == reader.name or (sees_as_much and all(may_see(reader, archive, name) for name in named)):
            return exchange
        raise NotHeld(_NO_ANSWER)

    def _exchange(self, exchange_id: str) -> Exchange:
        row = self._database.connection.execute("SELECT * FROM exchange WHERE id = ?", (exchange_id,)).fetchone()
        if row is None:
            raise NotHeld(_NO_ANSWER)
        return _exchange(row)


def may_see(reader: Reader, archive: Archive, statement_id: str) -> bool:
    """Whether a statement is held and its audience, if it has one, includes the reader."""
    try:
        audience = archive.statement(statement_id).audience
    except NotHeld:
        return False
    return reader.groups is None or not audience or bool(reader.groups & set(audience))


_NO_ANSWER = "There is no such answer here, or it is not for you to see. Ask whoever sent you the link."
_CONVERSATION = (
    "SELECT c.*, (SELECT count(*) FROM exchange e WHERE e.conversation_id = c.id) exchanges FROM conversation c"
)


def _title(text: str) -> str:
    """One line, cut at a word."""
    line = " ".join(text.split()) or "Untitled"
    if len(line) <= LONGEST_TITLE:
        return line
    return line[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _conversation(row: sqlite3.Row) -> Conversation:
    created, updated = (datetime.fromisoformat(row[name]) for name in ("created", "updated"))
    return Conversation(row["id"], row["title"], created, updated, row["exchanges"])


def _exchange(row: sqlite3.Row) -> Exchange:
    return Exchange(
        row["id"],
        row["conversation_id"],
        row["question"],
        json.loads(row["asked"]),
        json.loads(row["answer"]),
        row["reader"],
        None if (seen := json.loads(row["seen"])) is None else frozenset(seen),
        datetime.fromisoformat(row["at"]),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
