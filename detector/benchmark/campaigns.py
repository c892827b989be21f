"""How campaigns compare with what a simulated world ordered from whom.

What a campaign should recover is the *pool*: one seller's accounts deliver many kinds of orders,
and nothing in the data tells two buyers of one pool apart. Precision and recall count groups,
purity and completeness their acts, and adjusted mutual information compares the two groupings of
the delivered acts as wholes (Vinh, Epps & Bailey, JMLR 2010).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from zhenzan.detector.benchmark.information import adjusted_mutual_information
from zhenzan.features.errors import InputError
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.campaigns import Campaigns, find_campaigns

__all__ = ["campaign_figures"]

# A pool counts as findable from the smallest order sold, attributed in two sections or more.
_FINDABLE: Final = 20
# The shape that a delivery of the simulator should read as (`simulate.orders`).
_SHAPES: Final = {
    "flash": "flash",
    "hour": "flash",
    "steps": "steps",
    "linear": "linear",
    "constant": "linear",
    "diurnal": "diurnal",
    "curve": "decay",
}
_STREAM: Final = ["section_id", "comment_id", "kind"]


def campaign_figures(world: Path, found: Attribution | Campaigns) -> dict[str, float | int | None]:
    """Figures of the campaigns of one world; None where nothing is there to be measured.

    Returns:
        `n_campaigns`, `n_pools` (pools with twenty or more attributed acts in two sections),
        `precision` (campaigns of suspected pools whose acts are mostly delivered), `recall` (pools
        of which one campaign holds half of the attributed acts and which make up half of it),
        `purity` (delivered acts of campaigns that belong to their campaign's main pool),
        `delivered_share` (acts of campaigns that were delivered), `completeness` (attributed acts
        of a pool in its main campaign), `adjusted_mutual_information` over the delivered acts of
        campaigns (None without scikit-learn), `grouped_share` (attributed delivered acts that are
        in a campaign), `sized`, `size_right` (of the sized deliveries of one order, those with its
        quantity), `shaped`, `shape_right` (the same for shapes).

    Args:
        world: Directory of `zhenzan simulate`.
        found: What attribution made of it, or the campaigns themselves.

    Raises:
        InputError: The directory is no simulated world.
    """
    truth = world / "truth"
    if not (truth / "order.parquet").is_file():
        raise InputError(
            "is no simulated world", path=world, expected="a directory of `zhenzan simulate`"
        )
    if isinstance(found, Attribution):
        sections = pd.read_parquet(world / "section.parquet", columns=["section_id", "creator_id"])
        likely = _likely(found)
        campaigns = find_campaigns(found, sections)
    else:
        likely, campaigns = None, found
    acts = _acts(truth, campaigns, likely)
    return {
        "n_campaigns": len(campaigns.campaigns),
        **_groups(acts, campaigns),
        **_orders(truth, acts, campaigns.orders),
    }


def _likely(attribution: Attribution) -> pd.Series:
    acts = attribution.engagements.select(["engagement_id", "p_purchased"]).to_pandas()
    likely: pd.Series = acts.loc[acts["p_purchased"] >= 0.5, "engagement_id"]
    return likely


def _acts(truth: Path, campaigns: Campaigns, likely: pd.Series | None) -> pd.DataFrame:
    """Acts of campaigns and attributed ones: `found`, `delivered`, `pool`, `order_id`, `likely`."""
    acts = pd.read_parquet(
        truth / "engagement.parquet", columns=["engagement_id", "label", "campaign_id", "order_id"]
    )
    pools = pd.read_parquet(truth / "campaign.parquet")
    pool = dict(zip(pools["campaign_id"], pools.get("pool", []), strict=True))
    inside = campaigns.acts.rename(columns={"campaign_id": "found"})
    acts = acts.merge(inside, on="engagement_id", how="left", validate="one_to_one")
    grouped = acts["found"].notna()
    acts["likely"] = (
        grouped if likely is None else acts["engagement_id"].isin(set(likely)) | grouped
    )
    acts["delivered"] = acts["label"] == "delivered"
    acts["pool"] = acts["campaign_id"].map(pool).where(acts["delivered"])
    return acts[acts["likely"]]


def _groups(acts: pd.DataFrame, campaigns: Campaigns) -> dict[str, float | int | None]:
    orders_of = acts[acts["delivered"]].groupby("pool")["order_id"].nunique()
    size = acts[acts["delivered"]].groupby("pool").size()
    pools = size.index[(size >= _FINDABLE) & (orders_of >= 2)]
    inside = acts[acts["found"].notna()]
    of = inside.groupby("found")
    bought = inside[inside["delivered"]]
    table = pd.crosstab(bought["found"], bought["pool"]) if len(bought) else pd.DataFrame()
    suspected = campaigns.campaigns.loc[
        campaigns.campaigns["kind"] == "actor_cohort", "campaign_id"
    ].tolist()
    delivered = of["delivered"].mean().reindex(suspected) if suspected else pd.Series(dtype=float)
    whole = acts[acts["delivered"]].groupby("pool").size()
    best = table.max() if len(table) else pd.Series(dtype=float)
    complete = (best.reindex(pools).fillna(0.0) / whole.reindex(pools)).to_numpy(np.float64)
    return {
        "n_pools": len(pools),
        "precision": _mean(delivered >= 0.5),
        "recall": _mean([_recovered(table, whole, pool) for pool in pools]),
        "delivered_share": _mean(inside["delivered"]),
        "purity": float(table.max(axis=1).sum() / table.to_numpy().sum()) if len(table) else None,
        "completeness": _mean(complete),
        "grouped_share": _mean(acts.loc[acts["delivered"], "found"].notna()),
        "adjusted_mutual_information": _mutual_information(bought),
    }


def _mutual_information(bought: pd.DataFrame) -> float | None:
    if bought.empty:
        return None
    pool, found = bought["pool"].to_numpy(dtype=str), bought["found"].to_numpy(dtype=str)
    return adjusted_mutual_information(pool, found)


def _recovered(table: pd.DataFrame, whole: pd.Series, pool: str) -> bool:
    """Whether one campaign holds half of the pool's acts and is half made up of them."""
    if pool not in table:
        return False
    held = table[pool]
    good = (2 * held >= whole[pool]) & (2 * held >= table.sum(axis=1))
    return bool(good.any())


def _orders(
    truth: Path, acts: pd.DataFrame, deliveries: pd.DataFrame
) -> dict[str, float | int | None]:
    """Sizes and shapes of the deliveries whose stream got one order only."""
    orders = pd.read_parquet(truth / "order.parquet")
    names = ["sized", "size_right", "shaped", "shape_right"]
    if orders.empty or deliveries.empty or "section_id" not in orders:
        return dict.fromkeys(names)
    keyed = orders[orders["kind"] != "comment"].copy()
    for frame in (keyed, deliveries := deliveries.copy()):
        frame["comment_id"] = frame["comment_id"].fillna("")
    alone = ~keyed.duplicated(_STREAM, keep=False)
    joined = deliveries.merge(
        keyed.loc[alone, [*_STREAM, "quantity", "delivery"]], on=_STREAM, suffixes=("", "_true")
    )
    joined = joined[~joined.duplicated(_STREAM, keep=False)]
    sized = joined[joined["size"].notna()]
    wanted = joined["delivery_true"].map(_SHAPES)
    shaped = joined[joined["delivery"].notna() & wanted.notna()]
    return {
        "sized": _mean(joined["size"].notna()),
        "size_right": _mean(sized["size"] == sized["quantity"]),
        "shaped": _mean(joined["delivery"].notna()),
        "shape_right": _mean(shaped["delivery"] == shaped["delivery_true"].map(_SHAPES)),
    }


def _mean(values: Any) -> float | None:
    """The mean, None of nothing."""
    array = np.asarray(values, dtype=np.float64)
    return float(array.mean()) if len(array) else None
