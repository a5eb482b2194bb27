"""Find passages: by words and by meaning, fused by rank, with filters applied inside both indexes.

Fusion is reciprocal rank fusion: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and
individual rank learning methods", SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from corpus.holdings import Holdings
from corpus.model import Filters
from corpus.rows import Vectors
from rag.model import Hit, Question, Shape

RRF_K = 60
DEPTH = 100  # passages taken from each list
_MOST_ENUMERATED = 1_000  # passages; a timeline of more statements than that is no longer read
Ranking = Sequence[tuple[str, float]]


def term_weights(question: Question) -> dict[str, float]:
    """The question's terms with what a match of each is worth: the forms of one concept share its weight."""
    weights: dict[str, float] = {}
    for concept in question.concepts:
        for form in concept.forms:
            for term in form:
                weights[term] = max(weights.get(term, 0.0), concept.turn_weight / len(form))
    return weights


def retrieve(question: Question, vector: Vectors, holdings: Holdings, k: int) -> list[Hit]:
    """The `k` passages that fit a question best, best first.

    Args:
        question: what is asked, with its filters.
        vector: the embedding (dimension,) of its stand-alone wording.
        holdings: where to look.
        k: how many.
    """
    filters = question.filters or None
    if question.shape is Shape.TIMELINE:
        everything = enumerate_all(question, holdings)
        if everything:
            return everything
    lexical = holdings.lexical.search(term_weights(question), filters, DEPTH)
    dense = holdings.dense.search(vector, filters, DEPTH)
    hits = hits_of(fuse({"lexical": lexical, "dense": dense})[:k], dict(dense), holdings, filters)
    return rerank(question, hits, holdings)


def rerank(question: Question, hits: Sequence[Hit], holdings: Holdings) -> list[Hit]:
    """The same hits with the best of them in the order of a cross-encoder, if one is set.

    Source: Nogueira and Cho, "Passage re-ranking with BERT", 2019.
    """
    if holdings.reranker is None:
        return list(hits)
    depth = holdings.settings.reranker.depth
    texts = [f"{hit.statement.header()}\n{hit.passage.text}" for hit in hits[:depth]]
    scores = holdings.reranker.scores(question.standalone, texts)
    scored = sorted(zip(scores, hits[:depth], strict=True), key=lambda pair: -pair[0])
    # Above whatever was not read, whose fused scores stay below 2 / RRF_K.
    best = [
        replace(hit, score=1.0 + score, why={**hit.why, "reranker": rank})
        for rank, (score, hit) in enumerate(scored, start=1)
    ]
    return [*best, *hits[depth:]]


def enumerate_all(question: Question, holdings: Holdings) -> list[Hit]:
    """Every passage of the window that has all the names a timeline asks about: exhaustive, not the best few.

    Empty where the question has no names, or names that are nowhere held together.
    """
    names = [concept for concept in question.topic if concept.named]
    found = holdings.lexical.with_all([concept.forms for concept in names], question.filters or None, _MOST_ENUMERATED)
    fused = [(passage, score, {"names": rank}) for rank, (passage, score) in enumerate(found, start=1)]
    return hits_of(fused, {}, holdings, question.filters or None)


def fuse(rankings: Mapping[str, Ranking]) -> list[tuple[str, float, dict[str, int]]]:
    """Reciprocal rank fusion of named rankings.

    Returns:
        (passage id, score, rank in each ranking that has it), best first; ties by id, so that runs repeat.
    """
    why: dict[str, dict[str, int]] = {}
    for name, ranking in rankings.items():
        for rank, (passage, _) in enumerate(ranking, start=1):
            why.setdefault(passage, {})[name] = rank
    scored = [(passage, sum(1 / (RRF_K + rank) for rank in ranks.values()), ranks) for passage, ranks in why.items()]
    return sorted(scored, key=lambda entry: (-entry[1], entry[0]))


def hits_of(
    fused: Sequence[tuple[str, float, Mapping[str, int]]],
    likeness: Mapping[str, float],
    holdings: Holdings,
    filters: Filters | None,
) -> list[Hit]:
    """Fused passages with their texts and statements; those that the archive no longer has current drop out."""
    ids = [passage for passage, _, _ in fused]
    current = holdings.archive.passing(ids, filters or Filters())
    passages = holdings.archive.passages(current)
    statements = holdings.archive.statements({passage.statement_id for passage in passages.values()})
    return [
        Hit(passages[passage], statements[passages[passage].statement_id], score, why, likeness.get(passage, 0.0))
        for passage, score, why in fused
        if passage in passages
    ]
