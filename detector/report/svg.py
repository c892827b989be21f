"""Drawing surfaces that fit any width: shapes stretch, strokes, dots and letters do not.

Shapes live in a view box of 1000 units a side that is stretched over the width that is there
(`preserveAspectRatio="none"`, strokes that do not scale); labels and dots are placed in per cent.
So a chart needs no script and no second version for phones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

__all__ = ["UNITS", "bars", "frame", "number", "percent", "polyline", "ribbon"]

UNITS = 1000
"""Width and height of the stretched view box."""


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    shown = f"{value:.1f}"
    return shown.removesuffix(".0")


def percent(fraction: float) -> str:
    """A place as CSS and SVG like it, two decimals."""
    return f"{100 * fraction:.2f}".rstrip("0").rstrip(".") + "%"


def bars(spans: Iterable[tuple[float, float, float, float]]) -> str:
    """Path of filled boxes `(left, right, top, bottom)` in units; empty ones are left out."""
    return "".join(
        f"M{number(a)},{number(bottom)}V{number(top)}H{number(b)}V{number(bottom)}Z"
        for a, b, top, bottom in spans
        if number(top) != number(bottom)
    )


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """Path through points in units."""
    return "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points)


def ribbon(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """Path of the area between two lines."""
    return polyline([*upper, *reversed(lower)]) + "Z"


def frame(body: str | Markup, *, css: str, label: str, overlay: str | Markup = "") -> Markup:
    """A chart: the stretched drawing, and over it what must keep its shape.

    Args:
        body: Shapes in units; made by us from numbers only.
        css: Class that sets its height.
        label: What it shows, in a sentence, for those who do not see it.
        overlay: Shapes placed in per cent.
    """
    return Markup(
        '<svg class="chart {css}" role="img" aria-label="{label}">'
        '<svg class="stretch" viewBox="0 0 {units} {units}" preserveAspectRatio="none">'
        "{body}</svg>{overlay}</svg>"
    ).format(
        css=css,
        label=escape(label),
        units=UNITS,
        body=Markup(body),  # noqa: S704 - numbers and letters of ours
        overlay=Markup(overlay),  # noqa: S704
    )
