"""How nouns and filters are written as rows and SQL, and read back; used by `corpus.archive` alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.model import Filters, Passage, Statement, Version, as_int, embed_key, passage_id, sha256

T = TypeVar("T")
Vectors = NDArray[np.float32]
Span = tuple[int, int]
_MANY = 500  # parameters per SQL statement, well under SQLite's bound

PASSAGES = (
    'SELECT p.id, p.statement_id, p.version, p.ordinal, p.start, p."end",'
    ' substr(v.text, p.start + 1, p."end" - p.start) text'
    " FROM passage p JOIN version v ON v.statement_id = p.statement_id AND v.number = p.version"
)


def where_clause(filters: Filters | None) -> tuple[str, list[str | int]]:
    """Filters as SQL over `statement s`."""
    filters = filters or Filters()
    tests, values = ["1"], list[str | int]()
    if filters.date_from or filters.date_to:
        low = as_int(filters.date_from or date.min)
        high = as_int(filters.date_to or date.max)
        tests.append("(s.published BETWEEN ? AND ? OR s.event BETWEEN ? AND ?)")
        values += [low, high, low, high]
    if filters.issuers:
        tests.append(f"s.issuer_key IN ({marks(filters.issuers)})")
        values += [issuer.casefold() for issuer in filters.issuers]
    if filters.speakers:
        tests.append(f"EXISTS (SELECT 1 FROM json_each(s.speakers) WHERE value IN ({marks(filters.speakers)}))")
        values += filters.speakers
    if filters.kinds:
        tests.append(f"s.kind IN ({marks(filters.kinds)})")
        values += filters.kinds
    if filters.groups is not None:
        named = f"EXISTS (SELECT 1 FROM json_each(s.audience) WHERE value IN ({marks(filters.groups)}))"
        tests.append(f"(s.audience = '[]' OR {named})")
        values += sorted(filters.groups)
    return " AND ".join(tests), values


def write_statement(db: sqlite3.Connection, s: Statement, current: int) -> None:
    values: Mapping[str, object] = {
        "id": s.id,
        "title": s.title,
        "issuer": s.issuer,
        "issuer_key": (s.issuer or "").casefold(),
        "kind": s.kind,
        "language": s.language,
        "url": s.url,
        "place": s.place,
        "published": as_int(s.published),
        "event": as_int(s.event or s.published),
        "has_event": s.event is not None,
        "speakers": json.dumps(s.speakers, ensure_ascii=False),
        "audience": json.dumps(s.audience, ensure_ascii=False),
        "extra": json.dumps(dict(s.extra), ensure_ascii=False, default=str),
        "withdrawn": s.withdrawn,
        "current": current,
    }
    columns = ", ".join(values)
    assign = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
    db.execute(
        f"INSERT INTO statement ({columns}) VALUES ({marks(values)}) ON CONFLICT (id) DO UPDATE SET {assign}",
        list(values.values()),
    )


def write_passages(db: sqlite3.Connection, s: Statement, version: int, text: str, spans: Sequence[Span]) -> None:
    """Instead of those that the version has, if it has any."""
    digest, header = sha256(text), s.header()
    db.execute("DELETE FROM passage WHERE statement_id = ? AND version = ?", (s.id, version))
    db.executemany(
        "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                passage_id(s.id, version, digest, start, end),
                s.id,
                version,
                ordinal,
                start,
                end,
                embed_key(header, text[start:end]),
            )
            for ordinal, (start, end) in enumerate(spans)
        ],
    )


def statement_from(row: sqlite3.Row) -> Statement:
    return Statement(
        id=row["id"],
        title=row["title"],
        published=as_date(row["published"]),
        issuer=row["issuer"],
        speakers=tuple(json.loads(row["speakers"])),
        kind=row["kind"],
        event=as_date(row["event"]) if row["has_event"] else None,
        place=row["place"],
        url=row["url"],
        language=row["language"],
        audience=tuple(json.loads(row["audience"])),
        extra=json.loads(row["extra"]),
        withdrawn=bool(row["withdrawn"]),
    )


def version_from(row: sqlite3.Row) -> Version:
    return Version(
        statement_id=row["statement_id"],
        number=row["number"],
        text=row["text"],
        text_sha256=row["text_sha256"],
        raw_sha256=row["raw_sha256"],
        fetched_at=datetime.fromisoformat(row["fetched_at"]),
        source=row["source"],
        pages=tuple(json.loads(row["pages"])),
    )


def passage_from(row: sqlite3.Row | Mapping[str, Any]) -> Passage:
    return Passage(
        row["id"], row["statement_id"], row["version"], row["ordinal"], row["start"], row["end"], row["text"]
    )


def matrix(rows: Sequence[sqlite3.Row]) -> Vectors:
    if not rows:
        return np.empty((0, 0), dtype=np.float32)
    return np.frombuffer(b"".join(row["value"] for row in rows), dtype="<f4").reshape(len(rows), -1)


def as_date(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)


def parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[i : i + _MANY] for i in range(0, len(items), _MANY))


def marks(items: Iterable[object], mark: str = "?") -> str:
    return ", ".join(mark for _ in items)
