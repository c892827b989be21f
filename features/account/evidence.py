"""Statements about the accounts of a section: opened together, named alike, taken back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
from zhenzan.features.account import habits
from zhenzan.features.account.clumps import CLUMP_BITS, Clump
from zhenzan.features.account.figures import Known
from zhenzan.features.family import Entity, Evidence, FeatureConfig, Text
from zhenzan.features.numbers import about
from zhenzan.features.people import Reals
from zhenzan.features.rates import beyond_others

__all__ = ["section_evidence"]

_MOST_REFS: Final = 50
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test

_WAVES: Final = Text(
    "学校或单位集体注册、平台推广期和搬家潮也会让账号在同一时期注册。",
    "A class or company that signs up together, a platform's launch or a migration open accounts"
    " at one time too.",
)
_DEFAULTS: Final = Text(
    "平台自动给出的默认昵称和同一群体的起名习惯也会如此。",
    "Names that a platform hands out, and a community's habits of naming, look alike too.",
)
_PURGES: Final = Text(
    "平台清理账号、隐私设置变化或内容有争议时，点赞也会被取消；取消不等于购买。",
    "Purges by the platform, changed privacy settings or a disputed post take likes back too; taken"
    " back is not purchased.",
)


def section_evidence(of: Known, wanted: Sequence[str], version: int) -> Iterator[Evidence]:
    """Statements about the wanted sections, strongest first.

    Args:
        of: What the family rests on.
        wanted: Section ids.
        version: Of the family, for the reason codes.
    """
    names = of.visits.section_ids.to_pylist()
    code = {id_: number for number, id_ in enumerate(names)}
    here = [(id_, code[id_]) for id_ in wanted if id_ in code]
    found = [
        *_clumped(of, here, version, "births", of.birth_clump, of.born_ms),
        *_clumped(of, here, version, "ids", of.id_clump, of.shown.id_order),
        *_named(of, here, version),
        *_taken_back(of, here, version),
    ]
    yield from sorted(found, key=lambda e: (-e.strength, e.reason, e.subject))


def _clumped(
    of: Known,
    here: Sequence[tuple[str, int]],
    version: int,
    kind: str,
    clump: Clump,
    value: Reals,
) -> Iterator[Evidence]:
    total = np.bincount(of.visits.section, minlength=of.visits.n_sections)
    for id_, section in here:
        n, first = int(clump.length[section]), int(clump.first[section])
        if n == 0 or clump.bits[section] < CLUMP_BITS:
            continue
        accounts = of.visits.account[clump.order[first : first + n]]
        low, high = int(value[accounts].min()), int(value[accounts].max())
        expected, whole = float(clump.expected[section]), int(total[section])
        yield Evidence(
            reason=f"account.{kind}@{version}",
            subject=(Entity.SECTION.value, id_),
            statement=_together(kind, n, whole, low, high, expected),
            refs=_refs(of, accounts),
            observed=float(n),
            expected=round(expected, 4),
            unit="accounts",
            start_ms=low if kind == "births" else None,
            end_ms=high + 1 if kind == "births" else None,
            strength=_strength(float(clump.bits[section])),
            counter_evidence=(_WAVES,),
        )


def _together(kind: str, n: int, whole: int, low: int, high: int, expected: float) -> Text:
    usual = about(expected)
    if kind == "births":
        span = f"{_day(low)}–{_day(high)} UTC"
        return Text(
            f"{whole} 个来访账号中有 {n} 个注册于 {span}；按其他评论区的账号预计{usual.zh} 个。",
            f"{n} of the {whole} accounts were opened between {span}; the accounts of the other"
            f" sections predict {usual.en}.",
        )
    return Text(
        f"{whole} 个来访账号中有 {n} 个的编号处于一小段相邻的号段；"
        f"按其他评论区的账号预计{usual.zh} 个。",
        f"{n} of the {whole} accounts have ids within one short range; the accounts of the other"
        f" sections predict {usual.en}.",
    )


def _named(of: Known, here: Sequence[tuple[str, int]], version: int) -> Iterator[Evidence]:
    visits, shown = of.visits, of.shown
    share, which = habits.named_excess(visits, shown.shape, shown.script, FeatureConfig().min_likes)
    order, offsets = visits.of_section()
    for id_, section in here:
        if which[section] < 0:
            continue
        accounts = visits.account[order[offsets[section] : offsets[section + 1]]]
        bearers = accounts[shown.shape[accounts] == which[section]]
        whole, n = int((shown.shape[accounts] >= 0).sum()), len(bearers)
        expected = max(n - float(share[section]) * whole, 0.5)
        surprise = (n * math.log(n / expected) - (n - expected)) / math.log(2)
        shape = shown.shapes[int(which[section])].as_py()
        yield Evidence(
            reason=f"account.names@{version}",
            subject=(Entity.SECTION.value, id_),
            statement=Text(
                f"{whole} 个来访账号中有 {n} 个的昵称样式为“{shape}”（a 为字母，0 为数字）；"
                f"按其他评论区预计{about(expected).zh} 个。",
                f"{n} of the {whole} accounts bear a name of the shape “{shape}” (a for letters, 0"
                f" for digits); the other sections predict {about(expected).en}.",
            ),
            refs=_refs(of, bearers),
            observed=float(n),
            expected=round(expected, 4),
            unit="accounts",
            start_ms=None,
            end_ms=None,
            # Communities name alike: half of the surprise is left to that [H].
            strength=_strength(surprise / 2),
            counter_evidence=(_DEFAULTS,),
        )


def _taken_back(of: Known, here: Sequence[tuple[str, int]], version: int) -> Iterator[Evidence]:
    visits, n = of.visits, of.visits.n_sections
    gone_of = visits.extra["taken_back"].to_numpy()
    back = np.bincount(visits.section, gone_of, minlength=n)
    acts = np.bincount(visits.section, visits.engagements, minlength=n)
    expected, bits = beyond_others(back, acts, FeatureConfig().min_likes)
    order, offsets = visits.of_section()
    for id_, section in here:
        if not bits[section] > 0:
            continue
        inside = order[offsets[section] : offsets[section + 1]]
        accounts = visits.account[inside[gone_of[inside] > 0]]
        gone, whole, usual = int(back[section]), int(acts[section]), float(expected[section])
        yield Evidence(
            reason=f"account.retracted@{version}",
            subject=(Entity.SECTION.value, id_),
            statement=Text(
                f"{whole} 次互动中有 {gone} 次后来被取消；按其他评论区预计{about(usual).zh} 次。",
                f"{gone} of {whole} engagements were taken back later; the other sections predict"
                f" {about(usual).en}.",
            ),
            refs=_refs(of, accounts),
            observed=float(gone),
            expected=round(usual, 4),
            unit="acts",
            start_ms=None,
            end_ms=None,
            strength=_strength(float(bits[section])),
            counter_evidence=(_PURGES,),
        )


def _refs(of: Known, accounts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[str, ...]:
    return tuple(sorted(set(of.visits.account_ids.take(accounts).to_pylist()))[:_MOST_REFS])


def _strength(bits: float) -> float:
    return round(min(bits * math.log10(2), _MOST_STRENGTH), 4)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
