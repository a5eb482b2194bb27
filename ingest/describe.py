"""What a source says of a statement, checked and put in its place."""

from __future__ import annotations

import math
import re
from calendar import month_name
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from corpus.errors import InputError
from corpus.model import Statement
from ingest.metadata import complete
from ingest.paging import join_pages
from ingest.readers import Item
from ingest.tidy import tidy

LONGEST_ID: Final = 500
LONGEST_TITLE: Final = 1_000
LONGEST_NAME: Final = 500
LONGEST_URL: Final = 2_000
LONGEST_TEXT: Final = 20_000_000
DEEPEST_EXTRA: Final = 20
YEARS: Final = range(1800, 2201)

# Our names for what sources call otherwise; where a source has both, ours wins.
ALIASES: Final = {"category": "kind", "lang": "language", "event_date": "event"}
FIELDS: Final = "id title text date url issuer speakers kind language event audience place"
KNOWN: Final = frozenset(FIELDS.split()) | ALIASES.keys()
MONTHS: Final = {name.lower(): number for number, name in enumerate(month_name) if name}
SHORT_MONTHS: Final = {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}
WRITE_ISO: Final = "write it as YYYY-MM-DD"

_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_UNFIT_FOR_ID = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,5}")
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_TIME = r"(?:(?:T|,?\s+(?:at\s+)?|\s*-\s*)\d{1,2}[:.]\d{2}.{0,40})?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}", re.A | re.I)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T\d{4,6}.{0,10})?", re.A)
_DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th)?[\s./-]+(?:of\s+)?([a-z]+)\.?,?[\s./-]+(\d{{4}}){_TIME}", re.A | re.I
)
_MONTH_DAY = re.compile(rf"{_WEEKDAY}([a-z]+)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}", re.A | re.I)
_NUMBERS = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){_TIME}", re.A | re.I)


@dataclass(frozen=True, slots=True)
class Described:
    """What an item comes to: a checked statement, the text to hold, and where the text's pages begin, if it has any."""

    statement: Statement
    text: str
    pages: tuple[int, ...] = ()


def describe(item: Item) -> Described:
    """The statement that an item is, and its tidied text.

    Takes an item of any reader. Unknown fields come back in the statement's `extra`.
    Raises InputError, naming the field and what to do, where a required field is missing or a value is unusable.
    """
    fields, extra = _sorted(item)
    language = fields.get("language", "en")
    if not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        extra["bad_language"], language = _plain(language, item.where), "en"
    url = fields.get("url")
    if url is not None and not _is_web_address(url):
        extra["bad_url"], url = _plain(url, item.where), None
    event = fields.get("event")
    statement = Statement(
        id=_id(fields.get("id"), item.where),
        title=_title(fields.get("title"), item),
        published=parse_date(fields.get("date"), item.where),
        issuer=_name(fields.get("issuer"), "issuer", item.where),
        speakers=_names(fields.get("speakers"), "speakers", item.where),
        kind=_name(fields.get("kind"), "category", item.where) or "statement",
        event=None if event is None else parse_date(event, item.where, "event_date"),
        place=_name(fields.get("place"), "place", item.where),
        url=url and url.strip(),
        language=language.replace("_", "-"),
        audience=_audience(fields.get("audience"), item.where),
        extra=MappingProxyType(extra),
    )
    text, pages = _text(fields.get("text"), item)
    return Described(complete(statement, text, frozenset(fields), _by_our_names(item.found)), text, pages)


def _by_our_names(found: Mapping[str, Any]) -> dict[str, Any]:
    return {ALIASES.get(name, name): where for name, where in found.items()}


def parse_date(value: object, where: str, field: str = "date") -> date:
    """The day that a value of a source means: ISO dates and times, yyyymmdd, days with the month's name.

    A time of day is dropped; the day is the one written, in the source's own time zone. Raises InputError where
    there is no value, where it is no date, where day and month cannot be told apart, and for years outside `YEARS`.
    """
    if value is None or value == "":
        raise InputError(where, f'has no "{field}"; every statement needs one, as YYYY-MM-DD')
    if isinstance(value, date):
        found = value.date() if isinstance(value, datetime) else value
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**8):
        found = _written_date(_SPACES.sub(" ", str(value)[:200]).strip(), where, field)
    else:
        raise InputError(where, f'"{field}" is no date: {_shown(value)}; {WRITE_ISO}')
    if found.year not in YEARS:
        raise InputError(where, f'"{field}" has the year {found.year}, outside {YEARS[0]}-{YEARS[-1]}; {WRITE_ISO}')
    return found


def _written_date(text: str, where: str, field: str) -> date:
    try:
        if found := _ISO.fullmatch(text) or _DIGITS.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY_MONTH.fullmatch(text):
            return date(int(found[3]), _month(found[2]), int(found[1]))
        if found := _MONTH_DAY.fullmatch(text):
            return date(int(found[3]), _month(found[1]), int(found[2]))
        if found := _NUMBERS.fullmatch(text):
            return _from_numbers(int(found[1]), int(found[2]), int(found[3]))
    except _AmbiguousDate as problem:
        raise InputError(where, f'"{field}" can be read in two ways: {_shown(text)}; {WRITE_ISO}') from problem
    except (ValueError, KeyError):
        pass
    raise InputError(where, f'"{field}" is no date: {_shown(text)}; {WRITE_ISO}')


def _month(name: str) -> int:
    name = name.lower()
    return MONTHS.get(name) or SHORT_MONTHS[name]


class _AmbiguousDate(Exception):
    """Day and month could be either way round."""


def _from_numbers(first: int, second: int, year: int) -> date:
    if first <= 12 and second <= 12 and first != second:
        raise _AmbiguousDate
    return date(year, second, first) if second <= 12 else date(year, first, second)


def _sorted(item: Item) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields we know, by our names and without empty ones, and the others, as plain data."""
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in item.fields.items():
        if name not in KNOWN:
            extra[_encodable(str(name))] = _plain(value, item.where)
        elif not (value is None or (isinstance(value, str) and not value.strip())):
            known[name] = value
    renamed = {ours: known[theirs] for theirs, ours in ALIASES.items() if theirs in known}
    return renamed | known, extra


def _id(value: object, where: str) -> str:
    text = _required(value, "id", where).strip()
    if _UNFIT_FOR_ID.search(text):
        raise InputError(where, 'the "id" has control characters; use letters, digits and punctuation')
    if len(text) > LONGEST_ID:
        raise InputError(where, f'the "id" has {len(text):,} characters; {LONGEST_ID} are the most')
    return text


def _title(value: object, item: Item) -> str:
    given = _required(value, "title", item.where)[: LONGEST_TITLE * 10]
    # A title has no block tags to be told by, and Markdown takes entities and inline tags as well.
    title = _one_line(tidy(given, "plain" if item.markup in ("plain", "paged") else "markdown"))
    if not title:
        raise InputError(item.where, '"title" has no readable characters; give the headline as issued')
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


def _text(value: object, item: Item) -> tuple[str, tuple[int, ...]]:
    """The tidied text, and where its pages begin."""
    if value is None:
        raise InputError(item.where, 'has no text; put the statement\'s words in "text"')
    if not isinstance(value, str):
        raise InputError(item.where, f'"text" must be a string, not {_shown(value)}')
    # Checked before the work as well as after it.
    pages: tuple[int, ...] = ()
    if len(value) > LONGEST_TEXT * 2:
        text = value
    elif item.markup == "paged":
        text, pages = join_pages(value)
    else:
        text = tidy(value, item.markup)
    if len(text) > LONGEST_TEXT:
        raise InputError(item.where, f"the text has over {LONGEST_TEXT:,} characters; split the statement")
    if not text:
        raise InputError(item.where, "has no text; only markup was found")
    return text, pages


def _required(value: object, field: str, where: str) -> str:
    if value is None:
        raise InputError(where, f'has no "{field}"; every statement needs one')
    return _scalar(value, field, where)


def _scalar(value: object, field: str, where: str) -> str:
    if isinstance(value, str | float | date) or (isinstance(value, int) and _is_printable(value)):
        return str(value)
    raise InputError(where, f'"{field}" must be a string, not {_shown(value)}')


def _name(value: object, field: str, where: str) -> str | None:
    """One name on one line, or None."""
    if value is None:
        return None
    name = _one_line(tidy(_scalar(value, field, where)[: LONGEST_NAME * 10], "plain"))
    if len(name) > LONGEST_NAME:
        raise InputError(where, f'"{field}" has a name of {len(name):,} characters; {LONGEST_NAME} are the most')
    return name or None


def _names(value: object, field: str, where: str) -> tuple[str, ...]:
    """The names of a list, or of a string with ';' between them; each once, in their order."""
    if value is None:
        return ()
    given: Iterable[object] = value if isinstance(value, list | tuple) else _scalar(value, field, where).split(";")
    names = (_name(one, field, where) for one in given)
    return tuple(dict.fromkeys(name for name in names if name))


def _audience(value: object, where: str) -> tuple[str, ...]:
    """The groups that may read it. What was meant to restrict must never end up open to everybody."""
    groups = _names(value, "audience", where)
    if not groups and value not in (None, [], ()):
        raise InputError(where, '"audience" names no group; leave it out for a statement that everybody may read')
    return groups


def _is_web_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST_URL or _SPACES.search(value.strip()):
        return False
    try:
        parts = urlsplit(value.strip())
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not _SURROGATE.search(value)
    except ValueError:
        return False


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _encodable(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


def _plain(value: object, where: str, depth: int = 0) -> Any:
    """The value in terms of JSON, whatever the source's format made of it."""
    if depth > DEEPEST_EXTRA:
        raise InputError(where, f"has a field nested over {DEEPEST_EXTRA} levels deep; flatten it or leave it out")
    if isinstance(value, Mapping):
        return {_encodable(str(key)): _plain(inner, where, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner, where, depth + 1) for inner in value]
    if isinstance(value, int):
        return value if isinstance(value, bool) or _is_printable(value) else hex(value)
    if value is None or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value.isoformat() if isinstance(value, date) else _encodable(str(value))


def _is_printable(number: int) -> bool:
    """False for truth values, and for numbers so long that Python refuses to write them in decimals."""
    return not isinstance(number, bool) and number.bit_length() < 10_000


def _shown(value: object) -> str:
    """A value as a message can show it."""
    if isinstance(value, str):
        return repr(_encodable(value[:60]))
    return repr(value)[:60] if isinstance(value, int) and _is_printable(value) else type(value).__name__
