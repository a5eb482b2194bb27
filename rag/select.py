"""Choose the statements that answer and, in each, the sentences that do.

Two ideas carry it. A statement is judged by how much of the question it covers, rare words counting most. Within a
statement, the words of the question that its title already carries ("CDS", "Oman") do not tell sentences apart; the
rest of the words do ("shipbuilding"). Where no word is left over, the question asks for the whole of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.analysis import terms
from corpus.holdings import Holdings
from corpus.model import Statement
from corpus.rows import Vectors
from ingest.sentences import Span, sentence_spans
from rag.model import Hit, Question
from rag.retrieve import term_weights

CANDIDATES = 8  # statements looked into
_MOST_SENTENCES = 24  # embedded per statement; a long transcript is cut to what its passages' hits surround
_BROAD_LIMIT = 6
_NARROW_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a version: where it stands, the question's words in it, and its likeness to the question."""

    start: int
    end: int
    found: frozenset[str]
    likeness: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that may answer.

    Attributes:
        score: fused rank score of its best passage, 1 for the best statement.
        covered: share of the question's words, weighted by rarity, that it has anywhere.
        likeness: of its best sentence to the question (cosine).
        identity: the question's words that its title, issuer, speakers or date carry.
        sentences: in order.
    """

    statement: Statement
    version: int
    text: str
    score: float
    covered: float
    likeness: float
    identity: frozenset[str]
    found: frozenset[str]
    sentences: tuple[Sentence, ...]


def candidates(question: Question, vector: Vectors, hits: Sequence[Hit], holdings: Holdings) -> list[Candidate]:
    """The best statements among the hits, looked into sentence by sentence, best first.

    Args:
        question: what is asked.
        vector: its embedding (dimension,).
        hits: passages, best first.
        holdings: where the texts are.
    """
    rarity = weighted_terms(question, holdings)
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
        sentences = tuple(
            Sentence(start, end, frozenset(terms(text[start:end])) & rarity.keys(), next(likeness))
            for start, end in spans
        )
        found.append(_candidate(group, text, sentences, rarity, best))
    return found


def weighted_terms(question: Question, holdings: Holdings) -> dict[str, float]:
    """The question's topic terms with their weight: rarity, and less for those of earlier turns."""
    weights = term_weights(question)
    rarity = holdings.lexical.rarity(list(weights))
    return {term: weight * rarity[term] for term, weight in weights.items()}


def _spans(group: Sequence[Hit], holdings: Holdings) -> tuple[str, list[Span]]:
    """A statement's text with its sentences, or those in the passages found where there are too many."""
    passage = group[0].passage
    text = holdings.archive.version(passage.statement_id, passage.version).text
    spans = sentence_spans(text)
    if len(spans) > _MOST_SENTENCES:
        near = [hit.passage for hit in group[:3]]
        spans = [span for span in spans if any(p.start <= span[0] < p.end for p in near)][:_MOST_SENTENCES]
    return text, spans


def _candidate(
    group: Sequence[Hit], text: str, sentences: tuple[Sentence, ...], rarity: Mapping[str, float], best: float
) -> Candidate:
    statement = group[0].statement
    day = f"{statement.published:%B %Y}"
    identity = frozenset(terms(" ".join((statement.title, statement.issuer or "", *statement.speakers, day))))
    identity &= rarity.keys()
    found = identity | (frozenset(terms(text)) & rarity.keys())
    total = sum(rarity.values()) or 1.0
    return Candidate(
        statement=statement,
        version=group[0].passage.version,
        text=text,
        score=group[0].score / best,
        covered=sum(rarity[term] for term in found) / total,
        likeness=max((sentence.likeness for sentence in sentences), default=0.0),
        identity=identity,
        found=found,
        sentences=sentences,
    )
