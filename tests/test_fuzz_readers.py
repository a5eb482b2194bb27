"""Every reader on damaged and on hostile files: items or errors that say what was wrong, and nothing else."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from corpus.errors import InputError
from ingest.describe import describe
from ingest.readers import Item, reader_for, registry
from tests.conftest import SHARED
from tests.pdf_maker import lines, make_pdf

FUZZ = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(path: Path) -> None:
    """Read a file whole: whatever is in it, only items and errors come out, with texts that can be stored."""
    reader = reader_for(path)
    assert reader is not None
    found = list(reader(path))
    assert found, f"{path.name}: neither an item nor a word on why there is none"
    for one in found:
        if isinstance(one, InputError):
            _told(one)
            continue
        assert isinstance(one, Item) and one.raw
        try:
            held = describe(one)
        except InputError as problem:
            _told(problem)
            continue
        held.text.encode()
        assert "\0" not in held.text and list(held.pages) == sorted(held.pages)
        assert all(0 <= start <= len(held.text) for start in held.pages)
        json.dumps(dict(held.statement.extra))


def _told(problem: InputError) -> None:
    assert problem.where and len(problem.problem) > 10 and "\n" not in problem.problem.strip()
    str(problem).encode()


def check_bytes(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.write_bytes(data)
    check(path)


# --- small whole files, cut and mutated ----------------------------------------------------------------------------


def a_docx() -> bytes:
    document = docx.Document()
    document.add_heading("Harbour opened", 0)
    document.add_paragraph("The wall is open.", style="List Bullet")
    document.add_table(1, 2).cell(0, 0).text = "cell"
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def a_message() -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Über Häfen", "Ministry <a@b.example>"
    message["Date"] = "Mon, 24 Nov 2025 23:30:00 +0530"
    message.set_content("The café is open.")
    message.add_alternative("<p>The café is open.</p>", subtype="html")
    message.add_attachment(make_pdf([lines("Words.")]), maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


PAGE = (
    '<html lang="en"><head><title>Wall | Ministry of Harbours</title><meta name="date" content="2025-11-24">'
    '<script type="application/ld+json">{"datePublished": "2025-11-24", "publisher": {"name": "Ministry"}}</script>'
    "</head><body><nav>Menu</nav><main><h1>Wall</h1><p>The wall is open.</p><ul><li>a<li>b</ul>"
    "<table><tr><td>c<td>d</table></main><footer>© Ministry of Harbours</footer></body></html>"
)
ROW = {"id": "a", "title": "T", "date": "2025-11-24", "text": "**Words** & <b>more</b>."}
POSTS = {"account": {"name": "M"}, "posts": [{"id": 1, "text": "x", "created_at": "2025-11-24"}]}
WHOLE: dict[str, bytes] = {
    "a.pdf": make_pdf([lines("First page of words."), lines("Second page.")], {"CreationDate": "D:20251124"}),
    "a.docx": a_docx(),
    "a.eml": a_message(),
    "a.html": PAGE.encode(),
    "a.md": b"---\ntitle: T\ndate: 2025-11-24\n---\n\n# Head\n\n<div>**x** | y</div>\n\n1. one\n",
    "a.txt": b"Title: T\nDate: 2025-11-24\n\nLISBON, Nov 24 (Agency) - The ministers met on Monday.",
    "a.json": json.dumps(POSTS).encode(),
    "a.csv": b'id,title,date,text\na,T,2025-11-24,"one\ntwo"\n',
    "a.jsonl": json.dumps(ROW).encode() + b"\n" + json.dumps(ROW).encode(),
}


def mutated(data: bytes, seed: int) -> Iterator[bytes]:
    """The data cut at some places, with bytes changed, doubled and swapped."""
    chance = random.Random(seed)
    for _ in range(3):
        yield data[: chance.randrange(1, len(data))]
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 40)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed)
        at, size = chance.randrange(len(data)), chance.randrange(1, 400)
        yield data[:at] + data[at : at + size] * 3 + data[at + size :]
        yield data[at:] + data[:at]


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_every_format_is_read_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    reader = reader_for(path)
    assert reader is not None
    assert all(isinstance(one, Item) for one in reader(path))


def test_every_format_is_fuzzed() -> None:
    suffixes = {suffix for suffix in registry() if not suffix.endswith(".gz")}
    assert suffixes - {".htm", ".markdown"} <= {Path(name).suffix for name in WHOLE}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_damaged_files(tmp_path: Path, name: str) -> None:
    for seed in range(4):
        for data in mutated(WHOLE[name], seed):
            check_bytes(tmp_path, name, data)


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["html", "pdf", "markdown"])
def test_damaged_real_files(tmp_path: Path, kind: str) -> None:
    folder = SHARED / "inputs" / kind
    for seed, path in enumerate(sorted(path for path in folder.iterdir() if path.suffix != ".json")[:10]):
        for data in list(mutated(path.read_bytes(), seed))[:6]:
            check_bytes(tmp_path, path.name[-60:], data)


# --- arbitrary contents --------------------------------------------------------------------------------------------

TAGS = "p div ul ol li table tr td h1 a span br script style title meta iframe svg math template form pre".split()
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(data=st.binary(max_size=400), suffix=st.sampled_from(sorted(registry())))
@example(data=b"---\n\xef\xbb\xbf", suffix=".md")
@example(data=b"%PDF-", suffix=".pdf")
@example(data=b"PK\x05\x06" + bytes(18), suffix=".docx")
@FUZZ
def test_arbitrary_bytes(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    reader = reader_for(path)
    assert reader is not None
    for one in reader(path):
        if isinstance(one, Item):
            try:
                describe(one)
            except InputError as problem:
                _told(problem)
        else:
            _told(one)


@st.composite
def pages(draw: st.DrawFn) -> str:
    pieces = st.one_of(
        st.text(max_size=30),
        st.sampled_from(TAGS).map(lambda tag: f"<{tag}>"),
        st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
        st.tuples(st.sampled_from(TAGS), st.text(max_size=20)).map(lambda pair: f'<{pair[0]} content="{pair[1]}">'),
        st.sampled_from(["<!--", "-->", "<![CDATA[", "&#0;", "&#xD800;", "<base href=javascript:1>", "<a href='/'>"]),
    )
    return "".join(draw(st.lists(pieces, max_size=40)))


@given(html=pages())
@FUZZ
def test_arbitrary_pages(tmp_path: Path, html: str) -> None:
    check_bytes(tmp_path, "a.html", f"<meta name=date content=2025-11-24>{html}x".encode("utf-8", "replace"))


@given(
    data=st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from("posts tweet object text content created_at id url user name orderedItems".split())
                | st.text(max_size=6),
                inner,
                max_size=6,
            )
        ),
        max_leaves=20,
    ),
    prefix=st.sampled_from(["", "window.YTD.tweets.part0 = "]),
)
@FUZZ
def test_arbitrary_posts(tmp_path: Path, data: Any, prefix: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(prefix + json.dumps(data), encoding="utf-8")
    reader = reader_for(path)
    assert reader is not None
    for one in reader(path):
        if isinstance(one, InputError):
            _told(one)
        else:
            assert one.fields["text"]


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Subject", "From", "Date", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]),
            st.text(st.characters(blacklist_categories=["Cs"]), max_size=60)
            | st.sampled_from(["multipart/mixed; boundary=b", "text/html; charset=x", "message/rfc822", "base64"]),
        ),
        min_size=1,
        max_size=8,
    ),
    body=st.text(st.characters(blacklist_categories=["Cs"]), max_size=200) | st.just("--b\n\nwords\n--b--\n"),
)
@FUZZ
def test_arbitrary_messages(tmp_path: Path, headers: list[tuple[str, str]], body: str) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    check_bytes(tmp_path, "a.eml", f"{head}\n{body}".encode())


@given(
    pieces=st.lists(
        st.lists(
            st.tuples(
                st.floats(-900, 1800, allow_nan=False),
                st.floats(-900, 1800, allow_nan=False),
                st.floats(0, 200, allow_nan=False),
                st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_categories=["Cc"]), max_size=30),
            ),
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
@FUZZ
def test_arbitrary_places_of_words(tmp_path: Path, pieces: list[list[tuple[float, float, float, str]]]) -> None:
    known = [[(*place, text.encode("cp1252", "ignore").decode("cp1252")) for *place, text in page] for page in pieces]
    check_bytes(tmp_path, "2025-11-24.pdf", make_pdf(known))
