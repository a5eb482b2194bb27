"""Bytes from a file to text, or to a message that says why not. Shared by the readers."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from corpus.errors import InputError
from ingest.readers import MAX_ITEM_BYTES

# UTF-32 before UTF-16: the mark of the first begins with that of the second.
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAVE_AS_UTF8: Final = "open it in an editor and save it as UTF-8"

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
# What a page may ask for: character sets only, none of Python's other codecs.
_CHARSET = re.compile(r"cp(?:125\d|874|932|949)|iso8859-\d+|shift_jis|euc_(?:jp|kr)|gb(?:k|2312|18030)|big5|koi8-[ru]")
_DATE_IN_NAME = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


def name_of(path: Path) -> str:
    """The file's name, safe to print and to store whatever bytes it has on disk."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


def stem_of(path: Path) -> str:
    """The file's name without its ending: the id and the last resort for a title."""
    return name_of(path).rsplit(".", 1)[0] or name_of(path)


def date_in_name(path: Path) -> str | None:
    """The first ``yyyy-mm-dd`` in the file's name, or None."""
    found = _DATE_IN_NAME.search(path.name)
    return found[0] if found else None


def read_bytes(path: Path) -> bytes:
    """The whole file. Raises InputError where it cannot be read, is empty, or is over `MAX_ITEM_BYTES`."""
    where = name_of(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_ITEM_BYTES + 1)
    except OSError as problem:
        raise InputError(where, f"cannot be read: {problem.strerror or problem}") from problem
    if len(data) > MAX_ITEM_BYTES:
        raise InputError(where, f"is larger than {MAX_ITEM_BYTES:,} bytes; split it into one file per statement")
    if not data.strip():
        raise InputError(where, "is empty; remove it or put the statement's text in it")
    return data


def decode(data: bytes, where: str) -> str:
    """The text of a plain or Markdown file: by its byte order mark, else UTF-8, else Windows-1252 where that is sane.

    Raises InputError for binary content and for encodings that cannot be told.
    """
    text = _by_mark(data, where)
    if text is None:
        text = _utf8_or_windows(data, where)
    return _checked(text, where)


def decode_html(data: bytes, where: str) -> str:
    """The text of a page: by its byte order mark, its ``<meta charset>``, as UTF-8, else as Windows-1252.

    Raises InputError for binary content.
    """
    text = _by_mark(data, where)
    if text is None:
        declared = _declared_charset(data)
        text = data.decode(declared, "replace") if declared else _utf8_or_replaced(data)
    return _checked(text, where)


def charset_named(label: str) -> str | None:
    """The codec for a character set as pages and servers name it, or None where it is none that we take."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name in ("ascii", "iso8859-1"):  # what pages call Latin-1 is Windows-1252
        return "cp1252"
    return name if _CHARSET.fullmatch(name) else None


def bounded_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a stream with their ends; None for each over `MAX_ITEM_BYTES`, which is never held whole."""
    while line := stream.readline(MAX_ITEM_BYTES + 1):
        if len(line) <= MAX_ITEM_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_ITEM_BYTES)
        yield None


def _by_mark(data: bytes, where: str) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as problem:
                raise InputError(where, f"begins like {encoding} but is not; {SAVE_AS_UTF8}") from problem
    return None


def _utf8_or_windows(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # Western text is mostly ASCII; in other encodings, and in binary files, other bytes abound.
    foreign = len(data.translate(None, bytes(range(128))))
    try:
        if foreign * 4 <= len(data):
            return data.decode("cp1252")
    except UnicodeDecodeError:
        pass
    raise InputError(where, f"is not in UTF-8 nor in another encoding that can be told; {SAVE_AS_UTF8}")


def _utf8_or_replaced(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _declared_charset(data: bytes) -> str | None:
    found = _META_CHARSET.search(data[:8192])
    return charset_named(found[1].decode("ascii", "replace")) if found else None


def _checked(text: str, where: str) -> str:
    if "\0" in text or len(_CONTROL.findall(text)) * 20 > len(text):
        raise InputError(where, "is not text but binary content; convert it to text first")
    if not text.strip():
        raise InputError(where, "is empty; remove it or put the statement's text in it")
    return text
