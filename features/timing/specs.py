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

_SHAPE: Final = (
    FeatureSpec(
        "multiscale_excess", Entity.SECTION, "z", 0, inf, 1,
        Text(
            "从一分钟到一天的五种时间窗里，各自最突出者高出周围速度的标准差之平均。",
            "Over five window widths from a minute to a day, the mean of how many standard"
            " deviations the window that stands out most lies above its surroundings.",
        ),
        "as peak_excess, at every scale: a flash stands out at short widths, a surge at all of"
        " them; scale by scale as in wavelet analysis of network traffic (Barford and others 2002)",
    ),
    FeatureSpec(
        "grid_share", Entity.SECTION, "share", 0, 1, 1,
        Text(
            "间隔恰为 5、10、15、30 秒或 1、5、10 分钟整数倍的比例，扣除巧合。",
            "Share of the gaps that are whole multiples of 5, 10, 15 or 30 seconds or of 1, 5 or 10"
            " minutes, less what chance gives.",
        ),
        "intervals that panels let buyers set (peers.md, section 4: runs and interval in minutes);"
        " chance is one in m for a grid of m clock ticks",
    ),
    FeatureSpec(
        "digit_divergence", Entity.SECTION, "bits", 0, inf, 1,
        Text(
            "间隔秒数的末位数字与随机到达应有的末位数字相差多少比特。",
            "Bits by which the last digits of the gaps differ from those of random arrivals at the"
            " same pace.",
        ),
        "relative entropy with the bias correction of Miller (1955); last digits as in digit tests"
        " of made-up numbers (Mosimann and others 1995)",
    ),
    FeatureSpec(
        "round_stop", Entity.SECTION, "bits", 0, inf, 1,
        Text(
            "总数到达 50、100、200、300、500 或 1000 时出现停顿有多难用巧合解释。",
            "How hard a pause where the count reaches 50, 100, 200, 300, 500 or 1,000 is to explain"
            " by chance.",
        ),
        "deliveries stop at round totals (hard negatives, purchased reference pattern) with up to"
        " 10 % over-delivery (peers.md, section 4); rank among all pauses, corrected for the tries",
    ),
    FeatureSpec(
        "step_share", Entity.SECTION, "share", 0, 1, 0,
        Text(
            "速度达到全程平均八倍以上、最突出的一段里的互动占比。",
            "Share of the engagements in the one run whose pace of eight times the mean stands out"
            " most.",
        ),
        "likelihood scan of one segment (Page 1954); launches and pushes reach four to five times"
        " the mean of the first day (hard negative H6)",
    ),
    FeatureSpec(
        "step_sharpness", Entity.SECTION, "log2 ratio", -inf, inf, 0,
        Text(
            "这一段较缓的一侧边缘外，间隔是边缘内的多少倍（以 2 为底的对数）："
            "自然的热度慢慢退去，安排好的到点即止。",
            "By what factor (log2) gaps outside the softer edge of that run are longer than inside:"
            " organic interest fades, what is timed ends.",
        ),
        "steps of poll-by-poll deliveries (peers.md: hundreds of likes within one poll, then none);"
        " a later isolated rise that falls abruptly, hard negative H6; pushes and shares begin as"
        " sharply, so that it describes",
    ),
    FeatureSpec(
        "step_residual", Entity.SECTION, "ratio", 0, inf, -1,
        Text(
            "这一段的互动数（扣除平时速度）离最近的常见订单数量有多远，以该数量的比例计。",
            "How far the size of that run, less the usual pace, lies from the nearest size in which"
            " orders are sold, as a share of that size.",
        ),
        "order sizes 20 to 1,000 with 0-10 % over-delivery (peers.md, section 4)",
    ),
    FeatureSpec(
        "decay_gain", Entity.SECTION, "bits", 0, inf, -1,
        Text(
            "用衰减来解释到达时间，比用恒定速度每次互动好多少比特：匀速送达接近 0。",
            "Bits an engagement by which decay explains the times better than a constant rate: near"
            " 0 for even delivery.",
        ),
        "power-law decay of attention (Crane and Sornette 2008) against the constant rate of drips,"
        " hard negatives P1; content that is found for years is even, too",
    ),
    FeatureSpec(
        "deadline_collapse", Entity.SECTION, "log2 ratio", 0, inf, 0,
        Text(
            "互动一路上升到某一时刻、随即骤降的幅度（以 2 为底的对数）：抽奖、投票截止时的样子。",
            "How far (log2) arrivals fall right after an end toward which they kept rising: the"
            " shape of a giveaway or a vote at its deadline.",
        ),
        "benign shape of hard negatives H1 and H3: a peak before the deadline, collapse after it",
    ),
    FeatureSpec(
        "start_delay", Entity.SECTION, "seconds", 0, inf, 0,
        Text(
            "从发布到十分之一的互动到达之间的时间。",
            "Time from publication until a tenth of the engagements had arrived.",
        ),
        "orders start within the hour or 1-48 hours after they were placed (peers.md, section 4);"
        " subscribers come at once (hard negative H6)",
    ),
    FeatureSpec(
        "night_excess", Entity.SECTION, "share", -1, 1, 1,
        Text(
            "在该作者受众平时最安静的六小时里，互动占比比预计高出多少。",
            "Share of the engagements in the six hours in which this creator's audience is"
            " quietest, beyond what the creator's other sections predict.",
        ),
        "delivery starts when it was ordered, unrelated to the audience's rhythm (hard negatives,"
        " purchased reference pattern); a night's publication does the same (H6)",
    ),
    FeatureSpec(
        "hours_divergence", Entity.SECTION, "bits", 0, inf, 0,
        Text(
            "一天中各小时的互动与该作者其他评论区的习惯相差多少比特。",
            "Bits by which the hours of the day differ from those of the creator's other sections.",
        ),
        "as night_excess, over all hours; relative entropy with the bias correction of Miller"
        " (1955)",
    ),
    FeatureSpec(
        "drop_share", Entity.SECTION, "share", 0, 1, 1,
        Text(
            "点赞数从高点最多掉了多大比例。",
            "The largest fall of a count of likes, as a share of the count before.",
        ),
        "removed likes after delivery, 0.2-40 % within a month (peers.md, section 4); a platform's"
        " purge strikes many sections at once (hard negative H20)",
    ),
    FeatureSpec(
        "refill_share", Entity.SECTION, "share", 0, 1, 1,
        Text(
            "掉了至少 10 个之后又补回的比例。",
            "Share of that fall, of ten at least, that was made up afterwards.",
        ),
        "sellers refill what drops (peers.md, section 4: refill as a service of panels)",
    ),
)  # fmt: skip

# The likes of one comment are a stream of their own.
_OF_COMMENTS: Final = (
    "peak_excess", "excess_share", "gap_cv", "even_share", "multiscale_excess", "grid_share",
    "step_share", "decay_gain", "deadline_collapse",
)  # fmt: skip
_ALL: Final = (*_SECTION, *_SHAPE)

SPECS: Final = (*_ALL, *(replace(s, entity=Entity.COMMENT) for s in _ALL if s.name in _OF_COMMENTS))
