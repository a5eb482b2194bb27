"""Fields that a statement's own words give, each with the place that gives it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dateline import date_in, dateline_end, place_in
from ingest.describe import Described, describe
from ingest.event import event_in
from ingest.kind import kind_of
from ingest.people import counterparts, countries_in, labelled_speakers, quoted_sources, title_speakers
from ingest.readers import Item
from tests.conftest import SHARED

MONDAY = date(2025, 11, 24)


def described(text: str = "Words.", **fields: Any) -> Described:
    given = {"id": "a", "title": "A title", "date": MONDAY, "text": text} | fields
    return describe(Item("a.jsonl:1", b"", "plain", given))


# --- kind ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "title", "kind"),
    [
        ("statements-releases", "Readout of President A’s Call with B", "readout"),
        ("statements-releases", "On the harbour", "statement"),
        ("briefings-statements", "FACT SHEET: Harbours", "fact sheet"),
        ("press-briefings", "Press Briefing by Press Secretary A", "briefing transcript"),
        ("speeches-remarks", "Remarks by Minister A", "speech"),
        ("Press Releases", "Harbour opened", "press release"),
        ("readouts", "Remarks of a kind", "readout"),
        ("weekly digest", "Readout of a call", "weekly digest"),
        (None, "India-Oman Joint Statement on Harbours", "joint statement"),
        (None, "Written Reply by Minister A to Parliamentary Question on Harbours", "parliamentary answer"),
        (None, "Opening Address by Minister A at the Harbour", "speech"),
        (None, "A Letter to the Speaker", "letter"),
        (None, "Notice to Mariners", "notice"),
        (None, "Harbour opened", None),
    ],
)
def test_kinds(category: str | None, title: str, kind: str | None) -> None:
    assert kind_of(category, title)[0] == kind


def test_a_kind_in_our_words_keeps_what_the_source_called_it() -> None:
    statement = described(title="Readout of a call", category="statements-releases").statement
    assert statement.kind == "readout" and statement.extra["category"] == "statements-releases"
    assert statement.extra["found"]["kind"] == {"from": "title"}
    assert "category" not in described(category="readout").statement.extra


def test_a_section_of_the_site_tells_the_kind() -> None:
    statement = described(url="https://x.example/news/press-releases/2025/harbour").statement
    assert statement.kind == "press release" and statement.extra["found"]["kind"] == {"from": "url"}
    assert described(breadcrumb="Speeches").statement.kind == "speech"
    assert described(url="https://x.example/news/press-releases").statement.kind == "statement"


# --- where and when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("NEW DELHI, Nov 24 (Agency) - India and Oman met.", "New Delhi"),
        ("New Delhi, Nov 24 India and Oman met.", "New Delhi"),
        ("Lisbon, 24 November 2025 – The wall is open.", "Lisbon"),
        ("WASHINGTON – Today, the wall was opened.", "Washington"),
        ("WASHINGTON, D.C. – Today, the wall was opened.", "Washington, D.C."),
        ("Harbour wall opened\n\nLISBON, Nov. 24, 2025 -- The wall is open.", "Lisbon"),
        ("East Room\n\n3:58 P.M. EDT\n\nTHE PRESIDENT: Hello.", "East Room"),
        ("Harbour House\nLisbon, Portugal\n\n(10:15 a.m. local)\n\nMS. A: Hello.", "Harbour House, Lisbon, Portugal"),
        ("Via Teleconference\n\n3:58 P.M. EDT\n\nTHE PRESIDENT: Hello.", None),
        ("FACT SHEET – The wall in numbers", None),
        ("PRESS RELEASE - The wall is open", None),
        ("On Monday, November 24, the wall was opened.", None),
        ("The minister spoke in Lisbon, November rain or not.", None),
        ("", None),
    ],
)
def test_places(text: str, place: str | None) -> None:
    found = place_in(text)
    assert (found and found.value) == place
    if found and "," not in found.value:
        assert text[found.start : found.end].casefold() == found.value.casefold()


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("New Delhi, Nov 24 India and Oman met.", "India and Oman met."),
        ("LISBON, Nov. 24, 2025 (Agency) -- The wall is open.", "The wall is open."),
        ("WASHINGTON – Today, the wall was opened.", "Today, the wall was opened."),
        ("The wall – it is open.", "The wall – it is open."),
    ],
)
def test_a_dateline_ends(text: str, rest: str) -> None:
    assert text[dateline_end(text) :] == rest


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24 November 2025\n\nWords.", MONDAY),
        ("Monday, November 24, 2025\nWords.", MONDAY),
        ("Harbour opened\n\nPosted on 24 Nov 2025\n\nWords.", MONDAY),
        ("Lisbon, 24 November 2025 - Words.", MONDAY),
        ("Words. " * 400 + "\n\nMINISTRY OF HARBOURS\n24 NOVEMBER 2025", MONDAY),
        ("The wall was opened on 24 November 2025 by the minister.", None),
        ("24 November\n\nWords.", None),
        ("31 February 2025\n\nWords.", None),
    ],
)
def test_dates_that_a_text_bears(text: str, day: date | None) -> None:
    found = date_in(text)
    assert (found and found[0]) == day
    if found:
        assert "24" in text[slice(*found[1])]


# --- the day of the event ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The two ministers met today in Lisbon and spoke of harbours.", MONDAY),
        ("The two ministers met on Monday in Lisbon and spoke of harbours.", MONDAY),
        ("The two ministers met on Tuesday in Lisbon and spoke of harbours.", date(2025, 11, 18)),
        ("The two ministers met yesterday in Lisbon and spoke of harbours.", date(2025, 11, 23)),
        ("On November 20, the two ministers met in Lisbon and spoke of harbours.", date(2025, 11, 20)),
        ("On Friday, November 21, 2025, the two ministers met in Lisbon.", date(2025, 11, 21)),
        ("HARBOUR TALKS\n\nThe two ministers met today in Lisbon and spoke of harbours.", MONDAY),
        # Not said plainly, or not what the statement reports.
        ("The two ministers met in Lisbon and spoke of harbours at length.", None),
        ("The two ministers met in Lisbon, as agreed on Friday in a call.", None),
        ("The two ministers will meet on Friday in Lisbon to speak of harbours.", None),
        ("The two ministers met in Lisbon ahead of the summit on Friday there.", None),
        ("The two ministers met on November 2 in Lisbon and spoke of harbours.", None),
        ("The two ministers met on November 20-22 in Lisbon about harbours.", None),
        ("The two ministers met on 20-22 November in Lisbon about harbours.", None),
        ("The two ministers met last Friday in Lisbon and spoke of harbours.", None),
        ("The two ministers met on Thursday and on Friday in Lisbon on harbours.", None),
        ("During the week of November 17 the two ministers met in Lisbon often.", None),
        ("Following their call on Friday, the two ministers met in Lisbon.", None),
        ("When I met my colleague on Friday we spoke of harbours at length.", None),
        ("The wall was announced on Friday, and it is longer than any other.", None),
        ("The minister met Friday’s deadline for the harbour wall in Lisbon.", None),
        ("Harbours matter to all of us and always have done. They met today.", None),
    ],
)
def test_event_days(text: str, day: date | None) -> None:
    found = event_in("Harbour talks", text, "statement", MONDAY)
    assert (found and found[0]) == day
    if found:
        assert not isinstance(found[1], str) and text[found[1].start : found[1].end] == found[1].value


def test_a_day_in_the_title() -> None:
    title = "Press Briefing by Press Secretary A, November 21, 2025"
    assert event_in(title, "Words.", "briefing transcript", MONDAY) == (date(2025, 11, 21), "title")
    assert event_in("On the Events of November 1, 2025", "Words.", "statement", MONDAY) is None


def test_kinds_that_report_no_event_have_none() -> None:
    for kind in ("executive action", "fact sheet", "letter", "speech", "parliamentary answer"):
        assert event_in("T", "The two ministers met today in Lisbon and spoke of harbours.", kind, MONDAY) is None


def test_what_the_source_gives_is_never_overwritten() -> None:
    text = "LISBON, Nov 24 - The two ministers met today and spoke of harbours at length."
    given = {"event_date": "2025-11-01", "place": "Porto", "issuer": "B", "speakers": ["C D"], "category": "memo"}
    statement = described(text, title="Remarks by Minister A B", **given, lang="pt").statement
    assert (statement.event, statement.place, statement.issuer) == (date(2025, 11, 1), "Porto", "B")
    assert (statement.speakers, statement.kind, statement.language) == (("C D",), "memo", "pt")
    assert "found" not in statement.extra


# --- people --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Remarks by President Jane Doe on Harbours", ("President Jane Doe",)),
        ("Remarks by President Doe and Premier Roe of Oman Before Talks", ("President Doe", "Premier Roe of Oman")),
        (
            "Statement from Senior Advisor and Chief Spokesperson Ann Roe",
            ("Senior Advisor and Chief Spokesperson Ann Roe",),
        ),
        ("Speech by Minister for Law, Mr A Doe, at the Harbour", ("Minister for Law, Mr A Doe",)),
        ("Address by Ms A Doe, Minister for Law and Finance, at X", ("Ms A Doe, Minister for Law and Finance",)),
        ("Press Briefing by Press Secretary Ann Roe, March 12, 2021", ("Press Secretary Ann Roe",)),
        ("Statement by Press Secretary to the King Ann Roe", ("Press Secretary to the King Ann Roe",)),
        ("Joint Statement by the United States, India, and Brazil", ()),
        ("Joint Statement of the Leaders of India and Oman", ()),
        ("Statement on Harbours", ()),
        ("Letter to the Speaker of the House", ()),
        ("Readout of a Meeting with Prime Minister Roe", ()),
    ],
)
def test_speakers_of_titles(title: str, names: tuple[str, ...]) -> None:
    assert title_speakers(title) == names


def test_labels_of_transcripts() -> None:
    text = "MS. ADAMS: Hello.\n\nQ Why?\n\nMS. ADAMS: So.\n\nNOTE: x\n\nNOTE: y\n\nTHE MINISTER: A.\n\nTHE MINISTER: B."
    found = labelled_speakers(text)
    assert list(found) == ["MS. ADAMS", "THE MINISTER"]
    assert all(text[start:end] == name for name, (start, end) in found.items())


def test_those_whom_a_report_quotes() -> None:
    text = (
        "The talks went well.\n\n“They did,” the Ministry of Harbours stated.\n\n"
        'According to the Harbour Authority, "all is well". “Quite,” he said. “Yes,” said nobody.'
    )
    found = quoted_sources(text)
    assert list(found) == ["Ministry of Harbours", "Harbour Authority"]
    assert all(text[start:end] == name for name, (start, end) in found.items())


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Readout of President Doe’s Call with President Roe of Oman", ("President Roe of Oman",)),
        (
            "Meeting with Minister Roe of Oman and Minister Poe of Chad",
            ("Minister Roe of Oman", "Minister Poe of Chad"),
        ),
        ("Statement on Harbours", ()),
    ],
)
def test_counterparts(title: str, names: tuple[str, ...]) -> None:
    assert counterparts(title) == names


def test_countries() -> None:
    assert countries_in("Omani talks with India in New Mexico, and with Niger") == ("Oman", "India", "Niger")
    statement = described(title="Readout of a Call with President Roe of Oman").statement
    assert statement.extra["countries"] == ["Oman"] and statement.extra["counterparts"] == ["President Roe of Oman"]


# --- language ------------------------------------------------------------------------------------------------------


def test_the_language_is_told_where_it_is_not_given() -> None:
    french = (
        "Le ministre a ouvert lundi le nouveau mur du port et a remercié tous ceux qui y ont travaillé pendant deux "
        "hivers. Il a ajouté que deux autres murs étaient prévus le long de la côte orientale, et que les travaux "
        "commenceraient au printemps prochain si le temps le permet."
    )
    assert described(french).statement.language == "fr"
    assert described(french, lang="en").statement.language == "en"
    assert described("Le mur est ouvert.").statement.language == "en"  # too short to tell


# --- a wire report, and anything at all ----------------------------------------------------------------------------


@pytest.mark.shared
def test_the_wire_report() -> None:
    from ingest.readers import reader_for

    path = SHARED / "inputs" / "seed-india-oman-2025-11-24.txt"
    reader = reader_for(path)
    assert reader is not None
    [item] = reader(path)
    assert isinstance(item, Item)
    found = describe(item)
    statement = found.statement
    assert statement.title.startswith("India and Oman on Monday held the 13th Joint Military Cooperation Committee")
    assert (statement.published, statement.event, statement.place) == (MONDAY, MONDAY, "New Delhi")
    assert statement.speakers == ("Ministry of Defence", "Integrated Defence Staff Headquarters")
    assert statement.issuer is None  # a ministry's words are in it, but no ministry issued it
    places = statement.extra["found"]["speakers"]
    assert [found.text[place["start"] : place["end"]] for place in places] == list(statement.speakers)


@given(text=st.text(max_size=400), title=st.text(min_size=1, max_size=120))
@settings(deadline=None, max_examples=200)
def test_any_text_gives_spans_that_are_in_it(text: str, title: str) -> None:
    found = described("x" + text, title="x" + title)
    notes = found.statement.extra.get("found", {})
    places = [place for one in notes.values() for place in (one if isinstance(one, list) else [one])]
    assert all("from" in place or 0 <= place["start"] < place["end"] <= len(found.text) for place in places)
