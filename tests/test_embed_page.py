"""The chat inside a portal's page on another origin, in a real browser; the page is the one in docs/portal."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from conftest import ROOT
from playwright.sync_api import Browser, FrameLocator, Page, expect
from serving import OPEN, QUESTION, free_port, restricted, served

from corpus.settings import PortalSettings, Settings
from ui.api.embed import start_of

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
EXAMPLE = ROOT / "docs" / "portal"


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def site(folder: Path, port: int) -> ThreadingHTTPServer:
    """A portal: static files on a port of its own, which makes it another origin."""
    portal = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=portal.serve_forever, daemon=True).start()
    return portal


@pytest.fixture(scope="module")
def portals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Addresses of a portal that may embed the chat, of one that may not, and of the server."""
    known, stranger, port = free_port(), free_port(), free_port()
    folder = tmp_path_factory.mktemp("portal")
    for file in EXAMPLE.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://127.0.0.1:7860", f"http://127.0.0.1:{port}")
        (folder / file.name).write_text(text, encoding="utf-8")
    portal = PortalSettings(origins=[f"http://127.0.0.1:{known}"])
    settings = Settings(archive=tmp_path_factory.mktemp("archive"), portal=portal)
    with restricted(settings) as engine, served(engine, settings, port=port) as server:
        sites = [site(folder, known), site(folder, stranger)]
        yield f"http://127.0.0.1:{known}", f"http://127.0.0.1:{stranger}", server
        for each in sites:
            each.shutdown()
            each.server_close()


@pytest.fixture
def page(browser: Browser, portals: tuple[str, str, str]) -> Iterator[Page]:
    """The portal's page with the chat in it, ready."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(portals[0])
    expect(chat(page).locator(".or-example").first).to_be_visible(timeout=30_000)
    yield page
    page.close()


def chat(page: Page) -> FrameLocator:
    """Inside the frame."""
    return page.frame_locator("onrecord-chat iframe")


def height(page: Page) -> float:
    """Of the element in the portal's page."""
    found: float = page.locator("onrecord-chat").evaluate("element => element.getBoundingClientRect().height")
    return found


def test_a_reader_asks_and_opens_a_source_inside_the_portal(page: Page) -> None:
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # opening took no focus away
    before = height(page)
    page.get_by_role("button", name="Write a question").click()
    expect(chat(page).get_by_label("Question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(chat(page).locator(".or-chip").first).to_be_visible(timeout=30_000)
    page.wait_for_function("before => document.querySelector('onrecord-chat').offsetHeight !== before", arg=before)
    assert 320 <= height(page) <= 764  # the style sheet's greatest height and the border
    chat(page).locator(".or-chip").first.click()
    expect(chat(page).locator("#or-panel mark").first).to_be_visible()
    assert "".join(chat(page).locator("#or-panel mark").all_text_contents()) == OPEN


def test_the_portals_colours_language_and_filters_get_in(page: Page) -> None:
    body = chat(page).locator("body")
    colour = "body => getComputedStyle(body).getPropertyValue('--or-accent').trim()"
    assert body.evaluate(colour) == "#0b5d3b"
    assert chat(page).locator("html").get_attribute("lang") == "en"
    expect(chat(page).get_by_label("Question")).to_have_attribute("lang", "en-IN")
    expect(chat(page).locator("#or-active")).to_contain_text("from 1 Jan 2018")
    change = "element => { element.style.setProperty('--onrecord-accent', %s); element.refreshTheme(); }"
    for value in ("'red; } * { display: none'", "'url(https://evil.example/x)'", "'expression(1)'"):
        page.locator("onrecord-chat").evaluate(change % value)
    page.wait_for_timeout(200)
    assert body.evaluate(colour) == "#0b5d3b"
    page.locator("onrecord-chat").evaluate(change % "'#123456'")
    page.wait_for_timeout(200)
    assert body.evaluate(colour) == "#123456"


def test_messages_of_others_are_not_heard(page: Page) -> None:
    page.wait_for_timeout(300)
    before = height(page)
    page.evaluate("window.postMessage({ type: 'onrecord:size', height: 700 }, '*')")
    other = "document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: %r }))"
    page.evaluate(other % "<script>parent.postMessage({ type: 'onrecord:size', height: 333 }, '*')</script>")
    page.wait_for_timeout(300)
    assert height(page) == before


def test_a_site_that_is_not_named_gets_nothing(browser: Browser, portals: tuple[str, str, str]) -> None:
    known, stranger, server = portals
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(stranger)
    page.wait_for_timeout(1_500)
    assert any("frame-ancestors" in text for text in refused)
    call = "url => fetch(url).then((reply) => reply.json(), () => 'refused')"
    assert page.evaluate(call, f"{server}/api/v1/coverage") == "refused"
    page.goto(known)
    assert page.evaluate(call, f"{server}/api/v1/coverage")["statements"] == 3
    page.close()


def test_the_policy_is_in_the_headers(portals: tuple[str, str, str]) -> None:
    known, stranger, server = portals
    framed_by = httpx.get(server).headers["content-security-policy"].partition("frame-ancestors ")[2]
    assert framed_by == f"'self' {known}"
    script = httpx.get(f"{server}/embed.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    asked = httpx.get(f"{server}/api/v1/statements?limit=1", headers={"Origin": known})
    assert asked.headers["access-control-allow-origin"] == known
    assert httpx.get(f"{server}/api/v1/statements", headers={"Origin": stranger}).status_code == 403


def test_what_an_address_asks_for_is_checked() -> None:
    given = {"from": ["2018-01-01" + "0" * 900], "issuer": ["indian navy", "Nobody", "Indian Navy"]}
    start = start_of(lambda name: given.get(name, []), ["Indian Navy", "Ministry"])
    assert (len(start.first), start.last, start.issuers) == (500, "", ("Indian Navy",))
