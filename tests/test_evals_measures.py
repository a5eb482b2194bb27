"""Every measure worked by hand, and a run's numbers recomputed by libraries that have nothing to do with ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from evals import measures
from evals.cases import Span
from evals.compare import bootstrap_interval, randomisation_p
from evals.scoring import ranking_of


@dataclass(frozen=True)
class Quote:
    start: int
    end: int
    quote: str = ""


def test_ranking_measures_by_hand() -> None:
    gold, ranked = {"a", "b"}, ["x", "a", "y", "z", "b"]
    assert measures.statement_recall(gold, ranked, k=2) == pytest.approx(1 / 2)
    assert measures.statement_precision(gold, ranked, k=5) == pytest.approx(2 / 5)
    assert measures.reciprocal_rank(gold, ranked) == pytest.approx(1 / 2)
    best = 1 / log2(2) + 1 / log2(3)
    assert measures.ndcg(gold, ranked, k=5) == pytest.approx((1 / log2(3) + 1 / log2(6)) / best)


def test_nothing_retrieved_scores_zero() -> None:
    for measure in (measures.statement_recall, measures.statement_precision, measures.ndcg, measures.reciprocal_rank):
        assert measure({"a"}, []) == 0.0


def test_a_statement_ranked_twice_counts_once_where_it_first_stands() -> None:
    assert measures.statement_precision({"a"}, ["a", "a", "b"], k=2) == pytest.approx(1 / 2)


@given(st.permutations(list("abcdefghij")), st.sets(st.sampled_from("abcdefghijk"), min_size=1), st.integers(1, 10))
def test_ranking_measures_equal_those_of_scikit_learn(ranked: list[str], gold: set[str], k: int) -> None:
    everything = [*ranked, *sorted(gold - set(ranked))]
    truth = np.array([[name in gold for name in everything]], dtype=int)
    score = np.array([[-float(i) for i in range(len(everything))]])
    found = np.array([[i < k and name in ranked for i, name in enumerate(everything)]], dtype=int)
    assert measures.statement_recall(gold, ranked, k) == pytest.approx(metrics.recall_score(truth[0], found[0]))
    assert measures.statement_precision(gold, ranked, k) == pytest.approx(metrics.precision_score(truth[0], found[0]))
    if gold <= set(ranked):
        assert measures.ndcg(gold, ranked, k) == pytest.approx(metrics.ndcg_score(truth, score, k=k))


def test_an_alternative_counts_as_the_one_gold_statement_and_not_as_one_of_many() -> None:
    def span(name: str) -> Span:
        return Span(name, 1, 0, 1, "")

    assert ranking_of(["x", "alt", "a"], [span("a")], [span("alt")]) == ["x", "a"]
    assert ranking_of(["x", "alt"], [span("a"), span("b")], [span("alt")]) == ["x", "alt"]
    assert ranking_of(None, [span("a")], []) is None


def test_coverage_is_of_characters_by_the_union_of_quotes() -> None:
    gold = Quote(100, 200)
    assert measures.share_covered(gold, [Quote(90, 140), Quote(130, 170)]) == pytest.approx(0.7)
    assert not measures.covered(gold, [Quote(90, 140), Quote(130, 170)])
    assert measures.covered(gold, [Quote(90, 140), Quote(130, 170), Quote(190, 300)])
    assert measures.evidence_recall([(gold, [Quote(100, 180)]), (gold, [])]) == pytest.approx(1 / 2)
    assert measures.evidence_recall([]) is None


def test_citations_by_hand() -> None:
    assert measures.citation_precision(["a", "a", "x", "b"], {"a", "b"}) == pytest.approx(3 / 4)
    assert measures.citation_precision([], {"a"}) is None
    text = "He said no."
    exact, wrong = Quote(8, 10, "no"), Quote(3, 7, "sayd")
    assert measures.verbatim_rate([(exact, text), (wrong, text), (exact, None), (exact, text)]) == pytest.approx(1 / 2)


def test_speakers_and_dates_by_hand() -> None:
    said = [("Jake Sullivan", "National Security Advisor Jake Sullivan"), ("Rajnath Singh", "R. K. Singh"), ("X", None)]
    assert measures.speaker_correctness(said) == pytest.approx(1 / 3)
    days = [[date(2022, 3, 1), date(2022, 2, 1)], [date(2022, 4, 1)]]
    assert measures.date_correctness(days, date(2022, 3, 1), date(2022, 3, 31)) == pytest.approx(1 / 2)
    assert measures.date_correctness(days, date(2022, 3, 1), None) == 1.0
    assert measures.date_correctness(days, None, None) is None


def test_a_fact_is_told_when_two_thirds_of_its_words_are() -> None:
    told = "They discussed the equipment that was delivered."
    assert measures.fact_coverage(["delivering equipment for shipyards"], told) == pytest.approx(1.0)  # 2 of 3, stemmed
    assert measures.fact_coverage(["equipment", "border management"], told) == pytest.approx(1 / 2)
    assert measures.fact_coverage([], told) is None


def test_refusal_by_hand() -> None:
    decisions = [(True, False), (True, False), (True, True), (False, False), (False, True)]
    assert measures.refusal_precision(decisions) == pytest.approx(2 / 3)
    assert measures.refusal_recall(decisions) == pytest.approx(2 / 3)
    assert measures.refusal_f1(decisions) == pytest.approx(2 / 3)
    assert measures.refusal_precision([(False, True)]) is None
    assert measures.refusal_f1([(False, True)]) is None
    assert measures.refusal_f1([(False, False)]) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_refusal_equals_that_of_scikit_learn(decisions: list[tuple[bool, bool]]) -> None:
    refused, absent = [r for r, _ in decisions], [not answerable for _, answerable in decisions]
    if any(absent):
        assert measures.refusal_f1(decisions) == pytest.approx(metrics.f1_score(absent, refused, zero_division=0))


def test_size_and_time_by_hand() -> None:
    assert measures.words("“We  agreed” [1]\n- it said") == 6
    assert measures.percentile([40.0, 10.0, 20.0, 30.0], 0.5) == pytest.approx(25.0)
    assert measures.percentile([0.0, 100.0], 0.95) == pytest.approx(95.0)
    assert measures.percentile([], 0.5) is None


def test_interval_and_p_agree_with_scipy() -> None:
    deltas = np.random.default_rng(7).normal(0.1, 0.3, 40)
    low, high = bootstrap_interval(deltas)
    theirs = stats.bootstrap((deltas,), np.mean, method="percentile", rng=1).confidence_interval
    assert (low, high) == (pytest.approx(theirs.low, abs=0.01), pytest.approx(theirs.high, abs=0.01))
    permuted = stats.permutation_test((deltas,), np.mean, permutation_type="samples", n_resamples=5000, rng=1)
    assert randomisation_p(deltas) == pytest.approx(permuted.pvalue, abs=0.015)
    assert bootstrap_interval(deltas) == (low, high)  # seeded


def test_no_difference_is_never_sure() -> None:
    assert randomisation_p(np.zeros(10)) == 1.0
    assert bootstrap_interval(np.zeros(10)) == (0.0, 0.0)
