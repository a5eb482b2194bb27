"""Windows of time that questions ask for: "in March 2022", "before 24 Feb 2022", "between", "since".

The periods come from `rag.periods`; the words before each say how it counts (since, before, between ... and, not).
Every window is inclusive at both ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.periods import COUNTS, TO, Period, find_periods, moved

# A readout may be published some days after the day that it reports, so a single day reaches a little forward; the
# answer shows the window that was applied.
PUBLICATION_LAG = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Window:
    """From the first to the last day, both included; None is open."""

    first: date | None
    last: date | None


def window_of(text: str, today: date, context: Window | None = None) -> Window | None:
    """The window of time that a question asks for, or None.

    Several separate periods ("in May 2021 ... and in June 2022") give the window that covers them all. Periods that
    are excluded ("not the January call") count for nothing, nor does a whole year beside something inside it.

    Args:
        text: the question.
        today: what "last week" counts from.
        context: the window of the turns before, from which a follow-up counts ("a month later", "that October").
    """
    periods = [p for p in find_periods(text, today, _year_of(context)) if not _NEGATED.search(text[: p.start])]
    periods = [p for p in periods if not (p.bare_year and any(_inside(other, p) for other in periods))]
    windows: list[Window] = []
    while periods:
        period = periods.pop(0)
        lead = text[: period.start]
        if periods and re.fullmatch(TO, text[period.end : periods[0].start], re.I):
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
    periods = [p for p in find_periods(text, today) if not _NEGATED.search(text[: p.start])]
    return [_as_window(p, "") for p in periods if not (p.bare_year and any(_inside(other, p) for other in periods))]


def without_dates(text: str) -> str:
    """The question without the words that name its periods: they filter, and say nothing of the topic.

    So does an event that only serves to name a day: "before the invasion of 24 February 2022".
    """
    for period in reversed(find_periods(text, date.min + timedelta(days=800), default_year=4)):
        event = _DATED_EVENT.search(text[: period.start]) if period.is_day else None
        text = f"{text[: event.start('event') if event else period.start]} {text[period.end :]}"
    return text


_DATED_EVENT = re.compile(
    r"\b(?:before|prior\s+to|ahead\s+of|after|following|since|until)\s+(?P<event>the\s+(?:[^\s,;.?]+\s+){1,5}?(?:of|on)\s+)$",
    re.I,
)
_NEGATED = re.compile(
    r"\b(?:not|except(?:\s+for)?|excluding|other\s+than|rather\s+than|as\s+opposed\s+to)\b[^,;.?]*$", re.I
)
_SINCE = re.compile(r"\b(?:since|from|starting)\s+$", re.I)
_UNTIL = re.compile(r"\b(?:until|till|through|by)\s+(?:the\s+end\s+of\s+)?$", re.I)
_BEFORE = re.compile(r"\b(?:before|prior\s+to|ahead\s+of|up\s+to)\s+(?P<event>(?:[^\s,;.?]+\s+){0,8}?)$", re.I)
_AFTER = re.compile(r"\b(?:after|following)\s+(?P<event>(?:[^\s,;.?]+\s+){0,8}?)$", re.I)


def _as_window(period: Period, lead: str) -> Window:
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


def _inside(period: Period, year: Period) -> bool:
    return period is not year and not period.bare_year and year.first <= period.first and period.last <= year.last


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
        count = COUNTS.get(g.get("count", "a")) or int(g["count"])
        back = g["way"] in ("earlier", "before", "prior", "previous", "preceding")
        return Window(*(day and moved(day, -count if back else count, g["unit"]) for day in _ends(context)))
    if _THEREAFTER.search(text):
        return Window(context.first, None)
    if _THEREBEFORE.search(text):
        return Window(None, context.last)
    return context


def _year_of(context: Window | None) -> int | None:
    return next((day.year for day in _ends(context) if day), None) if context else None


def _ends(window: Window) -> tuple[date | None, date | None]:
    return window.first, window.last
