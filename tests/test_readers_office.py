"""Word documents and e-mail messages, made by the libraries that make them."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest

from corpus.errors import InputError
from ingest.describe import describe
from ingest.readers import Item, reader_for
from tests.pdf_maker import lines, make_pdf

TYPES = b"[Content_Types].xml"


def read(folder: Path, name: str, data: bytes) -> list[Item | InputError]:
    path = folder / name
    path.write_bytes(data)
    reader = reader_for(path)
    assert reader is not None
    return list(reader(path))


def flaw(folder: Path, name: str, data: bytes) -> str:
    [found] = read(folder, name, data)
    assert isinstance(found, InputError), found
    return str(found)


def word(build: Any) -> bytes:
    document = docx.Document()
    document.core_properties.created = datetime(2025, 11, 25)
    build(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def release(document: Any) -> None:
    document.add_heading("Harbour <wall> opened", 0)
    document.add_paragraph("LISBON, 24 November 2025")
    document.add_paragraph('The minister said "it stands" & left.')
    document.add_paragraph("Two cranes", style="List Bullet")
    document.add_paragraph("One lighthouse", style="List Bullet")
    table = document.add_table(2, 2)
    for n, words in enumerate(("Wall", "Metres", "North", "400")):
        table.cell(n // 2, n % 2).text = words
    document.add_paragraph("The end.")


def message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    given = {"Subject": "Fwd: Harbour wall opened", "From": "Ministry of Harbours <press@harbours.example>"}
    for name, value in (given | {"Date": "Mon, 24 Nov 2025 23:30:00 +0530"} | headers).items():
        made[name] = value
    return made


def test_docx_keeps_structure_in_order(tmp_path: Path) -> None:
    [found] = read(tmp_path, "a.docx", word(release))
    assert isinstance(found, Item)
    held = describe(found)
    assert held.text == (
        "Harbour <wall> opened\n\nLISBON, 24 November 2025\n\n"
        'The minister said "it stands" & left.\n\n- Two cranes\n- One lighthouse\n\n'
        "Wall | Metres\nNorth | 400\n\nThe end."
    )
    assert held.statement.title == "Harbour <wall> opened" and held.statement.place == "Lisbon"
    assert held.statement.published == date(2025, 11, 24)  # its dateline, not the day on which the file was made


def test_docx_takes_its_properties_where_the_text_says_nothing(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.core_properties.title = "On the wall"
        document.add_paragraph("Words.")

    [found] = read(tmp_path, "a.docx", word(build))
    assert isinstance(found, Item)
    statement = describe(found).statement
    assert (statement.title, statement.published) == ("On the wall", date(2025, 11, 25))
    assert statement.extra["found"]["title"] == statement.extra["found"]["date"] == {"from": "meta"}


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 40_000_000)
    return stream.getvalue()


def with_entities(entities: str, use: str) -> bytes:
    """A document whose body refers to entities of its own."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word(release))) as before, zipfile.ZipFile(stream, "w") as after:
        for part in before.infolist():
            data = before.read(part)
            if part.filename == "word/document.xml":
                data = data.replace(b"?>", b"?><!DOCTYPE x [" + entities.encode() + b"]>", 1)
                data = data.replace(b"The end.", use.encode())
            after.writestr(part.filename, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"no archive", "no Word document"),
        (b"PK\x03\x04", "no Word document"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "before 2007"),
        (bomb(), "unpacks to 40,000,000 bytes"),
    ],
    ids=["other", "cut", "old", "bomb"],
)
def test_docx_that_cannot_be_read(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in flaw(tmp_path, "a.docx", data)


def test_docx_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    for entities in (f'<!ENTITY e SYSTEM "{secret.as_uri()}">', '<!ENTITY e "inside">'):
        for found in read(tmp_path, "a.docx", with_entities(entities, "The &e; end.")):
            shown = str(found.fields["text"]) if isinstance(found, Item) else str(found)
            assert "the secret" not in shown and "inside" not in shown


def test_eml_prefers_html_and_names_its_sender(tmp_path: Path) -> None:
    made = message()
    made.set_content("plain words")
    made.add_alternative("<p>The wall is <b>open</b>.</p><p>So she said.</p>", subtype="html")
    [found] = read(tmp_path, "a.eml", made.as_bytes())
    assert isinstance(found, Item)
    held = describe(found)
    assert held.text == "The wall is open.\n\nSo she said." and held.statement.title == "Harbour wall opened"
    assert held.statement.issuer == "Ministry of Harbours" and held.statement.published == date(2025, 11, 24)


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "iso-8859-15"])
def test_eml_character_sets(tmp_path: Path, charset: str) -> None:
    made = message(Subject="Über Häfen")
    made.set_content("The café is open, and so it is.", charset=charset)
    [found] = read(tmp_path, "a.eml", made.as_bytes())
    assert isinstance(found, Item)
    held = describe(found)
    assert (held.statement.title, held.text) == ("Über Häfen", "The café is open, and so it is.")


def test_eml_attachments_are_items_and_their_names_no_places(tmp_path: Path) -> None:
    made = message()
    made.set_content("See the annexes.")
    for data, name in (
        (word(release), "../../etc/annex.docx"),
        (make_pdf([lines("A page of words.")]), "C:\\temp\\b.pdf"),
        (b"%PDF-1.4 broken", "c.pdf"),
        (b"x", "d.zip"),
    ):
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    found = read(tmp_path, "a.eml", made.as_bytes())
    items = [describe(one).statement for one in found if isinstance(one, Item)]
    assert [one.id for one in items] == ["a", "a/annex.docx", "a/b.pdf"]
    assert all(one.published == date(2025, 11, 24) and one.issuer == "Ministry of Harbours" for one in items)
    problems = [one for one in found if isinstance(one, InputError)]
    assert [one.where for one in problems] == ["a.eml#c.pdf", "a.eml#d.zip"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.eml"]


def test_eml_with_many_attachments_is_bounded(tmp_path: Path) -> None:
    made = message()
    made.set_content("Words.")
    for n in range(60):
        made.add_attachment(b"<p>x</p>", maintype="text", subtype="html", filename=f"{n}.html")
    found = read(tmp_path, "a.eml", made.as_bytes())
    assert len(found) == 52 and isinstance(found[-1], InputError) and "beyond the first 50" in str(found[-1])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"Just words, no header", "no e-mail message"),
        (b"Subject: x\n\n", "no text"),
        (b"Subject: x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA", "no text"),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 600, "over 500 parts"),
    ],
    ids=["words", "empty", "picture", "parts"],
)
def test_eml_that_cannot_be_read(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in flaw(tmp_path, "a.eml", data)
