"""A real reverse proxy with TLS in front of a real server, from the files of docs/deploy; and what is asked of both."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
import trustme
from conftest import ROOT
from playwright.sync_api import ConsoleMessage, Page, expect
from serving import OPEN, QUESTION

from corpus.holdings import Holdings
from corpus.model import Filters
from rag.engine import Engine
from rag.model import Event, Turn
from tests.chat_site import ask, marked

DEPLOY = ROOT / "docs" / "deploy"
PREFIX = "/onrecord"


@dataclass(frozen=True)
class Certificate:
    """Of 127.0.0.1, in files; `trusting` is a client's context that believes it."""

    chain: Path
    key: Path
    trusting: ssl.SSLContext

    @classmethod
    def made(cls, folder: Path) -> Certificate:
        """A new one, from an authority that nobody else knows."""
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        return cls(chain, key, trusting)


class Held(Engine):
    """The real engine, which goes on only when `seen` is set once a question is understood."""

    def __init__(self, holdings: Holdings) -> None:
        super().__init__(holdings)
        self.seen = threading.Event()
        self.seen.set()

    def stream(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Iterator[Event]:
        """As ever, with a wait in the middle."""
        events = super().stream(text, history=history, filters=filters, today=today)
        yield next(events)
        if not self.seen.wait(20):
            raise AssertionError("What was said first did not get out before the rest was ready.")
        yield from events


@dataclass(frozen=True)
class Behind:
    """A server in `PREFIX` of a portal.

    Attributes:
        public: the address that readers know, below the proxy.
        direct: where the server listens, which nobody should call.
        engine: what answers.
        trusting: what a client believes of certificates.
    """

    public: str
    direct: str
    engine: Held
    trusting: ssl.SSLContext

    @property
    def origin(self) -> str:
        """The portal's address."""
        return self.public.removesuffix(PREFIX)

    def client(self, headers: dict[str, str]) -> httpx.Client:
        """What calls from outside."""
        return httpx.Client(base_url=self.public, headers=headers, verify=self.trusting, timeout=60)


def checked_interfaces(place: Behind, headers: dict[str, str]) -> None:
    """What programs call works below the path, and says the right addresses."""
    with place.client(headers) as client:
        answer = client.post("/api/v1/ask", json={"question": QUESTION})
        assert answer.status_code == 200 and answer.json()["citations"], answer.text
        assert client.get("/openapi.json").json()["servers"] == [{"url": PREFIX}]
        pages = client.get("/api/v1/statements", params={"limit": 1})
        following = pages.links["next"]["url"]
        assert client.get(httpx.URL(place.public).join(following)).status_code == 200, following
        started = client.post("/api/v1/conversations", json={"title": "Harbours"})
        assert started.status_code == 201
        assert client.get(httpx.URL(place.public).join(started.headers["location"])).json()["title"] == "Harbours"
        assert client.get(f"{place.origin}{PREFIX}").headers["location"].endswith(f"{PREFIX}/")
        page = client.get("/").text
        assets = sorted(set(re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page)))
        assert assets
        for asset in assets:
            assert client.get(httpx.URL(f"{place.public}/").join(asset)).status_code == 200, asset


def checked_streaming(place: Behind, headers: dict[str, str]) -> None:
    """What an answer says first is here before the rest of it is made."""
    place.engine.seen.clear()
    try:
        sent = {"json": {"question": QUESTION}, "headers": {"Accept": "text/event-stream"}}
        with place.client(headers) as client, client.stream("POST", "/api/v1/ask", **sent) as reply:  # type: ignore[arg-type]
            lines = (line for line in reply.iter_lines() if line.startswith("event: "))
            assert next(lines) == "event: understood"
            place.engine.seen.set()
            assert list(lines)[-1] == "event: answer"
    finally:
        place.engine.seen.set()


def checked_chat(place: Behind, page: Page) -> None:
    """A reader, signed in already, asks, opens a source, asks further, and comes back by a permalink."""
    wrong: list[str] = []
    page.on(
        "console", lambda message: wrong.append(f"{message.text} {message.location}") if _is_ours(message) else None
    )
    page.on("request", lambda request: wrong.append(request.url) if _outside(request.url, place) else None)
    page.goto(f"{place.public}/")
    expect(page.locator(".or-example").first).to_be_visible(timeout=30_000)
    ask(page, "When would the breakwater be finished?")
    page.locator("#or-now .or-chip").first.click()
    assert marked(page) == OPEN
    ask(page, "and who said so?")
    expect(page.locator(".or-exchange")).to_have_count(2)
    with page.expect_download() as download:
        page.locator("#or-top a[href*='/exports/'], #or-top a[href*='exports/']").first.click()
    assert download.value.path().stat().st_size > 100
    page.reload()
    expect(page.locator(".or-exchange")).to_have_count(2)
    assert wrong == [], wrong


def _is_ours(message: ConsoleMessage) -> bool:
    """Whether it is an error, and not that of a portal without an icon, for which browsers ask at its root."""
    return message.type == "error" and not str(message.location.get("url")).endswith("/favicon.ico")


def _outside(url: str, place: Behind) -> bool:
    return not url.startswith((f"{place.public}/", "data:", "blob:"))


def program(name: str) -> str:
    """Where a program is; required where ONRECORD_REQUIRE_PROXIES is set, else the test is skipped without it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        reason = f"{name} is not installed (Debian: apt-get install {name})"
        if os.environ.get("ONRECORD_REQUIRE_PROXIES"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def replaced(text: str, changes: dict[str, str]) -> str:
    """A shipped file with a test's own addresses and paths; each of them has to be in it."""
    for shipped, own in changes.items():
        assert shipped in text, f"{shipped!r} is no longer in the shipped file"
        text = text.replace(shipped, own)
    return text


@contextmanager
def running(command: Sequence[str], log: Path, url: str, trusting: ssl.SSLContext) -> Iterator[None]:
    """A program until the block ends, from the moment when something answers at an address."""
    environment = os.environ | {"HOME": str(log.parent), "XDG_DATA_HOME": str(log.parent)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        until = time.monotonic() + 30
        while not _answers(url, trusting):
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str, trusting: ssl.SSLContext) -> bool:
    try:
        return httpx.get(url, verify=trusting, timeout=5).status_code < 500
    except httpx.TransportError:
        return False
