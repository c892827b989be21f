"""How the likes of a section grew: from acts with a time, else from counts as steps.

Half and nine tenths of the likes are timed from publication; where that is unknown, from the first
like. A count says only that so many had come by then, so steps are known no better than the polls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Insight, Maker, Series, Subject
from zhenzan.detector.insights.known import Codes, Known, Reals, grouped
from zhenzan.detector.insights.reduce import QUARTER_MS
from zhenzan.detector.insights.say import both, count, hours
from zhenzan.features.family import Text

__all__ = ["LikeGrowth", "steps"]

Array: TypeAlias = np.ndarray[Any, Any]

_POINTS: Final = 40  # of a curve: as many as a phone's width can tell apart
_POLLS: Final = 3  # two differences: fewer show no shape


class LikeGrowth(Maker):
    """When half and nine tenths of a section's likes had come."""

    name: ClassVar[str] = "like_growth"
    title: ClassVar[Text] = Text("点赞增长", "Growth of likes")
    needs: ClassVar[Text] = Text(
        "带时间的点赞，或不同时刻的点赞计数",
        "likes with times, or counts of likes at several moments",
    )
    noun: ClassVar[Text] = Text("个点赞", "likes")
    unit: ClassVar[str] = "seconds"
    least: ClassVar[int] = LEAST_FOR_SHARE

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        acts = known.acts
        order = np.lexsort((acts.quarter, acts.section))
        order = order[acts.liked[order]]
        section = acts.section[order]
        edges = np.searchsorted(section, np.arange(len(known.sections) + 1))
        polled = _polled(known.counts)
        for at, section_id in known.subjects():
            rows = order[edges[at] : edges[at + 1]]
            total = float(acts.n[rows].sum())
            if total >= self.least:
                yield self._timed(known, rows, at, section_id)
            elif at in polled:
                yield self._counted(polled[at], section_id)
            else:
                yield self.few(("section", section_id), total)

    def _timed(self, known: Known, rows: Codes, at: int, section_id: str) -> Insight:
        acts = known.acts
        ends = np.asarray((acts.quarter[rows] + 1) * float(QUARTER_MS), dtype=np.float64)
        raw = np.asarray(np.cumsum(acts.n[rows]), dtype=np.float64)
        genuine = np.asarray(np.cumsum(acts.genuine[rows]), dtype=np.float64)
        published = known.sections.published_ms[at]
        late = np.isnan(published) or published > ends[0]
        start = float(ends[0] - QUARTER_MS if late else published)
        half, most = (_reached(genuine, ends, part) - start for part in (0.5, 0.9))
        half_raw = _reached(raw, ends, 0.5) - start
        since = Text("第一个点赞", "the first like") if late else Text("发布", "publication")
        shown = both(half / 1000, half_raw / 1000, lambda s: hours(s).zh).zh
        shown_en = both(half / 1000, half_raw / 1000, lambda s: hours(s).en).en
        n, real = count(raw[-1]), count(genuine[-1])
        zh = (
            f"自{since.zh}起，一半点赞在 {shown}内到来，九成在 {hours(most / 1000).zh}内；"
            f"{n} 个中约 {real} 个与自然互动一致。"
        )
        en = (
            f"Since {since.en} half of the likes came within {shown_en}, nine tenths within"
            f" {hours(most / 1000).en}; about {real} of {n} look genuine."
        )
        series = _thinned(ends, raw, genuine, start)
        subject: Subject = ("section", section_id)
        return self.say(subject, raw[-1], half_raw / 1000, half / 1000, zh, en, [series])

    def _counted(self, polls: pd.DataFrame, section_id: str) -> Insight:
        times, low, high = (polls[c].to_numpy(dtype=np.float64) for c in ("at", "low", "high"))
        gained = float(low[-1] - low[0])
        if gained < self.least:
            return self.few(("section", section_id), max(gained, 0.0))
        seen = _reached(low - low[0], times, 0.5) - times[0]
        after = hours(seen / 1000)
        span = hours((times[-1] - times[0]) / 1000)
        zh = (
            f"{len(times)} 次读数、历时 {span.zh}，点赞由 {count(low[0])} 增至 {count(low[-1])}；"
            f"期间增量的一半在首次读数后 {after.zh}内到来（以读数时刻为准）。"
        )
        en = (
            f"{len(times)} readings over {span.en} saw the likes grow from {count(low[0])} to"
            f" {count(low[-1])}; half of that had come {after.en} after the first reading"
            " (no finer than the readings)."
        )
        pick = _picked(len(times))
        rows = tuple(
            (int(times[i]), int(low[i]), None if np.isinf(high[i]) else int(high[i])) for i in pick
        )
        series = Series("steps", ("observed_ms", "low", "high"), rows)
        return self.say(("section", section_id), gained, seen / 1000, None, zh, en, [series])


def steps(rows: pd.DataFrame) -> pd.DataFrame:
    """Total likes at each reading: `section, at, low, high`.

    Likes of the section itself where its counter was read `_POLLS` times or more; else those of
    its comments together, each as last read, counted from the first moment at which all that were
    ever read had been.
    """
    likes = rows[(rows["metric"] == "like") & (rows["scene"] == "all") & rows["window_s"].isna()]
    own = likes[likes["comment"].isna()]
    own = own.rename(columns={"observed_ms": "at", "value_lo": "low", "value_hi": "high"})
    often = own.groupby("section")["at"].transform("size") >= _POLLS
    own = own[often]
    on_comments = likes[likes["comment"].notna() & ~likes["section"].isin(own["section"])]
    made = _together(on_comments)
    return pd.concat([own[["section", "at", "low", "high"]], made], ignore_index=True)


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(["section", "comment", "observed_ms"], kind="stable")
    # An unbounded end is counted beside the sum: infinity less infinity is no number.
    unbounded = np.isinf(rows["value_hi"])
    rows = rows.assign(
        at=rows["observed_ms"],
        low=rows["value_lo"],
        high=rows["value_hi"].mask(unbounded, 0.0),
        unbounded=unbounded.astype(np.int64),
    )
    names = ["low", "high", "unbounded"]
    change = rows.groupby(["section", "comment"], sort=False)[names].diff()
    first = change["low"].isna()
    rows[names] = change.where(~first, rows[names])
    complete = rows[first].groupby("section")["at"].max()
    moments = rows.groupby(["section", "at"])[names].sum()
    total = moments.groupby(level="section").cumsum().reset_index()
    total["high"] = total["high"].mask(total["unbounded"] > 0, np.inf)
    total = total.drop(columns="unbounded")
    total = total[total["at"] >= total["section"].map(complete)]
    often = total.groupby("section")["at"].transform("size") >= _POLLS
    return total[often]


def _polled(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    made = steps(rows)
    return grouped(made)


def _reached(total: Reals, ends: Reals, part: float) -> float:
    """The end of the first bin by which this part of the total had come."""
    at = int(np.searchsorted(total, part * total[-1] - 1e-9))
    return float(ends[min(at, len(ends) - 1)])


def _picked(n: int) -> Array:
    """At most 40 of n positions, first and last among them."""
    return np.unique(np.round(np.linspace(0, n - 1, min(n, _POINTS))).astype(np.int64))


def _thinned(ends: Reals, raw: Reals, genuine: Reals, start: float) -> Series:
    """The curve at 40 moments equally apart, as steps."""
    grid = np.linspace(start, ends[-1], _POINTS + 1)[1:]
    at = np.searchsorted(ends, grid, side="right") - 1
    rows = tuple(
        (int(t), int(raw[i]) if i >= 0 else 0, round(float(genuine[i]), 1) if i >= 0 else 0.0)
        for t, i in zip(grid, at, strict=True)
    )
    return Series("growth", ("end_ms", "raw", "genuine"), rows)
