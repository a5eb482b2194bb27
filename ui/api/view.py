"""What one reader may ask and see: the one way from the interfaces (REST, OpenAI's, MCP) to engine and archive.

Whatever is read here is read with the reader's groups; a statement outside them is a statement that is not held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from corpus.archive import Coverage
from corpus.catalogue import Month
from corpus.errors import InputError, NotHeld
from corpus.model import Filters, Statement
from rag.engine import Engine
from rag.model import Answer, Event, Hit, Turn
from ui.audit import on_behalf, opened
from ui.desk import may_see
from ui.reader import Reader
from ui.render import statement_json

LONGEST_QUESTION = 2000  # characters


@dataclass(frozen=True, slots=True)
class View:
    """Holdings as a reader sees them; every method raises InputError for a window that ends before it starts."""

    engine: Engine
    reader: Reader

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        """As `rag.engine.Engine.ask`."""
        return on_behalf(self.engine, self.reader).ask(question, history=history, filters=self._mine(filters))

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Iterator[Event]:
        """As `rag.engine.Engine.stream`."""
        return on_behalf(self.engine, self.reader).stream(question, history=history, filters=self._mine(filters))

    def search(self, query: str, filters: Filters | None = None, *, k: int = 10, offset: int = 0) -> list[Hit]:
        """The passages at ranks `offset` + 1 to `offset` + `k`, best first."""
        return on_behalf(self.engine, self.reader).search(query, self._mine(filters), offset + k)[offset:]

    def statements(
        self, filters: Filters | None = None, *, after: tuple[date, str] | None = None, limit: int = 50
    ) -> Sequence[Statement]:
        """As `corpus.catalogue.Catalogue.page`."""
        return self.engine.holdings.archive.page(self._mine(filters), after=after, limit=limit)

    def statement(self, statement_id: str, version: int | None = None) -> dict[str, Any]:
        """One statement as `onrecord show ID --json` gives it, with the text of a version (the current one if None).

        Raises:
            NotHeld: there is no such statement or version, or this reader may not see it.
        """
        archive = self.engine.holdings.archive
        if not may_see(self.reader, archive, statement_id):
            raise NotHeld(f"The archive does not hold {statement_id}. A search or a list shows what it does.")
        shown = statement_json(archive, statement_id)
        if self.reader.groups is not None:  # which other groups there are is not for everybody to know
            shown["audience"] = [group for group in shown["audience"] if group in self.reader.groups]
        if version is not None:
            shown |= {"version": version, "text": archive.version(statement_id, version).text}
        opened(self.engine, self.reader, statement_id, shown["version"])
        return shown

    def passages(self, statement_id: str) -> list[dict[str, int]]:
        """Where the passages of a statement's current version stand; it is one that `statement` has returned."""
        held = self.engine.holdings.archive.passages_of(statement_id)
        return [{"start": passage.start, "end": passage.end} for passage in held]

    def coverage(self, filters: Filters | None = None) -> tuple[Coverage, Sequence[Month]]:
        """How much is held, in all and by issuer and month."""
        filters, archive = self._mine(filters), self.engine.holdings.archive
        return archive.coverage(filters), archive.by_month(filters)

    def _mine(self, filters: Filters | None) -> Filters:
        return replace(checked(filters or Filters()), groups=self.reader.groups)


def checked(filters: Filters) -> Filters:
    """The filters, when their window holds at least one day.

    Raises:
        InputError: it ends before it starts.
    """
    if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
        raise InputError("Filters", f"the window ends ({filters.date_to}) before it starts ({filters.date_from}).")
    return filters
