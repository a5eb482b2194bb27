"""Ingest jobs: what was sent is kept in a file, taken in by one thread, one job after the other, and told about."""

from __future__ import annotations

import json
import logging
import re
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from corpus.errors import NotHeld, OnRecordError
from corpus.holdings import Holdings
from ingest.pipeline import Report, ingest
from ingest.readers import registry
from ui.api.ledger import Ledger
from ui.api.problems import Refusal

MOST_WAITING = 20
MOST_KEPT = 500  # jobs that are over and still told about
MOST_PROBLEMS = 200  # told of one job; the rest is counted
State = Literal["waiting", "running", "done", "failed"]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What was sent and what became of it; `done` counts the statements dealt with so far."""

    id: str
    reader: str
    name: str
    state: State
    done: int
    report: dict[str, Any] | None
    problem: str | None
    created: datetime
    finished: datetime | None


class _Stopped(Exception):
    """The server goes down; the job goes on when it comes up again."""


class Jobs:
    """A queue with one thread; `start` it, and `stop` it before the holdings are closed.

    A job that a stop or a kill cuts short begins anew with the next start: what it had taken in is then unchanged.
    """

    def __init__(self, holdings: Holdings, ledger: Ledger) -> None:
        self._holdings = holdings
        self._database = ledger.database
        self._folder = holdings.archive.folder / "uploads"
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin with what was left waiting."""
        with self._database.transaction() as db:
            db.execute("UPDATE job SET state = 'waiting' WHERE state = 'running'")
            waiting = {row["id"] for row in db.execute("SELECT id FROM job WHERE state = 'waiting'")}
        for folder in self._folder.glob("*"):
            if folder.name not in waiting:  # sent to a server that was killed before it could promise anything
                _remove(folder)
        self._stopping.clear()
        self._wake.set()
        self._thread = threading.Thread(target=self._run, name="onrecord-jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the batch in hand; the job goes on next time."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def submit(self, reader: str, name: str, issuer: str | None, write: Callable[[Path], None]) -> Job:
        """Put a job in the queue.

        Args:
            reader: who sent it.
            name: the file's name, of which the ending says how it is read.
            issuer: who issued those statements that do not say.
            write: writes what was sent to a path.

        Raises:
            Refusal: nothing reads such a file, or too many jobs wait.
        """
        suffix = next((suffix for suffix in registry() if name.lower().endswith(suffix)), None)
        if suffix is None:
            raise Refusal(415, "No reader for this", f"Files that can be taken end in {' '.join(registry())}.")
        made = secrets.token_hex(16)
        folder = self._folder / made
        folder.mkdir(parents=True)
        try:
            write(folder / f"{_harmless(name[: -len(suffix)])}{suffix}")
        except OSError:
            _remove(folder)
            raise
        with self._database.transaction() as db:
            waiting = db.execute("SELECT count(*) FROM job WHERE state IN ('waiting', 'running')").fetchone()[0]
            if waiting < MOST_WAITING:
                db.execute(
                    "INSERT INTO job (id, reader, name, issuer, state, created) VALUES (?, ?, ?, ?, 'waiting', ?)",
                    (made, reader, name[:200], issuer, _now()),
                )
        if waiting >= MOST_WAITING:
            _remove(folder)
            raise Refusal(503, "Too much at once", f"{waiting} jobs wait; send it later.", {"Retry-After": "30"})
        self._wake.set()
        return self.job(made, reader)

    def job(self, job_id: str, reader: str | None) -> Job:
        """One job; of whomever, where the reader is None.

        Raises:
            NotHeld: this reader has no such job.
        """
        row = self._database.connection.execute(
            "SELECT * FROM job WHERE id = ?1 AND (?2 IS NULL OR reader = ?2)", (job_id, reader)
        ).fetchone()
        if row is None:
            raise NotHeld("There is no such job; the list of jobs shows those that there are.")
        return _job(row)

    def jobs(self, reader: str | None, limit: int, offset: int) -> Sequence[Job]:
        """Jobs, newest first; of all readers, where the reader is None."""
        rows = self._database.connection.execute(
            "SELECT * FROM job WHERE ?1 IS NULL OR reader = ?1 ORDER BY created DESC, id LIMIT ?2 OFFSET ?3",
            (reader, limit, offset),
        )
        return [_job(row) for row in rows]

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            while not self._stopping.is_set() and (row := self._next()) is not None:
                try:
                    self._do(row)
                except Exception:  # a full disk, say: the job is still there, and the next one may do
                    log.exception("Job %s could not be brought to an end", row["id"])
                    self._stopping.wait(5)

    def _next(self) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._database.connection.execute(
            "SELECT * FROM job WHERE state = 'waiting' ORDER BY created, rowid LIMIT 1"
        ).fetchone()
        return row

    def _do(self, row: sqlite3.Row) -> None:
        job_id = row["id"]
        self._set(job_id, state="running", done=0)

        def progress(count: int) -> None:
            with self._database.transaction() as db:
                db.execute("UPDATE job SET done = done + ? WHERE id = ?", (count, job_id))
            if self._stopping.is_set():
                raise _Stopped

        try:
            report = ingest(
                sorted((self._folder / job_id).iterdir()), self._holdings, issuer=row["issuer"], progress=progress
            )
            self._set(job_id, state="done", report=json.dumps(_told(report)), finished=_now())
        except _Stopped:
            self._set(job_id, state="waiting")
            return
        except (OnRecordError, OSError) as error:
            self._set(job_id, state="failed", problem=str(error), finished=_now())
        except Exception:
            log.exception("Job %s failed", job_id)
            self._set(
                job_id, state="failed", problem="Something went wrong; the server's log says why.", finished=_now()
            )
        _remove(self._folder / job_id)
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM job WHERE finished IS NOT NULL AND id NOT IN"
                " (SELECT id FROM job WHERE finished IS NOT NULL ORDER BY finished DESC LIMIT ?)",
                (MOST_KEPT,),
            )

    def _set(self, job_id: str, **values: object) -> None:
        assign = ", ".join(f"{name} = ?" for name in values)
        with self._database.transaction() as db:
            db.execute(f"UPDATE job SET {assign} WHERE id = ?", (*values.values(), job_id))


def _told(report: Report) -> dict[str, Any]:
    """A report as JSON; problems name the file and record."""
    counts = {name: getattr(report, name) for name in ("new", "changed", "updated", "unchanged", "passages")}
    problems = [{"where": Path(p.where).name, "problem": p.problem} for p in report.problems[:MOST_PROBLEMS]]
    return {"statements": report.statements, **counts, "not_taken": report.not_taken, "problems": problems}


def _harmless(stem: str) -> str:
    """A file name's stem that is one and nothing else; a statement without an id of its own is named by it."""
    name = re.sub(r"[\x00-\x1f\x7f]", "_", re.split(r"[/\\]", stem)[-1]).strip(". ")
    return name.encode("utf-8", "replace")[:150].decode("utf-8", "ignore") or "upload"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _job(row: sqlite3.Row) -> Job:
    finished = datetime.fromisoformat(row["finished"]) if row["finished"] else None
    report = json.loads(row["report"]) if row["report"] else None
    created = datetime.fromisoformat(row["created"])
    return Job(
        row["id"], row["reader"], row["name"], row["state"], row["done"], report, row["problem"], created, finished
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
