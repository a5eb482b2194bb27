"""Arguments of the command line as settings and filters."""

from __future__ import annotations

import argparse
import json
from typing import Any

from corpus.errors import OnRecordError
from corpus.model import Filters
from corpus.settings import Settings, load_settings


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings, with `--archive` above environment and file."""
    return load_settings(**({"archive": arguments.archive} if arguments.archive else {}))


def filters_from(arguments: argparse.Namespace) -> Filters:
    """The filters of `--from`, `--to` and `--issuer`.

    Raises:
        OnRecordError: the window ends before it begins.
    """
    if arguments.date_from and arguments.date_to and arguments.date_from > arguments.date_to:
        raise OnRecordError("--from is later than --to: no day lies between them.")
    return Filters(arguments.date_from, arguments.date_to, tuple(arguments.issuer))


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
