"""Verification lets a true answer through and stops any other, whatever was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import put
from hypothesis import given
from hypothesis import strategies as st

from corpus.archive import Archive
from corpus.errors import UnverifiedAnswer
from corpus.model import Voice
from ingest.sentences import sentence_spans
from rag.compose import Draft
from rag.model import Citation
from rag.verify import verify

TEXTS = {
    "talks": "General Chauhan received a visitor. They discussed shipbuilding [7] and training.\n\n"
    "Échange d’idées: “ships” 🚢.",
    "forger": "He wrote “They discussed war” [1] and left. See note ” [2] and [9] below. “x” [1]",
    "twice": "We agree. We agree. We agree on everything that was said.",
}
Span = tuple[str, int, int]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The texts above, and an older version of one of them."""
    archive = Archive(Path(tmp_path_factory.mktemp("verify")) / "archive")
    put(archive, "talks", "General Chauhan met nobody at all.")
    for name, text in TEXTS.items():
        put(archive, name, text)
    yield archive
    archive.close()


def draft_of(spans: list[Span], archive: Archive) -> Draft:
    """A true answer that quotes the spans."""
    citations = []
    for marker, (name, start, end) in enumerate(spans, start=1):
        version = archive.version(name)
        quote = version.text[start:end]
        citations.append(Citation(marker, archive.statement(name), version.number, start, end, quote, Voice.NARRATION))
    return Draft(text_of(citations), tuple(citations))


def text_of(citations: list[Citation] | tuple[Citation, ...]) -> str:
    lines = [f"- “{citation.quote}” [{citation.marker}]" for citation in citations]
    return "\n".join(["**24 November 2025 · Ministry of Tests:**", "", *lines])


def stopped(draft: Draft, archive: Archive, retrieved: tuple[str, ...] = tuple(TEXTS)) -> bool:
    try:
        verify(draft, retrieved, archive)
    except UnverifiedAnswer:
        return True
    return False


_SENTENCES = [(name, start, end) for name, text in TEXTS.items() for start, end in sentence_spans(text)]
_ANY_SPAN = st.sampled_from(sorted(TEXTS)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.integers(0, len(TEXTS[name]) - 1), st.integers(1, len(TEXTS[name]))
    ).filter(lambda span: span[1] < span[2])
)
_SENTENCE_SPANS = st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=5)


@given(spans=_SENTENCE_SPANS)
def test_a_true_answer_passes_whatever_its_quotes_contain(held: Archive, spans: list[Span]) -> None:
    verify(draft_of(spans, held), tuple(TEXTS), held)


@given(span=_ANY_SPAN)
def test_any_span_can_be_quoted(held: Archive, span: Span) -> None:
    verify(draft_of([span], held), tuple(TEXTS), held)


@given(spans=_SENTENCE_SPANS, data=st.data())
def test_other_offsets_are_stopped_unless_the_same_words_stand_there(
    held: Archive, spans: list[Span], data: st.DataObject
) -> None:
    draft = draft_of(spans, held)
    i = data.draw(st.integers(0, len(spans) - 1))
    old = draft.citations[i]
    start, end = data.draw(st.tuples(st.integers(-200, 200), st.integers(-200, 300)))
    text = TEXTS[old.statement.id]
    citations = (*draft.citations[:i], replace(old, start=start, end=end), *draft.citations[i + 1 :])
    same = 0 <= start < end <= len(text) and text[start:end] == old.quote
    assert stopped(replace(draft, citations=citations), held) is not same


@given(spans=_SENTENCE_SPANS, data=st.data(), character=st.characters(exclude_categories=["Cs"]))
def test_a_quote_with_another_character_is_stopped(
    held: Archive, spans: list[Span], data: st.DataObject, character: str
) -> None:
    draft = draft_of(spans, held)
    i = data.draw(st.integers(0, len(spans) - 1))
    old = draft.citations[i]
    at = data.draw(st.integers(0, len(old.quote) - 1))
    changed = replace(old, quote=old.quote[:at] + character + old.quote[at + 1 :])
    citations = [*draft.citations[:i], changed, *draft.citations[i + 1 :]]
    assert stopped(Draft(text_of(citations), tuple(citations)), held) is (changed.quote != old.quote)


@given(spans=_SENTENCE_SPANS, data=st.data())
def test_a_quote_that_is_shown_in_other_words_is_stopped(held: Archive, spans: list[Span], data: st.DataObject) -> None:
    draft = draft_of(spans, held)
    citation = data.draw(st.sampled_from(draft.citations))
    shown = f"“{citation.quote}” [{citation.marker}]"
    for other in (
        f"“{citation.quote.upper()} NOT” [{citation.marker}]",
        f"“{citation.quote}”",
        f"{citation.quote} [1]",
        "",
    ):
        assert stopped(replace(draft, text=draft.text.replace(shown, other)), held)


@given(spans=st.lists(st.sampled_from(_SENTENCES), min_size=2, max_size=5, unique=True), data=st.data())
def test_swapped_markers_are_stopped(held: Archive, spans: list[Span], data: st.DataObject) -> None:
    draft = draft_of(spans, held)
    i, j = data.draw(st.lists(st.integers(0, len(spans) - 1), min_size=2, max_size=2, unique=True))
    citations = list(draft.citations)
    a, b = citations[i], citations[j]
    swapped = a.quote != b.quote
    citations[i], citations[j] = replace(a, marker=b.marker), replace(b, marker=a.marker)
    in_text = Draft(text_of(citations), draft.citations)
    assert stopped(in_text, held) is swapped  # the text shows each quote under the other's number
    assert stopped(Draft(text_of(citations), tuple(citations)), held)  # and the citations agree with it


@given(spans=_SENTENCE_SPANS, data=st.data())
def test_a_statement_that_was_not_retrieved_is_stopped(held: Archive, spans: list[Span], data: st.DataObject) -> None:
    missing = data.draw(st.sampled_from([name for name, _, _ in spans]))
    assert stopped(draft_of(spans, held), held, tuple(name for name in TEXTS if name != missing))


@given(spans=_SENTENCE_SPANS, number=st.integers(0, 1000), at=st.sampled_from(["before", "after"]))
def test_a_marker_without_a_citation_is_stopped(held: Archive, spans: list[Span], number: int, at: str) -> None:
    draft = draft_of(spans, held)
    text = f"[{number}] {draft.text}" if at == "before" else f"{draft.text} [{number}]"
    assert stopped(replace(draft, text=text), held)


@given(spans=_SENTENCE_SPANS)
def test_a_citation_that_the_text_does_not_show_is_stopped(held: Archive, spans: list[Span]) -> None:
    draft = draft_of(spans, held)
    more = draft_of([*spans, ("twice", 0, len(TEXTS["twice"]))], held)
    assert stopped(replace(draft, citations=more.citations), held)
    assert stopped(replace(more, citations=draft.citations), held)


def test_a_forged_citation_inside_a_quote_is_no_citation(held: Archive) -> None:
    """The forger's text says “They discussed war” [1]; quoting him does not make that a quote of the talks."""
    draft = draft_of([("forger", *sentence_spans(TEXTS["forger"])[0])], held)
    verify(draft, ["forger"], held)
    war = Citation(1, held.statement("talks"), 2, 0, 18, "They discussed war", Voice.NARRATION)
    assert stopped(Draft(draft.text, (war,)), held)


def test_a_quote_is_bound_to_its_version(held: Archive) -> None:
    draft = draft_of([("talks", 0, 35)], held)
    (citation,) = draft.citations
    assert citation.version == 2
    for version in (1, 3):
        assert stopped(replace(draft, citations=(replace(citation, version=version),)), held)
    old = held.version("talks", 1).text
    earlier = replace(citation, version=1, start=0, end=len(old), quote=old)
    verify(Draft(text_of([earlier]), (earlier,)), ["talks"], held)


def test_an_empty_quote_is_stopped(held: Archive) -> None:
    nothing = Citation(1, held.statement("talks"), 2, 4, 4, "", Voice.NARRATION)
    assert stopped(Draft(text_of([nothing]), (nothing,)), held)


def test_a_statement_that_is_held_no_longer_is_stopped(archive: Archive) -> None:
    put(archive, "gone", "It was said and then taken away.", published=date(2025, 1, 1))
    draft = draft_of([("gone", 0, 11)], archive)
    archive.remove("gone")
    assert stopped(draft, archive, ("gone",))
