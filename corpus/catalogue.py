"""What is held, page by page and counted: what lists and tables of coverage are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from corpus.feed import IndexFeed
from corpus.model import Filters, Statement, as_int
from corpus.rows import statement_from, where_clause


@dataclass(frozen=True, slots=True)
class Month:
    """How many statements an issuer (None where unknown) published in a month, written ``2025-11``."""

    issuer: str | None
    month: str
    statements: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Names with the number of statements that have them, most first."""

    issuers: Sequence[tuple[str, int]]
    speakers: Sequence[tuple[str, int]]
    kinds: Sequence[tuple[str, int]]


class Catalogue(IndexFeed):
    """The part of `corpus.archive.Archive` that lists and counts."""

    def page(
        self, filters: Filters | None = None, *, after: tuple[date, str] | None = None, limit: int = 50
    ) -> Sequence[Statement]:
        """Statements inside the filters, newest first, then by id.

        Args:
            filters: what is listed.
            after: publication date and id of the last statement of the page before.
            limit: how many at most.
        """
        where, values = where_clause(filters)
        if after is not None:
            day = as_int(after[0])
            where, values = f"{where} AND (s.published < ? OR (s.published = ? AND s.id > ?))", [*values, day, day]
            values.append(after[1])
        rows = self._connection.execute(
            f"SELECT s.* FROM statement s WHERE {where} ORDER BY s.published DESC, s.id LIMIT ?", (*values, limit)
        )
        return [statement_from(row) for row in rows]

    def by_month(self, filters: Filters | None = None) -> Sequence[Month]:
        """Statements inside the filters, counted by issuer and month of publication, in that order."""
        where, values = where_clause(filters)
        rows = self._connection.execute(
            f"SELECT issuer, published / 100 AS month, count(*) AS n FROM statement s WHERE {where}"
            " GROUP BY issuer, month ORDER BY issuer IS NULL, issuer, month",
            values,
        )
        return [Month(row["issuer"], f"{row['month'] // 100:04}-{row['month'] % 100:02}", row["n"]) for row in rows]

    def tally(self, filters: Filters | None = None) -> Tally:
        """Issuers, speakers and kinds of the statements inside the filters, counted."""
        where, values = where_clause(filters)

        def counted(name: str, source: str) -> list[tuple[str, int]]:
            rows = self._connection.execute(
                f"SELECT {name} AS name, count(*) AS n FROM {source} WHERE {where} AND {name} IS NOT NULL"
                " GROUP BY name ORDER BY n DESC, name",
                values,
            )
            return [(row["name"], row["n"]) for row in rows]

        speakers = counted("j.value", "statement s, json_each(s.speakers) j")
        return Tally(counted("s.issuer", "statement s"), speakers, counted("s.kind", "statement s"))

    def last_taken(self, filters: Filters | None = None) -> datetime | None:
        """When a version of a statement inside the filters was last taken in; None where there is none."""
        where, values = where_clause(filters)
        found = self._connection.execute(
            f"SELECT max(v.fetched_at) FROM statement s JOIN version v ON v.statement_id = s.id WHERE {where}", values
        ).fetchone()[0]
        return datetime.fromisoformat(found) if found else None
