"""Why a trained score is what it is: exact shares of each family in the log-odds, in words.

Shapley values of the trees add up to the score, column by column (Lundberg et al. 2020); a family
gets the sum of its columns, and is told by the column that moved most, with the value a reader can
look up: columns that are not computable are told only where the family has no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.features.family import FeatureSpec, Text
from zhenzan.models.scorers.shares import TreeShares

__all__ = ["AVERAGE", "CONTRIBUTIONS", "column_shares", "contribution_text", "family_contributions"]

Reals = NDArray[np.float64]

CONTRIBUTIONS: Final = ("unit", "id", "family", "log_odds", "feature", "value", "feature_log_odds")
"""Columns: a row per entity and family, and one of the family `average` for where all start."""

AVERAGE: Final = "average"
"""Where all rows start, before anything is known of them."""


def column_shares(booster: lightgbm.Booster, values: Reals) -> tuple[Reals, float]:
    """Shares of each column in the log-odds of each row, and the average they are added to.

    Trees of more than 63 leaves are left to LightGBM, a hundred times slower.
    """
    try:
        trees = TreeShares.of(booster)
    except ValueError:
        made = np.asarray(booster.predict(values, pred_contrib=True, num_threads=1), np.float64)
        return made[:, :-1], float(made[0, -1])
    return trees.shares(values), trees.average


def family_contributions(
    unit: str, booster: lightgbm.Booster, frame: pd.DataFrame, columns: Sequence[str]
) -> pd.DataFrame:
    """Shares of the families in the log-odds of each row.

    Args:
        unit: `section`, `account` or `comment`.
        booster: The trees.
        frame: Rows to explain, indexed by id.
        columns: What the trees read, in their order.

    Returns:
        Columns `CONTRIBUTIONS`; the `log_odds` of a row's families sum to its raw score. By id,
        then by strength.
    """
    if frame.empty:
        return pd.DataFrame({name: [] for name in CONTRIBUTIONS})
    values = frame[list(columns)].to_numpy(dtype=np.float64)
    shares, average = column_shares(booster, values)
    of = np.array([c.split("__")[0] for c in columns], dtype=object)
    names = sorted({*of.tolist(), AVERAGE})
    n = len(frame)
    sums, at = np.full((n, len(names)), average), np.full((n, len(names)), -1)
    for place, name in enumerate(names):
        if name != AVERAGE:
            mine = np.flatnonzero(of == name)
            sums[:, place] = shares[:, mine].sum(axis=1)
            at[:, place] = mine[_strongest(shares[:, mine], values[:, mine])]
    order = np.argsort(-np.abs(sums), axis=1, kind="stable")
    by_id = np.argsort(frame.index.to_numpy(dtype=object), kind="stable")
    row = np.repeat(by_id, len(names))
    family = order[by_id].ravel()
    column = at[row, family]
    told = column >= 0
    made = {
        "unit": unit,
        "id": frame.index.to_numpy(dtype=object)[row],
        "family": np.asarray(names, dtype=object)[family],
        "log_odds": sums[row, family],
        "feature": np.where(told, np.asarray(columns, dtype=object)[column], None),
        "value": np.where(told, values[row, column], np.nan),
        "feature_log_odds": np.where(told, shares[row, column], np.nan),
    }
    return pd.DataFrame(made)[list(CONTRIBUTIONS)].astype({"feature": object})


def _strongest(shares: Reals, values: Reals) -> NDArray[np.intp]:
    """Of each row the column that moved most among those with a value; of all where none has."""
    blind = np.asarray(np.isnan(values), np.bool_)
    some = np.any(~blind, axis=1, keepdims=True)
    weight = np.where(blind & some, -1.0, np.abs(shares))
    return np.asarray(np.argmax(weight, axis=1), np.intp)


def contribution_text(spec: FeatureSpec, value: float, log_odds: float) -> Text:
    """One sentence: what was looked at, what was found, and which way it moved the score.

    Args:
        spec: Of the column that moved most.
        value: Its value; NaN = not computable.
        log_odds: What the family added.
    """
    times = float(np.exp(np.clip(log_odds, -20.0, 20.0)))
    zh_way = "升" if log_odds > 0 else "降"
    en_way = "raises" if log_odds > 0 else "lowers"
    shown_zh = "无法计算" if np.isnan(value) else f"{value:.3g}"
    shown_en = "not computable" if np.isnan(value) else f"{value:.3g}"
    return Text(
        zh=f"{spec.text.zh.rstrip('。')}：{shown_zh}；"
        f"使该事件的几率{zh_way}为原来的约 {times:.2g} 倍。",
        en=f"{spec.text.en.rstrip('.')}: {shown_en}; this {en_way} the odds of the stated event"
        f" to about {times:.2g} times what they were.",
    )
