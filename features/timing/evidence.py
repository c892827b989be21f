"""Statements about one stream: the window that stands out, and gaps that are too even."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scipy.special import digamma
from zhenzan.features.family import Evidence, Text
from zhenzan.features.numbers import about
from zhenzan.features.timing.kernels import BLOCK, SIGNIFICANT_Z

__all__ = ["stream_evidence"]

# Below it lie 1 in 1,000 runs of 19 random gaps (10^5 simulated): worth a sentence.
_EVEN_CV: Final = 0.5
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test
# Organic streams have bursts of their own: the largest z of 58 launched repositories averages 10.5
# and is near exponential (real stars), which is what a peak is held against.
_ORGANIC_PEAK_Z: Final = 10.5

_CROWDS: Final = Text(
    "同样的聚集也可能来自转发、推送、抽奖截止、直播或新闻；时间本身不能区分。",
    "Being shared, a push message, a giveaway's deadline, a live event or news crowd arrivals in"
    " the same way; times alone cannot tell them apart.",
)
_TIMERS: Final = Text(
    "公开声明的自动账号、批量导入和平台的分批记录也会产生均匀的间隔。",
    "Declared automated accounts, bulk imports and a platform's batched records make even gaps"
    " too.",
)


def stream_evidence(
    row: Mapping[str, Any], subject: tuple[str, str], version: int
) -> Iterator[Evidence]:
    """What one row of the stream table supports; nothing where it is within the ordinary.

    Args:
        row: A row of `timing_streams`.
        subject: Entity kind and id.
        version: Of the family, for the reason code.
    """
    z, cv = row["peak_excess"], row["gap_cv"]
    refs = tuple(ref for ref in (row["section_id"], row["stream"]) if ref)
    if z is not None and z > SIGNIFICANT_Z:
        yield _burst(row, subject, refs, version)
    if cv is not None and cv < _EVEN_CV:
        yield _regularity(row, subject, refs, version)


def _burst(
    row: Mapping[str, Any], subject: tuple[str, str], refs: tuple[str, ...], version: int
) -> Evidence:
    start, end = row["peak_ms"], row["peak_ms"] + row["peak_width_ms"]
    n, expected, total = row["peak_acts"], row["peak_expected"], row["n_acts"]
    span = f"{_clock(start)}–{_clock(end)} UTC"
    zh = f"{span} 之间有 {n} 次互动（共 {total} 次）；按前后时段的速度预计{about(expected).zh} 次。"
    en = (
        f"{n} of the {total} engagements arrived between {span}; the pace before and after"
        f" predicts {about(expected).en}."
    )
    z = row["peak_excess"]
    return Evidence(
        reason=f"timing.burst@{version}",
        subject=subject,
        statement=Text(zh, en),
        refs=refs,
        observed=float(n),
        expected=round(expected, 4),
        unit="acts",
        start_ms=start,
        end_ms=end,
        strength=round(min(z / _ORGANIC_PEAK_Z / math.log(10), _MOST_STRENGTH), 4),
        counter_evidence=(_CROWDS,),
    )


def _regularity(
    row: Mapping[str, Any], subject: tuple[str, str], refs: tuple[str, ...], version: int
) -> Evidence:
    cv = row["gap_cv"]
    return Evidence(
        reason=f"timing.regularity@{version}",
        subject=subject,
        statement=Text(
            f"最密集的 {BLOCK} 次互动之间的间隔异常均匀：变异系数 {cv:.2f}，随机到达约为 0.91。",
            f"The gaps between the {BLOCK} engagements of the densest run are unusually even:"
            f" coefficient of variation {cv:.2f}, about 0.91 for random arrivals.",
        ),
        refs=refs,
        observed=round(cv, 4),
        expected=0.91,
        unit="ratio",
        start_ms=row["block_lo_ms"],
        end_ms=row["block_hi_ms"],
        # Gamma gaps of the observed coefficient against exponential ones, per gap, by the
        # Kullback-Leibler divergence of the shapes.
        strength=round(min((BLOCK - 1) * _gamma_divergence(cv) / math.log(10), _MOST_STRENGTH), 4),
        counter_evidence=(_TIMERS,),
    )


def _gamma_divergence(cv: float) -> float:
    """Nats per gap by which gamma gaps with this coefficient differ from exponential ones."""
    shape = 1 / max(cv, 0.05) ** 2
    psi = float(digamma(shape))
    return math.log(shape) - math.lgamma(shape) + (shape - 1) * psi + 1 - shape


def _clock(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
