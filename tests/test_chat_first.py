"""The first moments of a page in a real browser: a question that is sooner than the page, and one that is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.chat_site import MEETING, answered, ask

pytestmark = pytest.mark.browser


@pytest.fixture
def early(browser: Browser, chat: str) -> Iterator[tuple[Page, list[Route]]]:
    """A page whose first request to the server is held back, and that request."""
    held: list[Route] = []
    page = browser.new_page()
    page.route("**/run/predict*", lambda route: held.append(route) if not held else route.continue_())
    page.goto(chat)
    page.get_by_label("Question", exact=True).fill(MEETING)
    yield page, held
    page.close()


def test_a_question_may_be_sooner_than_the_page(early: tuple[Page, list[Route]]) -> None:
    page, held = early
    page.get_by_label("Question", exact=True).press("Enter")
    page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].continue_()
    answered(page, MEETING)
    expect(page.locator("#or-shelf [data-talk]").first).to_contain_text(MEETING)


def test_an_answer_that_is_sooner_than_the_page_stays(early: tuple[Page, list[Route]]) -> None:
    """As where our script is later than the question."""
    page, held = early
    page.evaluate("document.querySelector('#or-head').textContent = 'begun'")
    page.get_by_label("Question", exact=True).press("Enter")
    answered(page, MEETING)
    held[0].continue_()
    expect(page.locator("#or-doors button").first).to_be_visible()
    answered(page, MEETING)


def test_words_typed_before_the_page_was_there_are_kept(early: tuple[Page, list[Route]]) -> None:
    page, held = early
    held[0].continue_()
    expect(page.locator(".or-example").first).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_have_value(MEETING)


def test_enter_in_an_empty_box_changes_nothing(page: Page) -> None:
    page.get_by_label("Question", exact=True).press("Enter")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_timeout(500)
    expect(page.locator(".or-example").first).to_be_visible()
    ask(page, MEETING)
    page.get_by_label("Question", exact=True).press("Enter")
    page.wait_for_timeout(500)
    answered(page, MEETING)
