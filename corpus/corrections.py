"""Corrections by hand: what a field is to be, kept beside what its source says and laid over that when it comes anew.

A statement's row has its fields as corrected. Each correction remembers what the source says, so that it can be taken
back, and so that a source that is read again without change is recognised as unchanged.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

from corpus.model import Statement

EXTRA: Final = "extra."
_DATES: Final = frozenset({"published", "event"})
_LISTS: Final = frozenset({"speakers", "audience"})
# What a statement is known by, what `withdraw` sets, and what is corrected key by key.
CORRECTABLE: Final = frozenset(f.name for f in fields(Statement)) - {"id", "withdrawn", "extra"}


@dataclass(frozen=True, slots=True)
class Correction:
    """One corrected field.

    Attributes:
        field: attribute of `Statement`, or ``extra.NAME``.
        value: what it is to be, in terms of JSON; None where it is to be empty.
        said: what the source says, in the same terms.
        at: when it was made.
        note: why, in the words of who made it.
        editor: who made it; empty where that is not known.
    """

    field: str
    value: Any
    said: Any
    at: datetime
    note: str = ""
    editor: str = ""


def plain(statement: Statement, field: str) -> Any:
    """A field of a statement in terms of JSON."""
    if field.startswith(EXTRA):
        return statement.extra.get(field.removeprefix(EXTRA))
    value = getattr(statement, field)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def laid_over(statement: Statement, values: Mapping[str, Any]) -> Statement:
    """The statement with some fields, by name and in terms of JSON, instead of its own."""
    attributes: dict[str, Any] = {}
    extra = dict(statement.extra)
    for field, value in values.items():
        if not field.startswith(EXTRA):
            attributes[field] = _parsed(field, value)
        elif value is None:
            extra.pop(field.removeprefix(EXTRA), None)
        else:
            extra[field.removeprefix(EXTRA)] = value
    return replace(statement, **attributes, extra=MappingProxyType(extra))


def as_corrected(statement: Statement, corrections: Iterable[Correction]) -> Statement:
    """What the source says, with what was corrected."""
    return laid_over(statement, {correction.field: correction.value for correction in corrections})


def as_said(statement: Statement, corrections: Iterable[Correction]) -> Statement:
    """The inverse of `as_corrected`."""
    return laid_over(statement, {correction.field: correction.said for correction in corrections})


def said_anew(statement: Statement, corrections: Iterable[Correction]) -> list[Correction]:
    """The corrections with what the source says now."""
    return [replace(correction, said=plain(statement, correction.field)) for correction in corrections]


def is_said_again(incoming: Statement, held: Statement, corrections: Iterable[Correction]) -> bool:
    """Whether a source says of a statement, which is held as corrected, what it has said before."""
    corrections = list(corrections)
    said = as_said(incoming, said_anew(incoming, corrections))
    return replace(said, withdrawn=held.withdrawn) == as_said(held, corrections)


def corrections_of(db: sqlite3.Connection, statement_id: str) -> list[Correction]:
    """A statement's corrections in order of their fields' names; empty when there are none."""
    rows = db.execute("SELECT * FROM correction WHERE statement_id = ? ORDER BY field", (statement_id,))
    return [
        Correction(
            row["field"],
            json.loads(row["value"]),
            json.loads(row["said"]),
            datetime.fromisoformat(row["at"]),
            row["note"],
            row["editor"],
        )
        for row in rows
    ]


def write_corrections(db: sqlite3.Connection, statement_id: str, corrections: Iterable[Correction]) -> None:
    """Instead of those that the statement has."""
    db.execute("DELETE FROM correction WHERE statement_id = ?", (statement_id,))
    db.executemany(
        "INSERT INTO correction (statement_id, field, value, said, at, note, editor) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (statement_id, c.field, _json(c.value), _json(c.said), c.at.isoformat(timespec="seconds"), c.note, c.editor)
            for c in corrections
        ],
    )


def revised(
    said: Statement,
    held: Iterable[Correction],
    values: Mapping[str, Any],
    revert: Iterable[str],
    note: str,
    editor: str,
) -> list[Correction]:
    """The corrections of a statement after some are made and some taken back.

    Args:
        said: the statement as its source has it.
        held: its corrections so far.
        values: what fields are to be, in terms of JSON.
        revert: fields to take back what was corrected of.
        note, editor: see `Correction`.
    """
    now = datetime.now(UTC)
    kept = {c.field: c for c in held if c.field not in set(revert)}
    made = {field: Correction(field, value, plain(said, field), now, note, editor) for field, value in values.items()}
    return list((kept | made).values())


def _parsed(field: str, value: Any) -> Any:
    if field in _DATES and value is not None:
        return date.fromisoformat(value)
    return tuple(value) if field in _LISTS else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
