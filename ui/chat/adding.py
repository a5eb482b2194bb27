"""Adding statements in the page: files or a pasted text, how far it is, what was understood, and mending that."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import InputError, NotHeld
from corpus.holdings import Holdings
from corpus.ledger import Ledger
from corpus.model import Statement, sha256
from ingest.correct import correct
from ingest.pipeline import ingest
from ingest.readers import Item, registry
from ingest.sources.sync import fetch_items, visitor_for
from ingest.sources.urls import is_web_address
from rag.engine import Engine
from ui.chat.talk import sentence
from ui.desk import may_see
from ui.reader import Reader
from ui.render.adding import added_html, problem_html, progress_html
from ui.render.answer import notice_html

LONGEST_PASTE = 500_000
MOST_SHOWN = 50
MOST_PAGES = 20  # of a feed or sitemap whose address is given
_NOT_ALLOWED = "You may read here, but not add. Ask whoever looks after this installation."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text as a reader pasted it, with what they said of it."""

    text: str
    title: str
    day: str


@dataclass(frozen=True, slots=True)
class Told:
    """What to tell the reader; `taken` when all is done and the form can be emptied."""

    html: str
    taken: bool = False


class Adding:
    """Takes in what readers with the scope "ingest" send.

    Args:
        engine: over whose holdings.
    """

    def __init__(self, engine: Engine) -> None:
        self._holdings: Holdings = engine.holdings

    @staticmethod
    def endings() -> list[str]:
        """The endings of files that can be taken."""
        return sorted(registry())

    def add(self, reader: Reader, files: Sequence[str], pasted: Pasted, address: str, issuer: str) -> Iterator[Told]:
        """Take files, a pasted text and what a web address has in, one after the other."""
        if "ingest" not in reader.scopes:
            yield Told(notice_html(_NOT_ALLOWED))
            return
        with tempfile.TemporaryDirectory(prefix="onrecord-paste-") as folder:
            paths = [Path(file) for file in files]
            if pasted.text.strip():
                try:
                    paths.append(_written(pasted, Path(folder)))
                except InputError as error:
                    yield Told(notice_html(str(error)))
                    return
            named: list[Path | str] = [*paths, *([address.strip()] if address.strip() else [])]
            if not named:
                yield Told(notice_html("Choose a file, paste a text or give a web address first."))
                return
            yield from self._take(reader, named, issuer.strip() or None)

    def _take(self, reader: Reader, named: Sequence[Path | str], issuer: str | None) -> Iterator[Told]:
        archive = self._holdings.archive
        before, problems = archive.last_change(), list[InputError]()
        unchanged = 0
        for done, thing in enumerate(named):
            name = thing.name if isinstance(thing, Path) else thing
            yield Told(progress_html(name, done, len(named)))
            try:
                report = ingest(self._found(thing, issuer), self._holdings, issuer=issuer)
                problems += report.problems
                unchanged += report.unchanged
            except Exception as error:
                problems.append(InputError(name, sentence(error)))
        _, changed = archive.changes(before, words=True)
        held = archive.statements(changed[:MOST_SHOWN])
        log.info("%s added %d statements", reader.name, len(changed))
        waiting = archive.count_without_vector(self._holdings.embedder.name)
        shown = [held[name] for name in changed[:MOST_SHOWN] if name in held]
        html = added_html(shown, len(changed), unchanged, waiting)
        html += "".join(problem_html(_shown(problem.where), problem.problem) for problem in problems)
        yield Told(html, taken=not problems)

    def _found(self, thing: Path | str, issuer: str | None) -> Iterator[Path | Item | InputError]:
        """A file as it is, and what a web address has; only public addresses are called, see `SourceSettings`."""
        if isinstance(thing, Path):
            yield thing
        elif not is_web_address(thing):
            yield InputError(thing, "is no web address; it begins with https://")
        else:
            with Ledger(self._holdings.archive) as ledger:
                yield from fetch_items(thing, visitor_for(self._holdings), ledger, issuer, MOST_PAGES)

    def correct(self, reader: Reader, form: Mapping[str, Any]) -> str:
        """Mend what was understood of a statement; the statement as it is then, or why not."""
        statement_id = str(form.get("statement", ""))
        if "ingest" not in reader.scopes or not may_see(reader, self._holdings.archive, statement_id):
            return notice_html(_NOT_ALLOWED)
        names = ("title", "date", "event_date", "issuer", "speakers", "kind")
        changes = {name: str(form[name]) for name in names if name in form}
        try:
            mended: Statement = correct(self._holdings.archive, statement_id, changes, editor=reader.name)
        except (InputError, NotHeld) as error:
            return notice_html(sentence(error))
        self._holdings.lexical.catch_up(self._holdings.archive)
        waiting = self._holdings.archive.count_without_vector(self._holdings.embedder.name)
        return added_html([mended], 1, 0, waiting, mended=True)


def _shown(where: str) -> str:
    """Where a problem is, without the folders that only the server knows."""
    return where if is_web_address(where) else Path(where).name


def _written(pasted: Pasted, folder: Path) -> Path:
    """A pasted text as a file that a reader knows.

    Raises:
        InputError: its title or date is missing, or it is too long.
    """
    if len(pasted.text) > LONGEST_PASTE:
        raise InputError("Pasted text", f"{LONGEST_PASTE:,} characters at most; send it as a file.")
    if not pasted.title.strip() or not pasted.day.strip():
        raise InputError("Pasted text", "give its title and its date, as 2022-03-31.")
    record = {
        "id": f"pasted-{sha256(pasted.text)[:16]}",
        "title": pasted.title.strip(),
        "date": pasted.day.strip(),
        "text": pasted.text,
    }
    file = folder / "pasted text.jsonl"
    file.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    return file
