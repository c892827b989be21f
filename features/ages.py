"""How old accounts were when they acted, and how that compares with the others of the same day.

A wave of new users makes every section young on the same days (hard negative H16). Age is therefore
also told as a place in line: the share of the day's other visitors, in all other sections, who were
younger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from zhenzan.features.engine.base import Engine
from zhenzan.features.people import DAY_MS, Codes, People, Reals, aligned, ask

__all__ = ["DAY_VISITORS", "age_days", "age_ranks", "births"]

# A place in line among fewer than twenty others says little (the same number as min_likes, H12).
DAY_VISITORS: Final = 20
# Bins of age, 1/8 of a natural logarithm wide: 13 % of the age, finer than ages are known.
_BINS_PER_NAT: Final = 8
_MOST_BINS: Final = 96  # e^12 days

# `first_seen` bounds the age from below only, and is left out.
_BORN: Final = """
SELECT account_id, MIN(created_ms) AS created_ms
FROM {account}
WHERE created_ms IS NOT NULL AND COALESCE(created_basis, 'field') <> 'first_seen'
GROUP BY account_id
"""


def births(engine: Engine, names: Mapping[str, str], ids: pa.Array, *, step: str) -> Reals:
    """When each account was opened (ms), NaN where unknown.

    Args:
        engine: Where the tables live.
        names: Relation by canonical table.
        ids: Accounts.
        step: Named in errors.
    """
    rows = ask(engine, _BORN.format(**names), into=f"{step}_born", step=step)
    return aligned(ids, rows["account_id"], rows["created_ms"])


def age_days(at_ms: Reals, born_ms: Reals) -> Reals:
    """Age in days; NaN where a time is unknown or the act precedes the account by over a day.

    A day's difference is a coarse clock (dates without an hour) and counts as age nought; more is
    an error of the data.
    """
    age = (at_ms - born_ms) / DAY_MS
    return np.where(age < -1.0, np.nan, np.maximum(age, 0.0))


def age_ranks(visits: People, age: Reals) -> Reals:
    """Share of the same day's visitors of other sections who were younger, by visit.

    Args:
        visits: Who was where.
        age: In days, by visit.

    Returns:
        Values in [0, 1] (equal ages count half), NaN where the age is unknown or fewer than
        `DAY_VISITORS` others of the day have one.
    """
    made = np.full(len(age), np.nan)
    known = np.flatnonzero(~np.isnan(age) & ~np.isnan(visits.at_ms))
    if not len(known):
        return made
    day = np.floor(visits.at_ms[known] / DAY_MS).astype(np.int64)
    place = np.minimum(np.floor(np.log1p(age[known]) * _BINS_PER_NAT), _MOST_BINS - 1)
    bins = place.astype(np.int64)
    everybody = _below(day, bins)
    own = _below(visits.section[known] * (np.ptp(day) + 1) + (day - day.min()), bins)
    younger, same, total = (a - b for a, b in zip(everybody, own, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        made[known] = np.where(total >= DAY_VISITORS, (younger + same / 2) / total, np.nan)
    return made


def _below(group: Codes, bins: Codes) -> tuple[Codes, Codes, Codes]:
    """By row: rows of its group in lower bins, in the same bin, and in all."""
    order = np.lexsort((bins, group))
    g, b = group[order], bins[order]
    new_group = np.r_[True, g[1:] != g[:-1]]
    new_bin = new_group | np.r_[True, b[1:] != b[:-1]]
    group_at = np.flatnonzero(new_group)
    bin_at = np.flatnonzero(new_bin)
    of_group, of_bin = np.cumsum(new_group) - 1, np.cumsum(new_bin) - 1
    size = np.diff(np.r_[group_at, len(g)])[of_group]
    same = np.diff(np.r_[bin_at, len(g)])[of_bin]
    lower = bin_at[of_bin] - group_at[of_group]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return lower[back], same[back], size[back]
