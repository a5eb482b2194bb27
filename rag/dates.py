"""Windows of time as people write them in questions: "in March 2022", "first half of 2021", "before 24 Feb 2022".

First the periods are found (a day, month, season, quarter, half, year), the most specific rule first; then the words
before each say how it counts (since, before, between ... and, not). Every window is inclusive at both ends.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# A readout may be published some days after the day that it reports, so a single day reaches a little forward; the
# answer shows the window that was applied.
PUBLICATION_LAG = timedelta(days=3)

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

_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?![\d%]|[.,]\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_ORDINAL = rf"(?:the\s+)?(?P<ordinal>{'|'.join(_ORDINALS)})"
_TO = r"\s*(?:and|to|through|until|till|-|–|—)\s*"

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Window:
    """From the first to the last day, both included; None is open."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class _Period:
    start: int
    end: int
    first: date
    last: date
    bare_year: bool = False

    @property
    def is_day(self) -> bool:
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


def window_of(text: str, today: date, context: Window | None = None) -> Window | None:
    """The window of time that a question asks for, or None.

    Several separate periods ("in May 2021 ... and in June 2022") give the window that covers them all. Periods that
    are excluded ("not the January call") count for nothing, nor does a whole year beside something inside it.

    Args:
        text: the question.
        today: what "last week" counts from.
        context: the window of the turns before, from which a follow-up counts ("a month later", "that October").
    """
    periods = [p for p in _periods(text, today, context) if not _NEGATED.search(text[: p.start])]
    periods = [p for p in periods if not (p.bare_year and any(_inside(other, p) for other in periods))]
    windows: list[Window] = []
    while periods:
        period = periods.pop(0)
        lead = text[: period.start]
        if periods and re.fullmatch(_TO, text[period.end : periods[0].start], re.I):
            other = periods.pop(0)
            windows.append(Window(min(period.first, other.first), max(period.last, other.last)))
        else:
            windows.append(_as_window(period, lead))
    return _covering(windows) or (_from_context(text, context) if context else None)


def windows_in(text: str, today: date) -> list[Window]:
    """The windows of the periods that a question names, each on its own, in order.

    Args:
        text: the question.
        today: what "last week" counts from.
    """
    periods = [p for p in _periods(text, today, None) if not _NEGATED.search(text[: p.start])]
    return [_as_window(p, "") for p in periods if not (p.bare_year and any(_inside(other, p) for other in periods))]


def without_dates(text: str) -> str:
    """The question without the words that name its periods: they filter, and say nothing of the topic."""
    for period in reversed(_periods(text, date.min + timedelta(days=800), None)):
        text = f"{text[: period.start]} {text[period.end :]}"
    return text


_NEGATED = re.compile(
    r"\b(?:not|except(?:\s+for)?|excluding|other\s+than|rather\s+than|as\s+opposed\s+to)\b[^,;.?]*$", re.I
)
_SINCE = re.compile(r"\b(?:since|from|starting)\s+$", re.I)
_PREPOSITION = r"\b(?:in|during|of|for|since|before|after|until|till|by|from|to|through|throughout|between|and|year)\s+"
_MONTH_CUE = re.compile(rf"(?:{_PREPOSITION}|\b(?:that|the\s+same)\s+)$", re.I)
_YEAR_CUE = re.compile(rf"(?:{_PREPOSITION}|[-–]\s*|^\s*)$", re.I)
_EVENT = re.compile(r"\s+(?:trip|visit|tour|meetings?|calls?|talks?|summit|contacts?|conversations?)\b", re.I)
_FIRST_DAY = re.compile(rf"\b{_MONTH}\s+[0-3]?\d(?:st|nd|rd|th)?{_TO}$", re.I)
_FINANCIAL = re.compile(r"[-–/](\d\d)(?!\d)")
_UNTIL = re.compile(r"\b(?:until|till|through|by)\s+(?:the\s+end\s+of\s+)?$", re.I)
_BEFORE = re.compile(r"\b(?:before|prior\s+to|ahead\s+of|up\s+to)\s+(?P<event>(?:[^\s,;.?]+\s+){0,8}?)$", re.I)
_AFTER = re.compile(r"\b(?:after|following)\s+(?P<event>(?:[^\s,;.?]+\s+){0,8}?)$", re.I)


def _as_window(period: _Period, lead: str) -> Window:
    """A period together with the words before it.

    "before March 2022" ends with February, but "before the March 2022 strikes" may reach into March, since the month
    only places the strikes. Likewise "after he took office in March 2022" asks about that month.
    """
    before, after = _BEFORE.search(lead), _AFTER.search(lead)
    if before:
        loose = before["event"].strip() and not period.is_day
        return Window(None, period.last if loose else period.first - timedelta(days=1))
    if _UNTIL.search(lead):
        return Window(None, period.last)
    if _SINCE.search(lead) or (after and (period.is_day or not after["event"].strip())):
        return Window(period.first, None)
    return Window(period.first, period.last + PUBLICATION_LAG if period.is_day else period.last)


def _covering(windows: list[Window]) -> Window | None:
    """One window that covers all, but "since March" with "until May" close each other."""
    if not windows:
        return None
    firsts, lasts = [w.first for w in windows], [w.last for w in windows]
    if len(windows) == 2 and windows[0].last is None and windows[1].first is None:
        first, last = firsts[0], lasts[1]
        return Window(first, last) if first and last and first <= last else Window(None, None)
    return Window(
        None if None in firsts else min(filter(None, firsts)), None if None in lasts else max(filter(None, lasts))
    )


def _inside(period: _Period, year: _Period) -> bool:
    return period is not year and not period.bare_year and year.first <= period.first and period.last <= year.last


_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_STEP = re.compile(
    r"\b(?:(?P<count>an?|one|two|three|four|five|six|\d{1,2})\s+(?P<unit>day|week|month|year)s?\s+"
    r"(?P<way>later|after|afterwards|earlier|before|prior)"
    r"|(?:the\s+)?(?P<way2>next|following|previous|preceding)\s+(?P<unit2>day|week|month|year)"
    r"|the\s+(?P<unit3>day|week|month|year)\s+(?P<way3>after|later|before|earlier))\b",
    re.I,
)
_THEREAFTER = re.compile(r"\b(?:after\s+(?:that|this|it|then)|since\s+then|afterwards|subsequently|later)\b", re.I)
_THEREBEFORE = re.compile(r"\b(?:before\s+(?:that|this|it|then)|previously|earlier)\b", re.I)


def _from_context(text: str, context: Window) -> Window:
    """The window of a follow-up that names no period of its own."""
    step = _STEP.search(text)
    if step:
        g = {name.rstrip("23"): value.lower() for name, value in step.groupdict().items() if value}
        count = _COUNTS.get(g.get("count", "a")) or int(g["count"])
        back = g["way"] in ("earlier", "before", "prior", "previous", "preceding")
        return Window(*(day and _moved(day, -count if back else count, g["unit"]) for day in _ends(context)))
    if _THEREAFTER.search(text):
        return Window(context.first, None)
    if _THEREBEFORE.search(text):
        return Window(None, context.last)
    return context


def _ends(window: Window) -> tuple[date | None, date | None]:
    return window.first, window.last


def _moved(day: date, count: int, unit: str) -> date:
    """A day moved by days, weeks, months or years; the last of a month stays the last."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    month = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    first, last = _month(month // 12, month % 12 + 1)
    was_last = day.day == monthrange(day.year, day.month)[1]
    return last if was_last or day.day > last.day else first.replace(day=day.day)


def _periods(text: str, today: date, context: Window | None) -> list[_Period]:
    """Every period named, in order; where two rules match the same words, the earlier rule has them."""
    year = next((day.year for day in _ends(context) if day), None) if context else None
    found: list[_Period] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < p.end and p.start < match.end() for p in found):
                continue
            try:
                first, last = read(_Found(match, today, year))
            except ValueError:  # 31 February, or no year anywhere
                continue
            found.append(_Period(match.start(), match.end(), first, last, read is _cued_year))
    return sorted(found, key=lambda p: p.start)


def _iso_day(found: _Found) -> Days:
    day = date.fromisoformat(found.match[0])
    return day, day


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


def _part_of_month(found: _Found) -> Days:
    first, last = _month(found.year, found.month)
    low, high = {"early": (1, 15), "mid": (8, 22), "late": (15, last.day)}[found["part"]]
    return first.replace(day=low), first.replace(day=high)


def _part_of_year(found: _Found) -> Days:
    return _months(found.year, 1 if found["part"] == "early" else 9, 4)


def _half(found: _Found) -> Days:
    return _months(found.year, 6 * _ORDINALS[found["ordinal"]] - 5, 6)


def _quarter(found: _Found) -> Days:
    return _months(found.year, 3 * _ORDINALS[found["ordinal"]] - 2, 3)


def _short_quarter(found: _Found) -> Days:
    return _months(found.year, 3 * int(found["number"]) - 2, 3)


def _season(found: _Found) -> Days:
    return _months(found.year, _SEASONS[found["season"]], 3)


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
    count = _COUNTS.get(found["count"]) or int(found["count"])
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
        (rf"(?:the\s+)?last\s+week\s+of\s+{_MONTH},?\s+{_YEAR}", _last_week),
        (rf"(?P<part>early|mid|late)[-\s]{_MONTH},?\s+{_YEAR}", _part_of_month),
        (rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}", _Found.day),
        (rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}", _Found.day),
        (rf"{_DAY},?\s+{_YEAR}", _second_day),
        (rf"{_ORDINAL}\s+half\s+of\s+{_YEAR}", _half),
        (rf"{_ORDINAL}\s+quarter\s+(?:of\s+)?{_YEAR}", _quarter),
        (rf"q(?P<number>[1-4])\s+(?:of\s+)?{_YEAR}", _short_quarter),
        (rf"(?P<season>{'|'.join(_SEASONS)})\s+(?:of\s+)?{_YEAR}", _season),
        (rf"{_MONTH},?\s+(?:of\s+)?{_YEAR}", _whole_month),
        (rf"(?P<part>early|late)\s+{_YEAR}", _part_of_year),
        # Days and months whose year stands elsewhere: "between 20 Aug and 2 Sept 2021", "January-March 2022".
        (rf"{_DAY}\s+{_MONTH}(?!\s*\d)", _Found.day),
        (rf"{_MONTH}\s+{_DAY}(?![\d:])", _Found.day),
        (rf"{_DAY}(?={_TO}\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH})", _Found.day),
        (rf"{_MONTH}(?={_TO}{anonymous_month})", _whole_month),
        (rf"{_MONTH}", _cued_month),
        (_YEAR, _cued_year),
        (r"(?:the\s+)?(?P<which>last|past|this)\s+(?P<unit>week|month|quarter|year)", _relative),
        (
            r"(?:the\s+)?(?:last|past)\s+(?P<count>\d{1,3}|two|three|four|five|six)\s+(?P<unit>days?|weeks?|months?|years?)",
            _counted,
        ),
        (r"today|yesterday", _near_day),
    ):
        yield re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.I), read


_RULES = tuple(_rules())
