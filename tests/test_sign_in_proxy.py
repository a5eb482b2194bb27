"""A proxy in front: its word for who reads, from its address alone, and a server that sits below a path."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from serving import OPEN, QUESTION, bearer, free_port, restricted, served, wait_for
from starlette.types import Receive, Scope, Send

from corpus.settings import Settings
from rag.engine import Engine
from ui.access.keys import Keys
from ui.access.store import open_store
from ui.access.ways import comes_from

CHROMIUM = Path("/usr/bin/chromium")
PROXY, ELSEWHERE = "127.0.0.2", "127.0.0.3"  # all of 127.0.0.0/8 is this machine


class Proxy:
    """A small reverse proxy that takes a path off, as nginx does with `location /onrecord/ { proxy_pass .../; }`."""

    def __init__(self, target: str, prefix: str, headers: dict[str, str]) -> None:
        self._prefix, self._headers = prefix, headers
        transport = httpx.AsyncHTTPTransport(local_address=PROXY)
        self._client = httpx.AsyncClient(base_url=target, transport=transport, timeout=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        if not scope["path"].startswith(f"{self._prefix}/"):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"not below the path"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        sent = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"connection")]
        sent = [(name, value) for name, value in sent if name.decode().title() not in self._headers]
        more_headers = {**self._headers, "X-Forwarded-For": scope["client"][0], "X-Forwarded-Proto": "http"}
        sent += [(name.encode(), value.encode()) for name, value in more_headers.items()]
        path = scope["path"].removeprefix(self._prefix) + "?" + scope["query_string"].decode()
        request = self._client.build_request(scope["method"], path, content=body)
        request.headers = httpx.Headers([*sent, (b"content-length", str(len(body)).encode())])
        reply = await self._client.send(request, stream=True)
        kept = [(n.lower(), v) for n, v in reply.headers.raw if n.lower() not in (b"connection", b"transfer-encoding")]
        await send({"type": "http.response.start", "status": reply.status_code, "headers": kept})
        async for part in reply.aiter_raw():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        await reply.aclose()


@contextmanager
def proxied(proxy: Proxy, port: int) -> Iterator[None]:
    """The proxy, listening."""
    server = uvicorn.Server(uvicorn.Config(proxy, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """What is asked."""
    with restricted(Settings(archive=tmp_path_factory.mktemp("archive"))) as engine:
        yield engine


@pytest.fixture(scope="module")
def address(archive: Engine) -> Iterator[str]:
    """A server that believes a proxy."""
    settings = Settings(
        archive=archive.holdings.archive.folder,
        server={"proxies": [PROXY], "hosts": ["127.0.0.1"]},  # type: ignore[arg-type]
        sign_in={"mode": "proxy", "admin_groups": ["keepers"]},  # type: ignore[arg-type]
    )
    with served(archive, settings) as url:
        yield url


def ask(url: str, origin: str, headers: dict[str, str] | list[tuple[str, str]]) -> httpx.Response:
    """Ask from an address of this machine."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=origin), timeout=60) as client:
        return client.post(f"{url}/api/v1/ask", json={"question": QUESTION}, headers=headers)


@pytest.mark.parametrize(
    ("groups", "seen"), [("", 1), ("blue", 2), ("blue,red", 3), ("blue , ,nobody", 2), ("BLUE", 1), ("blue red", 1)]
)
def test_the_proxy_says_who_reads(address: str, groups: str, seen: int) -> None:
    reply = ask(address, PROXY, {"X-Forwarded-User": "ann", "X-Forwarded-Groups": groups})
    assert reply.status_code == 200 and reply.json()["searched"]["statements"] == seen


def test_from_elsewhere_nothing_is_believed_or_answered(address: str, archive: Engine) -> None:
    store = open_store(archive.holdings.archive.folder)
    _, secret = Keys(store).add("program")
    claims = {"X-Forwarded-User": "ann", "X-Forwarded-Groups": "blue", "X-Forwarded-For": PROXY, "X-Real-IP": PROXY}
    for headers in (claims, {}, bearer(secret), claims | {"Forwarded": f"for={PROXY}"}):
        for origin in (ELSEWHERE, "127.0.0.1"):
            reply = ask(address, origin, headers)
            assert reply.status_code == 403 and "statement" not in reply.text.replace("ONRECORD", "")
    assert ask(address, PROXY, bearer(secret)).status_code == 200, "a program comes through the proxy, with its key"
    store.close()


def test_a_proxy_that_says_nothing_clear_is_not_believed(address: str) -> None:
    assert ask(address, PROXY, {}).status_code == 401
    assert ask(address, PROXY, {"X-Forwarded-User": ""}).status_code == 401
    assert ask(address, PROXY, {"X-Forwarded-User": "a" * 201}).status_code == 401
    assert ask(address, PROXY, [("X-Forwarded-User", "ann"), ("X-Forwarded-User", "eve")]).status_code == 401


def test_behind_the_proxy_too_only_our_own_page_changes_something(address: str) -> None:
    who = {"X-Forwarded-User": "ann"}
    assert ask(address, PROXY, who | {"Origin": address}).status_code == 200
    assert ask(address, PROXY, who | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ask(address, PROXY, who | {"Origin": "https://evil.example"}).status_code == 403


def test_addresses_and_networks() -> None:
    networks = Settings(server={"proxies": ["10.1.0.0/16", "2001:db8::/32", "192.0.2.7"]}).server.proxies  # type: ignore[arg-type]
    inside = ["10.1.2.3", "2001:db8::1", "192.0.2.7", "::ffff:10.1.2.3"]
    outside = ["10.2.0.1", "192.0.2.8", "2001:db9::1", "", None, "proxy.example", "10.1.2.3, 1.1.1.1"]
    assert all(comes_from(address, networks) for address in inside)
    assert not any(comes_from(address, networks) for address in outside)


@pytest.fixture(scope="module")
def below(archive: Engine) -> Iterator[str]:
    """Where a server below a path is reached, through a proxy that signs in everybody as Ann of the group blue."""
    port = free_port()
    public = f"http://127.0.0.1:{port}/portal/onrecord"
    settings = Settings(
        archive=archive.holdings.archive.folder,
        server={"proxies": [PROXY], "public_url": public},  # type: ignore[arg-type]
        sign_in={"mode": "proxy"},  # type: ignore[arg-type]
    )
    who = {"X-Forwarded-User": "ann", "X-Forwarded-Groups": "blue"}
    with served(archive, settings) as url, proxied(Proxy(url, "/portal/onrecord", who), port):
        wait_for(f"{public}/healthz")
        yield public


def test_the_interfaces_work_below_a_path(below: str) -> None:
    answer = httpx.post(f"{below}/api/v1/ask", json={"question": QUESTION}, timeout=60)
    assert answer.status_code == 200 and answer.json()["searched"]["statements"] == 2
    assert httpx.get(f"{below}/openapi.json").json()["servers"] == [{"url": "/portal/onrecord"}]
    page = httpx.get(f"{below}/").text
    for asset in sorted(set(re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page))):
        got = httpx.get(httpx.URL(f"{below}/").join(asset))
        assert got.status_code == 200, asset


@pytest.mark.browser
def test_the_page_works_below_a_path(below: str, browser: Browser) -> None:
    page = browser.new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if below not in request.url else None)
    page.goto(f"{below}/")
    page.get_by_label("Question", exact=True).fill("When would the breakwater be finished?")
    page.get_by_label("Question", exact=True).press("Enter")
    expect(page.locator("body")).to_contain_text(OPEN.rpartition("said ")[2], timeout=60_000)
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    page.close()
