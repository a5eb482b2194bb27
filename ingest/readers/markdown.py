"""Markdown files with YAML front matter, one statement each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from corpus.errors import InputError
from ingest.dated import date_of
from ingest.decode import decode, name_of, read_bytes, stem_of
from ingest.readers import Item

SUFFIXES = (".md", ".markdown")
MAX_FRONT_MATTER = 64 * 1024

_ATX = re.compile(r" {0,3}#{1,6}[ \t]+\S")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
_NOT_A_LINE_OF_TEXT = re.compile(r"\s*(?:[-*+>|]|$)")


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields the file's Item, or the InputError that says why there is none."""
    where = name_of(path)
    try:
        raw = read_bytes(path)
        fields, body = _split(decode(raw, where).replace("\r\n", "\n"), where)
    except InputError as problem:
        yield problem
        return
    found: dict[str, Any] = {"id": stem_of(path), "title": _first_heading(body) or stem_of(path)}
    given = {key: value for key, value in fields.items() if value not in (None, "")}
    notes = {} if "title" in given else {"title": {"from": "text"}}
    if "date" not in given and (dated := date_of(path, body)):
        found["date"], notes["date"] = dated
    yield Item(where, raw, "markdown", found | given | {"text": body}, notes)


class _Loader(yaml.SafeLoader):
    """Plain values only: an alias can make a value that contains itself, or grows without bound."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not accepted")
        return super().compose_node(parent, index)


def _split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Front matter and body. Raises InputError where the front matter is not a YAML mapping."""
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        return {}, text
    closing = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.M).search(rest, 0, MAX_FRONT_MATTER)
    if not closing:
        return {}, text  # a rule at the top of a plain text, not front matter
    try:
        fields = yaml.load(rest[: closing.start()], _Loader) or {}  # noqa: S506 (it is a SafeLoader)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise InputError(where, f"the front matter is not YAML: {reason}") from problem
    if not isinstance(fields, dict):
        raise InputError(where, "the front matter is not a mapping; write 'title: ...' lines between the --- lines")
    return {str(key): value for key, value in fields.items()}, rest[closing.end() :]


def _first_heading(body: str) -> str | None:
    before = ""
    for line in body.split("\n"):
        if _ATX.match(line):
            return line.strip("# \t") or None
        if before and _UNDERLINE.fullmatch(line):
            return before.strip()
        before = "" if _NOT_A_LINE_OF_TEXT.match(line) else line
    return None
