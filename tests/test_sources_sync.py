"""Sources gone through again and again, against a site that changes; readers, archive and indexes are the real ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from corpus.embedder import Embedder
from corpus.errors import FetchError, IndexBusy, NotHeld, OnRecordError
from corpus.holdings import Holdings
from corpus.ledger import Ledger, Source
from corpus.locks import FolderLock
from corpus.settings import Settings, SourceSettings
from ingest.sources.sync import SyncReport, fetch_items, find_kind, sync, visitor_for
from tests.site import Site, feed, in_turn, redirect, release, send, serving, sitemap

DAY = "Mon, 02 Mar 2026 10:00:00 GMT"
WORDS = (
    "The Minister of Defence of Freedonia met the Ambassador of Sylvania. They agreed on a joint exercise in spring."
)


class World:
    """A site, an archive, and a source between them."""

    def __init__(self, site: Site, holdings: Holdings, ledger: Ledger) -> None:
        self.site, self.holdings, self.ledger = site, holdings, ledger
        self.archive = holdings.archive

    def page(self, name: str, text: str = WORDS, day: str = "2026-03-02") -> str:
        """Put a page up; gives its address."""
        self.site.at[f"/press/{name}"] = release(f"Statement {name}", day, text)
        return self.site.url(f"/press/{name}")

    def source(self, path: str, body: str | bytes, content_type: str = "application/xml", **given: str) -> Source:
        """Put a source's document up, and add it."""
        self.site.at[path] = body
        self.site.types[path] = content_type
        kind = find_kind(self.site.url(path), visitor_for(self.holdings))
        return self.ledger.add(self.site.url(path), kind, **given)

    def sync(self, **given: bool) -> SyncReport:
        """All sources, once; as a person's next call of `onrecord sync`."""
        return sync(self.holdings, self.ledger, self.ledger.sources(), visitor_for(self.holdings), **given)

    def id(self, name: str) -> str:
        return f"127.0.0.1:{self.site.port}/press/{name}"


@pytest.fixture
def world(tmp_path: Path, embedder: Embedder) -> Iterator[World]:
    with serving() as site:
        limits = {"seconds_between": 0, "backoff": 0, "timeout": 2, "give_up_after": 2, "max_bytes": 300_000}
        sources = SourceSettings(allow_private=(ip_network("127.0.0.1/32"),), ports=(site.port,), **limits)
        with Holdings(Settings(archive=tmp_path / "archive", sources=sources), create=True) as holdings:
            holdings.embedder = embedder
            with Ledger(holdings.archive) as ledger:
                yield World(site, holdings, ledger)


def outcome(report: SyncReport) -> tuple[int, int, int, int, int]:
    """New, changed, checked, withdrawn, problems."""
    taken = report.taken
    return taken.new, taken.changed, report.checked, len(report.withdrawn), len(report.problems)


def test_no_source_no_request(world: World) -> None:
    assert outcome(world.sync()) == (0, 0, 0, 0, 0) and world.site.asked == []


def test_a_feed_is_fetched_once_and_then_only_what_changed(world: World) -> None:
    one, two = world.page("one"), world.page("two", day="")
    world.source("/feed", feed((one, "1", DAY), (two, "2", DAY)), issuer="Ministry of Defence, Freedonia")
    assert outcome(world.sync()) == (2, 0, 0, 0, 0)
    held = world.archive.statement(world.id("two"))
    assert held.published.isoformat() == "2026-03-02"  # as the feed says, for the page does not
    assert (held.issuer, held.url) == ("Ministry of Defence, Freedonia", two)
    version = world.archive.version(world.id("one"))
    assert version.source == one and WORDS in version.text
    raw = world.site.at["/press/one"]
    assert isinstance(raw, str) and world.archive.raw(version.raw_sha256) == raw.encode()
    assert world.holdings.lexical.count() == 2

    world.site.asked.clear()
    assert outcome(world.sync()) == (0, 0, 2, 0, 0)
    assert world.site.asked.count("/press/one") == 1 and all("if-none-match" in h for h in world.site.headers[-3:])

    world.page("one", WORDS.replace("spring", "autumn"))
    assert outcome(world.sync()) == (0, 1, 1, 0, 0)
    first, second = world.archive.versions(world.id("one"))
    assert "spring" in first.text and "autumn" in second.text


def test_what_is_gone_is_withdrawn_and_what_comes_back_is_not(world: World) -> None:
    one, two = world.page("one"), world.page("two")
    world.source("/map", sitemap(one, two))
    world.sync()
    body = world.site.at.pop("/press/one")
    report = world.sync()
    assert report.withdrawn == [world.id("one")] and world.archive.statement(world.id("one")).withdrawn
    assert WORDS in world.archive.version(world.id("one")).text
    assert outcome(world.sync()) == (0, 0, 1, 0, 0)  # told once
    world.site.at["/press/one"] = body
    assert world.sync().restored == [world.id("one")]
    assert not world.archive.statement(world.id("one")).withdrawn
    assert len(world.archive.versions(world.id("one"))) == 1
    world.site.at["/press/two"] = lambda request: send(request, 410)
    assert world.sync().withdrawn == [world.id("two")]


@pytest.mark.parametrize("status", [500, 503, 403, 429])
def test_a_failing_server_withdraws_nothing(world: World, status: int) -> None:
    world.source("/map", sitemap(world.page("one")))
    world.sync()
    world.site.at["/press/one"] = in_turn((status, b"", {}))
    assert outcome(world.sync()) == (0, 0, 0, 0, 1)
    world.site.at["/press/one"] = lambda request: None  # hangs up
    assert outcome(world.sync()) == (0, 0, 0, 0, 1)
    assert not world.archive.statement(world.id("one")).withdrawn


def test_a_mark_made_by_hand_stays_that_hands(world: World) -> None:
    world.source("/map", sitemap(world.page("one"), world.page("two")))
    world.sync()
    world.archive.withdraw(world.id("one"))
    body = world.site.at.pop("/press/one")
    assert world.sync().withdrawn == []
    world.site.at["/press/one"] = body
    assert world.sync().restored == [] and world.archive.statement(world.id("one")).withdrawn


def test_what_was_removed_by_hand_does_not_come_back_by_itself(world: World) -> None:
    world.source("/map", sitemap(world.page("one")))
    world.sync()
    world.archive.remove(world.id("one"))
    world.page("one", "Other words, so that the page has changed. " * 3)
    assert outcome(world.sync()) == (0, 0, 0, 0, 0)


def test_a_statement_with_two_addresses_is_withdrawn_when_both_are_gone(world: World) -> None:
    one = world.page("one")
    world.site.at["/press/one/"] = world.site.at["/press/one"]
    world.source("/map", sitemap(one, one + "/"))
    assert outcome(world.sync())[0] == 1
    del world.site.at["/press/one/"]
    assert world.sync().withdrawn == []
    del world.site.at["/press/one"]
    assert world.sync().withdrawn == [world.id("one")]


def test_a_deleted_page_that_leads_to_the_front_page_makes_no_version(world: World) -> None:
    world.site.at["/"] = release("Welcome", "2026-01-01", WORDS + " Welcome to our site.")
    world.source("/map", sitemap(world.page("one")))
    world.sync()
    world.site.at["/press/one"] = redirect("/")
    report = world.sync()
    assert "the statement may be gone" in report.problems[0].problem and report.taken.statements == 0
    assert len(world.archive.versions(world.id("one"))) == 1


def test_dead_letters_are_tried_again_for_a_while_and_then_on_request(world: World) -> None:
    world.source("/feed", feed((world.site.url("/press/one"), "1", DAY)))
    for failures in (1, 2):
        assert outcome(world.sync()) == (0, 0, 0, 0, 1)
        (letter,) = world.ledger.failures()
        assert (letter.failures, letter.problem) == (failures, "was answered with HTTP status 404")
    world.page("one")
    assert outcome(world.sync()) == (0, 0, 0, 0, 0)
    assert outcome(world.sync(retry=True)) == (1, 0, 0, 0, 0)
    assert world.ledger.failures() == []


def test_an_unreadable_page_is_read_again_although_it_is_unchanged(world: World) -> None:
    world.source("/map", sitemap(world.page("one", day="")))  # a sitemap gives no date, nor does the page
    report = world.sync()
    assert "date" in report.problems[0].problem
    world.sync()
    assert "if-none-match" not in world.site.headers[-1]


def test_one_bad_page_costs_the_others_nothing(world: World) -> None:
    site = world.site
    names = "/bomb /endless /liar.pdf /image /empty /loop /away".split()
    site.at["/bomb"] = lambda r: send(r, 200, gzip.compress(b" " * 9_000_000), {"Content-Encoding": "gzip"})
    site.at["/endless"] = b"x" * 400_000
    site.at["/liar.pdf"], site.types["/liar.pdf"] = "<!doctype html><p>Sign in, please", "application/pdf"
    site.at["/image"], site.types["/image"] = b"\x89PNG", "image/png"
    site.at |= {"/empty": b"", "/loop": redirect("/loop"), "/away": redirect("http://10.0.0.1/")}
    world.source("/map", sitemap(*map(site.url, names), world.page("good")))
    report = world.sync()
    assert report.taken.new == 1 and world.archive.all_ids() == [world.id("good")]
    found = {problem.where.partition(str(site.port))[2]: problem.problem for problem in report.problems}
    wanted = {
        "/bomb": "unpacks to more than 300,000 bytes",
        "/endless": "is larger than 300,000 bytes",
        "/liar.pdf": "should be a PDF, and is a web page",
        "/image": "'image/png', which has no reader",
        "/empty": "is empty",
        "/loop": "redirects more than 5 times",
        "/away": "redirects to another site",
    }
    assert found.keys() == wanted.keys()
    assert all(wanted[name] in found[name] for name in wanted), found


def test_a_character_set_that_only_the_server_names_is_used(world: World) -> None:
    text = "Министр обороны встретился с послом. Стороны договорились о совместных учениях весной этого года."
    page = release("Встреча", "2026-03-02", text)
    for name, charset in (("header", "windows-1251"), ("wrong", "windows-1251"), ("unknown", "x-none")):
        body = page.encode("utf-8" if name == "wrong" else "cp1251")
        world.site.at[f"/press/{name}"] = body
        world.site.types[f"/press/{name}"] = f"text/html; charset={charset}"
    world.source("/map", sitemap(*(world.site.url(f"/press/{name}") for name in ("header", "wrong", "unknown"))))
    world.sync()
    for name in ("header", "wrong"):
        version = world.archive.version(world.id(name))
        assert "Министр обороны" in version.text
    assert world.archive.raw(world.archive.version(world.id("header")).raw_sha256) == page.encode("cp1251")


def test_records_of_a_fetched_file_cannot_take_the_place_of_others(world: World) -> None:
    world.source("/map", sitemap(world.page("one"), world.site.url("/press/all.jsonl")))
    record = {"id": world.id("one"), "title": "Forged", "text": "Forged words.", "date": "2026-03-02"}
    world.site.at["/press/all.jsonl"] = json.dumps(record) + "\n"
    world.site.types["/press/all.jsonl"] = "application/x-ndjson"
    world.sync()
    assert "Forged" not in world.archive.version(world.id("one")).text
    assert f"{world.id('all.jsonl')}#{world.id('one')}" in world.archive.all_ids()


def test_an_index_of_sitemaps_and_pages_of_links(world: World) -> None:
    one, two, three = (world.page(name) for name in ("one", "two", "three"))
    part = gzip.compress(sitemap(one).encode())
    world.site.at |= {"/s1.xml.gz": part, "/s2.xml": sitemap(two)}
    maps = "".join(f"<sitemap><loc>{world.site.url(path)}</loc></sitemap>" for path in ("/s1.xml.gz", "/s2.xml"))
    world.source("/index", f"<sitemapindex>{maps}</sitemapindex>")
    first = '<html><body><a href="/press/two">Minister meets the second guest</a><a rel="next" href="/news?2">on</a>'
    world.site.at["/news?2"] = '<html><body><a href="/press/three">Minister meets the third guest</a>'
    world.source("/news", first, "text/html")
    assert outcome(world.sync()) == (3, 0, 0, 0, 0)
    world.site.at["/s2.xml"] = sitemap(two, world.page("four"))
    assert outcome(world.sync()) == (1, 0, 3, 0, 0)
    assert three in [page.url for page in world.ledger.pages(world.ledger.source("2"))]


def test_links_to_other_sites_are_left_out_and_said(world: World) -> None:
    world.source("/feed", feed((world.page("one"), "1", DAY), ("https://elsewhere.example/x", "2", DAY)))
    report = world.sync()
    assert outcome(report) == (1, 0, 0, 0, 0) and "1 links to other sites" in report.notes[0]


def test_new_pages_come_first_and_the_rest_waits(world: World) -> None:
    world.holdings.settings.sources.pages_per_sync = 2
    world.source("/map", sitemap(*(world.page(name) for name in "abc")))
    assert (world.sync().taken.new, world.sync().taken.new) == (2, 1)
    world.site.at["/map"] = sitemap(*(world.page(name) for name in "abcd"))
    report = world.sync()
    assert report.taken.new == 1 and report.put_off == 2


def test_a_source_that_fails_is_told_and_its_pages_are_asked_for_all_the_same(world: World) -> None:
    source = world.source("/feed", feed((world.page("one"), "1", DAY)))
    world.sync()
    world.site.at["/feed"] = "<html><body>Down for maintenance</body></html>"
    world.page("one", WORDS.replace("spring", "autumn"))
    assert outcome(world.sync()) == (0, 1, 0, 0, 1)
    found = world.ledger.source(source.url)
    assert "should be a feed" in str(found.problem) and found.synced is not None


def test_sources_are_added_once_and_forgotten_without_their_statements(world: World) -> None:
    source = world.source("/feed", feed((world.page("one"), "1", DAY)))
    with pytest.raises(OnRecordError, match="is a source already"):
        world.ledger.add(source.url, "feed")
    world.sync()
    world.ledger.remove(source)
    assert world.ledger.sources() == [] and world.archive.all_ids() == [world.id("one")]
    with pytest.raises(NotHeld):
        world.ledger.source("1")
    world.site.at["/doc"], world.site.types["/doc"] = b"%PDF-1.7", "application/pdf"
    with pytest.raises(FetchError, match="no feed, sitemap or page"):
        find_kind(world.site.url("/doc"), visitor_for(world.holdings))


def test_one_sources_page_may_be_anothers_list(world: World) -> None:
    one = world.page("one")
    news = f'<a href="{one}">Minister meets the second guest</a>'
    world.site.at["/news"] = release("News of the Ministry", "2026-03-03", WORDS + news)
    world.source("/map", sitemap(world.site.url("/news")))
    world.sync()
    world.source("/news", world.site.at["/news"], "text/html")  # type: ignore[arg-type]
    assert outcome(world.sync()) == (1, 0, 1, 0, 0)
    assert outcome(world.sync()) == (0, 0, 2, 0, 0)


def test_one_sync_at_a_time(world: World) -> None:
    world.source("/feed", feed())
    (world.archive.folder / "sync").mkdir()
    with FolderLock(world.archive.folder / "sync"), pytest.raises(IndexBusy):
        world.sync()


def test_an_address_given_by_hand_is_a_page_or_a_feed(world: World) -> None:
    one = world.page("one")
    world.source("/feed", feed((one, "1", DAY), (world.page("two"), "2", DAY)), issuer="Ministry")
    world.sync()
    visitor = visitor_for(world.holdings)
    (page,) = fetch_items(one, visitor, world.ledger, None, 10)
    assert not isinstance(page, Exception) and page.fields["id"] == world.id("one")
    assert page.fields["issuer"] == "Ministry"  # as its source says, lest the statement lose it
    assert len(list(fetch_items(world.site.url("/feed"), visitor, world.ledger, None, 10))) == 2
    (problem,) = fetch_items("http://10.0.0.1/", visitor, world.ledger, None, 10)
    assert isinstance(problem, FetchError) and "refused" in problem.problem
