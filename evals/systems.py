"""What can be put to the test: ours, ours without one of its parts, and plain baselines.

A part is taken out from here, by standing something empty in its place, so that the engine itself has no switch that
nobody else needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date

import numpy as np

from corpus.analysis import content_terms
from corpus.archive import Archive
from corpus.dense import DenseIndex, Scored
from corpus.feed import Span
from corpus.holdings import Holdings
from corpus.lexical import LexicalIndex
from corpus.model import Filters, Voice
from corpus.rows import Vectors
from corpus.sentence_vectors import SentenceVectors
from evals.answerers import Answerer, InProcess, Reply
from rag.engine import Engine
from rag.model import Answer, Citation, Outcome, Question, Searched, Shape, Turn, as_json
from rag.retrieve import DEPTH, fuse, hits_of

OURS = "ours"
_QUOTED = 3  # passages that a plain baseline answers with
System = Callable[[Holdings, date], Answerer]


class _NoDense(DenseIndex):
    def search(self, vector: Vectors, filters: Filters | None, k: int) -> Scored:
        """Finds nothing."""
        return []


class _NoLexical(LexicalIndex):
    """Counts words, which understanding needs, and finds nothing."""

    def search(self, weights: Mapping[str, float], filters: Filters | None, k: int) -> Scored:
        """Finds nothing."""
        return []

    def with_all(self, groups: Sequence[Sequence[tuple[str, ...]]], filters: Filters | None, k: int) -> Scored:
        """Finds nothing."""
        return []


class _NoThesaurus(Engine):
    def _understand(self, text: str, history: Sequence[Turn], filters: Filters | None, today: date | None) -> Question:
        return _own_words(super()._understand(text, history, filters, today))


class _NoDates(Engine):
    def _understand(self, text: str, history: Sequence[Turn], filters: Filters | None, today: date | None) -> Question:
        question = super()._understand(text, history, filters, today)
        given = filters or Filters()
        sides = tuple(replace(side, filters=given) for side in question.sides)
        return replace(question, filters=given, sides=sides)


class _NoShapes(Engine):
    def _understand(self, text: str, history: Sequence[Turn], filters: Filters | None, today: date | None) -> Question:
        question = super()._understand(text, history, filters, today)
        return replace(question, shape=Shape.DISCUSSION, sides=())


class _NoFollowUps(Engine):
    def _understand(self, text: str, history: Sequence[Turn], filters: Filters | None, today: date | None) -> Question:
        return super()._understand(text, (), filters, today)


class _Unread(Archive):
    """To which all sentences are equally near: a statement is judged by its best passage, sentences by their words."""

    def sentence_vectors(self, model: str, statement_id: str, version: int, span: Span) -> SentenceVectors:
        """Vectors (n, dimension) of zeros."""
        kept = super().sentence_vectors(model, statement_id, version, span)
        return SentenceVectors(kept.starts, np.zeros_like(kept.vectors))


class Plain:
    """A baseline: all turns joined, every word alike, the best passages quoted whole, and never a refusal.

    Args:
        holdings: where to look, with the indexes that are to count.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def __call__(self, question: str, history: Sequence[Turn]) -> Reply:
        """See `Answerer`."""
        started = time.perf_counter()
        held = self._holdings
        held.lexical.catch_up(held.archive)
        text = " ".join([*(turn.question for turn in history), question])
        words = held.lexical.search(dict.fromkeys(content_terms(text), 1.0), None, DEPTH)
        meaning = held.dense.search(held.embedder.encode([text])[0], None, DEPTH)
        hits = hits_of(fuse({"lexical": words, "dense": meaning}), dict(meaning), held, None)
        cited = tuple(
            Citation(n, hit.statement, p.version, p.start, p.end, p.text, Voice.NARRATION)
            for n, hit in enumerate(hits[:_QUOTED], start=1)
            if (p := hit.passage)
        )
        coverage = held.archive.coverage()
        answer = Answer(
            question=Question(question, text, Filters()),
            outcome=Outcome.ANSWERED if cited else Outcome.NOT_FOUND,
            text="\n\n".join(f"{citation.quote} [{citation.marker}]" for citation in cited),
            citations=cited,
            searched=Searched(coverage.statements, coverage.first, coverage.last),
            nearest=(),
            timings_ms={"total": (time.perf_counter() - started) * 1000},
        )
        return as_json(answer) | {"retrieved": list(dict.fromkeys(hit.statement.id for hit in hits))}


def _own_words(question: Question) -> Question:
    """A question whose concepts have no other words than its own."""
    concepts = tuple(replace(concept, forms=concept.forms[:1]) for concept in question.concepts)
    return replace(question, concepts=concepts, sides=tuple(map(_own_words, question.sides)))


def _without_dense(holdings: Holdings) -> Holdings:
    other = copy(holdings)  # shares the archive and the model
    other.__dict__["dense"] = _NoDense(holdings.archive, holdings.embedder.name)
    return other


def _without_lexical(holdings: Holdings) -> Holdings:
    other = copy(holdings)
    other.lexical = _NoLexical(holdings.settings.archive / "lexical")
    return other


def _without_sentences(holdings: Holdings) -> Holdings:
    other = copy(holdings)
    other.archive = _Unread(holdings.archive.folder, create=False)
    return other


SYSTEMS: Mapping[str, System] = {
    OURS: lambda holdings, today: InProcess(Engine(holdings), today),
    "lexical-only": lambda holdings, today: Plain(_without_dense(holdings)),
    "dense-only": lambda holdings, today: Plain(_without_lexical(holdings)),
    "plain-fusion": lambda holdings, today: Plain(holdings),
    "ours-without-dense": lambda holdings, today: InProcess(Engine(_without_dense(holdings)), today),
    "ours-without-lexical": lambda holdings, today: InProcess(Engine(_without_lexical(holdings)), today),
    "ours-without-thesaurus": lambda holdings, today: InProcess(_NoThesaurus(holdings), today),
    "ours-without-dates": lambda holdings, today: InProcess(_NoDates(holdings), today),
    "ours-without-shapes": lambda holdings, today: InProcess(_NoShapes(holdings), today),
    "ours-without-sentences": lambda holdings, today: InProcess(Engine(_without_sentences(holdings)), today),
    "ours-without-followups": lambda holdings, today: InProcess(_NoFollowUps(holdings), today),
}
