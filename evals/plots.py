"""Plots as inline SVG: pure functions from numbers to markup, with every label escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil

_WIDTH, _HEIGHT = 420, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 14, 40
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

Point = tuple[float, float]


def lines(series: Mapping[str, Sequence[Point]], x_label: str, y_label: str, x_max: float, y_max: float = 1.0) -> str:
    """One line for each series, through its points; where a series has one point, a dot."""
    drawn = []
    for number, (name, points) in enumerate(series.items()):
        at = [_at(x / x_max, y / y_max) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        dots = "".join(f'<circle class="s{number} dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in at[:1])
        drawn.append(f'<g><title>{escape(name)}</title><polyline class="s{number} line" points="{path}"/>{dots}</g>')
    return _framed("".join(drawn), x_label, y_label, x_max, y_max)


def dots(points: Mapping[str, Point], x_label: str, y_label: str) -> str:
    """One dot for each name, in the unit square, over the curves of equal harmonic mean (F1)."""
    curves = "".join(
        f'<polyline class="guide" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in _curve(f1))}"/>'
        for f1 in (0.2, 0.4, 0.6, 0.8)
    )
    drawn = []
    for number, (name, (x, y)) in enumerate(points.items()):
        cx, cy = _at(x, y)
        title = f"{escape(name)}: {x:.2f}, {y:.2f}"
        drawn.append(f'<circle class="s{number} dot" cx="{cx:.1f}" cy="{cy:.1f}" r="6"><title>{title}</title></circle>')
    return _framed(curves + "".join(drawn), x_label, y_label, 1.0, 1.0)


def bars(groups: Sequence[str], series: Mapping[str, Sequence[float | None]], y_label: str) -> str:
    """A group of bars for each name, one bar for each series; None leaves a gap."""
    slot = _ACROSS / max(len(groups), 1)
    width = slot * 0.8 / max(len(series), 1)
    drawn = []
    for number, (name, values) in enumerate(series.items()):
        for place, value in enumerate(values):
            if value is None:
                continue
            x, (_, y) = _LEFT + slot * (place + 0.1) + width * number, _at(0, value)
            title = f"{escape(name)}, {escape(groups[place])}: {value:.3f}"
            drawn.append(
                f'<rect class="s{number} bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}"'
                f' height="{_TOP + _DOWN - y:.1f}"><title>{title}</title></rect>'
            )
    for place, name in enumerate(groups):
        x, y = _LEFT + slot * (place + 0.5), _TOP + _DOWN + 12
        drawn.append(f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{escape(name[:11])}</text>')
    return _framed("".join(drawn), "", y_label, None, 1.0)


def _curve(f1: float) -> list[Point]:
    """Points (recall, precision) of equal F1."""
    recalls = [f1 / (2 - f1) + i * (1 - f1 / (2 - f1)) / 20 for i in range(21)]
    return [_at(recall, f1 * recall / (2 * recall - f1)) for recall in recalls]


def _at(x: float, y: float) -> Point:
    return _LEFT + _ACROSS * min(x, 1.0), _TOP + _DOWN * (1 - min(y, 1.0))


def _framed(inside: str, x_label: str, y_label: str, x_max: float | None, y_max: float) -> str:
    frame = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(y_label)}">']
    for step in range(5):
        _, y = _at(0, step / 4)
        frame.append(f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _ACROSS}" y1="{y:.1f}" y2="{y:.1f}"/>')
        tick = f"{y_max * step / 4:g}"
        frame.append(f'<text class="tick" x="{_LEFT - 5}" y="{y + 3:.1f}" text-anchor="end">{tick}</text>')
        if x_max is not None:
            x, _ = _at(step / 4, 0)
            label = f"{x_max * step / 4:g}"
            frame.append(f'<text class="tick" x="{x:.1f}" y="{_TOP + _DOWN + 12}" text-anchor="middle">{label}</text>')
    middle = _LEFT + _ACROSS / 2
    frame.append(f'<text class="axis" x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>')
    up = f"{_TOP + _DOWN / 2}"
    turned = f'transform="rotate(-90 11 {up})"'
    frame.append(f'<text class="axis" x="11" y="{up}" text-anchor="middle" {turned}>{escape(y_label)}</text>')
    return "".join([*frame, inside, "</svg>"])


def rounded_up(value: float) -> float:
    """A round number that is not less, for the end of an axis."""
    step = 10 ** max(len(str(ceil(value))) - 1, 0)
    return float(ceil(value / step) * step) or 1.0
