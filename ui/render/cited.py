"""The text of an answer cut at its citations: blocks of HTML in which each citation is a numbered button."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from rag.compose import introduction
from rag.model import Answer, Citation, Outcome
from ui.record import cited_statements
from ui.render.words import day, origin, plain_marks, safe, voice_in_words

NOTHING = (Outcome.NOT_FOUND, Outcome.FILTERED_OUT)
_CLOSE = re.compile(r"\s*”(?P<markers>(?:[ \t]*\[\d{1,4}\])+)")
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
    text, at = answer.text, 0
    found = list(_quoted(text, {citation.quote for citation in answer.citations}))
    claimed = {marker for _, _, quote in found for marker in quote.markers}
    free = {citation.marker for citation in answer.citations} - claimed
    for start, end, quote in found:
        yield from _loose(text[at:start], free)
        yield quote
        at = end
    yield from _loose(text[at:], free)


def _loose(text: str, free: set[int]) -> Iterator[str | _Quote]:
    at = 0
    for match in _OUTSIDE_QUOTES.finditer(text):
        if match[1] and int(match[1]) in free:
            yield text[at : match.start()]
            yield _Quote("", (int(match[1]),))
            at = match.end()
    yield text[at:]


def _quoted(text: str, quotes: Iterable[str]) -> Iterator[tuple[int, int, _Quote]]:
    """Where a text has any of the quotes with its markers, whatever its white space and quotation marks."""
    plain = plain_marks(text)
    candidates = [plain_marks(quote).split() for quote in sorted(set(quotes), key=len, reverse=True)]
    at = 0
    while (at := text.find("“", at)) >= 0:
        ends = (_end_of(words, plain, at + 1) for words in candidates if words)
        close = next((match for end in ends if end and (match := _CLOSE.match(text, end))), None)
        if close:
            markers = tuple(int(number) for number in _MARKER.findall(close["markers"]))
            yield at, close.end(), _Quote(text[at : close.start("markers")], markers)
        at = close.end() if close else at + 1


def _end_of(words: Sequence[str], text: str, at: int) -> int:
    """Where words end that stand in a text from a place on, with white space between them; 0 where they do not."""
    for i, word in enumerate(words):
        start = at
        while text[at : at + 1].isspace():
            at += 1
        if (i and at == start) or not text.startswith(word, at):
            return 0
        at += len(word)
    return at


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
