"""The chat in a real browser, against a real server and a real archive."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from corpus.errors import SettingsError
from corpus.holdings import Holdings
from corpus.model import Filters, Statement
from corpus.settings import Settings
from rag.engine import Engine
from rag.model import Answer, Turn
from ui.server import LOOPBACK, create_app, require_loopback

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)
HOSTILE = (
    'The harbourmaster of Elsewhere said <img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    " ${window.hacked=1} [x](javascript:hacked) ” [1] and closed the port."
)
MEETING = "What did the Minister say about the harbour agreement?"
YARD = "How many ships would be built?"
FILLER = "\n\n".join(f"Paragraph {n} of the readout records routine business." for n in range(40))
HARBOUR = "The Minister said the harbour agreement would be signed in May."
SHIPS = "The Secretary added that two ships would be built."
STATEMENTS = {
    "gov/harbour": ("Readout of the harbour talks", f"{FILLER}\n\n{HARBOUR}\n\n{FILLER}"),
    "gov/ships": ("Press release on shipbuilding", f"An opening line.\n\n{SHIPS}"),
    "gov/hostile": (f"A hostile title {HOSTILE}", HOSTILE),
}


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Where the paragraphs stand; no blank lines but single ones."""
    ends = [end for end in range(len(text) + 1) if text.startswith("\n\n", end) or end == len(text)]
    return list(zip([0, *(end + 2 for end in ends)], ends, strict=False))


class Fragile(Engine):
    """The real engine, with a defect that a question can set off."""

    def ask(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Answer:
        """As ever, unless told to explode."""
        if text == "explode":
            raise RuntimeError("a secret of the machine room")
        return super().ask(text, history=history, filters=filters, today=today)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server listens."""
    settings = Settings(archive=tmp_path_factory.mktemp("archive"))
    with Holdings(settings, create=True) as holdings:
        for number, (name, (title, text)) in enumerate(STATEMENTS.items(), 1):
            held = Statement(name, title, date(2025, 1, number), "Ministry of Examples", url="https://example.org/a")
            holdings.archive.put(held, text, text.encode(), "test", paragraphs(text))
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


def cited(page: Page, chip: int = 0) -> str:
    """The characters that a source number stands for, out of the statement's text."""
    place = page.locator(".or-chip").nth(chip)
    start, end = (int(place.get_attribute(name) or -1) for name in ("data-start", "data-end"))
    return STATEMENTS[place.get_attribute("data-statement") or ""][1][start:end]


def test_a_source_number_opens_the_statement_at_its_words(page: Page) -> None:
    ask(page, MEETING)
    expect(page.locator(".or-outcome")).to_have_text("Answered")
    page.get_by_role("button", name="Source 1: Readout of the harbour talks, 1 Jan 2025").click()
    expect(page.locator("#or-panel h2")).to_have_text("Readout of the harbour talks")
    assert marked(page) == cited(page) == HARBOUR
    assert page.locator(".or-text").text_content() == STATEMENTS["gov/harbour"][1]
    assert page.evaluate("window.scrollY") == 0  # the panel scrolls, the conversation stays


def test_another_source_moves_the_mark(page: Page) -> None:
    ask(page, MEETING)
    page.locator(".or-chip").first.click()
    assert marked(page) == HARBOUR
    ask(page, YARD)
    page.locator(".or-chip").last.click()
    expect(page.locator("#or-panel h2")).to_have_text("Press release on shipbuilding")
    assert marked(page) == SHIPS


def test_a_follow_up_knows_the_turn_before(page: Page) -> None:
    ask(page, MEETING)
    ask(page, "and when was it signed?")
    expect(page.locator(".or-exchange")).to_have_count(2)
    expect(page.locator(".or-exchange").last.locator(".or-understood")).to_contain_text("harbour")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".or-exchange")).to_have_count(0)
    expect(page.locator(".or-example").first).to_be_visible()


def test_what_is_not_held_is_said_with_what_comes_closest(page: Page) -> None:
    ask(page, "Which aircraft did the Secretary buy?")
    expect(page.locator(".or-outcome")).to_have_text("Nothing held on that")
    expect(page.locator(".or-searched")).to_have_text("Searched 3 statements, 1 Jan 2025 to 3 Jan 2025")
    page.locator(".or-nearest").get_by_role("button").first.click()
    expect(page.locator("#or-panel h2")).to_be_visible()
    expect(page.locator("#or-mark")).to_have_count(0)


def test_a_filter_that_hides_the_answer_says_so(page: Page) -> None:
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From").fill("2025-01-02")
    ask(page, MEETING)
    expect(page.locator(".or-outcome")).to_have_text("Emptied by the filter")
    expect(page.locator(".or-nearest")).to_contain_text("Readout of the harbour talks")


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


def test_an_unexpected_error_is_a_plain_sentence(page: Page) -> None:
    page.get_by_label("Question").fill("explode")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side.")
    assert "secret" not in page.content()


def test_a_hostile_statement_stays_text(page: Page) -> None:
    ask(page, "What did the harbourmaster of Elsewhere say?")
    expect(page.locator(".or-chip")).to_have_count(1)
    page.locator(".or-chip").first.click()
    assert marked(page) == cited(page)
    assert page.locator(".or-text").text_content() == HOSTILE
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#or-layout img, #or-layout script, a[href^=javascript]").count() == 0


def test_a_phone_shows_the_statement_over_the_conversation(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, MEETING)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".or-chip").first.click()
    assert marked(page) == HARBOUR
    page.get_by_role("button", name="Close the statement").click()
    expect(page.locator("#or-panel")).to_be_hidden()
    page.locator(".or-chip").first.click()
    assert marked(page) == HARBOUR


def test_the_guard_and_the_api(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        assert client.get("/healthz").json() == {"status": "ok", "statements": 3}
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 403
        assert "frame-ancestors 'self'" in client.get("/").headers["content-security-policy"]
        for path in ("/api/v1/ask", "/gradio_api/queue/join"):
            for origin in ("https://evil.example", "null", "http://["):
                refused = client.post(path, json={"question": MEETING}, headers={"Origin": origin})
                assert refused.status_code == 403
                assert "access-control-allow-origin" not in refused.headers
        assert client.post("/api/v1/ask", json={"question": MEETING}, headers={"Origin": address}).status_code == 200
        assert client.get("/gradio_api/info").json()["named_endpoints"] == {}


def test_the_api_answers_searches_and_shows(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        asked = client.post("/api/v1/ask", json={"question": "and when?", "history": [{"question": MEETING}]}).json()
        assert [citation["quote"] for citation in asked["citations"]] == [HARBOUR]
        (found, *_) = client.get("/api/v1/search", params={"q": "two ships", "k": 3}).json()
        text = client.get(f"/api/v1/statements/{found['statement_id']}").json()["text"]
        assert text[found["start"] : found["end"]] == found["text"] == SHIPS


def test_the_api_explains_what_it_refuses(address: str) -> None:
    backwards = {"question": "x", "date_from": "2022-02-01", "date_to": "2022-01-01"}
    with httpx.Client(base_url=address) as client:
        none = client.get("/api/v1/statements/none")
        assert (none.status_code, none.json()["title"]) == (404, "Not held")
        assert client.post("/api/v1/ask", json=backwards).status_code == 422
        empty = client.post("/api/v1/ask", json={"question": ""})
        assert (empty.status_code, empty.json()["title"]) == (422, "Unusable request")
        broken = client.post("/api/v1/ask", json={"question": "explode"})
        assert (broken.status_code, "secret" in broken.text) == (500, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org"])
def test_only_this_machine_is_served(host: str) -> None:
    with pytest.raises(SettingsError, match="sign-in comes with a later release"):
        require_loopback(host)
