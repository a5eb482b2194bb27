"""Adding statements in a real browser: how far it is, what was understood of each, and mending that there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from corpus.holdings import Holdings
from corpus.settings import Settings
from ingest.pipeline import ingest
from ingest.vectors import embed_due
from rag.engine import Engine
from tests.chat_site import page_open
from tests.test_chat_access import check_accessible
from ui.chat.adding import Adding, Sent
from ui.reader import LOCAL, Reader


def write(file: Path, *records: object) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def record(number: int, **fields: str) -> dict[str, str]:
    text = f"The Warden of gate {number} said that it would be painted in colour {number}."
    return {"id": f"gate/{number}", "title": f"Statement on gate {number}", "text": text, "date": "2025-10-02"} | fields


def test_a_long_file_tells_how_far_it_is_and_how_much_is_to_be_indexed(tmp_path: Path) -> None:
    file = write(tmp_path / "gates.jsonl", *(record(number) for number in range(150)))
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        adding = Adding(Engine(holdings))
        told = list(adding.add(LOCAL, Sent(files=[str(file)])))
        so_far = [n for picture in told for n in (32, 96, 150) if f" {n} statements so far" in picture.html]
        assert so_far == [32, 96, 150]
        assert told[-1].taken
        assert "150 statements taken in." in told[-1].html
        assert (len(told[-1].batch.held), told[-1].batch.more) == (50, 100)
        assert "150 passages still to be indexed" in adding.indexing(LOCAL)
        embed_due(holdings.archive, holdings.embedder)
        assert adding.indexing(LOCAL) == ""


def test_what_it_lacks_is_said_of_the_text_that_was_meant(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        lacking = record(1, id=f"gate/{folder}", text=f"The Warden spoke of the gate of {folder}.")
        del lacking["date"]
        write(tmp_path / folder / "gates.jsonl", lacking)
    files = [str(tmp_path / folder / "gates.jsonl") for folder in ("one", "two")]
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        adding = Adding(Engine(holdings))
        *_, told = adding.add(LOCAL, Sent(files=files))
        first, second = told.batch.problems
        assert first.where == second.where and first.key != second.key
        gone = adding.supply(LOCAL, told.batch, Sent(files=files[:1]), {"supply": second.key, "date": "2025-01-01"})
        assert "choose its file again" in gone.html and holdings.archive.all_ids() == []
        told = adding.supply(LOCAL, told.batch, Sent(files=files), {"supply": second.key, "date": "2025-01-01"})
        assert holdings.archive.all_ids() == ["gate/two"]
        assert told.batch.problems == (first,) and "1 not taken" in told.html


def test_of_many_problems_some_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    file = write(tmp_path / "broken.jsonl", *["{broken"] * 12_000, record(1))
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        *_, told = Adding(Engine(holdings)).add(LOCAL, Sent(files=[str(file)]))
        report = ingest([file], holdings)
    assert "12,000 not taken" in told.html and "and 11,900 more" in told.html
    assert "1 statement taken in." in told.html
    assert (report.not_taken, len(report.problems)) == (12_000, 10_000)


def test_what_is_listed_is_what_this_reader_sent_and_may_see(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine.jsonl", record(1), record(2) | {"audience": ["fleet"]})
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        *_, told = Adding(Engine(holdings)).add(
            Reader("ana", frozenset({"army"}), frozenset({"ingest"})), Sent(files=[str(mine)])
        )
    assert "2 statements taken in." in told.html
    assert "Statement on gate 1" in told.html
    assert "Statement on gate 2" not in told.html


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_statement_lacks_is_said_in_the_page(browser: Browser, chat: str, tmp_path: Path, scheme: str) -> None:
    lacking = record(7, id=f"{scheme}/7", title=f"Statement on the {scheme} gate")
    del lacking["date"]
    file = write(tmp_path / "gates.jsonl", record(8, id=f"{scheme}/8", speakers="The Warden"), lacking, "{broken")
    with page_open(browser, chat, color_scheme=scheme) as page:
        send(page, file)
        added = page.locator("#or-added")
        expect(added).to_contain_text("1 statement taken in.")
        expect(added).to_contain_text("2 not taken")
        expect(added.locator(".or-problems")).to_contain_text('gates.jsonl:2: has no "date"')
        expect(added.locator(".or-problems")).to_contain_text("gates.jsonl:3: is not JSON")
        expect(added.locator(".or-facts")).to_contain_text("Speakers")
        expect(added.locator(".or-facts")).to_contain_text("The Warden")
        expect(added.locator(".or-facts .or-lacking")).to_have_text(["not stated"])  # its issuer
        added.get_by_text("Say what it lacks").click()
        check_accessible(page)
        form = added.locator(".or-problems form")
        form.get_by_label("Issuer").fill("Ministry of Gates")
        form.get_by_role("button", name="Take it with this").click()
        expect(form.get_by_role("alert")).to_contain_text('has no "date"')
        expect(form.get_by_label("Issuer")).to_have_value("Ministry of Gates")
        form.get_by_label("Date").fill("2025-03-04")
        form.get_by_role("button", name="Take it with this").click()
        expect(added).to_contain_text("1 not taken")
        expect(added.locator(".or-added > li")).to_have_count(2)
        expect(added.locator(".or-added > li").first).to_contain_text("4 Mar 2025")
        expect(page.locator("#or-head")).to_contain_text("statements held")
        added.locator(".or-added .or-open").first.click()
        expect(page.locator("#or-panel header")).to_contain_text("4 Mar 2025 · Ministry of Gates")


@pytest.mark.browser
def test_a_correction_that_cannot_be_used_keeps_what_was_typed(page: Page, tmp_path: Path) -> None:
    send(page, write(tmp_path / "two.jsonl", record(11, id="two/1"), record(12, id="two/2")))
    rows = page.locator("#or-added .or-added > li")
    expect(rows).to_have_count(2)
    rows.nth(1).get_by_text("Correct this").click()
    rows.nth(1).get_by_label("Speakers").fill("The Keeper")
    rows.nth(1).get_by_label("Date", exact=True).fill("")
    rows.nth(1).get_by_role("button", name="Save the correction").click()
    expect(rows.nth(1).get_by_role("alert")).to_contain_text('has no "date"')
    expect(rows.nth(1).get_by_label("Speakers")).to_have_value("The Keeper")
    rows.nth(1).get_by_label("Date", exact=True).fill("2025-10-03")
    rows.nth(1).get_by_role("button", name="Save the correction").click()
    expect(page.locator("#or-added")).to_contain_text("Corrected: Statement on gate 12")
    expect(rows).to_have_count(2)
    expect(rows.nth(1).locator(".or-facts")).to_contain_text("3 Oct 2025")
    expect(rows.nth(1).locator(".or-facts")).to_contain_text("The Keeper")


def send(page: Page, file: Path) -> None:
    """Choose a file and add it."""
    page.get_by_role("button", name="Add statements").click()
    page.locator("#or-files input[type=file]").set_input_files([file])
    expect(page.locator("#or-files")).to_contain_text(file.stem)
    page.get_by_role("button", name="Add", exact=True).click()
