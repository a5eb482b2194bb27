"""`onrecord show`, `list`, `edit`, `withdraw` and `remove`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from corpus.archive import Archive
from corpus.chroma import ChromaIndex
from corpus.corrections import EXTRA, Correction
from corpus.errors import IndexBusy, InputError, OnRecordError
from corpus.holdings import Holdings
from corpus.model import Statement, Version
from ingest.correct import correct, public_name
from ingest.vectors import embed_due
from ui.commands.opening import print_json, settings_from
from ui.commands.versions import diff, history, listed
from ui.render import statement_json

# Vectors that `edit` makes itself; more of them are what a run with --no-wait has left to the server.
_FEW_VECTORS = 512
_LONGEST_QUOTE = 200


def show(arguments: argparse.Namespace) -> int:
    """Print one statement, or its versions and what changed between them, or the bytes that it came in."""
    archive = Archive(settings_from(arguments).archive, create=False)
    statement = archive.statement(arguments.statement)
    version = archive.version(statement.id, arguments.version)
    if arguments.raw:
        return _write_raw(archive.raw(version.raw_sha256), statement.id)
    if arguments.json:
        shown = statement_json(archive, statement.id) | {"version": version.number, "text": version.text}
        shown["corrections"] = [_correction_json(correction) for correction in archive.corrections(statement.id)]
        shown["repeats"] = [
            {"statement_id": other, "likeness": likeness} for other, likeness in _repeats(archive, statement.id)
        ]
        if arguments.versions:
            shown["versions"] = history(archive.versions(statement.id))
        print_json(shown)
    elif arguments.versions:
        _print_versions(archive.versions(statement.id))
    else:
        _print_statement(archive, statement, version)
    return 0


def edit(arguments: argparse.Namespace) -> int:
    """Correct fields of a statement by hand, or take corrections back; the vectors that this asks for are made."""
    with Holdings(settings_from(arguments)) as holdings:
        archive = holdings.archive
        changes = dict(arguments.set) | dict.fromkeys(arguments.unset)
        if len(changes) < len(arguments.set) + len(arguments.unset):
            raise InputError(arguments.statement, "a field is given twice")
        correct(
            archive, arguments.statement, changes, revert=arguments.revert, note=arguments.note, editor=arguments.by
        )
        for line in _corrected(archive.corrections(arguments.statement)):
            print(line)
        print(f"{arguments.statement} is corrected; it stays so when its source is read again.")
        holdings.lexical.catch_up(archive)
        left = archive.count_without_vector(holdings.embedder.name)
        if left > _FEW_VECTORS:
            print(f"{left} vectors are to be made; a running server makes them, or: onrecord reindex")
        elif left:
            embed_due(archive, holdings.embedder)
            _catch_up_vectors(holdings)
    return 0


def listing(arguments: argparse.Namespace) -> int:
    """Print what is held, newest first."""
    archive = Archive(settings_from(arguments).archive, create=False)
    ids = archive.all_ids()
    held = archive.statements(ids)
    statements = [held[statement_id] for statement_id in ids if statement_id in held]
    if arguments.json:
        print_json([_entry(statement) for statement in statements])
        return 0
    for statement in statements:
        mark = " [withdrawn]" if statement.withdrawn else ""
        print(f"{statement.published}  {statement.issuer or 'issuer unknown'}  {statement.title}{mark}  {statement.id}")
    return 0


def withdraw(arguments: argparse.Namespace) -> int:
    """Mark a statement as taken back by its source, or take the mark away."""
    archive = Archive(settings_from(arguments).archive, create=False)
    archive.withdraw(arguments.statement, withdrawn=not arguments.undo)
    state = "is no longer marked as withdrawn" if arguments.undo else "is marked as withdrawn; it stays held"
    print(f"{arguments.statement} {state}.")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Forget a statement, in the archive and in both indexes."""
    with Holdings(settings_from(arguments)) as holdings:
        holdings.archive.remove(arguments.statement)
        print(f"{arguments.statement} is removed with all its versions.")
        holdings.lexical.catch_up(holdings.archive)
        _catch_up_vectors(holdings)
    return 0


def _catch_up_vectors(holdings: Holdings) -> None:
    try:
        chroma = ChromaIndex(holdings.archive, holdings.embedder.name, holdings.settings.chroma)
    except IndexBusy:
        print("A running server owns the vector index; it catches up within seconds.")
        return
    try:
        chroma.catch_up()
    finally:
        chroma.close()


def _entry(statement: Statement) -> dict[str, object]:
    return {
        "date": statement.published.isoformat(),
        "issuer": statement.issuer,
        "title": statement.title,
        "id": statement.id,
        "withdrawn": statement.withdrawn,
    }


def _print_statement(archive: Archive, statement: Statement, version: Version) -> None:
    fields = {
        "id": statement.id,
        "date": str(statement.published),
        "event date": str(statement.event) if statement.event else None,
        "issuer": statement.issuer,
        "speakers": ", ".join(statement.speakers),
        "kind": statement.kind,
        "place": statement.place,
        "url": statement.url,
        "language": statement.language,
        "audience": ", ".join(statement.audience),
        "version": f"{version.number}, fetched {version.fetched_at:%Y-%m-%d %H:%M} UTC",
        "withdrawn": "yes" if statement.withdrawn else None,
    }
    print(statement.title)
    for name, value in fields.items():
        if value:
            print(f"{name}: {value}")
    corrections = archive.corrections(statement.id)
    corrected = {name for c in corrections for name in (c.field, public_name(c.field), c.field.removeprefix(EXTRA))}
    found = _found(statement, version, corrected) if version == archive.version(statement.id) else ()
    for line in (*_corrected(corrections), *_repeated(archive, statement.id), *found):
        print(line)
    print(f"\n{version.text}")


def _print_versions(versions: Sequence[Version]) -> None:
    for line in listed(versions):
        print(line)
    for old, new in pairwise(versions):
        print()
        for line in diff(old, new, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ):
            print(line)


def _write_raw(data: bytes, name: str) -> int:
    if sys.stdout.isatty():  # bytes from elsewhere can command a terminal
        raise OnRecordError(f"{len(data):,} bytes as they came belong in a file: onrecord show {name} --raw > FILE")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return 0


def _corrected(corrections: Sequence[Correction]) -> Iterator[str]:
    for c in corrections:
        by = f" by {c.editor}" if c.editor else ""
        note = f": {c.note}" if c.note else ""
        said = f"the source says {_value(c.said)}" if c.said not in (None, []) else "the source does not say"
        yield f"corrected: {public_name(c.field)} is {_value(c.value)}; {said} ({c.at:%Y-%m-%d}{by}{note})"


def _correction_json(c: Correction) -> dict[str, object]:
    return {
        "field": public_name(c.field),
        "value": c.value,
        "said": c.said,
        "at": c.at.isoformat(),
        "note": c.note,
        "editor": c.editor,
    }


def _repeats(archive: Archive, statement_id: str) -> list[tuple[str, float]]:
    return archive.repeats_of([statement_id]).get(statement_id, [])


def _repeated(archive: Archive, statement_id: str) -> Iterator[str]:
    repeats = _repeats(archive, statement_id)
    held = archive.statements(other for other, _ in repeats)
    for other, likeness in repeats:
        carrier = held[other]
        yield (
            f"same text: {carrier.published}  {carrier.issuer or 'issuer unknown'}  {carrier.title}  {other}"
            f"  ({likeness:.0%} alike)"
        )


def _found(statement: Statement, version: Version, corrected: Collection[str]) -> Iterator[str]:
    """Where the fields that the source left empty were found; see `ingest.metadata`. A source may have such a field."""
    notes = statement.extra.get("found")
    for field, places in notes.items() if isinstance(notes, Mapping) else ():
        if field in corrected:
            continue
        for place in places if isinstance(places, list) else [places]:
            match place:
                case {"start": int(start), "end": int(end)} if 0 <= start < end <= len(version.text):
                    quote = version.text[start:end][:_LONGEST_QUOTE].replace("\n", " ")
                    yield f"found: {field} in the text, {start}-{end}: “{quote}”"
                case {"from": str(where)}:
                    yield f"found: {field} in the {where}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value not in (None, []) else "empty"
