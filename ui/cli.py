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

    ingest = _add(commands, "ingest", "ingest:ingest", "take in files and folders of statements")
    ingest.add_argument("paths", nargs="+", metavar="PATH", help="a file or a folder")
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

    show = _add(commands, "show", "manage:show", "show one statement")
    show.add_argument("statement")
    show.add_argument("--versions", action="store_true", help="list its versions")
    _json_flag(show)
    listing = _add(commands, "list", "manage:listing", "list what is held, newest first")
    _json_flag(listing)
    withdraw = _add(commands, "withdraw", "manage:withdraw", "mark a statement as taken back; it stays held")
    withdraw.add_argument("statement")
    withdraw.add_argument("--undo", action="store_true", help="it is not taken back after all")
    remove = _add(commands, "remove", "manage:remove", "forget a statement with all its versions")
    remove.add_argument("statement")

    _json_flag(_add(commands, "doctor", "operate:doctor", "check the archive, its indexes and the model"))
    backup = _add(commands, "backup", "operate:backup", "copy the archive's database, also while it is in use")
    backup.add_argument("file", type=Path)
    restore = _add(commands, "restore", "operate:restore", "make an archive out of a backup")
    restore.add_argument("file", type=Path)
    _add(commands, "reindex", "operate:reindex", "make both indexes anew from the archive")
    _add(commands, "setup-model", "operate:setup_model", "prepare the default embedding model (once)")
    return parser


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


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("give a whole number from 1 to 1000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
