"""The audit log: who asked what, and what they were shown, in `audit.sqlite3` beside the archive.

It only grows: the database refuses to change or delete an entry, and each entry's hash covers the one before it, so
that a file changed behind OnRecord's back no longer verifies. `prune` takes away the oldest and leaves a mark where
the chain goes on. Whoever can write the file can also write a whole new chain: keep `onrecord audit verify`'s last
hash somewhere else if that matters.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from corpus.errors import ArchiveError
from corpus.model import Filters, sha256
from corpus.schema import open_database
from corpus.settings import AuditSettings
from rag.engine import Engine
from rag.model import Answer, Event, Hit, Turn
from ui.logs import request_id
from ui.metrics import Metrics
from ui.reader import Reader

DATABASE = "audit.sqlite3"
MIGRATIONS = (
    """
    CREATE TABLE entry (
        seq        INTEGER PRIMARY KEY,
        at         TEXT NOT NULL,          -- ISO 8601, UTC
        request_id TEXT,
        reader     TEXT NOT NULL,
        action     TEXT NOT NULL,          -- asked, searched or opened
        detail     TEXT NOT NULL,          -- JSON object
        hash       TEXT NOT NULL           -- hex SHA-256 of the hash before it and all of the above
    ) STRICT;
    CREATE TABLE pruned (                  -- up to which entry the log was cut, and that entry's hash
        seq  INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        at   TEXT NOT NULL
    ) STRICT;
    CREATE TABLE secret (value TEXT NOT NULL) STRICT;
    CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'the log only grows'); END;
    CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM pruned)
        BEGIN SELECT raise(ABORT, 'the log only grows'); END;
    """,
)
_START = "0" * 64
_FIELDS = "seq", "at", "request_id", "reader", "action", "detail"
# The newest of both tables, each looked up by its key: the log is long, and every answer adds to it.
_LATEST = (
    "SELECT * FROM (SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1)"
    " UNION ALL SELECT * FROM (SELECT seq, hash FROM pruned ORDER BY seq DESC LIMIT 1) ORDER BY seq DESC LIMIT 1"
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did; `detail` has what was asked and shown."""

    seq: int
    at: datetime
    request_id: str | None
    reader: str
    action: str
    detail: Mapping[str, Any]
    hash: str


class Audit:
    """Open with `Audit(folder, settings)`, the archive's folder; safe to use from several threads and processes.

    Raises:
        ArchiveError: the file cannot be opened.
    """

    def __init__(self, folder: Path, settings: AuditSettings) -> None:
        self._settings = settings
        self._database = open_database(folder / DATABASE, MIGRATIONS, "audit log")
        with self._database.transaction() as db:
            db.execute("INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT 1 FROM secret)", (secrets.token_hex(32),))
            self._secret: str = db.execute("SELECT value FROM secret").fetchone()["value"]

    def close(self) -> None:
        """Close the connections of every thread."""
        self._database.close()

    def write(self, reader: str, action: str, detail: Mapping[str, Any]) -> None:
        """Add an entry, with what the settings redact made unreadable; off where the settings say so."""
        if not self._settings.record:
            return
        kept = dict(detail)
        if "question" in self._settings.redact:
            kept |= {name: self._unreadable(str(kept[name])) for name in ("question", "query") if name in kept}
        if "reader" in self._settings.redact:
            reader = self._unreadable(reader)
        text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        with self._database.transaction() as db:
            before = db.execute(_LATEST).fetchone()
            seq = (before["seq"] if before else 0) + 1
            values = (seq, datetime.now(UTC).isoformat(), request_id(), reader, action, text)
            made = _hash(before["hash"] if before else _START, values)
            db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, made))

    def entries(
        self, *, reader: str | None = None, since: date | None = None, limit: int | None = None
    ) -> Iterator[Entry]:
        """Entries, oldest first; with a limit, the newest of them."""
        rows = self._database.connection.execute(
            "SELECT * FROM (SELECT * FROM entry WHERE (?1 IS NULL OR reader = ?1) AND (?2 IS NULL OR at >= ?2)"
            " ORDER BY seq DESC LIMIT ?3) ORDER BY seq",
            (reader, since and since.isoformat(), -1 if limit is None else limit),
        )
        return (_entry(row) for row in rows)

    def verify(self) -> tuple[int, str, int | None]:
        """Follow the chain from where the log was last cut.

        Returns:
            How many entries there are, the last hash, and the number of the first entry that does not hold (None
            where all do).
        """
        cut = self._database.connection.execute("SELECT seq, hash FROM pruned ORDER BY seq DESC").fetchone()
        seq, last, count = (cut["seq"], cut["hash"], 0) if cut else (0, _START, 0)
        for row in self._database.connection.execute("SELECT * FROM entry ORDER BY seq"):
            seq, count = seq + 1, count + 1
            if row["seq"] != seq or row["hash"] != _hash(last, tuple(row[name] for name in _FIELDS)):
                return count, last, row["seq"]
            last = row["hash"]
        return count, last, None

    def prune(self, before: date | None = None) -> int:
        """Forget the entries older than a day; without one, those older than the settings keep.

        Returns:
            How many were forgotten.
        """
        if before is None:
            if not self._settings.keep_days:
                return 0
            before = datetime.now(UTC).date() - timedelta(days=self._settings.keep_days)
        with self._database.transaction() as db:
            last = db.execute(
                "SELECT seq, hash FROM entry WHERE seq < coalesce((SELECT min(seq) FROM entry WHERE at >= ?1),"
                " (SELECT max(seq) + 1 FROM entry)) ORDER BY seq DESC LIMIT 1",
                (before.isoformat(),),
            ).fetchone()
            if last is None:
                return 0
            now = datetime.now(UTC).isoformat()
            db.execute("INSERT OR IGNORE INTO pruned VALUES (?, ?, ?)", (last["seq"], last["hash"], now))
            return db.execute("DELETE FROM entry WHERE seq <= ?", (last["seq"],)).rowcount

    def _unreadable(self, text: str) -> str:
        """The same for the same text, and nobody without this file's secret can tell which text."""
        return f"redacted:{hmac.digest(self._secret.encode(), text.encode(), 'sha256').hex()[:32]}"


class Watched(Engine):
    """An engine that writes down what it is asked and what it shows; see `on_behalf`.

    Args:
        engine: what answers.
        audit: where it is written down.
        metrics: where answers are counted.
    """

    def __init__(self, engine: Engine, audit: Audit, metrics: Metrics, reader: Reader | None = None) -> None:
        self.holdings = engine.holdings
        self._engine, self._audit, self._metrics, self._reader = engine, audit, metrics, reader

    def for_reader(self, reader: Reader) -> Watched:
        """The same engine, for what one reader does."""
        return Watched(self._engine, self._audit, self._metrics, reader)

    def ask(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Answer:
        """As `Engine.ask`."""
        with self._noting_failure(text, filters):
            answer = self._engine.ask(text, history=history, filters=filters, today=today)
        return self._noted(answer, filters)

    def stream(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Iterator[Event]:
        """As `Engine.stream`."""
        with self._noting_failure(text, filters):
            for event in self._engine.stream(text, history=history, filters=filters, today=today):
                yield self._noted(event, filters) if isinstance(event, Answer) else event

    def search(self, query: str, filters: Filters | None = None, k: int = 10) -> list[Hit]:
        """As `Engine.search`."""
        hits = self._engine.search(query, filters, k)
        shown = [_span(hit.statement.id, hit.passage.version, hit.passage.start, hit.passage.end) for hit in hits]
        self._write("searched", {"query": query, **_groups(filters), "shown": shown})
        return hits

    def opened(self, statement_id: str, version: int) -> None:
        """Note that a statement was shown whole."""
        self._write("opened", {"shown": [{"statement": statement_id, "version": version}]})

    @contextmanager
    def _noting_failure(self, text: str, filters: Filters | None) -> Iterator[None]:
        """An entry also for a question that was not answered to its end: it failed, or the reader went away."""
        try:
            yield
        except BaseException as error:
            outcome = "cut off" if isinstance(error, GeneratorExit) else "failed"
            self._write("asked", {"question": text, "outcome": outcome, **_groups(filters), "shown": []})
            raise

    def _noted(self, answer: Answer, filters: Filters | None) -> Answer:
        self._metrics.answers.labels(answer.outcome.value).inc()
        shown = [_span(c.statement.id, c.version, c.start, c.end) for c in answer.citations]
        nearest = [near.id for near in answer.nearest]
        detail = {"question": answer.question.text, "outcome": answer.outcome.value, **_groups(filters)}
        self._write("asked", {**detail, "shown": shown, "nearest": nearest, "text_sha256": sha256(answer.text)})
        return answer

    def _write(self, action: str, detail: Mapping[str, Any]) -> None:
        self._audit.write(self._reader.name if self._reader else "unknown", action, detail)


def on_behalf(engine: Engine, reader: Reader) -> Engine:
    """The engine for what one reader does; what a server's engine answers is then written down under their name."""
    return engine.for_reader(reader) if isinstance(engine, Watched) else engine


def opened(engine: Engine, reader: Reader, statement_id: str, version: int) -> None:
    """Write down that a reader was shown a statement whole, where the server does that."""
    if isinstance(engine, Watched):
        engine.for_reader(reader).opened(statement_id, version)


class Retention:
    """Prunes the log now and then while a server runs; `start` it, and `stop` it before the log is closed."""

    def __init__(self, audit: Audit, pause: float = 3600.0) -> None:
        self._audit, self._pause = audit, pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onrecord-audit", daemon=True)

    def start(self) -> None:
        """Begin, with what is due now."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._audit.prune()
            except ArchiveError:
                log.exception("The audit log could not be pruned; trying again.")
            self._stopping.wait(self._pause)


def _hash(before: str, values: Iterable[Any]) -> str:
    return sha256(json.dumps([before, *values], ensure_ascii=False))


def _entry(row: sqlite3.Row) -> Entry:
    at, detail = datetime.fromisoformat(row["at"]), json.loads(row["detail"])
    return Entry(row["seq"], at, row["request_id"], row["reader"], row["action"], detail, row["hash"])


def _span(statement_id: str, version: int, start: int, end: int) -> dict[str, Any]:
    return {"statement": statement_id, "version": version, "start": start, "end": end}


def _groups(filters: Filters | None) -> dict[str, Any]:
    """What the reader could see at that time."""
    groups = filters.groups if filters else None
    return {"groups": None if groups is None else sorted(groups)}
