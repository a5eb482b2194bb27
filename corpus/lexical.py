"""The lexical index: tantivy (BM25) over passages, derived from the archive and always able to catch up with it.

Source of the ranking: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. Its
statistics are those of the whole index. A reader who may not see the whole index is served by another ranking, in which
a passage's score is made of what it has itself and of how rare words are among the passages that this reader may see.
"""

from __future__ import annotations

import json
import math
import shutil
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from tantivy import FieldType, Index, Occur, Query, Searcher

from corpus.analysis import ANALYZER, analyzer
from corpus.archive import Archive
from corpus.errors import IndexBusy
from corpus.locks import FolderLock
from corpus.model import Filters, as_int
from corpus.postings import BOOSTS, EVERYBODY, FORMAT, GROUP, MOST, documents, grades_of, schema
from corpus.vocabulary import Vocabulary

_HEAP_BYTES = 64 * 1024 * 1024
_BATCH = 512  # statements per commit while catching up
_WHOLE = 2**23  # scores in whole numbers up to here add up exactly in tantivy's 32-bit floats, in whatever order
_COUNTS = 20_000  # counts kept for one state of the index

Clauses = Sequence[tuple[Occur, Query]]


class _Commit:
    """The index as one commit left it, with what has been counted in it."""

    def __init__(self, stamp: tuple[int, ...], searcher: Searcher) -> None:
        self.stamp, self.searcher = stamp, searcher
        self.vocabulary = Vocabulary(searcher, BOOSTS)
        self.counts: dict[tuple[str, Filters], int] = {}


class LexicalIndex:
    """Passages by their words. One process at a time writes; any number read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder_lock = FolderLock(folder)
        self._state = folder / "state.json"
        self._newest = folder / "tantivy" / "meta.json"
        if _read_state(self._state).get("format", FORMAT) != FORMAT:
            self._clear()
        self._schema = schema()
        try:
            self._index = self._open()
        except ValueError:  # what tantivy raises for files that it cannot read: a cache, so it is made anew
            with self._folder_lock:
                self._clear()
            self._index = self._open()
        self._index.register_tokenizer(ANALYZER, analyzer())
        self._index.config_reader("manual")
        self._last: _Commit | None = None

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
            At most `k` (passage id, score) pairs, best first; none scores zero.
        """
        weights = {term: weight for term, weight in weights.items() if weight > 0}
        if not weights or k < 1:
            return []
        if filters and filters.groups is not None:
            return self._seen([], weights, filters, k)
        clauses = [
            (Occur.Should, Query.boost_query(Query.term_query(self._schema, name, term), boost * weight))
            for term, weight in weights.items()
            for name, boost in BOOSTS.items()
        ]
        return self._ranked([(Occur.Must, Query.boolean_query(clauses))], filters, k)

    def with_all(
        self, groups: Sequence[Sequence[tuple[str, ...]]], filters: Filters | None, k: int
    ) -> list[tuple[str, float]]:
        """Passages that have, with their title, something of every group, best first.

        Args:
            groups: each a choice of forms, a form being terms that have to be there together.
            filters: applied before ranking.
            k: how many at most.
        """
        if not groups:
            return []
        clauses = [(Occur.Must, self._any_of(forms)) for forms in groups]
        if filters and filters.groups is not None:
            terms = {term for forms in groups for form in forms for term in form}
            return self._seen(clauses, dict.fromkeys(sorted(terms), 1.0), filters, k)
        return self._ranked(clauses, filters, k)

    def _ranked(self, clauses: Clauses, filters: Filters | None, k: int) -> list[tuple[str, float]]:
        """The best passages by tantivy's own BM25."""
        searcher = self._now().searcher
        query = Query.boolean_query([*clauses, *self._filter_clauses(filters)])
        hits = searcher.search(query, k, count=False).hits
        return [(searcher.doc(address)["passage"][0], score) for score, address in hits if score > 0]

    def _seen(
        self, required: Clauses, weights: Mapping[str, float], filters: Filters, k: int
    ) -> list[tuple[str, float]]:
        """The best passages by scores and an order that nothing outside the filters' groups has a part in.

        A score is a sum of weight, rarity among what the groups may see, and grade (`corpus.postings`) over the terms;
        passages that score the same come in the order of their ids.
        """
        searcher = self._now().searcher
        rarity = self.rarity(list(weights), filters.widest())
        worth = {term: weight * rarity[term] for term, weight in weights.items()}
        unit = MOST * sum(worth.values()) / _WHOLE  # of grades that are possible: those held may be others' alone
        scored = [
            (Occur.Should, self._worth(graded, round(each * grade / unit)))
            for term, each in worth.items()
            for graded, grade in grades_of(term, searcher)
        ]
        unscored = [(Occur.Must, Query.const_score_query(clause, 0.0)) for _, clause in required]
        clauses = [(Occur.Must, Query.boolean_query(scored)), *unscored, *self._filter_clauses(filters)]
        query = Query.boolean_query(clauses)
        depth = 2 * k
        hits = searcher.search(query, depth, count=False).hits
        while len(hits) == depth and hits[-1][0] == hits[k - 1][0]:  # more that score like the last one that fits
            depth *= 4
            hits = searcher.search(query, depth, count=False).hits
        order = searcher.fast_field_values("order", [address for _, address in hits])
        best = sorted(zip(hits, order, strict=True), key=lambda pair: (-pair[0][0], pair[1]))[:k]
        return [(searcher.doc(address)["passage"][0], score * unit) for (score, address), _ in best]

    def _worth(self, graded: str, score: int) -> Query:
        return Query.const_score_query(Query.term_query(self._schema, "graded", graded), float(max(1, score)))

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
        searcher = self._now().searcher
        if filters:
            total = self._count("", filters)
            frequency = {w: self._count(w, filters) for w in set(words)}
        else:
            total = searcher.num_docs
            frequency = {w: max(searcher.doc_freq(name, w) for name in BOOSTS) for w in set(words)}
        return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in frequency.items()}

    def _count(self, word: str, filters: Filters) -> int:
        """How many passages inside the filters have a term; with no term, how many there are."""
        now = self._now()
        counted = now.counts.get((word, filters))
        if counted is None:
            has = [(Occur.Must, self._anywhere(word))] if word else []
            query = Query.boolean_query([*has, *self._filter_clauses(filters)])
            counted = now.searcher.search(query, 1, count=True).count  # type: ignore[attr-defined]
            if len(now.counts) >= _COUNTS:
                now.counts.clear()
            now.counts[word, filters] = counted
        return counted

    def holds(self, word: str, filters: Filters | None = None) -> bool:
        """Whether a term occurs anywhere inside the filters."""
        searcher = self._now().searcher
        if not any(searcher.doc_freq(name, word) for name in BOOSTS):
            return False
        return not filters or self._count(word, filters) > 0

    def variants(self, word: str, filters: Filters | None = None) -> list[str]:
        """Terms inside the filters that a term may be another spelling of, or a slip for: `Vocabulary.variants`."""
        return [term for term in self._now().vocabulary.variants(word) if self.holds(term, filters)]

    def spellings(self, word: str, filters: Filters | None = None) -> list[str]:
        """Terms inside the filters that are a name in another romanisation: `Vocabulary.spellings`."""
        return [term for term in self._now().vocabulary.spellings(word) if self.holds(term, filters)]

    def count(self) -> int:
        """How many passages it holds."""
        held: int = self._now().searcher.num_docs
        return held

    def _now(self) -> _Commit:
        """The index as its newest commit left it, whichever process made that."""
        stamp = _stamp(self._newest)
        last = self._last
        if last is None or last.stamp != stamp:
            self._index.reload()
            last = self._last = _Commit(stamp, self._index.searcher())
        return last

    def _apply(self, archive: Archive) -> None:
        newest, changed = archive.changes(self.applied, words=True)
        if changed:
            writer = self._index.writer(_HEAP_BYTES, 1)
            for start in range(0, len(changed), _BATCH):
                for statement_id in changed[start : start + _BATCH]:
                    writer.delete_documents_by_term("statement", statement_id)
                    for document in documents(archive, statement_id):
                        writer.add_document(document)
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
            readers = [EVERYBODY, *(GROUP + group for group in sorted(filters.groups))]
            # Not a term set, which reads all that the groups may see before the first passage is looked at.
            either = [(Occur.Should, Query.term_query(self._schema, "audience", reader)) for reader in readers]
            clauses.append(Query.boolean_query(either))
        return [(Occur.Must, Query.const_score_query(clause, 0.0)) for clause in clauses]


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes with every commit: tantivy puts a new file in the place of the old one."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


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
