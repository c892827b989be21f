"""Who comes back to a creator, and who is seen in several of the creator's sections."""

from __future__ import annotations

from typing import Final

import numpy as np
from zhenzan.features.people import Codes, People, Reals, group_mean

__all__ = ["overlap_share", "returning"]

# Before twenty visits elsewhere nobody can have come back (the same number as min_likes, H12).
_EARLIER: Final = 20


def returning(visits: People, least: int) -> tuple[Reals, Reals]:
    """Share of the visitors who had been in another section of the creator before.

    A visit is judged once the creator's other sections had twenty visits.

    Args:
        visits: Who was where.
        least: Sections with fewer judged visits abstain.

    Returns:
        The share by section code; and the same share over the creator's other sections less this
        one, NaN where they have fewer than `least` judged visits.
    """
    rows = np.flatnonzero((visits.creator >= 0) & ~np.isnan(visits.at_ms))
    came = np.full(len(visits.section), np.nan)
    creator, section = visits.creator[rows], visits.section[rows]
    at = visits.at_ms[rows].astype(np.int64)
    _, pair = np.unique(creator * visits.n_accounts + visits.account[rows], return_inverse=True)
    first = np.full(int(pair.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, pair, at)
    elsewhere = _earlier(creator, at) - _earlier(section, at)
    came[rows] = np.where(elsewhere >= _EARLIER, first[pair] < at, np.nan)
    here = group_mean(visits.section, came, visits.n_sections, least)
    return here, _rest(visits, came, least) - here


def _earlier(group: Codes, at: Codes) -> Codes:
    """By row: rows of its group that are earlier."""
    order = np.lexsort((at, group))
    g, t = group[order], at[order]
    new_group = np.r_[True, g[1:] != g[:-1]] if len(g) else np.empty(0, bool)
    new_time = new_group | np.r_[True, t[1:] != t[:-1]] if len(g) else new_group
    group_at, time_at = np.flatnonzero(new_group), np.flatnonzero(new_time)
    made = np.empty(len(order), dtype=np.int64)
    made[order] = time_at[np.cumsum(new_time) - 1] - group_at[np.cumsum(new_group) - 1]
    return made


def _rest(visits: People, came: Reals, least: int) -> Reals:
    """The share over the creator's other sections, by section code."""
    known = ~np.isnan(came)
    n, of = visits.n_sections, visits.creator_of_section()
    back = np.bincount(visits.section[known], came[known], minlength=n)
    judged = np.bincount(visits.section[known], minlength=n)
    creator = np.maximum(of, 0)
    owned = of >= 0
    all_back = np.bincount(creator[owned], back[owned], minlength=int(creator.max(initial=0)) + 1)
    all_of = np.bincount(creator[owned], judged[owned], minlength=len(all_back))
    total = all_of[creator] - judged
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (all_back[creator] - back) / total
        return np.where(owned & (total >= max(least, 1)), share, np.nan)


def overlap_share(visits: People, least: int) -> Reals:
    """Share of the visitors who were seen in another section of the creator, at any time.

    NaN below `least` visitors, and where the creator's other sections have fewer than twenty.
    """
    owned = visits.creator >= 0
    _, pair, count = np.unique(
        visits.creator * visits.n_accounts + visits.account,
        return_inverse=True,
        return_counts=True,
    )
    n = visits.n_sections
    size = np.bincount(visits.section, minlength=n)
    of_creator = np.bincount(visits.creator[owned], minlength=max(len(visits.creator_ids), 1))
    others = np.where(owned, of_creator[np.maximum(visits.creator, 0)] - size[visits.section], 0)
    seen = np.where(others >= _EARLIER, (count[pair] >= 2).astype(np.float64), np.nan)
    return group_mean(visits.section, seen, n, least)
