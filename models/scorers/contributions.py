"""Why a trained score is what it is: exact shares of each family in the log-odds, in words.

Shapley values of the trees add up to the score, column by column (Lundberg et al. 2020); a family
gets the sum of its columns, and is told by the column that moved most, with the value a reader can
look up. Columns without a value say nothing and are told as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import lightgbm
import numpy as np
import pandas as pd
from zhenzan.features.family import FeatureSpec, Text

__all__ = ["CONTRIBUTIONS", "contribution_text", "family_contributions"]

CONTRIBUTIONS: Final = ("unit", "id", "family", "log_odds", "feature", "value", "feature_log_odds")
"""Columns: a row per entity and family, and one of the family `average` for where all start."""

AVERAGE: Final = "average"


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
    shares = np.asarray(booster.predict(values, pred_contrib=True, num_threads=1), np.float64)
    families = np.array([c.split("__")[0] for c in columns], dtype=object)
    ids = frame.index.to_numpy(dtype=object)
    rows = np.arange(len(frame))
    parts = []
    for family in dict.fromkeys(families.tolist()):
        mine = np.flatnonzero(families == family)
        part = shares[:, mine]
        strongest = np.argmax(np.abs(part), axis=1)
        parts.append(
            pd.DataFrame(
                {
                    "unit": unit,
                    "id": ids,
                    "family": family,
                    "log_odds": part.sum(axis=1),
                    "feature": np.asarray(columns, dtype=object)[mine[strongest]],
                    "value": values[rows, mine[strongest]],
                    "feature_log_odds": part[rows, strongest],
                }
            )
        )
    start = pd.DataFrame(
        {"unit": unit, "id": ids, "family": AVERAGE, "log_odds": shares[:, -1], "feature": None,
         "value": np.nan, "feature_log_odds": np.nan}
    )  # fmt: skip
    parts.append(start.astype({"feature": object}))
    made = pd.concat(parts, ignore_index=True)
    order = pd.DataFrame({"id": made["id"], "size": -made["log_odds"].abs(), "f": made["family"]})
    sorted_rows = order.sort_values(["id", "size", "f"], kind="stable").index
    return made.loc[sorted_rows, list(CONTRIBUTIONS)].reset_index(drop=True)


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
