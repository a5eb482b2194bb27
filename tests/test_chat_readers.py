"""What the chat shows, and does, is what its reader may see and do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from corpus.errors import EmbedderError, InputError, UnverifiedAnswer
from corpus.holdings import Holdings
from corpus.ledger import Ledger
from corpus.model import Filters
from corpus.settings import Settings, SourceSettings
from ingest.vectors import embed_due
from rag.engine import Engine
from tests.conftest import put
from tests.site import serving
from ui.api.view import LONGEST_QUESTION
from ui.chat.adding import Adding, Batch, Pasted, Sent
from ui.chat.beside import Beside
from ui.chat.narrowing import choices, in_words, read_filters
from ui.chat.talk import Picture, Talk, sentence
from ui.desk import Desk
from ui.reader import LOCAL, Reader

OPEN, CLOSED = "The Minister said that two ferries would sail.", "The Minister said that two submarines would dive."
ANA, BO = Reader("ana", frozenset({"fleet"})), Reader("bo")
ASKED = "What did the Minister say about submarines?"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        put(holdings.archive, "open", OPEN, title="Ferries", kind="press-release")
        put(holdings.archive, "closed", CLOSED, title="Submarines", issuer="Secret Fleet", audience=("fleet",))
        embed_due(holdings.archive, holdings.embedder)
        holdings.catch_up()
        yield Engine(holdings)


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    desk = Desk(engine.holdings.archive.folder)
    yield desk
    desk.close()


def last(pictures: Iterator[Picture]) -> Picture:
    *_, picture = pictures
    return picture


def test_answers_statements_and_counts_keep_to_the_readers_groups(engine: Engine, desk: Desk) -> None:
    talk, beside = Talk(engine, desk, []), Beside(engine, desk)
    given = last(talk.respond(ANA, "", ASKED, Filters()))
    assert "submarines would dive" in (given.now or "")
    assert "submarines would dive" not in (last(talk.respond(BO, "", ASKED, Filters())).now or "")
    place = {"statement": "closed", "version": 1, "start": 0, "end": 5}
    assert "submarines would dive" in beside.statement(ANA, place)
    for secret in ("submarines", "Secret Fleet", "Submarines"):
        assert secret not in beside.statement(BO, place)
        assert secret not in beside.held(BO)
        assert secret not in str(choices(engine.holdings.archive, BO, Filters()))
    assert "Secret Fleet (1)" in str(choices(engine.holdings.archive, ANA, Filters()))


def test_how_much_is_being_taken_in_is_for_those_who_may_see_it(engine: Engine, desk: Desk) -> None:
    adding, beside, archive = Adding(engine), Beside(engine, desk), engine.holdings.archive
    before = beside.held(BO)
    put(archive, "more", "The Minister said that a third submarine would dive.", audience=("fleet",))
    with Ledger(archive) as ledger:
        ledger.add("https://fleet.example/feed", "feed", None, "")
    assert (adding.indexing(BO), beside.held(BO)) == ("", before)
    assert "1 passage still to be indexed" in adding.indexing(ANA)
    assert "1 passage still to be indexed" in beside.held(ANA) and "1 source" not in beside.held(ANA)
    assert "1 source" in beside.held(LOCAL) and "fleet.example" in beside.held(LOCAL)


@pytest.mark.parametrize("number", ["9" * 30, "-1", "x", [], {}, 1.5])
def test_what_no_button_sends_opens_nothing(number: object, engine: Engine, desk: Desk) -> None:
    beside = Beside(engine, desk)
    for place in (
        {"version": number},
        {"version": 1, "start": number, "end": number},
        {"version": 1, "marker": number},
    ):
        assert "<section" in beside.statement(LOCAL, {"statement": "open", **place})
    assert "or-notice" in beside.changes(LOCAL, {"statement": "open", "old": number, "new": 1})


def test_a_conversation_that_is_gone_meanwhile_is_no_trouble(engine: Engine, desk: Desk) -> None:
    talk = Talk(engine, desk, [])
    assert "Not read." in (talk.told(BO, "gone", "Not read.").now or "")
    stopped = talk.stopped(BO, "gone", "a question")
    assert stopped.box == "a question" and "no such conversation" in (stopped.now or "")


def test_a_form_is_bounded(engine: Engine, desk: Desk) -> None:
    form = {"wording": "a" * 5000, "names": [["a", "aa"], ["", "b"]] * 5000, "anyone": True}
    given = last(Talk(engine, desk, []).reworded(LOCAL, "", form, Filters()))
    (kept,) = desk.exchanges(LOCAL.name, given.talk or "")
    assert kept.question == "a" * LONGEST_QUESTION


def test_conversations_and_permalinks_keep_to_their_readers(engine: Engine, desk: Desk) -> None:
    talk = Talk(engine, desk, [])
    given = last(talk.respond(ANA, "", ASKED, Filters()))
    (kept,) = desk.exchanges("ana", given.talk or "")
    assert "no such conversation" in (talk.reopen(BO, given.talk or "").now or "")
    assert "no such answer" in (talk.linked(BO, kept.id).now or "")
    assert "submarines would dive" in (talk.linked(Reader("cy", frozenset({"fleet"})), kept.id).now or "")
    assert talk.judge(BO, {"answer": kept.id, "verdict": "good"}).startswith("There is no such answer")
    assert desk.feedback() == []
    shelf = last(talk.respond(BO, given.talk or "", "And then?", Filters()))
    assert "no such conversation" in (shelf.now or "")


def test_who_may_only_look_can_neither_ask_nor_judge_nor_add(engine: Engine, desk: Desk) -> None:
    looker, talk = Reader("looker", frozenset(), frozenset()), Talk(engine, desk, [])
    assert "may not do that" in (last(talk.respond(looker, "", ASKED, Filters())).now or "")
    assert "may not do that" in talk.judge(looker, {"answer": "x", "verdict": "good"})
    adding = Adding(engine)
    before = engine.holdings.archive.last_change()
    (told,) = adding.add(ANA, Sent(pasted=Pasted("Text.", "Title", "2025-01-01")))
    assert "not add" in told.html
    assert "not add" in adding.correct(ANA, Batch(), {"mend": "open", "title": "Mine"}).html
    assert "not add" in adding.supply(ANA, Batch(), Sent(), {"supply": "x"}).html
    assert engine.holdings.archive.last_change() == before
    gate = Sent(pasted=Pasted("The Warden shut the gate.", "Gate", "2025-01-01"), issuer="Ministry of Gates")
    *_, told = adding.add(LOCAL, gate)
    assert "1 statement taken in." in told.html


def test_a_page_is_taken_in_by_its_address(tmp_path: Path) -> None:
    with serving() as site:
        site.at["/gate"] = (
            '<html><head><meta property="og:title" content="Statement on the gate">'
            '<meta property="article:published_time" content="2025-10-02"></head><body><article><h1>Statement on the'
            " gate</h1><p>The Warden said that the gate of Elsewhere would stay shut until the spring.</p>"
            "<p>She added that the keys were safe with the Keeper.</p></article></body></html>"
        )
        sources = SourceSettings(allow_private=(ip_network("127.0.0.0/8"),), ports=(site.port,))
        settings = Settings(archive=tmp_path / "archive", sources=sources)
        with Holdings(settings, create=True) as holdings:
            *_, told = Adding(Engine(holdings)).add(LOCAL, Sent(address=site.url("/gate"), issuer="Wardens"))
    assert "1 statement taken in." in told.html
    assert "2 Oct 2025" in told.html
    assert "Wardens" in told.html


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/secret", "http://169.254.169.254/", "file:///etc/passwd"])
def test_an_address_of_this_machine_is_not_fetched(engine: Engine, address: str) -> None:
    before = engine.holdings.archive.last_change()
    *_, told = Adding(engine).add(LOCAL, Sent(address=address))
    assert len(told.batch.problems) == 1
    assert not told.taken
    assert engine.holdings.archive.last_change() == before


@pytest.mark.parametrize(
    ("first", "last_day", "wanted"),
    [
        ("2022", "2022", (date(2022, 1, 1), date(2022, 12, 31))),
        ("2024-02", "2024-2", (date(2024, 2, 1), date(2024, 2, 29))),
        (" 5 March 2022 ", "Mar 9, 2022", (date(2022, 3, 5), date(2022, 3, 9))),
        ("", None, (None, None)),
    ],
)
def test_dates_are_read_as_people_write_them(first: str, last_day: str | None, wanted: tuple[object, object]) -> None:
    filters = read_filters(first, last_day)
    assert (filters.date_from, filters.date_to) == wanted


@pytest.mark.parametrize("bad", ["31/03/2022", "2022-13", "soon", "99999", "²"])
def test_other_dates_are_refused(bad: str) -> None:
    with pytest.raises(InputError, match="is not a date"):
        read_filters(bad, "")


def test_filters_are_said_in_plain_words() -> None:
    filters = read_filters("2022", "", ["A"], ["B"], ["press-release"])
    assert in_words(filters) == ["from 1 Jan 2022", "A", "B", "press release"]


@pytest.mark.parametrize(
    "error", [UnverifiedAnswer("citation 3: /srv/x"), EmbedderError("/srv/x"), ValueError("/srv/x")]
)
def test_a_reader_is_not_told_what_only_developers_understand(error: Exception) -> None:
    assert "/srv/x" not in sentence(error)
