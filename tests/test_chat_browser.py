"""The chat in a real browser, against a real server and a real archive."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from corpus.holdings import Holdings
from corpus.model import Filters, Statement, Voice
from corpus.settings import Settings
from rag.model import Answer, Citation, Hit, Outcome, Question, Searched, Turn
from ui.server import LOOPBACK, create_app

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> ${window.hacked=1} [x](javascript:hacked)'
)
FILLER = "\n\n".join(f"Paragraph {n} of the readout records routine business between the two sides." for n in range(40))
HARBOUR = "The Minister said the harbour agreement would be signed in May."
SHIPS = "The Secretary added that two ships would be built."
STATEMENTS = {
    "gov/harbour": ("Readout of the harbour talks", f"{FILLER}\n\n{HARBOUR} {SHIPS}\n\n{FILLER}", HARBOUR),
    "gov/ships": ("Press release on shipbuilding", f"An opening line.\n\n{SHIPS}", SHIPS),
    "gov/hostile": (f"A hostile title {HOSTILE}", f"Before. {HOSTILE} After.", HOSTILE),
}


@dataclass
class Scripted:
    """Quotes the one statement that a word of the question names."""

    holdings: Holdings

    def ask(self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        """The statement's cited words, or nothing."""
        found = [name for name in STATEMENTS if name.split("/")[1] in text.lower()]
        citations = tuple(self._cite(marker, name) for marker, name in enumerate(found, 1))
        lines = [f"- **{c.statement.title}**: “{c.quote}” [{c.marker}]" for c in citations]
        standalone = f"{text} (after: {history[-1].question})" if history else text
        coverage = self.holdings.archive.coverage(filters)
        return Answer(
            Question(text, standalone, filters or Filters()),
            Outcome.ANSWERED if found else Outcome.NOT_FOUND,
            "\n".join(["On record:", "", *lines]) if found else "Nothing that is held speaks of that.",
            citations,
            Searched(coverage.statements, coverage.first, coverage.last),
            () if found else (self.holdings.archive.statement("gov/ships"),),
            {},
        )

    def search(self, query: str, filters: Filters | None = None, k: int = 10) -> list[Hit]:
        """Not needed here."""
        return []

    def _cite(self, marker: int, name: str) -> Citation:
        quote = STATEMENTS[name][2]
        start = self.holdings.archive.version(name).text.index(quote)
        statement = self.holdings.archive.statement(name)
        return Citation(marker, statement, 1, start, start + len(quote), quote, Voice.REPORTED, "The Minister")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server listens."""
    settings = Settings(archive=tmp_path_factory.mktemp("archive"))
    with Holdings(settings, create=True) as holdings:
        for number, (name, (title, text, _)) in enumerate(STATEMENTS.items(), 1):
            held = Statement(name, title, date(2025, 1, number), "Ministry of Examples", url="https://example.org/a")
            holdings.archive.put(held, text, text.encode(), "test", [(0, len(text))])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        app = create_app(Scripted(holdings), settings, hosts=LOOPBACK)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; required where ONRECORD_REQUIRE_BROWSER is set, else skipped where there is none."""
    if not CHROMIUM.exists() and not os.environ.get("ONRECORD_REQUIRE_BROWSER"):
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The chat just opened; at the end, nothing may have left this machine and nothing may have gone wrong."""
    left: list[str] = []
    errors: list[str] = []

    def local_only(route: Route) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            left.append(route.request.url)
            route.abort()

    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route("**/*", local_only)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address)
    expect(page.locator(".or-example").first).to_be_visible(timeout=30_000)
    yield page
    context.close()
    assert left == []
    assert errors == []


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_label("Question").press("Enter")
    expect(page.locator(".or-foot")).to_have_count(page.locator(".or-exchange").count(), timeout=15_000)
    expect(page.locator(".or-question").last).to_have_text(question)
    expect(page.locator(".or-exchange").last.locator(".or-foot")).to_be_visible()


def marked(page: Page) -> str:
    expect(page.locator("#or-mark")).to_be_in_viewport()
    return "".join(page.locator("#or-panel mark").all_text_contents())


def test_a_source_number_opens_the_statement_at_its_words(page: Page) -> None:
    ask(page, "What of the harbour?")
    expect(page.locator(".or-outcome")).to_have_text("Answered")
    page.get_by_role("button", name="Source 1: Readout of the harbour talks, 1 Jan 2025").click()
    expect(page.locator("#or-panel h2")).to_have_text("Readout of the harbour talks")
    assert marked(page) == HARBOUR
    assert page.locator(".or-text").text_content() == STATEMENTS["gov/harbour"][1]


def test_a_second_source_moves_the_mark(page: Page) -> None:
    ask(page, "harbour and ships?")
    page.locator(".or-chip").nth(0).click()
    assert marked(page) == HARBOUR
    page.locator(".or-chip").nth(1).click()
    expect(page.locator("#or-panel h2")).to_have_text("Press release on shipbuilding")
    assert marked(page) == SHIPS


def test_a_follow_up_knows_the_turn_before(page: Page) -> None:
    ask(page, "What of the harbour?")
    ask(page, "and ships?")
    expect(page.locator(".or-exchange")).to_have_count(2)
    expect(page.locator(".or-understood")).to_have_text("Understood as: and ships? (after: What of the harbour?)")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".or-exchange")).to_have_count(0)
    expect(page.locator(".or-example").first).to_be_visible()


def test_what_is_not_held_is_said_with_what_comes_closest(page: Page) -> None:
    ask(page, "What of the moon?")
    expect(page.locator(".or-outcome")).to_have_text("Nothing held on that")
    page.get_by_role("button", name="Press release on shipbuilding").click()
    expect(page.locator("#or-panel h2")).to_have_text("Press release on shipbuilding")
    expect(page.locator("#or-mark")).to_have_count(0)


def test_an_example_is_asked_by_choosing_it(page: Page) -> None:
    example = page.locator(".or-example").first
    question = example.text_content() or ""
    example.click()
    expect(page.locator(".or-question")).to_have_text(question)
    expect(page.locator(".or-foot")).to_be_visible()


def test_a_bad_date_is_explained(page: Page) -> None:
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From").fill("31/03/2022")
    page.get_by_label("Question").fill("harbour?")
    page.get_by_label("Question").press("Enter")
    expect(page.get_by_role("alert")).to_have_text("From: “31/03/2022” is not a date. Write it like 2022-03-31.")


def test_a_hostile_statement_stays_text(page: Page) -> None:
    ask(page, "hostile?")
    expect(page.locator(".or-quote")).to_have_text(f"“{HOSTILE}”")
    page.locator(".or-chip").click()
    assert marked(page) == HOSTILE
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#or-layout img, #or-layout script, a[href^=javascript]").count() == 0


def test_a_phone_shows_the_statement_over_the_conversation(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, "What of the harbour?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".or-chip").click()
    assert marked(page) == HARBOUR
    page.get_by_role("button", name="Close the statement").click()
    expect(page.locator("#or-panel")).to_be_hidden()
    page.locator(".or-chip").click()
    assert marked(page) == HARBOUR


def test_the_guard_and_the_api(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        assert client.get("/healthz").json() == {"status": "ok", "statements": 3}
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 403
        policy = client.get("/").headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        asked = client.post("/api/v1/ask", json={"question": "harbour"})
        assert asked.json()["citations"][0]["quote"] == HARBOUR
        for path in ("/api/v1/ask", "/gradio_api/queue/join"):
            refused = client.post(path, json={"question": "harbour"}, headers={"Origin": "https://evil.example"})
            assert refused.status_code == 403
            assert "access-control-allow-origin" not in refused.headers
        assert client.get("/api/v1/statements/gov/ships").json()["text"] == STATEMENTS["gov/ships"][1]
        assert client.get("/api/v1/statements/none").json()["title"] == "Not held"
        backwards = {"question": "x", "date_from": "2022-02-01", "date_to": "2022-01-01"}
        assert client.post("/api/v1/ask", json=backwards).status_code == 422
        assert client.post("/api/v1/ask", json={"question": ""}).json()["title"] == "Unusable request"
        assert client.get("/api/v1/search", params={"q": "harbour"}).json() == []
        named = client.get("/gradio_api/info").json()["named_endpoints"]
        assert named == {}
