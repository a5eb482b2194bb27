"""Plain text files, one statement each, with an optional block of "Title: ..." lines at the top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from corpus.errors import InputError
from ingest.decode import date_in_name, decode, name_of, read_bytes, stem_of
from ingest.readers import Item

SUFFIXES = (".txt",)
LONGEST_TITLE = 200

_HEADER = re.compile(r"(id|title|date|issuer|url|speakers|place|lang|category|audience)[ \t]*:[ \t]*(\S.*)", re.I)


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields the file's Item, or the InputError that says why there is none."""
    where = name_of(path)
    try:
        raw = read_bytes(path)
        text = decode(raw, where)
    except InputError as problem:
        yield problem
        return
    header, body = _split(text)
    found = {"id": stem_of(path), "title": _title_line(body) or stem_of(path), "date": date_in_name(path)}
    yield Item(where, raw, "plain", found | header | {"text": body})


def _split(text: str) -> tuple[dict[str, str], str]:
    """The header lines at the top, and what follows them."""
    lines = text.splitlines(keepends=True)
    header: dict[str, str] = {}
    position = 0
    for line in lines:
        field = _HEADER.fullmatch(line.strip())
        if field and field[1].lower() not in header:
            header[field[1].lower()] = field[2].strip()
        elif line.strip() or header:
            break
        position += len(line)
    return header, text[position:]


def _title_line(body: str) -> str | None:
    """The first line, where it is short and other text follows. It stays in the text: it may be the first sentence."""
    first, _, rest = body.strip().partition("\n")
    first = first.rstrip()
    return first if 0 < len(first) <= LONGEST_TITLE and rest.strip() else None
