"""`onrecord ingest`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.chroma import ChromaIndex
from corpus.errors import IndexBusy, InputError
from corpus.holdings import Holdings
from corpus.ledger import Ledger
from ingest.pipeline import Report
from ingest.pipeline import ingest as run
from ingest.readers import Item
from ingest.sources.sync import fetch_items, visitor_for
from ingest.sources.urls import is_web_address
from ingest.vectors import embed_due
from ui.commands.opening import print_json, progress_bar, settings_from


def ingest(arguments: argparse.Namespace) -> int:
    """Take in what is named; the exit code is 1 when any item could not be taken."""
    with Holdings(settings_from(arguments), create=True) as holdings:
        started = time.perf_counter()
        with progress_bar("statements") as advance:
            report = run(
                _found(arguments.paths, holdings, arguments.issuer), holdings, issuer=arguments.issuer, progress=advance
            )
        searchable = time.perf_counter() - started
        embedded = 0 if arguments.no_wait else embed(holdings)
        left = holdings.archive.count_without_vector(holdings.embedder.name)
    seconds = {"lexically searchable": round(searchable, 1), "total": round(time.perf_counter() - started, 1)}
    if arguments.json:
        print_json(_summary(report, embedded, left, seconds))
    else:
        _print(report, embedded, left, seconds)
    for problem in report.problems:
        print(f"not taken: {problem}", file=sys.stderr)
    if more := report.not_taken - len(report.problems):
        print(f"not taken: {more:,} more", file=sys.stderr)
    return 1 if report.problems else 0


def _found(names: Sequence[str], holdings: Holdings, issuer: str | None) -> Iterator[Path | Item | InputError]:
    """Files and folders as they are, and what web addresses have. Nothing is fetched unless one is named."""
    visitor, most = visitor_for(holdings), holdings.settings.sources.pages_per_sync
    with Ledger(holdings.archive) as ledger:
        for name in names:
            if is_web_address(name):
                yield from fetch_items(name, visitor, ledger, issuer, most)
            else:
                yield Path(name)


def embed(holdings: Holdings) -> int:
    """Make the missing vectors and bring Chroma up to date, unless a running server owns it and will."""
    name = holdings.embedder.name
    with progress_bar("vectors", holdings.archive.count_without_vector(name)) as advance:
        embedded = embed_due(holdings.archive, holdings.embedder, progress=advance)
    try:
        chroma = ChromaIndex(holdings.archive, name, holdings.settings.chroma)
    except IndexBusy:
        print("A running server owns the vector index; it takes the new vectors in by itself.", file=sys.stderr)
        return embedded
    try:
        chroma.catch_up()
    finally:
        chroma.close()
    return embedded


def _summary(report: Report, embedded: int, left: int, seconds: dict[str, float]) -> dict[str, object]:
    return {
        "statements": report.statements,
        "new": report.new,
        "changed": report.changed,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "passages": report.passages,
        "embedded": embedded,
        "left_to_embed": left,
        "not_taken": report.not_taken,
        "seconds": seconds,
        "problems": [_problem(problem) for problem in report.problems],
    }


def _problem(problem: InputError) -> dict[str, str]:
    return {"where": problem.where, "problem": problem.problem}


def _print(report: Report, embedded: int, left: int, seconds: dict[str, float]) -> None:
    outcomes = ", ".join(f"{getattr(report, name)} {name}" for name in ("new", "changed", "updated", "unchanged"))
    print(f"{report.statements} statements ({outcomes}), {report.passages} passages, {report.not_taken} not taken.")
    waiting = f"; {left} vectors left to the server" if left else ""
    print(f"Searchable by words after {seconds['lexically searchable']} s; {embedded} vectors made{waiting}.")
