"""Summaries and comparisons as plain tables for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap

from evals.compare import Comparison
from evals.record import CaseRecord
from evals.scoring import CASE_MEASURES, Summary

_SHORT = {
    "statement_recall": "recall",
    "statement_precision": "P",
    "evidence_recall": "evidence",
    "citation_precision": "cit. P",
    "verbatim_rate": "verbatim",
    "fact_coverage": "facts",
    "refusal_precision": "ref. P",
    "refusal_recall": "ref. R",
    "refusal_f1": "ref. F1",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
}
_WHOLE = frozenset({"words", "p50_ms", "p95_ms"})
MEASURES = (*CASE_MEASURES, "refusal_precision", "refusal_recall", "refusal_f1", "p50_ms", "p95_ms")


def shown(measure: str, value: float | None) -> str:
    """A value as it is printed: three places, none for sizes and times, a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:.0f}" if measure in _WHOLE else f"{value:.3f}"


def heading(measure: str) -> str:
    """A measure's name where there is little room."""
    return _SHORT.get(measure, measure)


def summary_text(groups: Mapping[str, Summary]) -> str:
    """One line for each group, one column for each measure that any of them has."""
    measures = [name for name in MEASURES if any(name in summary.values for summary in groups.values())]
    rows = [["", "cases", *map(heading, measures)]]
    for name, summary in groups.items():
        values = [shown(measure, summary.values.get(measure)) for measure in measures]
        rows.append([name, str(summary.cases), *values])
    return columns(rows)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of equal width, the first to the left and the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first is the heading."""
    rule = ["---", *["---:"] * (len(rows[0]) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))


def retrieval_rows(scores: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """One row for each system, one column for each measure."""
    measures = list(next(iter(scores.values())))
    return [["", *measures], *([name, *(f"{by[m]:.3f}" for m in measures)] for name, by in scores.items())]


def comparison_text(comparison: Comparison) -> str:
    """The differences as a table, those that are sure marked with a star, and the flipped cases with both answers."""
    rows = [["", "measure", "cases", "A", "B", "B - A", "95% interval", "p", ""]]
    for d in comparison.differences:
        values = [f"{d.a:.3f}", f"{d.b:.3f}", f"{d.difference:+.3f}", f"{d.low:+.3f} to {d.high:+.3f}", f"{d.p:.4f}"]
        rows.append([d.group, d.measure, str(d.cases), *values, "*" if d.sure else ""])
    better = sum(flip.better for flip in comparison.flips)
    lines = [columns(rows), "", f"{len(comparison.flips)} cases flipped: {better} for the better in B."]
    for flip in comparison.flips:
        lines += ["", f"== {flip.a.id} ({flip.a.type}), {'better' if flip.better else 'worse'} in B"]
        lines += [f"   {flip.a.turns[-1]}", *_side_by_side(flip.a, flip.b)]
    return "\n".join(lines)


def _side_by_side(a: CaseRecord, b: CaseRecord, width: int = 56) -> list[str]:
    """Two answers in two columns."""
    left, right = (
        [f"[{name}: {case.outcome}]", *(line for part in case.text.splitlines() for line in wrap(part, width))]
        for name, case in (("A", a), ("B", b))
    )
    rows = zip_longest(left, right, fillvalue="")
    return [f"   {one:<{width}} | {other}".rstrip() for one, other in rows]
