"""The command line: reads the arguments, then imports and calls the one command that was asked for.

Nothing heavy is imported before that, so that `onrecord --help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from corpus.errors import OnRecordError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when all went well, 1 when it did not (the reason is on standard error), 2 for a wrong call.
    """
    arguments = _parser().parse_args(argv)
    module, function = arguments.command.split(":")
    try:
        code: int = getattr(importlib.import_module(f"ui.commands.{module}"), function)(arguments)
    except OnRecordError as error:
        print(f"onrecord: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("onrecord: stopped", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="onrecord", description="Questions over official statements; every quote an exact span of a held text."
    )
    parser.add_argument("--archive", type=Path, metavar="DIR", help="the archive (default ./archive)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    ingest = _add(commands, "ingest", "ingest:ingest", "take in files, folders and web addresses")
    ingest.add_argument("paths", nargs="+", metavar="PATH_OR_URL", help="a file, a folder, a page, feed or sitemap")
    ingest.add_argument("--issuer", help="who issued those statements that do not say")
    ingest.add_argument("--no-wait", action="store_true", help="leave the vectors to the server")
    _json_flag(ingest)

    ask = _add(commands, "ask", "ask:ask", "answer one question")
    ask.add_argument("question")
    ask.add_argument("--history", type=Path, metavar="FILE", help="JSON list of earlier turns")
    _filter_flags(ask)
    _json_flag(ask)

    search = _add(commands, "search", "ask:search", "find passages")
    search.add_argument("query")
    search.add_argument("--k", type=_positive, default=10, help="how many (default 10)")
    _filter_flags(search)
    _json_flag(search)

    serve = _add(commands, "serve", "serve:serve", "serve the chat and the API")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=7860)
    _add(commands, "mcp", "mcp:mcp", "serve a model's tools on standard input and output")

    _source_commands(commands)

    show = _add(commands, "show", "manage:show", "show one statement")
    show.add_argument("statement")
    show.add_argument("--versions", action="store_true", help="list its versions and what changed between them")
    show.add_argument("--version", type=_positive, metavar="N", help="this version (default: the current one)")
    show.add_argument("--raw", action="store_true", help="the bytes that it came in, for a file")
    _json_flag(show)
    listing = _add(commands, "list", "manage:listing", "list what is held, newest first")
    _json_flag(listing)
    edit = _add(commands, "edit", "manage:edit", "correct fields by hand; they stay so when the source is read again")
    edit.add_argument("statement")
    edit.add_argument(
        "--set", type=_assignment, action="append", default=[], metavar="FIELD=VALUE", help="names with ';' between"
    )
    edit.add_argument("--unset", action="append", default=[], metavar="FIELD", help="it is not known")
    edit.add_argument("--revert", action="append", default=[], metavar="FIELD", help="as the source says again")
    edit.add_argument("--note", default="", help="why")
    edit.add_argument("--by", default="", metavar="NAME", help="who says so")
    withdraw = _add(commands, "withdraw", "manage:withdraw", "mark a statement as taken back; it stays held")
    withdraw.add_argument("statement")
    withdraw.add_argument("--undo", action="store_true", help="it is not taken back after all")
    remove = _add(commands, "remove", "manage:remove", "forget a statement with all its versions")
    remove.add_argument("statement")

    _json_flag(_add(commands, "doctor", "operate:doctor", "check the archive, its indexes and the model"))
    backup = _add(commands, "backup", "operate:backup", "copy what the archive's folder holds, also while it is in use")
    backup.add_argument("file", type=Path)
    restore = _add(commands, "restore", "operate:restore", "make an archive out of a backup")
    restore.add_argument("file", type=Path)
    _add(commands, "reindex", "operate:reindex", "make both indexes anew from the archive")
    _add(commands, "setup-model", "operate:setup_model", "prepare the default embedding model (once)")
    _feedback_commands(commands)
    _eval_commands(commands)
    _key_commands(commands)
    _audit_commands(commands)
    return parser


def _key_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("key", help="make, list and revoke API keys")
    keys = group.add_subparsers(title="commands", required=True, metavar="COMMAND")

    add = _add(keys, "add", "key:add", "make a key; it is shown once")
    add.add_argument("label", help="whom or what it is for")
    sees = add.add_mutually_exclusive_group()
    sees.add_argument("--group", action="append", default=[], help="what its reader belongs to; may be given again")
    sees.add_argument("--all-groups", action="store_true", help="its reader sees every statement")
    add.add_argument("--scope", action="append", choices=("ask", "feedback", "ingest", "admin"), help="default ask")
    add.add_argument("--days", type=_positive, metavar="N", help="accepted for so long (default: until revoked)")
    _json_flag(add)
    _json_flag(_add(keys, "list", "key:listing", "list the keys, without their secrets"))
    revoke = _add(keys, "revoke", "key:revoke", "take a key back, at once")
    revoke.add_argument("id")


def _audit_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("audit", help="read, check and prune the audit log")
    audit = group.add_subparsers(title="commands", required=True, metavar="COMMAND")

    listing = _add(audit, "list", "audit:listing", "show the newest entries")
    listing.add_argument("--n", type=_positive, default=50, help="how many (default 50)")
    export = _add(audit, "export", "audit:export", "write all entries as JSON Lines")
    export.add_argument("file", type=Path, metavar="FILE.jsonl")
    for command in (listing, export):
        command.add_argument("--reader", help="only this reader's")
        command.add_argument("--since", type=_day, metavar="DATE", help="from this day on")
    _json_flag(listing)
    _add(audit, "verify", "audit:verify", "follow the chain of hashes; exit code 1 where it does not hold")
    prune = _add(audit, "prune", "audit:prune", "forget the oldest entries")
    prune.add_argument("--before", type=_day, metavar="DATE", help="default: as long ago as the settings say")


def _feedback_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("feedback", help="what readers said of answers, and cases out of it")
    feedback = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _json_flag(_add(feedback, "list", "feedback:listing", "print what readers said, oldest first"))
    export = _add(feedback, "export", "feedback:export", "write evaluation cases out of it")
    export.add_argument("--to", type=Path, required=True, metavar="CASES.jsonl", help="the case file to write")


def _source_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("source", help="feeds, sitemaps and pages of links that are fetched again and again")
    sources = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = _add(sources, "add", "source:add", "keep a source; `onrecord sync` then fetches what it names")
    add.add_argument("url")
    add.add_argument("--issuer", help="who issued those statements that do not say")
    add.add_argument("--kind", choices=("feed", "sitemap", "listing"), help="default: found by looking")
    add.add_argument("--containing", default="", metavar="TEXT", help="only addresses with this in them")
    _json_flag(_add(sources, "list", "source:listing", "list the sources and how they are"))
    remove = _add(sources, "remove", "source:remove", "forget a source; what was held of it stays")
    remove.add_argument("source", help="its number or address")
    failures = _add(sources, "failures", "source:failures", "list the addresses that could not be taken, and why")
    failures.add_argument("source", nargs="?", help="only of this one")
    _json_flag(failures)

    sync = _add(commands, "sync", "source:sync", "fetch what is new, has changed or is gone")
    sync.add_argument("source", nargs="?", help="number or address of a source (default: all)")
    sync.add_argument("--retry", action="store_true", help="also ask for what has failed too often")
    sync.add_argument("--no-wait", action="store_true", help="leave the vectors to the server")
    _json_flag(sync)


def _eval_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("eval", help="run question sets, compare runs, hold them to bars")
    evals = group.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = _add(evals, "run", "evaluate:run", "run a question set and write its record")
    run.add_argument("cases", type=Path, help="a file of cases, JSON Lines")
    run.add_argument("--out", type=Path, required=True, metavar="RUN.json", help="the record; a killed run goes on")
    asked = run.add_mutually_exclusive_group()
    asked.add_argument("--url", help="ask this server; the archive is what its quotes are checked against")
    asked.add_argument("--system", default="ours", help="ours, or one that lacks a part (default ours)")
    run.add_argument("--limit", type=_positive, metavar="N", help="only the first N cases")
    run.add_argument("--today", type=_day, metavar="DATE", help='what "last week" counts from (default today)')
    run.add_argument("--jobs", type=_positive, default=1, metavar="N", help="cases at a time (default 1)")
    _json_flag(run)

    gate = _add(evals, "gate", "evaluate:gate", "hold a run to bars; exit code 1 when any falls")
    gate.add_argument("run", type=Path, metavar="RUN")
    gate.add_argument("--bars", type=Path, required=True, metavar="FILE", help="the bars, TOML")

    compare = _add(evals, "compare", "evaluate:compare", "what differs between two runs, and how sure that is")
    compare.add_argument("a", type=Path, metavar="A")
    compare.add_argument("b", type=Path, metavar="B", help="the run with the change")
    compare.add_argument("--anyway", action="store_true", help="even over other cases or another corpus")
    _json_flag(compare)

    report = _add(evals, "report", "evaluate:report", "one HTML file about runs, with every case")
    report.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    report.add_argument("--out", type=Path, required=True, metavar="DIR")

    faults = _add(evals, "faults", "evaluate:faults", "how many of a model's planted faults are caught")
    faults.add_argument("cases", type=Path)
    faults.add_argument("--out", type=Path, required=True, metavar="FILE.json", help="the counts, with every miss")
    faults.add_argument("--half", choices=("develop", "report"), help="every other case; the checks were made on one")
    faults.add_argument("--configured", action="store_true", help="the configured model writes, with nothing planted")
    faults.add_argument("--limit", type=_positive, metavar="N", help="only the first N cases")
    faults.add_argument("--today", type=_day, metavar="DATE", help='what "last week" counts from (default today)')
    _json_flag(faults)

    quality = _add(evals, "quality", "evaluate:quality", "every system over a question set, as one page")
    quality.add_argument("cases", type=Path)
    quality.add_argument("--work", type=Path, required=True, metavar="DIR", help="the runs are kept here")
    quality.add_argument("--out", type=Path, required=True, metavar="FILE.md")
    quality.add_argument("--beir", type=Path, metavar="FOLDER", help="score follow-ups on this collection, too")
    quality.add_argument("--today", type=_day, metavar="DATE", help='what "last week" counts from (default today)')
    quality.set_defaults(score=[])

    new = _add(evals, "new", "evaluate:new", "a case out of an answer and the reader's correction")
    new.add_argument("answer", type=Path, metavar="ANSWER.json", help="what `ask --json` printed")
    new.add_argument("--to", type=Path, required=True, metavar="CASES", help="the case file that it is added to")
    new.add_argument("--id", required=True)
    new.add_argument("--type", default="question")
    new.add_argument("--before", action="append", default=[], metavar="QUESTION", help="an earlier turn; in order")
    new.add_argument("--keep", type=_markers, metavar="1,3", help="citations that are right (default all)")
    new.add_argument("--gold", nargs=2, action="append", default=[], metavar=("STATEMENT", "QUOTE"), help="missing")
    new.add_argument("--unanswerable", action="store_true", help="nothing held answers it")
    new.add_argument("--fact", action="append", default=[], help="what an answer should tell")
    new.add_argument("--note", default="")
    imported = _add(evals, "import", "evaluate:import_csv", "cases out of a CSV file of questions")
    imported.add_argument("file", type=Path, metavar="FILE.csv")
    imported.add_argument(
        "--to", type=Path, required=True, metavar="CASES", help="the case file that they are added to"
    )

    beir = _add(evals, "beir", "evaluate:beir", "score retrieval on a BEIR or MTRAG folder")
    beir.add_argument("folder", type=Path)
    beir.add_argument("--work", type=Path, required=True, metavar="DIR", help="its archive and our TREC runs go here")
    beir.add_argument("--score", type=Path, action="append", default=[], metavar="RUN", help="another's TREC run")
    _json_flag(beir)


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, target: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.set_defaults(command=target)
    return command


def _json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _filter_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="date_from", type=_day, metavar="DATE", help="first day, as YYYY-MM-DD")
    parser.add_argument("--to", dest="date_to", type=_day, metavar="DATE", help="last day")
    parser.add_argument("--issuer", action="append", default=[], help="only this issuer; may be given again")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it as YYYY-MM-DD") from error


def _assignment(text: str) -> tuple[str, str]:
    field, is_one, value = text.partition("=")
    if not is_one:
        raise argparse.ArgumentTypeError(f"{text!r} sets nothing; write it as FIELD=VALUE")
    return field.strip(), value


def _markers(text: str) -> list[int]:
    try:
        return [int(marker) for marker in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} does not list markers; write them as 1,3") from error


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("give a whole number from 1 to 1000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
