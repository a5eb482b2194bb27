"""What commands share: settings and filters out of arguments, JSON and progress out to the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

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


@contextmanager
def progress_bar(name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on standard error, where that is a terminal; yields what moves it on."""
    with tqdm(desc=name, total=total, unit="", file=sys.stderr, disable=None) as bar:

        def advance(count: int) -> None:
            bar.update(count)

        yield advance


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
