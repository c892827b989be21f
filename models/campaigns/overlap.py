"""Accounts that several campaigns have in common, and how many chance would give.

Campaigns of one seller draw from one pool. Accounts are ranked by nothing: of all N accounts that
delivered for any campaign, campaigns of n and m members share n m / N by chance (hypergeometric).
The pairs tested are many, so that p-values are multiplied by their number (Bonferroni).
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import hypergeom

__all__ = ["SHARED_COLUMNS", "shared_accounts"]

Array: TypeAlias = np.ndarray[Any, Any]

SHARED_COLUMNS: Final = ("campaign_id", "other_id", "n_shared", "expected", "p_value")

# One account in two campaigns is no pool.
_LEAST: Final = 2
# An account is a member here by its own acts, not by a stray one.
_MIN_WEIGHT: Final = 0.1


def shared_accounts(members: pd.DataFrame, universe: int) -> pd.DataFrame:
    """Pairs of campaigns with two or more common accounts, the most surprising first.

    Args:
        members: `campaign_id, member_kind, member_id, weight`.
        universe: Accounts that might have been members: those with an attributed act.

    Returns:
        Columns `SHARED_COLUMNS`, one row a pair, `campaign_id` before `other_id` in the order of
        `members`.
    """
    own = members[(members["member_kind"] == "account") & (members["weight"] >= _MIN_WEIGHT)]
    if own.empty:
        return pd.DataFrame(columns=list(SHARED_COLUMNS))
    campaign, names = pd.factorize(own["campaign_id"])
    who, accounts = pd.factorize(own["member_id"])
    belongs = csr_array(
        (np.ones(len(own), dtype=np.int64), (campaign, who)), shape=(len(names), len(accounts))
    )
    common = (belongs @ belongs.T).tocoo()
    i, j = common.coords
    kept = (i < j) & (common.data >= _LEAST)
    i, j, n_shared = i[kept], j[kept], common.data[kept]
    size = np.bincount(campaign, minlength=len(names))
    n = max(universe, len(accounts))
    tests = max(1, len(names) * (len(names) - 1) // 2)
    p_value = np.minimum(hypergeom.sf(n_shared - 1, n, size[i], size[j]) * tests, 1.0)
    found = pd.DataFrame(
        {
            "campaign_id": names.to_numpy()[i],
            "other_id": names.to_numpy()[j],
            "n_shared": n_shared,
            "expected": size[i] * size[j] / n,
            "p_value": p_value,
        }
    )
    order = np.lexsort((j, i, -n_shared, p_value))
    return found.iloc[order].reset_index(drop=True)
