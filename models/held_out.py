"""What a model is worth on rows it has not seen, stated apart: by class, slice and facet.

Full events, counts and comments alone are never averaged. Slices share one threshold, that of the
project's false-positive rate over the whole class, so that they can be compared; a share of few
rows has an interval (Clopper and Pearson 1934), and a figure that rows cannot give is None.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta
from zhenzan.models.calibration import brier_skill, calibration_error
from zhenzan.models.metrics import auc, average_precision, recall_at, threshold_at

__all__ = ["RATE", "SIZES", "class_figures", "main_class", "reliability", "sliced"]

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

RATE: Final = 0.005
"""False-positive rate of the operating point: the project's bar."""
SIZES: Final = (0, 50, 200, 1000)
"""Least engagements of each class of size."""
_BINS: Final = 10
_STATED: Final = 0.05
# Facets that only orders have: what is in them was delivered, whether or not the event happened.
_DELIVERED: Final = ("order", "pool", "delivery")
# Facets that follow from what happened: stated and observed cannot be compared inside them.
_BY_OUTCOME: Final = (*_DELIVERED, "life")
# Rows of a slice from which it is told: one row more or less moves its share by a tenth at most.
_LEAST: Final = 10


def main_class(kinds: NDArray[Any]) -> str:
    """The class that figures without a class speak of: full events, else the most frequent."""
    names, n = np.unique(kinds.astype(str), return_counts=True)
    return "events" if "events" in names else str(names[np.argmax(n)])


def class_figures(
    facts: pd.DataFrame, raw: Reals, stated: Reals, ends: tuple[Reals, Reals] | None = None
) -> dict[str, Any]:
    """Figures of the rows of one capability class.

    Args:
        facts: As of `Rows`.
        raw: Log-odds out of fold.
        stated: Probabilities, calibrated on other folds; NaN where none is stated.
        ends: Of the stated interval of the number purchased; NaN = unknown.
    """
    found = facts["positive"].to_numpy(bool)
    rules = np.nan_to_num(facts["rules"].to_numpy(np.float64), nan=-1.0)
    told = ~np.isnan(stated)
    p, y = stated[told], found[told]
    made: dict[str, Any] = {
        "n": len(found),
        "n_positive": int(found.sum()),
        "groups": int(facts["group"].nunique()),
        "auc": _number(auc(raw, found)),
        "auc_rules": _number(auc(rules, found)),
        "average_precision": _number(average_precision(raw, found)),
        "recall_at_0.5pct": _number(recall_at(raw, found, RATE)),
        "recall_at_0.5pct_rules": _number(recall_at(rules, found, RATE)),
        "calibration_error": _number(calibration_error(p, y)),
        "brier_skill": _number(brier_skill(p, y)),
        "reliability": reliability(p, y),
    }
    return made if ends is None else made | _coverage(facts["amount"].to_numpy(np.float64), *ends)


def reliability(probability: Reals, positive: Flags) -> list[list[float]]:
    """Points of a reliability diagram: mean stated, observed, rows; rising.

    What is stated at or below 0.05 is one point, the rest ten of equal mass.
    """
    order = np.argsort(probability, kind="stable")
    p, y = probability[order], positive[order]
    n_low = int(np.searchsorted(p, _STATED, side="right"))
    parts = [np.arange(n_low), *np.array_split(np.arange(n_low, len(p)), _BINS)]
    return [
        [round(float(p[at].mean()), 6), round(float(y[at].mean()), 6), len(at)]
        for at in parts if len(at)
    ]  # fmt: skip


def sliced(facts: pd.DataFrame, raw: Reals, stated: Reals) -> list[dict[str, Any]]:
    """By facet and value: share of what happened that was found, and of what did not that was too.

    Args:
        facts: As of `Rows`, of one capability class.
        raw: As of `class_figures`.
        stated: As there.
    """
    found = facts["positive"].to_numpy(bool)
    if not found.any() or found.all():
        return []
    above = raw > threshold_at(raw, found, RATE)
    made = []
    for facet, names in _facets(facts):
        for name in sorted(set(names[names != ""].tolist())):
            mine = names == name
            if mine.sum() < _LEAST:
                continue
            kept = mine & ~np.isnan(stated)
            if facet in _BY_OUTCOME:
                kept &= False
            free = mine & ~found & (facet not in _DELIVERED)
            made.append(
                {
                    "facet": facet,
                    "name": name,
                    "n": int(mine.sum()),
                    "n_positive": int((mine & found).sum()),
                    "found": _share(above[mine & found]),
                    "wrong": _share(above[free]),
                    "stated": _number(float(stated[kept].mean())) if kept.any() else None,
                    "observed": _number(float(found[kept].mean())) if kept.any() else None,
                }
            )
    return made


def _facets(facts: pd.DataFrame) -> Iterator[tuple[str, NDArray[Any]]]:
    """Facet and its value in each row; empty where it has none."""
    slices = facts["slice"].astype(str)
    ordered = slices.str.startswith("order:")
    yield "order", slices.where(ordered, "").str.removeprefix("order:").to_numpy(str)
    yield "life", slices.where(~ordered, "").to_numpy(str)
    for name in ("pool", "delivery", "language"):
        if name in facts:
            yield name, facts[name].fillna("").to_numpy(str)
    n = facts["n_engagements"].to_numpy(np.float64)
    at = np.searchsorted(SIZES, np.nan_to_num(n), side="right") - 1
    labels = np.array([f"{least}+" for least in SIZES])[at]
    yield "size", np.where(np.isnan(n), "", labels)


def _share(flags: Flags) -> list[float] | None:
    """Value and 95 % interval."""
    n, k = len(flags), int(flags.sum())
    if not n:
        return None
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return [round(k / n, 6), round(low, 6), round(high, 6)]


def _coverage(amount: Reals, low: Reals, high: Reals) -> dict[str, Any]:
    known = ~np.isnan(amount) & ~np.isnan(low)
    inside = (amount >= low) & (amount <= high)
    ordered, free = known & (amount > 0), known & (amount == 0)
    return {
        "interval_coverage": _number(float(inside[ordered].mean())) if ordered.any() else None,
        "interval_coverage_free": _number(float(inside[free].mean())) if free.any() else None,
        "interval_width": _number(float(np.median((high - low)[ordered])))
        if ordered.any()
        else None,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
