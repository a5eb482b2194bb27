"""Web pages: the body without the site, and who issued it, by general means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.describe import Described, describe
from ingest.issuer import house_form, is_body, issuer_in
from ingest.readers import Item, reader_for
from tests.conftest import SHARED

PARAGRAPHS = [
    "The Minister of Harbours opened the northern wall on Monday and thanked everybody who had worked on it for years.",
    "“It will stand for a century,” she said, and added that two more walls were planned along the eastern shore.",
    "The works began in spring and were finished a month early, which the harbour master called a rare pleasure.",
]
PAGE = """<html lang="en"><head><title>{title}</title><meta name="date" content="2025-11-24">{head}</head><body>
<header>{header}<nav><ul><li><a href="/news">News</a></li><li><a href="/about">About us</a></li></ul></nav></header>
<div class="cookie-banner"><p>We use cookies to make this site better. <button>Accept all cookies</button></p></div>
<main><h1>Harbour wall opened</h1>{body}</main>
<aside><h2>Related</h2><ul><li><a href="/x">Another story about fish</a></li></ul></aside>
<footer>{footer}<a href="/privacy">Privacy policy</a></footer>
<script>document.title = "taken over"</script></body></html>"""


def page(folder: Path, **parts: str) -> Described:
    body = "".join(f"<p>{words}</p>" for words in PARAGRAPHS)
    given = {"title": "Harbour wall opened", "head": "", "header": "", "body": body, "footer": ""} | parts
    path = folder / "a.html"
    path.write_text(PAGE.format(**given), encoding="utf-8")
    reader = reader_for(path)
    assert reader is not None
    [found] = reader(path)
    assert isinstance(found, Item), found
    return describe(found)


def test_the_body_is_whole_and_alone(tmp_path: Path) -> None:
    text = page(tmp_path).text
    assert text == "\n\n".join(["Harbour wall opened", *PARAGRAPHS])


def test_lists_and_tables_stay(tmp_path: Path) -> None:
    extra = (
        "<ul><li>Two cranes</li><li>One lighthouse</li></ul>"
        "<table><tr><th>Wall</th><th>Metres</th></tr><tr><td>North</td><td>400</td></tr></table>"
        "<blockquote><p>A quoted paragraph that is long enough to be taken for a part of the text.</p></blockquote>"
    )
    text = page(tmp_path, body="".join(f"<p>{words}</p>" for words in PARAGRAPHS) + extra).text
    assert "- Two cranes\n- One lighthouse" in text and "Wall | Metres\nNorth | 400" in text
    assert text.endswith("A quoted paragraph that is long enough to be taken for a part of the text.")


@pytest.mark.parametrize(
    ("parts", "issuer"),
    [
        ({"head": '<meta property="og:site_name" content="Ministry of Harbours">'}, "Ministry of Harbours"),
        ({"head": '<meta name="DC.publisher" content="Harbour Authority">'}, "Harbour Authority"),
        (
            {
                "head": '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "author": {"@type": '
                '"Person", "name": "A. Clerk"}, "publisher": {"@type": "GovernmentOrganization", "name": '
                '"Ministry of Harbours"}}]}</script>'
            },
            "Ministry of Harbours",
        ),
        ({"header": '<a href="/" rel="home"><img alt="The Ministry of Harbours"></a>'}, "Ministry of Harbours"),
        ({"header": '<a href="/" title="The United States Department of Peace">.</a>'}, "U.S. Department of Peace"),
        ({"title": "Harbour wall opened | Ministry of Harbours"}, "Ministry of Harbours"),
        ({"footer": "<p>© 2025 Ministry of Harbours. All rights reserved.</p>"}, "Ministry of Harbours"),
        ({"head": '<meta property="og:site_name" content="Harbours Today">'}, "Harbours Today"),
        (
            {
                "head": '<meta property="og:site_name" content="Harbours">',
                "header": '<a href="/"><img alt="Ministry of Harbours"></a>',
            },
            "Ministry of Harbours",
        ),
        ({"header": '<a href="/about">Ministry of Elsewhere</a>'}, None),
        ({}, None),
    ],
)
def test_issuers(tmp_path: Path, parts: dict[str, str], issuer: str | None) -> None:
    assert page(tmp_path, **parts).statement.issuer == issuer


def test_what_was_found_says_where(tmp_path: Path) -> None:
    head = '<meta property="og:site_name" content="Ministry of Harbours">'
    found = page(tmp_path, head=head).statement.extra["found"]
    assert found["issuer"] == found["title"] == found["date"] == found["language"] == {"from": "meta"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("The United States Department of Justice", "U.S. Department of Justice"),
        ("US Department of State", "U.S. Department of State"),
        ("U.S. Department of State", "U.S. Department of State"),
        ("MINISTRY OF EXTERNAL AFFAIRS", "Ministry of External Affairs"),
        ("the Ministry  of Law.", "Ministry of Law"),
        ("United States", "United States"),
        ("NATO", "NATO"),
    ],
)
def test_one_form_for_one_body(name: str, form: str) -> None:
    assert house_form(name) == form == house_form(form)


def test_bodies() -> None:
    bodies = ("Ministry of Law", "The White House", "Prime Minister's Office", "Ministère de la Défense")
    assert all(map(is_body, bodies))
    assert not any(map(is_body, ("Harbours Today", "Jane Doe", "What does the ministry do?", "", "x " * 100)))


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("MINISTRY OF HARBOURS\n\nThe wall is open.", "Ministry of Harbours"),
        ("The wall is open.\n\nIssued by: Ministry of Harbours\n24 November 2025", "Ministry of Harbours"),
        ("The wall is open.\n\nSOURCE Harbour Authority of the North", "Harbour Authority of the North"),
        ("Lisbon, Nov 24 (Agency) - The wall is open.", "Agency"),
        ("The wall is open. " * 80 + "\n\nMINISTRY OF HARBOURS 24 NOVEMBER 2025", "Ministry of Harbours"),
        ("The wall is open, the Ministry of Harbours said.", None),
        ("According to the Ministry of Harbours the wall is open.\n\nMinistry of Harbours officials were there.", None),
        ("The wall is open. " * 80 + "\n\n- Department of Labor\n- Department of Energy", None),
    ],
)
def test_issuers_in_plain_text(text: str, issuer: str | None) -> None:
    found = issuer_in(text)
    assert (found and found[0]) == issuer
    if found:
        assert house_form(text[found[1] : found[2]]) == issuer


@pytest.mark.shared
def test_real_pages() -> None:
    from benchmarks.pages import score

    result = score(SHARED / "inputs" / "html", ".field--name-field-pr-body")
    assert result.pages == result.bodies == 40
    assert min(result.right.values()) >= 39 and result.clean >= 39, result.misses
    assert result.whole >= 39 and result.precision / result.bodies > 0.99, result.misses


def test_a_page_that_nests_without_end_is_read(tmp_path: Path) -> None:
    deep = "<div>" * 20_000 + "".join(f"<p>{words}</p>" for words in PARAGRAPHS)
    path = tmp_path / "2025-11-24.html"
    path.write_text(f"<title>T</title><meta name=date content=2025-11-24>{deep}", encoding="utf-8")
    reader = reader_for(path)
    assert reader is not None
    [found] = reader(path)
    assert not isinstance(found, Item) or json.dumps(dict(found.fields))
