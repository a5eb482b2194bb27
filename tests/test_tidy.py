"""What becomes of markup: the words stay, the marks go."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers import Markup
from ingest.tidy import guess_markup, tidy

SHARED = Path(__file__).parents[2] / "shared"
MARKUPS: tuple[Markup, ...] = ("plain", "markdown", "html")
WORD = re.compile(r"[^\W\d_]+")
markups = st.sampled_from(MARKUPS)
# Text with enough marks in it to be mistaken for markup.
MARKS = [
    "\n",
    "\n\n",
    "    ",
    "- ",
    "1. ",
    "> ",
    "# ",
    "**",
    "*",
    "`",
    "```\n",
    "[a](b)",
    "![",
    "|",
    "|-|-|\n",
    "~~~",
    "---",
]
MARKS += ["<b>", "</p>", "<p>", "<li>", "<ol>", "<table>", "<td>", "<tr>", "<br>", "<pre>", "<div>", "</div>", "<svg>"]
MARKS += [
    "<frameset>",
    "<!--",
    "-->",
    "<?",
    "&amp;",
    "&#1;",
    "\\",
    "\\###",
    "{: x}",
    "a",
    "word",
    "\u0301",
    "\u200b",
    "\r\n",
]
marked_up = st.lists(st.text(max_size=20) | st.sampled_from(MARKS), max_size=30).map("".join)


def words(text: str) -> list[str]:
    return WORD.findall(text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("wrapped\nlines\n\nnext  one ", "wrapped lines\n\nnext one"),
        ("# Head\ntext", "Head\n\ntext"),
        ("Head\n----\ntext", "Head\n\ntext"),
        ("*a* **b** _c_ `d`", "a b c d"),
        ("[the link](https://x.gov/a) ![alt](a.png)", "the link"),
        ("<https://x.gov> and <a@x.gov>", "https://x.gov and a@x.gov"),
        ("- a\n- b\n  c\n- d", "- a\n- b c\n- d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("1) a\n2) b", "1) a\n2) b"),
        ("- a\n\n- b", "- a\n\n- b"),
        ("- a\n  - b\n- c", "- a\n- b\n- c"),
        ("|a|b|\n|-|-|\n|1|2|", "a | b\n1 | 2"),
        ("|a|b|\n|-|-|\n|1|2|3|", "|a|b|\n|1|2|3|"),
        ("the 22<sup>nd</sup> day<br>next", "the 22nd day\nnext"),
        ("Dear Sir,  \nthank you", "Dear Sir,\nthank you"),
        ("words\n\n\\###", "words"),
        ("words\n\n**\\###**", "words"),
        ("broken **emphasis  \n**here", "broken emphasis\nhere"),
        ("\\<b> &lt;b&gt; & &amp; &eacute; &#146;", "<b> <b> & & é \u2019"),
        ("    indented\n    text", "indented text"),
        ("```\ncode\n\nmore", "code\n\nmore"),
        ("[Applause]: thanks", "[Applause]: thanks"),
        ("he said [sic](again) and <inaudible>", "he said [sic](again) and <inaudible>"),
        ("1986. A good year", "1986. A good year"),
        ("#hashtag", "#hashtag"),
        ("a <!-- b --> c <!-- open\n\nrest", "a c <!-- open\n\nrest"),
        ('{:start="2"}\n2. two', "2. two"),
        ("<ol>\n<li>a</li>\n\n<li>b</li>\n</ol>\n\nc *d*", "1. a\n2. b\n\nc d"),
        ("<title>kept\n\nrest", "kept\n\nrest"),
        ("a <script>bad()</script> b\n\n<style>\nx\n\ny</style>\n\nc", "a b\n\nc"),
    ],
)
def test_markdown(source: str, expected: str) -> None:
    assert tidy(source, "markdown") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a\nb</p><p>c</p>", "a b\n\nc"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>d", "- a\n- b\n- c\n\nd"),
        ("<ol start=3><li>a<li value=7>b<li>c</ol>", "3. a\n7. b\n8. c"),
        ("<ol><li><p>a</p></li><li><p>b</p></li></ol>", "1. a\n\n2. b"),
        ("<table><tr><th>a<th>b<tr><td>c<br>d<td>e</table>", "a | b\nc d | e"),
        ("<table><tr><td><p>a</p><p>b</p></td></tr></table>", "a\n\nb"),
        ("<pre>one\ntwo\n\nthree</pre>", "one\ntwo\n\nthree"),
        ("<noscript>n</noscript><iframe>i</iframe><template>t</template><style>s</style>x<img alt=no>", "x"),
        ("a&nbsp;b&lt;i&gt;", "a b<i>"),
        ("<frameset><frame></frameset>still here", "still here"),
    ],
)
def test_html(source: str, expected: str) -> None:
    assert tidy(source, "html") == expected


def test_plain_keeps_marks_and_joins_only_what_was_wrapped() -> None:
    wrapped = "The ministers met on Monday and discussed trade and security,\nthen left."
    assert "\n" not in tidy(wrapped, "plain")
    assert tidy("Name\nStreet\n\n\n<b>Town</b> *x*", "plain") == "Name\nStreet\n\n<b>Town</b> *x*"


@pytest.mark.parametrize("markup", MARKUPS)
def test_characters_are_normalised(markup: Markup) -> None:
    assert tidy("a\u00a0b\u200bc\ufeff e\u0301 dis\x00cuss\x07 \ud800", markup) == "a bc é discuss \ufffd"
    assert tidy("a\r\n\r\nb", markup) == ("a b" if markup == "html" else "a\n\nb")


def test_guess_markup() -> None:
    assert guess_markup("<p>a</p>") == "html"
    assert guess_markup("just words\n\nand more") == "markdown"
    assert guess_markup("**a**<br>") == "markdown"
    assert guess_markup("one\n\ntwo\n\n<table><tr><td>x</td></tr></table>") == "markdown"


@given(st.one_of(st.text(), marked_up), markups)
@settings(deadline=None)
def test_never_raises_and_comes_out_clean(text: str, markup: Markup) -> None:
    out = tidy(text, markup)
    out.encode()
    assert out == out.strip()
    assert "\n\n\n" not in out and "\xa0" not in out and "\t" not in out
    assert not re.search(r" $|[\x00-\x09\x0b-\x1f\u200b\ufeff]", out, re.MULTILINE)


@given(marked_up, markups)
@settings(deadline=None)
def test_tidied_text_keeps_its_words_as_plain_text(text: str, markup: Markup) -> None:
    once = tidy(text, markup)
    assert words(tidy(once, "plain")) == words(once)


@given(st.text(alphabet="ab *_-#>\n.1`[]()", max_size=200), st.sampled_from(["script", "style", "iframe"]), markups)
@settings(deadline=None)
def test_scripts_are_never_text(text: str, tag: str, markup: Markup) -> None:
    if markup != "plain":
        around = text.replace("`", "") + f"\n\n<{tag}>SECRET\n\nSECRET</{tag}>\n\n" + text
        assert "SECRET" not in tidy(around, markup)


@given(st.text(alphabet="ab *_-#>\n\t.1`[]()|:!\\~=+", max_size=300))
@settings(deadline=None)
def test_markdown_never_loses_a_letter_outside_links(text: str) -> None:
    text = text.replace("](", "] (").replace("]:", "] :").replace("~~~", "~ ").replace("```", "` ")
    assert Counter(re.findall("[ab]", tidy(text, "markdown"))) == Counter(re.findall("[ab]", text))


HOSTILE = ["<", "[", "*", "> ", "- ", "![", "<!--", "<?", "<![CDATA[", "<div>", "<p><b>", "<ul><li>", "<td>", "a\n=\n"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_input_takes_linear_time_and_stack(piece: str) -> None:
    """A hundred thousand characters would take minutes where time grew with the square."""
    source = piece * (100_000 // len(piece)) + " last words"
    started = time.perf_counter()
    for markup in MARKUPS:
        hidden = markup == "html" and piece.startswith(("<!", "<?"))  # an unclosed comment of a page
        assert tidy(source, markup).endswith("" if hidden else "last words")
    assert time.perf_counter() - started < 20


def core(step: int) -> Iterator[str]:
    path = SHARED / "corpora" / "wh_core.jsonl.gz"
    if not path.exists():
        pytest.skip(f"reference data not there: {path}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % step == 0:
                yield json.loads(line)["text"]


def test_the_working_corpus_loses_no_words() -> None:
    for text in core(step=4):
        # What a reader of the source would see, with markup taken out the crude way.
        seen = Counter(words(re.sub(r"<!--.*?-->|<[^>]*>|\]\([^)]*\)", "", text, flags=re.DOTALL)))
        lost = seen - Counter(words(tidy(text, guess_markup(text))))
        assert lost.total() <= max(2, 0.02 * seen.total()), (text[:80], lost)
