"""The account figures of sections, accounts and comments from visits, profiles and habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.features.account import habits
from zhenzan.features.account.clumps import CLUMP_BITS, Clump, clumps
from zhenzan.features.account.profiles import Profiles, profiles
from zhenzan.features.ages import age_days, age_ranks, births
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import FeatureConfig
from zhenzan.features.people import (
    DAY_MS,
    Codes,
    People,
    Reals,
    ask,
    group_mean,
    group_median,
    people,
    reals,
)

__all__ = ["Known", "account_figures", "comment_figures", "known", "section_figures"]

_DELAYS: Final = 5  # fewer delays of acts taken back have no middle worth naming
_COMMENTS: Final = "SELECT comment_id, account_id, created_ms FROM {comment}"
_LIKES: Final = """
SELECT comment_id, account_id, MIN(ts_lo_ms) AS at_ms FROM {engagement}
WHERE comment_id IS NOT NULL AND account_id IS NOT NULL GROUP BY comment_id, account_id
"""


@dataclass(frozen=True, slots=True)
class Known:
    """All that the figures and the statements of the family rest on.

    Attributes:
        visits: Who was where.
        shown: Profiles by account code.
        born_ms: By account code.
        age: In days, by visit.
        stranger: By visit, 1 where the account does not follow the creator.
        birth_bits, id_bits: Clumps by visit.
        birth_clump, id_clump: The strongest run of each section.
    """

    visits: People
    shown: Profiles
    born_ms: Reals
    age: Reals
    stranger: Reals
    birth_bits: Reals
    id_bits: Reals
    birth_clump: Clump
    id_clump: Clump


def known(engine: Engine, names: Mapping[str, str], *, step: str) -> Known:
    """Collects it; `<step>_visits` is dropped again."""
    visits = people(engine, names, ("taken_back", "kept_ms"), step=step)
    shown = profiles(engine, names, visits.account_ids, step=step)
    born = births(engine, names, visits.account_ids, step=step)
    stranger = habits.strangers(engine, names, visits, step=step)
    engine.drop(Relation(f"{step}_visits", pa.schema([])))
    opening = np.full(visits.n_sections, np.inf)
    timed = ~np.isnan(visits.at_ms)
    np.minimum.at(opening, visits.section[timed], visits.at_ms[timed])
    # Accounts opened after the section's first act could not all have come: they are left out.
    ceiling = np.where(np.isfinite(opening), opening, np.nan)
    birth_bits, birth_clump = clumps(visits.section, born[visits.account], born, ceiling)
    id_bits, id_clump = clumps(
        visits.section,
        shown.id_order[visits.account],
        shown.id_order,
        np.full(visits.n_sections, np.inf),
    )
    age = age_days(visits.at_ms, born[visits.account])
    return Known(visits, shown, born, age, stranger, birth_bits, id_bits, birth_clump, id_clump)


def section_figures(of: Known, config: FeatureConfig) -> dict[str, Reals]:
    """By section code; NaN below `config.min_likes` accounts of which the fact is known."""
    visits, shown, least = of.visits, of.shown, config.min_likes
    n, section = visits.n_sections, visits.section

    def mean(values: Reals) -> Reals:
        return group_mean(section, values, n, least)

    def of_account(values: Reals) -> Reals:
        return mean(values[visits.account])

    sections = np.bincount(visits.account, minlength=visits.n_accounts)
    alone = np.where(n >= 2, (sections == 1).astype(np.float64), np.nan)
    size = np.bincount(section, visits.engagements, minlength=n)
    share, beyond, _ = habits.retracted(visits)
    delay = reals(visits.extra["kept_ms"]) / DAY_MS
    names, _ = habits.named_excess(visits, shown.shape, shown.script, least)
    return {
        "age_days": group_median(section, of.age, n, least),
        "birth_clump_share": mean(_in_clump(of.birth_bits)),
        "birth_clump_bits": _most(section, of.birth_bits, n, least),
        "id_clump_share": mean(_in_clump(of.id_bits)),
        "id_clump_bits": _most(section, of.id_bits, n, least),
        "name_shape_excess": names,
        "generated_name_share": of_account(shown.generated),
        "profile_gaps": of_account(shown.gaps),
        "follow_ratio": group_median(section, shown.follow_ratio[visits.account], n, least),
        "like_without_follow": mean(of.stranger),
        "creator_diversity": of_account(habits.creator_diversity(visits)),
        "single_visit_share": of_account(alone),
        "dormancy_share": of_account(habits.dormancy(visits, of.born_ms)[1]),
        "retracted_share": np.where(size >= least, share, np.nan),
        "retracted_excess": np.where(size >= least, beyond, np.nan),
        "retraction_days": group_median(section, delay, n, _DELAYS),
        "vanished_share": of_account(shown.vanished),
    }


def account_figures(of: Known) -> dict[str, Reals]:
    """By account code; NaN where unknown."""
    visits, shown, n = of.visits, of.shown, of.visits.n_accounts
    first = np.full(n, np.inf)
    aged = ~np.isnan(of.age)
    np.minimum.at(first, visits.account[aged], of.age[aged])
    silent, silent_share = habits.dormancy(visits, of.born_ms)
    followed = group_mean(visits.account, of.stranger, n, 2)
    return {
        "age_days": np.where(np.isfinite(first), first, np.nan),
        "age_rank": group_mean(visits.account, age_ranks(visits, of.age), n, 1),
        "birth_clump_bits": _most(visits.account, of.birth_bits, n, 1),
        "id_clump_bits": _most(visits.account, of.id_bits, n, 1),
        "generated_name": shown.generated,
        "profile_gaps": shown.gaps,
        "follow_ratio": shown.follow_ratio,
        "like_without_follow": followed,
        "creator_diversity": habits.creator_diversity(visits),
        "sections": np.bincount(visits.account, minlength=n).astype(np.float64),
        "dormancy_days": silent,
        "dormancy_share": silent_share,
        "retracted_share": habits.retracted(visits)[2],
        "vanished": shown.vanished,
    }


def comment_figures(
    engine: Engine, names: Mapping[str, str], of: Known, config: FeatureConfig, *, step: str
) -> tuple[pa.Array, dict[str, Reals]]:
    """Ids of comments, and the figures of their authors and of those who liked them."""
    authors, likers = (
        ask(engine, statement.format(**names), into=f"{step}_{name}", step=step)
        for name, statement in (("authors", _COMMENTS), ("likers", _LIKES))
    )
    ids = authors["comment_id"].combine_chunks()
    author, written = _of_accounts(of, authors, "created_ms")
    account, liked = _of_accounts(of, likers, "at_ms")
    place = pc.fill_null(pc.index_in(likers["comment_id"].combine_chunks(), value_set=ids), -1)
    comment = place.to_numpy(False).astype(np.int64)
    here = comment >= 0
    n, least = len(ids), config.min_likes
    return ids, {
        "author_age_days": written,
        "author_profile_gaps": author["gaps"],
        "author_generated_name": author["generated"],
        "liker_age_days": group_median(comment[here], liked[here], n, least),
        "liker_profile_gaps": group_mean(comment[here], account["gaps"][here], n, least),
    }


def _of_accounts(of: Known, rows: pa.Table, clock: str) -> tuple[Mapping[str, Reals], Reals]:
    """Profile fields and age at the act, by row; NaN where the account is not known."""
    place = pc.index_in(rows["account_id"].combine_chunks(), value_set=of.visits.account_ids)
    code = pc.fill_null(place, -1).to_numpy(False).astype(np.int64)
    fields = {
        name: np.r_[values, np.nan][code]
        for name, values in (("gaps", of.shown.gaps), ("generated", of.shown.generated))
    }
    return fields, age_days(reals(rows[clock]), np.r_[of.born_ms, np.nan][code])


def _in_clump(bits: Reals) -> Reals:
    return np.where(np.isnan(bits), np.nan, (bits >= CLUMP_BITS).astype(np.float64))


def _most(group: Codes, values: Reals, groups: int, least: int) -> Reals:
    """Largest known value by group; NaN below `least` of them."""
    seen = ~np.isnan(values)
    most = np.full(groups, -np.inf)
    np.maximum.at(most, group[seen], values[seen])
    count = np.bincount(group[seen], minlength=groups)
    return np.where(count >= max(least, 1), most, np.nan)
