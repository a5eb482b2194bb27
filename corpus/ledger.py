"""What is known of sources and of every address that they name; kept in the archive's database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from corpus.archive import DATABASE, Archive
from corpus.database import Database
from corpus.errors import NotHeld, OnRecordError


@dataclass(frozen=True, slots=True)
class Source:
    """A document that is gone through again and again for what it names.

    Attributes:
        kind: feed, sitemap or listing.
        issuer: who issued those statements that do not say.
        containing: what an address must contain to be taken; empty takes all.
        tried, synced: when it was last gone through, and when that last went well.
        problem: why it last did not.
    """

    id: int
    url: str
    kind: str
    issuer: str | None
    containing: str
    added: datetime
    tried: datetime | None
    synced: datetime | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a source names.

    Attributes:
        page: whether it is to be held; else it names further addresses, as the source's own does.
        statements: ids of what was held of it.
        published, updated: as the source says.
        fetched_at: when it was last asked for; None where it never was.
        failures, problem: how many syncs in a row could not take it, and why the last could not.
        missing_since: set where its statements were marked as withdrawn because it was gone.
    """

    url: str
    source_id: int
    page: bool
    statements: tuple[str, ...]
    published: str | None
    updated: datetime | None
    etag: str | None
    last_modified: str | None
    fetched_at: datetime | None
    failures: int
    problem: str | None
    missing_since: datetime | None


class Ledger:
    """Over an archive that is open; use as a context manager, or call `close`."""

    def __init__(self, archive: Archive) -> None:
        self._database = Database(archive.folder / DATABASE)

    def close(self) -> None:
        """Close the connections of every thread."""
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- sources -------------------------------------------------------------------------------------------------

    def add(self, url: str, kind: str, issuer: str | None = None, containing: str = "") -> Source:
        """Keep a source. Raises OnRecordError where it is one already."""
        with self._database.transaction() as db:
            added = db.execute(
                "INSERT INTO source (url, kind, issuer, containing, added) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (url) DO NOTHING",
                (url, kind, issuer, containing, _now()),
            ).rowcount
        if not added:
            raise OnRecordError(f"{url} is a source already; see: onrecord source list")
        return self.source(url)

    def sources(self) -> list[Source]:
        """All of them, in the order in which they were added."""
        return [_source(row) for row in self._connection.execute("SELECT * FROM source ORDER BY id")]

    def source(self, name: str) -> Source:
        """The source with that number or address. Raises NotHeld where there is none."""
        row = self._connection.execute(
            "SELECT * FROM source WHERE url = ?1 OR CAST(id AS TEXT) = ?1", (name,)
        ).fetchone()
        if row is None:
            raise NotHeld(f"{name} is no source; see: onrecord source list")
        return _source(row)

    def remove(self, source: Source) -> None:
        """Forget a source and its addresses. Statements stay held."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM source WHERE id = ?", (source.id,))

    def gone_through(self, source: Source, problem: str | None) -> None:
        """A source was gone through, well where there is no problem."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE source SET tried = ?1, problem = ?2, synced = CASE WHEN ?2 IS NULL THEN ?1 ELSE synced END"
                " WHERE id = ?3",
                (_now(), problem, source.id),
            )

    # ---- addresses -----------------------------------------------------------------------------------------------

    def note(self, source: Source, urls: Mapping[str, tuple[str | None, datetime | None]], *, page: bool) -> int:
        """Keep addresses that a source names.

        Args:
            source: which one.
            urls: address to dates of publication and of last change, as the source says.
            page: see `Address`.

        Returns:
            How many of them were not known.
        """
        with self._database.transaction() as db:
            before: int = db.execute("SELECT count(*) FROM fetched").fetchone()[0]
            db.executemany(
                "INSERT INTO fetched (url, source_id, page, published, updated) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (url, page) DO UPDATE SET published = coalesce(excluded.published, published),"
                " updated = coalesce(excluded.updated, updated) WHERE source_id = excluded.source_id",
                [
                    (url, source.id, page, published, updated and _written(updated))
                    for url, (published, updated) in urls.items()
                ],
            )
            known: int = db.execute("SELECT count(*) FROM fetched").fetchone()[0]
        return known - before

    def address(self, url: str, *, page: bool = True) -> Address | None:
        """What is known of an address, as a page or as what names such; the same goes for the methods below."""
        row = self._connection.execute("SELECT * FROM fetched WHERE url = ? AND page = ?", (url, page)).fetchone()
        return _address(row) if row else None

    def pages(self, source: Source) -> list[Address]:
        """The pages that a source has ever named, those not asked for longest first."""
        rows = self._connection.execute(
            "SELECT * FROM fetched WHERE source_id = ? AND page ORDER BY coalesce(fetched_at, ''), rowid", (source.id,)
        )
        return [_address(row) for row in rows]

    def failures(self, source: Source | None = None) -> list[Address]:
        """The dead letters: addresses that the last try could not take, most failures first."""
        rows = self._connection.execute(
            "SELECT * FROM fetched WHERE problem IS NOT NULL AND (?1 IS NULL OR source_id = ?1)"
            " ORDER BY failures DESC, url",
            (source and source.id,),
        )
        return [_address(row) for row in rows]

    def took(
        self, url: str, statements: Iterable[str], etag: str | None, last_modified: str | None, *, page: bool = True
    ) -> None:
        """An address was fetched and is held as these statements."""
        self._update(
            url,
            page,
            "statements = ?, etag = ?, last_modified = ?, failures = 0, problem = NULL",
            json.dumps(sorted(statements)),
            etag,
            last_modified,
        )

    def unchanged(self, url: str, *, page: bool = True) -> None:
        """An address was asked for and has what it had."""
        self._update(url, page, "failures = 0, problem = NULL")

    def failed(self, url: str, problem: str, *, page: bool = True) -> None:
        """An address could not be taken; what it had is asked for in full next time."""
        self._update(
            url, page, "failures = failures + 1, problem = ?, etag = NULL, last_modified = NULL", problem[:1000]
        )

    def missing(self, url: str) -> None:
        """The page that an address had is gone."""
        self._update(
            url,
            True,
            "missing_since = coalesce(missing_since, ?), etag = NULL, last_modified = NULL,"
            " failures = 0, problem = NULL",
            _now(),
        )

    def back(self, url: str) -> None:
        """The page that was gone is there again."""
        self._update(url, True, "missing_since = NULL")

    def elsewhere(self, statement_id: str, url: str) -> bool:
        """Whether another address still has that statement."""
        found = self._connection.execute(
            "SELECT 1 FROM fetched f, json_each(f.statements) s"
            " WHERE s.value = ? AND f.url <> ? AND f.missing_since IS NULL",
            (statement_id, url),
        ).fetchone()
        return found is not None

    def _update(self, url: str, page: bool, assignments: str, *values: str | None) -> None:
        with self._database.transaction() as db:
            db.execute(
                f"UPDATE fetched SET fetched_at = ?, {assignments} WHERE url = ? AND page = ?",
                (_now(), *values, url, page),
            )

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._database.connection


def _source(row: sqlite3.Row) -> Source:
    times = {name: _read(row[name]) for name in ("tried", "synced")}
    added = datetime.fromisoformat(row["added"])
    return Source(**{**{name: row[name] for name in row.keys()}, **times, "added": added})  # noqa: SIM118 (a Row)


def _address(row: sqlite3.Row) -> Address:
    times = {name: _read(row[name]) for name in ("updated", "fetched_at", "missing_since")}
    given = {name: row[name] for name in row.keys()}  # noqa: SIM118 (a Row)
    return Address(**{**given, **times, "page": bool(row["page"]), "statements": tuple(json.loads(row["statements"]))})


def _now() -> str:
    return _written(datetime.now(UTC))


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
