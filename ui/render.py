"""Answers and statements as HTML, Markdown and JSON: pure functions, no web framework.

Statement text is data. Everything is escaped first, and only then gets this module's own markup, so nothing that a
statement, a title or a question says can become a tag, a link or a marker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import groupby
from typing import Any

from corpus.archive import Archive
from corpus.model import Statement, Version
from rag.model import Answer, Citation, Outcome

LABELS = {
    Outcome.ANSWERED: "Answered",
    Outcome.PARTIAL: "Partly answered",
    Outcome.NOT_FOUND: "Nothing held on that",
    Outcome.FILTERED_OUT: "Emptied by the filter",
    Outcome.UNCLEAR: "Please say more",
}
_CLOSEST = {Outcome.FILTERED_OUT: "Outside the filter there are"}
_NOTHING = (Outcome.NOT_FOUND, Outcome.FILTERED_OUT)
_QUOTE_MARKS = "\"'“”„‟‘’‚‛«»"
_MARKER = re.compile(r"\[(\d{1,4})\]")
_OUTSIDE_QUOTES = re.compile(r"“[^”]*”|\[(\d{1,4})\]")
_BOLD = re.compile(r"\*\*(\S.*?)\*\*")
_GAP = re.compile(r"\s*\n\s*\n\s*")
_WEB = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
_HOLE = "\ue000"  # stands in a text for a piece whose HTML is ready; private use, so no reader misses it
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Quote:
    """A cited quote as it stands in an answer, with the markers behind it; `text` is empty for markers alone."""

    text: str
    markers: tuple[int, ...]


# ---- answers -----------------------------------------------------------------------------------------------------


def answer_html(answer: Answer, *, blocks: int | None = None) -> str:
    """An answer as safe HTML; with `blocks`, only so many of its paragraphs and list items, for showing it grow."""
    shown = _blocks(answer)
    if blocks is not None and blocks < len(shown):
        return _answer(answer, _layout(shown[:blocks]))
    return _answer(answer, _layout(shown) + _sources(answer) + _nearest(answer) + _foot(answer))


def count_blocks(answer: Answer) -> int:
    """How many paragraphs and list items an answer has."""
    return len(_blocks(answer))


def question_html(text: str) -> str:
    """The reader's words."""
    return f'<p class="or-question" dir="auto">{_text(text)}</p>'


def notice_html(text: str) -> str:
    """A plain sentence about something that did not work."""
    return f'<p class="or-notice" role="alert">{_text(text)}</p>'


def answer_markdown(answer: Answer) -> str:
    """An answer to paste elsewhere: its text, then one line for each source with what is needed to check it."""
    lines = [answer.text.strip()]
    if answer.citations:
        lines += ["", "Sources", ""]
        lines += [f"- [{citation.marker}] {_footnote(citation)}" for citation in answer.citations]
    return "\n".join(lines) + "\n"


def day(when: date) -> str:
    """A date as people write it."""
    return f"{when.day} {when:%b %Y}"


def _answer(answer: Answer, inside: str) -> str:
    label = f'<p class="or-outcome" data-outcome="{answer.outcome.value}">{LABELS[answer.outcome]}</p>'
    return f'<div class="or-answer">{label}{_understood(answer)}{inside}</div>'


def _blocks(answer: Answer) -> list[tuple[str, str]]:
    """Paragraphs ("p") and list items ("li") of an answer, each with its HTML.

    An answer that found nothing has none: its text only says in words what its label, its nearest statements and its
    foot show.

    Quotes are taken out before the text is read as Markdown, so a quote's line breaks and stars mean nothing.
    """
    if answer.outcome in _NOTHING and not answer.citations:
        return []
    pieces = list(_pieces(answer))
    cited = {citation.marker: citation for citation in answer.citations}
    ready = iter([_quote(piece, cited) for piece in pieces if isinstance(piece, _Quote)])
    text = "".join(_HOLE if isinstance(piece, _Quote) else piece.replace(_HOLE, "\ufffd") for piece in pieces)
    return [(kind, re.sub(_HOLE, lambda _: next(ready), _inline(lines))) for kind, lines in _split(text)]


def _pieces(answer: Answer) -> Iterator[str | _Quote]:
    """The text of an answer cut at its citations.

    A quote may itself contain closing quotation marks and markers. So each citation's own words are looked for as a
    whole, the longest first, and what is inside them is never read. Markers elsewhere count only where no quote has
    claimed their citation (a sentence in the composer's words), and never inside quotation marks.
    """
    text, pattern, at = answer.text, _quotes_pattern(answer.citations), 0
    found = list(pattern.finditer(text)) if pattern else []
    claimed = {marker for match in found for marker in _markers(match["markers"])}
    free = {citation.marker for citation in answer.citations} - claimed
    for match in found:
        yield from _loose(text[at : match.start()], free)
        yield _Quote(match["quote"], _markers(match["markers"]))
        at = match.end()
    yield from _loose(text[at:], free)


def _loose(text: str, free: set[int]) -> Iterator[str | _Quote]:
    at = 0
    for match in _OUTSIDE_QUOTES.finditer(text):
        if match[1] and int(match[1]) in free:
            yield text[at : match.start()]
            yield _Quote("", (int(match[1]),))
            at = match.end()
    yield text[at:]


def _quotes_pattern(citations: tuple[Citation, ...]) -> re.Pattern[str] | None:
    """Matches a quote of any of the citations with its markers, whatever its white space and quotation marks."""
    quotes = sorted({words for c in citations if (words := c.quote.strip())}, key=len, reverse=True)
    if not quotes:
        return None
    mark = f"[{_QUOTE_MARKS}]"
    bodies = (r"\s+".join(re.sub(mark, lambda _: mark, re.escape(word)) for word in words.split()) for words in quotes)
    return re.compile(rf"(?P<quote>“\s*(?:{'|'.join(bodies)})\s*”)(?P<markers>(?:[ \t]*\[\d{{1,4}}\])+)")


def _markers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _MARKER.findall(text))


def _quote(piece: _Quote, cited: dict[int, Citation]) -> str:
    quote = f'<q class="or-quote" dir="auto">{_text(piece.text)}</q>' if piece.text else ""
    return quote + "".join(_chip(cited[n]) if n in cited else f" [{n}]" for n in piece.markers)


def _chip(citation: Citation) -> str:
    statement = citation.statement
    label = escape(f"Source {citation.marker}: {statement.title}, {day(statement.published)}")
    return (
        f'<button type="button" class="or-chip" {_place(citation)} data-marker="{citation.marker}"'
        f' aria-label="{label}" title="{label} ({escape(_voice(citation))})">{citation.marker}</button>'
    )


def _voice(citation: Citation) -> str:
    return ", ".join(part for part in (citation.speaker, citation.voice.value) if part)


def _place(citation: Citation) -> str:
    return (
        f'data-statement="{escape(citation.statement.id)}" data-version="{citation.version}"'
        f' data-start="{citation.start}" data-end="{citation.end}"'
    )


def _split(text: str) -> Iterator[tuple[str, list[str]]]:
    """Markdown's blocks as far as answers have them: paragraphs, and list items with the lines that go on in them."""
    kind, lines = "", list[str]()
    for line in map(str.strip, text.split("\n")):
        item = line.startswith(("- ", "* "))
        if lines and (item or not line):
            yield kind, lines
            lines = []
        if line:
            kind = "li" if item else kind if lines else "p"
            lines.append(line[2:] if item else line)
    if lines:
        yield kind, lines


def _inline(lines: list[str]) -> str:
    return "<br>".join(_BOLD.sub(r"<strong>\1</strong>", _text(line)) for line in lines)


def _layout(blocks: list[tuple[str, str]]) -> str:
    html = []
    for kind, group in groupby(blocks, key=lambda block: block[0]):
        inside = "".join(f'<{kind} dir="auto">{content}</{kind}>' for _, content in group)
        html.append(f"<ul>{inside}</ul>" if kind == "li" else inside)
    return f'<div class="or-body">{"".join(html)}</div>' if html else ""


def _understood(answer: Answer) -> str:
    """How the question was read, where that is more than its words."""
    question, filters, notes = answer.question, answer.question.filters, []
    if question.standalone.strip() != question.text.strip():
        notes.append(f"Understood as: {question.standalone}")
    if window := _window(filters.date_from, filters.date_to):
        notes.append(f"Only {window}")
    if filters.issuers:
        notes.append(f"Only from {', '.join(filters.issuers)}")
    return "".join(f'<p class="or-understood" dir="auto">{_text(note)}</p>' for note in notes)


def _window(first: date | None, last: date | None) -> str:
    if first and last:
        return day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"from {day(first)}" if first else f"until {day(last)}" if last else ""


def _sources(answer: Answer) -> str:
    """What is cited, one line for each statement."""
    by_statement: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        by_statement.setdefault(citation.statement.id, []).append(citation)
    rows = "".join(f"<li>{_source(citations)}</li>" for citations in by_statement.values())
    count = "1 source" if len(by_statement) == 1 else f"{len(by_statement)} sources"
    return f'<details class="or-more"><summary>{count}</summary><ul>{rows}</ul></details>' if rows else ""


def _source(citations: list[Citation]) -> str:
    first, statement = citations[0], citations[0].statement
    numbers = ", ".join(str(citation.marker) for citation in citations)
    voices = dict.fromkeys(map(_voice, citations))
    about = " · ".join([*_origin(statement), *voices])
    return (
        f'<button type="button" class="or-open" {_place(first)}><span class="or-numbers">{numbers}</span>'
        f"<span><bdi>{_text(statement.title)}</bdi><small>{_text(about)}</small></span></button>"
    )


def _nearest(answer: Answer) -> str:
    rows = "".join(
        f'<li><button type="button" class="or-open" data-statement="{escape(near.id)}"><span>'
        f"<bdi>{_text(near.title)}</bdi><small>{_text(' · '.join(_origin(near)))}</small></span></button></li>"
        for near in answer.nearest
    )
    label = _CLOSEST.get(answer.outcome, "Closest, without the answer")
    return f'<p class="or-label">{label}</p><ul class="or-nearest">{rows}</ul>' if rows else ""


def _foot(answer: Answer) -> str:
    searched = answer.searched
    if answer.outcome is Outcome.UNCLEAR:
        return '<div class="or-foot"></div>'  # nothing was searched
    parts = [f"Searched {searched.statements:,} statement{'' if searched.statements == 1 else 's'}"]
    parts += [window for window in [_window(searched.date_from, searched.date_to)] if window]
    parts += ["from " + ", ".join(searched.issuers)] if searched.issuers else []
    copy = (
        f'<button type="button" class="or-copy" data-copy="{_text(answer_markdown(answer))}">Copy with sources</button>'
        if answer.citations
        else ""
    )
    return f'<div class="or-foot"><span class="or-searched">{_text(", ".join(parts))}</span>{copy}</div>'


def _footnote(citation: Citation) -> str:
    statement = citation.statement
    where = f"statement {statement.id}, version {citation.version}, characters {citation.start}-{citation.end}"
    parts = [statement.issuer, f"“{statement.title}”", day(statement.published), _web(statement.url), where]
    return " ".join(", ".join(part for part in parts if part).split())


# ---- statements --------------------------------------------------------------------------------------------------


def statement_html(statement: Statement, version: Version, highlight: Span | None = None) -> str:
    """A statement as safe HTML, the highlighted characters in ``<mark>``, the first of them ``id="or-mark"``.

    A highlight that runs over a paragraph's end has a mark in each paragraph; joined, their text is the span's.
    """
    language = escape(statement.language)
    return (
        f'<article class="or-statement">{_header(statement, version)}'
        f'<div class="or-text" lang="{language}" dir="auto">{_paragraphs(version.text, highlight)}</div></article>'
    )


def statement_json(archive: Archive, statement_id: str) -> dict[str, Any]:
    """What `onrecord show ID --json` and the API give: the statement, its current text, and its versions.

    Raises:
        NotHeld: no such statement.
    """
    statement, current = archive.statement(statement_id), archive.version(statement_id)
    return {
        "id": statement.id,
        "title": statement.title,
        "date": statement.published.isoformat(),
        "event_date": statement.event.isoformat() if statement.event else None,
        "issuer": statement.issuer,
        "speakers": list(statement.speakers),
        "kind": statement.kind,
        "place": statement.place,
        "url": statement.url,
        "lang": statement.language,
        "audience": list(statement.audience),
        "extra": dict(statement.extra),
        "withdrawn": statement.withdrawn,
        "version": current.number,
        "text": current.text,
        "versions": [
            {"number": v.number, "sha256": v.text_sha256, "fetched_at": v.fetched_at.isoformat()}
            for v in archive.versions(statement_id)
        ],
    }


def _header(statement: Statement, version: Version) -> str:
    withdrawn = '<p class="or-withdrawn">Withdrawn by its source</p>' if statement.withdrawn else ""
    held = f"Version {version.number}, taken {day(version.fetched_at.date())}"
    kind = "" if statement.kind == "statement" else statement.kind
    facts = [*_origin(statement), kind, ", ".join(statement.speakers), held]
    event = f"Event: {day(statement.event)}" if statement.event and statement.event != statement.published else ""
    about = " · ".join(fact for fact in [*facts, event] if fact)
    return (
        f'<header>{withdrawn}<h2 tabindex="-1" dir="auto">{_text(statement.title)}</h2>'
        f'<p class="or-about" dir="auto">{_text(about)}</p>{_link(statement.url)}</header>'
    )


def _origin(statement: Statement) -> list[str]:
    return [part for part in (statement.issuer, day(statement.published)) if part]


def _link(url: str | None) -> str:
    safe = _web(url)
    if not safe:
        return ""
    return (
        f'<p class="or-link"><a href="{escape(safe)}" target="_blank" rel="noopener noreferrer nofollow">'
        f"{_text(safe)}</a></p>"
    )


def _web(url: str | None) -> str | None:
    """The address when it is one of the web, else None (``javascript:`` and the like)."""
    return url.strip() if url and _WEB.fullmatch(url.strip()) else None


def _paragraphs(text: str, highlight: Span | None) -> str:
    """Every character of the text in order, so that the element's text content is the text itself."""
    span = highlight if highlight and 0 <= highlight[0] < highlight[1] <= len(text) else (0, 0)
    html, at = [], 0
    for gap in _GAP.finditer(text):
        html += [
            _paragraph(text, at, gap.start(), span),
            _marked(text, gap.start(), gap.end(), span, "mark class='or-gap'"),
        ]
        at = gap.end()
    html.append(_paragraph(text, at, len(text), span))
    return "".join(html).replace("<mark>", '<mark id="or-mark">', 1)


def _paragraph(text: str, first: int, last: int, span: Span) -> str:
    return f"<p>{_marked(text, first, last, span, 'mark')}</p>" if first < last else ""


def _marked(text: str, first: int, last: int, span: Span, tag: str) -> str:
    """The characters from first to last, those inside the span marked."""
    left, right = max(first, span[0]), min(last, span[1])
    if left >= right:
        return _text(text[first:last])
    return f"{_text(text[first:left])}<{tag}>{_text(text[left:right])}</mark>{_text(text[right:last])}"


def _text(text: str) -> str:
    """Escaped; a carriage return is kept, and characters that HTML cannot hold are shown as missing."""
    return escape(text).replace("\0", "\ufffd").replace("\r", "&#13;")
