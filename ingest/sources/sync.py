"""Fetch what sources have: what is new, what has changed, and what is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from corpus.errors import FetchError, InputError
from corpus.holdings import Holdings
from corpus.ledger import Address, Ledger, Source
from corpus.locks import FolderLock
from ingest.pipeline import Report, ingest
from ingest.readers import Item
from ingest.sources.fetch import Fetcher, Reply
from ingest.sources.guard import Guard
from ingest.sources.listing import Link, kind_of, read_listing
from ingest.sources.pages import items_of
from ingest.sources.urls import canonical
from ingest.sources.visitor import GONE, Visitor

MOST_DOCUMENTS = 200  # sitemaps of an index, or pages of a listing, that one sync goes through
MOST_NAMED = 200_000  # pages that these may name together


@dataclass(slots=True)
class SyncReport:
    """What a sync did.

    Attributes:
        taken: counts of statements by outcome.
        checked: pages that had not changed, by their server's word.
        withdrawn, restored: ids of statements that were marked as withdrawn, and of those whose mark was taken away.
        put_off: pages that were not asked for, because their server is left alone or there were too many.
        notes: what else a person may want to know.
        problems: what could not be taken.
    """

    taken: Report = field(default_factory=Report)
    checked: int = 0
    withdrawn: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    put_off: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)


def visitor_for(holdings: Holdings, sleep: Callable[[float], object] = time.sleep) -> Visitor:
    """A visitor as the settings have it."""
    settings = holdings.settings.sources
    return Visitor(settings, Fetcher(settings, Guard(settings.allow_private, frozenset(settings.ports))), sleep=sleep)


def find_kind(url: str, visitor: Visitor) -> str:
    """What kind of source a canonical address is, by looking.

    Raises:
        FetchError: it cannot be fetched, or is no source.
    """
    if (kind := kind_of(_page(visitor.get(url)))) is None:
        raise FetchError(url, "is no feed, sitemap or page of links; take in a single document with: onrecord ingest")
    return kind


def fetch_items(
    url: str, visitor: Visitor, ledger: Ledger, issuer: str | None, most: int
) -> Iterator[Item | InputError]:
    """The statements of an address that a person named: of its page, or of the pages that a feed or sitemap names.

    Args:
        url: the address.
        visitor: fetches.
        ledger: what is known of an address that a source names counts here as well.
        issuer: who issued those statements that do not say.
        most: pages of a feed or sitemap that are fetched.
    """
    try:
        url = canonical(url)
        reply = _page(visitor.get(url))
        kind = kind_of(reply)
        if kind in (None, "listing"):
            yield from items_of(reply, url, _told(url, ledger, issuer, None))
            return
        links = read_listing(reply, str(kind)).links
        if not links:
            yield InputError(url, "names no pages of its own site; add an index of sitemaps with: onrecord source add")
        if len(links) > most:
            yield InputError(url, f"names {len(links):,} pages, and {most:,} are fetched (sources.pages_per_sync)")
    except InputError as problem:
        yield problem
        return
    for link in links[:most]:
        try:
            reply = _page(visitor.get(link.url, site=url))
            yield from items_of(reply, link.url, _told(link.url, ledger, issuer, link.published))
        except InputError as problem:
            yield problem


def sync(
    holdings: Holdings,
    ledger: Ledger,
    sources: Sequence[Source],
    visitor: Visitor,
    *,
    retry: bool = False,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda count: None,
) -> SyncReport:
    """Go through sources, and take what is new or has changed.

    New pages come first, then those that their source says have changed, those that a source which names everything
    does not name any more, and the others, those not asked for longest first. A kill at any point costs nothing: each
    page is held, and then noted, in a transaction of its own.

    Args:
        holdings: where statements go.
        ledger: over the same archive.
        sources: which.
        visitor: fetches.
        retry: also ask for pages that have failed too often.
        stop: asked before each request.
        progress: told after each page.

    Raises:
        IndexBusy: another process is syncing this archive.
    """
    report = SyncReport()
    folder = holdings.archive.folder / "sync"
    folder.mkdir(exist_ok=True)
    with FolderLock(folder):
        for source in sources:
            if stop():
                break
            round_ = _Round(holdings, ledger, source, visitor, report)
            problem = round_.look(stop)
            round_.take(retry, stop, progress)
            ledger.gone_through(source, problem)
    return report


class _Round:
    """One source, gone through once."""

    def __init__(
        self, holdings: Holdings, ledger: Ledger, source: Source, visitor: Visitor, report: SyncReport
    ) -> None:
        self._holdings = holdings
        self._ledger = ledger
        self._source = source
        self._visitor = visitor
        self._report = report
        self._count = 0
        self._named: set[str] | None = set()  # every page that the source names, None where that is not known

    # ---- what the source names -----------------------------------------------------------------------------------

    def look(self, stop: Callable[[], bool]) -> str | None:
        """Note what the source names now. Returns what was wrong with the source itself, None where nothing was."""
        waiting, seen = [self._source.url], set[str]()
        while waiting and not stop():
            url = waiting.pop(0)
            if url in seen:
                continue
            if len(seen) >= MOST_DOCUMENTS or self._count >= MOST_NAMED:
                self._report.notes.append(f"{self._source.url}: names more than a sync goes through; the rest is left")
                self._named = None
                break
            seen.add(url)
            try:
                waiting += self._look_at(url)
            except FetchError as problem:
                self._named = None
                self._report.problems.append(problem)
                self._ledger.note(self._source, {url: (None, None)}, page=False)
                self._ledger.failed(url, problem.problem, page=False)
                if url == self._source.url:
                    return problem.problem
        return None

    def _look_at(self, url: str) -> Sequence[str]:
        """Note what one document names. Returns the documents to go on with."""
        known = self._ledger.address(url, page=False)
        etag, last_modified = (known.etag, known.last_modified) if known else (None, None)
        reply = self._visitor.get(url, etag=etag, last_modified=last_modified, site=self._source.url)
        if reply.status == 304:
            self._named = None
            self._ledger.unchanged(url, page=False)
            return ()
        listing = read_listing(_page(reply), self._source.kind, self._source.containing)
        self._count += len(listing.links)
        fresh = self._ledger.note(self._source, {link.url: _dates(link) for link in listing.links}, page=True)
        self._ledger.note(self._source, {url: (None, None)}, page=False)
        # Where one page of a listing has nothing new, the next has nothing either.
        further = listing.further if listing.everything or fresh or self._source.synced is None else ()
        if listing.elsewhere:
            self._report.notes.append(f"{url}: {listing.elsewhere} links to other sites were left out")
        if self._named is not None:
            self._named = self._named | {link.url for link in listing.links} if listing.everything else None
        # An index is asked for in full each time: unchanged, it would not say which sitemaps to look at.
        validators = (None, None) if listing.further else (_header(reply, "etag"), _header(reply, "last-modified"))
        self._ledger.took(url, (), *validators, page=False)
        return further

    # ---- its pages -----------------------------------------------------------------------------------------------

    def take(self, retry: bool, stop: Callable[[], bool], progress: Callable[[int], None]) -> None:
        """Ask for the pages that are due."""
        settings = self._holdings.settings.sources
        due = [page for page in self._ledger.pages(self._source) if retry or page.failures < settings.give_up_after]
        due.sort(key=self._rank)
        self._report.put_off += len(due[settings.pages_per_sync :])
        for page in due[: settings.pages_per_sync]:
            if stop():
                return
            try:
                self._visit(page)
            except FetchError as problem:
                if problem.put_off:
                    self._report.put_off += 1
                else:
                    self._fail(page, problem)
            except InputError as problem:
                self._fail(page, problem)
            progress(1)

    def _rank(self, page: Address) -> int:
        if page.fetched_at is None:
            return 0
        if page.updated is not None and page.updated > page.fetched_at:
            return 1
        gone = self._named is not None and page.url not in self._named
        return 2 if gone and page.missing_since is None else 3

    def _visit(self, page: Address) -> None:
        if page.statements and not self._holdings.archive.statements(page.statements):
            self._ledger.unchanged(page.url)  # a person has removed what it gave, which is not to come back by itself
            return
        reply = self._visitor.get(page.url, etag=page.etag, last_modified=page.last_modified, site=self._source.url)
        if reply.status in GONE:
            self._gone(page, reply)
            return
        if reply.status == 304:
            self._report.checked += 1
            self._ledger.unchanged(page.url)
        else:
            if reply.url != page.url and reply.url in (self._source.url, canonical("/", base=reply.url)):
                raise FetchError(page.url, f"leads to {reply.url} now; the statement may be gone")
            self._hold(page, reply)
        if page.missing_since is not None:
            for statement in page.statements:
                self._holdings.archive.withdraw(statement, withdrawn=False)
                self._report.restored.append(statement)
            self._ledger.back(page.url)

    def _hold(self, page: Address, reply: Reply) -> None:
        items = list(items_of(reply, page.url, {"date": page.published}))
        report = ingest(items, self._holdings, issuer=self._source.issuer)
        for name in ("new", "changed", "updated", "unchanged", "passages"):
            setattr(self._report.taken, name, getattr(self._report.taken, name) + getattr(report, name))
        if not report.statements:
            raise report.problems[0] if report.problems else InputError(page.url, "has no statement")
        self._report.problems += report.problems
        ids = {str(item.fields["id"]) for item in items if isinstance(item, Item)}
        held = self._holdings.archive.statements(ids)
        self._ledger.took(page.url, held, _header(reply, "etag"), _header(reply, "last-modified"))

    def _gone(self, page: Address, reply: Reply) -> None:
        """Mark the page's statements as withdrawn: not for a mere silence, but where the server says that it is gone.

        What a person has marked stays that person's: it is neither marked here nor restored later.
        """
        if not page.statements:
            raise FetchError(page.url, f"was answered with HTTP status {reply.status}")
        held = self._holdings.archive.statements(page.statements)
        if page.missing_since is None and all(statement.withdrawn for statement in held.values()):
            self._ledger.unchanged(page.url)
            return
        self._ledger.missing(page.url)  # first, so that after a kill in between the mark is known for ours
        for statement in held.values():
            if not statement.withdrawn and not self._ledger.elsewhere(statement.id, page.url):
                self._holdings.archive.withdraw(statement.id)
                self._report.withdrawn.append(statement.id)

    def _fail(self, page: Address, problem: InputError) -> None:
        self._report.problems.append(problem)
        self._ledger.failed(page.url, problem.problem)


def _page(reply: Reply) -> Reply:
    if reply.status in GONE:
        raise FetchError(reply.url, f"was answered with HTTP status {reply.status}")
    return reply


def _told(url: str, ledger: Ledger, issuer: str | None, published: str | None) -> dict[str, str | None]:
    """What is known of a page from elsewhere, and counts where the page itself does not say."""
    known = ledger.address(url)
    source = ledger.source(str(known.source_id)) if known else None
    return {
        "date": published or (known.published if known else None),
        "issuer": issuer or (source.issuer if source else None),
    }


def _dates(link: Link) -> tuple[str | None, datetime | None]:
    return link.published, link.updated and link.updated.astimezone(UTC)


def _header(reply: Reply, name: str) -> str | None:
    """A validator as it came, where it is one that can be sent back."""
    value = reply.headers.get(name, "")
    return value if value.isprintable() and 0 < len(value) <= 1000 and value.isascii() else None
