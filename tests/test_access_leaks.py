"""Nothing that a reader is shown tells them anything of statements whose audience they are not in.

Two archives are asked the same: one with restricted statements and one that never had them. Whatever a reader outside
those audiences gets has to be the same from both. Both indexes are real, Chroma's path included.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from conftest import put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import corpus.dense
from corpus.archive import Archive
from corpus.holdings import Holdings
from corpus.model import Filters
from corpus.settings import Settings
from ingest.vectors import embed_due
from rag.engine import Engine
from rag.model import Turn
from ui.record import as_record

TODAY = date(2026, 2, 4)
OPEN = {
    "open/port": ("Port talks", "Minister Ola Berg and Minister Tam Rao met in Port Vale.\n\nThey discussed fishing."),
    "open/rail": (
        "Rail pact signed",
        "The Rail Compact Office (RCO) opened.\n\nIt has a budget of 4 million.",
    ),
    "open/visit": (
        "Visit of Minister Berg",
        "Minister Ola Berg visited the shipyard.\n\nTwo frigates are built.",
    ),
}
BLUE = {
    "blue/plan": (
        "Plan for the strait",
        "The Strait Watch Group (SWG) met Minister Berg.\n\nIt asked for three boats.",
    ),
}
# What only these have: names, misspellable words, an acronym, an issuer, a speaker, a kind, dates.
RED = {
    "red/zarquon": ("Zarquon affair", "Minister Ola Berg told the Zarquon Quillfeather Panel (ZQP) of the embargo."),
    "red/vex": ("Vexillary memorandum", "Ambassador Ulfrida Brontitall discussed thorium with Minister Tam Rao."),
    "red/port": ("Port talks, restricted", "Minister Ola Berg and Minister Tam Rao discussed submarines in Port Vale."),
    "red/old": ("Archive of 1987", "The Crimsonhold depot was sold.\n\nThe price was a secret."),
}
RED_ONLY = (
    "zarquon quillfeather zqp embargo vexillary ulfrida brontitall thorium submarines crimsonhold depot memorandum 1987"
    " ambassador restricted affair"
).split()
WORDS = (
    "Minister Ola Berg Tam Rao Port Vale fishing frigates shipyard rail compact RCO budget boats strait SWG"
    " Zarquon Zarqoun Quillfeather ZQP embargo embargos Vexillary Ulfrida Brontitall Brontital thorium submarine"
    " submarines Crimsonhold Crimson hold depot 1987 memorandum Directorate Shadows"
).split()
FORMS = (
    "What did {} say about {}?",
    "What did {} discuss with {}?",
    "List every meeting of {} on {}",
    "Compare {} and {}",
    "{} {}",
    "and {}? what about {}",
    "Who is {} of {}?",
    "What happened with {} in 1987 and {}?",
)
TRADES = "bakery brewery carpentry dairy forestry pottery printing tannery".split()
PLACES = "Aldmoor Brinton Carrow Denholm Eastry".split()
READERS = {"outsider": frozenset[str](), "blue": frozenset({"blue"}), "other": frozenset({"re", "red ", "RED", "%"})}
NOTICES = {f"notice/{number}" for number in range(40)}
VISIBLE = {who: {*OPEN, *NOTICES, *(BLUE if groups == {"blue"} else ())} for who, groups in READERS.items()}


@dataclass(frozen=True)
class Pair:
    """The same archive with what is restricted to the group red, and without."""

    full: Engine
    bare: Engine


def _hold(archive: Archive, *, restricted: bool) -> None:
    for name, (title, text) in OPEN.items():
        put(archive, name, text, title=title, speakers=("Ola Berg",))
    for name, (title, text) in BLUE.items():
        put(archive, name, text, title=title, audience=("blue",), published=date(2025, 6, 1))
    for number in range(40):
        text = f"Notice {number} of the {TRADES[number % 8]} board was published in {PLACES[number % 5]}."
        put(archive, f"notice/{number}", text, title=f"Notice {number}", published=date(2024, 1 + number % 12, 3))
    if not restricted:
        return
    for name, (title, text) in RED.items():
        put(
            archive,
            name,
            text,
            title=title,
            audience=("red", "crimson"),
            issuer="Directorate of Shadows",
            speakers=("Ulfrida Brontitall",),
            published=date(1987, 5, 6) if name == "red/old" else date(2025, 11, 25),
            kind="secret memorandum",
        )


@pytest.fixture(scope="module", params=["exact", "chroma"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """See `Pair`; once with vectors searched exactly, and once by over-fetching from a real Chroma."""
    engines, opened = [], []
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "chroma":
            patch.setattr(corpus.dense, "EXACT_LIMIT", 0)
        for restricted in (True, False):
            holdings = Holdings(Settings(archive=tmp_path_factory.mktemp("leaks")), create=True, own_vectors=True)
            _hold(holdings.archive, restricted=restricted)
            embed_due(holdings.archive, holdings.embedder)
            holdings.catch_up()
            opened.append(holdings)
            engines.append(Engine(holdings))
        yield Pair(*engines)
        for holdings in opened:
            holdings.close()


def shown(engine: Engine, reader: frozenset[str], text: str, history: list[Turn], narrowed: Filters) -> dict[str, Any]:
    """All that an answer tells a reader, but for how long it took."""
    filters = Filters(narrowed.date_from, narrowed.date_to, narrowed.issuers, narrowed.speakers, narrowed.kinds, reader)
    answer = engine.ask(text, history=history, filters=filters, today=TODAY)
    told = {**as_record(answer), "retrieved": sorted(answer.retrieved)}
    del told["timings_ms"]
    return told


questions = st.builds(lambda form, a, b: form.format(a, b), st.sampled_from(FORMS), *[st.sampled_from(WORDS)] * 2)
asked_before = ("What is the Zarquon affair?", "Who is Ulfrida Brontitall?", "What was discussed in Port Vale?")
told_before = ("", f"**Zarquon affair:**\n\n“{RED['red/zarquon'][1]}” [1]", "**Port talks:** They discussed fishing.")
histories = st.lists(st.builds(Turn, st.sampled_from(asked_before), st.sampled_from(told_before)), max_size=2)
windows = st.sampled_from(
    [
        Filters(),
        Filters(date_from=date(1987, 1, 1), date_to=date(1987, 12, 31)),
        Filters(issuers=("Directorate of Shadows",)),
        Filters(speakers=("Ulfrida Brontitall",)),
        Filters(kinds=("secret memorandum",)),
        Filters(date_from=date(2025, 11, 25)),
    ]
)
thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@thorough
@given(text=questions, history=histories, narrowed=windows, reader=st.sampled_from(sorted(READERS)))
def test_an_answer_is_what_it_would_be_without_the_others_statements(
    pair: Pair, text: str, history: list[Turn], narrowed: Filters, reader: str
) -> None:
    with_them, without = (shown(engine, READERS[reader], text, history, narrowed) for engine in (pair.full, pair.bare))
    told = json.dumps(with_them).casefold()
    given_by_reader = f"{text} {history} {narrowed}".casefold()
    assert not any(name in told for name in RED)
    assert not [word for word in RED_ONLY if word in told and word not in given_by_reader]
    assert with_them == without
    assert {item["statement_id"] for item in with_them["citations"]} <= VISIBLE[reader]
    assert {item["statement_id"] for item in with_them["nearest"]} | set(with_them["retrieved"]) <= VISIBLE[reader]


@thorough
@given(text=questions, reader=st.sampled_from(sorted(READERS)))
def test_a_search_finds_what_it_would_find_without_the_others_statements(pair: Pair, text: str, reader: str) -> None:
    found = [engine.search(text, Filters(groups=READERS[reader]), 100) for engine in (pair.full, pair.bare)]
    assert [(hit.passage.id, hit.score, hit.why) for hit in found[0]] == [
        (hit.passage.id, hit.score, hit.why) for hit in found[1]
    ]
    assert {hit.statement.id for hit in found[0]} <= VISIBLE[reader]
