"""Where and when, as the first lines of a text say it.

Datelines of releases and wire reports ("NEW DELHI, Nov 24 -"), and the lines above a transcript ("Oval Office",
"3:58 P.M. EDT").
"""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

Span = tuple[int, int]

MONTHS: Final = {name.lower(): number for number, name in enumerate(month_name) if name}
_SHORT: Final = {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}
MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
# A day with its month either way round, the year where it is written.
DAY: Final = (
    rf"(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{MONTH})|(?P<m2>{MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)"
    r"(?:,?\s+(?P<y>\d{4}))?(?!\d|\s*(?:%|percent|per cent))"
)
HEAD: Final = 1_500  # characters at the top that are looked at

_PLACE = r"(?P<place>[A-Z][\w.’'-]*(?:[ ,]{1,2}(?:(?:de|of|the|da|do|al)\s)?[A-Z][\w.’'-]*){0,4})"
_MONTH_DATELINE = re.compile(rf"\s*{_PLACE}\s*[,:(–—-]\s*(?:\w+day,?\s+)?(?={DAY.replace('P<', 'P<x')}\b)")
_CAPITALS = r"(?P<place>[A-Z]{3,}(?:[ .’'-]{1,2}[A-Z]{2,}){0,3}(?:,\s[A-Z][\w.]*(?:\s[A-Z]\w+)?)?)"
_DASH_DATELINE = re.compile(rf"\s*{_CAPITALS}\s+(?:\([A-Za-z. ]{{2,20}}\)\s*)?(?:[–—]|--?)\s+(?=[A-Z“\"])")
_OPENING = re.compile(
    rf"\s*{_PLACE.replace('?P<place>', '?:')}\s*[,:(–—-]\s*(?:\w+day,?\s+)?{DAY}\s*(?:\([A-Za-z. ]{{2,20}}\))?"
    r"\s*[-–—:.)]{0,3}\s*"
    rf"|\s*{_CAPITALS.replace('?P<place>', '?:')}\s+(?:\([A-Za-z. ]{{2,20}}\)\s*)?(?:[–—]|--?)\s+"
)
# Words all in capitals before a dash that are headings, no places.
_NO_PLACE = re.compile(
    r"\b(?:REMARKS?|STATEMENT|MEMORANDUM|SUBJECT|RELEASE|FACT|SHEET|BACKGROUND|NOTE|UPDATE|PRESS|NEWS|TITLE|SECTION"
    r"|PART|ANNEX\w*|CHAPTER|ACT|BILL|ORDER|NOTICE|LETTER|READOUT|EMBARGO\w*|IMMEDIATE|QUESTION|ANSWER|THE|COVID)\b"
)
_MONTH_IN_PLACE = re.compile(rf"\b{MONTH}\b|day\b", re.I)
_CLOCK = re.compile(r"\(?\d{1,2}[:.]\d{2}\s*(?:[AP]\.?\s?M\.?|hours|hrs)\b.{0,20}", re.I)
_NO_VENUE = re.compile(
    r"teleconference|video|webcast|embargo|delivery|release|phone|[.!?]$|\d{4}|as prepared|via |:", re.I
)
_LABEL = re.compile(r"(?:\w+day|(?:release\s+)?dated?|posted(?: on)?|published(?: on)?|issued(?: on)?)?", re.I)
_LINE = re.compile(r"[^\n]+")
_FULL_DAY = re.compile(DAY, re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a text says, and where it says so."""

    value: str
    start: int
    end: int


def day_in(found: re.Match[str], published: date | None) -> date | None:
    """The day of a `DAY` match; a year that it lacks is the one that brings it nearest to publication."""
    month = _month(found["m1"] or found["m2"])
    day = int(found["d1"] or found["d2"])
    years = [int(found["y"])] if found["y"] else [published.year + i for i in (-1, 0, 1)] if published else []
    days = []
    for year in years:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return min(days, key=lambda each: abs((each - published).days) if published else 0, default=None)


def _month(name: str) -> int:
    name = name.rstrip(".").lower()
    return MONTHS.get(name) or _SHORT[name]


def place_in(text: str) -> Found | None:
    """The place of a text's dateline, or the one above a transcript's time; None where there is neither."""
    head = text[:HEAD]
    # A dateline opens the text, or the first paragraph of its body after a heading or two.
    for start in [0, *(m.end() for m in re.finditer(r"\n+", head))][:6]:
        found = _MONTH_DATELINE.match(head, start) or _DASH_DATELINE.match(head, start)
        if found and not _NO_PLACE.search(found["place"]) and not _MONTH_IN_PLACE.search(found["place"]):
            place = found["place"].strip(" ,")
            return Found(capitalised(place), found.start("place"), found.start("place") + len(place))
    return _venue(head)


def dateline_end(text: str) -> int:
    """Where a text goes on after the dateline that it opens with, 0 where it has none."""
    found = _OPENING.match(text[:HEAD])
    return found.end() if found and place_in(found[0] + " X") else 0


def _venue(head: str) -> Found | None:
    """The one to three short lines above a line that gives the time of day."""
    lines = list(re.finditer(r"[^\n]+", head))[:6]
    clock = next((i for i, line in enumerate(lines) if _CLOCK.fullmatch(line[0].strip())), None)
    if clock is None:
        return None
    above = [line for line in lines[:clock] if len(line[0]) <= 70 and not _NO_VENUE.search(line[0])][-3:]
    if not above or len(above) < min(clock, 3):
        return None
    start, end = above[0].start(), above[-1].end()
    return Found(", ".join(line[0].strip() for line in above), start, end)


def date_in(text: str) -> tuple[date, Span] | None:
    """The date that a text bears: a whole one, with its year, in a line of its own or in the dateline at the top.

    A date inside the sentences of the text is one that it speaks of.
    """
    lines = list(_LINE.finditer(text, 0, HEAD))[:8]
    lines += list(_LINE.finditer(text, max(HEAD, len(text) - 400)))[-3:]
    for line in lines:
        for found in _FULL_DAY.finditer(line[0]):
            day = day_in(found, None) if found["y"] and _alone(line[0], found) else None
            if day is not None and 1900 <= day.year <= 2200:
                start = line.start() + found.start()
                return day, (start, start + len(found[0]))
    return None


def _alone(line: str, found: re.Match[str]) -> bool:
    """Whether a date is all of its line but for a place, a weekday or a label, or stands in a dateline."""
    before, after = line[: found.start()].strip(" ,:–—-("), line[found.end() :].strip()
    if _LABEL.fullmatch(before):
        return len(after) <= 40 or bool(re.match(r"[-–—:]", after))
    # A place or a signature: "NEW DELHI, 24 November 2025 -", "MINISTRY OF LAW 7 OCTOBER 2014".
    signed = len(before) <= 60 and (bool(re.fullmatch(_PLACE, before)) or before.isupper())
    return signed and (not after or bool(re.match(r"[-–—:)(]", after)))


def nearest_weekday(published: date, weekday: int) -> date:
    """The last such day on or before publication, 0 for Monday."""
    return published - timedelta(days=(published.weekday() - weekday) % 7)


def capitalised(place: str) -> str:
    """A name that is written all in capitals, as it is written elsewhere: "NEW DELHI" as "New Delhi"."""
    if not place.isupper():
        return place
    return re.sub(r"[^\W\d_]+", lambda word: word[0] if len(word[0]) < 2 else word[0].capitalize(), place)
