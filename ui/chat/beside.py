"""What stands beside the chat: a statement at the cited words, or what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.errors import NotHeld, OnRecordError
from corpus.ledger import Ledger, Source
from corpus.model import Filters
from rag.engine import Engine
from ui.api.view import View
from ui.audit import opened
from ui.chat.talk import sentence
from ui.desk import Desk, may_see
from ui.reader import Reader
from ui.record import from_record
from ui.render.answer import notice_html
from ui.render.around import held_html
from ui.render.changes import changes_html
from ui.render.statement import Visit, statement_html
from ui.render.words import voice_in_words

_GONE = "That source cannot be opened."
_NOT_THERE = "That statement is not held any more, or it is not for you to see."


class Beside:
    """What a reader sees beside the chat.

    Args:
        engine: whose holdings are shown.
        desk: where answers are kept, which say whose words a citation quotes.
    """

    def __init__(self, engine: Engine, desk: Desk) -> None:
        self._engine = engine
        self._desk = desk

    def statement(self, reader: Reader, place: Mapping[str, Any]) -> str:
        """A statement at the place that a button of the page stands for.

        Args:
            reader: who looks.
            place: ``statement``, and ``version``, ``start``, ``end``, ``marker``, ``answer``, ``position``, ``count``
                where a citation was chosen.
        """
        archive = self._engine.holdings.archive
        try:
            statement_id, number = str(place["statement"]), _number(place.get("version"))
            start, end = _number(place.get("start")), _number(place.get("end"))
            if not may_see(reader, archive, statement_id):
                return panel(notice_html(_NOT_THERE))
            statement, version = archive.statement(statement_id), archive.version(statement_id, number)
            repeats = archive.repeats_of([statement_id], Filters(groups=reader.groups)).get(statement_id, [])
            others = archive.statements([other for other, _ in repeats])
            opened(self._engine, reader, statement_id, version.number)
            return panel(
                statement_html(
                    statement,
                    version,
                    (start, end) if start is not None and end is not None else None,
                    visit=self._visit(reader, place),
                    versions=archive.versions(statement_id),
                    repeats=[others[other] for other, _ in repeats if other in others],
                )
            )
        except (KeyError, ValueError, TypeError, OverflowError):  # not from one of our buttons
            return panel(notice_html(_GONE))
        except OnRecordError as error:
            return panel(notice_html(sentence(error)))

    def changes(self, reader: Reader, pair: Mapping[str, Any]) -> str:
        """What changed between two versions of a statement.

        Args:
            reader: who looks.
            pair: ``statement``, and the versions' numbers as ``old`` and ``new``.
        """
        archive = self._engine.holdings.archive
        try:
            statement_id, old, new = str(pair["statement"]), int(str(pair["old"])), int(str(pair["new"]))
            if not may_see(reader, archive, statement_id):
                return panel(notice_html(_NOT_THERE))
            statement, newest = archive.statement(statement_id), archive.version(statement_id).number
            versions = archive.version(statement_id, old), archive.version(statement_id, new)
            for version in versions:
                opened(self._engine, reader, statement_id, version.number)
            return panel(changes_html(statement, *versions, newest))
        except (KeyError, ValueError, OverflowError):  # not from one of our buttons
            return panel(notice_html(_GONE))
        except OnRecordError as error:
            return panel(notice_html(sentence(error)))

    def held(self, reader: Reader) -> str:
        """What this reader can be answered from."""
        coverage, months = View(self._engine, reader).coverage()
        archive, mine = self._engine.holdings.archive, Filters(groups=reader.groups)
        waiting = archive.count_without_vector(self._engine.holdings.embedder.name, mine)
        sources = self._sources() if reader.groups is None or "ingest" in reader.scopes else []
        return panel(held_html(coverage, months, archive.last_taken(mine), sources, waiting), "What is held")

    def _sources(self) -> Sequence[Source]:
        """What is gone through again and again; where that is, and when, may say what some are not to know."""
        with Ledger(self._engine.holdings.archive) as ledger:
            return ledger.sources()

    def _visit(self, reader: Reader, place: Mapping[str, Any]) -> Visit | None:
        marker = _number(place.get("marker"))
        if marker is None:
            return None
        position, count = _number(place.get("position")) or 1, _number(place.get("count")) or 1
        return Visit(marker, self._voice(reader, str(place.get("answer") or ""), marker), position, count)

    def _voice(self, reader: Reader, answer_id: str, marker: int) -> str:
        """Whose words a citation quotes, out of the answer as it was kept."""
        try:
            kept = from_record(self._desk.open(answer_id, reader, self._engine.holdings.archive).answer)
        except NotHeld:
            return ""
        found = [voice_in_words(c) for c in kept.citations if c.marker == marker]
        return found[0] if found else ""


def panel(inside: str, name: str = "Statement") -> str:
    """What goes into the panel; it can be closed where it lies over the chat."""
    close = '<button type="button" class="or-close" data-do="close" aria-label="Close the statement">×</button>'
    return f'<section aria-label="{name}">{close}{inside}</section>'


def _number(value: object) -> int | None:
    if value is None or value == "":
        return None
    return int(str(value))
