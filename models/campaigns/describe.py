"""What is said about one group: size, times, coordination, order, cost, id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from zhenzan.models.campaigns.config import ALGORITHM, CampaignConfig
from zhenzan.models.campaigns.graph import Graph
from zhenzan.models.campaigns.ladder import staged
from zhenzan.models.campaigns.orders import deliveries
from zhenzan.models.campaigns.prices import cost
from zhenzan.models.campaigns.search import Group
from zhenzan.models.campaigns.shapes import campaign_shape
from zhenzan.models.campaigns.sizes import count_of_size, main_size

__all__ = ["Facts", "describe", "member_rows", "stable_ids"]

Array: TypeAlias = np.ndarray[Any, Any]

# Streams that carry a group's identity: those with at least half the heaviest one's share.
_CORE_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Facts:
    """What attribution and the sections table know besides the graph.

    Attributes:
        coherence: Audience coherence by account code; NaN unknown.
        creator: Creator by section id.
        comments: `section_id, account_id, created_ms` of comments; None if there are none.
    """

    coherence: Array
    creator: dict[str, str]
    comments: pd.DataFrame | None = None


def describe(
    graph: Graph, group: Group, facts: Facts, config: CampaignConfig
) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    """One row of `campaigns`, one of `details`, and the group's deliveries, all without an id."""
    rows = group.rows
    p, at = graph.p[rows], graph.at_ms[rows]
    accounts, streams = np.unique(graph.account[rows]), np.unique(graph.stream[rows])
    sections = graph.streams["section_id"].to_numpy()[streams]
    timed = at[at >= 0]
    pairs, together, expected, tied = _pairs(graph, rows, config)
    coherence = _mean_coherence(graph, rows, facts.coherence)
    community = bool(coherence >= config.coherent)
    orders, sizes = deliveries(graph, rows, config)
    size = main_size(sizes)
    fits = count_of_size(orders["mass"].to_numpy(np.float64), size, config.over_delivery)
    low, high = cost(_delivered(graph, rows), config.over_delivery)
    further, soon = staged(graph, rows, facts.comments)
    shapes = orders.dropna(subset=["delivery"])
    mass = float(p.sum())
    beyond_chance = max(0.0, 1.0 - expected / together) if together else 0.0
    creators = {facts.creator[s] for s in sections if s in facts.creator}
    campaign: dict[str, Any] = {
        "kind": "community" if community else "actor_cohort",
        "n_accounts": len(accounts),
        "n_sections": len(set(sections)),
        "n_engagements": len(rows),
        "first_ms": int(timed.min()) if len(timed) else None,
        "last_ms": int(timed.max()) if len(timed) else None,
        "coordination": together / pairs if pairs else None,
        "confidence": round(float(p.mean()) * beyond_chance * tied, 6),
        "order_size": None if community else size,
        "delivery": campaign_shape(list(zip(shapes["delivery"], shapes["mass"], strict=True))),
        "estimated_cost_lo": None if community else round(low, 2),
        "estimated_cost_hi": None if community else round(high, 2),
        "algorithm": ALGORITHM,
        "evidence_ids": [],
    }
    details = {
        "n_streams": len(streams),
        "n_creators": len(creators) or None,
        "n_orders": len(orders),
        "n_orders_fit": fits,
        "coherence": coherence,
        "pairs": pairs,
        "pairs_together": together,
        "expected_together": expected,
        "mass": mass,
        "n_dropped": int(np.count_nonzero(graph.dropped[rows] & (p >= 0.5))),
        "n_further": further,
        "n_staged": soon,
    }
    return campaign, details, orders


def _delivered(graph: Graph, rows: Array) -> list[tuple[str, float, float]]:
    """By kind, the acts delivered with their 90 % interval (errors of the posteriors)."""
    kinds = graph.streams["kind"].to_numpy()[graph.stream[rows]]
    told = []
    for kind in sorted(set(kinds)):
        p = graph.p[rows][kinds == kind]
        error = 1.645 * float(np.sqrt(np.sum(p * (1 - p))))
        mass = float(p.sum())
        told.append((str(kind), max(mass - error, 0.0), mass + error))
    return told


def member_rows(graph: Graph, group: Group, everything: Array) -> pd.DataFrame:
    """Members with weights; sections and comments are both named where likes are on comments.

    Args:
        graph: The attributed acts.
        group: The group.
        everything: Attributed acts of each account in all.
    """
    rows = group.rows
    p = graph.p[rows]
    codes, who = np.unique(graph.account[rows], return_inverse=True)
    inside = np.bincount(who, p)
    streams = graph.streams.iloc[graph.stream[rows]]
    parts = [
        pd.DataFrame(
            {
                "member_kind": "account",
                "member_id": graph.accounts[codes],
                "weight": np.minimum(inside / everything[codes], 1.0),
            }
        )
    ]
    for kind in ("section", "comment"):
        ids = streams[f"{kind}_id"].to_numpy(dtype=object)
        shares = pd.Series(p).groupby(ids).sum() / p.sum()
        parts.append(
            pd.DataFrame(
                {
                    "member_kind": kind,
                    "member_id": shares.index.to_numpy(dtype=object),
                    "weight": shares.to_numpy(),
                }
            )
        )
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def stable_ids(graph: Graph, groups: list[Group]) -> list[str]:
    """Ids that survive small changes: a group is named after one of its heavy streams.

    Of the streams with at least half the heaviest one's share, the one with the smallest hash
    (a min-hash, so two versions of a group share their name as often as they share those
    streams). The larger group takes the name first; a later one that would repeat it takes its
    own next stream, and adds its first day when all are taken.
    """
    taken: set[str] = set()
    ids: list[str] = []
    keys = graph.streams["key"].to_numpy()
    for group in groups:
        streams, of = np.unique(graph.stream[group.rows], return_inverse=True)
        mass = np.bincount(of, graph.p[group.rows])
        heavy = streams[mass >= _CORE_SHARE * mass.max()]
        names = sorted(_digest(str(keys[s])) for s in heavy)
        free = [name for name in names if name not in taken]
        day = datetime.fromtimestamp(max(graph.at_ms[group.rows].min(), 0) / 1000, UTC).date()
        name = free[0] if free else _digest(f"{names[0]}\x1f{day}\x1f{len(ids)}")
        taken.add(name)
        ids.append(f"campaign:{name}")
    return ids


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _pairs(graph: Graph, rows: Array, config: CampaignConfig) -> tuple[int, int, float, float]:
    """Pairs of members, those sharing two streams or more, how many by chance, members in one.

    Chance: every account spreads its acts over all acts of the scan, so two accounts meet in the
    group's deliveries a Poisson number of times with mean d1 x d2 x sum of (delivery / all)^2.
    """
    accounts, who = np.unique(graph.account[rows], return_inverse=True)
    weight = np.bincount(who, graph.p[rows])
    chosen = np.argsort(-weight, kind="stable")[: config.pair_accounts]
    heavy = accounts[chosen]
    local = np.full(len(accounts), -1)
    local[chosen] = np.arange(len(chosen))
    kept, member = rows[local[who] >= 0], local[who[local[who] >= 0]]
    _, stream = np.unique(graph.stream[kept], return_inverse=True)
    incidence = csr_array(
        (np.ones(len(kept), dtype=np.int32), (member, stream)),
        shape=(len(heavy), int(stream.max()) + 1),
    )
    incidence.data[:] = 1
    shared = (incidence @ incidence.T).tocoo()
    i, j = shared.coords
    twice = (i != j) & (shared.data >= 2)
    together = int(np.count_nonzero(twice)) // 2
    tied = len(np.unique(i[twice])) / len(heavy)
    share = np.unique(graph.stream[rows], return_counts=True)[1] / max(graph.total, 1)
    # Accounts of equal activity are counted together: pairs of values, not of accounts.
    active, many = np.unique(graph.activity[heavy], return_counts=True)
    meeting = np.outer(active, active) * float(np.sum(share**2))
    chance = 1.0 - np.exp(-meeting) * (1.0 + meeting)
    expected = float((many @ chance @ many - many @ np.diag(chance)) / 2)
    return len(heavy) * (len(heavy) - 1) // 2, together, expected, tied


def _mean_coherence(graph: Graph, rows: Array, coherence: Array) -> float:
    """Mean over the members' acts weighted by posterior; NaN unless half of the weight is known."""
    value, p = coherence[graph.account[rows]], graph.p[rows]
    known = ~np.isnan(value)
    if p[known].sum() < 0.5 * p.sum() or not known.any():
        return float("nan")
    return float(np.sum(value[known] * p[known]) / p[known].sum())
