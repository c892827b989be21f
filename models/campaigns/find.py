"""From an attribution to campaigns: graph, groups, and what is said about each."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.campaigns.config import CampaignConfig, Campaigns
from zhenzan.models.campaigns.describe import Facts, describe, member_rows, stable_ids
from zhenzan.models.campaigns.graph import Graph, build_graph
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
    "pairs_together", "expected_together", "mass",
)  # fmt: skip
_WHOLE: Final = ("first_ms", "last_ms", "order_size", "n_creators")
_REAL: Final = ("coordination", "estimated_cost_lo", "estimated_cost_hi")


def find_campaigns(
    attribution: Attribution,
    sections: pd.DataFrame | None = None,
    config: CampaignConfig | None = None,
) -> Campaigns:
    """Finds groups of accounts and streams that one operation would explain.

    Needs likers; without attributed acts the result is empty. Deterministic; ties break by
    content, so that neither the order of rows nor the spelling of ids matters.

    Args:
        attribution: Posteriors of the engagements.
        sections: `section_id, creator_id` (NULL where unknown); None if nothing is known.
        config: Settings.
    """
    config = config or CampaignConfig()
    graph = build_graph(attribution, config.min_p)
    groups = find_groups(graph, _significant(attribution, graph), config)
    groups.sort(key=lambda g: (-float(graph.p[g.rows].sum()), -len(g.rows), int(g.rows[0])))
    facts = Facts(_coherence(attribution, graph), _creators(sections))
    return _tables(graph, groups, facts, config)


def _tables(graph: Graph, groups: list[Group], facts: Facts, config: CampaignConfig) -> Campaigns:
    campaigns, details, members = [], [], []
    told = [(group, *describe(graph, group, facts, config)) for group in groups]
    told = [
        (group, campaign, detail)
        for group, campaign, detail in told
        if detail["n_streams"] == 1 or campaign["confidence"] >= config.min_confidence
    ]
    names = stable_ids(graph, [group for group, _, _ in told])
    for name, (group, campaign, detail) in zip(names, told, strict=True):
        campaigns.append({"campaign_id": name, **campaign})
        details.append({"campaign_id": name, **detail})
        members.append(member_rows(graph, group).assign(campaign_id=name))
    joined = pd.concat(members, ignore_index=True) if members else None
    return Campaigns(
        _typed(pd.DataFrame(campaigns, columns=list(_CAMPAIGNS))),
        pd.DataFrame(joined, columns=list(_MEMBERS)),
        _typed(pd.DataFrame(details, columns=list(_DETAILS))),
    )


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
