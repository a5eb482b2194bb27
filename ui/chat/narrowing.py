"""The filters beside the chat: what a reader typed and chose, and what there is to choose from, with counts."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from corpus.archive import Archive
from corpus.errors import InputError
from corpus.model import Filters
from ui.api.view import checked
from ui.reader import Reader
from ui.render.words import kind_in_words, window

MOST_CHOICES = 500
Choice = tuple[str, str]
_FORMS = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
_YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Choices:
    """(label with count, value) pairs for each filter, most first."""

    issuers: list[Choice]
    speakers: list[Choice]
    kinds: list[Choice]


def read_filters(
    first: str | None,
    last: str | None,
    issuers: Sequence[str] | None = None,
    speakers: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
) -> Filters:
    """Filters as a reader typed and chose them; "2022" and "2022-03" stand for their first or last day.

    Raises:
        InputError: a date cannot be read, or the window ends before it starts.
    """
    return checked(
        Filters(
            _day(first, "From", last=False),
            _day(last, "To", last=True),
            tuple(issuers or ()),
            tuple(speakers or ()),
            tuple(kinds or ()),
        )
    )


def choices(archive: Archive, reader: Reader, filters: Filters) -> Choices:
    """What there is to choose from; each filter is counted inside the others, so that no choice of it leads nowhere."""
    mine = replace(filters, groups=reader.groups)
    return Choices(
        _choices(archive.tally(replace(mine, issuers=())).issuers),
        _choices(archive.tally(replace(mine, speakers=())).speakers),
        _choices(archive.tally(replace(mine, kinds=())).kinds, words=True),
    )


def in_words(filters: Filters) -> list[str]:
    """Each filter that is set, for the reader."""
    dates = window(filters.date_from, filters.date_to)
    return [*([dates] if dates else []), *filters.issuers, *filters.speakers, *map(_kind, filters.kinds)]


def _kind(kind: str) -> str:
    return kind_in_words(kind) or kind


def _choices(counted: Sequence[tuple[str, int]], *, words: bool = False) -> list[Choice]:
    return [(f"{_kind(name) if words else name} ({count:,})", name) for name, count in counted[:MOST_CHOICES]]


def _day(text: str | None, name: str, *, last: bool) -> date | None:
    words = " ".join((text or "").split())
    if not words:
        return None
    try:
        if match := _YEAR_OR_MONTH.fullmatch(words):
            year, month = int(match[1]), int(match[2] or (12 if last else 1))
            return date(year, month, calendar.monthrange(year, month)[1] if last else 1)
        return date.fromisoformat(words)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return datetime.strptime(words, form).date()
        except ValueError:
            continue
    raise InputError(name, f"“{words}” is not a date. Write it like 2022-03-31, 2022-03 or 2022.")
