"""Pictures of insights: the hours of a week, ranked bars, and steps of a counter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup
from zhenzan.detector.report.records import InsightSteps, InsightWeek
from zhenzan.detector.report.svg import UNITS, bars, frame, percent, polyline

__all__ = ["LEVELS", "bar_picture", "blocks", "steps_picture", "week_picture"]

LEVELS: Final = 5
"""Shades of the week's picture; as many as can be told apart in print."""

_BLOCK: Final = 3  # hours of a cell in the table beside the picture
_GAP: Final = 1.5  # units between cells


def week_picture(
    week: InsightWeek, days: Sequence[str], *, label: str
) -> tuple[Markup, Markup, Markup]:
    """The genuine acts of each hour as shades, with the labels of both axes.

    Args:
        week: Acts by hour of the week, Monday first.
        days: Names of the weekdays.
        label: What it shows, in a sentence.
    """
    top = max(week.genuine) or 1.0
    spans: list[list[tuple[float, float, float, float]]] = [[] for _ in range(LEVELS)]
    width, height = UNITS / 24, UNITS / 7
    for at, value in enumerate(week.genuine):
        if value <= 0:
            continue
        level = min(LEVELS - 1, int(LEVELS * value / top))
        x, y = at % 24 * width, at // 24 * height
        spans[level].append((x, x + width - _GAP, y, y + height - 3 * _GAP))
    body = "".join(
        f'<path class="shade h{n}" d="{bars(cells)}"/>' for n, cells in enumerate(spans) if cells
    )
    y_labels = Markup("").join(
        Markup('<text x="100%" y="{}">{}</text>').format(percent((i + 0.5) / 7), day)
        for i, day in enumerate(days)
    )
    x_labels = Markup("").join(
        Markup('<text class="from" x="{}" y="14">{:02d}</text>').format(percent(hour / 24), hour)
        for hour in range(0, 24, 6)
    )
    return frame(body, css="week", label=label), y_labels, x_labels


def blocks(week: InsightWeek) -> list[list[tuple[float, float]]]:
    """The week as a table: a row a weekday, `(genuine, raw)` for each three hours."""
    return [
        [
            (sum(week.genuine[at : at + _BLOCK]), sum(week.raw[at : at + _BLOCK]))
            for at in range(day * 24, day * 24 + 24, _BLOCK)
        ]
        for day in range(7)
    ]


def bar_picture(value: float, top: float, *, label: str) -> Markup:
    """One bar of a ranking, as wide as its part of the greatest."""
    width = UNITS * max(0.0, min(1.0, value / top if top > 0 else 0.0))
    return frame(f'<path class="bar" d="{bars([(0, width, 0, UNITS)])}"/>', css="bar", label=label)


def steps_picture(steps: InsightSteps, *, label: str) -> Markup:
    """Readings of a counter as steps: it had at least so many, and grew some time before."""
    first, last = steps.rows[0][0], steps.rows[-1][0]
    values = [row[1] for row in steps.rows]
    low, top = min(values), max(values)
    points: list[tuple[float, float]] = []
    for at, value, _ in steps.rows:
        x = UNITS * (at - first) / max(1, last - first)
        y = UNITS * (1 - (value - low) / ((top - low) or 1))
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    return frame(f'<path class="observed-line" d="{polyline(points)}"/>', css="steps", label=label)
