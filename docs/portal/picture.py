"""Take `docs/images/portal.png` from the example portal, running as its first lines say: `python picture.py`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PORTAL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    page = browser.new_page(viewport={"width": 1280, "height": 960})
    page.goto(PORTAL)
    chat = page.frame_locator("onrecord-chat iframe")
    chat.locator(".or-example").first.wait_for()
    page.get_by_role("button", name="Write a question").click()
    page.keyboard.type("What did CDS discuss with Oman?")
    page.keyboard.press("Enter")
    chat.locator(".or-chip").nth(3).click()
    chat.locator("#or-panel mark").first.wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=Path(__file__).parents[1] / "images" / "portal.png")
    browser.close()
