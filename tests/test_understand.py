"""What is understood of a question: its shape, its filters, and what it leans on in the turns before."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rag_fixtures import TODAY
from rag_fixtures import sample_fixture as sample_fixture

from corpus.holdings import Holdings
from corpus.model import Filters
from rag.concepts import Thesaurus
from rag.followup import resolve
from rag.model import Question, Shape, Turn
from rag.understand import names, understand, without_account


@pytest.fixture(scope="module")
def thesaurus(sample: Holdings) -> Thesaurus:
    return Thesaurus(sample.archive.acronyms())


@pytest.fixture
def read(sample: Holdings, thesaurus: Thesaurus) -> Reader:
    return Reader(sample, thesaurus)


class Reader:
    """Understands questions over the sample corpus."""

    def __init__(self, holdings: Holdings, thesaurus: Thesaurus) -> None:
        self._holdings = holdings
        self._thesaurus = thesaurus

    def __call__(self, text: str, *history: str | Turn, given: Filters | None = None) -> Question:
        turns = [Turn(turn) if isinstance(turn, str) else turn for turn in history]
        return understand(text, turns, given or Filters(), TODAY, self._thesaurus, self._holdings.lexical)


def labels(question: Question) -> set[str]:
    return {concept.label for concept in question.concepts}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Who commissioned INS Mahe?", Shape.FACT),
        ("When was the 12th JMCC held?", Shape.FACT),
        ("how much did exports grow?", Shape.FACT),
        ("What did CDS discuss with Oman?", Shape.DISCUSSION),
        ("what came up in the talks with Oman", Shape.DISCUSSION),
        ("Brief me on Oman", Shape.DISCUSSION),
        ("list all calls with Zelenskyy in 2022", Shape.TIMELINE),
        ("Give me every meeting with Oman", Shape.TIMELINE),
        ("timeline of Oman talks", Shape.TIMELINE),
        ("how did the position on exports evolve?", Shape.TIMELINE),
        ("how does the Omani readout differ?", Shape.COMPARISON),
        ("compare the talks with Oman and Saudi Arabia", Shape.COMPARISON),
        ("Oman versus Saudi Arabia", Shape.COMPARISON),
    ],
)
def test_the_shape_of_the_answer_that_is_asked_for(text: str, shape: Shape, read: Reader) -> None:
    assert read(text).shape is shape


def test_a_question_alone_needs_nothing_before_it(read: Reader) -> None:
    question = read("What did CDS discuss with Oman in November 2025?")
    assert question.standalone == question.text
    assert labels(question) == {"cds", "discuss", "oman"}
    assert question.filters == Filters(date(2025, 11, 1), date(2025, 11, 30))
    assert question.people == ("CDS",) and question.places == ("Oman",)  # the month is a time, and no name


@pytest.mark.parametrize(
    "text", ["and on shipbuilding?", "what about shipbuilding?", "shipbuilding?", "did they mention shipbuilding?"]
)
def test_a_follow_up_keeps_what_it_leaves_unsaid(text: str, read: Reader) -> None:
    question = read(text, "What did CDS discuss with Oman in November 2025?")
    assert {"cds", "oman", "shipbuild"} <= labels(question)
    assert "Oman" in question.standalone and text in question.standalone
    assert question.filters == Filters(date(2025, 11, 1), date(2025, 11, 30))
    new = next(concept for concept in question.concepts if concept.label == "shipbuild")
    assert all(
        new.turn_weight > concept.turn_weight for concept in question.concepts if concept.label in ("cds", "oman")
    )


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("How did the calls with Qatar and Kuwait differ?", True),
        ("What came of the visit to Canberra?", True),
        ("What came of the visit?", False),
        ("What did the talks with them cover?", False),
        ("What came of the call with Prime Minister Starmer?", True),
        ("When was the call with the President?", False),
        ("When was the call with Prime Minister?", False),
        ("Who attended the meeting with the Omani side?", False),
        ("What was said at the meeting in March?", False),
        ("What came of the visit of November 2025?", False),
        ("How long was the call of Monday?", False),
        ("And the calls with Qatar?", False),
    ],
)
def test_a_meeting_that_a_name_tells_apart_needs_no_turn_before_it(text: str, alone: bool, read: Reader) -> None:
    question = read(text, "What did CDS discuss with Oman in November 2025?")
    assert (question.standalone == text) is alone


def test_a_pronoun_stands_for_whom_the_answer_names(read: Reader) -> None:
    answer = "**8 March 2025 · HQ IDS · readout · Anil Chauhan in Canberra:**\n\n- “He was there.” [1]"
    question = read("Where else did he go?", Turn("Who visited Australia in March 2025?", answer))
    assert {"anil", "chauhan", "australia"} <= labels(question)


def test_follow_ups_of_follow_ups_reach_back_to_the_question_that_stands_alone(read: Reader) -> None:
    question = read(
        "and on training?", "What did Saudi Arabia say?", "What did CDS discuss with Oman?", "and on exports?"
    )
    assert {"train", "export", "oman", "cds"} <= labels(question)
    assert "saudi arabia" not in labels(question)


def test_a_follow_up_moves_the_window(read: Reader) -> None:
    question = read("and a month later?", "What did CDS discuss with Oman in November 2025?")
    assert (question.filters.date_from, question.filters.date_to) == (date(2025, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "Something unrelated: who commissioned INS Mahe?",
        "On another topic, who commissioned INS Mahe?",
        "A different question: who commissioned INS Mahe?",
        "Who commissioned INS Mahe in Mumbai?",
    ],
)
def test_another_topic_takes_nothing_along(text: str, read: Reader) -> None:
    question = read(text, Turn("What did CDS discuss with Oman in November 2025?", "**Talks of Anil Chauhan:**"))
    assert not labels(question) & {"cds", "oman", "discuss", "anil", "chauhan", "unrel", "topic"}
    assert {"mahe", "commiss"} <= labels(question)
    assert not question.filters
    assert "Oman" not in question.standalone


def test_a_follow_up_after_another_topic_leans_on_that_one_only(read: Reader) -> None:
    question = read(
        "and when was it built?", "What did CDS discuss with Oman?", "Something unrelated: who commissioned INS Mahe?"
    )
    assert "mahe" in labels(question) and not labels(question) & {"oman", "cds"}


@pytest.mark.parametrize("polite", ["Thanks! ", "ok great, ", "Hello, ", "Thank you. ", "Hi! "])
def test_politeness_is_no_topic(polite: str, read: Reader) -> None:
    assert labels(read(f"{polite}What did CDS discuss with Oman?")) == {"cds", "discuss", "oman"}


def test_a_given_window_wins_over_the_words(read: Reader) -> None:
    given = Filters(date_from=date(2024, 1, 1), issuers=("Indian Navy",))
    assert read("What was said on Oman in November 2025?", given=given).filters == given


def test_a_given_issuer_is_kept_beside_a_window_in_the_words(read: Reader) -> None:
    filters = read("What was said on Oman in November 2025?", given=Filters(issuers=("Indian Navy",))).filters
    assert filters == Filters(date(2025, 11, 1), date(2025, 11, 30), ("Indian Navy",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What did General Anil Chauhan discuss with Oman?", ["General Anil Chauhan", "Oman"]),
        ("When did Mohammed Bin Nasser Bin Ali Al-Zaabi visit?", ["Mohammed Bin Nasser Bin Ali Al-Zaabi"]),
        ("Did Haitham bin Tarik meet Ursula von der Leyen?", ["Haitham bin Tarik", "Ursula von der Leyen"]),
        ("what did cds say?", []),
        ("Where is it?", []),
        ("Compare Oman and Oman", ["Oman"]),
        ("", []),
    ],
)
def test_names_are_the_runs_of_capitalised_words(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_the_sides_of_a_comparison_by_name(read: Reader) -> None:
    one, other = read("How do the talks with Oman and Saudi Arabia differ?").sides
    assert (one.label, other.label) == ("Oman", "Saudi Arabia")
    assert "oman" in labels(one) and "saudi arabia" not in labels(one)
    assert "saudi arabia" in labels(other) and "oman" not in labels(other)
    assert "Saudi" not in one.standalone and "Oman" not in other.standalone


def test_the_sides_of_a_comparison_by_time(read: Reader) -> None:
    one, other = read("Compare the talks with Oman in January 2022 and in November 2025").sides
    assert (one.filters.date_from, one.filters.date_to) == (date(2022, 1, 1), date(2022, 1, 31))
    assert (other.filters.date_from, other.filters.date_to) == (date(2025, 11, 1), date(2025, 11, 30))
    assert "oman" in labels(one) and "oman" in labels(other)
    assert (one.label, other.label) == ("January 2022", "November 2025")


def test_a_comparison_of_nothing_named_has_no_sides(read: Reader) -> None:
    assert read("how does it differ?").sides == ()
    assert read("What did CDS discuss with Oman and Saudi Arabia?").sides == ()  # no comparison


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=5))
def test_any_conversation_resolves_to_words_that_were_said(text: str, before: list[str]) -> None:
    resolved = resolve(text, [Turn(words) for words in before])
    assert resolved.question in text
    assert all(any(turn.question in words for words in before) for turn in resolved.thread)
    assert resolved.standalone.endswith(resolved.question)


SIGNED = (
    ("What does the Omani readout say?", "What does the readout say?", ("Oman News Agency",)),
    ("What was in India’s statement on ports?", "What was in statement on ports?", ("High Commission of India",)),
    ("According to NATO, what was agreed?", "what was agreed?", ("NATO",)),
    (
        "How many ships, according to the Ministry of Tests, were built?",
        "How many ships were built?",
        ("Ministry of Tests",),
    ),
    ("What was said in the readout of the call?", "What was said in the readout of the call?", ()),
)


@pytest.mark.parametrize(("text", "unsigned", "issuers"), SIGNED)
def test_whose_account_is_asked_for(text: str, unsigned: str, issuers: tuple[str, ...], sample: Holdings) -> None:
    held = ["Oman News Agency", "High Commission of India", "NATO", "Ministry of Tests", "Ministry of Trials"]
    asked = understand(text, (), Filters(), TODAY, Thesaurus((), held), sample.lexical)
    assert asked.filters.issuers == issuers
    assert " ".join(without_account(text).split()) == unsigned
    again = understand(without_account(text), (), Filters(), TODAY, Thesaurus((), held), sample.lexical)
    assert again.filters.issuers == ()
