"""The archive: a folder whose SQLite database is the system of record for everything held.

One transaction per statement. Whatever else the folder holds (lexical index, Chroma) is derived from the database and
catches up with it through the `change` table: each change names a statement whose index entries are to be made anew.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from corpus.acronyms import acronyms
from corpus.corrections import (
    as_corrected,
    as_said,
    corrections_of,
    is_said_again,
    revised,
    said_anew,
    write_corrections,
)
from corpus.database import Database
from corpus.errors import ArchiveError, InputError
from corpus.model import Filters, Passage, Statement, sha256
from corpus.provenance import Provenance
from corpus.reading import Reading
from corpus.repeats import METHOD, Sketch, forget, link
from corpus.rows import (
    PASSAGES,
    Vectors,
    as_date,
    marks,
    parts,
    passage_from,
    statement_from,
    where_clause,
    write_passages,
    write_statement,
)
from corpus.schema import migrate
from corpus.sentence_vectors import SentenceVectors

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


class Archive(Provenance):
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
        return is_said_again(statement, statement_from(row), corrections_of(self._connection, statement.id))

    def put(
        self,
        statement: Statement,
        text: str,
        raw: bytes,
        source: str,
        passages: Sequence[Span],
        pages: Sequence[int] = (),
    ) -> Outcome:
        """Hold one statement, in one transaction. What was corrected by hand of it stays corrected.

        Args:
            statement: what its source says of it.
            text: the tidied text, of which `passages` are (start, end) spans in order.
            raw: the bytes it came in.
            source: file and record, or address.
            passages: see `text`.
            pages: where the text's pages begin, see `Version`.

        Returns:
            "new"; "changed" when the text differs from the current version (which stays, and a new one is
            added); "updated" when only metadata differ; "unchanged" when nothing does.

        Raises:
            InputError: the text has a character that cannot be held.
        """
        if "\0" in text:  # SQLite would count characters up to there only, and offsets would lie
            raise InputError(source, "the text has a NUL character; remove it")
        text_hash, sketch = sha256(text), Sketch.of(text)
        with self._database.transaction() as db:
            before = db.execute(_CURRENT, (statement.id,)).fetchone()
            same_text = before is not None and before["text_sha256"] == text_hash
            if before is not None:
                corrections = corrections_of(db, statement.id)
                if same_text and is_said_again(statement, statement_from(before), corrections):
                    return "unchanged"
                write_corrections(db, statement.id, said_anew(statement, corrections))
                # What was taken back stays so, until `withdraw` says otherwise.
                statement = replace(as_corrected(statement, corrections), withdrawn=bool(before["withdrawn"]))
            number = (before["current"] if before else 0) + (not same_text)
            write_statement(db, statement, number)
            if not same_text:
                raw_hash = sha256(raw)
                db.execute("INSERT OR IGNORE INTO raw VALUES (?, ?)", (raw_hash, zlib.compress(raw)))
                now = datetime.now(UTC).isoformat(timespec="seconds")
                db.execute(
                    "INSERT INTO version"
                    " (statement_id, number, text, text_sha256, raw_sha256, fetched_at, source, pages)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (statement.id, number, text, text_hash, raw_hash, now, source, json.dumps(list(pages))),
                )
            write_passages(db, statement, number, text, passages)
            db.execute("DELETE FROM acronym WHERE statement_id = ?", (statement.id,))
            db.executemany(
                "INSERT INTO acronym VALUES (?, ?, ?)", [(statement.id, *pair) for pair in sorted(acronyms(text))]
            )
            link(db, statement, sketch)
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement.id,))
        return "changed" if before and not same_text else "updated" if before else "new"

    def correct(
        self,
        statement_id: str,
        values: Mapping[str, Any],
        *,
        revert: Iterable[str] = (),
        note: str = "",
        editor: str = "",
    ) -> Statement:
        """Correct fields of a statement by hand; what its source says stays beside it. The statement as it is then.

        Args:
            statement_id: which.
            values: what fields are to be, by the names that `corpus.corrections.Correction` has and in terms of JSON,
                checked already (`ingest.correct` does that).
            revert: fields that are to be as the source says again.
            note: why.
            editor: who says so.

        Raises:
            NotHeld: no such statement.
        """
        with self._database.transaction() as db:
            row = db.execute(_CURRENT.replace("s.*", "s.*, v.text"), (statement_id,)).fetchone()
            self._require(row, statement_id)
            held = corrections_of(db, statement_id)
            said = as_said(statement_from(row), held)
            corrections = revised(said, held, values, revert, note, editor)
            statement = as_corrected(said, corrections)
            write_corrections(db, statement_id, corrections)
            write_statement(db, statement, row["current"])
            spans = [(p.start, p.end) for p in self.passages_of(statement_id)]
            write_passages(db, statement, row["current"], row["text"], spans)
            link(db, statement, Sketch.of(row["text"]))
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement_id,))
        return statement

    def link_due(self, limit: int) -> int:
        """Look for repeats of up to `limit` statements that were never compared, as in an archive of an older release.

        Returns:
            How many those were; 0 when none is left.
        """
        with self._database.transaction() as db:
            due = db.execute(
                "SELECT s.*, v.text FROM statement s JOIN version v ON v.statement_id = s.id AND v.number = s.current"
                " WHERE NOT EXISTS (SELECT 1 FROM sketch k WHERE k.statement_id = s.id AND k.method = ?) LIMIT ?",
                (METHOD, limit),
            ).fetchall()
            for row in due:
                link(db, statement_from(row), Sketch.of(row["text"]))
        return len(due)

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
            forget(db, statement_id)
            self._require(db.execute("DELETE FROM statement WHERE id = ?", (statement_id,)).rowcount, statement_id)
            db.execute("DELETE FROM raw WHERE sha256 NOT IN (SELECT raw_sha256 FROM version)")
            for table in ("vector", "sentence_vectors"):
                db.execute(f"DELETE FROM {table} WHERE embed_key NOT IN (SELECT embed_key FROM passage)")
            db.execute("INSERT INTO change (statement_id) VALUES (?)", (statement_id,))

    def put_vectors(
        self, model: str, keys: Sequence[bytes], vectors: Vectors, sentences: Sequence[SentenceVectors]
    ) -> None:
        """Keep vectors (n, dimension) for embed keys, each with those of its sentences, and tell the indexes which
        statements gained them."""
        with self._database.transaction() as db:
            made = {
                "vector": [row.astype("<f4").tobytes() for row in vectors],
                "sentence_vectors": [inside.packed() for inside in sentences],
            }
            for table, values in made.items():
                db.executemany(  # a statement may have been removed while its vectors were made
                    f"INSERT OR REPLACE INTO {table} SELECT ?1, ?2, ?3 WHERE EXISTS"
                    " (SELECT 1 FROM passage WHERE embed_key = ?2)",
                    [(model, key, value) for key, value in zip(keys, values, strict=True)],
                )
            for part in parts(keys):
                db.execute(
                    "INSERT INTO change (statement_id, words)"
                    f" SELECT DISTINCT statement_id, 0 FROM passage WHERE embed_key IN ({marks(part)})",
                    part,
                )

    def put_readings(self, method: int, readings: Mapping[tuple[str, int], Reading]) -> None:
        """Keep what versions are sentence by sentence, by (statement id, version number)."""
        with self._database.transaction() as db:
            db.executemany(  # a statement may have been removed while it was read
                "INSERT OR REPLACE INTO reading SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS"
                " (SELECT 1 FROM version WHERE statement_id = ?1 AND number = ?2)",
                [(*version, method, *reading.packed()) for version, reading in readings.items()],
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
