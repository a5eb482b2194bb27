"""Saved web pages, one statement each."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from corpus.errors import InputError
from ingest.decode import decode_html, stem_of
from ingest.page_fields import page_fields
from ingest.readers import Item
from ingest.sandbox import read_isolated

SUFFIXES = (".html", ".htm")

# Beyond this the libraries below take minutes; a page of words is far smaller.
LONGEST_PAGE: Final = 8_000_000
# Below this the extractor falls back on guessing; the page's own main part is surer.
SHORTEST_BODY: Final = 250


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields the page's Item, or the InputError that says why there is none."""
    return read_isolated(path, __name__)


def parse(raw: bytes, where: str) -> Iterator[Item | InputError]:
    """A page's Item: its fields from its markup, and its text without what surrounds it on the site."""
    html = decode_html(raw, where)
    if len(html) > LONGEST_PAGE:
        raise InputError(where, f"has over {LONGEST_PAGE:,} characters; save the statement alone")
    page = LexborHTMLParser(html)
    fields = {"id": stem_of(Path(where)), "title": stem_of(Path(where))} | page_fields(page)
    found = {name: {"from": "meta"} for name in fields if name not in ("id", "url")}
    if "date" not in fields and (day := _date_in_text(html)):
        fields["date"], found["date"] = day, {"from": "text"}
    yield Item(where, raw, "html", fields | {"text": body_of(html, page)}, found)


def body_of(html: str, page: LexborHTMLParser) -> str:
    """The page's own text as HTML: what `trafilatura` keeps of it, or its main part where that is next to nothing."""
    from trafilatura import extract

    found = extract(html, output_format="html", include_comments=False, include_tables=True)
    return found if found and len(found) >= SHORTEST_BODY else _main(page)


def _date_in_text(html: str) -> str | None:
    """A date of publication that the page writes out where no markup has it (`htmldate`, without its guesses)."""
    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    return find_date(html, extensive_search=False, original_date=True)


def _main(page: LexborHTMLParser) -> str:
    """The page's one article, else its main part, else its body."""
    main: LexborNode | None = page.css_first('main, [role="main"]') or page.body
    if main is None:
        return ""
    articles = main.css("article")
    return (articles[0] if len(articles) == 1 else main).html or ""
