"""How good scores and probabilities are: operating points with intervals, and slice by slice.

Groups (worlds, operators, creators) are drawn whole in the bootstrap: what shares an operator is no
independent witness. A figure that the data cannot give is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.models.calibration import brier_skill, calibration_error
from zhenzan.models.metrics import auc, average_precision, group_weights, interval, recall_at

__all__ = ["JUDGED", "RATES", "slice_figures", "unit_figures"]

Reals = NDArray[np.float64]

JUDGED: Final = ("id", "positive", "group", "slice", "score", "probability")
"""Columns of what is judged; bands, intervals and amounts are judged where they are given:
`band`, `amount`, `n_purchased_lo`, `n_purchased_hi`."""
RATES: Final = (0.005, 0.01)
"""False-positive rates of the operating points: the project's bar, and twice as much."""
_REPLICATES: Final = 200
_TOP: Final = "likely_purchased"


def unit_figures(rows: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """Figures of one unit; each ranking figure is `[value, low, high]` (95 %).

    Args:
        rows: Columns `JUDGED`, `score` NaN where there is none. Rows without a score count as
            abstained and are left out of the rest.
        seed: Of the bootstrap.
    """
    kept = rows[rows["score"].notna()]
    found, score = kept["positive"].to_numpy(bool), kept["score"].to_numpy(np.float64)
    codes = np.unique(kept["group"].to_numpy(str), return_inverse=True)[1]
    measures: dict[str, Callable[[Reals, NDArray[np.bool_]], float]] = {
        "auc": auc,
        "average_precision": average_precision,
    }
    for rate in RATES:
        measures[f"recall_at_{rate:g}"] = partial(recall_at, rate=rate)
    made: dict[str, Any] = {
        "n": len(rows),
        "n_scored": len(kept),
        "n_positive": int(found.sum()),
        "n_groups": int(codes.max()) + 1 if len(codes) else 0,
    }
    made |= _with_intervals(score, found, codes, measures, seed)
    return made | _probabilities(kept) | _bands(kept) | _coverage(kept)


def slice_figures(rows: pd.DataFrame, seed: int = 0) -> list[dict[str, Any]]:
    """By slice: rows, mean probability, share of the top band, false positives at 0.5 %.

    The threshold is that of all rows together, so that slices can be compared. Its interval (95 %)
    draws groups whole, with a threshold of their own in each draw.

    Args:
        rows: Columns `JUDGED`.
        seed: Of the bootstrap.
    """
    kept = rows[rows["score"].notna()]
    if kept.empty:
        return []
    parts = kept.groupby(["slice", "positive"])
    above = _above(kept, np.asarray(parts.ngroup(), np.intp), seed)
    made = []
    for number, ((name, outcome), part) in enumerate(parts):
        band = part["band"].eq(_TOP).mean() if "band" in part else np.nan
        said = interval(above[:, number])
        made.append(
            {
                "slice": str(name),
                "positive": bool(outcome),
                "n": len(part),
                "n_groups": int(part["group"].nunique()),
                "above_0.005": _number(said.value),
                "above_0.005_low": _number(said.low),
                "above_0.005_high": _number(said.high),
                "top_band": _number(float(band)),
                "mean_probability": _number(float(part["probability"].mean())),
            }
        )
    return made


def _above(kept: pd.DataFrame, slices: NDArray[np.intp], seed: int) -> Reals:
    """Share of each slice above the threshold in each draw; the first draw is the data itself."""
    kept_score = kept["score"].to_numpy(np.float64)
    order = np.argsort(-kept_score, kind="stable")
    score, slices = kept_score[order], slices[order]
    negative = ~kept["positive"].to_numpy(bool)[order]
    codes = np.unique(kept["group"].to_numpy(str), return_inverse=True)[1][order]
    n_groups, n_slices = int(codes.max()) + 1, int(slices.max()) + 1
    weights = group_weights(n_groups, _REPLICATES if n_groups > 1 else 0, seed)
    made = np.full((len(weights), n_slices), np.nan)
    for row, weight in enumerate(weights):
        counts = weight[codes]
        organic = np.cumsum(counts * negative)
        # The first negative beyond what is allowed sets the bar, which is to be exceeded.
        beyond = int(np.searchsorted(organic, int(RATES[0] * organic[-1] + 1e-9), side="right"))
        cut = score[beyond] if beyond < len(score) else -np.inf
        of = np.bincount(slices, counts, n_slices)
        over = np.bincount(slices, counts * (score > cut), n_slices)
        np.divide(over, of, out=made[row], where=of > 0)
    return made


def _with_intervals(
    score: Reals,
    found: NDArray[np.bool_],
    codes: NDArray[np.intp],
    measures: dict[str, Callable[[Reals, NDArray[np.bool_]], float]],
    seed: int,
) -> dict[str, list[float | None] | None]:
    if not found.any() or found.all():
        return dict.fromkeys(measures)
    n_groups = int(codes.max()) + 1
    weights = group_weights(n_groups, _REPLICATES if n_groups > 1 else 0, seed)
    values: dict[str, list[float]] = {name: [] for name in measures}
    for weight in weights:
        at = np.repeat(np.arange(len(score)), weight[codes])
        for name, measure in measures.items():
            values[name].append(measure(score[at], found[at]))
    made: dict[str, list[float | None] | None] = {}
    for name, replicates in values.items():
        said = interval(replicates)
        made[name] = [_number(v) for v in (said.value, said.low, said.high)]
    return made


def _probabilities(kept: pd.DataFrame) -> dict[str, float | None]:
    told = kept[kept["probability"].notna()]
    p, found = told["probability"].to_numpy(np.float64), told["positive"].to_numpy(bool)
    return {
        "stated": _number(len(told) / len(kept)) if len(kept) else None,
        "calibration_error": _number(calibration_error(p, found)),
        "brier_skill": _number(brier_skill(p, found)) if len(p) else None,
    }


def _bands(kept: pd.DataFrame) -> dict[str, float | None]:
    if "band" not in kept:
        return {}
    top, found = kept["band"].eq(_TOP).to_numpy(), kept["positive"].to_numpy(bool)
    return {
        "top_band_precision": _number(float(found[top].mean())) if top.any() else None,
        "top_band_recall": _number(float(top[found].mean())) if found.any() else None,
        "top_band_false_positives": _number(float(top[~found].mean())) if (~found).any() else None,
    }


def _coverage(kept: pd.DataFrame) -> dict[str, float | None]:
    """Share of the 90 % intervals that hold the delivered number, where something was delivered."""
    if "n_purchased_lo" not in kept or "amount" not in kept:
        return {}
    part = kept[kept["amount"].gt(0) & kept["n_purchased_lo"].notna()]
    inside = (part["amount"] >= part["n_purchased_lo"]) & (part["amount"] <= part["n_purchased_hi"])
    return {"interval_coverage": _number(float(inside.mean())) if len(part) else None}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
