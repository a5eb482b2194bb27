"""Saved web pages, one statement each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from corpus.errors import InputError
from ingest.decode import decode_html, name_of, read_bytes, stem_of
from ingest.readers import Item

SUFFIXES = (".html", ".htm")

# Where pages say it, best first: a selector, and the attribute that holds the value (none: the element's text).
Places = tuple[tuple[str, str | None], ...]
TITLE: Final[Places] = (
    ('meta[property="og:title"]', "content"),
    ('meta[name="dcterms.title" i], meta[name="dc.title" i]', "content"),
    ("title", None),
    ("h1", None),
)
DATE: Final[Places] = (
    ('meta[property="article:published_time"]', "content"),
    ('[property="dc:date"][content], [property="dc:issued"][content], [itemprop="datePublished"][content]', "content"),
    ('meta[name="date" i], meta[name="pubdate" i], meta[name="publishdate" i], meta[name="publish_date" i]', "content"),
    ('meta[name="dcterms.date" i], meta[name="dcterms.issued" i], meta[name="dc.date" i]', "content"),
    ('meta[name="dcterms.created" i], meta[name="dc.date.issued" i]', "content"),
)
TIME: Final[Places] = (("time[datetime]", "datetime"), ("time", None))
ISSUER: Final[Places] = (
    ('meta[property="og:site_name"]', "content"),
    ('meta[name="dcterms.publisher" i], meta[name="dc.publisher" i], meta[name="publisher" i]', "content"),
)
URL: Final[Places] = (('link[rel="canonical" i]', "href"), ('meta[property="og:url"]', "content"))
LANGUAGE: Final[Places] = (("html[lang]", "lang"),)


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields the page's Item, or the InputError that says why there is none."""
    where = name_of(path)
    try:
        raw = read_bytes(path)
        page = LexborHTMLParser(decode_html(raw, where))
    except InputError as problem:
        yield problem
        return
    fields = {
        "id": stem_of(path),
        "title": _first(page, TITLE) or stem_of(path),
        "date": _first(page, DATE) or _linked_data_date(page) or _first(page, TIME),
        "issuer": _first(page, ISSUER),
        "url": _first(page, URL),
        "lang": _first(page, LANGUAGE),
        "text": _body(page),
    }
    yield Item(where, raw, "html", {name: value for name, value in fields.items() if value})


def _first(page: LexborHTMLParser, places: Places) -> str | None:
    """The first of these places that has anything to say."""
    for selector, attribute in places:
        for node in page.css(selector):
            value = node.attributes.get(attribute) if attribute else node.text()
            if value and value.strip():
                return " ".join(value.split())
    return None


def _linked_data_date(page: LexborHTMLParser) -> str | None:
    for script in page.css('script[type="application/ld+json"]'):
        try:
            found = _published(json.loads(script.text()))
        except (ValueError, RecursionError):
            continue
        if found:
            return found
    return None


def _published(data: Any) -> str | None:
    """The first `datePublished` anywhere in JSON data."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(published := value.get("datePublished"), str):
                return published
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return None


def _body(page: LexborHTMLParser) -> str:
    """The page's one article, else its main part, else its body."""
    main: LexborNode | None = page.css_first('main, [role="main"]') or page.body
    if main is None:
        return ""
    articles = main.css("article")
    return (articles[0] if len(articles) == 1 else main).html or ""
