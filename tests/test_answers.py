"""Answers over a small archive of an invented world: who held an office when, which of several, and one text twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from conftest import put
from rag_fixtures import TODAY, assert_holds, cited
from rag_fixtures import sample_fixture as sample_fixture

from corpus.holdings import Holdings
from corpus.model import Filters
from corpus.settings import Settings
from ingest.vectors import embed_due
from rag.engine import Engine
from rag.model import Answer, Outcome, Shape, Turn

CALLS = {
    "call-1": (date(2024, 2, 3), "Prime Minister Ada Brandt of Norway", "fisheries in the northern sea"),
    "call-2": (date(2024, 5, 9), "Prime Minister Ada Brandt of Norway", "a cable under the sea"),
    "call-3": (date(2024, 9, 21), "Prime Minister Emil Quist of Norway", "rescue at sea and ice charts"),
}
RELEASE = (
    "The Harbour Ministry and the Port Authority of Bergen signed an agreement on pilot boats on 4 March 2024. Twelve"
    " pilot boats will be built in three yards over five years, and crews will train together every autumn."
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Holdings(Settings(archive=tmp_path_factory.mktemp("world")), create=True) as holdings:
        archive = holdings.archive
        for name, (day, whom, about) in CALLS.items():
            office, _, country = whom.partition(" of ")
            put(
                archive,
                name,
                f"President Ilse Maron spoke today with {whom}.\n\nThey discussed {about}. They agreed to meet again.",
                title=f"Readout of President Maron's call with {office} of {country}",
                published=day,
                issuer="Office of the President",
                kind="readout",
            )
        put(
            archive,
            "remarks",
            "Brandt said that the northern route stays open to grain ships in every season of the year.",
            title="Remarks on the northern route",
            published=date(2024, 3, 1),
            issuer="Shipping Board",
        )
        put(
            archive,
            "release",
            RELEASE,
            title="Pilot boats for Bergen",
            published=date(2024, 3, 5),
            kind="press release",
        )
        put(archive, "post", RELEASE, title="Pilot boats: a post", published=date(2024, 3, 6), issuer="Port of Bergen")
        put(
            archive,
            "norwegian",
            "The governments of Norway and Freedonia will share charts of the northern ice. Norway lends two ships.",
            title="Ice charts to be shared",
            published=date(2024, 10, 1),
            issuer="Foreign Ministry of Norway",
        )
        put(
            archive,
            "japanese",
            "The governments of Norway and Japan will share charts of the northern ice. Japan lends a satellite.",
            title="Ice charts to be shared",
            published=date(2024, 10, 2),
            issuer="Foreign Ministry of Japan",
        )
        put(
            archive,
            "secret",
            "The Zanzabar file on pilot boats is closed. The Quellmark Naval Depot (QND) keeps twelve of them.",
            title="Internal note on pilot boats",
            published=date(2024, 3, 7),
            audience=("staff",),
        )
        embed_due(archive, holdings.embedder)
        holdings.catch_up()
        yield Engine(holdings)


def ask(engine: Engine, text: str, *history: str, **filters: object) -> Answer:
    turns: list[Turn] = []
    given = Filters(**filters)  # type: ignore[arg-type]
    for question in history:
        turns.append(Turn(question, engine.ask(question, history=turns, filters=given, today=TODAY).text))
    answer = engine.ask(text, history=turns, filters=given, today=TODAY)
    assert_holds(answer, engine.holdings.archive)
    return answer


# ---- offices ---------------------------------------------------------------------------------------------------------


def test_an_office_is_its_holder_at_the_time(engine: Engine) -> None:
    grain = ask(engine, "What did the prime minister of Norway say about grain ships?")
    assert cited(grain) == ["remarks"]
    september = ask(engine, "What did President Maron and the prime minister of Norway discuss in September 2024?")
    assert "Emil Quist" in september.question.people and "Ada Brandt" not in september.question.people
    assert cited(september) == ["call-3"]


def test_an_office_with_a_name_after_it_needs_no_holder(engine: Engine) -> None:
    answer = ask(engine, "What did Prime Minister Quist discuss with President Maron?")
    assert cited(answer) == ["call-3"] and "Ada Brandt" not in answer.question.people


# ---- which of several ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statement", "said"),
    [
        ("What did Maron discuss in her most recent call with Norway?", "call-3", "the most recent of 3"),
        ("What did Maron discuss in the second call with Norway?", "call-2", "the second of 3"),
        ("What came up in Maron's first call with Norway in 2024?", "call-1", "the first of 3"),
    ],
)
def test_the_statement_that_is_counted_by_date(text: str, statement: str, said: str, engine: Engine) -> None:
    answer = ask(engine, text)
    assert cited(answer) == [statement] and said in answer.text


def test_the_last_two_are_a_timeline_of_two(engine: Engine) -> None:
    answer = ask(engine, "List Maron's last two calls with Norway")
    assert answer.question.shape is Shape.TIMELINE and cited(answer) == ["call-2", "call-3"]


def test_a_call_beyond_those_held_is_not_found(engine: Engine) -> None:
    answer = ask(engine, "What did Maron discuss in the fifth call with Norway?")
    assert answer.outcome is Outcome.NOT_FOUND and {near.id for near in answer.nearest} <= set(CALLS)


# ---- one text, several carriers --------------------------------------------------------------------------------------


def test_repeats_of_one_text_are_one_item_with_all_carriers(engine: Engine) -> None:
    answer = ask(engine, "How many pilot boats will be built for Bergen?", groups=frozenset())
    assert len(cited(answer)) == 1 and set(cited(answer)) <= {"release", "post"}
    assert "Same text:" in answer.text
    assert "Port of Bergen" in answer.text and "Ministry of Tests" in answer.text


# ---- whose account ---------------------------------------------------------------------------------------------------


def test_a_readout_of_one_side_is_what_that_side_issued(engine: Engine) -> None:
    answer = ask(engine, "What does the Japanese readout say about the ice charts?")
    assert answer.question.filters.issuers == ("Foreign Ministry of Japan",) and cited(answer) == ["japanese"]


def test_two_accounts_are_compared_by_who_issued_them(engine: Engine) -> None:
    answer = ask(engine, "How does the Japanese account of the ice charts differ from the Norwegian one?")
    assert answer.question.shape is Shape.COMPARISON
    assert [side.filters.issuers for side in answer.question.sides] == [
        ("Foreign Ministry of Japan",),
        ("Foreign Ministry of Norway",),
    ]
    assert cited(answer) == ["japanese", "norwegian"]


# ---- parts, amounts, and what is not there ---------------------------------------------------------------------------


def test_a_follow_up_on_a_part_quotes_that_part(engine: Engine) -> None:
    answer = ask(engine, "and on ice charts?", "What did Maron and Quist discuss?")
    quoted = " ".join(citation.quote for citation in answer.citations if citation.statement.id == "call-3")
    assert "ice charts" in quoted and "meet again" not in quoted


def test_a_statement_without_what_is_asked_for_does_not_answer(engine: Engine) -> None:
    answer = ask(engine, "Which submarines did Norway lend in the call with Maron in February 2024?")
    assert answer.outcome in (Outcome.NOT_FOUND, Outcome.FILTERED_OUT)


def test_an_amount_that_no_sentence_has_is_no_full_answer(engine: Engine) -> None:
    answer = ask(engine, "How much grain do ships carry on the northern route?")
    assert answer.outcome is not Outcome.ANSWERED


# ---- what a reader may not see ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["pilot boats", "Zanzabar", "Zanzibar file", "What is the QND?", "Quellmark depot"])
def test_nothing_of_another_audience_is_told(text: str, engine: Engine) -> None:
    outside = ask(engine, text, groups=frozenset({"press"}))
    assert "secret" not in outside.retrieved and "secret" not in {near.id for near in outside.nearest}
    forms = {" ".join(form) for concept in outside.question.concepts for form in concept.forms}
    assert "zanzabar" not in forms - {"zanzabar"} or "Zanzabar" in text
    assert not any("quellmark" in form for form in forms) or "Quellmark" in text
    inside = ask(engine, text, groups=frozenset({"staff"}))
    assert "secret" in inside.retrieved
