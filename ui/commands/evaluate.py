"""`onrecord eval`: the command line of `evals`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from corpus.archive import Archive
from corpus.errors import OnRecordError, SettingsError
from corpus.holdings import Holdings
from evals.answerers import Answerer, Server
from evals.authoring import Correction, case_of, read_answer
from evals.authoring import import_csv as read_csv
from evals.beir import evaluate, load_collection, read_run, write_run
from evals.cases import Case, CaseFile, as_line, load_cases, resolve
from evals.compare import compare as compare_runs
from evals.faults import ask_configured, half_of, inject, prepare, rows
from evals.gate import fallen, read_bars
from evals.quality import quality_page
from evals.record import Head, RunRecord, code_version, config_of, read_record
from evals.report import write_report
from evals.retrieval import hold, rank, wordings
from evals.run import run as run_cases
from evals.scoring import table
from evals.systems import SYSTEMS, System
from evals.text import columns, comparison_text, retrieval_rows, summary_text
from rag.writing.writer import Writer, composer_for
from ui.commands.opening import print_json, progress_bar, settings_from


def run(arguments: argparse.Namespace) -> int:
    """Run a question set and write its record."""
    settings = settings_from(arguments)
    with Holdings(settings) as holdings:
        cases = load_cases(arguments.cases).first(arguments.limit)
        resolved = resolve(cases, holdings.archive)
        today = arguments.today or date.today()
        if arguments.url:
            answerer, asked = _server(arguments.url, holdings), {"url": arguments.url}
        else:
            answerer = _system(arguments.system)(holdings, today)
            asked = {"system": arguments.system, "today": today.isoformat()}
        head = _head(cases, holdings, {"limit": arguments.limit, **asked})
        with progress_bar("cases", len(resolved)) as advance:
            record = run_cases(
                resolved, answerer, holdings.archive, head, arguments.out, jobs=arguments.jobs, progress=advance
            )
    groups = table(record.cases)
    if arguments.json:
        print_json({name: asdict(summary) for name, summary in groups.items()})
    else:
        print(summary_text(groups))
    return 0


def quality(arguments: argparse.Namespace) -> int:
    """Run every system over a question set, and write the page that says how good each is."""
    runs: dict[str, RunRecord] = {}
    with Holdings(settings_from(arguments)) as holdings:
        cases = load_cases(arguments.cases)
        resolved = resolve(cases, holdings.archive)
        today = arguments.today or date.today()
        common = _head(cases, holdings, {"today": today.isoformat()})
        for name, system in SYSTEMS.items():
            head = common.model_copy(update={"config": {**common.config, "system": name}})
            out = arguments.work / f"{name}.json"
            with progress_bar(name, len(resolved)) as advance:
                runs[name] = run_cases(resolved, system(holdings, today), holdings.archive, head, out, progress=advance)
    retrieval = _retrieval(arguments, arguments.beir) if arguments.beir else {}
    page = quality_page(runs, retrieval, f"onrecord eval quality {arguments.cases.name}")
    arguments.out.write_text(page, encoding="utf-8")
    print(arguments.out)
    return 0


def faults(arguments: argparse.Namespace) -> int:
    """Plant faults in what a scripted model writes, or let the configured one write, and count what is caught."""
    settings = settings_from(arguments)
    with Holdings(settings) as holdings:
        writer = composer_for(holdings)
        if arguments.configured and not isinstance(writer, Writer):
            raise SettingsError("No language model is configured; set llm.provider, or leave --configured out.")
        cases = load_cases(arguments.cases)
        chosen, orders = half_of([case for _, case in cases.cases if case.answerable], arguments.half)
        chosen = chosen[: arguments.limit]
        with progress_bar("found", len(chosen)) as advance:
            prepared = list(prepare(chosen, holdings, arguments.today or date.today(), advance))
        with progress_bar("written", len(prepared)) as advance:
            if isinstance(writer, Writer) and arguments.configured:
                record = ask_configured(prepared, writer, advance)
            else:
                record = inject(prepared, holdings, orders, advance)
    config = {"cases": cases.name, "sha256": cases.sha256, "half": arguments.half, "limit": arguments.limit}
    model = settings.llm.model if arguments.configured else "scripted"
    record = {"config": config, "model": model, "code_version": code_version(), **record}
    arguments.out.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    if arguments.json:
        print_json(record)
    else:
        print(columns(rows(record)))
        print("answers:", ", ".join(f"{count} {name}" for name, count in record["answers"].items()))
    return 0


def gate(arguments: argparse.Namespace) -> int:
    """Hold a run against its bars; the exit code is 1 when any of them fell."""
    record, bars = read_record(arguments.run), read_bars(arguments.bars)
    if record.config.get("limit"):
        raise OnRecordError(f"{arguments.run} was made with --limit: a part of a set passes no gate.")
    problems = fallen(record, bars)
    for problem in problems:
        print(f"fell: {problem}", file=sys.stderr)
    if not problems:
        print(f"{len(record.cases)} cases pass {arguments.bars}.")
    return 1 if problems else 0


def _server(url: str, holdings: Holdings) -> Answerer:
    """A server that holds as many statements as the archive that its quotes are checked against."""
    server, held = Server(url), holdings.archive.coverage().statements
    if server.statements != held:
        raise OnRecordError(f"{url} holds {server.statements} statements and this archive {held}; give its --archive.")
    return server


def _system(name: str) -> System:
    if name not in SYSTEMS:
        raise OnRecordError(f"There is no system {name!r}; known are {', '.join(SYSTEMS)}.")
    return SYSTEMS[name]


def _head(cases: CaseFile, holdings: Holdings, asked: dict[str, Any]) -> Head:
    return Head(
        config={"cases": cases.name, **asked, "settings": config_of(holdings.settings)},
        corpus_sha256=holdings.archive.fingerprint(),
        cases_sha256=cases.sha256,
        models={"embedder": holdings.embedder.name},
        code_version=code_version(),
    )


def beir(arguments: argparse.Namespace) -> int:
    """Score our retrieval, and other systems' runs, on a BEIR or MTRAG folder."""
    scores = _retrieval(arguments, arguments.folder)
    if arguments.json:
        print_json(scores)
    else:
        print(columns(retrieval_rows(scores)))
    return 0


def _retrieval(arguments: argparse.Namespace, folder: Path) -> dict[str, dict[str, float]]:
    """Scores of every wording of a collection's queries, and of the runs given; our rankings go to the work folder."""
    collection = load_collection(folder)
    work: Path = arguments.work / folder.name
    rankings = {path.name: read_run(path) for path in arguments.score}
    settings = settings_from(arguments).model_copy(update={"archive": work / "archive"})
    with Holdings(settings, create=True) as holdings:
        with progress_bar("vectors", len(collection.documents)) as advance:
            hold(collection, work, holdings, advance)
        for name, asked in wordings(collection).items():
            with progress_bar(name, len(asked)) as advance:
                rankings[name] = rank(asked, holdings, advance)
            write_run(rankings[name], work / f"{name.replace(' ', '-')}.trec", "onrecord")
    return {name: evaluate(collection.qrels, ranked) for name, ranked in rankings.items()}


def compare(arguments: argparse.Namespace) -> int:
    """Print what differs between two runs, and the cases that flipped."""
    found = compare_runs(read_record(arguments.a), read_record(arguments.b), anyway=arguments.anyway)
    if arguments.json:
        flips = [flip.a.id for flip in found.flips]
        print_json({"differences": [asdict(d) for d in found.differences], "flipped": flips})
    else:
        print(comparison_text(found))
    return 0


def report(arguments: argparse.Namespace) -> int:
    """Write one HTML file about one or more runs."""
    names = [path.stem for path in arguments.runs]
    if len(set(names)) < len(names):
        names = [str(path) for path in arguments.runs]
    runs = {name: read_record(path) for name, path in zip(names, arguments.runs, strict=True)}
    print(write_report(runs, arguments.out))
    return 0


def new(arguments: argparse.Namespace) -> int:
    """Append a case made of an answer and the reader's correction to a case file, once its quotes are found."""
    correction = Correction(
        keep=arguments.keep,
        gold=[(statement, quote) for statement, quote in arguments.gold],
        unanswerable=arguments.unanswerable,
        facts=arguments.fact,
        note=arguments.note,
    )
    answer = read_answer(arguments.answer)
    case = case_of(answer, correction, name=arguments.id, kind=arguments.type, before=arguments.before)
    return _append(arguments, [case])


def import_csv(arguments: argparse.Namespace) -> int:
    """Append the cases of a CSV file to a case file, once their quotes are found."""
    return _append(arguments, read_csv(arguments.file))


def _append(arguments: argparse.Namespace, cases: Sequence[Case]) -> int:
    """Write cases after those of a file; nothing is written unless all of them could be used."""
    path: Path = arguments.to
    before = load_cases(path).cases if path.exists() else ()
    taken = {case.id: where for where, case in before}
    if again := [case.id for case in cases if case.id in taken]:
        raise OnRecordError(f"The id {again[0]!r} is used at {taken[again[0]]} already.")
    archive = Archive(settings_from(arguments).archive, create=False)
    try:
        resolve(CaseFile(path.name, tuple((f"case {case.id}", case) for case in cases)), archive)
    finally:
        archive.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.read_text(encoding="utf-8").rstrip("\n") if path.exists() else ""
    lines = [*([held] if held else []), *map(as_line, cases)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(cases)} cases added to {path}." if len(cases) != 1 else f"Case {cases[0].id} added to {path}.")
    return 0
