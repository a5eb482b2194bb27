"""How an answer is laid out: plain, as a dated timeline, or as a table of two columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import ceil

from rag.compose import plain
from rag.model import Answer, Citation, Shape
from ui.record import cited_statements
from ui.render.cited import Block, blocks_of, place
from ui.render.words import day, many, safe

_FEWEST_DATES = 3  # a drawing of fewer says less than the list
_NEAR = 0.025  # of the line's length: dots nearer than that go above one another
_LANES = 6
_TICKS = 8


@dataclass(frozen=True, slots=True)
class _Dot:
    """A statement on the timeline; `at` runs from 0 to 1, `lane` counts upwards from 0."""

    citation: Citation
    when: date
    at: float
    lane: int


def body_html(answer: Answer) -> str:
    """What an answer says, drawn in the shape that was asked for."""
    blocks = blocks_of(answer)
    if answer.question.shape is Shape.TIMELINE:
        return timeline_html(answer) + _body(blocks, "or-dated")
    return comparison_html(answer, blocks) or _body(blocks)


def comparison_html(answer: Answer, blocks: Sequence[Block]) -> str:
    """Two columns, one a side; empty where the answer is not written in two sides."""
    labels = [plain(side.label) for side in answer.question.sides]
    starts = [
        next((n for n, block in enumerate(blocks) if block.words.removesuffix(": nothing held") == f"**{label}**"), -1)
        for label in labels
    ]
    if len(labels) != 2 or not 0 <= starts[0] < starts[1]:
        return ""
    sides = [blocks[starts[0] + 1 : starts[1]], blocks[starts[1] + 1 :]]
    heads = "".join(f'<th scope="col" dir="auto">{safe(label)}</th>' for label in labels)
    cells = "".join(
        f'<td><p class="or-side" aria-hidden="true">{safe(label)}</p>'
        f"{laid_out(side) or '<p>Nothing held on this side.</p>'}</td>"
        for label, side in zip(labels, sides, strict=True)
    )
    before = _body(blocks[: starts[0]])
    return (
        f'{before}<div class="or-body"><table class="or-compare"><thead><tr>{heads}</tr></thead>'
        f"<tbody><tr>{cells}</tr></tbody></table></div>"
    )


def timeline_html(answer: Answer) -> str:
    """The statements on a line of time, each a button that opens it; empty for too few of them."""
    firsts = [citations[0] for citations in cited_statements(answer.citations).values()]
    dated = sorted(((_when(citation), citation) for citation in firsts), key=lambda pair: pair[0])
    if len(dated) < _FEWEST_DATES or dated[0][0] == dated[-1][0]:
        return ""
    first, last = dated[0][0], dated[-1][0]
    dots = list(_dots(dated, first, (last - first).days))
    lanes = 1 + max(dot.lane for dot in dots)
    ticks = "".join(
        f'<span class="or-tick" style="inset-inline-start:{at:.2%}">{safe(words)}</span>'
        for at, words in _ticks(first, last)
    )
    buttons = "".join(map(_dot, dots))
    label = f"{many(len(dots), 'statement')} from {day(first)} to {day(last)}"
    return (
        f'<div class="or-timeline" role="group" aria-label="Timeline: {label}" style="--lanes:{lanes}">'
        f'<div class="or-line">{buttons}</div><div class="or-ticks" aria-hidden="true">{ticks}</div></div>'
    )


def _when(citation: Citation) -> date:
    return citation.statement.event or citation.statement.published


def _dots(dated: Sequence[tuple[date, Citation]], first: date, days: int) -> Iterable[_Dot]:
    free_from = [-1.0] * _LANES
    for when, citation in dated:
        at = (when - first).days / days
        lane = next((n for n, end in enumerate(free_from) if at >= end), _LANES - 1)
        free_from[lane] = at + _NEAR
        yield _Dot(citation, when, at, lane)


def _dot(dot: _Dot) -> str:
    title = safe(f"{day(dot.when)}: {dot.citation.statement.title}")
    side = " or-late" if dot.at > 0.5 else ""
    return (
        f'<button type="button" class="or-dot{side}" {place(dot.citation)} aria-label="{title}"'
        f' style="inset-inline-start:{dot.at:.2%};--lane:{dot.lane}">'
        f'<span class="or-tip" aria-hidden="true">{title}</span></button>'
    )


def _ticks(first: date, last: date) -> list[tuple[float, str]]:
    """Beginnings of months or years between two days, a handful, with where they stand."""
    days = (last - first).days
    months = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last
    ]
    if not months:
        return [(0.0, day(first)), (1.0, day(last))]
    years = [month for month in months if month.month == 1]
    chosen = years if len(years) > 2 else months
    step = ceil(len(chosen) / _TICKS)
    return [
        ((tick - first) / timedelta(days=days), f"{tick.year}" if chosen is years else f"{tick:%b %Y}")
        for tick in chosen[::step]
    ]


def _body(blocks: Sequence[Block], more: str = "") -> str:
    names = f"or-body {more}".strip()
    return f'<div class="{names}">{laid_out(blocks)}</div>' if blocks else ""


def laid_out(blocks: Sequence[Block]) -> str:
    """Blocks as HTML, items that follow one another in one list."""
    html = []
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        inside = "".join(f'<{kind} dir="auto">{block.html}</{kind}>' for block in group)
        html.append(f"<ul>{inside}</ul>" if kind == "li" else inside)
    return "".join(html)
