"""By which figure our model ranks accounts: one place, so that all benchmarks rank alike."""

from __future__ import annotations

import pandas as pd
from zhenzan.models.attribution.result import Attribution

__all__ = ["account_score"]


def account_score(attribution: Attribution) -> pd.Series[float]:
    """Score of every account that acted, by `account_id`: acts that it likely delivered.

    The sum of its posteriors. A mean would put one lucky act of a newcomer above a worker's month.
    """
    accounts = attribution.accounts.to_pandas().set_index("account_id")
    score: pd.Series[float] = accounts["n_attributed"].astype(float).sort_index()
    return score
