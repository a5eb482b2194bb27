"""Everybody can use the page: axe-core finds nothing serious, in light and dark, wide, narrow and zoomed."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.chat_site import CALLS, COMPARED, MEETING, answered, ask, page_open

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


def test_the_work_of_a_day_is_done_by_keyboard(page: Page) -> None:
    ask(page, MEETING)
    keys, now = page.keyboard, page.locator("#or-now")
    now.locator(".or-wrong summary").focus()
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Space")
    expect(now.get_by_label("Wrong speaker")).to_be_checked()
    now.get_by_label("What should it be?").focus()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#or-status")).to_contain_text("It is kept")
    row = page.locator(".or-talk").first
    row.get_by_role("button", name="Rename").focus()
    keys.press("Enter")
    keys.type("By keyboard")
    keys.press("Enter")
    expect(row).to_contain_text("By keyboard")
    expect(row.locator(".or-open")).to_be_focused()
    now.get_by_role("button", name="Edit").focus()
    keys.press("Enter")
    expect(page.get_by_label("Question", exact=True)).to_have_value(MEETING)
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    keys.press("Enter")
    answered(page, MEETING)
    row.get_by_role("button", name="Delete").focus()
    keys.press("Enter")
    keys.press("Enter")
    expect(page.locator(".or-exchange")).to_have_count(0)
    expect(page.get_by_role("button", name="New conversation")).to_be_focused()


def test_a_phones_menu_is_left_by_touch_and_covers_what_is_under_it(browser: Browser, chat: str) -> None:
    with page_open(browser, chat, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        page.get_by_role("button", name="Menu").tap()
        expect(page.get_by_role("button", name="Close the menu")).to_be_focused()
        assert page.locator("#or-left").evaluate("left => left.inert")
        check_accessible(page)
        page.get_by_role("button", name="Close the menu").tap()
        expect(page.locator("#or-rail")).to_be_hidden()
        assert not page.locator("#or-left").evaluate("left => left.inert")
        page.get_by_role("button", name="Menu").tap()
        page.touchscreen.tap(385, 400)  # beside it
        expect(page.locator("#or-rail")).to_be_hidden()


def test_the_page_works_at_twice_its_size(browser: Browser, chat: str) -> None:
    with page_open(
        browser, chat, viewport={"width": 640, "height": 400}, device_scale_factor=2
    ) as page:  # 1280 at 200%
        ask(page, COMPARED)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
        page.locator("#or-now .or-chip").first.click()
        expect(page.locator("#or-mark")).to_be_in_viewport()
