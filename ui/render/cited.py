"""The text of an answer cut at its citations: blocks of HTML in which each citation is a numbered button."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from rag.compose import introduction
from rag.model import Answer, Citation, Outcome
from ui.record import cited_statements
from ui.render.words import day, origin, safe, voice_in_words

NOTHING = (Outcome.NOT_FOUND, Outcome.FILTERED_OUT)
_QUOTE_MARKS = "\"'“”„‟‘’‚‛«»"
_MARKER = re.compile(r"\[(\d{1,4})\]")
_OUTSIDE_QUOTES = re.compile(r"“[^”]*”|\[(\d{1,4})\]")
_BOLD = re.compile(r"\*\*(\S.*?)\*\*")
_HEAD = re.compile(r"\*\*(\S.*?):\*\*\s*(.*)", re.S)
_HOLE = "\ue000"  # stands in a text for a piece whose HTML is ready; private use, so no reader misses it


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph ("p"), a list item ("li"), or a line that names the statement quoted next ("h3").

    Attributes:
        words: its plain text, as the answer has it.
        html: the same as safe HTML.
        statement: id of the statement that it names, or None.
    """

    kind: str
    words: str
    html: str
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class _Quote:
    """A cited quote as it stands in an answer, with the markers behind it; `text` is empty for markers alone."""

    text: str
    markers: tuple[int, ...]


def blocks_of(answer: Answer) -> list[Block]:
    """What an answer says, block by block.

    An answer that found nothing has none: its text only says in words what its label, its nearest statements and its
    foot show.

    Quotes are taken out before the text is read as Markdown, so a quote's line breaks and stars mean nothing.
    """
    if answer.outcome in NOTHING and not answer.citations:
        return []
    pieces = list(_pieces(answer))
    cited = {citation.marker: citation for citation in answer.citations}
    ready = iter([_quote(piece, cited) for piece in pieces if isinstance(piece, _Quote)])
    text = "".join(_HOLE if isinstance(piece, _Quote) else piece.replace(_HOLE, "\ufffd") for piece in pieces)
    heads = {
        introduction(group[0].statement, group[0].version): group[0]
        for group in cited_statements(answer.citations).values()
    }
    return [_block(kind, lines, heads, ready) for kind, lines in _split(text)]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one kind: "plain", "bold", "quote" (with its quotation marks) or "marker" (as ``[1]``)."""

    kind: str
    text: str


def runs_of(answer: Answer) -> list[tuple[str, list[Run]]]:
    """What an answer says as paragraphs ("p") and list items ("li"), each in runs: what files are written from."""
    pieces = list(_pieces(answer))
    quotes = iter([piece for piece in pieces if isinstance(piece, _Quote)])
    text = "".join(_HOLE if isinstance(piece, _Quote) else piece.replace(_HOLE, "\ufffd") for piece in pieces)
    return [(kind, list(_runs("\n".join(lines), quotes))) for kind, lines in _split(text)]


def _runs(words: str, quotes: Iterator[_Quote]) -> Iterator[Run]:
    for n, part in enumerate(words.split(_HOLE)):
        if n:
            quote = next(quotes)
            yield Run("quote", quote.text)
            yield from (Run("marker", f"[{marker}]") for marker in quote.markers)
        at = 0
        for bold in _BOLD.finditer(part):
            yield Run("plain", part[at : bold.start()])
            yield Run("bold", bold[1])
            at = bold.end()
        yield Run("plain", part[at:])


def place(citation: Citation) -> str:
    """Attributes that say where a citation stands."""
    return (
        f'data-statement="{escape(citation.statement.id)}" data-version="{citation.version}"'
        f' data-start="{citation.start}" data-end="{citation.end}" data-marker="{citation.marker}"'
    )


def chip(citation: Citation) -> str:
    """The numbered button of a citation."""
    statement = citation.statement
    label = escape(f"Source {citation.marker}: {statement.title}, {day(statement.published)}")
    voice = escape(voice_in_words(citation))
    return (
        f'<button type="button" class="or-chip" {place(citation)} aria-label="{label}" title="{label} ({voice})">'
        f"{citation.marker}</button>"
    )


def _block(kind: str, lines: list[str], heads: Mapping[str, Citation], ready: Iterator[str]) -> Block:
    """A block with its HTML; the line that names a statement is laid out, not run together."""
    words = "\n".join(lines)
    head = _HEAD.fullmatch(words)
    named = heads.get(head[1]) if head else None
    if head is None or named is None:
        return Block(kind, words, re.sub(_HOLE, lambda _: next(ready), _inline(lines)))
    rest = re.sub(_HOLE, lambda _: next(ready), _inline(head[2].split("\n")))
    title = heading(named)
    if kind == "p" and not rest:
        return Block("h3", words, title, named.statement.id)
    return Block(kind, words, f"{title}{rest}", named.statement.id)


def heading(citation: Citation) -> str:
    """The statement that a block quotes: its title over when, who and what kind."""
    statement = citation.statement
    about = origin(statement)
    if statement.event and statement.event != statement.published:
        about.append(f"event {day(statement.event)}")
    if statement.withdrawn:
        about.append("withdrawn")
    return f'<span class="or-named"><bdi>{safe(statement.title)}</bdi><small>{safe(" · ".join(about))}</small></span>'


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


def _quote(piece: _Quote, cited: Mapping[int, Citation]) -> str:
    quote = f'<q class="or-quote" dir="auto">{safe(piece.text)}</q>' if piece.text else ""
    return quote + "".join(chip(cited[n]) if n in cited else f" [{n}]" for n in piece.markers)


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
    return "<br>".join(_BOLD.sub(r"<strong>\1</strong>", safe(line)) for line in lines)
