"""Exports of social posts: every shape that platforms write, one statement a post."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InputError
from corpus.model import Statement
from ingest.describe import describe
from ingest.readers import Item, reader_for


def read(folder: Path, data: Any, prefix: str = "") -> list[Item | InputError]:
    path = folder / "posts.json"
    path.write_text(prefix + json.dumps(data), encoding="utf-8")
    reader = reader_for(path)
    assert reader is not None
    return list(reader(path))


def one(folder: Path, data: Any, prefix: str = "") -> tuple[Statement, str]:
    [found] = read(folder, data, prefix)
    assert isinstance(found, Item), found
    held = describe(found)
    return held.statement, held.text


def test_a_plain_array(tmp_path: Path) -> None:
    post = {
        "id": 7,
        "text": "We met\nour partners.",
        "created_at": "2025-11-24T10:00:00Z",
        "url": "https://social.example/7",
        "user": {"name": "Ministry of Harbours"},
        "lang": "en",
    }
    statement, text = one(tmp_path, [post])
    assert (statement.id, statement.issuer, statement.kind) == ("posts/7", "Ministry of Harbours", "social post")
    assert statement.title == "Ministry of Harbours: We met our partners." and text == "We met\nour partners."
    assert statement.published == date(2025, 11, 24) and statement.url == "https://social.example/7"


def test_an_account_with_its_posts(tmp_path: Path) -> None:
    data = {"account": {"display_name": "Harbours"}, "posts": [{"full_text": "A.", "created_at": 1764000000}]}
    statement, _ = one(tmp_path, data)
    assert statement.issuer == "Harbours" and statement.published == date(2025, 11, 24)


def test_an_activitypub_outbox(tmp_path: Path) -> None:
    note = {
        "id": "https://m.example/1",
        "published": "2025-11-24T01:00:00Z",
        "content": "<p>One</p><p>two <a>#x</a></p>",
    }
    boost = {"type": "Announce", "object": "https://elsewhere.example/1"}
    found = read(tmp_path, {"orderedItems": [{"type": "Create", "object": note}, boost]})
    assert isinstance(found[0], Item) and describe(found[0]).text == "One\n\ntwo #x"
    assert describe(found[0]).statement.id == "https://m.example/1"
    assert isinstance(found[1], InputError) and "posts.json:2: has no text" in str(found[1])


def test_an_archive_of_x(tmp_path: Path) -> None:
    tweet = {"id_str": "12", "full_text": "So it is.", "created_at": "Mon Nov 24 23:00:00 +0000 2025", "lang": "und"}
    statement, text = one(tmp_path, [{"tweet": tweet}], "window.YTD.tweets.part0 = ")
    assert (statement.id, statement.published, text) == ("posts/12", date(2025, 11, 24), "So it is.")


def test_statements_in_our_own_fields(tmp_path: Path) -> None:
    statement, text = one(tmp_path, [{"id": "a", "title": "T", "date": "2025-11-24", "text": "**x**"}])
    assert (statement.id, statement.kind, text) == ("a", "statement", "x")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"name": "x"}, "holds no posts"),
        ([3], "none of its 1 records"),
        ([{"text": " "}], "none of its 1 records"),
        ([], "none of its 0 records"),
        ([{"text": "x"}], "has no date"),
        ("words", "holds no posts"),
    ],
)
def test_what_is_no_post_is_said(tmp_path: Path, data: Any, problem: str) -> None:
    [found] = read(tmp_path, data)
    assert isinstance(found, InputError) and problem in str(found)


def test_a_bad_date_is_refused_with_the_post_named(tmp_path: Path) -> None:
    [found] = read(tmp_path, [{"text": "x", "created_at": "soon"}])
    assert isinstance(found, Item)
    with pytest.raises(InputError, match=r"posts\.json:1: .*no date"):
        describe(found)


def test_files_that_are_no_json(tmp_path: Path) -> None:
    for text, problem in (("{", "not JSON"), ("[" * 100_000, "nested too deeply"), ("window.YTD.x = ", "not JSON")):
        path = tmp_path / "a.json"
        path.write_text(text)
        reader = reader_for(path)
        assert reader is not None
        [found] = reader(path)
        assert isinstance(found, InputError) and problem in str(found)
