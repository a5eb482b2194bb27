"""Look into the statements that were found: how much of the question each covers, and which of its sentences answer.

A statement's identity is what its title, speakers and first sentence say: who met whom, where, when. The question's
words that belong to it pick the statement; the words left over pick the sentences, in `rag.quotes`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from corpus.analysis import content_line
from corpus.holdings import Holdings
from corpus.model import Statement
from corpus.rows import Vectors
from corpus.sentence_vectors import SentenceVectors
from ingest.reading import METHOD, read
from ingest.vectors import embed
from rag.concepts import Concept, Finder, Words
from rag.model import Hit, Outcome, Question, Shape
from rag.quotes import Sentence, choose, has_kind, wanted_of

_LOOKED_INTO = {Shape.FACT: 16, Shape.DISCUSSION: 16, Shape.COMPARISON: 20, Shape.TIMELINE: 400}
_READ_CLOSELY = 8  # statements whose sentences are compared by meaning; comparing more of them changed no answer
# Of a longer statement, only the passages found are looked into: a transcript has words about everything.
_WHOLE = 40  # sentences
_IN_TITLE, _RANK, _KIND = 0.5, 0.3, 0.1
_ANNOUNCES = re.compile(
    r"\b(?:upcoming|to\s+(?:visit|travel|meet|host|attend)|travel\s+to|will|preview|background\s+press)\b", re.I
)
_WILL_MEET = re.compile(
    r"\b(?:will|plans?\s+to|is\s+(?:scheduled|expected|due)\s+to)\s+(?:\w+\s+)?(?:meet|host|travel|visit|speak|call|hold"
    r"|attend|participate|welcome|receive|lead|convene)\b"
)
_WHO_MET = re.compile(
    r"\b(?:spoke|met|meets?|welcomed|hosted|held\s+(?:a|an|talks)|received|called|joined|participated|travell?ed|convened)\b"
)
_REPORTS = re.compile(r"\b(?:readout|read-out|calls?\s+with|meetings?\s+with|talks\s+with|joint\s+statement)\b", re.I)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement that may answer, looked into.

    Attributes:
        score: how well it fits, comparable within one question.
        covered: share of the question's topic, weighted by rarity, that it has; 0 to 1.
        likeness: of its best sentence, or of its best passage where sentences were not compared (cosine).
        missing: the question's concepts that it does not have.
        named_in_front: its title and first sentence have every name of the question.
        in_title: the question's concepts in its title.
        announces: it says that talks will be held, not what was said.
        sentences: what was looked into, in order.
        whole: that is all that the statement has.
        telling: the question's concepts that do not belong to its identity.
        quotes: those of them that answer, in order.
        carriers: the statements that have the same text.
        of_the_kind: they have what is asked for: an amount, a time or a name; always true where anything may do.
    """

    statement: Statement
    version: int
    score: float
    covered: float
    likeness: float
    missing: tuple[Concept, ...]
    named_in_front: bool
    in_title: frozenset[Concept]
    announces: bool
    sentences: tuple[Sentence, ...]
    whole: bool
    telling: frozenset[Concept]
    quotes: tuple[Sentence, ...] = ()
    of_the_kind: bool = True
    carriers: tuple[Statement, ...] = ()

    @property
    def by_date(self) -> tuple[date, str]:
        """What statements are put in order of time by: the day of the event, else of publication, then the id."""
        return self.statement.event or self.statement.published, self.statement.id


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for a question, or for one side of a comparison.

    Attributes:
        hits: passages, best first.
        evidence: the statements among them, best first.
        chosen: those that answer, best first; empty when nothing does.
        outcome: how well they do.
        note: a line of ours about what was found, to stand before it; empty for none.
    """

    question: Question
    hits: Sequence[Hit]
    evidence: Sequence[Evidence]
    chosen: Sequence[Evidence]
    outcome: Outcome
    note: str = ""


def gather(question: Question, vector: Vectors, hits: Sequence[Hit], holdings: Holdings) -> list[Evidence]:
    """The statements among the hits as evidence with quotes, best first.

    Args:
        question: what is asked.
        vector: its embedding (dimension,).
        hits: passages, best first.
        holdings: where the texts are.
    """
    by_statement: dict[str, list[Hit]] = {}
    for hit in hits:
        by_statement.setdefault(hit.statement.id, []).append(hit)
    groups = list(by_statement.values())[: _LOOKED_INTO[question.shape]]
    best = max((group[0].score for group in groups), default=1.0)
    finder = Finder(question.topic)
    found = [_look_into(group, question, finder, group[0].score / best, holdings) for group in groups]
    found.sort(key=lambda item: -item.score)
    close = 0 if question.shape is Shape.TIMELINE else _READ_CLOSELY
    read = [*(_compare(item, vector, holdings) for item in found[:close]), *found[close:]]
    read.sort(key=lambda item: -item.score)
    return [_with_quotes(item, question) for item in read]


def _with_quotes(item: Evidence, question: Question) -> Evidence:
    """With the sentences that answer."""
    quotes = tuple(choose(item.sentences, item.telling, question, whole=item.whole))
    wanted = wanted_of(question)
    of_the_kind = wanted is None or any(has_kind(wanted, sentence.text) for sentence in quotes)
    return replace(item, quotes=quotes, of_the_kind=of_the_kind)


def _look_into(group: Sequence[Hit], question: Question, finder: Finder, rank: float, holdings: Holdings) -> Evidence:
    """Judge one statement by its words alone."""
    statement, passage, topic = group[0].statement, group[0].passage, question.topic
    text = holdings.archive.version(statement.id, passage.version).text
    reading = holdings.archive.reading(statement.id, passage.version, METHOD) or read(text)
    lead = text[slice(*reading.spans[0])] if reading.spans else ""
    says_who_met = bool(_WHO_MET.search(lead))
    whole = len(reading.spans) <= _WHOLE
    near = [hit.passage for hit in group[:2]]
    sentences = tuple(
        Sentence(start, end, text[start:end], finder.found(Words(line)), start == 0 and says_who_met)
        for (start, end), line in zip(reading.spans, reading.lines, strict=True)
        if whole or any(p.start <= start < p.end for p in near)
    )
    title = content_line(statement.title)
    names = content_line(" . ".join((statement.issuer or "", *statement.speakers, statement.place or "")))
    about = finder.found(Words(f"{title} {names}"))
    in_front = finder.found(Words(f"{title} {reading.lines[0] if reading.lines else ''}"))
    identity = about | {concept for concept in in_front if concept.named}
    found = identity.union(*(sentence.found for sentence in sentences))
    kind = _account(statement, lead)
    covered, likeness = _share(found, topic), max(hit.likeness for hit in group)
    return Evidence(
        statement=statement,
        version=passage.version,
        score=covered + likeness + _IN_TITLE * _share(about, topic) + _RANK * rank + _KIND * kind,
        covered=covered,
        likeness=likeness,
        missing=tuple(concept for concept in topic if concept not in found),
        named_in_front=all(concept in identity for concept in topic if concept.named),
        in_title=finder.found(Words(title)),
        announces=kind < 0,
        sentences=sentences,
        whole=whole,
        telling=frozenset(topic) - identity,
    )


def _compare(item: Evidence, vector: Vectors, holdings: Holdings) -> Evidence:
    """Compare a statement's sentences with the question by meaning."""
    vectors = _sentence_vectors(item, holdings)
    if not vectors.starts:
        return item
    middle = vectors.vectors.mean(axis=0)
    middle = middle / (np.linalg.norm(middle) or 1.0)
    to_question = dict(zip(vectors.starts, (vectors.vectors @ vector).tolist(), strict=True))
    to_middle = dict(zip(vectors.starts, (vectors.vectors @ middle).tolist(), strict=True))
    read = tuple(
        replace(s, likeness=to_question.get(s.start, 0.0), centrality=to_middle.get(s.start, 0.0))
        for s in item.sentences
    )
    likeness = max(sentence.likeness for sentence in read) or item.likeness
    return replace(item, sentences=read, likeness=likeness, score=item.score - item.likeness + likeness)


def _sentence_vectors(item: Evidence, holdings: Holdings) -> SentenceVectors:
    """Those that are kept; a passage so new that it has none is read now, since it can be found already."""
    if not item.sentences:
        return SentenceVectors.joined([])
    archive, embedder, statement = holdings.archive, holdings.embedder, item.statement
    first, last = item.sentences[0].start, item.sentences[-1].end
    kept = archive.sentence_vectors(embedder.name, statement.id, item.version, (first, last))
    unread = {sentence.start for sentence in item.sentences}.difference(kept.starts)
    if not unread:
        return kept
    passages = [
        (statement, passage)
        for passage in archive.passages_of(statement.id)
        if passage.version == item.version and any(passage.start <= start < passage.end for start in unread)
    ]
    _, made = embed(archive, embedder, passages)
    read = ((passage.start, inside) for (_, passage), inside in zip(passages, made, strict=True))
    return SentenceVectors.joined([(0, kept), *read])


def _account(statement: Statement, lead: str) -> int:
    """1 for a statement that gives an account of talks, -1 for one that announces them, 0 for any other."""
    if _ANNOUNCES.search(statement.title) or _WILL_MEET.search(lead):
        return -1
    return 1 if statement.kind == "readout" or _REPORTS.search(statement.title) else 0


def _share(found: Collection[Concept], topic: Collection[Concept]) -> float:
    """How much of a topic is among the concepts found, by weight."""
    return sum(concept.weight for concept in found) / (sum(concept.weight for concept in topic) or 1.0)
