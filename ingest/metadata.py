"""What a statement's own title and text say of it, for the fields that its source left empty.

Nothing that a source gives is overwritten. Every field that is filled in here notes where it was found, under "found"
in the statement's `extra`: ``{"event": {"start": 31, "end": 40}}`` is a span of the text, ``{"kind": {"from":
"title"}}`` the title, "meta" the source's markup or properties, "name" the file's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from corpus.model import Statement
from ingest.dateline import Found, place_in
from ingest.event import event_in
from ingest.issuer import issuer_in
from ingest.kind import kind_of, section_kind
from ingest.language import language_of
from ingest.people import counterparts, countries_in, labelled_speakers, quoted_sources, title_speakers

Notes = dict[str, Any]
# Names under which sources give the section of their site that a text was in.
_SECTION_FIELDS = ("breadcrumb", "section", "type", "post_type")


def complete(statement: Statement, text: str, given: frozenset[str], found: Mapping[str, Any]) -> Statement:
    """The statement with its empty fields filled in from its title and text.

    Args:
        statement: as its source describes it.
        text: as it is held; spans are of it.
        given: names of the fields that the source gave, by our names.
        found: where the reader found those that it looked for itself.
    """
    notes: Notes = {name: dict(where) for name, where in found.items()}
    extra = dict(statement.extra)
    statement = _with_kind(statement, given, notes, extra)
    if "language" not in given and (language := language_of(text)):
        if language != statement.language:
            notes["language"] = {"from": "text"}
        statement = replace(statement, language=language)
    # What opens a speech or a transcript is where it was given, not who issued it.
    spoken = statement.kind in ("speech", "briefing transcript")
    if statement.issuer is None and not spoken and (issuer := issuer_in(text)):
        statement = replace(statement, issuer=issuer[0])
        notes["issuer"] = {"start": issuer[1], "end": issuer[2]}
    if statement.place is None and (place := place_in(text)):
        statement = replace(statement, place=place.value)
        notes["place"] = {"start": place.start, "end": place.end}
    if statement.event is None and (event := event_in(statement.title, text, statement.kind, statement.published)):
        statement = replace(statement, event=event[0])
        notes["event"] = _where(event[1])
    if not statement.speakers:
        statement = _with_speakers(statement, text, notes)
    _note_counterparts(statement, notes, extra)
    if notes:
        extra["found"] = notes
    return replace(statement, extra=MappingProxyType(extra))


def _with_kind(statement: Statement, given: frozenset[str], notes: Notes, extra: Notes) -> Statement:
    source, source_is = statement.kind if "kind" in given else None, "meta"
    if source is None:
        source, source_is = _section(statement.url, extra)
    kind, where = kind_of(source, statement.title)
    if kind is None or kind == statement.kind:
        return statement
    if "kind" in given:
        extra["category"] = source  # as the source calls it
    notes["kind"] = {"from": "title" if where == "title" else source_is}
    return replace(statement, kind=kind)


def _section(url: str | None, extra: Notes) -> tuple[str | None, str]:
    """The section of its site that a text was in, as a field or the folders of its address name it."""
    for name in _SECTION_FIELDS:
        if isinstance(extra.get(name), str) and section_kind(extra[name]):
            return extra[name], "meta"
    address = url or extra.get("permalink")
    folders = address.split("?")[0].split("/")[:-2] if isinstance(address, str) else []
    named = next((folder for folder in reversed(folders) if folder != "news" and section_kind(folder)), None)
    return named, "url"


def _with_speakers(statement: Statement, text: str, notes: Notes) -> Statement:
    """Named by the title; else by the labels of a transcript; else those whom a report quotes."""
    if named := title_speakers(statement.title):
        notes["speakers"] = {"from": "title"}
        return replace(statement, speakers=named)
    places = labelled_speakers(text) if statement.kind in ("briefing transcript", "speech") else {}
    if not places and statement.kind in ("statement", "press release"):
        places = quoted_sources(text)
    if not places:
        return statement
    notes["speakers"] = [{"start": start, "end": end} for start, end in places.values()]
    return replace(statement, speakers=tuple(places))


def _note_counterparts(statement: Statement, notes: Notes, extra: Notes) -> None:
    if people := counterparts(statement.title):
        extra.setdefault("counterparts", list(people))
        notes["counterparts"] = {"from": "title"}
    if countries := countries_in(statement.title):
        extra.setdefault("countries", list(countries))
        notes["countries"] = {"from": "title"}


def _where(place: Found | str) -> dict[str, Any]:
    return {"from": place} if isinstance(place, str) else {"start": place.start, "end": place.end}
