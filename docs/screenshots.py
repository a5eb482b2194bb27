"""Take the pictures in the README and docs from running chats: `python docs/screenshots.py ADDRESS [ADDRESS]`.

The first address serves the sample corpus in an archive made for this, to which a made-up statement is added; the
second, where given, one with enough statements for a timeline and a comparison, such as `wh_core`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
IMAGES = Path(__file__).parent / "images"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
OMAN = "What did CDS discuss with Oman?"
CALLS = "List every call with Zelenskyy in 2022"
PIER = "When will the pier of Elsewhere be mended?"
EDITED = (
    "The Minister said that the pier of Elsewhere would be mended by May, and that two ferries would sail from it.",
    "The Minister said that the pier of Elsewhere would be mended by June, and that two ferries would sail from it."
    "\n\nThe work will be done by the port's own yard.",
)
LEADERS = "How did the calls with Truss and Sunak differ?"


def main(sample: str, large: str | None = None) -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme, mark in (("light", ""), ("dark", "-dark")):
            take(browser, sample, f"start{mark}", WIDE, scheme, lambda page: None)
            take(browser, sample, f"chat{mark}", WIDE, scheme, open_a_source)
            take(browser, sample, f"chat-phone{mark}", PHONE, scheme, lambda page: ask(page, OMAN))
            take(browser, sample, f"source-phone{mark}", PHONE, scheme, open_a_source)
            take(browser, sample, f"change{mark}", WIDE, scheme, change)
            take(browser, sample, f"add{mark}", WIDE, scheme, add)
            if large:
                take(browser, large, f"timeline{mark}", WIDE, scheme, hover_the_timeline)
                take(browser, large, f"comparison{mark}", WIDE, scheme, lambda page: ask(page, LEADERS))
                take(browser, large, f"comparison-phone{mark}", PHONE, scheme, lambda page: ask(page, LEADERS))
        for scheme, mark in (("light", ""), ("dark", "-dark")):
            take(browser, sample, f"added{mark}", WIDE, scheme, add_both)
            take(browser, sample, f"changes{mark}", WIDE, scheme, compare)
        browser.close()


def take(
    browser: Browser, address: str, name: str, size: dict[str, int], scheme: str, prepare: Callable[[Page], None]
) -> None:
    """One picture; what was asked for it is taken back."""
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(address)
    page.wait_for_selector(".or-example")
    prepare(page)
    page.wait_for_timeout(900)
    file = IMAGES / f"{name}.png"
    page.screenshot(path=file)
    Image.open(file).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    if page.locator("[data-act=undo]").count():
        page.locator("[data-act=undo]").last.dispatch_event("click")
        page.wait_for_timeout(300)
    page.context.close()


def ask(page: Page, question: str) -> None:
    """Ask, and wait for the answer."""
    page.get_by_label("Question", exact=True).fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#or-now .or-foot")


def open_a_source(page: Page) -> None:
    """The statement beside, or over, the answer."""
    ask(page, OMAN)
    page.locator("#or-now .or-body .or-chip").nth(3).click()
    page.wait_for_selector("#or-mark")


def change(page: Page) -> None:
    """What was understood, unfolded."""
    ask(page, OMAN)
    page.locator("#or-now .or-change").click()


def add(page: Page) -> None:
    """The form for adding statements."""
    page.get_by_role("button", name="Add statements").click()


def add_both(page: Page) -> None:
    """What was understood of a statement that was edited, and what of another is lacking."""
    add(page)
    for text in EDITED:
        about = {"title": "Statement on the pier", "issuer": "Ministry of Harbours", "category": "readout"}
        lines = [
            {"id": "elsewhere/pier", "date": "2025-03-03", "speakers": "The Minister of Harbours", "text": text}
            | about,
            {
                "id": "elsewhere/crane",
                "title": "Statement on the crane",
                "text": "The crane of Elsewhere will be painted.",
            },
        ]
        content = "\n".join(map(json.dumps, lines)).encode()
        file = {"name": "elsewhere.jsonl", "mimeType": "application/jsonl", "buffer": content}
        page.locator("#or-files input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        page.wait_for_selector("#or-files :text('elsewhere')")
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_selector("#or-added .or-problems li")
        page.locator("#or-files [aria-label='Clear']").click()
    page.locator("#or-added .or-more summary").first.click()
    page.locator("#or-adding").evaluate("pane => { pane.scrollTop = pane.scrollHeight; }")


def compare(page: Page) -> None:
    """What changed between two versions."""
    page.wait_for_timeout(3000)  # until it is indexed
    ask(page, PIER)
    page.locator("#or-now .or-body .or-chip").first.click()
    page.wait_for_selector("#or-mark")
    page.get_by_text("versions", exact=False).first.click()
    page.locator("#or-panel [data-compare]").last.click()
    page.wait_for_selector(".or-changes")


def hover_the_timeline(page: Page) -> None:
    """A timeline with one of its statements named."""
    ask(page, CALLS)
    page.locator(".or-dot").nth(9).hover()


if __name__ == "__main__":
    main(*sys.argv[1:3])
