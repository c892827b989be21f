"""Campaigns keep their ids from one scan to the next, matched by what they have in common.

The likeness of two campaigns is the weighted Jaccard similarity of their members (Ioffe, ICDM
2010): the sum of the smaller over the sum of the larger weights, once over accounts, once over
targets (sections and comments); the two are averaged, so that a pool which moved on to new targets
and a target whose workers changed both stay recognisable. Pairs are assigned one to one with the
largest total likeness (Kuhn 1955, as sparse problems).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, cast

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from zhenzan.models.campaigns.config import Campaigns

__all__ = ["RELATED_COLUMNS", "Continued", "continue_ids"]

Array: TypeAlias = np.ndarray[Any, Any]

LEAST_LIKENESS: Final = 0.1
"""Below it two campaigns are different ones. Half of the accounts replaced and half of the targets
new leave a third; scans of two periods of one pool that serves new targets with three accounts in
ten leave more than a tenth."""
RELATED_COLUMNS: Final = ("campaign_id", "previous_id", "relation", "likeness", "share")
# A part of this size of the smaller campaign's accounts makes it part of a split or a merger.
_PART: Final = 0.5


@dataclass(frozen=True, slots=True)
class Continued:
    """Campaigns under the ids of an earlier scan.

    Attributes:
        campaigns: With ids replaced in every table.
        related: One row per pair that is the same or shares half of the smaller one's accounts:
            `relation` is `same`, `split` (part of an earlier campaign that lives on under its id
            in another one), `merged` (an earlier campaign that went into this one), `share` of the
            smaller one's accounts that are common.
    """

    campaigns: Campaigns
    related: pd.DataFrame


def continue_ids(found: Campaigns, previous: pd.DataFrame) -> Continued:
    """Gives campaigns the ids of the earlier ones that they continue.

    A campaign that continues none keeps its own id, or a fresh one where an earlier campaign bears
    it. Nothing else changes. The result does not depend on the order of rows.

    Args:
        found: Campaigns of this scan.
        previous: `campaign_members` of the earlier scan.
    """
    now, before = sorted(found.campaigns["campaign_id"]), sorted(set(previous["campaign_id"]))
    accounts = _likeness(found.members, previous, ("account",), now, before)
    targets = _likeness(found.members, previous, ("section", "comment"), now, before)
    likeness = csr_array((accounts + targets) / 2)
    pairs = _assigned(likeness)
    renamed = {now[i]: before[j] for i, j in pairs}
    taken = set(before)
    for name in now:
        if name not in renamed and name in taken:
            renamed[name] = _fresh(name, taken)
        taken.add(renamed.get(name, name))
    named = {name: renamed.get(name, name) for name in now}
    related = _related(found.members, previous, named, likeness, pairs, now, before)
    return Continued(_renamed(found, named), related)


def _likeness(
    one: pd.DataFrame, two: pd.DataFrame, kinds: tuple[str, ...], now: list[str], before: list[str]
) -> csr_array:
    """Weighted Jaccard similarity of each pair that shares a member, campaigns by position."""
    own, other = (m[m["member_kind"].isin(kinds)] for m in (one, two))
    ids = pd.Index(pd.concat([own["member_id"], other["member_id"]]).unique())
    left, right = _table(own, now, ids), _table(other, before, ids)
    # Every entry meets the entries of its column: as many terms as accounts have campaigns.
    joined = left.tocoo()
    column = csr_array(right.T)[joined.coords[1]].tocoo()
    row, entry = joined.coords[0][column.coords[0]], column.coords[0]
    smaller = np.minimum(joined.data[entry], column.data)
    common = csr_array((smaller, (row, column.coords[1])), shape=(len(now), len(before)))
    common.sum_duplicates()
    flat = common.tocoo()
    i, j = flat.coords
    total = _sums(left)[i] + _sums(right)[j] - flat.data
    return csr_array((flat.data / total, (i, j)), shape=common.shape)


def _table(members: pd.DataFrame, names: list[str], ids: pd.Index) -> csr_array:
    """Campaigns x members with weights; one that weighs nothing counts as hardly there."""
    row = pd.Index(names).get_indexer(pd.Index(members["campaign_id"]))
    weight = members["weight"].fillna(0.0).clip(lower=1e-9).to_numpy(dtype=np.float64)
    column = ids.get_indexer(pd.Index(members["member_id"]))
    return csr_array((weight, (row, column)), shape=(len(names), len(ids)))


def _sums(table: csr_array) -> Array:
    return np.asarray(table.sum(axis=1), dtype=np.float64).ravel()


def _assigned(likeness: csr_array) -> list[tuple[int, int]]:
    """One-to-one pairs of largest total likeness, each connected part solved by itself."""
    flat = likeness.tocoo()
    strong = flat.data >= LEAST_LIKENESS
    value, (i, j) = flat.data[strong], (flat.coords[0][strong], flat.coords[1][strong])
    n_now, n_before = likeness.shape
    links = csr_array((np.ones(len(i)), (i, n_now + j)), shape=(n_now + n_before,) * 2)
    label = connected_components(links, directed=False)[1]
    pairs = []
    for part in np.unique(label[i]):
        inside = label[i] == part
        rows, a = np.unique(i[inside], return_inverse=True)
        columns, b = np.unique(j[inside], return_inverse=True)
        dense = np.zeros((len(rows), len(columns)))
        dense[a, b] = np.round(value[inside], 9)
        for x, y in zip(*linear_sum_assignment(dense, maximize=True), strict=True):
            if dense[x, y] > 0:
                pairs.append((int(rows[x]), int(columns[y])))
    return sorted(pairs)


def _fresh(name: str, taken: set[str]) -> str:
    """An id that no campaign has, from the one that is taken."""
    number = 2
    while True:
        digest = hashlib.sha256(f"{name}\x1f{number}".encode()).hexdigest()[:12]
        if (found := f"campaign:{digest}") not in taken:
            return found
        number += 1


def _related(
    members: pd.DataFrame,
    previous: pd.DataFrame,
    named: dict[str, str],
    likeness: csr_array,
    pairs: list[tuple[int, int]],
    now: list[str],
    before: list[str],
) -> pd.DataFrame:
    """What became of the earlier campaigns: continued, split, merged."""
    own = members[members["member_kind"] == "account"]
    other = previous[previous["member_kind"] == "account"]
    common = own.merge(other, on="member_id", suffixes=("", "_before"))
    counts = common.groupby(["campaign_id", "campaign_id_before"]).size()
    n_now, n_before = (m.groupby("campaign_id")["member_id"].nunique() for m in (own, other))
    continued, heir = dict(pairs), {before[j]: now[i] for i, j in pairs}
    place = {name: number for number, name in enumerate(now)}
    row_of = {name: number for number, name in enumerate(before)}
    told = []
    for pair, shared in counts.items():
        name, earlier = (str(part) for part in cast("tuple[str, str]", pair))
        share = float(shared / min(n_now[name], n_before[earlier]))
        same = continued.get(place[name]) == row_of[earlier]
        if not same and share < _PART:
            continue
        grew = n_now[name] >= n_before[earlier]
        relation = "same" if same else ("merged" if grew or earlier not in heir else "split")
        alike = float(likeness[place[name], row_of[earlier]])
        told.append((named[name], earlier, relation, round(alike, 6), round(share, 6)))
    for i, j in pairs:  # matched by their targets alone
        if (now[i], before[j]) not in counts.index:
            told.append((named[now[i]], before[j], "same", round(float(likeness[i, j]), 6), 0.0))
    return pd.DataFrame(sorted(told), columns=list(RELATED_COLUMNS))


def _renamed(found: Campaigns, named: dict[str, str]) -> Campaigns:
    changed = {}
    for table in ("campaigns", "members", "details", "orders", "shared", "acts"):
        frame: pd.DataFrame = getattr(found, table)
        columns = [c for c in ("campaign_id", "other_id") if c in frame]
        changed[table] = frame.assign(**{c: frame[c].map(named) for c in columns})
    return replace(found, **changed)
