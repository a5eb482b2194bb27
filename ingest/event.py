"""The day that a statement reports on, where its title or its first sentence plainly says so.

A wrong day is worse than none: dates filter what is searched. So one day must be named, beside a verb that says that
something took place, not ahead of publication and not long before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from ingest.dateline import DAY, Found, day_in, nearest_weekday
from ingest.sentences import sentence_spans

# A report follows its event by days; a date further back is history that the statement recalls.
LONGEST_BEFORE: Final = 14
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_LEAD: Final = 600

_WEEKDAY = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_DAY_OR = re.compile(
    rf"(?P<today>\b(?:[Tt]oday|[Tt]his (?:morning|afternoon|evening)|[Ee]arlier today|[Tt]onight)\b)"
    r"|(?P<yesterday>\b[Yy]esterday\b)"
    rf"|(?P<weekday>\b(?:{_WEEKDAY})\b)(?:,?\s+(?={DAY.replace('P<', 'P<x')}))?|(?P<day>\b{DAY}\b)"
)
# What happens between officials; "announced" and "said" are what a statement itself does.
_HAPPENED = re.compile(
    r"\b(?:met|spoke|talked|held|hosted|convened|co-?hosted|chaired|co-?chaired|concluded|welcomed|received|visited"
    r"|called on|signed|took place|gathered|attended|participated|joined|travell?ed|addressed|briefed|opened|launched"
    r"|inaugurated|led|began|ended|was held|were held|discussed|consulted|dined|toured|delivered remarks|engaged"
    r"|phoned|completed|conducted)\b"
)
# In what is no readout by its title, only that officials came together; and nobody's own recollections.
_MET = re.compile(
    r"\b(?:met|spoke|talked|held|hosted|convened|co-?hosted|chaired|co-?chaired|welcomed|received|signed|took place"
    r"|gathered|travell?ed|briefed|was held|were held|consulted|conducted)\b"
)
_OURSELVES = re.compile(r"\b(?:I|we|We|my|My|our|Our|us)\b")
# Before the day: it belongs to something that the sentence recalls.
_RECALLED = re.compile(
    r"\b(?:as|which|that|when|who|whose|after|following|since|announced|outlined|agreed|signed|ahead of|prior to"
    r"|in advance of|before|in preparation for)\b",
    re.I,
)
_AHEAD = re.compile(
    r"\b(?:will|shall|would|is to|are to|scheduled|upcoming|next|plans? to|set to|from|until|through|by|before|since"
    r"|after|week of|month of|last|every|each|between|starting|beginning|ahead of|effective)\s*$",
    re.I,
)
_FUTURE = re.compile(r"\b(?:will|scheduled to|to be held|upcoming|forthcoming|plans to|is set to)\b", re.I)
_AFTER_RANGE = re.compile(rf"\s*(?:[-–—]|to|until|through|and)\s*(?:\d{{1,2}}\b|{_WEEKDAY})", re.I)
_IN_RANGE = re.compile(rf"(?:\d|{_WEEKDAY})\s*[-–—]\s*$")
_POSSESSIVE = re.compile(r"['’]s?\b")
# Titles that report an event of the day of their date.
_TITLE_DAY = re.compile(rf"(?:,|\bon|\||–|—|-|\()\s*(?:{_WEEKDAY})?,?\s*(?P<day>{DAY})\)?\s*$")


def event_in(title: str, text: str, kind: str, published: date) -> tuple[date, Found | str] | None:
    """The day of what a statement reports, with the span of the text that says so, or "title"; None where none does.

    Args:
        title: of the statement.
        text: as it is held.
        kind: as `ingest.kind` names it; only kinds that report what has happened are looked at.
        published: the day of publication, from which "on Monday" is resolved.
    """
    named = _TITLE_DAY.search(title)
    if named and (day := day_in(named, published)) and _recent(day, published):
        return day, "title"
    if kind in ("executive action", "letter", "fact sheet", "parliamentary answer", "briefing transcript", "speech"):
        return None
    lead = _lead(text)
    if lead is None:
        return None
    start, sentence = lead
    happened = _HAPPENED if kind == "readout" else _MET
    if not happened.search(sentence) or _FUTURE.search(sentence) or (kind != "readout" and _OURSELVES.search(sentence)):
        return None
    days = list(_days(sentence, published))
    if len({day for day, _, _ in days}) != 1:
        return None
    day, first, last = days[0]
    if day is None or not _recent(day, published):
        return None
    return day, Found(sentence[first:last], start + first, start + last)


def _recent(day: date, published: date) -> bool:
    return timedelta(0) <= published - day <= timedelta(days=LONGEST_BEFORE)


def _lead(text: str) -> tuple[int, str] | None:
    """The first whole sentence of the text: headings and lines that end without a full stop come before it."""
    for start, end in sentence_spans(text[: 3 * LONGEST_LEAD]):
        if 40 < end - start <= LONGEST_LEAD and text[end - 1] in ".!":
            return start, text[start:end]
    return None


def _days(sentence: str, published: date) -> Iterator[tuple[date | None, int, int]]:
    """Every day that a sentence names, with its place; None for one that cannot be told or is not meant."""
    for found in _DAY_OR.finditer(sentence):
        start, end = found.span()
        before = sentence[:start]
        elsewhere = _RECALLED.search(before) or _IN_RANGE.search(before) or _AFTER_RANGE.match(sentence, end)
        if _AHEAD.search(before) or (elsewhere and not found["today"]):
            yield None, start, end
        elif found["today"]:
            yield published, start, end
        elif found["yesterday"]:
            yield published - timedelta(days=1), start, end
        elif found["weekday"]:
            day = nearest_weekday(published, WEEKDAYS.index(found["weekday"].lower()))
            yield (None if _POSSESSIVE.match(sentence, end) else day), start, end
        else:
            yield day_in(found, published), start, end
