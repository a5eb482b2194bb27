"""`onrecord show`, `list`, `withdraw` and `remove`."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus.archive import Archive
from corpus.chroma import ChromaIndex
from corpus.errors import IndexBusy
from corpus.holdings import Holdings
from corpus.model import Statement, Version
from ui.commands.opening import print_json, settings_from
from ui.render import statement_json


def show(arguments: argparse.Namespace) -> int:
    """Print one statement, or its versions and what changed between them."""
    archive = Archive(settings_from(arguments).archive, create=False)
    statement = archive.statement(arguments.statement)
    if arguments.json:
        shown = statement_json(archive, statement.id)
        if arguments.versions:
            shown["versions"] = _versions_json(archive.versions(statement.id))
        print_json(shown)
    elif arguments.versions:
        _print_versions(archive.versions(statement.id))
    else:
        _print_statement(statement, archive.version(statement.id))
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
        _remove_vectors(holdings)
    return 0


def _remove_vectors(holdings: Holdings) -> None:
    try:
        chroma = ChromaIndex(holdings.archive, holdings.embedder.name, holdings.settings.chroma)
    except IndexBusy:
        print("A running server owns the vector index; it takes the vectors out within seconds.")
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


def _print_statement(statement: Statement, version: Version) -> None:
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
    print(f"\n{version.text}")


def _versions_json(versions: Sequence[Version]) -> list[dict[str, object]]:
    """As in `statement_json`, and for each what changed since the one before."""
    diffs = ["", *("\n".join(_diff(old, new)) for old, new in pairwise(versions))]
    return [
        {
            "number": version.number,
            "sha256": version.text_sha256,
            "fetched_at": version.fetched_at.isoformat(),
            "diff": diff,
        }
        for version, diff in zip(versions, diffs, strict=True)
    ]


def _print_versions(versions: Sequence[Version]) -> None:
    for version in versions:
        print(f"{version.number}  {version.fetched_at:%Y-%m-%d %H:%M:%S} UTC  {version.text_sha256}  {version.source}")
    for old, new in pairwise(versions):
        print()
        print("\n".join(_diff(old, new)))


def _diff(old: Version, new: Version) -> Iterator[str]:
    names = f"version {old.number}", f"version {new.number}"
    # Lines end where a line feed is: a statement may have other separators, and all of them are its text.
    return difflib.unified_diff(old.text.split("\n"), new.text.split("\n"), *names, lineterm="")
