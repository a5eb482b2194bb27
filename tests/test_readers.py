"""Every format's reader: one good item is found, and one bad record never costs the others."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import date
from pathlib import Path

import pytest

from corpus.errors import InputError
from corpus.model import Statement
from ingest.describe import describe
from ingest.readers import MAX_ITEM_BYTES, Item, reader_for, registry

SHARED = Path(__file__).parents[2] / "shared"
ROW = {"id": "a", "title": "T", "date": "2025-11-24", "text": "Words."}


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data not there: {path}")
    return path


def read(path: Path) -> list[Item | InputError]:
    reader = reader_for(path)
    assert reader is not None
    return list(reader(path))


def read_bytes(folder: Path, name: str, data: bytes) -> list[Item | InputError]:
    path = folder / name
    path.write_bytes(data)
    return read(path)


def one(folder: Path, name: str, data: str | bytes) -> tuple[Statement, str]:
    found = read_bytes(folder, name, data.encode() if isinstance(data, str) else data)
    assert len(found) == 1 and isinstance(found[0], Item), found
    described = describe(found[0])
    return described.statement, described.text


def flaw(folder: Path, name: str, data: str | bytes) -> str:
    found = read_bytes(folder, name, data.encode() if isinstance(data, str) else data)
    assert len(found) == 1 and isinstance(found[0], InputError), found
    return str(found[0])


# --- JSON Lines ----------------------------------------------------------------------------------------------------


def test_jsonl_goes_on_after_bad_lines(tmp_path: Path) -> None:
    good = json.dumps(ROW).encode()
    bad = [b"{", b"[1]", b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": ' + b"1" * 5000 + b"}", b"[" * 100_000]
    found = read_bytes(tmp_path, "a.jsonl", b"\n".join([good, b"", *bad, good]))
    assert [type(one) for one in found] == [Item, *[InputError] * len(bad), Item]
    assert [one.where for one in found] == [f"a.jsonl:{n}" for n in (1, *range(3, 4 + len(bad)))]
    assert isinstance(found[0], Item) and found[0].raw == good + b"\n" and found[0].fields == ROW


def test_jsonl_lone_surrogates_can_be_encoded_later(tmp_path: Path) -> None:
    statement, text = one(tmp_path, "a.jsonl", json.dumps(ROW | {"x": "\ud800", "text": "a \ud83d\ude00 \udc00"}))
    assert text == "a \U0001f600 \ufffd" and statement.extra == {"x": "\ufffd"}


def test_jsonl_an_over_long_line_is_skipped(tmp_path: Path) -> None:
    good = json.dumps(ROW).encode()
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(good + b"\n" + b"x" * (MAX_ITEM_BYTES * 2 + 5) + b"\n" + good)
    first, second, third = read(path)
    assert isinstance(first, Item) and isinstance(third, Item)
    assert isinstance(second, InputError) and "a.jsonl.gz:2" in str(second)


def test_jsonl_truncated_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(ROW | {"id": str(n), "text": zlib.crc32(b"%d" % n).__str__()}) for n in range(5000))
    found = read_bytes(tmp_path, "a.jsonl.gz", gzip.compress(lines.encode())[:-200])
    assert len(found) > 100 and all(isinstance(one, Item) for one in found[:-1])
    assert isinstance(found[-1], InputError) and found[-1].where == f"a.jsonl.gz:{len(found)}"


def test_jsonl_markup_is_guessed(tmp_path: Path) -> None:
    assert one(tmp_path, "a.jsonl", json.dumps(ROW | {"text": "<p>a</p><p>b</p>"}))[1] == "a\n\nb"
    assert one(tmp_path, "a.jsonl", json.dumps(ROW | {"text": "**a**\n\nb"}))[1] == "a\n\nb"


# --- CSV -----------------------------------------------------------------------------------------------------------


def test_csv(tmp_path: Path) -> None:
    data = '\ufeffID,Title,Date,Text,Speakers,Audience\na,T,2025-11-24,"One, ""two""\n\nthree",A; B,staff\n'
    statement, text = one(tmp_path, "a.csv", data)
    assert text == 'One, "two"\n\nthree'
    assert statement.speakers == ("A", "B") and statement.audience == ("staff",)


def test_csv_goes_on_after_bad_rows(tmp_path: Path) -> None:
    rows = [
        b"id,title,date,text",
        b"a,T,2025-11-24,x",
        b"a,b,c,d,e",
        b"a\0,b,c,d",
        b"\xff,b,c,d",
        b'"a"b,c',
        b"",
        b"z,T,2025,y",
    ]
    found = read_bytes(tmp_path, "a.csv", b"\r\n".join(rows))
    assert [one.where for one in found] == [f"a.csv:{n}" for n in (2, 3, 4, 5, 6, 8)]
    assert [isinstance(one, Item) for one in found] == [True, False, False, False, False, True]


def test_csv_long_fields_are_taken_and_unclosed_ones_reported(tmp_path: Path) -> None:
    assert len(one(tmp_path, "a.csv", f"id,title,date,text\na,T,2025-11-24,{'word ' * 60_000}")[1]) == 299_999
    assert "not CSV" in flaw(tmp_path, "a.csv", 'id,title,date,text\na,T,2025-11-24,"never closed\n\nmore\n')


def test_csv_needs_its_header(tmp_path: Path) -> None:
    assert "lacks text, date" in flaw(tmp_path, "a.csv", "id,title\na,b\n")
    assert "twice" in flaw(tmp_path, "a.csv", "id,title,date,text,text\na,b,c,d,e\n")


# --- Markdown ------------------------------------------------------------------------------------------------------


def test_markdown_front_matter(tmp_path: Path) -> None:
    source = "---\r\ntitle: 'A: b'\r\ndate: 2009-01-19T00:00:00.000Z\r\npermalink: /x/\r\n---\r\n\r\n**Words**\r\n"
    statement, text = one(tmp_path, "name.md", source)
    assert (statement.id, statement.title, statement.published) == ("name", "A: b", date(2009, 1, 19))
    assert dict(statement.extra) == {"permalink": "/x/"} and text == "Words"


@pytest.mark.parametrize(
    ("body", "title"),
    [("intro\n\n## A *head* ##\n", "A head"), ("A head\n===\nx", "A head"), ("only text", "2020-05-06-name")],
)
def test_markdown_without_front_matter(tmp_path: Path, body: str, title: str) -> None:
    statement, _ = one(tmp_path, "2020-05-06-name.md", body)
    assert (statement.title, statement.published) == (title, date(2020, 5, 6))


@pytest.mark.parametrize(
    "matter", ["- a\n- b", "a: [", "a: &x [*x]", "date: 2025-13-45", "a: " + "[" * 5000, "!!python/none x"]
)
def test_markdown_broken_front_matter(tmp_path: Path, matter: str) -> None:
    assert "front matter" in flaw(tmp_path, "a.md", f"---\n{matter}\n---\nbody")


def test_markdown_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    assert one(tmp_path, "2020-05-06.md", "---\nJust words")[1] == "Just words"


# --- plain text ----------------------------------------------------------------------------------------------------


def test_text_with_a_header_block(tmp_path: Path) -> None:
    source = "Title: A\nDate: 24 November 2025\nIssuer: MoD\nUrl: https://x.gov\nSpeakers: B; C\n\nFirst.\n\nSecond."
    statement, text = one(tmp_path, "a.txt", source)
    assert (statement.title, statement.issuer, statement.speakers) == ("A", "MoD", ("B", "C"))
    assert statement.published == date(2025, 11, 24) and text == "First.\n\nSecond."


def test_text_takes_its_title_from_the_first_line_and_keeps_it(tmp_path: Path) -> None:
    statement, text = one(tmp_path, "2025-11-24-a.txt", "\nA short line\n\nThe rest.")
    assert statement.title == "A short line" and text == "A short line\n\nThe rest."
    assert one(tmp_path, "2025-11-24-a.txt", "x" * 300 + "\n\nThe rest.")[0].title == "2025-11-24-a"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_encodings(tmp_path: Path, encoding: str) -> None:
    source = "The café\u2019s owner said so at some length, and went on."
    assert one(tmp_path, "2025-11-24.txt", source.encode(encoding))[1] == source


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"abc\0def", "binary"),
        (b"\x01\x02\x03\x04abc" * 20, "binary"),
        (b"\xff\xfea", "utf-16"),
        (b"x" * (MAX_ITEM_BYTES + 1), "larger"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_files_that_are_no_text(tmp_path: Path, name: str, data: bytes, problem: str) -> None:
    assert problem in flaw(tmp_path, name, data)


def test_text_of_unknown_encoding(tmp_path: Path) -> None:
    assert "save it as UTF-8" in flaw(tmp_path, "a.txt", "заявление министерства".encode("koi8-r"))


def test_missing_files_are_reported(tmp_path: Path) -> None:
    for suffix in registry():
        found = read(tmp_path / f"none{suffix}")
        assert len(found) == 1 and isinstance(found[0], InputError)


# --- HTML ----------------------------------------------------------------------------------------------------------


def test_html_fields(tmp_path: Path) -> None:
    source = """<html lang="en-GB"><head><title>Site</title><meta property="og:title" content="A &amp; b">
        <meta property="og:site_name" content="MoD"><link rel=canonical href="https://x.gov/a">
        <meta property="article:published_time" content="2025-11-24T01:00:00Z"></head>
        <body><nav>Menu</nav><main><h1>A</h1><p>Words.</p><script>x()</script></main></body></html>"""
    statement, text = one(tmp_path, "a.html", source)
    assert (statement.id, statement.title, statement.issuer, statement.language) == ("a", "A & b", "MoD", "en-GB")
    assert statement.published == date(2025, 11, 24) and statement.url == "https://x.gov/a"
    assert text == "A\n\nWords."


@pytest.mark.parametrize(
    "mark",
    [
        '<time datetime="2025-11-24">yesterday</time>',
        "<time>24 November 2025</time>",
        '<meta name="DC.date" content="2025-11-24">',
        '<span property="dc:date" content="2025-11-24T00:00:00-05:00">Monday</span>',
        '<script type="application/ld+json">{</script>'
        '<script type="application/ld+json">{"@graph": [{"datePublished": "2025-11-24"}]}</script>',
    ],
)
def test_html_dates(tmp_path: Path, mark: str) -> None:
    assert one(tmp_path, "a.html", f"<title>T</title>{mark}<p>x")[0].published == date(2025, 11, 24)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("utf-8", "utf-8"), ("windows-1251", "cp1251"), ("latin-1", "cp1252"), ("none", "cp1252")],
)
def test_html_charsets(tmp_path: Path, declared: str, encoding: str) -> None:
    word = "заявление" if encoding == "cp1251" else "café\u2019s"
    page = f'<meta charset="{declared}"><meta name=date content=2025-11-24><title>T</title><p>{word}'
    assert one(tmp_path, "a.html", page.encode(encoding))[1] == word


@pytest.mark.parametrize("codec", ["zip", "unicode_escape", "idna", "utf-7", "punycode"])
def test_html_charsets_that_are_none_are_ignored(tmp_path: Path, codec: str) -> None:
    page = f'<meta charset="{codec}"><meta name=date content=2025-11-24><p>caf\u00e9 +AGE-'
    assert one(tmp_path, "a.html", page)[1] == "café +AGE-"


# --- all of them ---------------------------------------------------------------------------------------------------


def test_real_markdown_posts() -> None:
    paths = sorted(shared("inputs", "markdown").glob("*.md"))
    assert len(paths) == 14
    for path in paths:
        [found] = read(path)
        assert isinstance(found, Item)
        described = describe(found)
        statement, text = described.statement, described.text
        assert len(text) > 500 and statement.title != path.stem
        assert str(statement.published) == path.name[:10]
        assert not any(mark in text for mark in ("**", "&nbsp;", "{:", "<li>", "<u>"))


def test_the_seed_report() -> None:
    [found] = read(shared("inputs", "seed-india-oman-2025-11-24.txt"))
    assert isinstance(found, Item)
    described = describe(found)
    statement, text = described.statement, described.text
    assert statement.published == date(2025, 11, 24) and text.count("\n\n") == 7
