"""Adding statements in the page: files or a pasted text, how far it is, what was understood, and mending that."""

from __future__ import annotations

import json
import logging
import queue
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from corpus.errors import InputError, NotHeld
from corpus.holdings import Holdings
from corpus.ledger import Ledger
from corpus.model import Filters, sha256
from ingest.correct import correct
from ingest.pipeline import Report, ingest
from ingest.readers import Item, reader_for, registry
from ingest.sources.sync import fetch_items, visitor_for
from ingest.sources.urls import is_web_address
from rag.engine import Engine
from ui.chat.talk import sentence
from ui.desk import may_see
from ui.reader import Reader
from ui.render.adding import Problem, Trouble, added_html, indexing_html, progress_html
from ui.render.answer import notice_html
from ui.render.words import many

LONGEST_PASTE = 500_000
MOST_AT_ONCE = 4
MOST_SHOWN = 50
MOST_PROBLEMS = 100
MOST_PAGES = 20  # of a feed or sitemap whose address is given
_NOT_ALLOWED = "You may read here, but not add. Ask whoever looks after this installation."
_MENDED = ("title", "date", "event_date", "issuer", "speakers", "kind", "language")
_SUPPLIED = ("title", "date", "issuer", "kind")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text as a reader pasted it, with what they said of it."""

    text: str = ""
    title: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a reader sends: paths of files, a pasted text, a web address, and who issued what does not say."""

    files: Sequence[str] = ()
    pasted: Pasted = Pasted()
    address: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is listed in the page of what a reader has sent.

    Attributes:
        held: ids of statements, the first of them.
        more: how many more were taken.
        problems: what was not taken, the first of it.
        not_taken: how much that is in all.
    """

    held: tuple[str, ...] = ()
    more: int = 0
    problems: tuple[Problem, ...] = ()
    not_taken: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What to tell the reader, and what it lists; `taken` when all is done and the form can be emptied."""

    html: str
    batch: Batch = Batch()
    taken: bool = False


class Adding:
    """Takes in what readers with the scope "ingest" send.

    Args:
        engine: over whose holdings.
    """

    def __init__(self, engine: Engine) -> None:
        self._holdings: Holdings = engine.holdings
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "onrecord-adding")  # so that progress can be told meanwhile

    @staticmethod
    def endings() -> list[str]:
        """The endings of files that can be taken."""
        return sorted(registry())

    def indexing(self, reader: Reader) -> str:
        """How much of what a reader may see is found by its words alone, until its vectors are made."""
        archive, mine = self._holdings.archive, Filters(groups=reader.groups)
        return indexing_html(archive.count_without_vector(self._holdings.embedder.name, mine))

    def add(self, reader: Reader, sent: Sent) -> Iterator[Told]:
        """Take files, a pasted text and what a web address has in, one after the other."""
        if "ingest" not in reader.scopes:
            yield Told(notice_html(_NOT_ALLOWED))
            return
        with tempfile.TemporaryDirectory(prefix="onrecord-paste-") as folder:
            try:
                named = _named(sent, Path(folder))
            except InputError as error:
                yield Told(notice_html(str(error)))
                return
            if not named:
                yield Told(notice_html("Choose a file, paste a text or give a web address first."))
                return
            yield from self._take(reader, named, sent.issuer.strip() or None)

    def _take(self, reader: Reader, named: Sequence[Path | str], issuer: str | None) -> Iterator[Told]:
        held, problems = list[str](), list[Problem]()
        changed = unchanged = not_taken = done = 0
        for number, thing in enumerate(named):
            name = thing.name if isinstance(thing, Path) else thing
            yield Told(progress_html(name, number, len(named), done))
            read = dict[str, str]()
            through: queue.SimpleQueue[int | None] = queue.SimpleQueue()  # None at the end
            work = self._threads.submit(self._ingest, thing, issuer, read, through.put)
            work.add_done_callback(partial(_end, through))
            while (more := through.get()) is not None:
                done += more
                yield Told(progress_html(name, number, len(named), done))
            try:
                report = work.result()
            except Exception as error:
                problems.append(Problem(name, sentence(error)))
                not_taken += 1
                continue
            held += report.held
            changed += report.new + report.changed + report.updated
            unchanged += report.unchanged
            not_taken += report.not_taken
            listed = report.problems[: max(0, MOST_PROBLEMS - len(problems))]
            problems += [Problem(_shown(p.where), p.problem, read.get(p.where, "")) for p in listed]
        log.info("%s added %d statements", reader.name, changed)
        said = f"{many(changed, 'statement')} taken in."
        if unchanged:
            said += f" {many(unchanged, 'statement')} held already."
        shown = tuple(held[:MOST_SHOWN])
        batch = Batch(shown, changed - len(shown), tuple(problems), not_taken)
        yield self._told(reader, said, batch, taken=not problems)

    def _ingest(
        self, thing: Path | str, issuer: str | None, read: dict[str, str], progress: Callable[[int], None]
    ) -> Report:
        return ingest(self._found(thing, issuer, read), self._holdings, issuer=issuer, progress=progress)

    def correct(self, reader: Reader, batch: Batch, form: Mapping[str, Any]) -> Told:
        """Mend what was understood of a statement; the list as it is then, or with the reason why not."""
        statement_id = str(form.get("mend", ""))
        if "ingest" not in reader.scopes or not may_see(reader, self._holdings.archive, statement_id):
            return Told(notice_html(_NOT_ALLOWED), batch)
        given = {name: str(form[name]) for name in _MENDED if name in form}
        try:
            mended = correct(self._holdings.archive, statement_id, given, editor=reader.name)
        except (InputError, NotHeld) as error:
            return self._told(reader, "Not corrected.", batch, Trouble(statement_id, sentence(error), given))
        self._holdings.lexical.catch_up(self._holdings.archive)
        if statement_id not in batch.held:
            batch = replace(batch, held=(statement_id, *batch.held))
        return self._told(reader, f"Corrected: {mended.title}", batch)

    def supply(self, reader: Reader, batch: Batch, sent: Sent, form: Mapping[str, Any]) -> Told:
        """Take what could not be taken, with what its reader says of it; the list as it is then."""
        if "ingest" not in reader.scopes:
            return Told(notice_html(_NOT_ALLOWED), batch)
        key, issuer = str(form.get("supply", "")), sent.issuer.strip() or None
        given = {name: text for name in _SUPPLIED if (text := str(form.get(name) or "").strip())}
        try:
            with tempfile.TemporaryDirectory(prefix="onrecord-paste-") as folder:
                named = _named(sent, Path(folder))
                found = (item for thing in named for item in self._found(thing, issuer, {}))
                wanted = next((item for item in found if isinstance(item, Item) and sha256(item.raw) == key), None)
                if wanted is None:
                    raise InputError("This text", "is not among what is chosen any more; choose its file again")
                report = ingest([_with(wanted, given)], self._holdings, issuer=issuer)
            if report.problems:
                raise report.problems[0]
        except Exception as error:
            return self._told(reader, "Not taken.", batch, Trouble(key, sentence(error), given))
        left = tuple(problem for problem in batch.problems if problem.key != key)
        not_taken = batch.not_taken - (len(batch.problems) - len(left))
        batch = replace(batch, held=(*report.held, *batch.held), problems=left, not_taken=not_taken)
        return self._told(reader, "Taken in.", batch, taken=not left)

    def _told(
        self, reader: Reader, said: str, batch: Batch, trouble: Trouble | None = None, *, taken: bool = False
    ) -> Told:
        archive = self._holdings.archive
        held = archive.statements(batch.held)
        shown = [held[name] for name in batch.held if name in held and may_see(reader, archive, name)]
        html = added_html(said, shown, batch.more, batch.problems, batch.not_taken, trouble)
        return Told(html, batch, taken)

    def _found(self, thing: Path | str, issuer: str | None, read: dict[str, str]) -> Iterator[Path | Item | InputError]:
        """What a file or a web address has; the digest of each item that could be read goes into `read`.

        Only public addresses are called, see `SourceSettings`.
        """
        if isinstance(thing, Path):
            found = self._in_file(thing)
        elif is_web_address(thing):
            found = self._at_address(thing, issuer)
        else:
            found = iter([InputError(thing, "is no web address; it begins with https://")])
        for item in found:
            if isinstance(item, Item):
                read[item.where] = sha256(item.raw)
            yield item

    def _in_file(self, path: Path) -> Iterator[Path | Item | InputError]:
        reader = reader_for(path)
        try:
            yield from reader(path) if reader else [path]  # of which ingesting says that nothing reads it
        except OSError as error:
            yield InputError(path.name, f"cannot be read: {error.strerror or error}")

    def _at_address(self, address: str, issuer: str | None) -> Iterator[Item | InputError]:
        with Ledger(self._holdings.archive) as ledger:
            yield from fetch_items(address, visitor_for(self._holdings), ledger, issuer, MOST_PAGES)


def _end(through: queue.SimpleQueue[int | None], _: Future[Report]) -> None:
    through.put(None)


def _named(sent: Sent, folder: Path) -> list[Path | str]:
    """What there is to take: files, among them one in a folder for a pasted text, and an address.

    Raises:
        InputError: the pasted text cannot be used.
    """
    named: list[Path | str] = [Path(file) for file in sent.files]
    if sent.pasted.text.strip():
        named.append(_written(sent.pasted, folder))
    return [*named, *([sent.address.strip()] if sent.address.strip() else [])]


def _with(item: Item, given: Mapping[str, str]) -> Item:
    """An item with what a reader says of it in place of what its source says."""
    other_names = {"category"} if "kind" in given else set()
    fields = {name: value for name, value in item.fields.items() if name not in other_names}
    return replace(item, fields=fields | dict(given))


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
