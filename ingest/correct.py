"""Correct what is held of a statement by hand, under the rules that a source's own fields are read by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from corpus.archive import Archive
from corpus.corrections import EXTRA, plain
from corpus.errors import InputError
from corpus.model import Statement
from ingest.describe import describe
from ingest.readers import Item

# Fields by the names that bulk files have, and as a statement has them.
FIELDS: Final[Mapping[str, str]] = {
    "title": "title",
    "date": "published",
    "event_date": "event",
    "issuer": "issuer",
    "speakers": "speakers",
    "category": "kind",
    "kind": "kind",
    "place": "place",
    "url": "url",
    "lang": "language",
    "language": "language",
    "audience": "audience",
}
# What a field is where nothing is known; a title and a date are always known.
EMPTY: Final[Mapping[str, Any]] = {"speakers": [], "audience": [], "kind": "statement", "language": "en"}
LONGEST_NOTE: Final = 2_000
LONGEST_EXTRA: Final = 10_000

_EXTRA_NAME = re.compile(r"[\w-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def public_name(field: str) -> str:
    """A corrected field's name as bulk files and `onrecord show --json` have it."""
    return {"published": "date", "event": "event_date", "language": "lang"}.get(field, field)


def correct(
    archive: Archive,
    statement_id: str,
    changes: Mapping[str, Any],
    *,
    revert: Iterable[str] = (),
    note: str = "",
    editor: str = "",
) -> Statement:
    """Correct fields of a statement; they stay so when its source is read again.

    Args:
        archive: where it is held.
        statement_id: which.
        changes: new values by the names of `FIELDS`, or ``extra.NAME`` for what has no field of its own; as a bulk
            file may have them (dates as YYYY-MM-DD, names with ';' between them). None or "" empties a field.
        revert: names of fields that are to be as the source says again.
        note: why, for whoever looks at it later.
        editor: who says so.

    Returns:
        The statement as it is then.

    Raises:
        InputError: no such field, or a value that ingesting would refuse; nothing was changed.
        NotHeld: no such statement.
    """
    values = _checked(archive.statement(statement_id), changes)
    reverted = {_field(name, statement_id) for name in revert}
    if not values and not reverted:
        raise InputError(statement_id, "nothing to correct was given")
    if both := reverted & values.keys():
        raise InputError(statement_id, f"{', '.join(sorted(both))} cannot be both corrected and taken back")
    note, editor = (_CONTROL.sub(" ", text).strip()[:LONGEST_NOTE] for text in (note, editor))
    return archive.correct(statement_id, values, revert=reverted, note=note, editor=editor)


def _checked(statement: Statement, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes by our own names and in terms of JSON, as reading them from a source would have it."""
    where = statement.id
    fields_of = {name: _field(name, where) for name in changes}
    fields = set(fields_of.values())
    if len(fields) < len(changes):
        raise InputError(where, "a field is given twice, by two of its names")
    given = {
        name.removeprefix(EXTRA): _in_kind(value, plain(statement, fields_of[name])) for name, value in changes.items()
    }
    as_it_is = {"id": where, "title": statement.title, "date": statement.published, "text": "No text."}
    found = describe(Item(where, b"", "plain", as_it_is | given)).statement
    for field in ("url", "language"):
        if f"bad_{field}" in found.extra:
            raise InputError(where, f'"{field}" is not one: {str(found.extra[f"bad_{field}"])[:60]!r}')
    emptied = {fields_of[name] for name, value in changes.items() if value is None or value == ""}
    values = {field: EMPTY.get(field) if field in emptied else plain(found, field) for field in fields}
    for field, value in values.items():
        if field.startswith(EXTRA) and len(str(value)) > LONGEST_EXTRA:
            raise InputError(where, f'"{field}" has over {LONGEST_EXTRA:,} characters')
    return values


def _in_kind(value: Any, held: Any) -> Any:
    """Names with ';' between them as a list, where a list is what is held."""
    if isinstance(held, list) and isinstance(value, str):
        return [name for part in value.split(";") if (name := part.strip())]
    return value


def _field(name: str, where: str) -> str:
    if name.startswith(EXTRA):
        own = name.removeprefix(EXTRA)
        if not _EXTRA_NAME.fullmatch(own) or own in FIELDS or own in ("id", "text", "event", "published", "found"):
            raise InputError(where, f"{name!r} is no field that can be corrected")
        return name
    if name not in FIELDS:
        raise InputError(where, f"{name!r} is no field; known are {', '.join(FIELDS)}, and {EXTRA}NAME for others")
    return FIELDS[name]
