"""Search by meaning: exact where that is cheap, Chroma's graph where it is not, and filters always before ranking."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from corpus.archive import Archive
from corpus.model import Filters
from corpus.rows import Vectors

# Reading and multiplying more vectors than this takes longer than asking Chroma for enough neighbours.
EXACT_LIMIT = 1_500
_MOST_FETCHED = 4_000

Scored = list[tuple[str, float]]


class NearestNeighbours(Protocol):
    """An approximate index over all current passages; `corpus.chroma` has the one that is used."""

    def query(self, vector: Vectors, k: int) -> Scored:
        """At most `k` (passage id, cosine similarity) pairs, best first."""
        ...


class DenseIndex:
    """Passages by their vectors.

    Args:
        archive: where the vectors are kept.
        model: name of the embedder that made them.
        neighbours: an approximate index, or None: then every search is exact, which suits a process that
            answers one question and ends, since it needs neither to load nor to own anything, and a run that has
            to repeat exactly.
    """

    def __init__(self, archive: Archive, model: str, neighbours: NearestNeighbours | None = None) -> None:
        self._archive = archive
        self._model = model
        self._neighbours = neighbours
        self._everything: tuple[int, list[str], Vectors] | None = None

    def search(self, vector: Vectors, filters: Filters | None, k: int) -> Scored:
        """The passages nearest to a unit-length vector (dimension,).

        Returns:
            At most `k` (passage id, cosine similarity) pairs inside the filters, best first.
        """
        if self._neighbours is None:
            return self._exact(vector, filters, k)
        if not filters:
            return self._neighbours.query(vector, k)
        inside = self._archive.count_passages(filters)
        if inside <= EXACT_LIMIT:
            return self._exact(vector, filters, k)
        return self._overfetch(self._neighbours, vector, filters, k, inside)

    def _exact(self, vector: Vectors, filters: Filters | None, k: int) -> Scored:
        if not filters or self._everything is not None:
            ids, vectors = self._kept(filters)
        else:  # one question with a filter is no reason to read all
            ids, vectors = self._archive.vectors_inside(self._model, filters)
        if not ids:
            return []
        similarity = vectors @ vector
        best = np.argpartition(-similarity, min(k, len(ids) - 1))[:k]
        ranked = sorted(((ids[i], float(similarity[i])) for i in best), key=lambda pair: (-pair[1], pair[0]))
        return ranked

    def _kept(self, filters: Filters | None) -> tuple[list[str], Vectors]:
        """Vectors inside the filters, of all those kept in memory until the archive changes."""
        newest = self._archive.last_change()
        if self._everything is None or self._everything[0] != newest:
            self._everything = (newest, *self._archive.vectors_inside(self._model, None))
        _, ids, vectors = self._everything
        if not filters:
            return ids, vectors
        inside = self._archive.ids_inside(filters)
        rows = [row for row, passage in enumerate(ids) if passage in inside]
        return [ids[row] for row in rows], vectors[rows]

    def _overfetch(
        self, neighbours: NearestNeighbours, vector: Vectors, filters: Filters, k: int, inside: int
    ) -> Scored:
        """Fetch more and more neighbours until `k` are inside a broad filter: the same result as filtering first.

        Chroma's own `where` takes hundreds of milliseconds when it matches much.
        """
        total = self._archive.count_passages()
        fetch = max(2 * k * total // inside, k)
        while fetch <= _MOST_FETCHED:
            found = neighbours.query(vector, min(fetch, total))
            passing = self._archive.passing([passage for passage, _ in found], filters)
            kept = [pair for pair in found if pair[0] in passing]
            if len(kept) >= k or fetch >= total:
                return kept[:k]
            fetch *= 4
        return self._exact(vector, filters, k)
