"""Rendering: whatever a statement says stays text, and what is marked is exactly what was cited."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.archive import Archive
from corpus.errors import NotHeld
from corpus.model import Filters, Statement, Version, Voice, sha256
from rag.compose import introduction
from rag.model import Answer, Citation, Outcome, Question, Searched, Shape
from ui.record import as_record, from_record
from ui.render.answer import LABELS, answer_html, growing_html
from ui.render.markdown import answer_markdown
from ui.render.statement import Visit, statement_html, statement_json
from ui.render.words import voice_in_words

OURS = set(
    "a article bdi button details div fieldset form h2 h3 header input label legend li mark nav ol option p q select"
    " small span strong summary table tbody td textarea th thead tr ul".split()
)
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "“ ” [1] [9]",
    "\"'><b>",
    "**x**",
    "\n\n",
    "- ",
    "&amp;",
    "\ue000",
    "${alert(1)}{{x}}",
    "\r\n",
    "\u2028",
]
words = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)), min_size=1, max_size=6).map("".join)
texts = words.map(lambda text: text.replace("\0", " ").encode("utf-8", "ignore").decode())


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.marked = self.words = ""
        self.statement = False
        self.said = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self.inside.append(tag)
        self.statement = self.statement or dict(attrs).get("class") == "or-text"

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        self.marked += data if self.inside else ""
        self.said += data
        self.words += data if self.statement else ""

    def named(self, css: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.tags if attributes.get("class") == css]


def statement(**fields: object) -> Statement:
    given = {"id": "s/1", "title": "A title", "published": date(2025, 11, 24), "issuer": "A Ministry", **fields}
    return Statement(**given)  # type: ignore[arg-type]


def version(text: str) -> Version:
    return Version("s/1", 1, text, sha256(text), sha256(text), datetime(2026, 1, 2, tzinfo=UTC), "test")


def citation(marker: int, quote: str, held: Statement | None = None) -> Citation:
    return Citation(marker, held or statement(), 1, 0, len(quote), quote, Voice.DIRECT, "A Speaker")


def answer(text: str, *citations: Citation, **fields: object) -> Answer:
    made = Answer(
        Question("What?", "What?", Filters()),
        Outcome.ANSWERED,
        text,
        citations,
        Searched(52, date(2018, 2, 12), date(2026, 1, 27)),
        (),
        {},
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def chips(html: str) -> list[str | None]:
    return [chip["data-marker"] for chip in Page(html).named("or-chip")]


def check_safe(html: str) -> None:
    for tag, attributes in Page(html).tags:
        assert tag in OURS | {"br"}
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "https://").lower().startswith(("https://", "http://"))


@given(texts, texts, texts)
def test_nothing_in_an_answer_becomes_markup(text: str, quote: str, title: str) -> None:
    held = statement(title=title, id=title or "x", url=text, issuer=quote)
    whole = f"{text}\n\n- **{title}**: “{quote}” [1]\n{text}"
    made = answer(whole, citation(1, quote, held), nearest=(held,), question=Question(title, text, Filters()))
    check_safe(answer_html(made, "an-id", last=True, given=("good", "wrong date")))
    check_safe(growing_html(made.question, whole))
    for shape in Shape:
        sides = (replace(made.question, label=title), replace(made.question, label=text))
        check_safe(answer_html(replace(made, question=replace(made.question, shape=shape, sides=sides))))


@given(texts, texts)
def test_chips_stand_for_real_citations_only(text: str, quote: str) -> None:
    made = answer(f"{text} “{quote}” [1][7]", citation(1, quote))
    assert set(chips(answer_html(made))) <= {"1"}
    assert chips(answer_html(answer(text))) == []


@given(texts, texts, st.data())
def test_exactly_the_cited_characters_are_marked(text: str, title: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    held = statement(title=title, url=title, language=title, id=title or "x")
    visit, others = Visit(1, title, 1, 1), [held]
    html = statement_html(held, version(text), (start, end), visit=visit, versions=[version(text)] * 2, repeats=others)
    page = Page(html)
    check_safe(html)
    assert page.words == text
    assert page.marked == text[start:end]
    assert html.count('id="or-mark"') <= 1
    if text[start:end].strip():
        assert html.count('id="or-mark"') == 1


def test_a_quote_cannot_bring_its_own_marker() -> None:
    quote = "We agree.” [2] “So do they."
    made = answer(f"They said “{quote}” [1] and “Yes.” [2]", citation(1, quote), citation(2, "Yes."))
    assert chips(answer_html(made)) == ["1", "2"]


def test_white_space_and_quotation_marks_may_differ_between_quote_and_answer() -> None:
    made = answer("He said “it is ‘good’ now” [1][2].", citation(1, 'it  is\n"good" now'), citation(2, "it is"))
    assert chips(answer_html(made)) == ["1", "2"]


def test_a_sentence_in_the_composers_words_has_its_marker_outside_quotation_marks_only() -> None:
    assert chips(answer_html(answer("They met [1]. “A [1] title”", citation(1, "met in Muscat")))) == ["1"]


def test_lists_paragraphs_and_bold_heads() -> None:
    html = answer_html(answer("Two were found.\n\n- **One**: “a” [1]\n  more\n- **Two**\n\nEnd.", citation(1, "a")))
    assert '<p dir="auto">Two were found.</p><ul><li dir="auto"><strong>One</strong>: <q' in html
    assert '<br>more</li><li dir="auto"><strong>Two</strong></li></ul><p dir="auto">End.</p>' in html


def test_the_line_that_names_a_statement_is_laid_out_with_its_kind_in_plain_words() -> None:
    held = statement(kind="statements-releases", event=date(2025, 11, 20))
    text = f"**{introduction(held)}:**\n\n- “Yes.” [1]"
    html = answer_html(answer(text, citation(1, "Yes.", held)))
    assert "24 Nov 2025 · A Ministry · statements releases · event 20 Nov 2025" in html
    assert "**" not in html.split("data-copy")[0]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_outcome_is_said(outcome: Outcome) -> None:
    html = answer_html(answer("Text.", outcome=outcome, nearest=(statement(id="near/1"),)))
    assert f">{LABELS[outcome]}</p>" in html
    searched = "Searched 52 statements, 12 Feb 2018 to 27 Jan 2026" in html
    assert searched is (outcome is not Outcome.UNCLEAR)
    assert 'data-statement="near/1"' in html


def test_what_was_understood_is_shown_and_can_be_changed() -> None:
    filters = Filters(date(2022, 1, 1), date(2022, 12, 31), ("A Ministry",), kinds=("press-release",))
    asked = Question("And then?", "And then in Oman?", filters, ("A Person",), ("Oman",))
    page = Page(answer_html(answer("Text.", question=asked)))
    for words in ("Read as “And then in Oman?”", "1 Jan 2022 to 31 Dec 2022", "A Ministry", "press release", "Oman"):
        assert words in page.said
    fields = {attributes.get("name"): attributes.get("value") for tag, attributes in page.tags if tag == "input"}
    assert (fields["first"], fields["last"], fields["issuer"]) == ("2022-01-01", "2022-12-31", "A Ministry")
    assert [a["data-was"] for _, a in page.tags if "data-was" in a] == ["A Person", "Oman"]


def many_dates(count: int = 4) -> list[Citation]:
    return [
        citation(n, f"Quote {n}.", statement(id=f"s/{n}", title=f"Title {n}", published=date(2022, n, 1)))
        for n in range(1, count + 1)
    ]


def test_a_timeline_has_a_dot_for_each_statement_in_order() -> None:
    cited = many_dates()
    text = "\n".join(f"- **{introduction(c.statement)}:** “{c.quote}” [{c.marker}]" for c in reversed(cited))
    made = answer(text, *reversed(cited), question=Question("List", "List", Filters(), shape=Shape.TIMELINE))
    dots = [a for _, a in Page(answer_html(made)).tags if "or-dot" in (a.get("class") or "")]
    assert [dot["data-statement"] for dot in dots] == [f"s/{n}" for n in range(1, 5)]
    assert dots[0]["aria-label"] == "1 Jan 2022: Title 1"
    assert dots[0]["style"] == "inset-inline-start:0.00%;--lane:0"
    assert (dots[-1]["style"] or "").startswith("inset-inline-start:100.00%")
    assert "or-dot" not in answer_html(replace(made, question=Question("List", "List", Filters())))


def test_a_comparison_is_a_table_of_two_columns() -> None:
    one, two = many_dates(2)
    text = "**Before**\n\n“Quote 1.” [1]\n\n**After**: nothing held\n\n“Quote 2.” [2]"
    sides = tuple(Question("", "", Filters(), label=label) for label in ("Before", "After"))
    asked = Question("Compare", "Compare", Filters(), shape=Shape.COMPARISON, sides=sides)
    html = answer_html(answer(text, one, two, question=asked))
    assert '<th scope="col" dir="auto">Before</th><th scope="col" dir="auto">After</th>' in html
    left, right = html.split("<td>")[1:3]
    assert ("Quote 1." in left, "Quote 2." in left, "Quote 2." in right) == (True, False, True)
    assert "<table" not in answer_html(answer("No two sides [1]", one, question=asked))


def test_an_answer_read_back_from_its_record_looks_the_same() -> None:
    one, two = many_dates(2)
    sides = tuple(Question("", "", Filters(), label=label) for label in ("Before", "After"))
    asked = Question("And?", "Compare", Filters(date(2022, 1, 1), None, ("A",), ("B",), ("c-d",)), ("P",), ("O",))
    asked = replace(asked, shape=Shape.COMPARISON, sides=sides)
    made = answer("**Before**\n\n“Quote 1.” [1]\n\n**After**\n\n“Quote 2.” [2]", one, two, question=asked)
    made = replace(made, nearest=(statement(kind="x-y", url="https://example.org"),))
    again = from_record(json.loads(json.dumps(as_record(made))))
    assert answer_html(again, "id", last=True) == answer_html(made, "id", last=True)
    assert answer_markdown(again) == answer_markdown(made)


def test_what_a_reader_said_of_an_answer_stays_visible() -> None:
    made = answer("“Yes.” [1]", citation(1, "Yes."))
    assert 'aria-pressed="true">Marked as good' in answer_html(made, "id", given=("good",))
    assert ">Reported</summary>" in answer_html(made, "id", given=("wrong date",))
    assert "data-act" not in answer_html(made)


def test_markdown_names_each_source() -> None:
    held = statement(url="https://example.org/a")
    assert answer_markdown(answer("“Yes.” [1]", citation(1, "Yes.", held))) == (
        "“Yes.” [1]\n\nSources\n\n- [1] A Ministry, “A title”, 24 Nov 2025, A Speaker, direct quote, https://example.org/a,"
        " statement s/1, version 1, characters 0-4\n"
    )
    assert "javascript" not in answer_markdown(answer("x [1]", citation(1, "x", statement(url="javascript:x"))))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "java\tscript:x", "//evil.example", "http:"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert "<a " not in statement_html(statement(url=url), version("Text."), None)


def test_a_statement_says_that_it_is_withdrawn_and_which_version_it_is() -> None:
    held = statement(withdrawn=True, speakers=("One", "Two"), url="https://example.org/a")
    html = statement_html(held, version("Text."), None, visit=Visit(3, "One, direct quote", 2, 5))
    assert "Quote 2 of 5" in html
    assert "One, direct quote" in html
    assert "Withdrawn by its source" in html
    assert "One, Two" in html
    assert "Version 1, taken 2 Jan 2026" in html
    assert 'target="_blank" rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    ("now", "stands"),
    [
        ("It said:\nThe Minister’s answer\nwas “no”.", True),
        ('It said: the Minister\'s answer was "no".', False),
        ("It said: The Minister’s answer was “yes”.", False),
    ],
)
def test_a_past_version_says_whether_the_quoted_words_still_stand(now: str, stands: bool) -> None:
    past, newest = version('The Minister\'s answer was "no".'), replace(version(now), number=version("").number + 1)
    html = statement_html(statement(), past, (0, len(past.text)), versions=[past, newest])
    assert ("The quoted words still stand in it." in html) is stands
    assert ("The quoted words are not in it." in html) is not stands


def test_statement_json_has_the_text_and_every_version(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.put(statement(), "First.", b"1", "test", [(0, 6)])
    archive.put(statement(), "Second.", b"2", "test", [(0, 7)])
    found = statement_json(archive, "s/1")
    assert (found["id"], found["version"], found["text"]) == ("s/1", 2, "Second.")
    assert [(v["number"], v["sha256"]) for v in found["versions"]] == [(1, sha256("First.")), (2, sha256("Second."))]
    with pytest.raises(NotHeld):
        statement_json(archive, "s/2")
    archive.close()


@pytest.mark.parametrize(
    ("speaker", "office", "page", "words"),
    [
        ("Ada Brandt", "Harbour Minister", None, "Ada Brandt, Harbour Minister, direct quote"),
        ("Harbour Minister Brandt", "Harbour Minister", 3, "Harbour Minister Brandt, direct quote, page 3"),
        (None, None, 1, "Direct quote, page 1"),
    ],
)
def test_a_card_says_who_speaks_as_what_and_on_which_page(
    speaker: str | None, office: str | None, page: int | None, words: str
) -> None:
    made = replace(citation(1, "Yes."), speaker=speaker, office=office, page=page)
    assert voice_in_words(made) == words
    assert words in html.unescape(answer_html(answer("“Yes.” [1]", made)))
