"""Measures: each a small pure function that says how it is defined; worked by hand in tests/test_evals_measures.py.

Ranking measures are those of trec_eval, computed by `ir_measures` (MacAvaney, Macdonald and Ounis, "Streamlining
Evaluation with ir-measures", ECIR 2022). A measure that a case is not eligible for gives None, never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

import ir_measures
import numpy as np
from ir_measures import RR, P, Qrel, R, ScoredDoc, nDCG

from corpus.analysis import content_terms, terms

K = 10  # the ranking measures look at so many statements
COVERED = 0.8  # share of a gold quote's characters that citations must have
TOLD = 2 / 3  # share of a fact's content words that an answer must have


class Quote(Protocol):
    """Characters ``start`` to ``end`` of one version of a statement."""

    @property
    def start(self) -> int:
        """First character."""
        ...

    @property
    def end(self) -> int:
        """One after the last."""
        ...

    @property
    def quote(self) -> str:
        """What is said to stand there."""
        ...


# ---- ranking -----------------------------------------------------------------------------------------------------


def statement_recall(relevant: Collection[str], ranked: Sequence[str], k: int = K) -> float:
    """Share of the relevant statements among the first `k` ranked (trec_eval recall)."""
    return _ranking(R @ k, relevant, ranked)


def statement_precision(relevant: Collection[str], ranked: Sequence[str], k: int = K) -> float:
    """Relevant statements among the first `k` ranked, divided by `k` (trec_eval P)."""
    return _ranking(P @ k, relevant, ranked)


def ndcg(relevant: Collection[str], ranked: Sequence[str], k: int = K) -> float:
    """Discounted gain of the first `k` over that of the best order: a relevant one at rank r gains 1 / log2(1 + r).

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
    """
    return _ranking(nDCG @ k, relevant, ranked)


def reciprocal_rank(relevant: Collection[str], ranked: Sequence[str]) -> float:
    """1 / rank of the first relevant statement; 0 where there is none. Its mean over cases is the MRR."""
    return _ranking(RR, relevant, ranked)


def _ranking(measure: ir_measures.Measure, relevant: Collection[str], ranked: Sequence[str]) -> float:
    qrels = [Qrel("case", each, 1) for each in sorted(relevant)]
    run = [ScoredDoc("case", each, -float(rank)) for rank, each in enumerate(dict.fromkeys(ranked))]
    return float(ir_measures.calc_aggregate([measure], qrels, run)[measure]) if run else 0.0


# ---- quotes ------------------------------------------------------------------------------------------------------


def share_covered(span: Quote, quotes: Sequence[Quote]) -> float:
    """Share of a span's characters that lie in the union of quotes of the same version."""
    covered = {i for q in quotes for i in range(max(span.start, q.start), min(span.end, q.end))}
    return len(covered) / (span.end - span.start)


def covered(span: Quote, quotes: Sequence[Quote]) -> bool:
    """Whether quotes of the same version have at least 0.8 of a span's characters."""
    return share_covered(span, quotes) >= COVERED


def evidence_recall(golds: Sequence[tuple[Quote, Sequence[Quote]]]) -> float | None:
    """Share of the gold quotes that the citations cover.

    Args:
        golds: each gold span with the citations of the same version of the same statement.
    """
    return _mean([covered(span, quotes) for span, quotes in golds])


def citation_precision(cited: Sequence[str], right: Collection[str]) -> float | None:
    """Share of the citations that point to a statement which answers; None without any.

    An answer that cites nothing is not precise or imprecise: recall and refusal count its silence.
    """
    return _mean([statement in right for statement in cited])


def verbatim_rate(quotes: Sequence[tuple[Quote, str | None]]) -> float | None:
    """Share of the citations whose quote is exactly ``text[start:end]`` of what it cites; None without any.

    Args:
        quotes: each citation with the text of the version it names, None where that is not held.
    """
    return _mean([text is not None and text[q.start : q.end] == q.quote for q, text in quotes])


def speaker_correctness(pairs: Sequence[tuple[str, str | None]]) -> float | None:
    """Share of quoted gold spans put into the right mouth: the expected name's words are all in the given name.

    Args:
        pairs: (expected speaker, speaker that the citation gives), for gold spans that have one and are quoted.
    """
    return _mean([set(terms(expected)) <= set(terms(given or "")) for expected, given in pairs])


def date_correctness(days: Sequence[Collection[date]], date_from: date | None, date_to: date | None) -> float | None:
    """Share of the citations with a date (of publication or event) in the case's window; None without either.

    Args:
        days: the dates of each citation's statement.
        date_from, date_to: the window, inclusive; None leaves that end open.
    """
    if date_from is None and date_to is None:
        return None
    first, last = date_from or date.min, date_to or date.max
    return _mean([any(first <= day <= last for day in each) for each in days])


def fact_coverage(facts: Sequence[str], told: str) -> float | None:
    """Share of the facts that are told: two thirds of a fact's content words, stemmed, are among the words told.

    Args:
        facts: in few words each.
        told: the quotes of an answer, with the titles, speakers and dates it gives for them.
    """
    words = set(terms(told))
    return _mean([_share_in(content_terms(fact), words) >= TOLD for fact in facts])


# ---- refusal -----------------------------------------------------------------------------------------------------

Decisions = Sequence[tuple[bool, bool]]  # (refused, answerable)


def refusal_precision(decisions: Decisions) -> float | None:
    """Share of the refusals that were right: of cases without an answer. None where nothing was refused."""
    return _mean([not answerable for refused, answerable in decisions if refused])


def refusal_recall(decisions: Decisions) -> float | None:
    """Share of the cases without an answer that were refused; None where there is no such case."""
    return _mean([refused for refused, answerable in decisions if not answerable])


def refusal_f1(decisions: Decisions) -> float | None:
    """Harmonic mean of precision and recall of refusal; None where no case lacks an answer."""
    recall = refusal_recall(decisions)
    if recall is None:
        return None
    precision = refusal_precision(decisions) or 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# ---- size and time -----------------------------------------------------------------------------------------------


def words(text: str) -> int:
    """Runs of characters between white space."""
    return len(text.split())


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share of the values lies, between two of them in proportion; None without any."""
    return float(np.quantile(np.asarray(values), share)) if values else None


def median(values: Sequence[float]) -> float | None:
    """The middle value."""
    return percentile(values, 0.5)


def mean(values: Sequence[float]) -> float | None:
    """The average; None without any."""
    return _mean(values)


SET_MEASURES: Mapping[str, Callable[[Decisions], float | None]] = {
    "refusal_precision": refusal_precision,
    "refusal_recall": refusal_recall,
    "refusal_f1": refusal_f1,
}


def _share_in(wanted: Sequence[str], found: Collection[str]) -> float:
    return sum(term in found for term in wanted) / len(wanted) if wanted else 1.0


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
