"""`onrecord audit`: what was asked and shown, listed, written to a file, checked and pruned."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from corpus.archive import Archive
from corpus.errors import OnRecordError
from ui.audit import Audit, Entry
from ui.commands.opening import print_json, settings_from


def listing(arguments: argparse.Namespace) -> int:
    """Print the newest entries, oldest of them first."""
    with _audit(arguments) as audit:
        entries = list(audit.entries(reader=arguments.reader, since=arguments.since, limit=arguments.n))
    if arguments.json:
        print_json([_json(entry) for entry in entries])
        return 0
    for entry in entries:
        words = entry.detail.get("question") or entry.detail.get("query") or ""
        shown = ", ".join(dict.fromkeys(f"{s['statement']} v{s['version']}" for s in entry.detail.get("shown", ())))
        outcome = entry.detail.get("outcome", "")
        line = f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.reader}  {entry.action}  {outcome}  {words!r}  {shown}"
        print(" ".join(line.split()))
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write entries to a new file, one JSON object a line, oldest first."""
    with _audit(arguments) as audit:
        try:
            with arguments.file.open("x", encoding="utf-8") as file:
                count = 0
                for entry in audit.entries(reader=arguments.reader, since=arguments.since):
                    file.write(json.dumps(_json(entry), ensure_ascii=False) + "\n")
                    count += 1
        except OSError as error:
            raise OnRecordError(f"{arguments.file} cannot be written as a new file: {error}") from error
    print(f"{count} entries are in {arguments.file}.")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Follow the chain of hashes."""
    with _audit(arguments) as audit:
        count, last, broken = audit.verify()
    if broken is not None:
        print(f"WRONG  the log does not hold from entry {broken} on: it was changed by something else than OnRecord.")
        return 1
    print(f"{count} entries hold. The last hash is {last}.")
    return 0


def prune(arguments: argparse.Namespace) -> int:
    """Forget the oldest entries."""
    with _audit(arguments) as audit:
        print(f"{audit.prune(arguments.before)} entries are forgotten.")
    return 0


@contextmanager
def _audit(arguments: argparse.Namespace) -> Iterator[Audit]:
    """The log of an archive that is there already."""
    settings = settings_from(arguments)
    Archive(settings.archive, create=False).close()
    audit = Audit(settings.archive, settings.audit)
    try:
        yield audit
    finally:
        audit.close()


def _json(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "request_id": entry.request_id,
        "reader": entry.reader,
        "action": entry.action,
        **entry.detail,
        "hash": entry.hash,
    }
