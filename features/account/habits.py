"""What accounts do: where they go, whom they follow, how they awake, what they take back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.features.engine.base import Engine
from zhenzan.features.people import Codes, People, Reals, ask, reals

__all__ = ["creator_diversity", "dormancy", "named_excess", "retracted", "strangers"]

# Two visits give one pair of creators, alike or not: three are the least that vary.
_VISITS: Final = 3
# A creator of whom fewer followers are known has no list of followers worth asking.
_FOLLOWERS: Final = 20
# A shape of names counts from three standard deviations on, and against this many others [H].
_SHAPE_Z: Final = 3.0
_SHAPE_OTHERS: Final = 50

_FOLLOWED: Final = """
WITH owned AS (
  SELECT section_id, MIN(creator_id) AS creator_id FROM {section}
  WHERE creator_id IS NOT NULL GROUP BY section_id
), visited AS (
  SELECT DISTINCT v.account_id, o.creator_id
  FROM {step}_visits v JOIN owned o ON o.section_id = v.section_id
)
SELECT DISTINCT f.source_id, f.target_id
FROM {follow} f JOIN visited v ON v.account_id = f.source_id AND v.creator_id = f.target_id
"""
_LISTED: Final = """
SELECT f.target_id, COUNT(DISTINCT f.source_id) AS n_followers
FROM {follow} f
JOIN (SELECT DISTINCT creator_id FROM {section} WHERE creator_id IS NOT NULL) o
  ON o.creator_id = f.target_id
GROUP BY f.target_id
"""


def strangers(engine: Engine, names: Mapping[str, str], visits: People, *, step: str) -> Reals:
    """By visit: 1 where the account does not follow the creator, 0 where it does.

    NaN where the visit has no engagement (comments alone), and where the creator or the creator's
    list of followers is unknown.
    """
    made = np.full(len(visits.section), np.nan)
    if not len(visits.creator_ids):
        return made
    lists = ask(engine, _LISTED.format(**names), into=f"{step}_listed", step=step)
    if not lists.num_rows:
        return made
    pairs = ask(engine, _FOLLOWED.format(**names, step=step), into=f"{step}_followed", step=step)
    long = lists.filter(pc.greater_equal(lists["n_followers"], _FOLLOWERS))
    known = np.zeros(len(visits.creator_ids) + 1, dtype=bool)  # the last is for absent ones
    known[_codes(long["target_id"], visits.creator_ids)] = True
    width = len(visits.creator_ids)
    source, target = (
        _codes(pairs["source_id"], visits.account_ids),
        _codes(pairs["target_id"], visits.creator_ids),
    )
    # Names that several people may have and creators at home follow too, and are no visitors here.
    own = (source * width + target)[(source >= 0) & (target >= 0)]
    follows = np.isin(visits.account * width + visits.creator, own)
    judged = (visits.creator >= 0) & known[visits.creator] & (visits.engagements > 0)
    made[judged] = (~follows[judged]).astype(np.float64)
    return made


def _codes(values: pa.ChunkedArray, ids: pa.Array) -> Codes:
    """Where each value stands among the ids, -1 where it does not."""
    place = pc.index_in(values.combine_chunks(), value_set=ids)
    return np.asarray(pc.fill_null(place, -1).to_numpy(False), dtype=np.int64)


def creator_diversity(visits: People) -> Reals:
    """By account: chance that two of its sections are of different creators; NaN below three."""
    seen = visits.creator >= 0
    account, creator = visits.account[seen], visits.creator[seen]
    n = np.bincount(account, minlength=visits.n_accounts).astype(np.float64)
    width = max(len(visits.creator_ids), 1)
    pair, count = np.unique(account * width + creator, return_counts=True)
    same = np.bincount(pair // width, count * (count - 1.0), minlength=visits.n_accounts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n >= _VISITS, 1.0 - same / (n * (n - 1.0)), np.nan)


def dormancy(visits: People, born_ms: Reals) -> tuple[Reals, Reals]:
    """By account: silence before the first act here, and its share of the time until the last.

    The time begins with the data or with the account, whichever is later. Random acts leave 1/n
    of it before the first.

    Args:
        visits: Who was where.
        born_ms: By account, NaN where unknown (then the time begins with the data).

    Returns:
        Days, and shares in [0, 1]; NaN below three timed visits.
    """
    timed = ~np.isnan(visits.at_ms)
    account, at = visits.account[timed], visits.at_ms[timed]
    n = np.bincount(account, minlength=visits.n_accounts)
    first, last = np.full(visits.n_accounts, np.inf), np.full(visits.n_accounts, -np.inf)
    np.minimum.at(first, account, at)
    np.maximum.at(last, account, at)
    begin = np.fmax(at.min() if len(at) else np.nan, born_ms)
    enough = (n >= _VISITS) & (last > begin)
    with np.errstate(invalid="ignore"):
        silent = np.where(enough, np.maximum(first - begin, 0.0), np.nan)
        return silent / 86_400_000, silent / np.where(enough, last - begin, np.nan)


def retracted(visits: People) -> tuple[Reals, Reals, Reals]:
    """Engagements that were taken back; NaN throughout where the data record no such act.

    Returns:
        Share by section; that share less the share in all other sections; share by account.
    """
    acts, back = visits.engagements.astype(np.float64), reals(visits.extra["taken_back"])

    def shares(group: Codes, n: int) -> tuple[Reals, Reals]:
        gone, total = np.bincount(group, back, n), np.bincount(group, acts, n)
        return gone.astype(np.float64), total.astype(np.float64)

    gone, total = shares(visits.section, visits.n_sections)
    gone_by, total_by = shares(visits.account, visits.n_accounts)
    if back.sum() == 0:
        return (
            np.full(len(gone), np.nan),
            np.full(len(gone), np.nan),
            np.full(len(gone_by), np.nan),
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, gone / total, np.nan)
        rest = total.sum() - total
        other = np.where(rest >= total, (gone.sum() - gone) / np.maximum(rest, 1), np.nan)
        return share, share - other, np.where(total_by > 0, gone_by / total_by, np.nan)


def named_excess(visits: People, shape: Codes, chinese: Codes, least: int) -> tuple[Reals, Codes]:
    """By section: share of visitors beyond the usual who bear the most over-used shape of name.

    Shapes are compared within their script, with and without Chinese characters, because a
    section's language is no finding.

    Args:
        visits: Who was where.
        shape: Shape code by account, -1 where unknown.
        chinese: 1 or 0 by shape code.
        least: Sections with fewer known shapes abstain.

    Returns:
        Shares in [0, 1], 0 where nothing stands out, NaN where not judged; and the shape's code,
        -1 where none stands out.
    """
    n = visits.n_sections
    excess, which = np.full(n, np.nan), np.full(n, -1, dtype=np.int64)
    of_visit = shape[visits.account]
    known = of_visit >= 0
    section, code = visits.section[known], of_visit[known]
    if not len(code):
        return excess, which
    script = chinese[code]
    width = int(code.max()) + 1
    pair, here = np.unique(section * width + code, return_counts=True)
    at, k = pair // width, pair % width
    of_script = chinese[k]
    all_here = np.bincount(section, minlength=n)
    in_script = np.bincount(section * 2 + script, minlength=2 * n)[at * 2 + of_script]
    everywhere = np.bincount(code, minlength=width)[k]
    in_all = np.bincount(script, minlength=2)[of_script]
    rest = np.maximum(in_all - in_script, 0)
    rate = (everywhere - here + 0.5) / (rest + 1.0)
    expected = in_script * np.minimum(rate, 1.0)
    z = (here - expected) / np.sqrt(expected * (1 - np.minimum(rate, 1.0)) + 1.0)
    judged = (all_here >= max(least, 1)) & (len(code) - all_here >= _SHAPE_OTHERS)
    excess[judged] = 0.0
    share = np.where(
        (z > _SHAPE_Z) & (rest >= _SHAPE_OTHERS), (here - expected) / all_here[at], 0.0
    )
    order = np.lexsort((k, share, at))
    last = order[np.r_[at[order][1:] != at[order][:-1], True]]
    strong = last[judged[at[last]] & (share[last] > 0)]
    excess[at[strong]], which[at[strong]] = share[strong], k[strong]
    return excess, which
