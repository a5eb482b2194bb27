"""The answer engine: understand, retrieve, select evidence, judge, compose, verify."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from corpus.holdings import Holdings
from corpus.model import Filters, Statement
from corpus.rows import Vectors
from rag.absence import judge, no_answer
from rag.compose import Composer, Draft
from rag.concepts import Thesaurus
from rag.evidence import Finding, gather
from rag.model import Answer, Event, Hit, Outcome, Piece, Question, Searched, Shape, Turn
from rag.offices import with_holders
from rag.picking import pick_from
from rag.repeats import collapse
from rag.retrieve import retrieve
from rag.understand import understand
from rag.verify import verify
from rag.writing.rewrite import rewriter_for
from rag.writing.writer import composer_for

HITS = 60  # passages that evidence is selected from
NEAREST = 3
_BLOCK = re.compile(r".+?(?:\n{2,}|\Z)", re.S)


class Engine:
    """Answers questions over one archive; safe to use from several threads.

    Args:
        holdings: the archive with its indexes, open.
        composer: what writes answers; by default what settings ask for, which is verbatim sentences with no language
            model unless one is configured.
    """

    def __init__(self, holdings: Holdings, composer: Composer | None = None) -> None:
        self.holdings = holdings
        self._composer = composer or composer_for(holdings)
        self._rewriter = rewriter_for(holdings.settings.llm)
        self._thesauri: dict[frozenset[str] | None, Thesaurus] = {}
        self._thesauri_of = holdings.archive.last_change()

    def ask(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Answer:
        """Answer one question.

        Args:
            text: the reader's words.
            history: the turns before, oldest first.
            filters: what the reader restricts the search to, and what they may see.
            today: what "last week" counts from; the system's date where not given.

        Raises:
            UnverifiedAnswer: a citation did not hold; nothing of that answer is shown.
        """
        *_, answer = self.stream(text, history=history, filters=filters, today=today)
        if not isinstance(answer, Answer):
            raise AssertionError("A stream ends with its answer.")
        return answer

    def stream(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Iterator[Event]:
        """Answer one question, telling on the way what is known: arguments and errors as for `ask`.

        Yields:
            The question as understood; the answer's text in checked pieces; and, last, the answer.
        """
        clock = _Clock()
        with clock.step("understand"):
            question = self._understand(text, history, filters, today)
            if self._rewriter:
                question = self._rewriter.reworded(question, history)
        yield question
        if not question.concepts:
            yield self._without_evidence(question, Outcome.UNCLEAR, (), clock)
            return
        with clock.step("find"):
            findings = [self._find(part) for part in question.sides or (question,)]
        hits = _in_turn([finding.hits for finding in findings])
        if not any(finding.chosen for finding in findings):
            with clock.step("nearest"):
                outcome, nearest = self._nearest(question, findings)
            yield self._without_evidence(question, outcome, nearest, clock, hits)
            return
        with clock.step("compose"):
            pieces, draft = yield from self._written(question, findings)
        with clock.step("verify"):
            verify(draft, [hit.statement.id for hit in hits], self.holdings.archive)
        if not pieces:  # what a model writes was shown as it came
            for block in _BLOCK.findall(draft.text):
                yield Piece(block)
        yield self._answer(question, _together(findings), draft, (), clock, hits)

    def search(self, query: str, filters: Filters | None = None, k: int = 10) -> list[Hit]:
        """The `k` passages that fit best, best first."""
        question = self._understand(query, (), filters, None)
        vector = self.holdings.embedder.encode([query])[0]
        return retrieve(question, vector, self.holdings, k)

    def _understand(self, text: str, history: Sequence[Turn], filters: Filters | None, today: date | None) -> Question:
        archive, lexical = self.holdings.archive, self.holdings.lexical
        lexical.catch_up(archive)
        newest = archive.last_change()
        if newest != self._thesauri_of:
            self._thesauri, self._thesauri_of = {}, newest
        filters = filters or Filters()
        thesaurus = self._thesauri.get(filters.groups)
        if thesaurus is None:  # what a statement explains is known to those who may see the statement
            thesaurus = self._thesauri[filters.groups] = self._thesaurus(filters.widest())
        question = understand(text, history, filters, today or date.today(), thesaurus, lexical)
        sides = tuple(with_holders(side, thesaurus, self.holdings) for side in question.sides)
        return replace(with_holders(question, thesaurus, self.holdings), sides=sides)

    def _thesaurus(self, seen: Filters) -> Thesaurus:
        archive = self.holdings.archive
        return Thesaurus(archive.acronyms(seen), [issuer for issuer, _ in archive.issuers(seen)], seen)

    def _written(
        self, question: Question, findings: Sequence[Finding]
    ) -> Generator[Event, None, tuple[Sequence[Piece], Draft]]:
        """Pass on the pieces that a composer has ready on the way; returns them with the whole that comes last."""
        pieces: list[Piece] = []
        draft = Draft("", ())
        for event in self._composer.write(question, findings):
            if isinstance(event, Draft):
                draft = event
            else:
                pieces.append(event)
                yield event
        return pieces, draft

    def _find(self, question: Question) -> Finding:
        """Retrieve, look into what was found, and judge whether it answers."""
        vector = self.holdings.embedder.encode([question.standalone])[0]
        hits = retrieve(question, vector, self.holdings, HITS)
        return self._pick(question, vector, hits) if question.pick else self._look_into(question, vector, hits)

    def _look_into(self, question: Question, vector: Vectors, hits: Sequence[Hit]) -> Finding:
        evidence = gather(question, vector, hits, self.holdings)
        outcome, chosen = judge(question, evidence)
        chosen = collapse(chosen, self.holdings.archive, question.filters.widest())
        return Finding(question, hits, evidence, chosen, outcome)

    def _pick(self, question: Question, vector: Vectors, hits: Sequence[Hit]) -> Finding:
        """Look into those statements that the question counts by date ("the second call", "the latest statement")."""
        every = replace(question, shape=Shape.TIMELINE)
        all_hits = retrieve(every, vector, self.holdings, HITS)
        finding = self._look_into(every, vector, all_hits)
        picked = pick_from(question, finding.chosen)
        if picked is None:  # its words are a name, or there is nothing to count
            return self._look_into(question, vector, hits)
        if not picked.chosen:
            return replace(finding, question=question, chosen=(), outcome=Outcome.NOT_FOUND)
        if question.pick and question.pick.several:
            return replace(finding, question=question, chosen=picked.chosen, note=picked.note)
        ids = {item.statement.id for item in picked.chosen}
        inside = {hit.passage.id: hit for hit in (*all_hits, *hits) if hit.statement.id in ids}
        return replace(self._look_into(question, vector, list(inside.values())), note=picked.note)

    def _nearest(self, question: Question, findings: Sequence[Finding]) -> tuple[Outcome, tuple[Statement, ...]]:
        """What comes closest to a question without an answer; filters that hide an answer are told from absence."""
        inside = tuple(item.statement for finding in findings for item in finding.evidence[:NEAREST])
        if not question.filters.narrowing:
            return Outcome.NOT_FOUND, inside
        anywhere = self._find(replace(question, filters=question.filters.widest(), sides=()))
        if anywhere.chosen:
            return Outcome.FILTERED_OUT, tuple(item.statement for item in anywhere.chosen[:NEAREST])
        return Outcome.NOT_FOUND, inside or tuple(item.statement for item in anywhere.evidence[:NEAREST])

    def _without_evidence(
        self,
        question: Question,
        outcome: Outcome,
        nearest: tuple[Statement, ...],
        clock: _Clock,
        hits: Sequence[Hit] = (),
    ) -> Answer:
        draft = Draft(no_answer(outcome, self._searched(question), nearest), ())
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
            writing=draft.writing,
        )

    def _searched(self, question: Question) -> Searched:
        filters = question.filters
        held = self.holdings.archive.coverage(filters)
        first, last = filters.date_from or held.first, filters.date_to or held.last
        return Searched(held.statements, first, last, filters.issuers)


def _in_turn(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """One ranking out of several: the first of each, then the second of each."""
    return [hit for row in zip_longest(*rankings) for hit in row if hit is not None]


def _together(findings: Sequence[Finding]) -> Outcome:
    """The outcome of all sides: answered only when each is."""
    whole = all(finding.outcome is Outcome.ANSWERED for finding in findings)
    return Outcome.ANSWERED if whole else Outcome.PARTIAL


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
