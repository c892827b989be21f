"""What the timing features are called and mean."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Final

from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["SPECS"]

_SECTION: Final = (
    FeatureSpec(
        "peak_excess",
        Entity.SECTION,
        "z",
        -inf,
        inf,
        1,
        Text(
            "最突出的时间窗里，互动数比其前后较活跃一侧的速度高出多少个标准差。",
            "How many standard deviations the window that stands out most lies above the busier of"
            " its two sides.",
        ),
        "variance m + 0.3 m^2 and z > 2.5: sketch of the attribution model; contrast with a"
        " section's own surroundings: HoloScope (CIKM 2017)",
    ),
    FeatureSpec(
        "excess_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "超出前后时段所能解释的互动占全部互动的比例。",
            "Share of the engagements beyond what the time before and after explains.",
        ),
        "sketch of the attribution model, excess against own surroundings",
    ),
    FeatureSpec(
        "densest_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "最密集的一小时内的互动占全部互动的比例。",
            "Share of the engagements that fall into the densest hour.",
        ),
        "one-hour flash delivery, hard negatives P2; a launch or a push does the same (H6)",
    ),
    FeatureSpec(
        "gap_cv",
        Entity.SECTION,
        "ratio",
        0,
        inf,
        -1,
        Text(
            "最密集的 20 次互动之间间隔的变异系数：随机到达接近 1，定时器接近 0。",
            "Coefficient of variation of the gaps in the densest run of 20 engagements: near 1 for"
            " random arrivals, near 0 for a timer.",
        ),
        "renewal theory: exponential gaps have coefficient 1; 10^5 simulated runs of 19 gaps:"
        " median 0.91, 1 % below 0.58, 0.1 % below 0.50",
    ),
    FeatureSpec(
        "even_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "处在异常均匀的时段（连续 10 个间隔的变异系数低于 0.4）里的互动占比。",
            "Share of the engagements in unusually even stretches (ten gaps in a row with a"
            " coefficient of variation below 0.4).",
        ),
        "near-constant gaps of drip delivery, hard negatives P1; 0.3 % of random stretches"
        " (10^6 simulated)",
    ),
    FeatureSpec(
        "gap_repeat",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "同一间隔长度重复出现、超出时钟精度和当时节奏所能解释的比例。",
            "Share of the gaps that repeat one length beyond what the clock and the pace explain.",
        ),
        "fixed waiting times of delivery scripts, hard negatives P1; expectation from geometric"
        " gaps at the local pace",
    ),
    FeatureSpec(
        "allan_factor",
        Entity.SECTION,
        "ratio",
        0,
        inf,
        0,
        Text(
            "相邻两小时互动数变化的离散程度：随机到达接近 1，成批到达远大于 1，匀速到达小于 1。",
            "How much neighbouring hours differ: near 1 for random arrivals, far above for"
            " arrivals in batches, below for an even flow.",
        ),
        "Allan variance of a point process over twice its mean (Allan 1966; used for point"
        " processes since Lowen and Teich 1996)",
    ),
    FeatureSpec(
        "quiet_hours_share",
        Entity.SECTION,
        "share",
        0,
        0.25,
        1,
        Text(
            "一天中最安静的连续六小时内的互动占比：昼夜不停时接近 25%。",
            "Share of the engagements in the quietest six hours of the day: near 25 % where"
            " activity never sleeps.",
        ),
        "the plateau from 00 to 06 of practitioners' reading curves, hard negative H6; the hours"
        " are the section's own, so that no time zone is assumed",
    ),
)

# The likes of one comment are a stream of their own.
_OF_COMMENTS: Final = ("peak_excess", "excess_share", "gap_cv", "even_share")

SPECS: Final = (
    *_SECTION,
    *(replace(s, entity=Entity.COMMENT) for s in _SECTION if s.name in _OF_COMMENTS),
)
