"""From files to held statements: find, read, describe, split, hold. Vectors follow in `ingest.vectors`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus.embedder import Embedder
from corpus.errors import InputError
from corpus.holdings import Holdings
from corpus.model import Statement, sha256
from ingest.describe import describe
from ingest.readers import Item, reader_for, registry
from ingest.reading import read_due
from ingest.sentences import Span
from ingest.split import HEADER_TOKENS, split

# Statements tokenised and indexed together. Batches grow: the first statements are found at once, and a long run pays
# for few commits of the lexical index. (A search brings that index up to date itself, whatever the batch.)
_FIRST_BATCH, _LARGEST_BATCH = 32, 512
_BATCH_CHARACTERS = 2_000_000
_MOST_NAMED = 1_000
_MOST_PROBLEMS = 10_000
# Statements compared in one transaction, which keeps other writers waiting.
_FEW = 64


@dataclass(slots=True)
class Report:
    """What a run did: counts of statements by outcome, and of items that could not be taken.

    `held` names the first statements that are not as they were (1,000 at most), `problems` the first items that could
    not be taken, with the reason (10,000 at most).
    """

    new: int = 0
    changed: int = 0
    updated: int = 0
    unchanged: int = 0
    passages: int = 0
    not_taken: int = 0
    problems: list[InputError] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def refuse(self, problem: InputError) -> None:
        """Count an item that could not be taken."""
        self.not_taken += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)

    @property
    def statements(self) -> int:
        """How many statements were taken, whatever came of them."""
        return self.new + self.changed + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class _Draft:
    item: Item
    statement: Statement
    text: str
    pages: tuple[int, ...]


def ingest(
    paths: Iterable[Path | Item | InputError],
    holdings: Holdings,
    *,
    issuer: str | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> Report:
    """Hold every statement found in files and folders; a bad item is reported and the rest goes on.

    Args:
        paths: files, folders that are walked in name order, and what was read already (of web pages, say).
        holdings: where they go; each statement is one transaction, and can be found by its words right after.
        issuer: who issued those statements that do not say.
        progress: told after each batch how many statements have been dealt with since the last call.
    """
    report = Report()
    for batch in _batches(_drafts(paths, issuer, report)):
        _hold(batch, holdings, report)
        holdings.lexical.catch_up(holdings.archive)
        progress(len(batch))
    link_due(holdings)
    read_due(holdings)
    return report


def link_due(holdings: Holdings, stop: Callable[[], bool] = lambda: False) -> None:
    """Look for repeats of statements that were never compared: those that a release without repeats has left.

    Args:
        holdings: what is held.
        stop: asked before each transaction.
    """
    while not stop() and holdings.archive.link_due(_FEW):
        pass


def split_anew(holdings: Holdings, progress: Callable[[int], None] = lambda count: None) -> int:
    """Split those statements anew whose passages are not what they would be today, as after a change of embedder.

    Returns:
        How many those were.
    """
    archive, changed = holdings.archive, 0
    ids = archive.all_ids()
    for batch in (ids[i : i + _LARGEST_BATCH] for i in range(0, len(ids), _LARGEST_BATCH)):
        versions = [archive.version(statement_id) for statement_id in batch]
        passages = _passages([version.text for version in versions], holdings.embedder)
        for version, spans in zip(versions, passages, strict=True):
            if spans != [(p.start, p.end) for p in archive.passages_of(version.statement_id)]:
                archive.split_anew(version.statement_id, version.text_sha256, spans)
                changed += 1
        progress(len(batch))
    return changed


def _drafts(paths: Iterable[Path | Item | InputError], issuer: str | None, report: Report) -> Iterator[_Draft]:
    """Every statement found, once; what cannot be taken goes into the report."""
    seen: dict[str, tuple[str, str]] = {}
    for found in _items(paths):
        try:
            if isinstance(found, InputError):
                raise found
            described = describe(found)
            statement, text = described.statement, described.text
            digest = sha256(text)
            if (first := seen.get(statement.id)) is not None:
                if first[0] != digest:
                    raise InputError(
                        found.where,
                        f"the id {statement.id!r} was used with other text at {first[1]}: give each its own id",
                    )
                continue
            seen[statement.id] = digest, found.where
            yield _Draft(found, replace(statement, issuer=statement.issuer or issuer), text, described.pages)
        except InputError as problem:
            report.refuse(problem)


def _items(paths: Iterable[Path | Item | InputError]) -> Iterator[Item | InputError]:
    for path in paths:
        if not isinstance(path, Path):
            yield path
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
            if not files:
                yield InputError(str(path), "the folder has no files")
            for file in files:
                yield from _read(file)
        else:
            yield from _read(path)


def _read(path: Path) -> Iterator[Item | InputError]:
    read = reader_for(path)
    if read is None:
        yield InputError(str(path), f"no reader for this kind of file; known are {' '.join(registry())}")
        return
    try:
        yield from read(path)
    except OSError as error:
        yield InputError(str(path), f"cannot be read: {error.strerror or error}")


def _batches(drafts: Iterable[_Draft]) -> Iterator[list[_Draft]]:
    batch: list[_Draft] = []
    size, most = 0, _FIRST_BATCH
    for draft in drafts:
        batch.append(draft)
        size += len(draft.text)
        if len(batch) >= most or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size, most = [], 0, min(2 * most, _LARGEST_BATCH)
    if batch:
        yield batch


def _hold(batch: list[_Draft], holdings: Holdings, report: Report) -> None:
    """Split and hold those of a batch that are not held as they are."""
    fresh = [draft for draft in batch if not holdings.archive.holds(draft.statement, draft.text)]
    report.unchanged += len(batch) - len(fresh)
    for draft, passages in zip(fresh, _passages([draft.text for draft in fresh], holdings.embedder), strict=True):
        outcome = holdings.archive.put(
            draft.statement, draft.text, draft.item.raw, draft.item.where, passages, draft.pages
        )
        setattr(report, outcome, getattr(report, outcome) + 1)
        report.passages += len(passages)
        if outcome != "unchanged" and len(report.held) < _MOST_NAMED:
            report.held.append(draft.statement.id)


def _passages(texts: list[str], embedder: Embedder) -> Iterator[list[Span]]:
    room = embedder.max_tokens - embedder.special_tokens - HEADER_TOKENS
    for text, tokens in zip(texts, embedder.token_spans(texts), strict=True):
        yield split(text, tokens, room)
