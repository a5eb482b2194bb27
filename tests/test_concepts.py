"""Words that count as the same: acronyms that statements explain, countries, spellings, slips of the finger."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rag_fixtures import sample_fixture as sample_fixture

from corpus.acronyms import acronyms
from corpus.analysis import content_line, content_terms, terms
from corpus.holdings import Holdings
from rag.concepts import Concept, Finder, Thesaurus, Words
from rag.understand import names


@pytest.fixture(scope="module")
def thesaurus(sample: Holdings) -> Thesaurus:
    return Thesaurus(sample.archive.acronyms())


def concepts(text: str, thesaurus: Thesaurus, holdings: Holdings) -> list[Concept]:
    return thesaurus.concepts(text, names(text), holdings.lexical, 1.0)


def finds(question: str, text: str, thesaurus: Thesaurus, holdings: Holdings) -> bool:
    """Whether a text has every concept of a question."""
    asked = concepts(question, thesaurus, holdings)
    return Finder(asked).found(Words(content_line(text))) == set(asked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Chief of Defence Staff (CDS) received", {("CDS", "Chief of Defence Staff")}),
        ("a Memorandum of Understanding (MoU) was signed", {("MoU", "Memorandum of Understanding")}),
        ("Heat shock protein (HSP) 70", {("HSP", "Heat shock protein")}),
        (
            "Maintenance, Repair and Overhaul (MRO) by the Indian Air Force (IAF)",
            {("MRO", "Maintenance, Repair and Overhaul"), ("IAF", "Indian Air Force")},
        ),
        (
            "Anti-Submarine Warfare Shallow Water Craft (ASW-SWC)",
            {("ASW-SWC", "Anti-Submarine Warfare Shallow Water Craft")},
        ),
        ("the Office of Management and Budget (OMB)", {("OMB", "Office of Management and Budget")}),
        ("of Management and Budget (OMB)", set()),  # the first letter has to be a capital
        ("the office of management (OM)", set()),
        ("the Sultanate of Oman (2025)", set()),
        ("see above (Annex)", set()),
        ("Rs 5 lakh (US)", set()),
        ("(CDS) without words before it", set()),
        ("Chief of\nDefence Staff (CDS)", set()),  # a line is a paragraph: nothing runs across
    ],
)
def test_acronyms_are_those_that_the_text_itself_explains(text: str, expected: set[tuple[str, str]]) -> None:
    assert acronyms(text) == expected


@given(st.text(alphabet="ABCdef ()&-.\n1", max_size=60))
def test_a_mined_acronym_is_spelled_out_by_the_words_before_it(text: str) -> None:
    for short, long in acronyms(text):
        assert re.search(re.escape(long) + r"\s*\(\s*" + re.escape(short) + r"\s*\)", text)
        letters = [c.lower() for c in short if c.isalnum()]
        rest = iter(long.lower())
        assert long[0] == short[0] and all(letter in rest for letter in letters)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("CDS", "the Chief of Defence Staff spoke"),
        ("Chief of Defence Staff", "the CDS spoke"),
        ("JMCC", "the Joint Military Cooperation Committee met"),
        ("Oman", "an Omani visitor"),
        ("Omani", "talks in Oman"),
        ("Muscat", "talks in Oman"),
        ("Oman", "talks held in Muscat"),
        ("Kyiv", "a visit to Kiev"),
        ("Kiev", "a visit to Kyiv"),
        ("Erdogan", "President Erdoğan said"),
        ("ERDOĞAN", "President Erdogan said"),
        ("Al Zaabi", "Mohammed Bin Nasser Bin Ali Al-Zaabi"),
        ("Al-Zaabi", "Mohammed Bin Naseer Bin Ali Al Zaabi"),
        ("Raksha Mantri", "the Defence Minister said"),
        ("the US", "the United States of America"),
        ("the U.S.", "American ships"),
        ("the UK", "British ships"),
    ],
)
def test_other_words_for_one_thing(question: str, text: str, thesaurus: Thesaurus, sample: Holdings) -> None:
    assert finds(question, text, thesaurus, sample)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Oman", "talks in Qatar"),
        ("CDS", "the Chief of the Naval Staff"),
        ("Chief of Defence Staff", "the Chief of the Naval Staff"),
    ],
)
def test_words_that_are_not_the_same(question: str, text: str, thesaurus: Thesaurus, sample: Holdings) -> None:
    assert not finds(question, text, thesaurus, sample)


def test_the_pronoun_us_is_no_country(thesaurus: Thesaurus, sample: Holdings) -> None:
    assert [concept.label for concept in concepts("what they told us", thesaurus, sample)] == ["told"]


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("defense", "defence"),
        ("program", "programme"),
        ("Program", "Programme"),
        ("center", "centre"),
        ("labor", "labour"),
        ("neighborhood", "neighbourhood"),
        ("organized", "organised"),
        ("modernization", "modernisation"),
        ("theaters", "theatres"),
        ("license", "licence"),
    ],
)
def test_american_and_british_spellings_are_one_term(american: str, british: str) -> None:
    assert terms(american) == terms(british)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Defence", "defence"),
        ("Defence", "Defense"),
        ("Centre", "centre"),
        ("ministry of defence", "Ministry of Defence"),
    ],
)
def test_a_capital_does_not_change_how_a_word_is_found(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("Chauhn", "Chauhan"), ("Hegsath", "Hegseth"), ("Dissanayaka", "Dissanayake"), ("Muscot", "Muscat")],
)
def test_a_slip_in_a_name_finds_the_name_that_is_held(
    slip: str, meant: str, thesaurus: Thesaurus, sample: Holdings
) -> None:
    (concept,) = concepts(slip, thesaurus, sample)
    assert Finder([concept]).found(Words(content_line(meant)))


def test_a_name_that_is_held_has_no_other_spelling(thesaurus: Thesaurus, sample: Holdings) -> None:
    (concept,) = concepts("Chauhan", thesaurus, sample)
    assert concept.forms == (("chauhan",),)


@pytest.mark.parametrize("word", ["Omna", "Goya", "NTO", "Mahy"])
def test_a_short_word_has_no_variants(word: str, thesaurus: Thesaurus, sample: Holdings) -> None:
    (concept,) = concepts(word, thesaurus, sample)
    assert concept.forms == (tuple(terms(word)),)


def test_words_of_asking_are_told_from_what_is_asked_about(thesaurus: Thesaurus, sample: Holdings) -> None:
    found = {
        concept.label: concept.asking for concept in concepts("what was discussed on shipbuilding", thesaurus, sample)
    }
    assert found == {"discuss": True, "shipbuild": False}


@given(st.text(max_size=80))
def test_any_text_has_terms_and_content_is_part_of_them(text: str) -> None:
    assert set(content_terms(text)) <= set(terms(text))
