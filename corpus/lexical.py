"""The lexical index: tantivy (BM25) over passages, derived from the archive and always able to catch up with it.

Source of the ranking: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from rapidfuzz.distance.OSA import distance as _distance
from tantivy import Document, FieldType, Index, IndexWriter, Occur, Query, Schema, SchemaBuilder

from corpus.analysis import ANALYZER, analyzer, normalise
from corpus.archive import Archive
from corpus.errors import IndexBusy
from corpus.locks import FolderLock
from corpus.model import Filters, as_int

FORMAT = 6
BOOSTS = {"title": 2.0, "names": 2.0, "body": 1.0}
_DOUBLED = re.compile(r"(.)\1+")
_HEAP_BYTES = 64 * 1024 * 1024
_EVERYBODY, _GROUP = "everybody", "group:"  # terms of the field "audience"; a group's name cannot become the first
_BATCH = 512  # statements per commit while catching up


class LexicalIndex:
    """Passages by their words. One process at a time writes; any number read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder_lock = FolderLock(folder)
        self._state = folder / "state.json"
        if _read_state(self._state).get("format", FORMAT) != FORMAT:
            self._clear()
        self._schema = _schema()
        try:
            self._index = self._open()
        except ValueError:  # what tantivy raises for files that it cannot read: a cache, so it is made anew
            with self._folder_lock:
                self._clear()
            self._index = self._open()
        self._index.register_tokenizer(ANALYZER, analyzer())

    @property
    def applied(self) -> int:
        """Number of the newest archive change that can be found here."""
        return int(_read_state(self._state).get("seq", 0))

    def catch_up(self, archive: Archive) -> bool:
        """Apply what has changed in the archive since last time.

        Returns:
            Whether the index is up to date; False when another process is writing to it at this moment
            (that process is catching up with the same changes).
        """
        if self.applied >= archive.last_change():
            return True
        with self._lock:
            try:
                with self._folder_lock:
                    self._apply(archive)
            except IndexBusy:
                return False
        return True

    def rebuild(self, archive: Archive) -> None:
        """Make the index anew from the archive.

        Raises:
            IndexBusy: another process is writing to it.
        """
        with self._lock, self._folder_lock:
            writer = self._index.writer(_HEAP_BYTES, 1)
            writer.delete_all_documents()
            writer.commit()
            writer.wait_merging_threads()
            self._state.unlink(missing_ok=True)
            self._apply(archive)

    def search(self, weights: Mapping[str, float], filters: Filters | None, k: int) -> list[tuple[str, float]]:
        """The best passages for weighted terms.

        Args:
            weights: analyzed terms (see `corpus.analysis`) with their weights.
            filters: applied before ranking.

        Returns:
            At most `k` (passage id, BM25 score) pairs, best first; none scores zero.
        """
        if not weights or k < 1:
            return []
        self._index.reload()
        searcher = self._index.searcher()
        clauses = [
            (Occur.Should, Query.boost_query(Query.term_query(self._schema, name, term), boost * weight))
            for term, weight in weights.items()
            for name, boost in BOOSTS.items()
        ]
        query = Query.boolean_query([(Occur.Must, Query.boolean_query(clauses)), *self._filter_clauses(filters)])
        hits = searcher.search(query, k, count=False).hits
        return [(searcher.doc(address)["passage"][0], score) for score, address in hits if score > 0]

    def with_all(
        self, groups: Sequence[Sequence[tuple[str, ...]]], filters: Filters | None, k: int
    ) -> list[tuple[str, float]]:
        """Passages that have, with their title, something of every group, best first.

        Args:
            groups: each a choice of forms, a form being terms that have to be there together.
            filters: applied before ranking.
            k: how many at most.
        """
        self._index.reload()
        choices = [self._any_of(forms) for forms in groups]
        if not choices:
            return []
        clauses = [(Occur.Must, choice) for choice in choices]
        searcher = self._index.searcher()
        query = Query.boolean_query([*clauses, *self._filter_clauses(filters)])
        hits = searcher.search(query, k, count=False).hits
        return [(searcher.doc(address)["passage"][0], score) for score, address in hits]

    def _any_of(self, forms: Sequence[tuple[str, ...]]) -> Query:
        """Any of the forms, each in full, wherever in a document its terms stand."""
        return Query.boolean_query(
            [
                (Occur.Should, Query.boolean_query([(Occur.Must, self._anywhere(term)) for term in form]))
                for form in forms
            ]
        )

    def _anywhere(self, term: str) -> Query:
        clauses = [(Occur.Should, Query.term_query(self._schema, name, term)) for name in BOOSTS]
        return Query.boolean_query(clauses)

    def rarity(self, words: Sequence[str], filters: Filters | None = None) -> dict[str, float]:
        """Inverse document frequency of terms over the passages inside the filters: 0 for one in all of them, about 12
        for an unseen one among 100,000."""
        self._index.reload()
        searcher = self._index.searcher()
        if filters:
            total = self._count([], filters)
            frequency = {w: self._count([(Occur.Must, self._anywhere(w))], filters) for w in set(words)}
        else:
            total = searcher.num_docs
            frequency = {w: max(searcher.doc_freq(name, w) for name in BOOSTS) for w in set(words)}
        return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in frequency.items()}

    def _count(self, clauses: list[tuple[Occur, Query]], filters: Filters) -> int:
        query = Query.boolean_query([*clauses, *self._filter_clauses(filters)])
        found: int = self._index.searcher().search(query, 1, count=True).count  # type: ignore[attr-defined]
        return found

    def holds(self, word: str, filters: Filters | None = None) -> bool:
        """Whether a term occurs anywhere inside the filters."""
        searcher = self._index.searcher()
        if not any(searcher.doc_freq(name, word) for name in BOOSTS):
            return False
        if not filters:
            return True
        query = Query.boolean_query([(Occur.Must, self._anywhere(word)), *self._filter_clauses(filters)])
        return bool(searcher.search(query, 1, count=False).hits)

    def variants(self, word: str, filters: Filters | None = None) -> list[str]:
        """Terms inside the filters that a term may be another spelling of, or a slip for.

        A word of five letters has those with two letters swapped, a longer one those one letter off, one of nine or
        more those two off; all begin alike.
        """
        if len(word) < 5 or not word.isalpha():
            return []
        reach = 1 if len(word) < 9 else 2
        return [
            t
            for t in self._beginning_like(word)
            if abs(len(t) - len(word)) <= reach
            and (len(word) > 5 or sorted(t) == sorted(word))
            and _distance(word, t, score_cutoff=reach) <= reach
            and self.holds(t, filters)
        ]

    def spellings(self, word: str, filters: Filters | None = None) -> list[str]:
        """Terms inside the filters that are a name in another romanisation, as Naseer is of Nasser."""
        if len(word) < 5 or not word.isalpha():
            return []
        key = _romanised(word)
        return [t for t in self._beginning_like(word) if _romanised(t) == key and self.holds(t, filters)]

    def _beginning_like(self, word: str) -> list[str]:
        searcher = self._index.searcher()
        return sorted({t for name in BOOSTS for t, _ in searcher.terms_with_prefix(name, word[0])} - {word})

    def count(self) -> int:
        """How many passages it holds."""
        self._index.reload()
        held: int = self._index.searcher().num_docs
        return held

    def _apply(self, archive: Archive) -> None:
        newest, changed = archive.changes(self.applied, words=True)
        if changed:
            writer = self._index.writer(_HEAP_BYTES, 1)
            for start in range(0, len(changed), _BATCH):
                for statement_id in changed[start : start + _BATCH]:
                    _write(writer, archive, statement_id)
                writer.commit()
            writer.wait_merging_threads()
        # Written last: a kill before this line only makes the same changes apply again, with the same result.
        _write_state(self._state, {"format": FORMAT, "seq": newest})

    def _open(self) -> Index:
        data = self._folder / "tantivy"
        data.mkdir(exist_ok=True)
        return Index(self._schema, path=str(data))

    def _clear(self) -> None:
        shutil.rmtree(self._folder / "tantivy", ignore_errors=True)
        self._state.unlink(missing_ok=True)

    def _filter_clauses(self, filters: Filters | None) -> list[tuple[Occur, Query]]:
        """Filters as clauses that must match and add nothing to the score."""
        clauses = []
        if filters and (filters.date_from or filters.date_to):
            low, high = as_int(filters.date_from or date.min), as_int(filters.date_to or date.max)
            windows = [
                (Occur.Should, Query.range_query(self._schema, name, FieldType.Integer, low, high))
                for name in ("published", "event")
            ]
            clauses.append(Query.boolean_query(windows))
        if filters and filters.issuers:
            names = [issuer.casefold() for issuer in filters.issuers]
            clauses.append(Query.term_set_query(self._schema, "issuer", names))
        if filters and filters.speakers:
            clauses.append(Query.term_set_query(self._schema, "speaker", list(filters.speakers)))
        if filters and filters.kinds:
            clauses.append(Query.term_set_query(self._schema, "kind", list(filters.kinds)))
        if filters and filters.groups is not None:
            readers = [_EVERYBODY, *(_GROUP + group for group in sorted(filters.groups))]
            clauses.append(Query.term_set_query(self._schema, "audience", readers))
        return [(Occur.Must, Query.const_score_query(clause, 0.0)) for clause in clauses]


def _romanised(word: str) -> str:
    """A term without what romanisations differ in: doubled letters, and y for i."""
    return _DOUBLED.sub(r"\1", word.replace("y", "i"))


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("passage", stored=True, tokenizer_name="raw")
    builder.add_text_field("statement", tokenizer_name="raw")
    for name in ("issuer", "speaker", "kind", "audience"):
        builder.add_text_field(name, tokenizer_name="raw")
    for name in BOOSTS:
        builder.add_text_field(name, tokenizer_name=ANALYZER)
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_integer_field("event", indexed=True, fast=True)
    return builder.build()


def _write(writer: IndexWriter, archive: Archive, statement_id: str) -> None:
    """Replace a statement's documents by those of its current version, if it is still held."""
    writer.delete_documents_by_term("statement", statement_id)
    held = archive.statements([statement_id]).get(statement_id)
    if held is None:
        return
    for passage in archive.passages_of(statement_id):
        document = Document()
        document.add_text("passage", passage.id)
        document.add_text("statement", statement_id)
        document.add_text("issuer", (held.issuer or "").casefold())
        document.add_text("kind", held.kind)
        for speaker in held.speakers:
            document.add_text("speaker", speaker)
        for reader in [_GROUP + group for group in held.audience] or [_EVERYBODY]:
            document.add_text("audience", reader)
        document.add_text("title", normalise(held.title))
        document.add_text("names", normalise(" ".join((*held.speakers, held.issuer or ""))))
        document.add_text("body", normalise(passage.text))
        document.add_integer("published", as_int(held.published))
        document.add_integer("event", as_int(held.event or held.published))
        writer.add_document(document)


def _read_state(path: Path) -> dict[str, int]:
    try:
        state: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a state that cannot be read applies every change again
        return {}
    return state


def _write_state(path: Path, state: dict[str, int]) -> None:
    """In one step: other processes read it, and this one may be killed."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(state), encoding="utf-8")
    unfinished.replace(path)
