"""Accounts by rules: how likely it delivered two acts or more, and in what company.

One suspicious act proves nothing: every viewer of a viral video sits in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers import bands
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.frames import (
    code_lists,
    column,
    flags,
    known_or_null,
    sums_by,
    to_frame,
)

__all__ = ["AccountActs", "account_acts", "score_accounts"]

Array: TypeAlias = np.ndarray[Any, Any]

# A posterior is never certain; keeps ln(1 - p) finite.
_CEILING: Final = 1.0 - 1e-6
# Nats against "at most one delivered act" at which the event is as likely as not.
_EVEN: Final = float(np.log(2.0))


@dataclass(frozen=True, slots=True)
class AccountActs:
    """Figures of each account's acts: arrays aligned with the accounts.

    Attributes:
        nats: -ln P(at most one of its acts was delivered).
        company: Mean ln likelihood ratio of company, weighted by p; NaN where never looked at.
        excess: The same of time and other acts together.
    """

    nats: Array
    company: Array
    excess: Array


def score_accounts(
    attribution: Attribution, facts: pd.DataFrame | None, t: Thresholds
) -> pd.DataFrame:
    """Scores every account; the columns of `accounts.parquet` without `campaign_ids`.

    Abstains for accounts with a single act (`insufficient_data`), for names that may be several
    people and for accounts that declare themselves automated (`not_applicable`).
    """
    frame = to_frame(attribution.accounts).sort_values("account_id", kind="stable")
    keys = pd.Index(frame["account_id"])
    n = len(frame)
    acts = account_acts(attribution.engagements, keys)
    coherence = column(frame, "audience_coherence")
    name_only, declared = _kinds(facts, keys)
    several = column(frame, "n_engagements") >= 2
    judged = several & ~name_only & ~declared
    nats = acts.nats * bands.coherence_factor(coherence, t)
    score = nats / (nats + _EVEN)
    posterior = -np.expm1(-acts.nats)
    company = judged & (acts.company >= t.account_company) & (posterior >= t.account_unusual)
    excess = judged & (acts.excess >= t.account_excess) & (posterior >= t.account_unusual)
    community = coherence >= t.coherent
    likely = company & excess & (posterior >= t.account_likely) & ~community
    odd = judged & (posterior >= t.account_unusual)
    band = np.select(
        [~judged, likely, odd & community, odd],
        [bands.INSUFFICIENT, bands.LIKELY, bands.UNUSUAL_EXPLAINED, bands.UNUSUAL],
        bands.ORGANIC,
    )
    status = np.select(
        [name_only | declared, judged], ["not_applicable", "scored"], "insufficient_data"
    )
    marks = {
        "timing.excess@1": excess,
        "coengagement.company@1": company,
        "coengagement.one_audience@1": odd & community,
        "account.name_only@1": name_only,
        "account.declared_automated@1": declared,
        "capability.too_little@1": ~several & ~name_only & ~declared,
    }
    return pd.DataFrame(
        {
            "account_id": keys.to_numpy(dtype=object),
            "score": np.where(judged, score, np.nan),
            "probability": np.full(n, np.nan),
            "band": band.astype(object),
            "coordinated": known_or_null(company | (odd & community), judged),
            # Nothing here looks at one account's own rhythm yet: unknown, not False.
            "automated": known_or_null(declared, declared),
            "status": status.astype(object),
            "n_engagements": frame["n_engagements"].to_numpy(dtype=np.int64),
            "n_attributed": column(frame, "n_attributed"),
            "n_sections": frame["n_sections"].to_numpy(dtype=np.int64),
            "audience_coherence": coherence,
            "reasons": code_lists(n, marks),
        }
    )


def account_acts(engagements: pa.Table, keys: pd.Index) -> AccountActs:
    """What the posteriors of its acts say of each account, in the order of `keys`."""
    named = engagements.filter(pc.is_valid(engagements["account_id"]))
    p = _reals(named["p_purchased"], 0.0)
    company = _reals(named["company"], np.nan)
    seen = ~np.isnan(company)
    factors = _reals(named["excess"], 0.0) + _reals(named["propensity"], 0.0)
    capped = np.minimum(p, _CEILING)
    values = pa.table(
        {
            "account_id": named["account_id"],
            "no": np.log1p(-capped),
            "odds": capped / (1.0 - capped),
            "p": p,
            "p_seen": p * seen,
            "company": p * np.nan_to_num(company, nan=0.0),
            "factors": p * factors,
        }
    )
    sums = sums_by(keys, ["no", "odds", "p", "p_seen", "company", "factors"], values)
    total = {name: sums[name].to_numpy(dtype=np.float64) for name in sums}
    # P(at most one) = prod(1 - p) x (1 + sum of the odds), acts being independent given the model.
    nats = np.maximum(-(total["no"] + np.log1p(total["odds"])), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return AccountActs(
            nats,
            np.where(total["p_seen"] > 0, total["company"] / total["p_seen"], np.nan),
            np.where(total["p"] > 0, total["factors"] / total["p"], np.nan),
        )


def _reals(values: pa.ChunkedArray, missing: float) -> Array:
    result: Array = pc.fill_null(values.cast(pa.float64()), missing).to_numpy()
    return result


def _kinds(facts: pd.DataFrame | None, keys: pd.Index) -> tuple[Array, Array]:
    """Which accounts are only a name, and which declare themselves automated."""
    if facts is None:
        return np.zeros(len(keys), dtype=bool), np.zeros(len(keys), dtype=bool)
    known = facts.drop_duplicates("account_id").set_index("account_id").reindex(keys)
    only = (
        known["id_kind"].eq("name_only").to_numpy(dtype=bool)
        if "id_kind" in known
        else np.zeros(len(keys), dtype=bool)
    )
    return only, flags(known, "declared_bot", len(keys))
