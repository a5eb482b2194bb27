"""Corrections by hand hold whatever the source says later, and can be taken back without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, paragraphs, put
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.archive import Archive
from corpus.corrections import EXTRA, as_corrected, as_said, is_said_again, revised, said_anew
from corpus.errors import InputError, NotHeld
from corpus.lexical import LexicalIndex
from corpus.model import Filters, Statement
from ingest.correct import correct, public_name

TEXT = "The ministers met.\n\nThey agreed."


def again(archive: Archive, name: str = "a", text: str = TEXT, **fields: object) -> str:
    """The source is read again."""
    return put(archive, name, text, **({"speakers": ("A", "B")} | fields))


@pytest.fixture
def held(archive: Archive) -> Archive:
    again(archive)
    return archive


def test_a_correction_outlives_the_source(held: Archive) -> None:
    correct(held, "a", {"issuer": "Ministry of Right Names", "event_date": "23 November 2025"}, note="as printed")
    assert again(held) == "unchanged"
    assert again(held, issuer="Ministry of Other Names", title="Other") == "updated"
    assert again(held, issuer="Ministry of Other Names", title="Other") == "unchanged"
    assert again(held, text="The ministers met again.", issuer="Ministry of Other Names", title="Other") == "changed"
    statement = held.statement("a")
    assert (statement.issuer, statement.event, statement.title) == (
        "Ministry of Right Names",
        date(2025, 11, 23),
        "Other",
    )
    said = {c.field: (c.said, c.note) for c in held.corrections("a")}
    assert said == {"issuer": ("Ministry of Other Names", "as printed"), "event": (None, "as printed")}
    correct(held, "a", {}, revert=["issuer", "event_date"])
    assert held.statement("a").issuer == "Ministry of Other Names"
    assert held.corrections("a") == []


def test_indexes_follow_a_correction(held: Archive) -> None:
    index = LexicalIndex(held.folder / "lexical")
    index.catch_up(held)
    before = {p.id for p in held.passages_of("a")}
    keys = {key for key, _, _ in held.without_vector("m", 10)}
    correct(held, "a", {"title": "Zanzibar talks", "speakers": "C; D", "date": "2025-11-20"})
    index.catch_up(held)
    assert {passage for passage, _ in index.search({"zanzibar": 1.0}, Filters(speakers=("D",)), 5)} == before
    assert held.coverage(Filters(date(2025, 11, 20), date(2025, 11, 20))).statements == 1
    assert not keys & {key for key, _, _ in held.without_vector("m", 10)}, "the header is embedded, too"
    assert [p.text for p in held.passages_of("a")] == TEXT.split("\n\n")


def test_unset_is_not_the_same_as_taking_back(held: Archive) -> None:
    correct(held, "a", {"issuer": None, "speakers": ""})
    assert (held.statement("a").issuer, held.statement("a").speakers) == (None, ())
    assert again(held) == "unchanged"
    correct(held, "a", {"issuer": "X"}, revert=["speakers"])
    assert (held.statement("a").issuer, held.statement("a").speakers) == ("X", ("A", "B"))


def test_fields_without_a_place_of_their_own(held: Archive) -> None:
    extra = {"countries": ["Oman"], "odd": None}
    again(held, extra=extra)
    correct(held, "a", {"extra.countries": "Oman; India", "extra.desk": "Gulf", "extra.odd": "no"})
    assert held.statement("a").extra == {"countries": ["Oman", "India"], "desk": "Gulf", "odd": "no"}
    assert again(held, extra=extra) == "unchanged"
    correct(held, "a", {"extra.desk": ""}, revert=["extra.countries"])
    assert again(held, extra=extra) == "unchanged"
    assert held.statement("a").extra == {"countries": ["Oman"], "odd": "no"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"date": "sometime"}, "no date"),
        ({"event_date": "03/04/2025"}, "two ways"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"lang": "no language"}, "language"),
        ({"title": ""}, "title"),
        ({"date": None}, "date"),
        ({"issuer": "x" * 501}, "501 characters"),
        ({"issuer": ["a"]}, "string"),
        ({"id": "b"}, "no field"),
        ({"text": "Words."}, "no field"),
        ({"withdrawn": "1"}, "no field"),
        ({"extra.found": "x"}, "cannot|no field"),
        ({"extra.a b": "x"}, "no field"),
        ({"extra.note": "x" * 20_000}, "10,000"),
        ({"kind": "a", "category": "b"}, "twice"),
        ({}, "nothing"),
    ],
)
def test_what_ingest_would_refuse_is_refused(held: Archive, changes: Mapping[str, Any], problem: str) -> None:
    before, last = held.statement("a"), held.last_change()
    with pytest.raises(InputError, match=problem):
        correct(held, "a", changes)
    assert (held.statement("a"), held.last_change(), held.corrections("a")) == (before, last, [])


def test_a_correction_is_of_what_is_held(held: Archive) -> None:
    with pytest.raises(NotHeld):
        correct(held, "b", {"title": "T"})
    with pytest.raises(InputError, match="both"):
        correct(held, "a", {"title": "T"}, revert=["title"])
    correct(held, "a", {"title": "T"}, note="line\nline\x1b[2J", editor="e")
    [made] = held.corrections("a")
    assert (made.note, made.editor, made.value) == ("line line [2J", "e", "T")
    held.remove("a")
    again(held)
    assert held.corrections("a") == [] and held.statement("a").title == "Title of a"


def test_a_citation_knows_that_its_text_was_edited(archive: Archive) -> None:
    for name, texts in {"a": ["One.", "Two.", "Three."], "b": ["One."], "c": ["One.", "Two.", "One."]}.items():
        for text in texts:
            put(archive, name, text)
    cited = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("c", 2), ("gone", 1), ("a", 9)]
    found = archive.edited_since(cited * 300)
    assert set(found) == {("a", 1), ("a", 2), ("c", 2)}
    assert found["a", 1] == archive.version("a", 2).fetched_at
    assert archive.edited_since([]) == {}


def test_edit_shows_what_was_corrected_and_what_the_source_says(tmp_path: Path, onrecord: Run) -> None:
    row = {"id": "q/1", "title": "Talks", "date": "2025-11-24", "issuer": "Wrong", "text": "The delegations met."}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    onrecord("ingest", "a.jsonl", "--no-wait")
    onrecord(
        "edit", "q/1", "--set", "issuer=Right = it", "--set", "event_date=2025-11-23", "--note", "why", "--by", "me"
    )
    onrecord("ingest", "a.jsonl", "--no-wait")
    shown = onrecord("show", "q/1").stdout
    assert "issuer: Right = it\n" in shown
    assert 'corrected: issuer is "Right = it"; the source says "Wrong" (' in shown and "by me: why)" in shown
    by_field = {c["field"]: c for c in json.loads(onrecord("show", "q/1", "--json").stdout)["corrections"]}
    assert by_field["event_date"]["value"] == "2025-11-23" and by_field["issuer"]["said"] == "Wrong"
    onrecord("edit", "q/1", "--revert", "event_date", "--unset", "issuer")
    assert "issuer: " not in onrecord("show", "q/1").stdout
    assert onrecord("edit", "q/1", "--set", "issuer", check=False).returncode == 2
    done = onrecord("edit", "q/1", "--set", "issuer=A", "--set", "issuer=B", check=False)
    assert done.returncode == 1 and "twice" in done.stderr
    assert "left to embed" not in onrecord("doctor").stdout.replace("0 left to embed", "")
    assert json.loads(onrecord("show", "q/1", "--raw").stdout) == row
    assert onrecord("show", "q/1", "--version", "2", check=False).returncode == 1


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
statements = st.builds(
    Statement,
    id=st.just("p"),
    title=names,
    published=days,
    issuer=st.none() | names,
    speakers=st.lists(names, max_size=3).map(tuple),
    event=st.none() | days,
    place=st.none() | names,
    extra=st.dictionaries(st.sampled_from(["a", "b"]), st.none() | names | st.lists(names, max_size=2), max_size=2),
)
values = st.fixed_dictionaries(
    {},
    optional={
        "title": names,
        "published": days.map(date.isoformat),
        "issuer": st.none() | names,
        "speakers": st.lists(names, max_size=3),
        "event": st.none() | days.map(date.isoformat),
        f"{EXTRA}a": st.none() | names,
    },
)


@settings(max_examples=200, deadline=None)
@given(statements, statements, values, values)
def test_what_is_laid_over_can_be_taken_off(
    first: Statement, later: Statement, once: dict[str, Any], twice: dict[str, Any]
) -> None:
    corrections = revised(first, [], once, [], "", "")
    corrected = as_corrected(first, corrections)
    assert is_said_again(first, corrected, corrections)
    # The source says something else, and more is corrected.
    corrections = said_anew(later, corrections)
    corrected = as_corrected(later, corrections)
    corrections = revised(as_said(corrected, corrections), corrections, twice, [], "", "")
    corrected = as_corrected(as_said(corrected, corrections), corrections)
    assert is_said_again(later, corrected, corrections)
    assert as_corrected(corrected, corrections) == corrected
    without = revised(as_said(corrected, corrections), corrections, {}, [c.field for c in corrections], "", "")
    assert without == []
    restored = as_said(corrected, corrections)
    nulls = {key for key, value in later.extra.items() if value is None}
    assert replace(restored, extra={}) == replace(later, extra={})
    assert {k: v for k, v in restored.extra.items() if k not in nulls} == {
        k: v for k, v in later.extra.items() if k not in nulls
    }


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("corrections"))
    yield archive
    archive.close()


@settings(max_examples=60, deadline=None)
@given(statements, values)
def test_an_archive_without_its_corrections_is_as_if_they_had_never_been(
    long_lived: Archive, said: Statement, changes: dict[str, Any]
) -> None:
    long_lived.put(said, TEXT, b"", "p", paragraphs(TEXT))
    before = long_lived.statement("p")
    long_lived.correct("p", changes)
    assert long_lived.holds(said, TEXT)
    assert {public_name(c.field): c.value for c in long_lived.corrections("p")} == {
        public_name(field): value for field, value in changes.items()
    }
    long_lived.correct("p", {}, revert=changes)
    after = long_lived.statement("p")
    assert replace(after, extra={}) == replace(before, extra={})
    long_lived.remove("p")
