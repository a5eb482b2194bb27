"""What indexes read out of the archive: its changes, vectors and passages, and what still has to be embedded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from corpus.database import Database
from corpus.model import Filters, Passage, Statement
from corpus.rows import PASSAGES, Vectors, marks, matrix, parts, passage_from, statement_from, where_clause
from corpus.sentence_vectors import SentenceVectors

Span = tuple[int, int]
_DUE = "NOT EXISTS (SELECT 1 FROM sentence_vectors e WHERE e.model = ? AND e.embed_key = p.embed_key)"


class IndexFeed:
    """The part of `corpus.archive.Archive` that derived indexes and the embedding work list need."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_change(self) -> int:
        """Sequence number of the newest change, 0 when there is none."""
        found: int | None = self._connection.execute("SELECT max(seq) FROM change").fetchone()[0]
        return found or 0

    def changes(self, after: int, *, words: bool = False) -> tuple[int, list[str]]:
        """The newest change's number, and which statements have changed since `after`, each once, in order.

        With `words`, statements that have gained nothing but vectors are left out.
        """
        rows = self._connection.execute(
            "SELECT statement_id, max(seq) seq, max(words) words FROM change WHERE seq > ?"
            " GROUP BY statement_id ORDER BY seq",
            (after,),
        ).fetchall()
        changed = [row["statement_id"] for row in rows if row["words"] or not words]
        return (rows[-1]["seq"] if rows else after), changed

    def vectors_of(self, model: str, statement_id: str) -> tuple[list[Passage], Vectors]:
        """Passages of a statement's current version that have a vector, and the vectors (n, dimension)."""
        rows = self._connection.execute(
            PASSAGES.replace("FROM", ", e.value FROM", 1)
            + " JOIN statement s ON s.id = p.statement_id AND s.current = p.version"
            " JOIN vector e ON e.embed_key = p.embed_key AND e.model = ? WHERE p.statement_id = ? ORDER BY p.ordinal",
            (model, statement_id),
        ).fetchall()
        return [passage_from(row) for row in rows], matrix(rows)

    def sentence_vectors(self, model: str, statement_id: str, version: int, span: Span) -> SentenceVectors:
        """Vectors of the sentences of a version whose passages touch a span, with where they begin in its text.

        Passages that have no vector yet have none of these either.
        """
        rows = self._connection.execute(
            "SELECT p.start, e.value FROM passage p"
            " JOIN sentence_vectors e ON e.embed_key = p.embed_key AND e.model = ?"
            ' WHERE p.statement_id = ? AND p.version = ? AND p.start < ? AND p."end" > ?',
            (model, statement_id, version, span[1], span[0]),
        ).fetchall()
        return SentenceVectors.joined((row["start"], SentenceVectors.unpacked(row["value"])) for row in rows)

    def vectors_inside(self, model: str, filters: Filters | None) -> tuple[list[str], Vectors]:
        """Ids and vectors (n, dimension) of all current passages inside the filters."""
        where, values = where_clause(filters)
        # In this order: left to itself, SQLite goes through all vectors to find those of a few passages.
        rows = self._connection.execute(
            "SELECT p.id, e.value FROM statement s"
            " CROSS JOIN passage p ON p.statement_id = s.id AND p.version = s.current"
            f" CROSS JOIN vector e ON e.embed_key = p.embed_key AND e.model = ? WHERE {where}",
            (model, *values),
        ).fetchall()
        return [row["id"] for row in rows], matrix(rows)

    def ids_inside(self, filters: Filters) -> set[str]:
        """Ids of all current passages inside the filters."""
        where, values = where_clause(filters)
        rows = self._connection.execute(
            "SELECT p.id FROM statement s JOIN passage p ON p.statement_id = s.id AND p.version = s.current"
            f" WHERE {where}",
            values,
        )
        return {row["id"] for row in rows}

    def passing(self, ids: Sequence[str], filters: Filters) -> set[str]:
        """Those of the given passages that are current and inside the filters."""
        where, values = where_clause(filters)
        return {
            row["id"]
            for part in parts(ids)
            for row in self._connection.execute(
                "SELECT p.id FROM passage p JOIN statement s ON s.id = p.statement_id AND s.current = p.version"
                f" WHERE p.id IN ({marks(part)}) AND {where}",
                (*part, *values),
            )
        }

    def superseded(self, statement_ids: Sequence[str]) -> list[str]:
        """Ids of the passages of versions that are no longer current."""
        return [
            row["id"]
            for part in parts(statement_ids)
            for row in self._connection.execute(
                "SELECT p.id FROM passage p JOIN statement s ON s.id = p.statement_id AND s.current <> p.version"
                f" WHERE p.statement_id IN ({marks(part)})",
                part,
            )
        ]

    def count_passages(self, filters: Filters | None = None) -> int:
        """How many current passages are inside the filters."""
        where, values = where_clause(filters)
        found: int = self._connection.execute(
            "SELECT count(*) FROM statement s JOIN passage p ON p.statement_id = s.id AND p.version = s.current"
            f" WHERE {where}",
            values,
        ).fetchone()[0]
        return found

    def count_vectors(self, model: str) -> int:
        """How many current passages have a vector of that model."""
        found: int = self._connection.execute(
            "SELECT count(*) FROM statement s JOIN passage p ON p.statement_id = s.id AND p.version = s.current"
            " JOIN vector e ON e.embed_key = p.embed_key AND e.model = ?",
            (model,),
        ).fetchone()[0]
        return found

    def without_vector(self, model: str, limit: int) -> list[tuple[bytes, Statement, Passage]]:
        """Work list: the first `limit` current passages that have no vector yet, each with its embed key."""
        rows = self._connection.execute(
            PASSAGES.replace("FROM", ", p.embed_key FROM", 1)
            + " JOIN statement s ON s.id = p.statement_id AND s.current = p.version"
            f" WHERE {_DUE} ORDER BY p.rowid LIMIT ?",
            (model, limit),
        ).fetchall()
        held = self.statements({row["statement_id"] for row in rows})
        return [(row["embed_key"], held[row["statement_id"]], passage_from(row)) for row in rows]

    def count_without_vector(self, model: str, filters: Filters | None = None) -> int:
        """How many distinct inputs still have to be embedded of the statements inside the filters."""
        where, values = where_clause(filters)
        found: int = self._connection.execute(
            "SELECT count(DISTINCT p.embed_key) FROM passage p JOIN statement s"
            " ON s.id = p.statement_id AND s.current = p.version"
            f" WHERE {_DUE} AND {where}",
            (model, *values),
        ).fetchone()[0]
        return found

    def statements(self, ids: Iterable[str]) -> dict[str, Statement]:
        """Those of the given statements that are held, by id."""
        return {
            row["id"]: statement_from(row)
            for part in parts(list(ids))
            for row in self._connection.execute(f"SELECT * FROM statement WHERE id IN ({marks(part)})", part)
        }

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._database.connection
