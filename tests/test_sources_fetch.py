"""Single requests: which addresses are called, and what a server can do to whoever calls it."""

from __future__ import annotations

import gzip
import ssl
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import AddressRefused, FetchError
from corpus.settings import SourceSettings
from ingest.sources.fetch import Fetcher, gunzip
from ingest.sources.guard import Guard, is_public
from ingest.sources.urls import canonical, same_site, statement_id
from tests.site import Site, send, serving

LOOPBACK = ip_network("127.0.0.0/8")
BOMB = gzip.compress(b"\0" * 50_000_000)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def fetcher(site: Site, **settings: object) -> Fetcher:
    """One that may call the site."""
    return Fetcher(SourceSettings(**settings), Guard((LOOPBACK,), frozenset({site.port})))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 255.255.255.255 "
    "198.18.0.1 ::1 :: fe80::1 fc00::1 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 2002:7f00:1:: "
    "64:ff9b::a00:1 64:ff9b:1::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1".split(),
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(AddressRefused, match="not public"):
        Guard(resolve=lambda host, port: [address]).addresses("mod.example", 443, "x")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert Guard(resolve=lambda host, port: [address]).addresses("mod.example", 443, "x") == [address]


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(AddressRefused):
        Guard(resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"]).addresses("mod.example", 443, "x")


def test_networks_and_ports_are_allowed_by_setting_only() -> None:
    guard = Guard((ip_network("10.2.0.0/16"),), frozenset({443}), lambda host, port: [host])
    assert guard.addresses("10.2.3.4", 443, "x") == ["10.2.3.4"]
    with pytest.raises(AddressRefused, match="not public"):
        guard.addresses("10.3.3.4", 443, "x")
    with pytest.raises(AddressRefused, match="port 22"):
        guard.addresses("10.2.3.4", 22, "x")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]"])
def test_this_machine_is_not_called_by_default_however_it_is_written(site: Site, host: str) -> None:
    plain = Fetcher(SourceSettings(), Guard(ports=frozenset({site.port})))
    with pytest.raises(FetchError, match=r"refused|not known|not a web address"):
        plain.get(canonical(site.url("/", host)))
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    "ftp://mod.example/ file:///etc/passwd gopher://mod.example/ javascript:alert(1) //mod.example/x mod.example "
    "http:///x http://u:p@mod.example/ http://u@mod.example/ http://[fe80::1%25eth0]/ http://mod.example:99999/ "
    "http://ex%61mple%2f/".split(),
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as refused:
        canonical(url)
    assert "u:p" not in str(refused.value)


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", "http://", "https://mod.example/", "http://mod.example?"]))
def test_any_text_is_an_address_or_an_error_and_the_form_is_stable(text: str, start: str) -> None:
    try:
        url = canonical(start + text)
    except FetchError:
        return
    assert canonical(url) == url and url.isascii() and "#" not in url
    assert statement_id(url) and len(statement_id(url)) < 400


def test_one_page_has_one_id() -> None:
    plain = canonical("https://mod.example/press?reg=3&PRID=21&lang=1")
    assert statement_id(plain) == "mod.example/press?reg=3&PRID=21&lang=1"
    others = (
        "http://www.mod.example:80/press?reg=3&PRID=21&lang=1",
        "HTTPS://MOD.example:443/press?reg=3&utm_source=x&PRID=21&lang=1&fbclid=7#top",
    )
    assert {statement_id(canonical(url)) for url in others} == {statement_id(plain)}
    assert statement_id(canonical("https://mod.example/press?reg=3&PRID=22&lang=1")) != statement_id(plain)
    assert same_site("https://www.mod.example/a", "http://feeds.mod.example/b")
    assert not same_site("https://mod.example/", "https://notmod.example/")


def test_a_name_that_changes_between_look_and_call_gains_nothing(site: Site) -> None:
    """DNS rebinding: the name is resolved once, and the call goes to what was checked."""
    site.at["/"] = "secret"
    answers = [["192.0.2.1"], ["127.0.0.1"]]  # the first is not public either, but not this machine
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    settings = SourceSettings(timeout=0.3, total_timeout=0.5)
    rebound = Fetcher(settings, Guard((ip_network("192.0.2.0/24"),), frozenset({site.port}), resolve))
    with pytest.raises(FetchError):  # nobody answers at 192.0.2.1
        rebound.get(site.url("/", "mod.example"))
    assert asked == ["mod.example"] and site.asked == []
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.1 is not public"):
        rebound.get(site.url("/", "mod.example"))
    assert site.asked == []


def test_the_call_goes_to_the_resolved_address_and_names_the_host(site: Site) -> None:
    site.at["/x"] = "hello"
    guard = Guard((LOOPBACK,), frozenset({site.port}), lambda host, port: ["127.0.0.1"])
    assert Fetcher(SourceSettings(), guard).get(site.url("/x", "mod.example")).body == b"hello"
    assert site.headers[0]["host"] == f"mod.example:{site.port}"
    assert "cookie" not in site.headers[0]


def test_tls_verifies_the_name_and_not_the_address() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("mod.example").configure_cert(server)
    authority.configure_trust(client)
    with serving(server) as site:
        site.at["/"] = "hello"
        guard = Guard((LOOPBACK,), frozenset({site.port}), lambda host, port: ["127.0.0.1"])
        assert Fetcher(SourceSettings(), guard, client).get(site.url("/", "mod.example")).body == b"hello"
        with pytest.raises(FetchError, match="certificate"):
            Fetcher(SourceSettings(), guard, client).get(site.url("/", "other.example"))
        with pytest.raises(FetchError, match="certificate"):  # an authority that nobody knows
            Fetcher(SourceSettings(), guard).get(site.url("/", "mod.example"))


def _endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"more and more " * 1000)


def _dripping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(200):
        request.wfile.write(b"x")
        time.sleep(0.05)


def _slow(request: BaseHTTPRequestHandler) -> None:
    time.sleep(1)
    send(request, 200, b"late")


def _endless_headers(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.flush_headers()
    while True:
        request.wfile.write(b"X-More: " + b"y" * 1000 + b"\r\n")


def _cut_short(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"only this")


def _gzipped(body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda request: send(request, 200, body, {"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    ("answer", "problem", "temporary"),
    [
        (_endless, "is larger than", False),
        (_dripping, "in time", True),
        (_slow, "in time", True),
        (_endless_headers, "cannot be reached", True),
        (_cut_short, "cannot be reached", True),
        (_gzipped(BOMB), "unpacks to more than", False),
        (_gzipped(gzip.compress(b"x" * 5000)[:-20]), "cut short", True),
        (_gzipped(b"not gzip at all"), "is not gzip", False),
        (_gzipped(gzip.compress(b"") * 200), "too many parts", False),
        (lambda request: send(request, 200, b"x", {"Content-Encoding": "br"}), "not asked for", False),
        (lambda request: request.wfile.write(b"\0\1\2 no HTTP\r\n\r\n"), "cannot be reached", True),
        (lambda request: None, "cannot be reached", True),
    ],
)
def test_a_misbehaving_server_costs_one_error(
    site: Site, answer: Callable[[BaseHTTPRequestHandler], None], problem: str, temporary: bool
) -> None:
    site.at["/"] = answer
    limited = fetcher(site, timeout=0.4, total_timeout=0.8, max_bytes=1_000_000)
    with pytest.raises(FetchError, match=problem) as error:
        limited.get(site.url("/"))
    assert error.value.temporary is temporary and error.value.where == site.url("/")


def test_a_body_said_to_be_too_large_is_not_read(site: Site) -> None:
    site.at["/"] = b"x" * 2_000
    with pytest.raises(FetchError, match="larger than 1,000 bytes"):
        fetcher(site, max_bytes=1_000).get(site.url("/"))
    assert len(fetcher(site, max_bytes=2_000).get(site.url("/")).body) == 2_000


def test_packed_bodies_are_unpacked(site: Site) -> None:
    site.at["/"] = _gzipped(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0")
    assert fetcher(site).get(site.url("/")).body == b"one two"


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_gunzip_gives_back_or_refuses(data: bytes, most: int) -> None:
    if len(data) <= most:
        assert gunzip(gzip.compress(data), most, "x") == data
    else:
        with pytest.raises(FetchError, match="unpacks to more"):
            gunzip(gzip.compress(data), most, "x")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_gunzip_of_anything_gives_bytes_or_an_error(data: bytes) -> None:
    try:
        assert len(gunzip(data, 100, "x")) <= 100
    except FetchError as problem:
        assert problem.where == "x"
