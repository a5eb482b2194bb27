"""The archive: a folder whose SQLite database is the system of record for everything held.

One transaction per statement. Whatever else the folder holds (lexical index, Chroma) is derived from the database and
catches up with it through the `change` table: each change names a statement whose index entries are to be made anew.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from corpus.acronyms import acronyms
from corpus.database import Database
from corpus.errors import ArchiveError, InputError, NotHeld
from corpus.feed import IndexFeed
from corpus.model import Filters, Passage, Statement, Version, sha256
from corpus.rows import (
    PASSAGES,
    Vectors,
    as_date,
    marks,
    parts,
    passage_from,
    statement_from,
    version_from,
    where_clause,
    write_passages,
    write_statement,
)
from corpus.schema import migrate

_CURRENT = (
    "SELECT s.*, v.text_sha256 FROM statement s JOIN version v"
    " ON v.statement_id = s.id AND v.number = s.current WHERE s.id = ?"
)
DATABASE = "archive.sqlite3"
Outcome = Literal["new", "changed", "updated", "unchanged"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is held: statements, and the first and last publication date (None when empty)."""

    statements: int
    first: date | None
    last: date | None


class Archive(IndexFeed):
    """Open with `Archive(folder)`; safe to use from several threads and processes.

    Raises:
        ArchiveError: the folder holds no archive (with ``create=False``), or one that cannot be read.
    """

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.folder = folder
        path = folder / DATABASE
        super().__init__(Database(path))
        if not create and not path.exists():
            raise ArchiveError(f"No archive in {folder}. Make one with: onrecord --archive {folder} ingest PATH")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            migrate(self._connection)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(f"The archive in {folder} cannot be opened: {error}") from error

    def close(self) -> None:
        """Close the connections of every thread."""
        self._database.close()

    # ---- writing -------------------------------------------------------------------------------------------------

    def holds(self, statement: Statement, text: str) -> bool:
        """Whether exactly this is held already, as the current version (withdrawn or not)."""
        row = self._connection.execute(_CURRENT, (statement.id,)).fetchone()
        if row is None or row["text_sha256"] != sha256(text):
            return False
        return statement_from(row) == replace(statement, withdrawn=bool(row["withdrawn"]))

    def put(self, statement: Statement, text: str, raw: bytes, source: str, passages: Sequence[Span]) -> Outcome:
        """Hold one statement, in one transaction.

        Args:
            statement: what is known of it.
            text: the tidied text, of which `passages` are (start, end) spans in order.
            raw: the bytes it came in.
            source: file and record, or address.
            passages: see `text`.

        Returns:
            "new"; "changed" when the text differs from the current version (which stays, and a new one is
            added); "updated" when only metadata differ; "unchanged" when nothing does.

        Raises:
            InputError: the text has a character that cannot be held.
        """
        if "\0" in text:  # SQLite would count characters up to there only, and offsets would lie
            raise InputError(source, "the text has a NUL character; remove it")
        text_hash = sha256(text)
        with self._database.transaction() as db:
            before = db.execute(_CURRENT, (statement.id,)).fetchone()
            same_text = before is not None and before["text_sha256"] == text_hash
            if before is not None:  # what was taken back stays so, until `withdraw` says otherwise
                statement = replace(statement, withdrawn=bool(before["withdrawn"]))
            if same_text and statement_from(before) == statement:
                return "unchanged"
            number = (before["current"] if before else 0) + (not same_text)
            write_statement(db, statement, number)
            if not same_text:
                raw_hash = sha256(raw)
                db.execute("INSERT OR IGNORE INTO raw VALUES (?, ?)", (raw_hash, zlib.compress(raw)))
                now = datetime.now(UTC).isoformat(timespec="seconds")
                db.execute(
                    "INSERT INTO version (statement_id, number, text, text_sha256, raw_sha256, fetched_at, source)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (statement.id, number, text, text_hash, raw_hash, now, source),
                )
            write_passages(db, statement, number, text, passages)
            db.execute("DELETE FROM acronym WHERE statement_id = ?", (statement.id,))
            db.executemany(
                "INSERT INTO acronym VALUES (?, ?, ?)", [(statement.id, *pair) for pair in sorted(acronyms(text))]
            )
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement.id,))
        return "changed" if before and not same_text else "updated" if before else "new"

    def split_anew(self, statement_id: str, text_sha256: str, passages: Sequence[Span]) -> None:
        """Replace the passages of a current version, unless its text is not the given one any more."""
        with self._database.transaction() as db:
            row = db.execute(_CURRENT, (statement_id,)).fetchone()
            if row is None or row["text_sha256"] != text_sha256:
                return
            version = self.version(statement_id)
            write_passages(db, statement_from(row), version.number, version.text, passages)
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement_id,))

    def withdraw(self, statement_id: str, *, withdrawn: bool = True) -> None:
        """Mark a statement as taken back by its source (or not); it stays held.

        Raises:
            NotHeld: no such statement.
        """
        with self._database.transaction() as db:
            changed = db.execute("UPDATE statement SET withdrawn = ? WHERE id = ?", (withdrawn, statement_id)).rowcount
            self._require(changed, statement_id)
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement_id,))

    def remove(self, statement_id: str) -> None:
        """Forget a statement with its versions, passages and raw bytes, and vectors that nothing else uses.

        Raises:
            NotHeld: no such statement.
        """
        with self._database.transaction() as db:
            self._require(db.execute("DELETE FROM statement WHERE id = ?", (statement_id,)).rowcount, statement_id)
            db.execute("DELETE FROM raw WHERE sha256 NOT IN (SELECT raw_sha256 FROM version)")
            db.execute("DELETE FROM vector WHERE embed_key NOT IN (SELECT embed_key FROM passage)")
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement_id,))

    def put_vectors(self, model: str, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors (n, dimension) for embed keys, and tell the indexes which statements gained them."""
        with self._database.transaction() as db:
            db.executemany(  # a statement may have been removed while its vectors were made
                "INSERT OR REPLACE INTO vector SELECT ?1, ?2, ?3 WHERE EXISTS"
                " (SELECT 1 FROM passage WHERE embed_key = ?2)",
                [(model, key, row.astype("<f4").tobytes()) for key, row in zip(keys, vectors, strict=True)],
            )
            for part in parts(keys):
                db.execute(
                    "INSERT INTO change (statement_id, words)"
                    f" SELECT DISTINCT statement_id, 0 FROM passage WHERE embed_key IN ({marks(part)})",
                    part,
                )

    # ---- reading -------------------------------------------------------------------------------------------------

    def statement(self, statement_id: str) -> Statement:
        """One statement.

        Raises:
            NotHeld: no such statement.
        """
        found = self.statements([statement_id])
        self._require(found, statement_id)
        return found[statement_id]

    def all_ids(self) -> list[str]:
        """Ids of all statements, newest first, then by id."""
        rows = self._connection.execute("SELECT id FROM statement ORDER BY published DESC, id")
        return [row["id"] for row in rows]

    def version(self, statement_id: str, number: int | None = None) -> Version:
        """A version with its text; without a number, the one that is current.

        Raises:
            NotHeld: no such statement or version.
        """
        row = self._connection.execute(
            "SELECT v.* FROM version v JOIN statement s ON s.id = v.statement_id"
            " WHERE v.statement_id = ? AND v.number = coalesce(?, s.current)",
            (statement_id, number),
        ).fetchone()
        self._require(row, statement_id if number is None else f"{statement_id}, version {number}")
        return version_from(row)

    def versions(self, statement_id: str) -> list[Version]:
        """All versions of a statement, oldest first (empty when it is not held)."""
        rows = self._connection.execute("SELECT * FROM version WHERE statement_id = ? ORDER BY number", (statement_id,))
        return [version_from(row) for row in rows]

    def raw(self, sha: str) -> bytes:
        """The bytes a version came in, by their SHA-256.

        Raises:
            NotHeld: no such bytes.
        """
        row = self._connection.execute("SELECT zlib FROM raw WHERE sha256 = ?", (sha,)).fetchone()
        self._require(row, sha)
        return zlib.decompress(row["zlib"])

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """Those of the given passages that are held, by id, with their text."""
        return {
            row["id"]: passage_from(row)
            for part in parts(list(ids))
            for row in self._connection.execute(PASSAGES + f" WHERE p.id IN ({marks(part)})", part)
        }

    def passages_of(self, statement_id: str) -> list[Passage]:
        """The passages of a statement's current version, in order (empty when it is not held)."""
        held = self._connection.execute(_CURRENT.replace("s.*", "s.current, v.text"), (statement_id,)).fetchone()
        rows = self._connection.execute(
            "SELECT * FROM passage WHERE statement_id = ? AND version = ? ORDER BY ordinal",
            (statement_id, held and held["current"]),
        )
        # Cut here and not in SQL, which counts characters from the text's start for each passage.
        return [passage_from({**row, "text": held["text"][row["start"] : row["end"]]}) for row in rows]

    def coverage(self, filters: Filters | None = None) -> Coverage:
        """How many statements are inside the filters, from when to when."""
        where, values = where_clause(filters)
        row = self._connection.execute(
            f"SELECT count(*) n, min(published) a, max(published) b FROM statement s WHERE {where}", values
        ).fetchone()
        return Coverage(row["n"], row["a"] and as_date(row["a"]), row["b"] and as_date(row["b"]))

    def issuers(self, filters: Filters | None = None) -> list[tuple[str, int]]:
        """Issuer names with the number of their statements inside the filters, most first."""
        where, values = where_clause(filters)
        rows = self._connection.execute(
            f"SELECT issuer, count(*) n FROM statement s WHERE issuer IS NOT NULL AND {where}"
            " GROUP BY issuer ORDER BY n DESC, issuer",
            values,
        )
        return [(row["issuer"], row["n"]) for row in rows]

    def acronyms(self, filters: Filters | None = None) -> list[tuple[str, str]]:
        """(short, long) pairs that statements inside the filters explain, those explained most often first."""
        where, values = where_clause(filters)
        rows = self._connection.execute(
            f"SELECT a.short, a.long FROM acronym a JOIN statement s ON s.id = a.statement_id WHERE {where}"
            " GROUP BY a.short, a.long ORDER BY count(*) DESC, a.short, a.long",
            values,
        )
        return [(row["short"], row["long"]) for row in rows]

    def fingerprint(self) -> str:
        """SHA-256 over ids and texts of all current versions: equal archives answer equally."""
        rows = self._connection.execute(
            "SELECT s.id, v.text_sha256 FROM statement s JOIN version v"
            " ON v.statement_id = s.id AND v.number = s.current ORDER BY s.id"
        )
        return sha256("\n".join(f"{row['id']}\t{row['text_sha256']}" for row in rows))

    @staticmethod
    def _require(found: object, what: str) -> None:
        if not found:
            raise NotHeld(f"The archive does not hold {what}. `onrecord list` shows what it does.")
