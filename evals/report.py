"""One HTML file out of one or more runs: summary, plots, and every case with gold and cited spans marked.

The file asks nothing of any network, and its policy would not let it: the one script that may run is the one in it,
named by its hash, so that no text of a statement or an answer can.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from itertools import pairwise
from pathlib import Path

from evals import measures, plots
from evals.compare import right
from evals.record import CaseRecord, Excerpt, RunRecord
from evals.scoring import ALL, by_type, ranking_of, table
from evals.text import MEASURES, heading, shown

_STATIC = Path(__file__).parent / "static"
_DEPTHS = range(1, 21)
Runs = Mapping[str, RunRecord]


def write_report(runs: Runs, folder: Path) -> Path:
    """Write ``index.html`` for the named runs into a folder, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(report(runs), encoding="utf-8")
    return path


def report(runs: Runs) -> str:
    """The whole page."""
    css, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    allowed = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; base-uri 'none'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation: {escape(', '.join(runs))}</title><style>{css}</style></head><body>"
        f"<h1>Evaluation</h1>{_legend(runs)}<h2>Summary</h2>{_summary(runs)}<h2>Plots</h2>{_plots(runs)}"
        f"<h2>Cases</h2>{_filters(runs)}{''.join(_cases(runs))}<h2>How the runs were made</h2>{_made(runs)}"
        f"<script>{script}</script></body></html>"
    )


# ---- summary and plots ---------------------------------------------------------------------------------------------


def _legend(runs: Runs) -> str:
    names = "".join(f'<li><span class="s{i} swatch"></span>{escape(name)}</li>' for i, name in enumerate(runs))
    return f'<ul class="legend">{names}</ul>'


def _summary(runs: Runs) -> str:
    tables = {name: table(run.cases) for name, run in runs.items()}
    present = [m for m in MEASURES if any(m in s.values for groups in tables.values() for s in groups.values())]
    heads = "".join(f'<th title="{escape(m)}">{escape(heading(m))}</th>' for m in present)
    rows = []
    for group in dict.fromkeys(group for groups in tables.values() for group in groups):
        for number, (name, groups) in enumerate(tables.items()):
            if group not in groups:
                continue
            summary = groups[group]
            cells = "".join(
                f'<td title="of {summary.eligible.get(m, summary.cases)}">{shown(m, summary.values.get(m))}</td>'
                for m in present
            )
            run = f'<td><span class="s{number} swatch" title="{escape(name)}"></span></td>'
            rows.append(f"<tr><th>{escape(group)}</th>{run}<td>{summary.cases}</td>{cells}</tr>")
    return (
        f'<div class="wide"><table><thead><tr><th></th><th>run</th><th>cases</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _plots(runs: Runs) -> str:
    answerable = [[case for case in run.cases if case.answerable] for run in runs.values()]
    groups = [g for g in dict.fromkeys(g for cases in answerable for g in by_type(cases)) if g != ALL]
    tables = {name: table(run.cases) for name, run in runs.items()}

    def of(measure: str) -> dict[str, list[float | None]]:
        return {
            name: [held[g].values.get(measure) if g in held else None for g in groups] for name, held in tables.items()
        }

    refusal = {
        name: (held[ALL].values.get("refusal_recall", 0.0), held[ALL].values.get("refusal_precision", 0.0))
        for name, held in tables.items()
        if "refusal_recall" in held[ALL].values
    }
    slowest = plots.rounded_up(max((ms for run in runs.values() for ms in _times(run)), default=1.0))
    drawn = [
        plots.bars(groups, of("evidence_recall"), "evidence recall by type"),
        plots.bars(groups, of("statement_recall"), f"statement recall at {measures.K} by type"),
        plots.lines({name: _recall_curve(run) for name, run in runs.items()}, "k", "statement recall at k", 20),
        plots.dots(refusal, "recall of refusal", "precision of refusal"),
        plots.lines({n: _latency_curve(run) for n, run in runs.items()}, "milliseconds", "share answered by", slowest),
    ]
    return f'<div class="plots">{"".join(f"<figure>{plot}</figure>" for plot in drawn)}</div>'


def _recall_curve(run: RunRecord) -> list[plots.Point]:
    """Mean statement recall at each depth, over the cases that have a ranking."""
    ranked = [
        ({span.statement for span in case.gold}, found)
        for case in run.cases
        if case.gold and (found := ranking_of(case.retrieved, case.gold, case.alt_gold)) is not None
    ]
    return [
        (float(k), sum(len(gold & set(found[:k])) / len(gold) for gold, found in ranked) / len(ranked))
        for k in _DEPTHS
        if ranked
    ]


def _latency_curve(run: RunRecord) -> list[plots.Point]:
    times = sorted(_times(run))
    return [(ms, (i + 1) / len(times)) for i, ms in enumerate(times)]


def _times(run: RunRecord) -> list[float]:
    return [case.timings_ms["total"] for case in run.cases if "total" in case.timings_ms]


# ---- cases ---------------------------------------------------------------------------------------------------------


def _filters(runs: Runs) -> str:
    types = dict.fromkeys(case.type for run in runs.values() for case in run.cases)
    options = "".join(f'<option value="{escape(name)}">{escape(name)}</option>' for name in types)
    return (
        '<form id="filters"><label>Words <input name="words" type="search"></label>'
        f'<label>Type <select name="type"><option value="">all</option>{options}</select></label>'
        '<label>Came out <select name="came"><option value="">any way</option><option value="right">right</option>'
        '<option value="wrong">wrong</option><option value="flipped">flipped</option></select></label>'
        '<output id="count"></output></form><p class="key"><mark class="gold">gold</mark> '
        '<mark class="cited">cited</mark> <mark class="gold cited">both</mark></p>'
    )


def _cases(runs: Runs) -> Iterator[str]:
    by_id: dict[str, dict[str, CaseRecord]] = {}
    for name, run in runs.items():
        for case in run.cases:
            by_id.setdefault(case.id, {})[name] = case
    for results in by_id.values():
        yield _case(results, list(runs))


def _case(results: Mapping[str, CaseRecord], names: Sequence[str]) -> str:
    case = next(iter(results.values()))
    verdicts = {right(result) for result in results.values()}
    came = "flipped" if len(verdicts) > 1 else "right" if verdicts == {True} else "wrong"
    before = "".join(f"<li>{escape(turn)}</li>" for turn in case.turns[:-1])
    answers = "".join(_answer(name, names.index(name), result) for name, result in results.items())
    return (
        f'<details class="case {came}" data-type="{escape(case.type)}" data-came="{came}"><summary>'
        f'<span class="id">{escape(case.id)}</span> <span class="type">{escape(case.type)}</span> '
        f"{escape(case.turns[-1])}</summary>{f'<ol>{before}</ol>' if before else ''}"
        f'<div class="answers">{answers}</div></details>'
    )


def _answer(name: str, number: int, result: CaseRecord) -> str:
    scores = ", ".join(f"{escape(heading(m))} {shown(m, value)}" for m, value in result.scores.items())
    verdict = "right" if right(result) else "wrong"
    return (
        f'<section><h3><span class="s{number} swatch"></span>{escape(name)}: {escape(result.outcome)} '
        f'<span class="{verdict}">{verdict}</span></h3><p class="scores">{scores}</p>'
        f'<pre class="text">{escape(result.text)}</pre>{"".join(_excerpts(result))}</section>'
    )


def _excerpts(result: CaseRecord) -> Iterator[str]:
    for excerpt in result.excerpts:
        at = (excerpt.statement, excerpt.version)
        spans = (*result.gold, *result.alt_gold)
        gold = [(s.start, s.end) for s in spans if (s.statement, s.version) == at]
        cited = [(c.start, c.end) for c in result.citations if (c.statement_id, c.version) == at]
        yield (
            f'<blockquote><cite>{escape(excerpt.title)} <span class="id">{escape(excerpt.statement)}</span></cite>'
            f"<p>{'… ' if excerpt.start else ''}{_marked(excerpt, gold, cited)} …</p></blockquote>"
        )


def _marked(excerpt: Excerpt, gold: Iterable[tuple[int, int]], cited: Iterable[tuple[int, int]]) -> str:
    """An excerpt with its gold and cited characters marked, cut where either begins or ends."""
    kinds = {"gold": list(gold), "cited": list(cited)}
    first, last = excerpt.start, excerpt.start + len(excerpt.text)
    inside = {edge for spans in kinds.values() for span in spans for edge in span if first < edge < last}
    edges = sorted({first, last} | inside)
    pieces = []
    for start, end in pairwise(edges):
        text = escape(excerpt.text[start - first : end - first])
        found = [kind for kind, spans in kinds.items() if any(a <= start and end <= b for a, b in spans)]
        pieces.append(f'<mark class="{" ".join(found)}">{text}</mark>' if found else text)
    return "".join(pieces)


def _made(runs: Runs) -> str:
    rows = []
    for name, run in runs.items():
        made = run.model_dump(mode="json", exclude={"cases"})
        shown_rows = "".join(
            f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>" for key, value in made.items()
        )
        rows.append(f'<h3>{escape(name)}</h3><table class="made">{shown_rows}</table>')
    return "".join(rows)
