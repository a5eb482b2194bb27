"""Word documents (.docx), one statement each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, Final

from corpus.errors import InputError
from ingest.dated import date_of
from ingest.decode import stem_of
from ingest.readers import Item
from ingest.sandbox import read_isolated

SUFFIXES = (".docx",)

# What a document may unpack to: in all, and against its size. Plain text packs about ten to one.
MOST_UNPACKED: Final = 256 * 1024 * 1024
MOST_PARTS: Final = 5_000
MOST_RATIO: Final = 200
DEEPEST_TABLE: Final = 8


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields the document's Item, or the InputError that says why there is none."""
    return read_isolated(path, __name__)


def parse(raw: bytes, where: str) -> Iterator[Item | InputError]:
    """A document's Item: headings, lists and tables as HTML, title, author and date from its properties."""
    _check_archive(raw, where)
    import docx

    try:
        document = docx.Document(io.BytesIO(raw))
    except (KeyError, ValueError) as problem:
        raise InputError(where, f"is no Word document ({problem}); save it again as .docx") from problem
    about = document.core_properties
    name = Path(where)
    heading = next((p.text for p in document.paragraphs[:20] if _level(p) and p.text.strip()), None)
    first = next((p.text for p in document.paragraphs if p.text.strip()), None)
    property_ = (about.title or "").strip()
    title = heading or property_ or (first if first and len(first) <= 300 else None)
    fields = {
        "id": stem_of(name),
        "title": title or stem_of(name),
        "text": "".join(_blocks(document, 0)),
        "docx_author": about.author,
        "lang": about.language,
    }
    found = {"title": {"from": "name" if not title else "meta" if title == property_ else "text"}}
    words = "\n".join(paragraph.text for paragraph in document.paragraphs[:20])
    if dated := date_of(name, words, _day(about.created) or _day(about.modified)):
        fields["date"], found["date"] = dated
    yield Item(where, raw, "html", {key: value for key, value in fields.items() if value}, found)


def _check_archive(raw: bytes, where: str) -> None:
    """Refuses what is no archive, and what would unpack to far more than it is (a zip bomb)."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as problem:
        if raw.startswith(b"\xd0\xcf\x11\xe0"):
            raise InputError(where, "is encrypted or of Word before 2007; save it as .docx, unlocked") from problem
        raise InputError(where, f"is no Word document ({problem}); save it again as .docx") from problem
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS or unpacked > MOST_RATIO * max(len(raw), 10_000):
        raise InputError(where, f"unpacks to {unpacked:,} bytes in {len(parts):,} parts; it is no ordinary document")
    if any(part.flag_bits & 1 for part in parts):
        raise InputError(where, "is encrypted; save a copy without a password")


def _blocks(parent: Any, depth: int) -> Iterator[str]:
    """Paragraphs and tables in their order, as HTML."""
    for block in parent.iter_inner_content():
        if hasattr(block, "rows"):
            yield _table(block, depth)
        elif block.text.strip():
            yield _paragraph(block)


def _paragraph(paragraph: Any) -> str:
    words = escape(paragraph.text).replace("\n", "<br>")
    if level := _level(paragraph):
        return f"<h{level}>{words}</h{level}>"
    return f"<li>{words}</li>" if _in_list(paragraph) else f"<p>{words}</p>"


def _level(paragraph: Any) -> int:
    """1 to 6 for a heading, 0 for other paragraphs."""
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    if style == "Title":
        return 1
    number = style.removeprefix("Heading ").strip()
    return min(int(number), 6) if style.startswith("Heading ") and number.isdecimal() and int(number) else 0


def _in_list(paragraph: Any) -> bool:
    properties = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    return numbered or bool(paragraph.style is not None and (paragraph.style.name or "").startswith("List"))


def _table(table: Any, depth: int) -> str:
    if depth > DEEPEST_TABLE:
        return ""
    rows = []
    for row in table.rows:
        cells, before = [], None
        for cell in row.cells:
            if cell._tc is not before:  # a merged cell is given once for each column that it spans
                cells.append("<td>" + "".join(_blocks(cell, depth + 1)) + "</td>")
            before = cell._tc
        rows.append("<tr>" + "".join(cells) + "</tr>")
    return "<table>" + "".join(rows) + "</table>"


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment is not None and moment.year > 1990 else None
