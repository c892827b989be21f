"""Statements about the visitors of a section, against the creator's history and the day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from scipy.stats import norm
from zhenzan.features.audience.figures import Known
from zhenzan.features.audience.mixes import Mix
from zhenzan.features.family import Entity, Evidence, FeatureConfig, Text
from zhenzan.features.numbers import about, count
from zhenzan.features.people import Codes, group_mean
from zhenzan.features.rates import beyond_others, usual_distance

__all__ = ["section_evidence"]

_MOST_REFS: Final = 50
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test
_LEAST_BITS: Final = 10.0  # one in a thousand: worth a sentence among many sections
_LEAST_Z: Final = 3.0

_ELSEWHERE: Final = Text(
    "转发到外地、热点话题、推荐位或投放广告也会带来与平时不同的受众。",
    "A share elsewhere, a topic in the news, a featured place or an advert bring other people than"
    " usual, too.",
)
_NEWCOMERS: Final = Text(
    "面向新用户的内容和推荐给新用户的入口也会如此；已与同日其他评论区比较。",
    "Posts for beginners, and places where a platform recommends to new users, attract young"
    " accounts too; the other sections of the same days are already taken into account.",
)
_HOUSEHOLDS: Final = Text(
    "家庭、网吧、学校和共用的工作设备也会有多个账号。",
    "Families, internet cafés, schools and shared devices at work bring several accounts too.",
)


def section_evidence(of: Known, wanted: Sequence[str], version: int) -> Iterator[Evidence]:
    """Statements about the wanted sections, strongest first.

    Args:
        of: What the family rests on.
        wanted: Section ids.
        version: Of the family, for the reason codes.
    """
    code = {id_: number for number, id_ in enumerate(of.visits.section_ids.to_pylist())}
    here = [(id_, code[id_]) for id_ in wanted if id_ in code]
    found = [
        *_mixed(of, here, version),
        *_sourced(of.source, of.sources, here, version),
        *_young(of, here, version),
        *_shared(of, here, version),
    ]
    yield from sorted(found, key=lambda e: (-e.strength, e.reason, e.subject))


def _mixed(of: Known, here: Sequence[tuple[str, int]], version: int) -> Iterator[Evidence]:
    visits, mix = of.visits, of.region
    order, offsets = visits.of_section()
    for id_, section in here:
        if not mix.bits[section] >= _LEAST_BITS:
            continue
        rows = order[offsets[section] : offsets[section + 1]]
        accounts = visits.account[rows[of.region_of[rows] == mix.category[section]]]
        place = of.regions[int(mix.category[section])].as_py()
        n, expected = float(mix.count[section]), float(mix.expected[section])
        yield _evidence(
            f"audience.region@{version}",
            id_,
            Text(
                f"{count(mix.total[section])} 位已知地区的来访者中有 {count(n)} 位来自{place}；"
                f"按该作者其他内容预计{about(expected).zh} 位。",
                f"{count(n)} of {count(mix.total[section])} visitors of known region are from"
                f" {place}; the creator's other sections predict {about(expected).en}.",
            ),
            _ids(of, accounts),
            (n, expected, "accounts"),
            min(float(mix.bits[section]), _rare(mix, section)),
            _ELSEWHERE,
        )


def _sourced(
    mix: Mix, sources: pa.Array, here: Sequence[tuple[str, int]], version: int
) -> Iterator[Evidence]:
    for id_, section in here:
        if not mix.bits[section] >= _LEAST_BITS:
            continue
        name = sources[int(mix.category[section])].as_py()
        n, expected = float(mix.count[section]), float(mix.expected[section])
        yield _evidence(
            f"audience.source@{version}",
            id_,
            Text(
                f"{count(mix.total[section])} 次已知来源的访问中有 {count(n)} 次来自“{name}”；"
                f"按该作者其他内容预计{about(expected).zh} 次。",
                f"{count(n)} of {count(mix.total[section])} visits of known source came through"
                f" “{name}”; the creator's other sections predict {about(expected).en}.",
            ),
            (id_,),
            (n, expected, "visits"),
            min(float(mix.bits[section]), _rare(mix, section)),
            _ELSEWHERE,
        )


def _young(of: Known, here: Sequence[tuple[str, int]], version: int) -> Iterator[Evidence]:
    """Younger than the day's others, in units of how far sections usually are from them."""
    known = ~np.isnan(of.rank)
    n = np.bincount(of.visits.section[known], minlength=of.visits.n_sections)
    least = FeatureConfig().min_likes
    rank = group_mean(of.visits.section, of.rank, len(n), least)
    judged = n >= least
    z = np.zeros(len(n))
    # Places in line are even: their variance is 1/12.
    z[judged] = (0.5 - rank[judged]) * np.sqrt(12.0 * n[judged])
    unit = usual_distance(z[judged])
    for id_, section in here:
        far = float(z[section]) / unit
        if not far > _LEAST_Z:
            continue
        # Of the day's others, how many are older than the average visitor.
        older = 1.0 - float(rank[section])
        yield _evidence(
            f"audience.age@{version}",
            id_,
            Text(
                f"{n[section]} 个已知注册时间的来访账号，平均比同日其他评论区 {older:.0%} 的账号"
                "年轻；通常约为 50%。",
                f"The {n[section]} accounts of known age are, on average, younger than"
                f" {older:.0%} of the accounts that acted elsewhere on the same days; 50% is"
                " usual.",
            ),
            (id_,),
            (older, 0.5, "share"),
            float(-norm.logsf(far) / math.log(2)),
            _NEWCOMERS,
        )


def _shared(of: Known, here: Sequence[tuple[str, int]], version: int) -> Iterator[Evidence]:
    some, known, _ = of.devices
    usual, bits = beyond_others(some, known, FeatureConfig().min_likes)
    for id_, section in here:
        if not bits[section] > 0:
            continue
        n, expected = float(some[section]), float(usual[section])
        yield _evidence(
            f"audience.devices@{version}",
            id_,
            Text(
                f"{count(known[section])} 个已知设备的来访账号中有 {count(n)} 个与此处另一账号"
                f"共用设备；按其他评论区预计{about(expected).zh} 个。",
                f"{count(n)} of {count(known[section])} accounts of known device share it with"
                f" another account here; the other sections predict {about(expected).en}.",
            ),
            (id_,),
            (n, expected, "accounts"),
            float(bits[section]),
            _HOUSEHOLDS,
        )


def _rare(mix: Mix, section: int) -> float:
    """Bits by which the difference is rare in this set.

    Whatever spreads far brings other people: on a simulated world one in ten sections that nobody
    paid for differs beyond all chance. How many differ as much is therefore what it weighs.
    """
    known = mix.bits[~np.isnan(mix.bits)]
    return math.log2((len(known) + 1) / (1 + int((known >= mix.bits[section]).sum())))


def _evidence(
    reason: str,
    section: str,
    statement: Text,
    refs: tuple[str, ...],
    figures: tuple[float, float, str],
    bits: float,
    counter: Text,
) -> Evidence:
    observed, expected, unit = figures
    return Evidence(
        reason=reason,
        subject=(Entity.SECTION.value, section),
        statement=statement,
        refs=refs,
        observed=round(observed, 4),
        expected=round(expected, 4),
        unit=unit,
        start_ms=None,
        end_ms=None,
        strength=round(min(bits * math.log10(2), _MOST_STRENGTH), 4),
        counter_evidence=(counter,),
    )


def _ids(of: Known, accounts: Codes) -> tuple[str, ...]:
    return tuple(sorted(set(of.visits.account_ids.take(accounts).to_pylist()))[:_MOST_REFS])
