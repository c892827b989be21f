"""The audience figures of sections and accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.features.ages import age_days, age_ranks, births
from zhenzan.features.audience.marks import Shared, network_excess, shared_marks
from zhenzan.features.audience.mixes import Mix, mix_against_history
from zhenzan.features.audience.returning import overlap_share, returning
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import FeatureConfig
from zhenzan.features.people import (
    Codes,
    People,
    Reals,
    ask,
    coded,
    group_mean,
    people,
    spelled,
)

__all__ = ["Known", "account_figures", "known", "section_figures"]

_NEWEST: Final = """
WITH newest AS (
  SELECT account_id, MAX(observed_ms) AS last_ms FROM {account_snapshot}
  WHERE region IS NOT NULL OR level IS NOT NULL GROUP BY account_id
)
SELECT s.account_id, MAX(s.region) AS region, CAST(MAX(s.level) AS STRING) AS level
FROM {account_snapshot} s
JOIN newest n ON n.account_id = s.account_id AND n.last_ms = s.observed_ms
GROUP BY s.account_id
"""
# Readers by traffic source: running totals are read at their highest, windows are added up.
_SCENES: Final = """
SELECT section_id, scene,
       COALESCE(MAX(CASE WHEN window_s IS NULL THEN value_lo END),
                SUM(CASE WHEN window_s IS NOT NULL THEN value_lo END)) AS readers
FROM {count_snapshot}
WHERE comment_id IS NULL AND scene <> 'all' AND metric IN ('read', 'view')
GROUP BY section_id, scene
"""


@dataclass(frozen=True, slots=True)
class Known:
    """All that the figures and the statements of the family rest on.

    Attributes:
        visits: Who was where.
        rank: By visit, the share of the day's other visitors who are younger.
        region_of: Region code by visit, -1 where unknown; names in `regions`.
        region, level: Mixes of visitors.
        source: Mix of referrers, or of readers by scene where no referrer is known.
        sources: Names of the sources by code; referrers first.
        devices, addresses: See `shared_marks`.
        network: See `network_excess`.
    """

    visits: People
    rank: Reals
    region_of: Codes
    regions: pa.Array
    region: Mix
    source: Mix
    sources: pa.Array
    level: Mix
    devices: Shared
    addresses: Shared
    network: Reals


def known(engine: Engine, names: Mapping[str, str], config: FeatureConfig, *, step: str) -> Known:
    """Collects it."""
    visits = people(engine, names, ("region", "referrer"), step=step)
    engine.drop(Relation(f"{step}_visits", pa.schema([])))
    newest = ask(engine, _NEWEST.format(**names), into=f"{step}_newest", step=step)
    of_account = pc.index_in(visits.account_ids, value_set=newest["account_id"].combine_chunks())
    place = of_account.take(pa.array(visits.account))
    home = newest["region"].combine_chunks().take(place)
    stated = visits.extra["region"].combine_chunks()
    region_of, regions = spelled(*coded(pa.chunked_array([pc.coalesce(stated, home)])))
    level_of, _ = spelled(*coded(pa.chunked_array([newest["level"].combine_chunks().take(place)])))
    least = config.min_likes
    source, sources = _sources(engine, names, visits, least, step)
    born = births(engine, names, visits.account_ids, step=step)
    return Known(
        visits,
        age_ranks(visits, age_days(visits.at_ms, born[visits.account])),
        region_of,
        regions,
        _mix(visits, region_of, least),
        source,
        sources,
        _mix(visits, level_of, least),
        shared_marks(engine, names, visits, "device_hash", step=step),
        shared_marks(engine, names, visits, "address_hash", step=step),
        network_excess(engine, names, visits, least, step=step),
    )


def _mix(visits: People, category: Codes, least: int) -> Mix:
    rows = np.flatnonzero(category >= 0)
    count = np.ones(len(rows))
    of = visits.creator_of_section()
    return mix_against_history(visits.section[rows], category[rows], count, of, least)


def _sources(
    engine: Engine, names: Mapping[str, str], visits: People, least: int, step: str
) -> tuple[Mix, pa.Array]:
    """Referrers of visits; readers by scene for sections without any."""
    referrer, by_visit = spelled(*coded(visits.extra["referrer"]))
    own = _mix(visits, referrer, least)
    rows = ask(engine, _SCENES.format(**names), into=f"{step}_scenes", step=step)
    if not rows.num_rows:
        return own, by_visit
    scene, by_scene = spelled(*coded(rows["scene"]))
    place = pc.index_in(rows["section_id"].combine_chunks(), value_set=visits.section_ids)
    section = pc.fill_null(place, -1).to_numpy(False).astype(np.int64)
    inside = section >= 0
    readers = rows["readers"].to_numpy().astype(np.float64)
    read = mix_against_history(
        section[inside], scene[inside], readers[inside], visits.creator_of_section(), least
    )
    use = np.isnan(own.divergence)
    read_category = np.where(read.category >= 0, read.category + len(by_visit), -1)
    return (
        Mix(
            np.where(use, read.divergence, own.divergence),
            np.where(use, read.bits, own.bits),
            np.where(use, read.total, own.total),
            np.where(use, read_category, own.category),
            np.where(use, read.count, own.count),
            np.where(use, read.expected, own.expected),
        ),
        pa.concat_arrays([by_visit, by_scene]),
    )


def section_figures(of: Known, config: FeatureConfig) -> dict[str, Reals]:
    """By section code; NaN below `config.min_likes` accounts of which the fact is known."""
    visits, least = of.visits, config.min_likes
    here, shortfall = returning(visits, least)
    rank = group_mean(visits.section, of.rank, visits.n_sections, least)
    return {
        "region_divergence": of.region.divergence,
        "region_bits": of.region.bits,
        "source_divergence": of.source.divergence,
        "source_bits": of.source.bits,
        "level_divergence": of.level.divergence,
        "age_shift": 0.5 - rank,
        "returning_share": here,
        "returning_shortfall": shortfall,
        "overlap_share": overlap_share(visits, least),
        "shared_device_share": _share(of.devices, least),
        "shared_address_share": _share(of.addresses, least),
        "network_excess": of.network,
    }


def _share(shared: Shared, least: int) -> Reals:
    some, all_of, _ = shared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(all_of >= max(least, 1), some / all_of, np.nan)


def account_figures(of: Known) -> dict[str, Reals]:
    """By account code; NaN where unknown."""
    rows = np.flatnonzero(of.region_of >= 0)
    pair = np.unique(of.visits.account[rows] * max(len(of.regions), 1) + of.region_of[rows])
    regions = np.bincount(pair // max(len(of.regions), 1), minlength=of.visits.n_accounts)
    return {
        "device_accounts": of.devices[2],
        "address_accounts": of.addresses[2],
        "regions": np.where(regions > 0, regions.astype(np.float64), np.nan),
    }
