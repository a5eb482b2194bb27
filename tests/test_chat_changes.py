"""Versions of a statement in a real browser: what changed between them, and whether a quote still stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from corpus.model import Statement, Version
from tests.chat_site import MEETING, SHIPS, YARD, ask, cited, marked, page_open
from tests.test_chat_access import check_accessible
from ui.render.changes import changes_html

WORDS = st.lists(st.sampled_from(["one", "two", "<b>", "&", "\n\n", ".", "“x”"]), max_size=12).map(" ".join)
STATEMENT = Statement("gov/x", "A title <b>", datetime(2025, 1, 1, tzinfo=UTC).date())


def version(number: int, text: str) -> Version:
    return Version("gov/x", number, text, "", "", datetime(2025, 1, number, tzinfo=UTC), "test")


@given(WORDS, WORDS)
def test_the_running_text_has_both_versions_in_it(old: str, new: str) -> None:
    html = changes_html(STATEMENT, version(1, old), version(2, new), 2)
    body = html.split('class="or-text"')[1].split(">", 1)[1]
    for text, other in ((old, "ins"), (new, "del")):
        assert _words(body, other) == text.split()
    assert "<b>" not in html


def _words(html: str, without: str) -> list[str]:
    """The words of a rendering, without the elements of one name and what was folded away for."""
    from lxml import html as parser

    tree = parser.fragment_fromstring(html.removesuffix("</article>").removesuffix("</div>"), create_parent="div")
    for element in [*tree.iter(without), *tree.iter("summary")]:
        element.drop_tree()
    for paragraph in tree.iter("p"):
        paragraph.tail = f" {paragraph.tail or ''}"
    return str(tree.text_content()).split()


def test_a_paragraph_put_in_is_one_change_and_the_rest_is_folded() -> None:
    before = [f"Paragraph {n} is routine." for n in range(8)]
    after = [*before[:6], "Two ships were added.", *before[6:]]
    html = changes_html(STATEMENT, version(1, "\n\n".join(before)), version(2, "\n\n".join(after)), 2)
    assert "1 place changed" in html
    assert html.count("<ins>") == 2  # one of them is the key over the text
    assert "4 paragraphs the same" in html
    assert ", the current one" in html
    ends = changes_html(STATEMENT, version(1, "One stands."), version(2, "One stands.\n\nTwo came."), 2)
    assert "<p>One stands.</p><p><ins>Two came.</ins></p>" in ends
    gone = changes_html(STATEMENT, version(1, "One stands.\n\nTwo came."), version(2, "One stands."), 2)
    assert "<p>One stands.</p><p><del>Two came.</del></p>" in gone
    assert "No words changed" in changes_html(STATEMENT, version(1, "Same."), version(2, "Same."), 3)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_changed_between_two_versions_is_drawn(browser: Browser, chat: str, scheme: str) -> None:
    with page_open(browser, chat, color_scheme=scheme) as page:
        ask(page, MEETING)
        page.locator("#or-now .or-body .or-chip").first.click()
        panel = page.locator("#or-panel")
        panel.get_by_text("2 versions").click()
        panel.get_by_role("button", name="What changed from 1 to 2").click()
        expect(panel.locator(".or-text del")).to_have_text(["treaty", "April"])
        expect(panel.locator(".or-text ins")).to_have_text(["agreement", "May"])
        expect(panel).to_contain_text("2 places changed")
        expect(panel).to_contain_text("paragraphs the same")
        check_accessible(page)
        panel.get_by_role("button", name="Back to the statement").click()
        assert marked(page) == cited(page)


@pytest.mark.browser
def test_a_quote_of_a_past_version_says_whether_it_still_stands(page: Page, tmp_path: Path) -> None:
    ask(page, YARD)
    edited = {"id": "gov/ships", "title": "Press release on shipbuilding", "date": "2025-02-02"}
    edited |= {
        "issuer": "Ministry of Examples",
        "text": "An opening line.\n\nThe Secretary added that no ship would be.",
    }
    upload = tmp_path / "ships.jsonl"
    upload.write_text(json.dumps(edited), encoding="utf-8")
    page.get_by_role("button", name="Add statements").click()
    page.locator("#or-files input[type=file]").set_input_files([upload])
    expect(page.locator("#or-files")).to_contain_text("ships")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#or-added")).to_contain_text("1 statement taken in.")
    page.locator("#or-now .or-body .or-chip").filter(has_text="1").first.click()
    panel = page.locator("#or-panel")
    assert marked(page) == SHIPS
    expect(panel.locator(".or-withdrawn")).to_contain_text("version 2. The quoted words are not in it.")
    panel.get_by_role("button", name="See what changed").click()
    expect(panel.locator(".or-text del").first).to_contain_text("two ships")
    expect(panel).to_contain_text("the current one")
