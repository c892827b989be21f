"""What really happened in a simulated world, as the benchmark counts it.

An account is a positive if it delivered anything, likes or comments; it is organic if it acted and
delivered nothing, members of pools and hard negatives included. A section is a hard negative if it
plays one and nobody ordered anything for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.features.errors import InputError

__all__ = [
    "AccountTruth",
    "innocent_sections",
    "read_accounts",
    "read_sections",
    "world_name",
]

Flags = NDArray[np.bool_]

_EVERYDAY: Final = "organic"  # the scenario of everyday life
_ORDERS: Final = (("1", 1, 1), ("2", 2, 2), ("3-4", 3, 4), ("5+", 5, 1 << 30))
_SMALL: Final = "500"  # nominal size of the pools that the targets speak of
_POOL_SIZE: Final = re.compile(r"_(\d+)")


@dataclass(frozen=True, slots=True)
class AccountTruth:
    """Accounts that acted.

    Attributes:
        account_id: In id order.
        delivered: Whether it delivered anything.
        groups: Group to its members; workers by family, pool, pool size, orders and target,
            organic accounts by hard negative (`scenario:…`). Groups without members are left out.
    """

    account_id: pd.Index[str]
    delivered: Flags
    groups: Mapping[str, Flags]


def read_accounts(world: Path) -> AccountTruth:
    """The accounts of a world that liked, shared or commented at least once.

    Raises:
        InputError: The directory is no simulated world.
    """
    table = _truth(world, "account").set_index("account_id").sort_index()
    ids, families = _families(world)
    wrote = pd.Index(_table(world / "comment.parquet", ["account_id"])["account_id"].dropna())
    table = table[(table["n_engagements"] > 0) | table.index.isin(wrote)]
    delivered = ((table["n_delivered"] > 0) | (table["n_comments_delivered"] > 0)).to_numpy()
    by_family = {
        name: table.index.isin(ids[families == name]) for name in sorted(set(families.tolist()))
    }
    groups = {"all": delivered}
    groups |= {f"family:{name}": inside & delivered for name, inside in by_family.items()}
    groups |= _by_pool(table, delivered)
    groups |= _targets(table, by_family, delivered)
    for name in sorted(set(table["scenario"]) - {_EVERYDAY}):
        groups[f"scenario:{name}"] = (table["scenario"] == name).to_numpy() & ~delivered
    groups = {name: inside for name, inside in groups.items() if inside.any()}
    return AccountTruth(table.index, delivered, MappingProxyType(groups))


def _by_pool(table: pd.DataFrame, delivered: Flags) -> dict[str, Flags]:
    """Workers by pool, by its nominal size, by their number of orders, and by the last two."""
    pool, size = _pools(table)
    groups = {f"pool:{p}": (pool == p) & delivered for p in sorted(set(pool) - {""})}
    sizes = sorted(set(size) - {""}, key=int)
    groups |= {f"pool_size:{s}": (size == s) & delivered for s in sizes}
    orders = table["n_orders"].to_numpy()
    for label, least, most in _ORDERS:
        inside = (orders >= least) & (orders <= most) & delivered
        groups[f"orders:{label}"] = inside
        groups |= {f"pool_size:{s} orders:{label}": (size == s) & inside for s in sizes}
    return groups


def _targets(
    table: pd.DataFrame, by_family: Mapping[str, Flags], delivered: Flags
) -> dict[str, Flags]:
    """The groups that the targets of the project name, all from pools of 500."""
    small = (_pools(table)[1] == _SMALL) & delivered
    none = np.zeros(len(table), bool)
    of = {name: by_family.get(name, none) & small for name in ("flash", "small", "drip", "curve")}
    busy = table["n_orders"].to_numpy() >= 5
    return {
        "target:flash and small": of["flash"] | of["small"],
        "target:drip": of["drip"],
        "target:part-time, 5+ orders": by_family.get("part_time", none) & small & busy,
        "target:curve": of["curve"],
    }


def _pools(table: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pool of each account without the number of its copy, and its nominal size; "" for none.

    Worlds below full scale have smaller pools under the same names.
    """
    pool = table["pool"].fillna("").str.partition("#")[0]
    size = pool.map(lambda name: m[1] if (m := _POOL_SIZE.search(name)) else "")
    return pool.to_numpy(str), size.to_numpy(str)


def _families(world: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Account and family of each delivered act and comment."""
    kinds = _truth(world, "campaign")
    kind = dict(zip(kinds["campaign_id"], kinds["kind"], strict=True)) if len(kinds) else {}
    parts = []
    for name in ("engagement", "comment"):
        key = f"{name}_id"
        truth = _truth(world, name)[[key, "label", "campaign_id"]]
        truth = truth[truth["label"] == "delivered"]
        who = _table(world / f"{name}.parquet", [key, "account_id"])
        parts.append(truth.merge(who, on=key)[["account_id", "campaign_id"]])
    both = pd.concat(parts).drop_duplicates()
    return both["account_id"].to_numpy(str), both["campaign_id"].map(kind).to_numpy(str)


def read_sections(world: Path) -> pd.DataFrame:
    """Sections with an act or a comment, in id order.

    Returns:
        `section_id, scenario, ordered, n_engagements, n_delivered, share_delivered`; `ordered`
        where likes or comments were delivered.

    Raises:
        InputError: The directory is no simulated world.
    """
    table = _truth(world, "section").sort_values("section_id", ignore_index=True)
    table["ordered"] = (table["n_delivered"] > 0) | (table["n_comments_delivered"] > 0)
    table["share_delivered"] = table["share_delivered"].fillna(0.0)
    table = table[(table["n_engagements"] > 0) | (table["n_comments"] > 0)]
    columns = ["section_id", "scenario", "ordered", "n_engagements", "n_delivered"]
    return table[[*columns, "share_delivered"]].reset_index(drop=True)


def innocent_sections(sections: pd.DataFrame) -> dict[str, Flags]:
    """Sections for which nobody ordered anything: `organic`, and each `scenario:…`."""
    free = (~sections["ordered"]).to_numpy()
    names = sections["scenario"].to_numpy(str)
    return {
        name if name == _EVERYDAY else f"scenario:{name}": free & (names == name)
        for name in sorted(set(names[free]))
    }


def world_name(scenario: str, scale: int) -> str:
    """How tables call a world: preset and about how many engagements."""
    return f"{scenario} {scale:,}"


def _truth(world: Path, name: str) -> pd.DataFrame:
    return _table(world / "truth" / f"{name}.parquet")


def _table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(
            "is no simulated world", path=path, expected="a directory of `zhenzan simulate`"
        )
    return pd.read_parquet(path, columns=columns)
