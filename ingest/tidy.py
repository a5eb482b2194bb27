"""Markup in, plain text out: the text that is held, split and quoted.

Markdown is rendered to HTML, HTML is walked once, and both come out as paragraphs. Whatever cannot be understood as
markup stays as visible characters: a tidied text may keep an odd mark, but it never loses a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from itertools import groupby
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as table_rule
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.readers import Markup


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Marks inside the stream of pieces. They are control characters, which no cleaned text has.
PARAGRAPH: Final = "\x01"
LINE: Final = "\x02"
GLUE: Final = "\x03"  # swallows the breaks after it: between a list mark and its item
BR: Final = "\x04"  # one is a line, two in a row are a paragraph

DEEPEST: Final = 16
DEEPEST_HTML: Final = 256
SILENT: Final = _words("script style template noscript iframe title noembed noframes head")
PARAGRAPHS: Final = _words(
    "p h1 h2 h3 h4 h5 h6 blockquote section article main aside header footer nav figure figcaption table caption "
    "address form fieldset details summary center hr dl"
)
LINES: Final = _words("li tr dt dd option legend")
STRUCTURE: Final = PARAGRAPHS | LINES | _words("div ul ol td th thead tbody tfoot br pre")
INLINE: Final = _words(
    "a abbr acronym area audio b base basefont bdi bdo big blink body button canvas cite code col colgroup data "
    "datalist del dfn dir em embed font frame frameset hgroup html i img input ins kbd label link map mark marquee "
    "math menu meta meter nobr object optgroup output param picture plaintext progress q rb rp rt ruby s samp search "
    "select slot small source span strike strong sub sup svg textarea time track tt u var video wbr xmp"
)
# Void, or closed by the next of their kind.
NEVER_DEEP: Final = _words("br hr img input meta link wbr col area source p li td th tr dt dd option thead tbody tfoot")
# A cell with this inside is a piece of page layout, not a value in a table.
LAYOUT: Final = "table, ul, ol, h1, h2, h3, p + p, br + br"

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_NEWLINE = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,500}")
_ORNAMENT = re.compile(r"[\\#*_=~\s-]+")
_LIST_MARK = re.compile(r"(?:[-*•\u2013]|\(?\w{1,4}[.)])\s")
_GLUED = re.compile(rf"{GLUE}[\s{PARAGRAPH}{LINE}{BR}]*")
_LINE_ENDS = re.compile(f"[{LINE}\n]")
_DOUBLE_BR = re.compile(rf"{BR}(?:\s*{BR})+")
_MANY_STARS = re.compile(r"\*{2,}")
_BLOCK_TAG = re.compile(r"</?(?:p|div|br|ul|ol|li|table|tr|td|h[1-6]|blockquote|section|article)\b[^<>]{0,500}>", re.I)
_MARKDOWN = re.compile(
    r"\*\*\S|^#{1,6} \S|^ {0,3}(?:[-*+]|\d{1,3}[.)]) +\S|\][(]\S|^> |[^>\s][ \t]*\n[ \t]*\n[ \t]*[^<\s]", re.MULTILINE
)
_SWALLOWING_TAG = re.compile(r"</?(?:title|textarea|xmp|plaintext|noembed|noframes|frameset|head)\b[^<>]{0,500}>", re.I)
_ANY_TAG = re.compile(r"<(/?)([a-z][a-z0-9:-]*)[^<>]*>?", re.I)
_TAG_NAME = re.compile(r"</?([a-z][^\s/>]*)", re.I)
_DECLARATION = re.compile(r"<[!?][^<>]{0,500}>")
_KRAMDOWN = re.compile(r"^[ \t]*\{:[^{}\n]{0,500}\}[ \t]*$", re.MULTILINE)
_CONTROL_REFERENCE = re.compile(r"&#1(?:2[89]|[34]\d|5\d);")  # "&#146;": Windows characters by their old numbers
_TARGET = re.compile(r"^$|^[#?/]|[:./@]\S")


def guess_markup(text: str) -> Markup:
    """What a text of unknown make is written in: HTML where it has block tags and nothing of Markdown, else Markdown.

    A blank line between two pieces of text is a mark of Markdown: as HTML they would run together. Plain text is valid
    Markdown in practice.
    """
    return "html" if _BLOCK_TAG.search(text) and not _MARKDOWN.search(text) else "markdown"


def tidy(text: str, markup: Markup) -> str:
    """Plain text that reads well: paragraphs with one blank line between them, list items and table rows on lines.

    Takes any string and never raises. Hard-wrapped lines are joined (but not those of one page of
    "paged" text), markup is removed, entities are decoded, spaces
    and invisible characters are normalised, and the result is NFC. Content that is not text (scripts, styles,
    frames, images) is dropped; lone end marks such as ``###`` are too.
    """
    text = _clean(text)
    match markup:
        case "plain":
            paragraphs = _from_plain(text)
        case "markdown":
            paragraphs = map(_without_stars, _from_html(_markdown_to_html(text)))
        case "html":
            paragraphs = _from_html(text)
        case "paged":
            paragraphs = _from_lines(text)
    return _compose("\n\n".join(kept for part in paragraphs if not _ORNAMENT.fullmatch(kept := part.strip()) and kept))


def _clean(text: str) -> str:
    """The text with one kind of newline and no invisible or unencodable characters."""
    return _INVISIBLE.sub("", _NEWLINE.sub("\n", _SURROGATE.sub("\ufffd", text)))


def _compose(text: str) -> str:
    """NFC, in bounded pieces: sorting a long run of combining marks would take quadratic time."""
    if text.isascii():
        return text
    return _NOT_ASCII.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)


# --- plain ---------------------------------------------------------------------------------------------------------


def _from_plain(text: str) -> Iterator[str]:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    for filled, group in groupby(lines, key=bool):
        if filled:
            yield _unwrap(list(group))


def _from_lines(text: str) -> Iterator[str]:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return ("\n".join(group) for filled, group in groupby(lines, key=bool) if filled)


def _unwrap(lines: list[str]) -> str:
    """The lines of one paragraph, joined where they were broken only to fit a page."""
    wrapped = sum(50 <= len(line) <= 90 for line in lines[:-1])
    if wrapped * 2 <= len(lines) - 1:
        return "\n".join(lines)
    joined = lines[:1]
    for line in lines[1:]:
        joined.append(("\n" if _LIST_MARK.match(line) or " | " in line else " ") + line)
    return "".join(joined)


# --- HTML ----------------------------------------------------------------------------------------------------------


def _from_html(html: str) -> Iterator[str]:
    # An explicit body keeps a stray <frameset> from replacing everything.
    body = LexborHTMLParser("<!DOCTYPE html><body>" + _flattened(html)).body
    if body is None:
        return
    writer = _Writer()
    _walk(body, writer)
    stream = _GLUED.sub("", "".join(writer.pieces))
    stream = _DOUBLE_BR.sub(PARAGRAPH, stream).replace(BR, LINE)
    for paragraph in stream.split(PARAGRAPH):
        lines = (_SPACES.sub(" ", line).strip() for line in _LINE_ENDS.split(paragraph))
        yield "\n".join(filter(None, lines))


def _flattened(html: str) -> str:
    """The page without the tags that nest beyond `DEEPEST_HTML`: the parser takes quadratic time over those."""
    if html.count("<") <= DEEPEST_HTML:
        return html
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag[2].lower() in NEVER_DEEP:
            return tag[0]
        too_deep = depth > DEEPEST_HTML
        depth = max(0, depth - 1) if tag[1] else depth + 1
        return "<br><br>" if too_deep else tag[0]

    return _ANY_TAG.sub(keep, html)


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Visits every node once, with no recursion, so that no depth of nesting can exhaust the stack."""
    node, depth = root, 0
    while True:
        child = node.first_child if writer.enter(node) else None
        if child is not None:
            node, depth = child, depth + 1
            continue
        writer.leave(node)
        while depth and (following := node.next) is None:
            parent = node.parent
            assert parent is not None
            node, depth = parent, depth - 1
            writer.leave(node)
        if not depth:
            return
        assert following is not None
        node = following


class _Writer:
    """Turns the nodes of a page into pieces of text and marks."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.lists: list[list[Any]] = []  # [next number or None for bullets, mark after the number]
        self.cells: list[bool] = []  # open cells; True where breaks inside become spaces

    def enter(self, node: LexborNode) -> bool:
        """Writes what opens with the node; says whether its children are wanted."""
        tag = node.tag
        if tag == "-text":
            self.pieces.append(_SPACES.sub(" ", node.text_content or ""))
            return False
        if tag is None or tag in SILENT or tag == "-comment":
            return False
        if tag == "pre":
            self._preformatted(node)
            return False
        self._open(node, tag)
        return True

    def leave(self, node: LexborNode) -> None:
        """Writes what closes with the node."""
        tag = node.tag or ""
        if tag in ("ul", "ol"):
            self.lists.pop()
        elif tag in ("td", "th"):
            self.cells.pop()
            return
        elif tag == "br":
            return
        self._break(tag)

    def _open(self, node: LexborNode, tag: str) -> None:
        if tag == "br":
            self._mark(BR)
            return
        if tag in ("td", "th"):
            if _has_cell_before(node):
                self.pieces.append(" | ")
            self.cells.append(node.css_first(LAYOUT) is None)
            return
        self._break(tag)
        if tag in ("ul", "ol"):
            self.lists.append([_start(node) if tag == "ol" else None, _delimiter(node)])
        elif tag == "li":
            self.pieces.append(self._list_mark(node) + GLUE)

    def _list_mark(self, node: LexborNode) -> str:
        if not self.lists or self.lists[-1][0] is None:
            return "- "
        counter = self.lists[-1]
        number: int = _number(node.attributes.get("value"), counter[0])
        counter[0] = number + 1
        return f"{number}{counter[1]} "

    def _break(self, tag: str) -> None:
        if tag in PARAGRAPHS or (tag in ("div", "ul", "ol") and not self.lists):
            self._mark(PARAGRAPH)
        elif tag in LINES or tag in ("div", "ul", "ol"):
            self._mark(LINE)

    def _mark(self, mark: str) -> None:
        in_value = bool(self.cells) and self.cells[-1]
        self.pieces.append(" " if in_value else mark)

    def _preformatted(self, node: LexborNode) -> None:
        self._mark(PARAGRAPH)
        for paragraph in _from_plain(_clean(node.text())):
            self.pieces.append(paragraph)
            self._mark(PARAGRAPH)


def _has_cell_before(node: LexborNode) -> bool:
    before = node.prev
    while before is not None and before.tag not in ("td", "th"):
        before = before.prev
    return before is not None


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else default


def _start(node: LexborNode) -> int:
    return _number(node.attributes.get("start"), 1)


def _delimiter(node: LexborNode) -> str:
    return ")" if node.attributes.get("data-mark") == ")" else "."


# --- Markdown ------------------------------------------------------------------------------------------------------


def _markdown_to_html(text: str) -> str:
    text = _CONTROL_REFERENCE.sub(lambda found: unescape(found[0]), _without_declarations(text))
    rendered: str = _markdown().render(_KRAMDOWN.sub("", text))
    return rendered


def _without_declarations(text: str) -> str:
    """The text with no ``<!`` or ``<?`` in it: comments are dropped, the rest stays as visible characters.

    An unclosed comment would hide everything after it, and many of them would make the parser's regular expressions
    take quadratic time.
    """
    if "<!" not in text and "<?" not in text:
        return text
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    kept.append(text[position:])
    return re.sub(r"<(?=[!?])", "&lt;", _DECLARATION.sub("", "".join(kept)))


def _without_stars(paragraph: str) -> str:
    """The paragraph without the ``**`` that sloppy emphasis ("**Note **that") leaves behind."""
    if "**" not in paragraph:
        return paragraph
    lines = (" ".join(_MANY_STARS.sub("", line).split()) for line in paragraph.split("\n"))
    return "\n".join(filter(None, lines))


@cache
def _markdown() -> MarkdownIt:
    """CommonMark with tables, and without the constructs that hide words of real press releases."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": DEEPEST + 4}).enable("table")
    parser.disable("code")  # an indented paragraph is a paragraph
    parser.block.ruler.before("table", "too_deep", _too_deep)
    parser.block.ruler.at("table", _whole_table, {"alt": ["paragraph", "reference"]})
    parser.add_render_rule("html_inline", _inline_tag)
    parser.add_render_rule("html_block", _block_tags)
    parser.add_render_rule("ordered_list_open", _ordered_list)
    # "[Applause]: thanks" is no link definition, and "[sic](applause)" no link.
    parser.validateLink = lambda url: bool(_TARGET.search(url))  # type: ignore[method-assign]
    return parser


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Beyond `DEEPEST` everything is one paragraph: hostile nesting costs neither the stack nor the text."""
    if silent or state.level < DEEPEST:
        return False
    _push_paragraph(state, state.getLines(start, end, state.blkIndent, False))
    state.line = end
    return True


def _whole_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table whose rows have more cells than its head would lose them; it is kept line by line instead."""
    written = len(state.tokens)
    if not table_rule(state, start, end, silent):
        return False
    if not silent:
        rows = [state.getLines(line, line + 1, 0, False) for line in range(start, state.line) if line != start + 1]
        widths = [row.strip().strip("|").count("|") for row in rows]
        if max(widths) > widths[0]:
            del state.tokens[written:]
            _push_paragraph(state, "  \n".join(rows))
    return True


def _push_paragraph(state: StateBlock, content: str) -> None:
    state.push("paragraph_open", "p", 1)
    token = state.push("inline", "", 0)
    token.content = content.strip()
    token.children = []
    state.push("paragraph_close", "p", -1)


def _inline_tag(renderer: RendererHTML, tokens: list[Token], index: int, *rest: Any) -> str:
    """Tags that matter stay, other known ones go, and what only looks like a tag ("<inaudible>") is text."""
    content = tokens[index].content
    found = _TAG_NAME.match(content)
    name = found[1].lower() if found else ""
    if name in STRUCTURE or name in SILENT - {"title", "head"}:
        return content
    return "" if name in INLINE or name in SILENT or "-" in name or ":" in name else escape(content)


def _block_tags(renderer: RendererHTML, tokens: list[Token], index: int, *rest: Any) -> str:
    """A block of HTML without the tags that would turn everything after them into something else than text."""
    return _SWALLOWING_TAG.sub("", tokens[index].content)


def _ordered_list(renderer: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("data-mark", tokens[index].markup)
    return renderer.renderToken(tokens, index, options, env)
