"""What a web page says of itself outside its text: title, date, issuer, address, language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest.issuer import house_form, is_body, rights_holder

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
    ('[itemprop="publisher"] [itemprop="name"], [itemprop="sourceOrganization"] [itemprop="name"]', None),
    ('meta[name="dcterms.creator" i], meta[name="dc.creator" i], meta[name="author" i]', "content"),
    ('meta[name="application-name" i], meta[name="apple-mobile-web-app-title" i]', "content"),
)
URL: Final[Places] = (('link[rel="canonical" i]', "href"), ('meta[property="og:url"]', "content"))
LANGUAGE: Final[Places] = (("html[lang]", "lang"), ('meta[http-equiv="content-language" i]', "content"))

MOST_DATA: Final = 100_000  # values of linked data that are looked at
_ROLES: Final = ("publisher", "sourceOrganization", "author", "creator")
_TITLE_PARTS = re.compile(r"\s+[|–—»•·]\s+|\s+-\s+|\s*::\s*")
_HOME = 'a[rel~="home" i], header a[href="/"], a.logo, a[class*="logo" i], header a[href]'


def page_fields(page: LexborHTMLParser) -> dict[str, str]:
    """The fields that the page's markup gives, by our names; those it does not give are left out."""
    data = list(_linked_data(page))
    title = _first(page, TITLE)
    fields = {
        "title": title,
        "date": _first(page, DATE) or _published(data) or _first(page, TIME),
        "issuer": _issuer(page, data, title or ""),
        "url": _first(page, URL),
        "lang": _first(page, LANGUAGE),
    }
    return {name: value for name, value in fields.items() if value}


def _all(page: LexborHTMLParser, places: Places) -> Iterator[str]:
    for selector, attribute in places:
        for node in page.css(selector):
            value = node.attributes.get(attribute) if attribute else node.text()
            if value and value.strip():
                yield " ".join(value.split())


def _first(page: LexborHTMLParser, places: Places) -> str | None:
    """The first of these places that has anything to say."""
    return next(_all(page, places), None)


# --- issuer --------------------------------------------------------------------------------------------------------


def _issuer(page: LexborHTMLParser, data: list[dict[str, Any]], title: str) -> str | None:
    """Who the page says it is of: the first public body among its own claims, else what it calls its site."""
    site = next(_all(page, ISSUER[:3]), None)
    claims: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _all(page, ISSUER[:3]),
        lambda: _organisations(data),
        lambda: _all(page, ISSUER[3:]),
        lambda: _marks(page),
        lambda: _title_ends(page, title),
        lambda: iter([_foot(page)]),
    )
    for claim in claims:
        for name in claim():
            if name and is_body(name):
                return house_form(name)
    return house_form(site) if site else next((house_form(name) for name in _organisations(data)), None)


def _marks(page: LexborHTMLParser) -> Iterator[str]:
    """What the page's mark, the link home, is called: its title, its picture's name, its words."""
    home = _first(page, URL)
    for node in page.css(_HOME):
        if not _leads_home(node.attributes.get("href") or "", home):
            continue
        image = node.css_first("img[alt]")
        yield node.attributes.get("title") or ""
        yield (image.attributes.get("alt") or "") if image is not None else ""
        yield " ".join(node.text().split())
        yield node.attributes.get("aria-label") or ""


def _leads_home(href: str, page_address: str | None) -> bool:
    try:
        return urlsplit(urljoin(page_address or "", href)).path in ("", "/")
    except ValueError:
        return False


def _title_ends(page: LexborHTMLParser, title: str) -> Iterator[str]:
    """What a page's title has after its headline: "... | Ministry of Law", the last part first."""
    whole = _first(page, (("title", None),)) or ""
    parts = _TITLE_PARTS.split(whole)
    return (part for part in reversed(parts[1:]) if part != title)


def _foot(page: LexborHTMLParser) -> str:
    return next((name for node in page.css("footer") if (name := rights_holder(node.text(separator="\n")))), "")


# --- linked data (JSON-LD) -----------------------------------------------------------------------------------------


def _linked_data(page: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    """Every object anywhere in the page's JSON-LD, outer ones first."""
    seen = 0
    for script in page.css('script[type="application/ld+json"]'):
        try:
            waiting = [json.loads(script.text())]
        except (ValueError, RecursionError):
            continue
        while waiting and (seen := seen + 1) < MOST_DATA:
            value = waiting.pop(0) if len(waiting) < 100 else waiting.pop()
            if isinstance(value, dict):
                yield value
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)


def _published(data: list[dict[str, Any]]) -> str | None:
    return next((found for one in data if isinstance(found := one.get("datePublished"), str)), None)


def _organisations(data: list[dict[str, Any]]) -> Iterator[str]:
    """Names of whoever published it, best role first; a person is nobody's issuer."""
    for role in _ROLES:
        for one in data:
            value = one.get(role)
            for who in value if isinstance(value, list) else [value]:
                if isinstance(who, dict) and isinstance(who.get("name"), str) and who.get("@type") != "Person":
                    yield who["name"]
