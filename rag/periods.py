"""Periods as people write them: "March 2022", "the first half of 2021", "24/11/2025", "last summer".

Each rule is a pattern with a reader; the most specific comes first and has the words that it matches.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,september sept sep,october oct,"
        "november nov,december dec".split(","),
        start=1,
    )
    for name in names.split()
}
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
# Meteorological seasons of the northern hemisphere; winter 2022 runs into February 2023.
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# As they are printed, in full and with a capital: "may" alone is seldom a month.
MONTH_NAME = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
WEEKDAY_NAME = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_EARLY = r"(?P<part>early|(?:the\s+)?(?:beginning|start)\s+of)"
# "by the end of 2023" is all of 2023.
_LATE = r"(?P<part>late|(?<!\bby\s)(?<!before\s)(?<!until\s)(?:the\s+end|(?<!the\s)end)\s+of)"
_MID = r"(?P<part>mid|(?:the\s+)?middle\s+of)"

_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?![\d%]|[.,]\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_ORDINAL = rf"(?:the\s+)?(?P<ordinal>{'|'.join(_ORDINALS)})"
TO = r"\s*(?:and|to|through|until|till|-|–|—)\s*"

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Period:
    """A period that a question names, with where it stands in it; `bare_year`: nothing but a year."""

    start: int
    end: int
    first: date
    last: date
    bare_year: bool = False

    @property
    def is_day(self) -> bool:
        """Whether it is a single day."""
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class _Found:
    """A match with what its rule may need to know: the whole question and today."""

    match: re.Match[str]
    today: date
    default_year: int | None

    def __getitem__(self, group: str) -> str:
        return self.match[group].lower()

    @property
    def month(self) -> int:
        return _MONTHS[self["month"]]

    @property
    def year(self) -> int:
        """The year in the match; for a date without one the last that the question names, or that of its context."""
        if "year" in self.match.re.groupindex:
            return int(self["year"])
        years = re.findall(r"\b(?:19|20)\d\d\b", self.match.string)
        if years:
            return int(years[-1])
        if self.default_year is None:
            raise ValueError("the question names no year")
        return self.default_year

    @property
    def lead(self) -> str:
        """The question up to the match."""
        return self.match.string[: self.match.start()]

    def day(self) -> Days:
        day = date(self.year, self.month, int(self["day"]))
        return day, day


_PREPOSITION = r"\b(?:in|during|of|for|since|before|after|until|till|by|from|to|through|throughout|between|and|year)\s+"
_MONTH_CUE = re.compile(rf"(?:{_PREPOSITION}|\b(?:that|the\s+same)\s+)$", re.I)
_YEAR_CUE = re.compile(rf"(?:{_PREPOSITION}|[-–]\s*|^\s*)$", re.I)
_EVENT = re.compile(r"\s+(?:trip|visit|tour|meetings?|calls?|talks?|summit|contacts?|conversations?)\b", re.I)
_FIRST_DAY = re.compile(rf"\b{_MONTH}\s+[0-3]?\d(?:st|nd|rd|th)?{TO}$", re.I)
_FINANCIAL = re.compile(r"[-–/](\d\d)(?!\d)")
COUNTS = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    **{"couple of": 2, "few": 3, "several": 3},
}


def find_periods(text: str, today: date, default_year: int | None = None) -> list[Period]:
    """Every period named, in order; where two rules match the same words, the earlier rule has them.

    Args:
        text: a question.
        today: what "last week" counts from.
        default_year: the year of a date that names none.
    """
    found: list[Period] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < p.end and p.start < match.end() for p in found):
                continue
            try:
                first, last = read(_Found(match, today, default_year))
            except ValueError:  # 31 February, or no year anywhere
                continue
            found.append(Period(match.start(), match.end(), first, last, read is _cued_year))
    return sorted(found, key=lambda p: p.start)


def _iso_day(found: _Found) -> Days:
    day = date.fromisoformat(found.match[0])
    return day, day


def _numbered_day(found: _Found) -> Days:
    """24/11/2025 or 24.11.2025: the day first, as most of the world writes it, unless only the month can be first."""
    day, month = int(found["day"]), int(found["number"])
    if month > 12:
        day, month = month, day
    written = date(found.year, month, day)
    return written, written


def _second_day(found: _Found) -> Days:
    """The 20 of "between Feb 1 and 20, 2022"."""
    named = _FIRST_DAY.search(found.lead)
    if named is None:
        raise ValueError("not a day")
    day = date(found.year, _MONTHS[named["month"].lower()], int(found["day"]))
    return day, day


def _last_week(found: _Found) -> Days:
    last = _month(found.year, found.month)[1]
    return last - timedelta(days=6), last


def _week_of_month(found: _Found) -> Days:
    first, _ = _month(found.year, found.month)
    start = first + timedelta(days=7 * (_ORDINALS[found["ordinal"]] - 1))
    return start, start + timedelta(days=6)


def _early_in_month(found: _Found) -> Days:
    first, _ = _month(found.year, found.month)
    return first, first.replace(day=15)


def _mid_month(found: _Found) -> Days:
    first, _ = _month(found.year, found.month)
    return first.replace(day=8), first.replace(day=22)


def _late_in_month(found: _Found) -> Days:
    first, last = _month(found.year, found.month)
    return first.replace(day=15), last


def _early_in_year(found: _Found) -> Days:
    return _months(found.year, 1, 4)


def _mid_year(found: _Found) -> Days:
    return _months(found.year, 5, 4)


def _late_in_year(found: _Found) -> Days:
    return _months(found.year, 9, 4)


def _half(found: _Found) -> Days:
    return _months(found.year, 6 * _ORDINALS[found["ordinal"]] - 5, 6)


def _quarter(found: _Found) -> Days:
    return _months(found.year, 3 * _ORDINALS[found["ordinal"]] - 2, 3)


def _short_quarter(found: _Found) -> Days:
    return _months(found.year, 3 * int(found["number"]) - 2, 3)


def _season(found: _Found) -> Days:
    return _months(found.year, _SEASONS[found["season"]], 3)


def _near_season(found: _Found) -> Days:
    """The last summer that is over, or this one: the one that runs or comes in this year."""
    start = _SEASONS[found["season"]]
    year = found.today.year
    if found["which"] == "this":
        return _months(year, start, 3)
    return next(days for y in (year, year - 1, year - 2) if (days := _months(y, start, 3))[1] < found.today)


def _near_month(found: _Found) -> Days:
    """Last March: the latest that is over; this March: that of this year."""
    year = found.today.year
    if found["which"] != "this" and _month(year, found.month)[1] >= found.today:
        year -= 1
    return _month(year, found.month)


def _near_weekday(found: _Found) -> Days:
    """The latest such day before today."""
    back = (found.today.weekday() - _WEEKDAYS.index(found["weekday"]) - 1) % 7 + 1
    day = found.today - timedelta(days=back)
    return day, day


def _ago(found: _Found) -> Days:
    """The day, the week, the month or the year that lies so far back."""
    count = COUNTS.get(found["count"]) or int(found["count"])
    unit = found["unit"].rstrip("s")
    day = moved(found.today, -count, unit)
    if unit == "day":
        return day, day
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    return _month(day.year, day.month) if unit == "month" else _months(day.year, 1, 12)


def _whole_month(found: _Found) -> Days:
    return _month(found.year, found.month)


def _cued_month(found: _Found) -> Days:
    """A month without a year, where a word before it says that it is one: "may" and "march" are verbs, too."""
    if not _MONTH_CUE.search(found.lead):
        raise ValueError("not a month")
    return _month(found.year, found.month)


def _cued_year(found: _Found) -> Days:
    """A bare year, where the words around it make it a time: "the 2016 accord" and "Agenda 2030" are names."""
    if not (_YEAR_CUE.search(found.lead) or _EVENT.match(found.match.string[found.match.end() :])):
        raise ValueError("not a time")
    financial = _FINANCIAL.match(found.match.string[found.match.end() :])
    if financial and int(financial[1]) == (found.year + 1) % 100:
        raise ValueError("a financial year: what it is about, while the statement may be issued after it")
    return _months(found.year, 1, 12)


def _counted(found: _Found) -> Days:
    count = COUNTS.get(" ".join(found["count"].split())) or int(found["count"])
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[found["unit"].rstrip("s")] * count
    return date.fromordinal(max(1, found.today.toordinal() - days)), found.today


def _relative(found: _Found) -> Days:
    today, which, unit = found.today, found["which"], found["unit"]
    if unit == "week":
        monday = today - timedelta(days=today.weekday())
        return (monday, today) if which == "this" else (monday - timedelta(days=7), monday - timedelta(days=1))
    length = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (today.month - 1) // length * length + 1
    start = date(today.year, first, 1)
    return (start, today) if which == "this" else _months(today.year, first - length, length)


def _near_day(found: _Found) -> Days:
    day = found.today - timedelta(days=found.match[0].lower() == "yesterday")
    return day, day


def _month(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _months(year: int, month: int, count: int) -> Days:
    """`count` months from a month that may lie before January or after December."""
    start, end = year * 12 + month - 1, year * 12 + month + count - 2
    return _month(start // 12, start % 12 + 1)[0], _month(end // 12, end % 12 + 1)[1]


def _rules() -> Iterator[tuple[re.Pattern[str], Callable[[_Found], Days]]]:
    """Patterns with their readers, the most specific first."""
    anonymous_month = _MONTH.replace("?P<month>", "?:")
    for pattern, read in (
        (r"(?:19|20)\d\d-[01]\d-[0-3]\d", _iso_day),
        (rf"(?P<day>[0-3]?\d)(?P<sign>[/.-])(?P<number>[0-3]?\d)(?P=sign){_YEAR}", _numbered_day),
        (rf"(?:the\s+)?last\s+week\s+of\s+{_MONTH},?\s+{_YEAR}", _last_week),
        (rf"{_ORDINAL}\s+week\s+of\s+{_MONTH},?\s+{_YEAR}", _week_of_month),
        (rf"{_EARLY}[-\s]{_MONTH},?\s+{_YEAR}", _early_in_month),
        (rf"{_MID}[-\s]{_MONTH},?\s+{_YEAR}", _mid_month),
        (rf"{_LATE}[-\s]{_MONTH},?\s+{_YEAR}", _late_in_month),
        (rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}", _Found.day),
        (rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}", _Found.day),
        (rf"{_DAY},?\s+{_YEAR}", _second_day),
        (rf"{_ORDINAL}\s+half\s+of\s+{_YEAR}", _half),
        (rf"{_ORDINAL}\s+quarter\s+(?:of\s+)?{_YEAR}", _quarter),
        (rf"q(?P<number>[1-4])\s+(?:of\s+)?{_YEAR}", _short_quarter),
        (rf"(?P<season>{'|'.join(_SEASONS)})\s+(?:of\s+)?{_YEAR}", _season),
        (rf"{_MONTH},?\s+(?:of\s+)?{_YEAR}", _whole_month),
        (rf"{_EARLY}[-\s]{_YEAR}", _early_in_year),
        (rf"{_MID}[-\s]{_YEAR}", _mid_year),
        (rf"{_LATE}[-\s]{_YEAR}", _late_in_year),
        # Days and months whose year stands elsewhere: "between 20 Aug and 2 Sept 2021", "January-March 2022".
        (rf"{_DAY}\s+{_MONTH}(?!\s*\d)", _Found.day),
        (rf"{_MONTH}\s+{_DAY}(?![\d:])", _Found.day),
        (rf"{_DAY}(?={TO}\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH})", _Found.day),
        (rf"{_MONTH}(?={TO}{anonymous_month})", _whole_month),
        (rf"(?P<which>last|this)\s+{_MONTH}", _near_month),
        (rf"(?P<which>last|this)\s+(?P<season>{'|'.join(_SEASONS)})", _near_season),
        (rf"(?P<which>last)\s+(?P<weekday>{'|'.join(_WEEKDAYS)})", _near_weekday),
        (rf"{_MONTH}", _cued_month),
        (_YEAR, _cued_year),
        (r"(?:the\s+)?(?P<which>last|past|this)\s+(?P<unit>week|month|quarter|year)", _relative),
        (
            r"(?:the\s+)?(?:last|past)\s+(?P<count>\d{1,3}|two|three|four|five|six|few|several|couple\s+of)\s+"
            r"(?P<unit>days?|weeks?|months?|years?)",
            _counted,
        ),
        (r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six)\s+(?P<unit>days?|weeks?|months?|years?)\s+ago", _ago),
        (r"today|yesterday", _near_day),
    ):
        yield re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.I), read


_RULES = tuple(_rules())


def moved(day: date, count: int, unit: str) -> date:
    """A day moved by days, weeks, months or years; the last of a month stays the last."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    month = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    first, last = _month(month // 12, month % 12 + 1)
    was_last = day.day == monthrange(day.year, day.month)[1]
    return last if was_last or day.day > last.day else first.replace(day=day.day)
