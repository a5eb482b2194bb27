"""The answer engine: understand, retrieve, select evidence, judge, compose, verify."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from corpus.holdings import Holdings
from corpus.model import Filters, Statement
from rag.absence import judge, no_answer
from rag.compose import Composer, Draft, EmbeddedComposer
from rag.concepts import Thesaurus
from rag.evidence import Evidence, gather
from rag.model import Answer, Hit, Outcome, Question, Searched, Turn
from rag.retrieve import retrieve
from rag.understand import understand
from rag.verify import verify

HITS = 60  # passages that evidence is selected from
NEAREST = 3


class Engine:
    """Answers questions over one archive; safe to use from several threads.

    Args:
        holdings: the archive with its indexes, open.
        composer: what writes answers; by default verbatim sentences with no language model.
    """

    def __init__(self, holdings: Holdings, composer: Composer | None = None) -> None:
        self.holdings = holdings
        self._composer = composer or EmbeddedComposer(holdings.archive)
        self._thesaurus = Thesaurus(holdings.archive.acronyms())
        self._thesaurus_of = holdings.archive.last_change()

    def ask(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Answer:
        """Answer one question.

        Args:
            text: the reader's words.
            history: the turns before, oldest first.
            filters: what the reader restricts the search to.
            today: what "last week" counts from; the system's date where not given.

        Raises:
            UnverifiedAnswer: a citation did not hold; nothing of that answer is shown.
        """
        clock = _Clock()
        with clock.step("understand"):
            question = self._understand(text, history, filters, today)
        if not question.concepts:
            return self._without_evidence(question, Outcome.UNCLEAR, (), clock)
        with clock.step("retrieve"):
            vector = self.holdings.embedder.encode([question.standalone])[0]
            hits = retrieve(question, vector, self.holdings, HITS)
        with clock.step("select"):
            evidence = gather(question, vector, hits, self.holdings)
            outcome, chosen = judge(question, evidence)
        if not chosen:
            with clock.step("nearest"):
                outcome, nearest = self._nearest(question, evidence)
            return self._without_evidence(question, outcome, nearest, clock, hits)
        with clock.step("compose"):
            draft = self._composer.compose(question, chosen, outcome)
        with clock.step("verify"):
            verify(draft, [hit.statement.id for hit in hits], self.holdings.archive)
        return self._answer(question, outcome, draft, (), clock, hits)

    def search(self, query: str, filters: Filters | None = None, k: int = 10) -> list[Hit]:
        """The `k` passages that fit best, best first."""
        question = self._understand(query, (), filters, None)
        vector = self.holdings.embedder.encode([query])[0]
        return retrieve(question, vector, self.holdings, k)

    def _understand(self, text: str, history: Sequence[Turn], filters: Filters | None, today: date | None) -> Question:
        archive, lexical = self.holdings.archive, self.holdings.lexical
        lexical.catch_up(archive)
        newest = archive.last_change()
        if newest != self._thesaurus_of:
            self._thesaurus, self._thesaurus_of = Thesaurus(archive.acronyms()), newest
        return understand(text, history, filters or Filters(), today or date.today(), self._thesaurus, lexical)

    def _nearest(self, question: Question, evidence: Sequence[Evidence]) -> tuple[Outcome, tuple[Statement, ...]]:
        """What comes closest to a question without an answer; filters that hide an answer are told from absence."""
        inside = tuple(item.statement for item in evidence[:NEAREST])
        if not question.filters:
            return Outcome.NOT_FOUND, inside
        open_question = replace(question, filters=Filters())
        vector = self.holdings.embedder.encode([question.standalone])[0]
        anywhere = gather(open_question, vector, retrieve(open_question, vector, self.holdings, HITS), self.holdings)
        _, outside = judge(open_question, anywhere)
        if outside:
            return Outcome.FILTERED_OUT, tuple(item.statement for item in outside[:NEAREST])
        return Outcome.NOT_FOUND, inside or tuple(item.statement for item in anywhere[:NEAREST])

    def _without_evidence(
        self,
        question: Question,
        outcome: Outcome,
        nearest: tuple[Statement, ...],
        clock: _Clock,
        hits: Sequence[Hit] = (),
    ) -> Answer:
        draft = Draft(no_answer(outcome, question, self._searched(question), nearest), ())
        return self._answer(question, outcome, draft, nearest, clock, hits)

    def _answer(
        self,
        question: Question,
        outcome: Outcome,
        draft: Draft,
        nearest: tuple[Statement, ...],
        clock: _Clock,
        hits: Sequence[Hit],
    ) -> Answer:
        return Answer(
            question=question,
            outcome=outcome,
            text=draft.text,
            citations=draft.citations,
            searched=self._searched(question),
            nearest=nearest,
            timings_ms=clock.milliseconds(),
            retrieved=tuple(dict.fromkeys(hit.statement.id for hit in hits)),
        )

    def _searched(self, question: Question) -> Searched:
        filters = question.filters
        held = self.holdings.archive.coverage(filters)
        first, last = filters.date_from or held.first, filters.date_to or held.last
        return Searched(held.statements, first, last, filters.issuers)


class _Clock:
    """Milliseconds by step, and in all."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._steps[name] = (time.perf_counter() - started) * 1000

    def milliseconds(self) -> dict[str, float]:
        return {**self._steps, "total": (time.perf_counter() - self._started) * 1000}
