"""The addresses that a document names: a feed (RSS, Atom), a sitemap or an index of sitemaps, or a page of links."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

from corpus.errors import FetchError, InputError
from ingest.decode import decode_html
from ingest.sources.fetch import Reply, gunzip
from ingest.sources.urls import canonical, same_site

Kind = Literal["feed", "sitemap", "listing"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
MOST_LINKS: Final = 50_000  # of one document; what the sitemap protocol allows
LARGEST_FEED: Final = 8 * 1024 * 1024  # feedparser takes seconds for each megabyte

_ROOT: Final = re.compile(rb"<(?:\w+:)?(rss|feed|rdf|urlset|sitemapindex)[\s>]", re.I)
_HTML: Final = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.I)
_NOT_PAGES: Final = re.compile(
    r"\.(?:jpe?g|png|gif|svg|webp|ico|css|js|mjs|mp[34]|m4a|mov|avi|webm|zip|rar|7z|xlsx?|pptx?|rss|atom|ics)$", re.I
)
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a document names, and what it says of it.

    Attributes:
        url: canonical.
        published: the date of publication as the document writes it.
        updated: when it last changed.
    """

    url: str
    published: str | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a document names.

    Attributes:
        links: pages, each once, in the document's order.
        further: documents that name more: the sitemaps of an index, or the next page.
        everything: whether it means to name all that there is, as a sitemap does.
        elsewhere: how many links to other sites were left out.
    """

    links: tuple[Link, ...]
    further: tuple[str, ...]
    everything: bool
    elsewhere: int


def kind_of(reply: Reply) -> Kind | None:
    """What kind of document a reply is; None for anything but feeds, sitemaps and web pages."""
    start = _unpacked(reply)[:4096]
    if found := _ROOT.search(start):
        return "sitemap" if found[1].lower() in (b"urlset", b"sitemapindex") else "feed"
    html = _HTML.search(start) or "html" in reply.headers.get("content-type", "").lower()
    return "listing" if html else None


def read_listing(reply: Reply, kind: str, containing: str = "") -> Listing:
    """The addresses that a document names, on its own site alone.

    Args:
        reply: the document; relative addresses are relative to its own.
        kind: what it is read as.
        containing: only addresses with this text in them count. Without it a page's links are taken for statements
            where they look like headlines.

    Raises:
        FetchError: the document is not of that kind, or broken beyond reading.
    """
    if (found := kind_of(reply)) != kind:
        raise FetchError(reply.url, f"should be a {kind}, and is {'none' if found is None else f'a {found}'} now")
    read = {"feed": _feed, "sitemap": _sitemap, "listing": _page}[kind]
    named, further = read(reply, containing)
    links: dict[str, Link] = {}
    elsewhere = 0
    for address, published, updated in named[:MOST_LINKS]:
        url = _address(address, reply.url)
        if url is None or url == reply.url or containing not in url:
            continue
        if same_site(url, reply.url):
            links.setdefault(url, Link(url, published, updated))
        else:
            elsewhere += 1
    others = (_address(address, reply.url) for address in further)
    onwards = dict.fromkeys(url for url in others if url and url != reply.url and same_site(url, reply.url))
    return Listing(tuple(links.values()), tuple(onwards), kind == "sitemap", elsewhere)


_Named = list[tuple[str, str | None, datetime | None]]


def _feed(reply: Reply, _: str) -> tuple[_Named, list[str]]:
    import feedparser

    body = _unpacked(reply)
    if len(body) > LARGEST_FEED:
        raise FetchError(reply.url, f"is a feed of over {LARGEST_FEED:,} bytes")
    headers = {"content-type": reply.headers.get("content-type", ""), "content-location": reply.url}
    # A stream of bytes: a string could be taken for an address to fetch or a file to open.
    try:
        feed = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as problem:  # odd encodings make it raise what they like
        raise FetchError(reply.url, f"is a broken feed: {' '.join(str(problem).split())[:200]}") from problem
    # `dict.get`, because the feed's own would give the date of publication where it knows of no change.
    named = [
        (str(entry["link"]), _text(entry.get("published")), _time(dict.get(entry, "updated_parsed")))
        for entry in feed.entries
        if entry.get("link")
    ]
    if feed.bozo and not feed.entries:
        raise FetchError(reply.url, f"is a broken feed: {' '.join(str(feed.get('bozo_exception', '')).split())[:200]}")
    further = [str(link["href"]) for link in feed.feed.get("links", []) if link.get("rel") == "next" and "href" in link]
    return named, further


def _sitemap(reply: Reply, _: str) -> tuple[_Named, list[str]]:
    named: _Named = []
    further: list[str] = []
    try:
        for tag, fields in _entries(_unpacked(reply)):
            address = fields.get("loc")
            if address and tag == "sitemap":
                further.append(address)
            elif address:
                named.append((address, fields.get("publication_date"), _iso(fields.get("lastmod"))))
            if len(named) + len(further) > MOST_LINKS:
                raise FetchError(reply.url, f"names over {MOST_LINKS:,} addresses; add parts of it as sources instead")
    except (SyntaxError, ValueError, LookupError) as problem:  # broken XML, an entity, an unknown encoding
        raise FetchError(reply.url, f"is a broken sitemap: {' '.join(str(problem).split())[:200]}") from problem
    return named, further


def _entries(body: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Each ``url`` and ``sitemap`` element with its fields, of whatever namespace; never the whole document at once."""
    from defusedxml.ElementTree import iterparse

    root = None
    fields: dict[str, str] = {}
    for event, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            root = element if root is None else root
            continue
        tag = str(element.tag).rpartition("}")[2].lower()
        if tag in ("url", "sitemap"):
            yield tag, fields
            fields = {}
            if root is not None:
                root.clear()
        elif element.text and element.text.strip():
            fields.setdefault(tag, element.text.strip()[:4000])


def _page(reply: Reply, containing: str) -> tuple[_Named, list[str]]:
    from selectolax.lexbor import LexborHTMLParser

    try:
        page = LexborHTMLParser(decode_html(reply.body, reply.url))
    except InputError as problem:
        raise FetchError(reply.url, problem.problem) from problem
    for around in page.css("nav, header, footer, aside, form"):
        around.decompose()
    base = page.css_first("base[href]")
    start = _address((base.attributes.get("href") if base else None) or "", reply.url) or reply.url
    links = [(_address(node.attributes.get("href") or "", start), node) for node in page.css("a[href]")]
    named: _Named = [
        (url, None, None)
        for url, node in links
        if url and not _NOT_PAGES.search(url.partition("?")[0]) and (containing or _is_headline(node.text()))
    ]
    nexts = [node.attributes.get("href") or "" for node in page.css('a[rel~="next"], link[rel~="next"]')]
    further = [url for url in (_address(href, start) for href in nexts) if url]
    return [entry for entry in named if entry[0] not in further], further


def _is_headline(text: str) -> bool:
    """Whether a link's words could be a statement's title and not those of a button or a section.

    Three words, or as many characters as three words have where words are not written apart.
    """
    words = _WORD.findall(text)
    return len(words) >= 3 or (not text.isascii() and sum(map(len, words)) >= 8)


def _address(address: str, base: str) -> str | None:
    try:
        return canonical(address, base=base)
    except FetchError:
        return None


def _unpacked(reply: Reply) -> bytes:
    """The body of a document that may be packed as a file, such as ``sitemap.xml.gz``."""
    if reply.body[:2] != b"\x1f\x8b":
        return reply.body
    return gunzip(reply.body, 50 * 1024 * 1024, reply.url)  # the sitemap protocol's limit


def _text(value: Any) -> str | None:
    return str(value).strip()[:100] or None if value else None


def _time(value: Any) -> datetime | None:
    """feedparser's times, which are in UTC."""
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC) if value else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _iso(value: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(value or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
