"""What all rendering shares: escaping, dates and windows in words, addresses that may become links."""

from __future__ import annotations

import re
from datetime import date
from html import escape

from corpus.model import Statement, Voice

VOICES = {
    Voice.DIRECT: "direct quote",
    Voice.REPORTED: "as reported by the issuer",
    Voice.NARRATION: "the issuer’s own words",
    Voice.JOINT: "joint text",
}
_WEB = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)


def safe(text: str) -> str:
    """Escaped; a carriage return is kept, and characters that HTML cannot hold are shown as missing."""
    return escape(text).replace("\0", "\ufffd").replace("\r", "&#13;")


def day(when: date) -> str:
    """A date as people write it."""
    return f"{when.day} {when:%b %Y}"


def window(first: date | None, last: date | None) -> str:
    """A window of time in words; empty for none."""
    if first and last:
        return day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"from {day(first)}" if first else f"until {day(last)}" if last else ""


def kind_in_words(kind: str) -> str:
    """A kind without what only the source's own addresses need: "statements-releases" is "statements releases"."""
    return "" if kind == "statement" else re.sub(r"[-_]+", " ", kind).strip()


def voice_in_words(voice: Voice, speaker: str | None) -> str:
    """Whose words, and how they come to us."""
    words = ", ".join(part for part in (speaker, VOICES[voice]) if part)
    return words[0].upper() + words[1:]


def origin(statement: Statement) -> list[str]:
    """When a statement was issued, by whom, and what it is."""
    known = day(statement.published), statement.issuer, kind_in_words(statement.kind)
    return [part for part in known if part]


def web(url: str | None) -> str | None:
    """The address when it is one of the web, else None (``javascript:`` and the like)."""
    return url.strip() if url and _WEB.fullmatch(url.strip()) else None


def link(url: str | None, words: str | None = None) -> str:
    """A link that opens beside the page and tells the other side nothing; empty for anything but a web address."""
    address = web(url)
    if not address:
        return ""
    shown = safe(words or address)
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">{shown}</a>'


def many(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
