"""`onrecord source add`, `list`, `remove`, `failures`, and `onrecord sync`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import datetime

from corpus.archive import Archive
from corpus.errors import InputError
from corpus.holdings import Holdings
from corpus.ledger import Address, Ledger
from ingest.sources.sync import SyncReport, find_kind, visitor_for
from ingest.sources.sync import sync as run
from ingest.sources.urls import canonical
from ui.commands.ingest import embed
from ui.commands.opening import print_json, progress_bar, settings_from


def add(arguments: argparse.Namespace) -> int:
    """Keep a source, after a look at what kind it is."""
    with Holdings(settings_from(arguments), create=True) as holdings, Ledger(holdings.archive) as ledger:
        url, kind = canonical(arguments.url), arguments.kind
        if kind is None:
            kind = find_kind(url, visitor_for(holdings))
        source = ledger.add(url, kind, arguments.issuer, arguments.containing)
    print(f"Source {source.id} is a {source.kind}: {source.url}. Fetch what it names with: onrecord sync {source.id}")
    return 0


def listing(arguments: argparse.Namespace) -> int:
    """Print the sources."""
    archive = Archive(settings_from(arguments).archive, create=False)
    with Ledger(archive) as ledger:
        sources = [(source, ledger.pages(source)) for source in ledger.sources()]
    archive.close()
    if arguments.json:
        print_json([asdict(source) | _counts(pages) for source, pages in sources])
        return 0
    for source, pages in sources:
        counts = ", ".join(f"{count} {name}" for name, count in _counts(pages).items())
        issuer = f", issuer {source.issuer}" if source.issuer else ""
        only = f", only with {source.containing!r}" if source.containing else ""
        print(f"{source.id}  {source.kind}  {source.url}{issuer}{only}")
        print(f"    last synced {_shown(source.synced)}; {counts}")
        if source.problem:
            print(f"    last try {_shown(source.tried)}: {source.problem}")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Forget a source."""
    archive = Archive(settings_from(arguments).archive, create=False)
    with Ledger(archive) as ledger:
        source = ledger.source(arguments.source)
        ledger.remove(source)
    archive.close()
    print(f"{source.url} is no source any more; what was held of it stays.")
    return 0


def failures(arguments: argparse.Namespace) -> int:
    """Print the dead letters."""
    settings = settings_from(arguments)
    archive = Archive(settings.archive, create=False)
    with Ledger(archive) as ledger:
        failed = ledger.failures(ledger.source(arguments.source) if arguments.source else None)
    archive.close()
    if arguments.json:
        print_json([_failure(address) for address in failed])
        return 0
    for address in failed:
        parked = address.page and address.failures >= settings.sources.give_up_after
        then = "not tried again before: onrecord sync --retry" if parked else "tried again by the next sync"
        print(f"{address.url}: {address.problem} ({address.failures} times, last {_shown(address.fetched_at)}; {then})")
    return 0


def sync(arguments: argparse.Namespace) -> int:
    """Fetch what sources have; the exit code is 1 when anything could not be taken."""
    with Holdings(settings_from(arguments), create=True) as holdings, Ledger(holdings.archive) as ledger:
        sources = [ledger.source(arguments.source)] if arguments.source else ledger.sources()
        if not sources:
            print("There are no sources; add one with: onrecord source add URL", file=sys.stderr)
        with progress_bar("pages") as advance:
            report = run(holdings, ledger, sources, visitor_for(holdings), retry=arguments.retry, progress=advance)
        embedded = 0 if arguments.no_wait or not sources else embed(holdings)
    if arguments.json:
        print_json(_summary(report, len(sources), embedded))
    else:
        _print(report, len(sources))
    for problem in report.problems:
        print(f"not taken: {problem}", file=sys.stderr)
    return 1 if report.problems else 0


def _counts(pages: list[Address]) -> dict[str, int]:
    return {
        "held": sum(bool(page.statements) for page in pages),
        "gone": sum(page.missing_since is not None for page in pages),
        "failing": sum(page.problem is not None for page in pages),
        "waiting": sum(page.fetched_at is None for page in pages),
    }


def _failure(address: Address) -> dict[str, object]:
    return {
        "url": address.url,
        "source": address.source_id,
        "problem": address.problem,
        "failures": address.failures,
        "last": address.fetched_at,
    }


def _summary(report: SyncReport, sources: int, embedded: int) -> dict[str, object]:
    taken = report.taken
    return {
        "sources": sources,
        "new": taken.new,
        "changed": taken.changed,
        "updated": taken.updated,
        "unchanged": taken.unchanged + report.checked,
        "withdrawn": report.withdrawn,
        "restored": report.restored,
        "put_off": report.put_off,
        "embedded": embedded,
        "notes": report.notes,
        "problems": [_problem(problem) for problem in report.problems],
    }


def _problem(problem: InputError) -> dict[str, str]:
    return {"where": problem.where, "problem": problem.problem}


def _print(report: SyncReport, sources: int) -> None:
    taken = report.taken
    print(
        f"{sources} sources: {taken.new} new, {taken.changed} changed, {taken.updated} updated,"
        f" {taken.unchanged + report.checked} unchanged, {len(report.withdrawn)} withdrawn,"
        f" {len(report.restored)} restored, {report.put_off} put off, {len(report.problems)} not taken."
    )
    for name, ids in (("withdrawn by its source", report.withdrawn), ("there again", report.restored)):
        for statement in ids:
            print(f"{name}: {statement}")
    for note in report.notes:
        print(note)


def _shown(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else "never"
