"""The pictures of a section as inline SVG: curve, close-up, interval, timeline.

Every number that a picture shows stands in a table beside it as well; colours differ in lightness,
so that they part in print and for the colour-blind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from zhenzan.detector.report.axes import count_ticks, nights, time_ticks
from zhenzan.detector.report.records import Curve, Row, Window
from zhenzan.detector.report.svg import UNITS, bars, frame, number, percent, polyline, ribbon
from zhenzan.detector.report.wording import Wording

__all__ = ["band_strip", "close_up", "curve_panels", "gauge", "strokes", "table_bins"]

_HEADROOM: Final = 1.06  # the highest bar does not touch the frame
_BAND_ROOM: Final = 1.35
_TABLE_ROWS: Final = 30
_CURVE_TICKS: Final = 5  # labels that stand apart on a phone
_CLOSE_TICKS: Final = 3  # a close-up is half as wide as a curve


@dataclass(frozen=True, slots=True)
class _Scale:
    """From times and counts to units of the stretched box."""

    start_ms: int
    end_ms: int
    top: float

    def x(self, ms: float) -> float:
        return UNITS * (ms - self.start_ms) / max(1, self.end_ms - self.start_ms)

    def y(self, count: float) -> float:
        return UNITS * (1 - count / self.top)


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with the labels of its axes."""

    svg: Markup
    y_labels: Markup
    x_labels: Markup


def curve_panels(
    curve: Curve, windows: Sequence[Window], wording: Wording, *, zone_known: bool, label: str
) -> tuple[Panel, Panel]:
    """The total so far, and arrivals a bin with the expected band and what lies beyond it."""
    marked = [w for w in windows if w.on_curve]
    return (
        _growth(curve, marked, wording, zone_known=zone_known, label=label),
        _rate(curve, marked, wording, zone_known=zone_known, label=label),
    )


def _growth(
    curve: Curve, windows: Sequence[Window], wording: Wording, *, zone_known: bool, label: str
) -> Panel:
    total = sum(b[2] for b in curve.bins)
    expected = sum(b[3] for b in curve.bins)
    scale = _scale(curve, max(total, expected))
    seen, organic, plain = 0.0, 0.0, 0.0
    lines: tuple[list[tuple[float, float]], ...] = ([], [], [])
    for line in lines:
        line.append((scale.x(curve.bins[0][0]), scale.y(0)))
    for _, end, observed, expect, _, _, excess in curve.bins:
        seen, organic, plain = seen + observed, organic + expect, plain + observed - excess
        for line, value in zip(lines, (seen, organic, plain), strict=True):
            line.append((scale.x(end), scale.y(value)))
    body = (
        _backdrop(scale, windows, wording, zone_known=zone_known)
        + f'<path class="excess-area" d="{ribbon(lines[0], lines[2])}"/>'
        + f'<path class="expected-line" d="{polyline(lines[1])}"/>'
        + f'<path class="observed-line" d="{polyline(lines[0])}"/>'
    )
    overlay = _numbers(scale, windows)
    return _panel(body, overlay, scale, wording, css="growth", label=label)


def _rate(
    curve: Curve, windows: Sequence[Window], wording: Wording, *, zone_known: bool, label: str
) -> Panel:
    seen = max(b[2] for b in curve.bins)
    # A high expectation, as right after publication, must not press what arrived to the floor.
    scale = _scale(curve, max(seen, min(max(b[5] for b in curve.bins), _BAND_ROOM * seen)))
    low = [(scale.x((b[0] + b[1]) / 2), scale.y(b[4])) for b in curve.bins]
    high = [(scale.x((b[0] + b[1]) / 2), scale.y(b[5])) for b in curve.bins]
    middle = [(scale.x((b[0] + b[1]) / 2), scale.y(b[3])) for b in curve.bins]
    spans = [(scale.x(b[0]), scale.x(b[1]), b[2], min(b[6], b[2])) for b in curve.bins]
    within = bars((a, b, scale.y(seen - excess), UNITS) for a, b, seen, excess in spans)
    beyond = bars(
        (a, b, scale.y(seen), scale.y(seen - excess)) for a, b, seen, excess in spans if excess > 0
    )
    body = (
        _backdrop(scale, windows, wording, zone_known=zone_known)
        + f'<path class="observed" d="{within}"/><path class="excess" d="{beyond}"/>'
        + f'<path class="expected-band" d="{ribbon(high, low)}"/>'
        + f'<path class="expected-line" d="{polyline(middle)}"/>'
    )
    return _panel(body, "", scale, wording, css="rate", label=label)


def close_up(window: Window, wording: Wording, *, label: str) -> Panel:
    """Arrivals around a window, the window itself shaded."""
    width = (window.fine_end_ms - window.fine_start_ms) / len(window.fine)
    top = max(e + o for e, o in window.fine) or 1.0
    scale = _Scale(window.fine_start_ms, window.fine_end_ms, top * _HEADROOM)
    edges = [window.fine_start_ms + i * width for i in range(len(window.fine) + 1)]
    spans = [
        (scale.x(a), scale.x(b), e, o)
        for a, b, (e, o) in zip(edges, edges[1:], window.fine, strict=False)
    ]
    within = bars((a, b, scale.y(o), UNITS) for a, b, _, o in spans)
    beyond = bars((a, b, scale.y(o + e), scale.y(o)) for a, b, e, o in spans)
    body = (
        _shade(scale, window.start_ms, window.end_ms, "window")
        + f'<path class="observed" d="{within}"/><path class="excess" d="{beyond}"/>'
    )
    return _panel(body, "", scale, wording, css="close", label=label, most=_CLOSE_TICKS)


def gauge(row: Row, *, label: str) -> Markup:
    """The share beyond organic activity on a scale from 0 to 1: interval and best estimate."""
    if row.share is None:
        return frame("", css="gauge empty", label=label)
    low, high = row.lo or 0.0, row.share if row.hi is None else row.hi
    body = (
        '<rect class="track" y="420" width="1000" height="160"/>'
        f'<rect class="interval" x="{number(UNITS * low)}" y="250"'
        f' width="{number(UNITS * max(high - low, 0.008))}" height="500"/>'
    )
    dot = f'<circle class="dot" cx="{percent(row.share)}" cy="50%" r="4"/>'
    return frame(body, css=f"gauge b-{_css(row.band)}", label=label, overlay=dot)


def band_strip(bands: Sequence[tuple[str, int]], *, label: str) -> Markup:
    """How the sections divide over the bands."""
    total = sum(n for _, n in bands) or 1
    left = 0.0
    body = []
    for band, n in bands:
        width = UNITS * n / total
        if n:
            body.append(
                f'<rect class="fill b-{_css(band)}" x="{number(left)}" height="1000"'
                f' width="{number(max(width - 2, 1))}"/>'
            )
        left += width
    return frame("".join(body), css="strip", label=label)


def strokes(times: Sequence[int], start_ms: int, end_ms: int, *, label: str, css: str) -> Markup:
    """One stroke a time, on a line from start to end."""
    scale = _Scale(start_ms, end_ms, 1.0)
    places = sorted({number(scale.x(t)) for t in times}, key=float)
    path = "".join(f"M{x},0V1000" for x in places)
    return frame(f'<path class="stroke" d="{path}"/>', css=css, label=label)


def table_bins(curve: Curve) -> list[tuple[int, int, float, float, float]]:
    """The curve in at most 30 rows: `(start_ms, end_ms, observed, expected, beyond)`."""
    size = -(-len(curve.bins) // _TABLE_ROWS)
    rows = []
    for at in range(0, len(curve.bins), size):
        part = curve.bins[at : at + size]
        sums = [sum(b[i] for b in part) for i in (2, 3, 6)]
        rows.append((part[0][0], part[-1][1], sums[0], sums[1], sums[2]))
    return rows


def _scale(curve: Curve, top: float) -> _Scale:
    return _Scale(curve.bins[0][0], curve.bins[-1][1], (top or 1.0) * _HEADROOM)


def _backdrop(
    scale: _Scale, windows: Sequence[Window], wording: Wording, *, zone_known: bool
) -> str:
    """Nights, then windows of excess, then the lines of the counts."""
    dark = nights(scale.start_ms, scale.end_ms, wording) if zone_known else []
    shaded = "".join(_shade(scale, a, b, "night") for a, b in dark)
    marked = "".join(_shade(scale, w.start_ms, w.end_ms, "window") for w in windows)
    lines = "".join(
        f'<path class="grid" d="M0,{number(scale.y(t))}H1000"/>' for t in count_ticks(scale.top)
    )
    return shaded + marked + lines


def _shade(scale: _Scale, start_ms: int, end_ms: int, css: str) -> str:
    left, right = max(0.0, scale.x(start_ms)), min(float(UNITS), scale.x(end_ms))
    if right <= left:
        return ""
    width = max(right - left, 2.0)
    return f'<rect class="{css}" x="{number(left)}" width="{number(width)}" height="1000"/>'


def _numbers(scale: _Scale, windows: Sequence[Window]) -> str:
    """The windows' numbers along the top edge; close ones step down so that they stay apart."""
    marks, level, last = [], 0, -1.0
    for window in sorted(windows, key=lambda w: w.start_ms):
        at = min(0.985, max(0.015, scale.x((window.start_ms + window.end_ms) / 2) / UNITS))
        level = level + 1 if at - last < 0.05 else 0
        last = at
        y = 12 + 15 * (level % 4)
        marks.append(f'<text class="mark" x="{percent(at)}" y="{y}">{window.number}</text>')
    return "".join(marks)


def _panel(
    body: str,
    overlay: str,
    scale: _Scale,
    wording: Wording,
    *,
    css: str,
    label: str,
    most: int = _CURVE_TICKS,
) -> Panel:
    y = Markup("").join(
        Markup('<text x="100%" y="{}">{}</text>').format(
            percent(scale.y(t) / UNITS), wording.count(t)
        )
        for t in count_ticks(scale.top)
    )
    x = Markup("").join(
        Markup('<text class="{}" x="{}" y="14">{}</text>').format(
            _edge(scale.x(at) / UNITS), percent(scale.x(at) / UNITS), text
        )
        for at, text in time_ticks(scale.start_ms, scale.end_ms, wording, most)
    )
    return Panel(frame(body, css=css, label=label, overlay=overlay), y, x)


def _edge(fraction: float) -> str:
    """Labels near an edge grow inward."""
    return "from" if fraction < 0.08 else "until" if fraction > 0.92 else "at"


def _css(band: str) -> str:
    return "".join(c for c in band if c.isalpha() or c == "_")
