"""CSV with a header row, one statement per row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from corpus.errors import InputError
from ingest.decode import bounded_lines, name_of
from ingest.readers import MAX_ITEM_BYTES, Item
from ingest.tidy import guess_markup

SUFFIXES = (".csv",)

# The csv module's own limit, 128 KiB, is below the length of a speech. It is one for the process, hence set once.
csv.field_size_limit(MAX_ITEM_BYTES)

NOT_UTF8 = "is not UTF-8; in the spreadsheet, save as 'CSV UTF-8'"


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields an Item per row and an InputError per row that does not fit the header; holds one row at a time.

    A row is named by the line of the file on which it begins.
    """
    try:
        with path.open("rb") as stream:
            yield from _rows(name_of(path), _Lines(bounded_lines(stream)))
    except OSError as problem:
        yield InputError(name_of(path), f"cannot be read: {problem.strerror or problem}")


class _Lines:
    """Feeds lines to the csv module and remembers the bytes of the row being read.

    A class and not a generator, because it must go on after it has raised.
    """

    def __init__(self, lines: Iterator[bytes | None]) -> None:
        self.lines = lines
        self.number = 0
        self.begin_row()

    def begin_row(self) -> None:
        """Forgets the bytes read so far."""
        self.row: list[bytes] = []
        self.size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.number += 1
        self.size += MAX_ITEM_BYTES + 1 if line is None else len(line)
        if line is None or self.size > MAX_ITEM_BYTES:
            raise ValueError(f"is over {MAX_ITEM_BYTES:,} bytes; split the statement, or look for a missing quote mark")
        self.row.append(line)
        return line.decode("utf-8-sig" if self.number == 1 else "utf-8")


def _rows(name: str, lines: _Lines) -> Iterator[Item | InputError]:
    reader = csv.reader(lines, strict=True)
    header: list[str] | None = None
    empty = True
    while True:
        lines.begin_row()
        where = f"{name}:{lines.number + 1}"
        try:
            row = next(reader)
        except StopIteration:
            if empty:
                yield InputError(name, "holds no statements; write one per row, under a row that names the columns")
            return
        except (csv.Error, ValueError) as problem:
            empty = False
            utf8 = not isinstance(problem, UnicodeDecodeError)
            yield InputError(where, f"is not CSV: {problem}" if utf8 else NOT_UTF8)
            if header is None:
                return
            continue
        if header is None:
            header = [column.strip().lower() for column in row]
            if flaw := _header_flaw(header):
                yield InputError(where, flaw)
                return
        elif any(row):
            empty = False
            yield _item(where, b"".join(lines.row), header, row)


def _header_flaw(header: list[str]) -> str | None:
    missing = [column for column in ("id", "title", "text", "date") if column not in header]
    if missing:
        return f"the header row lacks {', '.join(missing)}; the first row names the columns"
    return "the header row names a column twice" if len(set(header)) < len(header) else None


def _item(where: str, raw: bytes, header: list[str], row: list[str]) -> Item | InputError:
    if len(row) > len(header):
        return InputError(where, f"has {len(row)} columns, the header {len(header)}; put quote marks around commas")
    if b"\0" in raw:
        return InputError(where, "has a NUL character; export the file again")
    fields = {column: value for column, value in zip(header, row, strict=False) if column and value.strip()}
    return Item(where, raw, guess_markup(fields.get("text", "")), fields)
