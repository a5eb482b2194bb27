"""The scores of one case, and the summary of many: overall and by type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from corpus.archive import Archive
from corpus.errors import NotHeld
from evals import measures
from evals.cases import Resolved, Span
from evals.record import FAILED, CaseRecord, Cited

ALL = "all"
CASE_MEASURES = (
    *("statement_recall", "statement_precision", "ndcg", "mrr"),
    *("evidence_recall", "citation_precision", "verbatim_rate", "speaker", "date", "fact_coverage"),
    *("faithfulness", "answer_relevance"),  # of a judge, where one was asked; see `evals.judge`
    *("decision", "words"),
)
Scores = dict[str, float]


def score(case: Resolved, result: CaseRecord, archive: Archive) -> Scores:
    """All scores of a case; those it is not eligible for are left out.

    `decision` is 1 when an unanswerable case was refused or an answerable one answered. What concerns the content of
    an answer is scored for answerable cases only; where asking failed, every score that the case is eligible for is 0.
    """
    found: dict[str, float | None] = {
        "decision": float(result.outcome != FAILED and result.refused != case.case.answerable)
    }
    if case.case.answerable:
        found |= _ranking(case, result) | _content(case, result, archive)
    if result.citations:
        found["verbatim_rate"] = measures.verbatim_rate([(c, _text(c, archive)) for c in result.citations])
        found["words"] = float(measures.words(result.text))
    return {name: round(value, 6) for name in CASE_MEASURES if (value := found.get(name)) is not None}


def _ranking(case: Resolved, result: CaseRecord) -> dict[str, float | None]:
    ranked = ranking_of(result.retrieved, case.gold, case.alt_gold)
    if ranked is None and result.outcome != FAILED:
        return {}
    relevant = {span.statement for span in case.gold}
    return {
        "statement_recall": measures.statement_recall(relevant, ranked or ()),
        "statement_precision": measures.statement_precision(relevant, ranked or ()),
        "ndcg": measures.ndcg(relevant, ranked or ()),
        "mrr": measures.reciprocal_rank(relevant, ranked or ()),
    }


def ranking_of(retrieved: Sequence[str] | None, gold: Sequence[Span], alternatives: Sequence[Span]) -> list[str] | None:
    """The statements retrieved, an alternative counted as the one gold statement that it stands in for."""
    if retrieved is None:
        return None
    statements = {span.statement for span in gold}
    stand_in = {span.statement for span in alternatives} if len(statements) == 1 else set()
    (one,) = statements if len(statements) == 1 else ("",)
    return list(dict.fromkeys(one if each in stand_in else each for each in retrieved))


def _content(case: Resolved, result: CaseRecord, archive: Archive) -> dict[str, float | None]:
    cited = result.citations
    right = {span.statement for span in (*case.gold, *case.alt_gold)}
    recall = measures.evidence_recall([(span, _beside(span, cited)) for span in case.gold])
    one = len({span.statement for span in case.gold}) == 1
    if one and any(measures.covered(span, _beside(span, cited)) for span in case.alt_gold):
        recall = 1.0
    spoken = [
        (span.speaker, c.speaker)
        for span in case.gold
        if span.speaker
        for c in _beside(span, cited)
        if measures.share_covered(span, [c])
    ]
    told = "\n".join(f"{c.quote} {c.title} {c.speaker or ''} {c.date.day} {c.date:%B %Y}" for c in cited)
    return {
        "evidence_recall": recall,
        "citation_precision": measures.citation_precision([c.statement_id for c in cited], right),
        "speaker": measures.speaker_correctness(spoken),
        "date": measures.date_correctness(
            [_days(c.statement_id, archive) for c in cited], case.case.date_from, case.case.date_to
        ),
        "fact_coverage": measures.fact_coverage(case.case.facts, told),
    }


def _beside(span: Span, cited: Sequence[Cited]) -> list[Cited]:
    """The citations of the same version as a gold span."""
    return [c for c in cited if (c.statement_id, c.version) == (span.statement, span.version)]


def _text(citation: Cited, archive: Archive) -> str | None:
    try:
        return archive.version(citation.statement_id, citation.version).text
    except NotHeld:
        return None


def _days(statement_id: str, archive: Archive) -> list[date]:
    held = archive.statements([statement_id]).get(statement_id)
    return [day for day in (held.published, held.event) if day] if held else []


# ---- summary -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """The measures of a group of cases: means, but for what only a set has and for sizes and times.

    Attributes:
        cases: how many.
        values: by measure; one that no case is eligible for is left out.
        eligible: of how many cases each mean is.
    """

    cases: int
    values: Mapping[str, float]
    eligible: Mapping[str, int] = field(default_factory=dict)


def summarise(cases: Sequence[CaseRecord]) -> Summary:
    """The measures of a group: means over eligible cases, refusal over all, median of words, p50 and p95 of time."""
    values: dict[str, float | None] = {}
    eligible: dict[str, int] = {}
    for name in CASE_MEASURES:
        scores = [case.scores[name] for case in cases if name in case.scores]
        values[name] = measures.median(scores) if name == "words" else measures.mean(scores)
        eligible[name] = len(scores)
    decisions = [(case.refused, case.answerable) for case in cases]
    for name, measure in measures.SET_MEASURES.items():
        values[name] = measure(decisions)
        eligible[name] = len(decisions)
    times = [case.timings_ms["total"] for case in cases if "total" in case.timings_ms]
    values |= {"p50_ms": measures.percentile(times, 0.5), "p95_ms": measures.percentile(times, 0.95)}
    return Summary(len(cases), {name: value for name, value in values.items() if value is not None}, eligible)


def by_type(cases: Sequence[CaseRecord]) -> dict[str, list[CaseRecord]]:
    """The cases in groups: all of them, then each type in the order in which it first comes."""
    groups: dict[str, list[CaseRecord]] = {ALL: list(cases)}
    for case in cases:
        groups.setdefault(case.type, []).append(case)
    return groups


def table(cases: Sequence[CaseRecord]) -> dict[str, Summary]:
    """The summary of all cases and of each type."""
    return {name: summarise(group) for name, group in by_type(cases).items()}
