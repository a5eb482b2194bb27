"""Choose the statements that answer and, in each, the sentences that do.

Two ideas carry it. A statement is judged by how much of the question it covers, rare words counting most. Within a
statement, the words of the question that its title already carries ("CDS", "Oman") do not tell sentences apart; the
rest of the words do ("shipbuilding"). Where no word is left over, the question asks for the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.analysis import terms
from corpus.holdings import Holdings
from corpus.model import Statement
from corpus.rows import Vectors
from ingest.sentences import Span, sentence_spans
from rag.concepts import Concept
from rag.model import Hit, Question

CANDIDATES = 8  # statements looked into
_MOST_SENTENCES = 24  # of a statement; in a longer one, those around the passages that were found
_BROAD, _NARROW = 6, 3  # sentences quoted of one statement


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a version: where it stands, the question's concepts in it, and its likeness to the question."""

    start: int
    end: int
    found: frozenset[Concept]
    likeness: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement that may answer, looked into.

    Attributes:
        score: how well it fits, comparable within one question.
        covered: share of the question's topic, weighted by rarity, that it has anywhere; 0 to 1.
        likeness: of its best sentence to the question (cosine).
        missing: the question's concepts that it has nowhere.
        quotes: the sentences chosen, in order.
    """

    statement: Statement
    version: int
    score: float
    covered: float
    likeness: float
    missing: tuple[Concept, ...]
    quotes: tuple[Sentence, ...]


def select(question: Question, vector: Vectors, hits: Sequence[Hit], holdings: Holdings) -> list[Evidence]:
    """Look into the best statements among the hits, and choose sentences in each; best first.

    Args:
        question: what is asked.
        vector: its embedding (dimension,).
        hits: passages, best first.
        holdings: where the texts are.
    """
    topic = [concept for concept in question.concepts if not concept.asking]
    by_statement: dict[str, list[Hit]] = {}
    for hit in hits:
        by_statement.setdefault(hit.statement.id, []).append(hit)
    chosen = list(by_statement.values())[:CANDIDATES]
    drafts = [_spans(group, holdings) for group in chosen]
    quotes = [text[start:end] for text, spans in drafts for start, end in spans]
    vectors = holdings.embedder.encode(quotes) if quotes else np.empty((0, len(vector)), dtype=np.float32)
    likeness = iter((vectors @ vector).tolist())
    best = max((group[0].score for group in chosen), default=1.0)
    found = []
    for group, (text, spans) in zip(chosen, drafts, strict=True):
        sentences = [Sentence(a, b, _in(topic, text[a:b]), next(likeness)) for a, b in spans]
        found.append(_evidence(group[0], text, sentences, topic, group[0].score / best))
    return sorted(found, key=lambda evidence: -evidence.score)


def _in(topic: Sequence[Concept], text: str) -> frozenset[Concept]:
    """The concepts that a text has in any form."""
    found = frozenset(terms(text))
    return frozenset(concept for concept in topic if concept.in_terms(found))


def _spans(group: Sequence[Hit], holdings: Holdings) -> tuple[str, list[Span]]:
    """A statement's text with its sentences, or those in the passages found where there are too many."""
    passage = group[0].passage
    text = holdings.archive.version(passage.statement_id, passage.version).text
    spans = sentence_spans(text)
    if len(spans) > _MOST_SENTENCES:
        near = [hit.passage for hit in group[:3]]
        spans = [span for span in spans if any(p.start <= span[0] < p.end for p in near)][:_MOST_SENTENCES]
    return text, spans


def _evidence(
    hit: Hit, text: str, sentences: Sequence[Sentence], topic: Sequence[Concept], rank_score: float
) -> Evidence:
    statement = hit.statement
    about = " ".join((statement.title, statement.issuer or "", *statement.speakers, statement.place or ""))
    identity = _in(topic, about)
    found = _in(topic, f"{about} {text}")
    covered = sum(concept.weight for concept in found) / (sum(concept.weight for concept in topic) or 1.0)
    likeness = max((sentence.likeness for sentence in sentences), default=0.0)
    return Evidence(
        statement=statement,
        version=hit.passage.version,
        score=covered + likeness + 0.3 * rank_score,
        covered=covered,
        likeness=likeness,
        missing=tuple(concept for concept in topic if concept not in found),
        quotes=tuple(_quotes(sentences, frozenset(topic) - identity)),
    )


def _quotes(sentences: Sequence[Sentence], telling: frozenset[Concept]) -> list[Sentence]:
    """The sentences that answer: those with the words that tell them apart, or else all that are like the question."""
    anywhere = telling & frozenset[Concept]().union(*(sentence.found for sentence in sentences))
    total = sum(concept.weight for concept in anywhere)

    def score(sentence: Sentence) -> float:
        told = sum(concept.weight for concept in sentence.found & anywhere)
        return sentence.likeness + (told / total if total else 0.0)

    ranked = sorted(sentences, key=lambda sentence: (-score(sentence), sentence.start))
    if not ranked:
        return []
    bar = score(ranked[0]) * (0.6 if total else 0.5)
    kept = [s for s in ranked if score(s) >= bar][: _NARROW if total else _BROAD]
    return sorted(kept, key=lambda sentence: sentence.start)
