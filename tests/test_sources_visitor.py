"""Manners: robots.txt, a pace, redirects, retries; against a server that needs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network

import pytest

from corpus.errors import AddressRefused, FetchError
from corpus.settings import SourceSettings
from ingest.sources.fetch import Fetcher
from ingest.sources.guard import Guard
from ingest.sources.visitor import Visitor
from tests.site import Site, in_turn, redirect, send, serving

LOOPBACK = ip_network("127.0.0.1/32")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def visitor(site: Site, waits: list[float] | None = None, **given: object) -> Visitor:
    """One that notes its waits instead of waiting. Names resolve to the site, but `inside.example` to this network."""

    def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.7"] if host == "inside.example" else ["127.0.0.1"]

    settings = SourceSettings(**{"seconds_between": 0.0, **given})  # type: ignore[arg-type]
    guard = Guard((LOOPBACK,), frozenset({site.port}), resolve)
    waited = [] if waits is None else waits
    return Visitor(settings, Fetcher(settings, guard), sleep=waited.append)


def test_a_server_that_fails_and_recovers_is_asked_again_after_longer_and_longer_waits(site: Site) -> None:
    site.at["/x"] = in_turn((500, b"", {}), (503, b"", {}), (200, b"hello", {}))
    waits: list[float] = []
    assert visitor(site, waits, backoff=2.0).get(site.url("/x")).body == b"hello"
    assert len(waits) == 2 and 1.8 <= waits[0] <= 2.2 and 3.6 <= waits[1] <= 4.4


def test_a_server_that_keeps_failing_is_given_up(site: Site) -> None:
    site.at["/x"] = in_turn((500, b"", {}))
    with pytest.raises(FetchError, match="HTTP status 500") as error:
        visitor(site, attempts=3).get(site.url("/x"))
    assert error.value.temporary and site.asked.count("/x") == 3


@pytest.mark.parametrize("status", [400, 401, 403, 451, 204, 206, 304])
def test_what_will_not_get_better_is_asked_once(site: Site, status: int) -> None:
    site.at["/x"] = lambda request: send(request, status)
    with pytest.raises(FetchError, match=f"HTTP status {status}"):
        visitor(site).get(site.url("/x"))
    assert site.asked.count("/x") == 1


def test_retry_after_is_obeyed_as_seconds_and_as_a_date(site: Site) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    site.at["/x"] = in_turn((429, b"", {"Retry-After": "7"}), (503, b"", {"Retry-After": soon}), (200, b"hello", {}))
    waits: list[float] = []
    assert visitor(site, waits).get(site.url("/x")).body == b"hello"
    assert waits[0] == 7 and 20 < waits[1] <= 30


def test_a_server_that_asks_for_a_long_wait_is_left_alone(site: Site) -> None:
    site.at["/x"] = in_turn((429, b"", {"Retry-After": "3600"}))
    site.at["/y"] = b"there"
    waits: list[float] = []
    guest = visitor(site, waits, longest_wait=60.0)
    with pytest.raises(FetchError) as first:
        guest.get(site.url("/x"))
    with pytest.raises(FetchError, match="left alone for 3600 s") as second:
        guest.get(site.url("/y"))
    assert not first.value.put_off and second.value.put_off
    assert site.asked.count("/x") == 1 and "/y" not in site.asked and waits == []


def test_a_server_that_failed_for_several_addresses_is_not_asked_for_more(site: Site) -> None:
    for path in ("/a", "/b", "/c", "/d"):
        site.at[path] = in_turn((500, b"", {}))
    guest = visitor(site, attempts=1)
    problems = []
    for path in ("/a", "/b", "/c", "/d"):
        with pytest.raises(FetchError) as error:
            guest.get(site.url(path))
        problems.append(error.value.put_off)
    assert problems == [False, False, False, True] and "/d" not in site.asked


def test_requests_to_a_host_keep_their_distance(site: Site) -> None:
    site.at["/x"] = b"hello"
    waits: list[float] = []
    guest = visitor(site, waits, seconds_between=5.0)
    guest.get(site.url("/x"))  # after robots.txt
    guest.get(site.url("/x"))
    assert len(waits) == 2 and 4 < waits[0] <= 5 and 9 < waits[1] <= 10  # these waits pass at once
    guest.get(site.url("/x", "other.example"))
    assert len(waits) == 3  # robots.txt there had no one before it


def test_robots_txt_is_read_once_and_obeyed(site: Site) -> None:
    site.at["/robots.txt"] = "User-agent: OnRecord\nDisallow: /internal/\nAllow: /internal/open\nCrawl-delay: 3\n"
    site.at |= {"/x": b"x", "/internal/y": b"y", "/internal/open": b"z"}
    waits: list[float] = []
    guest = visitor(site, waits)
    assert guest.get(site.url("/x")).body == b"x"
    with pytest.raises(AddressRefused, match=r"robots\.txt"):
        guest.get(site.url("/internal/y"))
    assert guest.get(site.url("/internal/open")).body == b"z"
    assert site.asked == ["/robots.txt", "/x", "/internal/open"]
    assert len(waits) == 1 and 2 < waits[0] <= 3
    assert site.headers[0]["user-agent"].startswith("OnRecord/")


def test_robots_txt_for_others_says_nothing_to_us(site: Site) -> None:
    site.at["/robots.txt"] = "User-agent: BadBot\nDisallow: /\n"
    site.at["/x"] = b"x"
    assert visitor(site).get(site.url("/x")).body == b"x"


def test_where_robots_txt_cannot_be_read_nothing_is_fetched(site: Site) -> None:
    site.at |= {"/robots.txt": in_turn((503, b"", {})), "/x": b"x"}
    with pytest.raises(FetchError, match="robots.txt: cannot be read") as error:  # noqa: RUF043
        visitor(site).get(site.url("/x"))
    assert error.value.put_off and "/x" not in site.asked


def test_where_robots_txt_is_not_there_or_not_shown_everything_is_open(site: Site) -> None:
    site.at |= {"/robots.txt": in_turn((403, b"", {})), "/x": b"x"}
    assert visitor(site).get(site.url("/x")).body == b"x"


@pytest.mark.parametrize("body", [b"\0\xff" * 1000, b"User-agent: *\n" + b"Disallow: /" + b"*a" * 5000, b"<html>"])
def test_any_robots_txt_is_survived(site: Site, body: bytes) -> None:
    site.at |= {"/robots.txt": body, "/" + "a" * 1500: b"x"}
    assert visitor(site).get(site.url("/" + "a" * 1500)).body == b"x"


def test_redirects_are_followed_to_where_they_end(site: Site) -> None:
    site.at |= {"/a": redirect("/b"), "/b": redirect("c?x=1#part"), "/c?x=1": b"end"}
    reply = visitor(site).get(site.url("/a"))
    assert (reply.url, reply.body) == (site.url("/c?x=1"), b"end")


def test_redirects_in_a_circle_end(site: Site) -> None:
    site.at |= {"/a": redirect("/b"), "/b": redirect("/a")}
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        visitor(site).get(site.url("/a"))
    assert len(site.asked) == 7  # robots.txt and six


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[::1]/"]
)
def test_redirects_to_what_is_not_allowed_are_refused(site: Site, to: str) -> None:
    site.at["/a"] = redirect(to)
    with pytest.raises(FetchError, match="refused"):
        visitor(site).get(site.url("/a"))


def test_redirects_to_a_name_of_a_private_network_are_refused(site: Site) -> None:
    site.at["/a"] = redirect(site.url("/x", "inside.example"))
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.7 is not public"):
        visitor(site).get(site.url("/a", "mod.example"))


def test_redirects_to_what_robots_txt_forbids_are_not_followed(site: Site) -> None:
    site.at |= {"/robots.txt": "User-agent: *\nDisallow: /closed", "/a": redirect("/closed"), "/closed": b"x"}
    with pytest.raises(AddressRefused, match=r"robots\.txt"):
        visitor(site).get(site.url("/a"))
    assert "/closed" not in site.asked


def test_redirects_leave_a_site_only_where_that_is_wanted(site: Site) -> None:
    site.at |= {"/a": redirect(site.url("/b", "other.example")), "/b": b"elsewhere"}
    start = site.url("/a", "mod.example")
    assert visitor(site).get(start).body == b"elsewhere"
    with pytest.raises(FetchError, match="another site"):
        visitor(site).get(start, site=start)


def test_an_unchanged_page_is_not_sent_again(site: Site) -> None:
    site.at["/x"] = b"hello"
    guest = visitor(site)
    first = guest.get(site.url("/x"))
    again = guest.get(site.url("/x"), etag=first.headers["etag"], last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert site.headers[-1]["if-modified-since"] == "Mon, 02 Mar 2026 10:00:00 GMT"
    site.at["/x"] = b"hello, changed"
    assert guest.get(site.url("/x"), etag=first.headers["etag"]).body == b"hello, changed"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_told(site: Site, status: int) -> None:
    site.at["/x"] = lambda request: send(request, status)
    assert visitor(site).get(site.url("/x")).status == status
