"""Reading in a real browser: questions, answers, and the statements beside them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.chat_site import (
    CALLS,
    COMPARED,
    HARBOUR,
    HOSTILE,
    MEETING,
    SHIPS,
    STATEMENTS,
    YARD,
    answered,
    ask,
    cited,
    marked,
)

pytestmark = pytest.mark.browser


def test_a_source_number_opens_the_statement_at_its_words(page: Page) -> None:
    ask(page, MEETING)
    expect(page.locator("#or-now .or-outcome")).to_have_text("Answered")
    page.get_by_role("button", name="Source 1: Readout of the harbour talks, 1 Jan 2025").click()
    expect(page.locator("#or-panel h2")).to_have_text("Readout of the harbour talks")
    assert marked(page) == cited(page) == HARBOUR
    assert page.locator(".or-text").text_content() == STATEMENTS["gov/harbour"][1]
    assert page.evaluate("window.scrollY") == 0  # the panel scrolls, the conversation stays
    expect(page.locator("#or-panel .or-steps .or-voice")).to_contain_text("as reported by the issuer")
    away = page.locator("#or-panel .or-link a")
    assert away.get_attribute("rel") == "noopener noreferrer nofollow"
    assert away.get_attribute("target") == "_blank"


def test_evidence_cards_have_what_a_reader_checks(page: Page) -> None:
    ask(page, YARD)
    page.locator("#or-now .or-more summary").first.click()
    card = page.locator("#or-now .or-card").filter(has_text=SHIPS)
    for words in ("Press release on shipbuilding", "2 Feb 2025", "Ministry of Examples", "press release"):
        expect(card).to_contain_text(words)
    card.get_by_role("button").click()
    assert marked(page) == SHIPS


def test_previous_and_next_go_through_an_answers_quotes(page: Page) -> None:
    ask(page, CALLS)
    page.locator("#or-now .or-body .or-chip").first.click()
    expect(page.locator(".or-step-row > span")).to_have_text("Quote 1 of 3")
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    first = page.locator("#or-panel h2").text_content()
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".or-step-row > span")).to_have_text("Quote 2 of 3")
    assert marked(page) == cited(page, 1)
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("#or-panel h2")).to_have_text(first or "")


def test_a_timeline_is_drawn_and_its_dots_open_statements(page: Page) -> None:
    ask(page, CALLS)
    dots = page.locator(".or-timeline .or-dot")
    expect(dots).to_have_count(3)
    places = [dot.bounding_box() or {"x": 0} for dot in dots.all()]
    assert sorted(place["x"] for place in places) == [place["x"] for place in places]
    dots.nth(1).hover()
    expect(dots.nth(1).locator(".or-tip")).to_be_visible()
    dots.nth(1).click()
    expect(page.locator("#or-panel h2")).to_have_text("Readout of a call with Freedonia")
    assert marked(page) == "The Minister called Freedonia about ferries."


def test_a_comparison_is_a_table_that_stacks_on_a_phone(page: Page) -> None:
    ask(page, COMPARED)
    expect(page.locator(".or-compare th")).to_have_text(["Freedonia", "Ruritania"])
    cells = page.locator(".or-compare td")
    expect(cells.nth(1)).to_contain_text("timber")
    left, right = (cell.bounding_box() or {} for cell in cells.all())
    assert left["y"] == right["y"]
    page.set_viewport_size({"width": 390, "height": 844})
    left, right = (cell.bounding_box() or {} for cell in cells.all())
    assert left["y"] < right["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_follow_up_knows_the_turn_before(page: Page) -> None:
    ask(page, MEETING)
    ask(page, "and when was it signed?")
    expect(page.locator(".or-exchange")).to_have_count(2)
    expect(page.locator("#or-now .or-understood summary")).to_contain_text("harbour")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".or-exchange")).to_have_count(0)
    expect(page.locator(".or-example").first).to_be_visible()


def test_what_was_understood_can_be_changed_and_asked_again(page: Page) -> None:
    ask(page, "What did the Minister say about calls with Freedonia in 2025?")
    now = page.locator("#or-now")
    expect(now.locator(".or-understood summary")).to_contain_text("1 Jan 2025 to 31 Dec 2025")
    now.locator(".or-change").click()
    now.get_by_label("From").fill("2025-05-01")
    now.get_by_label("Person or body").or_(now.get_by_label("Place")).last.fill("Freedonia")
    now.get_by_role("button", name="Ask again like this").click()
    expect(page.locator(".or-exchange")).to_have_count(2)
    expect(now.locator(".or-understood summary")).to_contain_text("1 May 2025 to 31 Dec 2025")
    expect(now.locator(".or-foot")).to_be_visible()
    expect(now.locator(".or-body")).not_to_contain_text("grain")


def test_an_issuer_that_was_understood_can_be_taken_out(page: Page) -> None:
    ask(page, "According to the Ministry of Examples, how many ships would be built?")
    now = page.locator("#or-now")
    now.locator(".or-token[data-field=issuer]", has_text="Ministry of Examples").click()
    now.get_by_role("checkbox", name="Ministry of Examples").uncheck()
    now.get_by_role("button", name="Ask again like this").click()
    answered(page, "how many ships would be built?")
    expect(now.locator(".or-understood summary")).not_to_contain_text("Ministry of Examples")
    expect(now.locator(".or-body")).to_contain_text("two ships")


def test_what_is_not_held_is_said_with_what_comes_closest(page: Page) -> None:
    ask(page, "Which aircraft did the Secretary buy?")
    expect(page.locator(".or-outcome")).to_have_text("Nothing held on that")
    expect(page.locator(".or-searched")).to_have_text("Searched 7 statements, 1 Jan 2025 to 7 Jul 2025")
    page.locator(".or-nearest").get_by_role("button").first.click()
    expect(page.locator("#or-panel .or-text")).to_be_visible()
    expect(page.locator("#or-mark")).to_have_count(0)


def test_filters_have_counts_and_say_when_they_hide_the_answer(page: Page) -> None:
    page.get_by_label("Kind").click()
    page.get_by_role("option", name="press release (1)").click()
    expect(page.locator("#or-active")).to_contain_text("press release")
    ask(page, MEETING)
    expect(page.locator("#or-now .or-outcome")).to_have_text("Emptied by the filter")
    expect(page.locator(".or-nearest")).to_contain_text("Readout of the harbour talks")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#or-active")).to_be_empty()
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("#or-now .or-outcome")).to_have_text("Answered")
    expect(page.locator(".or-exchange")).to_have_count(1)


def test_dates_are_read_leniently_and_a_bad_one_is_explained(page: Page) -> None:
    page.get_by_label("From").first.fill("31/03/2022")
    page.get_by_label("Question", exact=True).fill("harbour?")
    page.get_by_label("Question", exact=True).press("Enter")
    expect(page.locator("#or-now").get_by_role("alert")).to_have_text(
        "From: “31/03/2022” is not a date. Write it like 2022-03-31, 2022-03 or 2022."
    )
    page.get_by_label("From").first.fill("2025-02")
    page.get_by_label("From").first.press("Enter")
    expect(page.locator("#or-active")).to_contain_text("from 1 Feb 2025")


def test_an_example_is_asked_by_choosing_it(page: Page) -> None:
    example = page.locator(".or-example").first
    question = example.text_content() or ""
    example.click()
    answered(page, question)


def test_what_is_held_is_shown_by_issuer_and_month(page: Page) -> None:
    panel = page.locator("#or-panel")
    expect(panel.get_by_role("heading")).to_have_text("What is held")
    row = panel.get_by_role("row", name="2025")
    assert [cell or "" for cell in row.get_by_role("cell").all_text_contents()][:8] == ["1"] * 7 + [""]
    expect(panel).to_contain_text("7 statements · 1 Jan 2025 to 7 Jul 2025 · last taken in")
    expect(panel).to_contain_text("Everything is indexed.")
    ask(page, YARD)
    page.locator("#or-now .or-chip").first.click()
    expect(panel.locator(".or-text")).to_be_visible()
    page.get_by_role("button", name="What is held").click()
    expect(panel.get_by_role("heading")).to_have_text("What is held")


def test_an_unexpected_error_is_a_plain_sentence(page: Page) -> None:
    page.get_by_label("Question", exact=True).fill("explode")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side.")
    assert "secret" not in page.content()


def test_a_hostile_statement_and_question_stay_text(page: Page) -> None:
    ask(page, "What did the harbourmaster of Elsewhere say?")
    expect(page.locator("#or-now .or-body .or-chip")).to_have_count(1)
    page.locator("#or-now .or-chip").first.click()
    assert marked(page) == cited(page)
    assert page.locator(".or-text").text_content() == HOSTILE
    hostile = "<img src=x onerror='window.hacked=1'> ${window.hacked=1} {{x}} harbourmaster of Elsewhere?"
    ask(page, hostile)
    page.reload()
    expect(page.locator("#or-now .or-question")).to_have_text(hostile)
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#or-layout img, #or-layout script, a[href^=javascript]").count() == 0


def test_a_phone_shows_the_statement_over_the_conversation(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, MEETING)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#or-now .or-chip").first.click()
    assert marked(page) == HARBOUR
    page.get_by_role("button", name="Close the statement").click()
    expect(page.locator("#or-panel")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_label("From").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#or-rail")).to_be_hidden()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
