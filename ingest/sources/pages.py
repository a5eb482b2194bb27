"""A fetched page, put through the reader of its format."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from corpus.errors import InputError
from ingest.decode import BYTE_ORDER_MARKS, charset_named
from ingest.readers import Item, reader_for, registry
from ingest.sources.fetch import Reply
from ingest.sources.urls import statement_id

# What servers say, and the file name ending of the reader for it.
_SUFFIXES: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "application/json": ".json",
    "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
# Types that say nothing: the address's own ending tells more.
_VAGUE: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-download"})
_HTML: Final = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_UNSAFE: Final = re.compile(r"[^\w.-]+")


def items_of(reply: Reply, url: str, missing: Mapping[str, Any]) -> Iterator[Item | InputError]:
    """What the reader of the reply's format finds in it.

    Ids follow from the address and not from what the page says: a page cannot take the place of another's statement.

    Args:
        reply: of status 200; its body becomes each item's raw bytes unless the reader gives a record's own.
        url: the address that the ids follow from.
        missing: fields for items that lack them, such as the date that a feed gives.
    """
    suffix, problem = _format_of(reply)
    if problem:
        yield InputError(reply.url, problem)
        return
    base = statement_id(url)
    name = _file_name(reply.url, suffix)
    with tempfile.TemporaryDirectory(prefix="onrecord-") as folder:
        path = Path(folder) / name
        path.write_bytes(_with_charset(reply, suffix))
        read = reader_for(path)
        if read is None:
            yield InputError(reply.url, f"no reader for {suffix}; known are {' '.join(registry())}")
            return
        for found in read(path):
            if isinstance(found, InputError):
                yield InputError(found.where.replace(name, reply.url, 1), found.problem)
            else:
                yield _placed(found, reply, name, base, missing)


def _placed(item: Item, reply: Reply, name: str, base: str, missing: Mapping[str, Any]) -> Item:
    """An item with the id, address and bytes of where it was fetched."""
    stem = name.rsplit(".", 1)[0]
    own = item.fields.get("id")
    single = own is None or str(own) == stem
    fields = {**missing, **{key: value for key, value in item.fields.items() if value not in (None, "")}}
    fields["id"] = base if single else f"{base}#{own}"
    fields["url"] = reply.url if single else fields.get("url", reply.url)
    raw = reply.body if item.where == name else item.raw
    return replace(item, where=item.where.replace(name, reply.url, 1), raw=raw, fields=fields)


def _format_of(reply: Reply) -> tuple[str, str | None]:
    """The file name ending that the reply is read by, or what is wrong with it.

    What bytes say of themselves counts more than what the server says; where a PDF was announced and a page came, that
    is most often an error page, which must not be held as the statement.
    """
    told = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    ending = Path(urlsplit(reply.url).path).suffix.lower()
    suffix = _SUFFIXES.get(told)
    if reply.body.lstrip()[:5] == b"%PDF-":
        return ".pdf", None
    if suffix is None:
        if told not in _VAGUE and not told.startswith("text/"):
            return "", f"is of type {told[:80]!r}, which has no reader; known are {' '.join(registry())}"
        suffix = ".html" if _HTML.match(reply.body) else ending or ".txt"
    elif suffix == ".txt" and ending in (".md", ".markdown", ".csv", ".jsonl"):
        suffix = ending
    if suffix == ".pdf":
        what = "a web page, perhaps one about an error" if _HTML.match(reply.body) else "none"
        return "", f"should be a PDF, and is {what}"
    if suffix == ".docx" and not reply.body.startswith(b"PK"):
        return "", "should be a Word document, and is none"
    return suffix, None


def _with_charset(reply: Reply, suffix: str) -> bytes:
    """The body in UTF-8 where only the server's header says what else it is in; the readers tell everything else."""
    found = _CHARSET.search(reply.headers.get("content-type", ""))
    if not found or suffix not in (".html", ".txt", ".md", ".csv"):
        return reply.body
    if any(reply.body.startswith(mark) for mark, _ in BYTE_ORDER_MARKS):
        return reply.body
    try:
        reply.body.decode("utf-8")
        return reply.body  # so it is, whatever was said
    except UnicodeDecodeError:
        pass
    name = charset_named(found[1])
    try:
        return reply.body.decode(name).encode("utf-8-sig") if name else reply.body
    except UnicodeDecodeError:
        return reply.body


def _file_name(url: str, suffix: str) -> str:
    """A file name out of the address's last part: readers take a date, and the last resort for a title, from it."""
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part.strip(".")]
    last = _UNSAFE.sub("-", parts[-1] if parts else urlsplit(url).hostname or "page").strip("-.")[:100]
    stem = last[: -len(suffix)] if last.lower().endswith(suffix) else last.partition(".")[0]
    return (stem or "page") + suffix
