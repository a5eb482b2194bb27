"""What all rendering shares: escaping, dates and windows in words, addresses that may become links."""

from __future__ import annotations

import re
from datetime import date, datetime
from html import escape

from corpus.model import Statement, Voice
from rag.model import Citation

VOICES = {
    Voice.DIRECT: "direct quote",
    Voice.REPORTED: "as reported by the issuer",
    Voice.NARRATION: "the issuer’s own words",
    Voice.JOINT: "joint text",
}
_ONE_MARK = str.maketrans(dict.fromkeys("“”„‟‘’‚‛«»'", '"'))
_WEB = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)


def safe(text: str) -> str:
    """Escaped; a carriage return is kept, and characters that HTML cannot hold are shown as missing."""
    return escape(text).replace("\0", "\ufffd").replace("\r", "&#13;")


def plain_marks(text: str) -> str:
    """The text with one kind of quotation mark and apostrophe, each in its place."""
    return text.translate(_ONE_MARK)


def day(when: date) -> str:
    """A date as people write it."""
    return f"{when.day} {when:%b %Y}"


def moment(when: datetime) -> str:
    """A date with the time of day, of which the zone is said."""
    return f"{day(when.date())}, {when:%H:%M} UTC"


def window(first: date | None, last: date | None) -> str:
    """A window of time in words; empty for none."""
    if first and last:
        return day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"from {day(first)}" if first else f"until {day(last)}" if last else ""


def kind_in_words(kind: str) -> str:
    """A kind without what only the source's own addresses need: "statements-releases" is "statements releases"."""
    return "" if kind == "statement" else re.sub(r"[-_]+", " ", kind).strip()


def voice_in_words(citation: Citation) -> str:
    """Whose words, what that person is, how the words come to us, and on which page they stand."""
    speaker, office = citation.speaker, citation.office
    if speaker and office and office.casefold() in speaker.casefold():
        office = None
    page = f"page {citation.page}" if citation.page else None
    words = ", ".join(part for part in (speaker, office if speaker else None, VOICES[citation.voice], page) if part)
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
