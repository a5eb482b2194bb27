"""Answers of a language model over real HTTP: what is supported is shown with exact citations, and whatever goes wrong,
the reader gets the statements' own words and a line that says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from rag_fixtures import TALKS, TODAY
from rag_fixtures import sample_fixture as sample_fixture

from corpus.errors import SettingsError
from corpus.holdings import Holdings
from corpus.settings import LLMSettings, load_settings
from evals.scripted_model import BEHAVIOURS, Messages, Reply, ScriptedModel, passages
from rag.compose import EmbeddedComposer
from rag.engine import Engine
from rag.language_model import load_llm
from rag.model import Answer, Piece, as_json
from rag.writing.breaker import Breaker
from rag.writing.writer import Writer

QUESTION = "what did CDS discuss with Oman?"
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(BEHAVIOURS["extract"]) as model:
        yield model


def engine_of(sample: Holdings, url: str, breaker: Breaker | None = None, **fields: object) -> Engine:
    settings = LLMSettings(provider="openai_like", base_url=url, model="scripted", **({"timeout": 60.0} | fields))  # type: ignore[arg-type]
    writer = Writer(load_llm(settings), sample.archive, sample.embedder, settings, breaker=breaker)
    return Engine(sample, writer)


@pytest.fixture
def ask(sample: Holdings, model: ScriptedModel) -> Ask:
    """Ask with a script for the model."""

    def asked(script: Callable[[Messages], Reply], **fields: object) -> Answer:
        model.script = script
        return engine_of(sample, model.url, **fields).ask(QUESTION, today=TODAY)

    return asked


def says(text: str) -> Callable[[Messages], Reply]:
    return lambda messages: Reply(text)


def verbatim(sample: Holdings) -> Answer:
    return Engine(sample, EmbeddedComposer(sample.archive)).ask(QUESTION, today=TODAY)


# ---- a model that does as it is told --------------------------------------------------------------------------------


def test_a_supported_answer_is_shown_with_exact_citations(sample: Holdings, ask: Ask) -> None:
    answer = ask(
        says(
            "General Anil Chauhan spoke with Mohammed Bin Nasser Bin Ali Al-Zaabi in New Delhi [1]. They went through"
            " five lines of work, among them “doing more together on shipbuilding” [2].\n\n- Both men restated the"
            " intention of their countries to take defence cooperation further [1]."
        )
    )
    assert answer.writing and answer.writing.used and not answer.writing.notice
    assert "\n- Both men restated" in answer.text and "“doing more together on shipbuilding”" in answer.text
    assert {citation.statement.id for citation in answer.citations} == {TALKS}
    for citation in answer.citations:
        version = sample.archive.version(citation.statement.id, citation.version)
        assert version.text[citation.start : citation.end] == citation.quote
        assert f"[{citation.marker}]" in answer.text


def test_the_record_says_which_model_saw_what_and_what_was_checked(sample: Holdings, ask: Ask) -> None:
    given = as_json(ask(BEHAVIOURS["extract"]))
    assert given["written_by"] == given["shown_to"] and given["written_by"]["model"] == "scripted"
    held = sample.archive.passages(given["written_by"]["saw"])
    assert {passage.statement_id for passage in held.values()} == {TALKS}
    assert [check["status"] for check in given["checks"]] == ["checked"] * 4
    assert all(check["text"] in given["text"] and check["markers"] for check in given["checks"])


def test_an_answer_comes_in_checked_pieces(sample: Holdings, model: ScriptedModel) -> None:
    model.script = lambda messages: Reply(BEHAVIOURS["extract"](messages).text + " The moon is made of cheese [1].")
    *events, answer = engine_of(sample, model.url).stream(QUESTION, today=TODAY)
    pieces = [event.text for event in events if isinstance(event, Piece)]
    assert isinstance(answer, Answer) and len(pieces) == 4
    assert "".join(pieces) == answer.text


def test_without_a_model_nothing_is_added(sample: Holdings) -> None:
    answer = Engine(sample).ask(QUESTION, today=TODAY)
    assert answer.writing is None and "written_by" not in as_json(answer)


# ---- what it is given -----------------------------------------------------------------------------------------------


def test_the_model_is_told_who_said_what_when(ask: Ask, model: ScriptedModel) -> None:
    ask(BEHAVIOURS["extract"])
    shown = passages(model.requests[-1])[0]
    assert shown.about["issuer"] == "Headquarters Integrated Defence Staff, India"
    assert shown.about["date"] == "2025-11-24" and "Anil Chauhan" in shown.about["speakers"]
    assert "reported speech of General Anil Chauhan" in shown.about["voice"]


def test_each_request_has_a_fence_of_its_own(ask: Ask, model: ScriptedModel) -> None:
    requests = []
    for _ in range(2):
        ask(BEHAVIOURS["extract"])
        requests.append(str(model.requests[-1][1]["content"]).split("the mark ")[1][:16])
    assert requests[0] != requests[1]


def test_a_small_window_gets_fewer_passages(ask: Ask, model: ScriptedModel) -> None:
    sizes = []
    for window, reply in ((8192, 256), (2048, 700)):
        ask(BEHAVIOURS["extract"], context_window=window, max_tokens=reply)
        sizes.append(len(str(model.requests[-1])))
        assert sizes[-1] / 2.5 < window
    assert sizes[1] < sizes[0]


# ---- a model that misbehaves ----------------------------------------------------------------------------------------

MISBEHAVES = {
    "not-found": "found no answer in them",
    "silent": "did not answer in time",
    "slow": "took more than",
    "rate-limit": "over its rate limit",
    "down": "answered with error 503",
    "no-key": "does not accept the key",
    "garbage": "answered with nothing",
    "wrong-json": "answered with nothing",
    "binary": "nothing that the language model wrote is supported",
    "cut": "broke off",
    "no-end": "broke off",
    "length": "ran into its length limit",
    "withheld": "withheld its answer",
    "refusal": "declined to answer",
    "empty": "answered with nothing",
    "json": "are supported by what it cites",
    "cites-99": "nothing that the language model wrote is supported",
    "no-markers": "nothing that the language model wrote is supported",
    "endless": "did not stop writing",
    "markup": "nothing that the language model wrote is supported",
}


@pytest.mark.parametrize("behaviour", MISBEHAVES)
def test_whatever_a_model_does_the_reader_gets_the_own_words_and_a_reason(
    behaviour: str, sample: Holdings, ask: Ask
) -> None:
    waits = {"timeout": 0.6} if behaviour in ("silent", "slow") else {}
    answer, plain = ask(BEHAVIOURS[behaviour], **waits), verbatim(sample)
    assert (answer.text, answer.citations, answer.outcome) == (plain.text, plain.citations, plain.outcome)
    assert answer.writing and not answer.writing.used and not as_json(answer)["checks"]
    assert MISBEHAVES[behaviour] in answer.writing.notice[0].lower() + answer.writing.notice[1:]
    assert as_json(answer)["written_by"] is None and as_json(answer)["shown_to"]["saw"]


def test_every_behaviour_is_in_the_matrix() -> None:
    assert set(MISBEHAVES) | {"extract"} == set(BEHAVIOURS)


def test_a_server_that_is_not_there(sample: Holdings) -> None:
    answer = engine_of(sample, "http://127.0.0.1:9/v1").ask(QUESTION, today=TODAY)
    assert answer.text == verbatim(sample).text
    assert answer.writing and "cannot be reached" in answer.writing.notice


GOOD = "General Anil Chauhan spoke at length with Mohammed Bin Nasser Bin Ali Al-Zaabi [1]."


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("The two sides discussed how “maritime insecurity could be reinforced” [2].", "quote"),
        ("Operational matters were covered as well [99].", "unknown marker"),
        ("Operational matters were covered as well.", "unmarked"),
        ("Operational matters were not covered [2].", "negation"),
        ("Dr Al-Zaabi and the CDS went through seven lines of work [2].", "number"),
        ("The CDS received a senior Omani visitor in New Delhi on 25 November 2025 [1].", "date"),
        ("The CDS received a senior Omani visitor in Karachi on 24 November 2025 [1].", "name"),
        ("Operational matters will be covered as well [2].", "modality"),
        ("The two countries agreed on a common currency and a joint moon landing [2].", "unsupported"),
        (GOOD, "repeated"),
    ],
)
def test_an_unsupported_sentence_is_removed_and_counted(sentence: str, status: str, ask: Ask) -> None:
    good = f"{GOOD} Both men restated the intention of their countries to take defence cooperation further [1]. "
    answer = ask(says(good + sentence))
    assert answer.writing and answer.writing.used
    assert dict(answer.writing.removed) == {status: 1}
    assert "1 sentence of the language model was removed" in answer.writing.notice
    assert len(answer.writing.kept) == 2 and sentence[:30] not in answer.text.replace(GOOD[:30], "")


def test_a_loose_quote_loses_its_quotation_marks(ask: Ask) -> None:
    answer = ask(says("“General Anil Chauhan at length spoke with Mohammed Bin Nasser Bin Ali Al-Zaabi” [1]."))
    assert answer.writing and [claim.status.value for claim in answer.writing.kept] == ["unquoted"]
    assert "“" not in answer.text


def test_no_markup_of_a_model_reaches_the_reader(ask: Ask) -> None:
    answer = ask(says(f"**{GOOD[:-5]}** <b>in</b> `New Delhi` ![x](//evil.invalid) [1]."), minimum_checked=0.0)
    assert not set("*`<>!|") & set(answer.text) or not answer.writing or not answer.writing.used


def test_half_an_answer_is_not_shown(ask: Ask, sample: Holdings) -> None:
    lies = " ".join(f"The CDS ordered {n} ships from Mars [1]." for n in (3, 4, 5))
    answer = ask(says(f"{GOOD} {lies}"))
    assert answer.text == verbatim(sample).text
    assert answer.writing and "only 1 of the language model's 4 sentences" in answer.writing.notice.lower()


# ---- leaving a failing model alone ----------------------------------------------------------------------------------


def test_a_failing_model_is_left_alone_and_tried_again(sample: Holdings, model: ScriptedModel) -> None:
    now = [0.0]
    engine = engine_of(sample, model.url, Breaker(most=2, rest=60, clock=lambda: now[0]))
    model.script = BEHAVIOURS["down"]
    before = len(model.requests)
    notices = [engine.ask(QUESTION, today=TODAY).writing for _ in range(4)]
    assert len(model.requests) - before == 2
    assert notices[-1] and "left alone" in notices[-1].notice and not notices[-1].saw
    model.script, now[0] = BEHAVIOURS["extract"], 61.0
    healed = engine.ask(QUESTION, today=TODAY)
    assert healed.writing and healed.writing.used


def test_after_a_rest_one_call_tries_for_all() -> None:
    now = [0.0]
    breaker = Breaker(most=1, rest=10, clock=lambda: now[0])
    breaker.failed()
    assert not breaker.allows()
    now[0] = 11
    assert breaker.allows() and not breaker.allows()
    breaker.succeeded()
    assert breaker.allows() and breaker.allows()


# ---- settings -------------------------------------------------------------------------------------------------------


def test_a_key_in_the_file_is_refused_and_one_in_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    Path("onrecord.toml").write_text('[llm]\nprovider = "ollama"\nmodel = "m"\napi_key = "x"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="ONRECORD_LLM__API_KEY"):
        load_settings()
    Path("onrecord.toml").write_text('[llm]\nprovider = "ollama"\nmodel = "m"\n', encoding="utf-8")
    monkeypatch.setenv("ONRECORD_LLM__API_KEY", "secret")
    settings = load_settings()
    assert settings.llm.api_key and settings.llm.api_key.get_secret_value() == "secret"
    assert "secret" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"provider": "openai_like", "model": "m"}, "base_url"),
        ({"provider": "ollama"}, "name the model"),
        ({"context_window": 2048, "max_tokens": 2000}, "no room"),
    ],
)
def test_settings_that_cannot_work_say_so(fields: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said.replace("base_url", "BASE_URL")):
        load_settings(llm=fields)


def test_a_key_file_is_read_when_the_model_is_made(tmp_path: object, model: ScriptedModel) -> None:
    missing = LLMSettings(provider="openai_like", base_url=model.url, model="m", api_key_file="/nowhere/key")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="api_key_file"):
        load_llm(missing)
