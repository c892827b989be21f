"""Trees for the number purchased, where something was: two quantiles, on a logarithmic scale.

They are grown on ordered sections alone. What attribution overlooks altogether leaves traces in the
other features, and where it leaves none the ends lie as far apart as ordered sections do.
"""

from __future__ import annotations

from typing import Any, Final

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.models.bundle import UnitModel
from zhenzan.models.calibration import conformal_widening
from zhenzan.models.intervals import LEVEL, Ends
from zhenzan.models.scorers.trees import booster_from_text

__all__ = ["LEAST", "attributed_ends", "grow_amounts", "log_amounts", "stated_interval"]

Reals = NDArray[np.float64]

LEAST: Final = 50
"""Ordered sections from which the trees are grown and their ends learnt: five lie beyond nine
tenths of them."""
_ROUNDS: Final = 150
_TREES: Final = {
    "objective": "quantile",
    "num_leaves": 7,
    "learning_rate": 0.05,
    "min_data_in_leaf": 15,
    "lambda_l2": 1.0,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}
"""Small trees, few rounds: ordered sections are counted in hundreds."""


def grow_amounts(values: Reals, amount: Reals) -> tuple[str, str]:
    """Text of the trees of the lower and of the upper quantile.

    Args:
        values: Rows of ordered sections, NaN = not computable.
        amount: Delivered number of each, above 0.
    """
    made = []
    for alpha in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        settings: dict[str, Any] = {**_TREES, "alpha": alpha}
        data = lightgbm.Dataset(values, np.log(amount), params=settings)
        made.append(lightgbm.train(settings, data, _ROUNDS).model_to_string())
    return made[0], made[1]


def log_amounts(trees: tuple[str, str], values: Reals) -> tuple[Reals, Reals]:
    """Logarithms of both quantiles of each row; crossed ones are put in order."""
    if not len(values):
        return np.zeros(0), np.zeros(0)
    found = [
        np.asarray(booster_from_text(text).predict(values, num_threads=1), np.float64)
        for text in trees
    ]
    return np.minimum(*found), np.maximum(*found)


def attributed_ends(rows: pd.DataFrame, low: Reals, high: Reals, probability: Reals) -> Ends:
    """Ends of the trees beside what attribution says of the same sections.

    Args:
        rows: Columns `n_engagements`, `n_purchased` and its ends.
        low: Of `log_amounts`.
        high: Of `log_amounts`.
        probability: Calibrated; NaN = unknown.
    """
    names = ("n_purchased_lo", "n_purchased", "n_purchased_hi", "n_engagements")
    own, middle, top, n = (rows[name].to_numpy(np.float64) for name in names)
    return Ends(low, high, probability, own, middle, top, n)


def stated_interval(
    model: UnitModel, values: Reals, rows: pd.DataFrame, classes: NDArray[Any], probability: Reals
) -> tuple[Reals, Reals]:
    """The 90 % interval of the number purchased in each section, as a scan states it.

    Args:
        model: Of sections.
        values: Its columns; NaN = not computable.
        rows: As of `attributed_ends`.
        classes: Capability class of each row; one without any learnt width keeps the interval of
            attribution.
        probability: Calibrated; NaN = unknown.
    """
    ends = [rows[f"n_purchased{end}"].to_numpy(np.float64).copy() for end in ("_lo", "", "_hi")]
    most = np.maximum(rows["n_engagements"].to_numpy(np.float64), ends[1])
    for name, factor in model.conformal.items():
        mine = classes == name
        a, b = conformal_widening(ends[0][mine], ends[1][mine], ends[2][mine], factor)
        ends[0][mine], ends[2][mine] = a, np.minimum(b, most[mine])
    if model.amounts is None:
        return ends[0], ends[2]
    low, high = log_amounts(model.amounts.trees, values)
    for name, how in model.amounts.widenings.items():
        mine = classes == name
        told = attributed_ends(rows[mine], low[mine], high[mine], probability[mine])
        ends[0][mine], ends[2][mine] = told.interval(how)
    return ends[0], ends[2]
