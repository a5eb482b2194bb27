"""docs/quality.md: every system over one question set, by type and by half, and follow-ups on a collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.record import CaseRecord, RunRecord
from evals.scoring import ALL, Summary, by_type, summarise, table
from evals.systems import OURS
from evals.text import heading, markdown, retrieval_rows, shown

_COLUMNS = (
    *("statement_recall", "ndcg", "evidence_recall", "citation_precision", "fact_coverage"),
    *("refusal_precision", "refusal_recall", "refusal_f1", "words", "p50_ms", "p95_ms"),
)
_BY_TYPE = ("statement_recall", "evidence_recall", "citation_precision")
_WHAT = """Statement recall and nDCG look at the first 10 statements; evidence is the share of gold quotes of which
citations have at least 80% of the characters; words is the median of answers that cite. Definitions, each worked by
hand in the tests, are in `evals/measures.py`. The plain baselines join all turns, weigh every word alike, quote the
best three passages whole and never refuse."""


def quality_page(runs: Mapping[str, RunRecord], retrieval: Mapping[str, Mapping[str, float]], command: str) -> str:
    """The page as Markdown.

    Args:
        runs: by system; ours is among them.
        retrieval: scores by wording on a collection of conversations; may be empty.
        command: what makes the page.
    """
    ours = runs[OURS]
    parts = [
        "# Quality",
        f"Made by `{command}` with {ours.code_version} and {ours.models['embedder']}, over {len(ours.cases)} cases of"
        f" {ours.config['cases']}. Times are of the machine it ran on, one case at a time.",
        " ".join(_WHAT.split()),
        "## Every system, all cases",
        _rows({name: summarise(run.cases) for name, run in runs.items()}, "system"),
        "## Ours by type",
        _rows(table(ours.cases), "type"),
        "## The two halves",
        "Odd- and even-numbered cases apart, to show how far the figures spread. Neither half is held out: the"
        " thresholds in `rag/absence.py` were set on the odd half, but the even"
        " half was seen while other parts were written.",
        _rows(_halves(runs), "system and half"),
        *(part for measure in _BY_TYPE for part in (f"## {measure} by type".replace("_", " "), _matrix(runs, measure))),
    ]
    if retrieval:
        parts += ["## Follow-ups: the same retriever, other wordings", markdown(retrieval_rows(retrieval))]
    return "\n\n".join(parts) + "\n"


def halves(cases: Sequence[CaseRecord]) -> tuple[list[CaseRecord], list[CaseRecord]]:
    """The first, third, fifth ... case, and the second, fourth, sixth ..."""
    return list(cases[::2]), list(cases[1::2])


def _halves(runs: Mapping[str, RunRecord]) -> dict[str, Summary]:
    return {
        f"{name}, {half}": summarise(cases)
        for name, run in runs.items()
        for half, cases in zip(("odd", "even"), halves(run.cases), strict=True)
    }


def _rows(groups: Mapping[str, Summary], first: str) -> str:
    rows = [[first, "cases", *map(heading, _COLUMNS)]]
    for name, summary in groups.items():
        rows.append([name, str(summary.cases), *(shown(c, summary.values.get(c)) for c in _COLUMNS)])
    return markdown(rows)


def _matrix(runs: Mapping[str, RunRecord], measure: str) -> str:
    groups = {name: table(run.cases) for name, run in runs.items()}
    types = [name for name in by_type(runs[OURS].cases) if name != ALL]
    rows = [["system", *types]]
    for name, by in groups.items():
        rows.append([name, *(shown(measure, by[t].values.get(measure)) for t in types)])
    return markdown(rows)
