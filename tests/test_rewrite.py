"""Follow-ups reworded by a model: a wording is taken when it adds nothing that was not said, else the rules' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rag_fixtures import TODAY
from rag_fixtures import sample_fixture as sample_fixture

from corpus.holdings import Holdings
from corpus.settings import LLMSettings, Settings
from evals.scripted_model import BEHAVIOURS, Reply, ScriptedModel
from rag.engine import Engine
from rag.followup import resolve
from rag.language_model import load_llm
from rag.model import Question, Turn
from rag.writing.rewrite import Rewriter, holds, rewriter_for

OMAN = (Turn("what did CDS discuss with Oman?", "**24 November 2025 · Headquarters · Talks with Dr Al-Zaabi:**"),)
FOLLOW_UP = "and what did they say on shipbuilding?"


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(BEHAVIOURS["empty"]) as model:
        yield model


@pytest.mark.parametrize(
    ("wording", "taken"),
    [
        ("What did CDS and Oman say on shipbuilding?", True),
        ("What did Dr Al-Zaabi and CDS say on shipbuilding on 24 November 2025?", True),
        ("What did CDS say to Pakistan on shipbuilding?", False),  # a name that nobody has said
        ("What did CDS discuss with Oman?", False),  # what was asked is gone
        ("What did CDS and Oman say on shipbuilding in 2019?", False),
        ("Sure! Here it is:\nWhat did CDS and Oman say on shipbuilding?", False),
        ("", False),
        ("shipbuilding " * 60, False),
    ],
)
def test_a_wording_holds_when_it_keeps_what_was_asked_and_adds_nothing(wording: str, taken: bool) -> None:
    assert holds(wording, resolve(FOLLOW_UP, OMAN)) is taken


@pytest.mark.parametrize(
    ("reply", "standalone"),
    [
        (Reply("What did CDS and Oman say on shipbuilding?"), "What did CDS and Oman say on shipbuilding?"),
        (Reply("What did CDS say to Pakistan on shipbuilding?"), None),
        (Reply(status=500), None),
    ],
)
def test_the_engine_takes_a_wording_that_holds(
    reply: Reply, standalone: str | None, sample: Holdings, model: ScriptedModel
) -> None:
    plain = next(Engine(sample).stream(FOLLOW_UP, history=OMAN, today=TODAY))
    model.script = lambda messages: reply
    settings = LLMSettings(provider="openai_like", base_url=model.url, model="m", timeout=60)
    assert isinstance(plain, Question)
    reworded = Rewriter(load_llm(settings), 60).reworded(plain, OMAN)
    assert reworded.standalone == (standalone or plain.standalone)
    assert (reworded.text, reworded.concepts, reworded.filters) == (plain.text, plain.concepts, plain.filters)


def test_a_question_that_stands_alone_is_not_sent(sample: Holdings, model: ScriptedModel) -> None:
    alone = next(Engine(sample).stream("What did INS Tushil carry in Russia?", history=OMAN, today=TODAY))
    settings = LLMSettings(provider="openai_like", base_url=model.url, model="m")
    before = len(model.requests)
    assert isinstance(alone, Question)
    assert Rewriter(load_llm(settings), 60).reworded(alone, OMAN) is alone
    assert len(model.requests) == before


def test_none_is_asked_for_by_default() -> None:
    assert rewriter_for(Settings().llm) is None
    assert rewriter_for(LLMSettings(provider="openai_like", base_url="http://127.0.0.1:9/v1", model="m")) is None
