"""What else is known of a row of a simulated world: its language, who delivered, how, and when.

Figures are stated apart for each of these, since a mean over them hides whom a model fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

__all__ = ["FACETS", "world_facets"]

FACETS: Final = ("language", "pool", "pools", "delivery", "time_ms")
"""Columns: language of the section or comment; kind of the pool that delivered most there, kinds of
all that delivered anything, joined by commas, and how the first delivered (None = nothing was);
publication, for accounts the first act. None or NaN = unknown."""


_ORDER: Final = ("campaign_id", "section_id", "comment_id", "delivered", "delivery")


def world_facets(world: Path) -> Mapping[str, pd.DataFrame]:
    """Columns `FACETS` of each unit of a simulated world, indexed by id."""
    truth = world / "truth"
    sections = _table(world / "section", ("section_id", "language", "published_ms"))
    comments = _table(world / "comment", ("comment_id", "language", "created_ms"))
    acts = _table(world / "engagement", ("account_id", "ts_lo_ms"))
    orders = _table(truth / "order", _ORDER)
    kinds = _table(truth / "campaign", ("campaign_id", "pool_kind")).set_index("campaign_id")
    accounts = _table(truth / "account", ("account_id", "pool")).set_index("account_id")
    sections, comments = sections.set_index("section_id"), comments.set_index("comment_id")
    orders["pool"] = orders["campaign_id"].map(kinds["pool_kind"])
    of_account = accounts["pool"].map(_kind, na_action="ignore")
    made = {
        "section": pd.DataFrame(
            {"language": sections["language"], "time_ms": sections["published_ms"]}
        ).join(_main(orders, "section_id")),
        "comment": pd.DataFrame(
            {"language": comments["language"], "time_ms": comments["created_ms"]}
        ).join(_main(orders, "comment_id")),
        "account": pd.DataFrame(
            {"language": None, "time_ms": acts.groupby("account_id")["ts_lo_ms"].min(),
             "pool": of_account, "pools": of_account, "delivery": None},
            index=accounts.index,
        ),
    }  # fmt: skip
    return {unit: _typed(frame) for unit, frame in made.items()}


def _table(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A table of the world; what it lacks (a world without orders: all columns) is unknown."""
    file = file.with_suffix(".parquet")
    made = pd.read_parquet(file) if file.is_file() else pd.DataFrame()
    return made.reindex(columns=list(columns))


def _kind(name: str) -> str:
    """Of pool `aged_3` its kind: `aged`."""
    return name.rpartition("_")[0] or name


def _main(orders: pd.DataFrame, key: str) -> pd.DataFrame:
    """Of each target pool and delivery of its largest order, and the kinds of all its pools.

    Equal orders go by their words.
    """
    known = orders[orders[key].notna() & orders["delivered"].gt(0)]
    first: pd.DataFrame = known.sort_values(
        ["delivered", "pool", "delivery"], ascending=[False, True, True], kind="stable"
    ).drop_duplicates(key)
    every = known.dropna(subset="pool").groupby(key)["pool"].agg(lambda p: ",".join(sorted(set(p))))
    return first.set_index(key)[["pool", "delivery"]].assign(pools=every)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    words = frame[["language", "pool", "pools", "delivery"]].astype(object)
    made = words.where(words.notna() & (words != ""), None)
    made["time_ms"] = frame["time_ms"].astype(np.float64)
    return made[list(FACETS)]
