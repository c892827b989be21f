"""Diluted stars: sold stars moved into the life of popular repositories.

Undiluted, the ring's repositories have hardly any organic audience and are found by any method.
Moved, they are what a buyer gets: a small part of a lively stream, by accounts that also work
elsewhere. Each ring repository with 15 stars or more moves whole, keeping its own gaps, to a host
drawn from the organic repositories with 150 or more; it is thinned to a share of the host's stars.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from zhenzan.features.errors import SchemaError, UsageError

__all__ = ["COLUMNS", "dilute"]

COLUMNS: Final = ("repo", "owner", "actor", "starred_at", "origin")
ORGANIC: Final = "organic"
_LEAST_RING: Final = 15
_LEAST_HOST: Final = 150
_LEAST_MOVED: Final = 5
_MIDDLE: Final = (0.05, 0.95)  # quantiles of the host's stars between which a delivery starts


def dilute(stars: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Moves the ring's stars into organic repositories.

    An account that already starred its host keeps its organic star.

    Args:
        stars: `repo, owner, actor, starred_at, origin`; origin `organic` or anything else.
        share: Moved stars as a share of the host's own, at most the ring repository's size.
        seed: Same seed, same rows.

    Returns:
        `repo, owner, actor, starred_at_ms, moved`, sorted by repo, time and actor.

    Raises:
        SchemaError: A column is missing.
        UsageError: The share is no share, or nothing can be moved.
    """
    missing = [name for name in COLUMNS if name not in stars.columns]
    if missing:
        raise SchemaError(
            f"stars without {', '.join(missing)}", expected=f"columns {', '.join(COLUMNS)}"
        )
    if not 0 < share <= 1:
        raise UsageError(f"share {share} is not above 0 and at most 1")
    timed = pd.DataFrame(
        {
            "repo": stars["repo"].astype(str),
            "owner": stars["owner"].astype(str),
            "actor": stars["actor"].astype(str),
            "starred_at_ms": stars["starred_at"].astype("datetime64[ms, UTC]").astype("int64"),
            "moved": stars["origin"].astype(str) != ORGANIC,
        }
    )
    organic = timed[~timed["moved"]]
    moved = _move(timed[timed["moved"]], organic, share, np.random.default_rng(seed))
    both = pd.concat([organic, moved]).drop_duplicates(["repo", "actor"], keep="first")
    return both.sort_values(["repo", "starred_at_ms", "actor"]).reset_index(drop=True)


def _move(
    ring: pd.DataFrame, organic: pd.DataFrame, share: float, rng: np.random.Generator
) -> pd.DataFrame:
    """The ring's stars under their hosts. The order of the draws is part of the definition."""
    by_host = {str(repo): rows for repo, rows in organic.groupby("repo")}
    hosts = sorted(repo for repo, rows in by_host.items() if len(rows) >= _LEAST_HOST)
    rings = [rows for _, rows in ring.groupby("repo", sort=True) if len(rows) >= _LEAST_RING]
    if not hosts or not rings:
        raise UsageError(
            f"nothing to move: {len(rings)} ring repositories with {_LEAST_RING} stars or more, "
            f"{len(hosts)} organic ones with {_LEAST_HOST} or more"
        )
    parts = []
    for rows in rings:
        host = hosts[int(rng.choice(len(hosts)))]
        times = by_host[host]["starred_at_ms"].to_numpy()
        size = max(_LEAST_MOVED, min(len(rows), int(share * len(times))))
        keep = np.sort(rng.choice(len(rows), size, replace=False))
        start = rng.uniform(*(np.quantile(times, q) for q in _MIDDLE))
        own = rows["starred_at_ms"].to_numpy()
        parts.append(
            rows.iloc[keep].assign(
                repo=host,
                owner=by_host[host]["owner"].iloc[0],
                starred_at_ms=(start + own[keep] - own.min()).astype(np.int64),
            )
        )
    return pd.concat(parts)
