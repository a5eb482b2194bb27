"""Two runs over the same cases: what changed, how sure that is, and which cases flipped.

Both tests are paired and seeded, so that a comparison repeats: the bootstrap interval (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993, percentile method) and Fisher's randomisation test, which flips the sign of each
case's difference (Smucker, Allan and Carterette, "A comparison of statistical significance tests for information
retrieval evaluation", CIKM 2007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.errors import OnRecordError
from evals.record import CaseRecord, RunRecord
from evals.scoring import CASE_MEASURES, by_type

LATENCY = "total_ms"
_DRAWS = 5_000
_SEED = 20251124
_SURE = 0.95
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Difference:
    """How one measure differs, run B less run A, over the cases of a group that are eligible in either.

    Attributes:
        cases: how many pairs.
        a, b: the means.
        low, high: 95% interval of the difference, by paired bootstrap.
        p: of a difference at least so large if both runs were alike, by randomisation, two-sided.
    """

    group: str
    measure: str
    cases: int
    a: float
    b: float
    low: float
    high: float
    p: float

    @property
    def difference(self) -> float:
        """B less A."""
        return self.b - self.a

    @property
    def sure(self) -> bool:
        """Whether both tests say so: the interval leaves out 0, and p is under 0.05."""
        return (self.low > 0 or self.high < 0) and self.p < 1 - _SURE


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that one run got right and the other did not."""

    a: CaseRecord
    b: CaseRecord

    @property
    def better(self) -> bool:
        """Whether B is the one that got it right."""
        return right(self.b)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every difference, by group and measure, and the cases that flipped."""

    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]


def compare(a: RunRecord, b: RunRecord, *, anyway: bool = False) -> Comparison:
    """Compare two runs case by case.

    Args:
        a, b: the runs; B is looked at as the change.
        anyway: compare even runs over other cases or another corpus; a case that a run lacks scores zero there.

    Raises:
        OnRecordError: the runs are over other cases or another corpus.
    """
    if not anyway:
        _require_alike(a, b)
    of_a, of_b = ({case.id: case for case in record.cases} for record in (a, b))
    differences = []
    for group, members in by_type([*a.cases, *(case for case in b.cases if case.id not in of_a)]).items():
        for measure in (*CASE_MEASURES, LATENCY):
            pairs = [pair for case in members if (pair := _pair(of_a.get(case.id), of_b.get(case.id), measure))]
            if pairs:
                differences.append(difference(group, measure, pairs))
    flips = (Flip(of_a[name], of_b[name]) for name in of_a if name in of_b)
    return Comparison(tuple(differences), tuple(flip for flip in flips if right(flip.a) != right(flip.b)))


def difference(group: str, measure: str, pairs: Sequence[tuple[float, float]]) -> Difference:
    """The difference of two measures over pairs (A, B), with its interval and its p."""
    values = np.asarray(pairs, dtype=np.float64)
    deltas = values[:, 1] - values[:, 0]
    low, high = bootstrap_interval(deltas)
    a, b = values.mean(axis=0)
    return Difference(group, measure, len(pairs), float(a), float(b), low, high, randomisation_p(deltas))


def bootstrap_interval(deltas: NDArray[np.float64]) -> tuple[float, float]:
    """The 95% interval of the mean of differences, from resamples of the cases."""
    drawn = np.random.default_rng(_SEED).integers(len(deltas), size=(_DRAWS, len(deltas)))
    low, high = np.quantile(deltas[drawn].mean(axis=1), [(1 - _SURE) / 2, (1 + _SURE) / 2])
    return float(low), float(high)


def randomisation_p(deltas: NDArray[np.float64]) -> float:
    """Share of random sign flips whose mean is at least as far from 0; the draw seen counts as one of them."""
    signs = np.random.default_rng(_SEED).choice([-1.0, 1.0], size=(_DRAWS, len(deltas)))
    as_far = np.abs((signs * deltas).mean(axis=1)) >= abs(deltas.mean()) - 1e-12
    return float((as_far.sum() + 1) / (_DRAWS + 1))


def right(case: CaseRecord) -> bool:
    """Whether a case came out right: refused where there is no answer, else with half of the gold quoted."""
    return case.scores.get("decision") == 1.0 and (
        not case.answerable or case.scores.get("evidence_recall", 0.0) >= _HALF
    )


def _pair(a: CaseRecord | None, b: CaseRecord | None, measure: str) -> tuple[float, float] | None:
    """Both scores; a run that lacks the case has 0, and a case that either is not eligible for has no pair."""
    one, other = (_scores(case).get(measure) for case in (a, b))
    if a is None and other is not None:
        return 0.0, other
    if b is None and one is not None:
        return one, 0.0
    return None if one is None or other is None else (one, other)


def _scores(case: CaseRecord | None) -> Mapping[str, float]:
    if case is None:
        return {}
    total = case.timings_ms.get("total")
    return dict(case.scores) | ({} if total is None else {LATENCY: total})


def _require_alike(a: RunRecord, b: RunRecord) -> None:
    differ = [
        name
        for name, same in (
            ("cases", a.cases_sha256 == b.cases_sha256 and {c.id for c in a.cases} == {c.id for c in b.cases}),
            ("corpora", a.corpus_sha256 == b.corpus_sha256),
        )
        if not same
    ]
    if differ:
        raise OnRecordError(
            f"The runs are over different {' and '.join(differ)}: their difference would say little about the change."
            " Run both again over the same, or give --anyway."
        )
