"""By which figure our model ranks accounts: one place, so that all benchmarks rank alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
from zhenzan.models.attribution.result import Attribution

__all__ = ["account_score"]

_CERTAIN = 1e-12  # doubles end at a posterior of 1, sums of evidence must not


def account_score(attribution: Attribution) -> pd.Series[float]:
    """Score of every account that acted, by `account_id`: that it delivered anything at all.

    Minus the logarithm of the probability that it delivered none of its acts. A mean would put one
    lucky act of a newcomer above a worker's month; a sum of posteriors would put a thousand acts,
    each next to nothing, above two that are certain.
    """
    table = attribution.engagements.select(["account_id", "p_purchased"])
    acts = table.to_pandas().dropna(subset=["account_id"])
    spared = np.log(np.maximum(1.0 - acts["p_purchased"].to_numpy(np.float64), _CERTAIN))
    score: pd.Series[float] = pd.Series(-spared, index=acts["account_id"]).groupby(level=0).sum()
    every = pd.Index(attribution.accounts["account_id"].to_pandas(), name="account_id")
    return score.reindex(every, fill_value=0.0).sort_index()
