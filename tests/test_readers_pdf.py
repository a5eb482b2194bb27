"""PDF documents: text in reading order, paragraphs whole, pages kept, and what cannot be read said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from corpus.archive import Archive
from corpus.errors import InputError
from corpus.model import Version
from ingest.describe import Described, describe
from ingest.paging import join_pages
from ingest.readers import Item, reader_for
from tests.conftest import SHARED
from tests.pdf_maker import ENCRYPTED, lines, make_pdf


def read(folder: Path, data: bytes, name: str = "a.pdf") -> Item | InputError:
    path = folder / name
    path.write_bytes(data)
    reader = reader_for(path)
    assert reader is not None
    [found] = reader(path)
    return found


def described(folder: Path, data: bytes, name: str = "2025-11-24-a.pdf") -> Described:
    found = read(folder, data, name)
    assert isinstance(found, Item), found
    return describe(found)


def test_broken_lines_are_joined_and_ended_ones_are_not(tmp_path: Path) -> None:
    page = lines(
        "The minister opened the new harbour wall on the northern side of the bay and",
        "thanked those who had built it through two winters.",
        "(a) The wall is long.",
        "(b) The wall is high.",
        "The end",
    )
    assert described(tmp_path, make_pdf([page])).text.split("\n") == [
        "The minister opened the new harbour wall on the northern side of the bay and thanked those who had built it "
        "through two winters.",
        "(a) The wall is long.",
        "(b) The wall is high.",
        "The end",
    ]


def test_words_broken_at_line_ends_are_whole_and_compounds_keep_their_hyphen(tmp_path: Path) -> None:
    page = lines(
        "A long line about the work of the whole govern-",
        "ment and about people who are politically-",
        "exposed in one way or another, as it is said.",
    )
    text = described(tmp_path, make_pdf([page])).text
    assert "whole government and" in text and "politically-exposed in" in text


def test_pages_begin_where_their_words_do(tmp_path: Path) -> None:
    first = lines("The first page tells of a meeting that was held in the old town and goes on with")
    data = make_pdf([first, lines("what was said there."), [], lines("The last page.")])
    found = described(tmp_path, data)
    assert found.text == (
        "The first page tells of a meeting that was held in the old town and goes on with what was said there."
        "\n\nThe last page."
    )
    assert [found.text[start : start + 8] for start in found.pages] == ["The firs", "what was", "The last", "The last"]
    assert found.pages[0] == 0


def test_page_numbers_and_repeated_heads_go_and_nothing_else_does(tmp_path: Path) -> None:
    pages = [
        [(72, 826, 9, "Ministry of Harbours"), *lines(f"Words of page {name}.", "And more."), (290, 20, 9, str(n))]
        for n, name in enumerate(("one", "two", "three"), start=1)
    ]
    text = described(tmp_path, make_pdf(pages)).text
    assert text.count("Ministry of Harbours") == 1 and text.startswith("Ministry of Harbours")
    assert "\n1" not in text and all(f"Words of page {name}." in text for name in ("one", "two", "three"))
    assert text.count("And more.") == 3


def test_title_and_date(tmp_path: Path) -> None:
    page = [(72, 780, 20, "Harbour opened"), *lines("MINISTRY OF HARBOURS", "24 November 2025", "Words.", top=740)]
    found = described(tmp_path, make_pdf([page], {"CreationDate": "D:20251130", "Title": "x.docx"}), "a.pdf")
    assert found.statement.title == "Harbour opened" and found.statement.published == date(2025, 11, 24)
    named = make_pdf([page[:1]], {"CreationDate": "D:20251130", "Title": "The harbour is open"})
    statement = described(tmp_path, named, "b.pdf").statement
    assert (statement.title, statement.published) == ("The harbour is open", date(2025, 11, 30))
    assert statement.extra["found"]["date"] == {"from": "meta"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (make_pdf([[], []]), "2 pages and no text"),
        (ENCRYPTED, "encrypted"),
        (b"%PDF-1.4 and then nothing", "no PDF that can be read"),
        (b"Just words", "no PDF that can be read"),
    ],
    ids=["scan", "encrypted", "broken", "other"],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, data: bytes, problem: str) -> None:
    found = read(tmp_path, data)
    assert isinstance(found, InputError) and problem in str(found)


def test_pages_are_held_with_the_version(tmp_path: Path, archive: Archive) -> None:
    found = described(tmp_path, make_pdf([lines("First page."), lines("Second page.")]))
    statement = found.statement
    archive.put(statement, found.text, b"", "a.pdf", [(0, len(found.text))], found.pages)
    version = archive.version(statement.id)
    assert version.pages == found.pages == (0, 13)
    assert [version.page(found.text.index(words)) for words in ("First", "Second", "page.")] == [1, 2, 1]
    assert version.page(len(found.text)) == 2


def test_a_version_without_pages_has_no_page_numbers(archive: Archive) -> None:
    from tests.conftest import put

    put(archive, "a", "Words.")
    version: Version = archive.version("a")
    assert version.pages == () and version.page(0) is None


@pytest.mark.parametrize(
    ("pages", "text", "starts"),
    [
        ("one\ftwo", "one two", (0, 4)),
        ("One.\ftwo", "One.\n\ntwo", (0, 6)),
        ("one\fTwo", "one\n\nTwo", (0, 5)),
        ("of this; and\f(c) the third", "of this; and\n\n(c) the third", (0, 14)),
        ("\f\fone\f", "one", (0, 0, 0, 3)),
        ("", "", (0,)),
    ],
)
def test_pages_join(pages: str, text: str, starts: tuple[int, ...]) -> None:
    assert join_pages(pages) == (text, starts)


@pytest.mark.shared
def test_ministry_pdfs() -> None:
    paths = sorted((SHARED / "inputs" / "pdf").glob("*.pdf"))
    assert len(paths) == 14
    for path in paths:
        reader = reader_for(path)
        assert reader is not None
        [found] = reader(path)
        assert isinstance(found, Item)
        held = describe(found)
        assert len(held.text) > 400 and held.pages[0] == 0 and list(held.pages) == sorted(held.pages)
        assert not any(mark in held.text for mark in ("\ufffe", "\f", "\uf0b7"))
        assert len(held.statement.title) > 10 and held.statement.title != path.stem
