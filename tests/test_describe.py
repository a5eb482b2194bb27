"""How fields of a source become a statement."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import InputError
from corpus.model import Statement
from ingest.describe import describe, parse_date
from ingest.readers import Item

GOOD = {"id": "a-1", "title": "A title", "date": "2025-11-24", "text": "Some *words*."}


def item(**fields: Any) -> Item:
    return Item("f.jsonl:7", b"", "markdown", GOOD | fields)


def described(**fields: Any) -> Statement:
    return describe(item(**fields)).statement


def test_fields_find_their_places() -> None:
    found = describe(
        item(
            url="https://x.gov/a",
            issuer=" Ministry\nof Law ",
            speakers="A; B ;A;",
            category="readout",
            lang="fr",
            event_date="23 November 2025",
            audience=["staff"],
            place="Muscat",
            permalink="/a",
        )
    )
    assert found.text == "Some words."
    assert found.statement == Statement(
        id="a-1",
        title="A title",
        published=date(2025, 11, 24),
        issuer="Ministry of Law",
        speakers=("A", "B"),
        kind="readout",
        event=date(2025, 11, 23),
        place="Muscat",
        url="https://x.gov/a",
        language="fr",
        audience=("staff",),
        extra={"permalink": "/a"},
    )


def test_optional_fields_have_defaults() -> None:
    statement = described(url=None, issuer="", speakers=[], audience=None)
    assert (statement.issuer, statement.speakers, statement.kind, statement.language) == (None, (), "statement", "en")
    assert statement.audience == () and dict(statement.extra) == {}


@pytest.mark.parametrize("field", ["id", "title", "date", "text"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_field_is_named(field: str, value: str | None) -> None:
    with pytest.raises(InputError, match=f"f.jsonl:7: has no .?{field}"):
        described(**{field: value})


@pytest.mark.parametrize("text", ["<!-- x -->", "\\###", "![only](a.png)", "<script>x</script>"])
def test_text_that_is_only_markup_is_no_text(text: str) -> None:
    with pytest.raises(InputError, match="has no text"):
        described(text=text)


@pytest.mark.parametrize(
    "value",
    [
        "2025-11-24",
        "2025/11/24",
        "2025-11-24T23:30:00-04:00",
        "2025-11-24 10:00",
        "2025-11-24T00:00:00.000Z",
        "20251124",
        20251124,
        "24 November 2025",
        "24th Nov. 2025",
        "24-Nov-2025",
        "November 24, 2025",
        "Nov 24, 2025",
        "Monday, November 24, 2025",
        "Mon, 24 Nov 2025 10:00:00 GMT",
        "24 November 2025, 6:30 PM",
        "24/11/2025",
        "11/24/2025",
        date(2025, 11, 24),
        datetime(2025, 11, 24, 23, tzinfo=UTC),
    ],
)
def test_dates_that_are_understood(value: object) -> None:
    assert parse_date(value, "f") == date(2025, 11, 24)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("03/04/2025", "two ways.*YYYY-MM-DD"),
        ("2025-13-01", "no date"),
        ("30 February 2025", "no date"),
        ("24-Nov-25", "no date"),
        ("yesterday", "no date"),
        ("1799-12-31", "1800-2200"),
        ("24 Foo 2025", "no date"),
        (1764000000, "no date"),
        (True, "no date"),
        (["2025"], "no date"),
        ("2025-11-2\u0664", "no date"),
    ],
)
def test_dates_that_are_refused(value: object, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parse_date(value, "f")


def test_a_day_equal_to_its_month_is_not_ambiguous() -> None:
    assert parse_date("05/05/2025", "f") == date(2025, 5, 5)


def test_titles_become_one_bounded_line() -> None:
    assert described(title="Two\n<b>bold</b> &amp; *plain*").title == "Two bold & plain"
    assert len(described(title="x" * 5_000).title) == 1_000


@pytest.mark.parametrize("bad", ["x" * 501, "a\nb", "a\x00b", "\ud800"])
def test_unusable_ids_are_refused(bad: str) -> None:
    with pytest.raises(InputError, match='"id"'):
        described(id=bad)


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "/local", "https://", "http://[", "https://a b", "ftp://x.gov", 7]
)
def test_only_web_addresses_are_urls(bad: object) -> None:
    statement = described(url=bad)
    assert statement.url is None and statement.extra["bad_url"] == bad


@pytest.mark.parametrize("bad", [";", " ; ", [""], [None], {}, True])
def test_an_audience_never_opens_by_mistake(bad: object) -> None:
    with pytest.raises(InputError, match='"audience"'):
        described(audience=bad)


@pytest.mark.parametrize("bad", [{}, ["a"], True, pytest.param(1 << 40_000, id="huge")])
def test_values_of_the_wrong_kind_are_refused(bad: object) -> None:
    for field in ("id", "title", "text", "issuer"):
        with pytest.raises(InputError):
            described(**{field: bad})


def test_nesting_in_other_fields_is_bounded() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(InputError, match="nested"):
        described(other=deep)


def test_an_over_long_text_is_refused() -> None:
    with pytest.raises(InputError, match="20,000,000"):
        describe(Item("f", b"", "plain", GOOD | {"text": "word " * 4_100_000 * 2}))


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.datetimes(), st.binary()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "id",
    "title",
    "text",
    "date",
    "url",
    "issuer",
    "speakers",
    "category",
    "lang",
    "event_date",
    "audience",
    "place",
]
names = st.sampled_from([*FIELDS, "other"])


@given(st.dictionaries(names, values), st.booleans(), st.sampled_from(["plain", "markdown", "html"]))
@settings(deadline=None)
def test_only_input_errors_are_raised(fields: dict[str, Any], complete: bool, markup: Any) -> None:
    try:
        found = describe(Item("f", b"", markup, GOOD | fields if complete else fields))
        statement, text = found.statement, found.text
    except InputError:
        return
    assert text and statement.id and statement.title
    json.dumps(dict(statement.extra), allow_nan=False).encode()
    f"{statement}{text}".encode()


@given(st.one_of(st.text(), st.integers(), st.floats()))
def test_dates_raise_only_input_errors(value: object) -> None:
    with suppress(InputError):
        assert 1800 <= parse_date(value, "f").year <= 2200
