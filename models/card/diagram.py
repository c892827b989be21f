"""A reliability diagram as SVG text: the same points, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import sqrt
from typing import Final

__all__ = ["reliability_svg"]

_SIZE: Final = 300
_EDGE: Final = 46
# Told apart by shape as well as by colour (Okabe and Ito 2008, safe for colour-blind readers).
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_SHAPES: Final = ("circle", "square", "diamond", "circle")


def reliability_svg(
    title: str, across: str, up: str, lines: Mapping[str, Sequence[Sequence[float]]]
) -> str:
    """Stated against observed, one line of points a class.

    Args:
        title: For readers that do not see the picture, too.
        across: Under the horizontal axis.
        up: Beside the vertical axis.
        lines: Name to points: stated, observed, rows.
    """
    whole = _SIZE + 2 * _EDGE
    height = whole + 18 * len(lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {height}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>',
        f'<rect width="{whole}" height="{height}" fill="#fff"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = _at(tick, 0)
        parts.append(f'<path d="M{x} {_EDGE}V{y}M{_EDGE} {_at(0, tick)[1]}h{_SIZE}" '
                     'stroke="#ddd" fill="none"/>')  # fmt: skip
        parts.append(f'<text x="{x}" y="{y + 15}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{_EDGE - 6}" y="{_at(0, tick)[1] + 4}" '
                     f'text-anchor="end">{tick:g}</text>')  # fmt: skip
    (x0, y0), (x1, y1) = _at(0, 0), _at(1, 1)
    parts.append(f'<path d="M{x0} {y0}L{x1} {y1}" stroke="#888" stroke-dasharray="4 4"/>')
    for number, (name, points) in enumerate(lines.items()):
        colour, shape = _COLOURS[number % 4], _SHAPES[number % 4]
        path = "L".join(f"{x} {y}" for x, y in (_at(p[0], p[1]) for p in points))
        if points:
            parts.append(f'<path d="M{path}" stroke="{colour}" fill="none"/>')
        most = max((point[2] for point in points), default=1)
        for stated, observed, n in points:
            parts.append(_mark(shape, colour, *_at(stated, observed), 3 + 4 * sqrt(n / most)))
        y = whole - 6 + 18 * number
        parts.append(_mark(shape, colour, _EDGE + 6, y, 5))
        parts.append(f'<text x="{_EDGE + 18}" y="{y + 4}">{escape(name)}</text>')
    middle = _EDGE + _SIZE / 2
    parts.append(f'<text x="{middle}" y="{_EDGE + _SIZE + 30}" '
                 f'text-anchor="middle">{escape(across)}</text>')  # fmt: skip
    parts.append(f'<text x="14" y="{middle}" text-anchor="middle" '
                 f'transform="rotate(-90 14 {middle})">{escape(up)}</text>')  # fmt: skip
    return "\n".join([*parts, "</svg>"]) + "\n"


def _at(stated: float, observed: float) -> tuple[float, float]:
    return round(_EDGE + _SIZE * stated, 1), round(_EDGE + _SIZE * (1 - observed), 1)


def _mark(shape: str, colour: str, x: float, y: float, size: float) -> str:
    r = round(size, 1)
    if shape == "circle":
        return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}" fill-opacity="0.7"/>'
    turn = f' transform="rotate(45 {x} {y})"' if shape == "diamond" else ""
    return (
        f'<rect x="{round(x - r, 1)}" y="{round(y - r, 1)}" width="{round(2 * r, 1)}" '
        f'height="{round(2 * r, 1)}" fill="{colour}" fill-opacity="0.7"{turn}/>'
    )
