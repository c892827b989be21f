"""From an attribution to campaigns: graph, groups, and what is said about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.campaigns.config import CampaignConfig, Campaigns
from zhenzan.models.campaigns.describe import Facts, describe, member_rows, stable_ids
from zhenzan.models.campaigns.graph import Graph, build_graph
from zhenzan.models.campaigns.orders import ORDER_COLUMNS
from zhenzan.models.campaigns.overlap import shared_accounts
from zhenzan.models.campaigns.search import Group, find_groups

__all__ = ["find_campaigns"]

Array: TypeAlias = np.ndarray[Any, Any]

_CAMPAIGNS: Final = (
    "campaign_id", "kind", "n_accounts", "n_sections", "n_engagements", "first_ms", "last_ms",
    "coordination", "confidence", "order_size", "delivery", "estimated_cost_lo",
    "estimated_cost_hi", "algorithm", "evidence_ids",
)  # fmt: skip
_MEMBERS: Final = ("campaign_id", "member_kind", "member_id", "weight")
_DETAILS: Final = (
    "campaign_id", "n_streams", "n_creators", "n_orders", "n_orders_fit", "coherence", "pairs",
    "pairs_together", "expected_together", "mass", "n_dropped", "n_further", "n_staged",
)  # fmt: skip
_WHOLE: Final = ("first_ms", "last_ms", "order_size", "n_creators")
_REAL: Final = ("coordination", "estimated_cost_lo", "estimated_cost_hi")


def find_campaigns(
    attribution: Attribution,
    sections: pd.DataFrame | None = None,
    config: CampaignConfig | None = None,
    *,
    comments: pd.DataFrame | None = None,
    retracted: Sequence[str] = (),
) -> Campaigns:
    """Finds groups of accounts and streams that one operation would explain.

    Needs likers; without attributed acts the result is empty. Deterministic; ties break by
    content, so that neither the order of rows nor the spelling of ids matters.

    Args:
        attribution: Posteriors of the engagements.
        sections: `section_id, creator_id` (NULL where unknown); None if nothing is known.
        config: Settings.
        comments: `section_id, account_id, created_ms`, for what followed a like; None if unknown.
        retracted: Engagements that were taken back later.
    """
    config = config or CampaignConfig()
    graph = build_graph(attribution, config.min_p, retracted)
    groups = find_groups(graph, _significant(attribution, graph), config)
    groups.sort(key=lambda g: (-float(graph.p[g.rows].sum()), -len(g.rows), int(g.rows[0])))
    facts = Facts(_coherence(attribution, graph), _creators(sections), comments)
    return _tables(attribution, graph, groups, facts, config)


def _tables(
    attribution: Attribution,
    graph: Graph,
    groups: list[Group],
    facts: Facts,
    config: CampaignConfig,
) -> Campaigns:
    told = [(group, *describe(graph, group, facts, config)) for group in groups]
    told = [one for one in told if _credible(one[1], one[2], config)]
    names = stable_ids(graph, [one[0] for one in told])
    mass = np.bincount(graph.account, graph.p, minlength=len(graph.accounts))
    parts: dict[str, list[pd.DataFrame]] = {"members": [], "orders": [], "acts": []}
    for name, (group, _, _, orders) in zip(names, told, strict=True):
        ids = attribution.engagements["engagement_id"].take(pa.array(graph.act[group.rows]))
        parts["members"].append(member_rows(graph, group, mass).assign(campaign_id=name))
        parts["orders"].append(orders.assign(campaign_id=name))
        parts["acts"].append(pd.DataFrame({"engagement_id": ids.to_pandas(), "campaign_id": name}))
    members = _joined(parts["members"], _MEMBERS)
    return Campaigns(
        _typed(_named([one[1] for one in told], names, _CAMPAIGNS)),
        members,
        _typed(_named([one[2] for one in told], names, _DETAILS)),
        _joined(parts["orders"], ("campaign_id", *ORDER_COLUMNS)),
        shared_accounts(members, int(np.count_nonzero(mass))),
        _joined(parts["acts"], ("engagement_id", "campaign_id")),
    )


def _credible(campaign: dict[str, Any], detail: dict[str, Any], config: CampaignConfig) -> bool:
    """Whether the group is one beyond doubt: a single delivery always is.

    Of a pool of thousands few members meet twice, so that the confidence is low; likely acts whose
    members meet ten times as often as by chance are a group all the same.
    """
    if detail["n_streams"] == 1 or campaign["confidence"] >= config.min_confidence:
        return True
    likely = 2 * detail["mass"] >= campaign["n_engagements"]
    return bool(likely and detail["pairs_together"] >= 10 * (detail["expected_together"] + 1))


def _named(
    rows: list[dict[str, Any]], names: Sequence[str], columns: Sequence[str]
) -> pd.DataFrame:
    named = [{"campaign_id": name, **row} for name, row in zip(names, rows, strict=True)]
    return pd.DataFrame(named, columns=list(columns))


def _joined(parts: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """All rows in these columns; an empty part has no say in their types."""
    filled = [part for part in parts if len(part)]
    joined = pd.concat(filled, ignore_index=True) if filled else None
    return pd.DataFrame(joined, columns=list(columns))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers that may be NULL stay whole; missing reals are NaN."""
    whole = {name: "Int64" for name in _WHOLE if name in frame}
    real = {name: "float64" for name in _REAL if name in frame}
    return frame.astype({**whole, **real})


def _creators(sections: pd.DataFrame | None) -> dict[str, str]:
    if sections is None:
        return {}
    known = sections.dropna(subset=["section_id", "creator_id"])
    return dict(zip(known["section_id"], known["creator_id"], strict=True))


def _significant(attribution: Attribution, graph: Graph) -> Array:
    """By stream code, whether its excess passed the false-discovery control."""
    streams = attribution.streams.select(["section_id", "comment_id", "kind", "significant"])
    frame = streams.to_pandas()
    marked = frame[frame["significant"].eq(True)]
    wanted = set(zip(marked["section_id"], marked["comment_id"].fillna(""), marked["kind"],
                     strict=True))  # fmt: skip
    own = graph.streams
    keys = zip(own["section_id"], own["comment_id"].fillna(""), own["kind"], strict=True)
    return np.array([key in wanted for key in keys], dtype=bool)


def _coherence(attribution: Attribution, graph: Graph) -> Array:
    frame = attribution.accounts.select(["account_id", "audience_coherence"]).to_pandas()
    series = frame.set_index("account_id")["audience_coherence"]
    result: Array = series.reindex(pd.Index(graph.accounts)).to_numpy(dtype=np.float64)
    return result
