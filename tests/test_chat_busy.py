"""A busy chat in a real browser: who waits is told so, who cannot wait too, and an answer on its way can be stopped."""

from __future__ import annotations

from collections.abc import Iterator

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
        begin(first, "dawdle")
        expect(first.locator("#or-now .or-question")).to_have_text("dawdle")
        expect(first.locator("#or-now [role=status]")).to_have_text("Searching the record …")
        begin(second, YARD)
        expect(second.locator("#or-now [role=status]")).to_contain_text("Yours is next")
        begin(third, MEETING)
        expect(third.locator("#or-now [role=alert]")).to_contain_text("Too many people are asking just now")
        expect(third.get_by_label("Question", exact=True)).to_have_value(MEETING)
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
