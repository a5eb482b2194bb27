"""Feeds, sitemaps and pages of links, well made and not."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import FetchError
from ingest.sources.fetch import Reply
from ingest.sources.listing import KINDS, MOST_LINKS, kind_of, read_listing
from tests.site import feed, sitemap

AT = "https://mod.example/news/"


def reply(body: str | bytes, content_type: str = "", url: str = AT) -> Reply:
    data = body.encode() if isinstance(body, str) else body
    return Reply(url, 200, {"content-type": content_type}, data)


def urls(body: str | bytes, kind: str, containing: str = "") -> list[str]:
    return [link.url for link in read_listing(reply(body), kind, containing).links]


ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>M</title>
<link rel="next" href="?page=2"/><entry><title>A</title>
<link href="/a"/><published>2026-03-02T10:00:00+05:30</published>
<updated>2026-03-04T10:00:00Z</updated></entry></feed>"""


def test_kinds_are_told_by_looking() -> None:
    assert kind_of(reply(feed())) == "feed" and kind_of(reply(ATOM)) == "feed"
    assert kind_of(reply(sitemap())) == "sitemap" and kind_of(reply(gzip.compress(sitemap().encode()))) == "sitemap"
    assert kind_of(reply("<!DOCTYPE html><html><body>")) == "listing"
    assert kind_of(reply("<p>x", "text/html; charset=utf-8")) == "listing"
    assert kind_of(reply("%PDF-1.7", "application/pdf")) is None


def test_a_feed_names_pages_with_dates() -> None:
    found = read_listing(reply(feed(("/a", "A", "Mon, 02 Mar 2026 23:00:00 -0500"), ("b", "B", "")), url=AT), "feed")
    assert [(link.url, link.published) for link in found.links] == [
        ("https://mod.example/a", "Mon, 02 Mar 2026 23:00:00 -0500"),
        ("https://mod.example/news/b", None),
    ]
    assert not found.everything and found.further == ()


def test_an_atom_feed_names_pages_and_its_next_page() -> None:
    found = read_listing(reply(ATOM), "feed")
    assert [link.updated for link in found.links] == [datetime(2026, 3, 4, 10, tzinfo=UTC)]
    assert found.further == ("https://mod.example/news/?page=2",)


def test_a_broken_feed_gives_what_can_be_read_or_an_error() -> None:
    assert urls(feed(("/a", "A & B", ""))[:-30], "feed") == ["https://mod.example/a"]
    with pytest.raises(FetchError, match="broken feed"):
        urls("<rss><channel><item", "feed")


def test_entities_are_neither_grown_nor_fetched() -> None:
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    for entity in (grown, '<!ENTITY e8 SYSTEM "file:///etc/passwd">'):
        head = f'<?xml version="1.0"?><!DOCTYPE x [{entity}]>'
        named = urls(f"{head}<rss><channel><item><title>&e8;</title><link>/a</link></item></channel></rss>", "feed")
        assert named == ["https://mod.example/a"]
        with pytest.raises(FetchError, match="broken sitemap"):
            urls(f"{head}<urlset><url><loc>/a?&e8;</loc></url></urlset>", "sitemap")


def test_a_sitemap_names_everything_with_dates() -> None:
    body = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url>'
        "<loc> https://mod.example/a </loc><lastmod>2026-03-04</lastmod>"
        "<n:news><n:publication_date>2026-03-02</n:publication_date></n:news></url><url><loc>https://mod.example/b</loc><lastmod>soon</lastmod></url></urlset>"
    )
    found = read_listing(reply(body), "sitemap")
    assert found.everything
    assert [(link.url[-1], link.published, link.updated) for link in found.links] == [
        ("a", "2026-03-02", datetime(2026, 3, 4, tzinfo=UTC)),
        ("b", None, None),
    ]


def test_an_index_names_sitemaps() -> None:
    body = "<sitemapindex><sitemap><loc>https://mod.example/s1.xml.gz</loc></sitemap></sitemapindex>"
    found = read_listing(reply(gzip.compress(body.encode())), "sitemap")
    assert (found.links, found.further) == ((), ("https://mod.example/s1.xml.gz",))


def test_a_huge_sitemap_is_refused_and_a_packed_bomb_too() -> None:
    assert len(urls(sitemap(*(f"https://mod.example/{n}" for n in range(2_000))), "sitemap")) == 2_000
    with pytest.raises(FetchError, match="50,000 addresses"):
        urls(sitemap(*(f"https://mod.example/{n}" for n in range(MOST_LINKS + 1))), "sitemap")
    with pytest.raises(FetchError, match="unpacks to more"):
        urls(gzip.compress(b"<urlset>" + b" " * 60_000_000), "sitemap")


PAGE = """<!doctype html><html><body><nav><a href="/about/us">All about our Ministry</a></nav>
<a href="/press/1">Minister opens school at Alpine Pass</a> <a href="/press/1#top">Minister opens school again today</a>
<a href="/press/2">More</a> <a href="/press/3.jpg">Photo of the school there</a>
<a href="https://elsewhere.example/x">A statement of somebody else here</a>
<a href="javascript:void(0)">Do this and that</a>
<a href="mailto:x@mod.example">Write to our press office</a> <a href="/press/4">国防部发言人答记者问</a>
<a rel="next" href="?page=2">The next page of these</a></body></html>"""


def test_a_page_names_what_looks_like_statements() -> None:
    found = read_listing(reply(PAGE), "listing")
    assert [link.url for link in found.links] == ["https://mod.example/press/1", "https://mod.example/press/4"]
    assert found.further == ("https://mod.example/news/?page=2",) and found.elsewhere == 1
    assert urls(PAGE, "listing", containing="/press/2") == ["https://mod.example/press/2"]


def test_relative_links_count_from_the_page_or_its_base() -> None:
    head = '<html><base href="https://mod.example/archive/">'
    page = f'{head}<body><a href="one">Minister opens one school</a></body></html>'
    assert urls(page, "listing") == ["https://mod.example/archive/one"]


def test_a_document_of_another_kind_is_an_error() -> None:
    with pytest.raises(FetchError, match="should be a feed, and is a listing now"):
        urls("<html><body>Down for maintenance</body></html>", "feed")


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"<rss>", b"<urlset>", b"<html>", b"\x1f\x8b"]))
def test_any_bytes_give_addresses_of_the_site_or_an_error(data: bytes, start: bytes) -> None:
    for kind in KINDS:
        try:
            found = read_listing(reply(start + data), kind)
        except FetchError:
            continue
        assert all(link.url.startswith(("https://", "http://")) for link in found.links)


@settings(deadline=None)
@given(st.integers(0, 400), st.binary(max_size=3))
def test_mutated_documents_give_addresses_or_an_error(cut: int, put: bytes) -> None:
    entry = ("/a", "A", "Mon, 02 Mar 2026 10:00:00 GMT")
    for kind, body in (("feed", feed(entry)), ("feed", ATOM), ("sitemap", sitemap("/a", "/b")), ("listing", PAGE)):
        data = body.encode()
        try:
            read_listing(reply(data[:cut] + put + data[cut + len(put) :]), kind)
            read_listing(reply(data[:cut]), kind)
        except FetchError as problem:
            assert problem.where == AT
