"""The work of a day in a real browser: what is kept, taken away, reported and added."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from playwright.sync_api import Browser, Page, expect

from tests.chat_site import HARBOUR, MEETING, SHIPS, YARD, answered, ask, marked, page_open

pytestmark = pytest.mark.browser


def test_a_conversation_is_kept_reopened_renamed_and_deleted(page: Page) -> None:
    ask(page, MEETING)
    ask(page, YARD)
    page.reload()
    expect(page.locator(".or-exchange .or-question")).to_have_text([MEETING, YARD])
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".or-exchange")).to_have_count(0)
    row = page.locator(".or-talk").filter(has_text=MEETING).first
    row.get_by_role("button", name=re.compile("2 questions")).click()
    expect(page.locator(".or-exchange .or-question")).to_have_text([MEETING, YARD])
    page.locator("#or-now .or-body .or-chip").last.click()
    assert marked(page) == SHIPS
    row.get_by_role("button", name="Rename").click()
    page.get_by_label("Title of the conversation").fill("Harbours & <b>yards</b>")
    page.keyboard.press("Enter")
    expect(page.locator(".or-talk").first).to_contain_text("Harbours & <b>yards</b>")
    expect(page.locator(".or-title")).to_have_text("Harbours & <b>yards</b>")
    first = page.locator(".or-talk").filter(has_text="Harbours &")
    first.get_by_role("button", name="Delete").click()
    first.get_by_text("Delete for good?").click()
    expect(page.locator(".or-talk").filter(has_text="Harbours &")).to_have_count(0)
    expect(page.locator(".or-example").first).to_be_visible()


def test_the_last_question_is_edited_asked_again_and_taken_back(page: Page) -> None:
    ask(page, MEETING)
    ask(page, YARD)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Question", exact=True)).to_have_value(YARD)
    expect(page.locator(".or-exchange")).to_have_count(1)
    page.get_by_label("Question", exact=True).press("Enter")
    answered(page, YARD)
    expect(page.locator(".or-exchange")).to_have_count(2)
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".or-exchange")).to_have_count(2)
    answered(page, YARD)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".or-exchange .or-question")).to_have_text([MEETING])


def test_an_answer_is_copied_with_its_footnotes(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, MEETING)
    page.get_by_role("button", name="Copy with footnotes").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"“{HARBOUR}” [1]" in copied
    assert "- [1] Ministry of Examples, “Readout of the harbour talks”, 1 Jan 2025" in copied


def test_a_conversation_is_exported_in_three_forms(page: Page, tmp_path: Path) -> None:
    ask(page, MEETING)
    texts = {}
    for name in ("Markdown", "Word", "PDF"):
        with page.expect_download() as started:
            page.get_by_role("link", name=name).click()
        file = tmp_path / started.value.suggested_filename
        started.value.save_as(file)
        texts[file.suffix] = file.read_bytes()
    word = "\n".join(p.text for p in Document(io.BytesIO(texts[".docx"])).paragraphs)
    pages = pypdfium2.PdfDocument(texts[".pdf"])
    pdf = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    for text in (texts[".md"].decode(), word, " ".join(pdf.split())):
        assert HARBOUR in text
        assert "[1] Ministry of Examples, “Readout of the harbour talks”, 1 Jan 2025" in text


def test_a_permalink_shows_the_answer_as_it_was(page: Page, browser: Browser, chat: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, MEETING)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    body = page.locator("#or-now .or-body").inner_text()
    page.goto(link)
    expect(page.locator(".or-kept")).to_contain_text("The answer as it was given on")
    assert page.locator("#or-now .or-body").inner_text() == body
    page.locator("#or-now .or-chip").first.click()
    assert marked(page) == HARBOUR
    page.goto(f"{chat}/?answer=no-such-answer")
    expect(page.get_by_role("alert")).to_contain_text("There is no such answer here")


def test_feedback_is_kept_and_stays_visible(page: Page) -> None:
    ask(page, MEETING)
    page.get_by_role("button", name="Good answer").click()
    expect(page.locator("#or-status")).to_contain_text("It is kept")
    page.get_by_text("Something is wrong").click()
    page.get_by_label("Wrong date").check()
    page.get_by_label("Which").select_option("Source 1")
    page.get_by_label("What should it be?").fill("It was signed in June.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Reported", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Marked as good")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Reported", exact=True)).to_be_visible()


def test_statements_are_added_understood_and_corrected(browser: Browser, chat: str, tmp_path: Path) -> None:
    upload = tmp_path / "lighthouse.md"
    upload.write_text(
        "---\ntitle: Statement on the lighthouse\ndate: 2025-09-01\nissuer: Ministry of Lamps\n---\n\n"
        "The Keeper said the lighthouse of Elsewhere would be painted green.\n",
        encoding="utf-8",
    )
    with page_open(browser, chat) as page:
        page.get_by_role("button", name="Add statements").click()
        page.locator("#or-files input[type=file]").set_input_files([upload])
        expect(page.locator("#or-files")).to_contain_text("lighthouse")
        page.get_by_role("button", name="Add", exact=True).click()
        added = page.locator("#or-added")
        expect(added).to_contain_text("1 statement taken in.")
        expect(added).to_contain_text("Statement on the lighthouse")
        expect(added.locator(".or-facts")).to_contain_text("1 Sep 2025")
        expect(added.locator(".or-facts")).to_contain_text("Ministry of Lamps")
        added.get_by_text("Correct this").click()
        added.get_by_label("Issuer").fill("Ministry of Lighthouses")
        added.get_by_role("button", name="Save the correction").click()
        expect(added).to_contain_text("Corrected: Statement on the lighthouse")
        expect(added.locator(".or-facts")).to_contain_text("Ministry of Lighthouses")
        ask(page, "What did the Keeper say about the lighthouse?")
        expect(page.locator("#or-now .or-body")).to_contain_text("painted green")
        expect(page.locator("#or-now .or-body")).to_contain_text("Ministry of Lighthouses")


def test_a_pasted_text_needs_its_title_and_date(browser: Browser, chat: str) -> None:
    with page_open(browser, chat) as page:
        page.get_by_role("button", name="Add statements").click()
        page.get_by_label("Or paste a text").fill("The Warden said the gate of Elsewhere would stay <b>shut</b>.")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#or-added").get_by_role("alert")).to_contain_text("give its title and its date")
        page.get_by_label("Title of the pasted text").fill("Statement on the gate")
        page.get_by_label("Its date").fill("2025-10-02")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#or-added")).to_contain_text("1 statement taken in.")
        ask(page, "What did the Warden say about the gate?")
        expect(page.locator("#or-now .or-body")).to_contain_text("stay")
