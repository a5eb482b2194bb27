"""PDF documents, one statement each, their pages kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from corpus.errors import InputError
from ingest.dated import date_of
from ingest.decode import stem_of
from ingest.paging import PAGE_END
from ingest.pdf_layout import BROKEN, Line, mended, page_text, title_of, without_furniture
from ingest.readers import Item
from ingest.sandbox import read_isolated

SUFFIXES = (".pdf",)

MOST_PAGES: Final = 2_000
MOST_CHARACTERS: Final = 10_000_000

# pdfium writes no line break after a hyphen at a line's end, which it marks.
_LINE = re.compile(rf"[^\r\n{BROKEN}]+{BROKEN}?")
_CREATED = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
# What the programs that write PDFs put for a title: a file's name, or their own.
_NO_TITLE = re.compile(r"microsoft word|\.(?:docx?|pdf|indd|pptx?|xlsx?)\b|^(?:untitled|document\d*|template)\b", re.I)


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields the document's Item, or the InputError that says why there is none."""
    return read_isolated(path, __name__)


def parse(raw: bytes, where: str) -> Iterator[Item | InputError]:
    """A document's Item: its text with a form feed between pages, its title and date."""
    document = _opened(raw, where)
    if len(document) > MOST_PAGES:
        raise InputError(where, f"has over {MOST_PAGES:,} pages; split it")
    pages: list[list[Line]] = []
    characters = 0
    for page in document:
        pages.append(_lines(page))
        characters += sum(len(line.text) for line in pages[-1])
        if characters > MOST_CHARACTERS:
            raise InputError(where, f"has over {MOST_CHARACTERS:,} characters; split it")
    if not characters:
        raise InputError(
            where, f"has {len(pages)} pages and no text, as a scan has; recognise its text (OCR) and take the result"
        )
    pages = without_furniture(pages)
    about = document.get_metadata_dict()
    first = next((page for page in pages if page), [])
    text = PAGE_END.join(mended([page_text(page) for page in pages]))
    title, title_in = (_title(about), "meta") if _title(about) else (title_of(first), "text")
    fields = {"id": stem_of(Path(where)), "title": title or stem_of(Path(where)), "text": text}
    found: dict[str, Any] = {"title": {"from": title_in if title else "name"}}
    if dated := date_of(Path(where), text.replace(PAGE_END, "\n"), _created(about)):
        fields["date"], found["date"] = dated
    fields |= {f"pdf_{name.lower()}": about[name] for name in ("Author", "CreationDate") if about.get(name)}
    yield Item(where, raw, "paged", fields, found)


def _opened(raw: bytes, where: str) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as problem:
        if "password" in str(problem).lower():
            raise InputError(where, "is encrypted; save a copy without a password") from problem
        raise InputError(where, f"is no PDF that can be read ({problem}); save it again from its program") from problem


def _lines(page: Any) -> list[Line]:
    """The page's lines in the order of the document."""
    text_page = page.get_textpage()
    found: list[Line] = []
    count = text_page.count_chars()
    text = text_page.get_text_range() if count > 0 else ""
    if len(text) != count:  # characters outside the plane that pdfium counts in
        return _lines_without_places(text)
    for line in _LINE.finditer(text):
        words = line[0].strip()
        if not words:
            continue
        first = line.start() + line[0].index(words[0])
        boxes = [text_page.get_charbox(i, loose=True) for i in _sampled(text, first, first + len(words) - 1)]
        found.append(
            Line(
                words,
                left=min(box[0] for box in boxes),
                bottom=min(box[1] for box in boxes),
                right=max(box[2] for box in boxes),
                top=max(box[3] for box in boxes),
            )
        )
    return found


def _sampled(text: str, first: int, last: int) -> set[int]:
    """A line's ends and its middle: enough to say where it is. Spaces may be pdfium's own and have no place."""
    middle = (first + last) // 2
    while middle < last and text[middle].isspace():
        middle += 1
    return {first, middle, last}


def _lines_without_places(text: str) -> list[Line]:
    lines = [line.strip() for line in text.splitlines()]
    return [Line(line, 0, len(line) * 5.0, -12.0 * n, 12 - 12.0 * n) for n, line in enumerate(lines) if line]


def _title(about: dict[str, str]) -> str | None:
    title = " ".join((about.get("Title") or "").split())
    return title if len(title) > 3 and not _NO_TITLE.search(title) and " " in title else None


def _created(about: dict[str, str]) -> str | None:
    found = _CREATED.match(about.get("CreationDate") or "")
    return f"{found[1]}-{found[2]}-{found[3]}" if found else None
