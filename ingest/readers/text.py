"""Plain text files, one statement each, with an optional block of "Title: ..." lines at the top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import InputError
from ingest.dated import date_of
from ingest.dateline import dateline_end
from ingest.decode import decode, name_of, read_bytes, stem_of
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
    found: dict[str, Any] = {"id": stem_of(path), "title": _title_line(body) or first_words(body) or stem_of(path)}
    notes = {"title": {"from": "text"}} if "title" not in header else {}
    if "date" not in header and (dated := date_of(path, body)):
        found["date"], notes["date"] = dated
    yield Item(where, raw, "plain", found | header | {"text": body}, notes)


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


def first_words(body: str) -> str | None:
    """What stands in for a title where there is none: the first sentence without its dateline, cut at a comma."""
    start = dateline_end(body)
    found = re.match(r"\s*([^\n]+)", body[start : start + 2 * LONGEST_TITLE])
    if found is None:
        return None
    sentence = re.split(r"(?<=[a-z0-9)])[.!?](?:\s|$)", found[1], maxsplit=1)[0]
    if len(sentence) <= LONGEST_TITLE - 50:
        return sentence.strip() or None
    cut = sentence[: LONGEST_TITLE - 50]
    if ", " in cut[60:]:
        return cut.rpartition(", ")[0]
    return cut.rpartition(" ")[0] + "…" if " " in cut else None


def _title_line(body: str) -> str | None:
    """The first line, where it is short and other text follows. It stays in the text: it may be the first sentence."""
    first, _, rest = body.strip().partition("\n")
    first = first.rstrip()
    return first if 0 < len(first) <= LONGEST_TITLE and rest.strip() else None
