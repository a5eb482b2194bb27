"""Repeats: one text printed by several carriers is found; forms filled in anew and other texts are not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import Run, put
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus.archive import DATABASE, Archive
from corpus.model import Filters, sha256
from corpus.repeats import Sketch, likeness

DAY = date(2025, 11, 24)
RELEASE = (
    "The Minister of Harbours received a delegation of the Republic of Alvania in the capital on Monday. Both sides "
    "reviewed the work of the joint committee and agreed to hold a second round of talks on dredging, pilotage and the "
    "training of crews before the end of the year. The Minister said that the yards of the north were ready to build "
    "the first of the new ferries, and thanked the delegation for its offer to send instructors."
)
POST = "HARBOUR CITY, 24 Nov (AHN) — " + RELEASE
WITH_MORE = RELEASE + "\n\nAbout the ministry: it runs eleven ports and two schools. Write to press@harbours.example."
OTHER_COUNTRY = RELEASE.replace("Alvania", "Bermany")
OTHER_DAY = RELEASE.replace("on Monday", "on 3 March").replace("end of the year", "end of 2026")
OTHER_DAY_AGAIN = OTHER_DAY.replace("3 March", "9 April")
OTHER_THING = RELEASE.replace("ferries", "dredgers").replace("crews", "welders")
UNRELATED = (
    "Reading rooms of the national library open again after repairs. Visitors find new lamps, longer tables and a "
    "lift. Entry stays free on weekdays, and a guide in four languages can be had at the desk by the stairs."
)


def repeats(archive: Archive, *ids: str, groups: frozenset[str] | None = None) -> dict[str, set[str]]:
    found = archive.repeats_of(ids, Filters(groups=groups))
    return {key: {other for other, _ in others} for key, others in found.items()}


@pytest.mark.parametrize("carried", [RELEASE, POST, WITH_MORE, RELEASE.replace("yards", "shipyards"), RELEASE.upper()])
def test_a_carrier_of_a_text_is_linked_to_it(archive: Archive, carried: str) -> None:
    put(archive, "release", RELEASE, published=DAY)
    put(archive, "carrier", carried, published=DAY + timedelta(days=2), issuer="A Newspaper")
    [(other, alike)] = archive.repeats_of(["release"])["release"]
    assert other == "carrier" and 0.5 <= alike <= 1
    assert archive.repeats_of(["carrier"]) == {"carrier": [("release", alike)]}


@pytest.mark.parametrize("other", [OTHER_COUNTRY, OTHER_DAY_AGAIN, UNRELATED, "Talks went on.", "—"])
def test_a_form_filled_in_anew_is_another_statement(archive: Archive, other: str) -> None:
    put(archive, "first", OTHER_DAY if other == OTHER_DAY_AGAIN else RELEASE, published=DAY)
    put(archive, "second", other, published=DAY)
    assert archive.repeats_of(["first", "second"]) == {}


def test_one_thing_for_another_throughout_is_another_statement() -> None:
    for word in ("ferries", "instructors"):
        text = f"{RELEASE} More {word} are wanted, and {word} shall come."
        assert likeness(Sketch.of(text), Sketch.of(text.replace(word, "dredgers"))) is None
    assert likeness(Sketch.of(RELEASE), Sketch.of(OTHER_THING)) is not None, "each was changed once"


def test_names_that_look_alike_are_not_one_name() -> None:
    for one, other in (("Iran", "Iraq"), ("Austria", "Australia"), ("Niger", "Nigeria"), ("Slovakia", "Slovenia")):
        pair = (Sketch.of(RELEASE.replace("Alvania", name)) for name in (one, other))
        assert likeness(*pair) is None
    for one, other in (("Naseer", "Nasser"), ("Defence", "Defense"), ("Centre", "Center")):
        pair = (Sketch.of(RELEASE.replace("Alvania", name)) for name in (one, other))
        assert likeness(*pair) is not None


def test_the_same_words_weeks_later_are_said_anew(archive: Archive) -> None:
    put(archive, "a", RELEASE, published=DAY)
    put(archive, "b", RELEASE, published=DAY + timedelta(days=25))
    assert archive.repeats_of(["a", "b"]) == {}


def test_links_follow_what_a_statement_says_now(archive: Archive) -> None:
    put(archive, "a", RELEASE, published=DAY)
    put(archive, "b", RELEASE, published=DAY)
    put(archive, "b", UNRELATED, published=DAY)
    assert archive.repeats_of(["a"]) == {}
    put(archive, "b", POST, published=DAY)
    assert repeats(archive, "a") == {"a": {"b"}}
    archive.correct("b", {"published": "2025-12-24"})
    assert archive.repeats_of(["a"]) == {}
    archive.correct("b", {}, revert=["published"])
    archive.remove("b")
    assert archive.repeats_of(["a"]) == {}
    with sqlite3.connect(archive.folder / DATABASE) as db:
        assert db.execute("SELECT count(DISTINCT sketch) FROM band").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM repeat").fetchone() == (0,)


def test_a_group_is_whole_and_its_reader_sees_what_they_may(archive: Archive) -> None:
    words = RELEASE.split()
    for step in range(4):  # each is like the next, the last no more like the first than the bound
        put(archive, f"s{step}", " ".join(words[8 * step : len(words) - 24 + 8 * step]), published=DAY)
    put(archive, "hidden", RELEASE, published=DAY, audience=("staff",))
    everyone = {f"s{step}" for step in range(4)}
    assert repeats(archive, "s0")["s0"] == everyone - {"s0"} | {"hidden"}
    assert repeats(archive, "s0", "s3", groups=frozenset()) == {"s0": everyone - {"s0"}, "s3": everyone - {"s3"}}
    assert repeats(archive, "s0", groups=frozenset({"staff"}))["s0"] >= {"hidden"}
    assert archive.repeats_of(["s0"], Filters(issuers=("Nobody",))) == {}
    likenesses = [alike for _, alike in archive.repeats_of(["s0"])["s0"]]
    assert likenesses == sorted(likenesses, reverse=True)


def test_show_names_the_carriers(tmp_path: Path, onrecord: Run) -> None:
    row = {
        "title": "Talks",
        "date": "2025-11-24",
        "found": {"event": {"start": "x"}, "title": {"from": "title"}, "y": 1},
    }
    rows = [row | {"id": "release", "issuer": "Ministry", "text": RELEASE}, row | {"id": "post", "text": POST}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    onrecord("ingest", "a.jsonl", "--no-wait")
    shown = onrecord("show", "release").stdout
    assert "same text: 2025-11-24  " in shown and "Talks  post  (9" in shown
    assert "found: event in the text" in shown and "“Monday”" in shown, "on Monday, in its own words"
    [repeat] = json.loads(onrecord("show", "post", "--json").stdout)["repeats"]
    assert repeat["statement_id"] == "release" and 0.9 < repeat["likeness"] <= 1


def test_what_an_older_release_held_is_compared_later(archive: Archive) -> None:
    for name in ("a", "b", "c"):
        put(archive, name, UNRELATED if name == "c" else RELEASE, published=DAY)
    with sqlite3.connect(archive.folder / DATABASE) as db:
        db.executescript("DELETE FROM repeat; DELETE FROM band; DELETE FROM sketch;")
    assert [archive.link_due(2), archive.link_due(2), archive.link_due(2)] == [2, 1, 0]
    assert repeats(archive, "a", "b", "c") == {"a": {"b"}, "b": {"a"}}


def test_signatures_are_those_that_archives_hold() -> None:
    # An upgrade of the library that makes others has to change `METHOD` too, or old and new would not be compared.
    assert sha256(Sketch.of(RELEASE).hashes.tobytes())[:16] == "e8d070ea0940f221"


sentences = st.text(st.sampled_from("abcdefgh "), min_size=4, max_size=60)
texts = st.lists(sentences, min_size=1, max_size=6).map("\n\n".join).filter(lambda text: any(map(str.isalpha, text)))


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("repeats"))
    yield archive
    archive.close()


@settings(max_examples=60, deadline=None)
@given(texts, texts)
def test_equal_texts_are_always_linked_and_texts_with_no_shingle_in_common_never(
    long_lived: Archive, text: str, other: str
) -> None:
    assume(not Sketch.of(text).shingles & Sketch.of(other).shingles)
    names = [sha256(f"{text}\0{other}\0{n}")[:12] for n in range(3)]
    for name, content in zip(names, (text, text, other), strict=True):
        put(long_lived, name, content)
    assert names[1] in repeats(long_lived, names[0])[names[0]]
    linked = {other for other, _ in long_lived.repeats_of([names[2]]).get(names[2], [])}
    assert names[0] not in linked
    for name in names:
        long_lived.remove(name)
