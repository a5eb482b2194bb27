"""A busy chat in a real browser: who waits is told so, who cannot wait too, and an answer on its way can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from corpus.settings import LimitSettings
from tests.chat_site import MEETING, YARD, Fragile, answered, ask, chat_served, page_open

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def narrow_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chat that works on one answer at once, and lets one question wait."""
    Fragile.go_on.clear()
    with chat_served(tmp_path_factory.mktemp("chat"), LimitSettings(at_once=1, waiting=1)) as address:
        yield address
    Fragile.go_on.set()


def begin(page: Page, question: str) -> None:
    page.get_by_label("Question", exact=True).fill(question)
    page.get_by_label("Question", exact=True).press("Enter")


def test_one_line_for_all_who_ask(browser: Browser, narrow_chat: str) -> None:
    Fragile.go_on.clear()
    with (
        page_open(browser, narrow_chat) as first,
        page_open(browser, narrow_chat) as second,
        page_open(browser, narrow_chat) as third,
    ):
        Fragile.go_on.set()
        ask(third, YARD)
        Fragile.go_on.clear()
        begin(first, "dawdle")
        expect(first.locator("#or-now .or-question")).to_have_text("dawdle")
        expect(first.locator("#or-now [role=status]")).to_have_text("Searching the record …")
        begin(second, YARD)
        expect(second.locator("#or-now [role=status]")).to_contain_text("Yours is next")
        begin(third, MEETING)
        expect(third.locator("#or-now [role=alert]")).to_contain_text("Too many people are asking just now")
        expect(third.get_by_label("Question", exact=True)).to_have_value(MEETING)
        expect(third.locator(".or-exchange .or-question")).to_have_text([YARD, MEETING])  # the answer before stays
        Fragile.go_on.set()
        answered(second, YARD)
        third.get_by_label("Question", exact=True).press("Enter")
        answered(third, MEETING)
        expect(first.locator("#or-now .or-foot")).to_be_visible()


def test_an_answer_on_its_way_is_stopped(browser: Browser, narrow_chat: str) -> None:
    Fragile.go_on.clear()
    with page_open(browser, narrow_chat) as page:
        Fragile.go_on.set()
        ask(page, MEETING)
        Fragile.go_on.clear()
        begin(page, "dawdle")
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
        page.get_by_role("button", name="Stop").click()
        Fragile.go_on.set()
        expect(page.get_by_label("Question", exact=True)).to_have_value("dawdle")
        expect(page.locator(".or-exchange .or-question")).to_have_text([MEETING])
        expect(page.get_by_role("button", name="Stop")).to_be_hidden()
        ask(page, YARD)  # the place was given back
        expect(page.locator(".or-exchange .or-question")).to_have_text([MEETING, YARD])


def test_an_answer_that_takes_too_long_is_given_up(browser: Browser, tmp_path: Path) -> None:
    Fragile.go_on.clear()
    limits = LimitSettings(at_once=1, answer_seconds=2)
    with chat_served(tmp_path / "chat", limits) as address, page_open(browser, address) as page:
        begin(page, "dawdle")
        expect(page.locator("#or-now [role=alert]")).to_contain_text("There was no answer within 2 seconds")
        expect(page.get_by_label("Question", exact=True)).to_have_value("dawdle")
        begin(page, YARD)  # the place is taken until the work really ends
        expect(page.locator("#or-now [role=alert]")).to_contain_text("Too many people are asking just now")
        Fragile.go_on.set()
        ask(page, YARD)
        expect(page.locator(".or-exchange .or-question")).to_have_text([YARD])


def test_a_filter_that_cannot_be_read_leaves_the_answer_before(page: Page) -> None:
    ask(page, YARD)
    page.locator("#or-filters").get_by_label("From").fill("some day")
    page.locator("#or-filters").get_by_label("From").press("Tab")
    begin(page, MEETING)
    expect(page.locator("#or-now [role=alert]")).to_contain_text("some day")
    expect(page.locator(".or-exchange .or-question")).to_have_text([YARD])
