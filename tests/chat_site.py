"""A chat to test in a real browser: a small archive, a server over it, and what a reader does with its page."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page, Route, expect

from corpus.holdings import Holdings
from corpus.model import Filters, Statement
from corpus.settings import LimitSettings, Settings
from ingest.vectors import embed_due
from rag.engine import Engine
from rag.model import Event, Turn
from tests.conftest import paragraphs
from ui.access.boundary import LOOPBACK
from ui.server import create_app

HOSTILE = (
    'The harbourmaster of Elsewhere said <img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    " ${window.hacked=1} [x](javascript:hacked) ” [1] and closed the port."
)
MEETING = "What did the Minister say about the harbour agreement?"
YARD = "How many ships would be built?"
CALLS = "List every call with Freedonia"
COMPARED = "How did the calls with Freedonia and Ruritania differ?"
FILLER = "\n\n".join(f"Paragraph {n} of the readout records routine business." for n in range(40))
HARBOUR = "The Minister said the harbour agreement would be signed in May."
HARBOUR_BEFORE = "The Minister said the harbour treaty would be signed in April."
SHIPS = "The Secretary added that two ships would be built."
STATEMENTS = {
    "gov/harbour": ("Readout of the harbour talks", f"{FILLER}\n\n{HARBOUR}\n\n{FILLER}", "readout"),
    "gov/ships": ("Press release on shipbuilding", f"An opening line.\n\n{SHIPS}", "press-release"),
    "gov/hostile": (f"A hostile title {HOSTILE}", HOSTILE, "statement"),
    "gov/call/1": ("Readout of the call with Freedonia", "The Minister called Freedonia about grain.", "readout"),
    "gov/call/2": ("Readout of a call with Freedonia", "The Minister called Freedonia about ferries.", "readout"),
    "gov/call/3": ("Readout of another call with Freedonia", "The Minister called Freedonia about fish.", "readout"),
    "gov/call/4": ("Readout of the call with Ruritania", "The Minister called Ruritania about timber.", "readout"),
}


class Fragile(Engine):
    """The real engine, with defects that a question can set off."""

    go_on = threading.Event()

    def stream(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Iterator[Event]:
        """As ever, unless told to explode or to dawdle."""
        if text == "explode":
            raise RuntimeError("a secret of the machine room")
        if text == "dawdle":
            self.go_on.wait(30)
        yield from super().stream(text, history=history, filters=filters, today=today)


@contextmanager
def chat_served(folder: Path, limits: LimitSettings | None = None) -> Iterator[str]:
    """The address of a server over a new archive in a folder; one of its statements was edited once."""
    settings = Settings(archive=folder, limits=limits or LimitSettings())
    with Holdings(settings, create=True) as holdings:
        for number, (name, (title, text, kind)) in enumerate(STATEMENTS.items(), 1):
            when = date(2025, number, number)
            held = Statement(name, title, when, "Ministry of Examples", kind=kind, url="https://example.org/a")
            for said in [text.replace(HARBOUR, HARBOUR_BEFORE), text] if HARBOUR in text else [text]:
                holdings.archive.put(held, said, said.encode(), "test", paragraphs(said))
        embed_due(holdings.archive, holdings.embedder)
        holdings.catch_up()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        app = create_app(Fragile(holdings), settings, hosts=LOOPBACK)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)


@contextmanager
def page_open(browser: Browser, address: str, **context: object) -> Iterator[Page]:
    """The chat just opened; at the end, nothing may have left this machine and nothing may have gone wrong."""
    left: list[str] = []
    errors: list[str] = []

    def local_only(route: Route) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            left.append(route.request.url)
            route.abort()

    opened = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | context))  # type: ignore[arg-type]
    opened.route("**/*", local_only)
    page = opened.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address)
    expect(page.locator(".or-example").first).to_be_visible(timeout=30_000)
    yield page
    opened.close()
    assert left == []
    assert errors == []


def ask(page: Page, question: str) -> None:
    """Type a question and wait for its whole answer."""
    page.get_by_label("Question", exact=True).fill(question)
    page.get_by_label("Question", exact=True).press("Enter")
    answered(page, question)


def answered(page: Page, question: str) -> None:
    """Wait for the whole answer to a question."""
    expect(page.locator("#or-now .or-question")).to_have_text(question)
    expect(page.locator("#or-now .or-foot")).to_be_visible(timeout=15_000)


def marked(page: Page) -> str:
    """The words that are marked in the statement, which have to be in sight."""
    expect(page.locator("#or-mark")).to_be_in_viewport()
    return "".join(page.locator("#or-panel mark").all_text_contents())


def cited(page: Page, chip: int = 0) -> str:
    """The characters that a source number stands for, out of the statement's text."""
    place = page.locator("#or-now .or-body .or-chip").nth(chip)
    start, end = (int(place.get_attribute(name) or -1) for name in ("data-start", "data-end"))
    return STATEMENTS[place.get_attribute("data-statement") or ""][1][start:end]
