"""Staged orders: the same accounts like, then comment, then share, on one section.

Sellers offer comments and shares to follow a like order by the same hands, ten minutes to hours
later (peers.md 4). One account that likes and then shares is everyday life; most of a delivery's
sharers having come from its likers, in that order, is a stage.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.campaigns.graph import Graph

__all__ = ["staged"]

Array: TypeAlias = np.ndarray[Any, Any]

# From the like to what follows: up to six hours (peers.md 4), and a night.
_LAG_MS: Final = 15 * 3_600_000


def staged(graph: Graph, rows: Array, comments: pd.DataFrame | None) -> tuple[int, int]:
    """Further acts of members who liked the same section, and how many of them came soon after.

    Args:
        graph: The attributed acts.
        rows: Those of the group.
        comments: `section_id, account_id, created_ms` of the comments; None if there are none.

    Returns:
        Acts other than likes (comments among them) by accounts whose like on the section or its
        comments is a delivered act of the group; and those that followed it within fifteen hours.
    """
    timed = rows[graph.at_ms[rows] >= 0]
    frame = pd.DataFrame(
        {
            "section_id": graph.streams["section_id"].to_numpy()[graph.stream[timed]],
            "account_id": graph.accounts[graph.account[timed]],
            "kind": graph.streams["kind"].to_numpy()[graph.stream[timed]],
            "at": graph.at_ms[timed],
        }
    )
    keys = ["section_id", "account_id"]
    liked = frame[frame["kind"] == "like"].groupby(keys, as_index=False)["at"].min()
    # Comments are counted from their own table, be they acts of the attribution or not.
    known = {"like"} if comments is None else {"like", "comment"}
    further = frame.loc[~frame["kind"].isin(known), [*keys, "at"]]
    if comments is not None:
        own = comments[comments["section_id"].isin(liked["section_id"].unique())]
        own = own.rename(columns={"created_ms": "at"})[[*keys, "at"]].dropna()
        further = pd.concat([further, own], ignore_index=True) if len(further) else own
    if liked.empty or further.empty:
        return 0, 0
    both = further.merge(liked, on=keys, suffixes=("", "_like"))
    lag = both["at"].to_numpy(dtype=np.int64) - both["at_like"].to_numpy(dtype=np.int64)
    return len(both), int(np.count_nonzero((lag > 0) & (lag <= _LAG_MS)))
