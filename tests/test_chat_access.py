"""Everybody can use the page: axe-core finds nothing serious, in light and dark, wide, narrow and zoomed."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.chat_site import CALLS, COMPARED, MEETING, ask, page_open

pytestmark = pytest.mark.browser
SERIOUS = ("serious", "critical")


def check_accessible(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(300)  # colours fade in
    found = [flaw for flaw in Axe().run(page).response["violations"] if flaw["impact"] in SERIOUS]
    assert not found, "\n".join(
        f"{flaw['id']}: {flaw['help']}\n  " + "\n  ".join(node["html"][:200] for node in flaw["nodes"])
        for flaw in found
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing_serious(browser: Browser, chat: str, scheme: str, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    with page_open(browser, chat, viewport=viewport, color_scheme=scheme) as page:
        check_accessible(page)
        ask(page, CALLS)
        page.locator("#or-now .or-change").click()
        page.locator("#or-now .or-more summary").first.click()
        page.get_by_text("Something is wrong").click()
        check_accessible(page)
        page.locator("#or-now .or-body .or-chip").first.click()
        expect(page.locator("#or-mark")).to_be_visible()
        check_accessible(page)


def test_axe_finds_nothing_serious_where_statements_are_added(page: Page) -> None:
    ask(page, COMPARED)
    page.get_by_role("button", name="Add statements").click()
    expect(page.get_by_label("Or paste a text")).to_be_visible()
    check_accessible(page)


def test_the_keyboard_reaches_everything_in_reading_order(page: Page) -> None:
    ask(page, MEETING)
    order = []
    page.evaluate("document.body.focus(); window.getSelection().removeAllRanges()")
    page.locator("#or-fresh").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                "['or-shelf','or-filters','or-doors','or-top','or-now','or-box','or-send','or-panel']"
                ".find((id) => document.getElementById(id)?.contains(document.activeElement)) || ''"
            )
        )
    seen = list(dict.fromkeys(part for part in order if part))
    wanted = ["or-shelf", "or-filters", "or-doors", "or-top", "or-now", "or-box", "or-send"]
    assert seen[: len(wanted)] == wanted


def test_a_source_is_opened_and_left_by_keyboard_on_a_phone(browser: Browser, chat: str) -> None:
    with page_open(browser, chat, viewport={"width": 390, "height": 844}) as page:
        ask(page, MEETING)
        chip = page.locator("#or-now .or-body .or-chip").first
        chip.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#or-panel h2")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#or-panel")).to_be_hidden()
        expect(chip).to_be_focused()


def test_the_page_works_at_twice_its_size(browser: Browser, chat: str) -> None:
    with page_open(
        browser, chat, viewport={"width": 640, "height": 400}, device_scale_factor=2
    ) as page:  # 1280 at 200%
        ask(page, COMPARED)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
        page.locator("#or-now .or-chip").first.click()
        expect(page.locator("#or-mark")).to_be_in_viewport()
