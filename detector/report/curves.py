"""The curves and windows of one section: which are drawn, and the surroundings of the strongest."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from zhenzan.detector.report.material import Material, text
from zhenzan.detector.report.records import Curve, Window
from zhenzan.detector.report.redact import clean
from zhenzan.detector.report.wording import finite

__all__ = ["section_curves", "section_windows"]

MAX_CURVES: Final = 2  # the section's own stream and the next; 50 sections stay below 2 MB
MAX_WINDOWS: Final = 6  # as many numbers as a phone's width holds
_CLOSE: Final = 2  # windows drawn close up
_FINE: Final = 60  # bins of a close-up: a stroke of 5 px on a phone
_MIN_BIN_MS: Final = 1000
_KIND: Final = 30  # kinds are free text of the source


def section_curves(rows: pd.DataFrame | None, made: Material) -> tuple[tuple[Curve, ...], int]:
    """The section's own largest streams, then the comments with most that does not fit.

    Returns:
        The curves that are drawn, and how many are left out.
    """
    if rows is None or rows.empty:
        return (), 0
    streams = []
    for _, stream in rows.groupby(["kind", "comment_id"], dropna=False, sort=False):
        ordered = stream.sort_values("start_ms", kind="stable")
        comment = text(ordered["comment_id"].iloc[0])
        kind = str(ordered["kind"].iloc[0])
        seen, beyond = int(ordered["observed"].sum()), float(ordered["attributed"].sum())
        rank = (1, -beyond, -seen) if comment is not None else (0, -seen, -beyond)
        streams.append((*rank, kind, comment or "", ordered))
    streams.sort(key=lambda stream: stream[:-1])
    drawn = tuple(_curve(stream[-1], made) for stream in streams[:MAX_CURVES])
    return drawn, len(streams) - len(drawn)


def _curve(rows: pd.DataFrame, made: Material) -> Curve:
    comment = text(rows["comment_id"].iloc[0])
    figures = ("observed", "expected", "expected_lo", "expected_hi", "attributed")
    columns = [rows[name].astype("float64").fillna(0.0).tolist() for name in figures]
    spans = (rows["start_ms"].astype("int64").tolist(), rows["end_ms"].astype("int64").tolist())
    return Curve(
        kind=clean(str(rows["kind"].iloc[0]), _KIND),
        comment=None if comment is None else made.redactor.comment(comment),
        bins=tuple(zip(*spans, *columns, strict=True)),
    )


def section_windows(
    rows: pd.DataFrame | None,
    acts: pd.DataFrame | None,
    curves: tuple[Curve, ...],
    made: Material,
) -> tuple[tuple[Window, ...], int]:
    """The strongest windows, numbered in order of time, the two strongest with a close-up.

    Returns:
        The windows that are shown, and how many are left out.
    """
    if rows is None or rows.empty:
        return (), 0
    ranked = rows.sort_values(
        ["strength", "start_ms", "end_ms", "kind"],
        ascending=[False, True, True, True],
        kind="stable",
    )
    chosen = ranked.head(MAX_WINDOWS).reset_index(drop=True)
    order = chosen.sort_values(["start_ms", "end_ms"], kind="stable").index
    windows = []
    for number, at in enumerate(order, start=1):
        row = chosen.loc[at]
        window = _window(number, row, curves, made)
        if at < _CLOSE and acts is not None:
            window = _with_surroundings(window, row, acts)
        windows.append(window)
    return tuple(windows), len(rows) - len(windows)


def _window(number: int, row: pd.Series, curves: tuple[Curve, ...], made: Material) -> Window:
    comment = text(row["comment_id"])
    shown = None if comment is None else made.redactor.comment(comment)
    kind = clean(str(row["kind"]), _KIND)
    first = curves[0] if curves else None
    return Window(
        number=number,
        kind=kind,
        comment=shown,
        start_ms=int(row["start_ms"]),
        end_ms=int(row["end_ms"]),
        observed=int(row["observed"]),
        expected=finite(row["expected"]) or 0.0,
        attributed=finite(row["attributed"]) or 0.0,
        strength=finite(row["strength"]) or 0.0,
        on_curve=first is not None and (first.kind, first.comment) == (kind, shown),
    )


def _with_surroundings(window: Window, row: pd.Series, acts: pd.DataFrame) -> Window:
    """Adds fine counts from one window length before to one after."""
    comment = text(row["comment_id"])
    same = acts["comment_id"].isna() if comment is None else acts["comment_id"] == comment
    stream = acts[same & (acts["kind"] == row["kind"])]
    if stream.empty:  # known from counts or comments, whose acts are no engagements
        return window
    times = stream["ts_hi_ms"].to_numpy(np.int64)
    length = window.end_ms - window.start_ms
    width = max(_MIN_BIN_MS, -(-3 * length // _FINE))
    start = window.start_ms - length
    n_bins = -(-3 * length // width)
    at = (times - start) // width
    inside = (at >= 0) & (at < n_bins)
    purchased = stream["p_purchased"].fillna(0.0).to_numpy(np.float64)[inside]
    counts = np.bincount(at[inside], minlength=n_bins)
    excess = np.bincount(at[inside], weights=purchased, minlength=n_bins)
    fine = tuple(
        (round(float(e), 2), round(float(c - e), 2)) for e, c in zip(excess, counts, strict=True)
    )
    return Window(
        **{name: getattr(window, name) for name in Window.__slots__ if not name.startswith("fine")},
        fine_start_ms=start,
        fine_end_ms=start + n_bins * width,
        fine=fine,
    )
