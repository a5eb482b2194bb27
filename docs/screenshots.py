"""Take the pictures in the README and docs from a running chat: `python docs/screenshots.py http://127.0.0.1:7860`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
IMAGES = Path(__file__).parent / "images"
VIEWS = {
    "chat": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "chat-dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "chat-phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


def main(address: str) -> None:
    """Ask one question in each view and open its fourth citation where there is room for it."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, view in VIEWS.items():
            page = browser.new_context(**view).new_page()
            page.goto(address)
            page.get_by_role("textbox").first.fill("what did CDS discuss with Oman?")
            page.keyboard.press("Enter")
            page.wait_for_selector(".or-chip")
            page.wait_for_timeout(1500)
            if view["viewport"]["width"] > 900:
                page.locator(".or-chip").nth(3).click()
                page.wait_for_selector("mark")
                page.wait_for_timeout(800)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
