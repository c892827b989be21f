"""Comment rate: comments per read, else per like, beside the creator's own other sections.

Only the creator's own history is compared with. The bands that circulate (below 1 % weak, above
5 % strong) have no source that could be checked, so they are not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Insight, Maker, Series, Subject
from zhenzan.detector.insights.known import Codes, Flags, Known, Reals
from zhenzan.detector.insights.say import both, count, share, times
from zhenzan.features.family import Text

__all__ = ["CommentRate", "Rates", "rates"]

_OWN: Final = 5  # own other sections below which there is no history to speak of
_SHOWN: Final = 60  # sections of a creator in the series, the latest


class Rates:
    """Comment rates of all sections.

    Attributes:
        per_read: Whether a rate is per read (else per like).
        base, base_hi: Reads or likes, and the upper end where they are an interval.
        raw, genuine: Comments per read or like; NaN where the base is below 20.
    """

    def __init__(self, known: Known) -> None:
        t = known.totals
        self.per_read = ~np.isnan(t.reads) & (t.reads >= LEAST_FOR_SHARE)
        self.base: Reals = np.where(self.per_read, t.reads, t.likes)
        self.base_hi: Reals = np.where(self.per_read, t.reads_hi, t.likes)
        # Likes that look delivered are no audience either.
        genuine_base = np.where(self.per_read, t.reads, t.likes_genuine)
        with np.errstate(divide="ignore", invalid="ignore"):
            enough = self.base >= LEAST_FOR_SHARE
            real = np.where(t.collected > 0, t.genuine / t.collected, 1.0)
            self.raw: Reals = np.where(enough, t.comments / self.base, np.nan)
            kept = np.where(enough & (genuine_base >= 1), t.comments * real / genuine_base, np.nan)
        self.genuine: Reals = kept


def rates(known: Known) -> Rates:
    """The rates of all sections."""
    return Rates(known)


class CommentRate(Maker):
    """Comments per read or like of each section, and its place in the creator's history."""

    name: ClassVar[str] = "comment_rate"
    title: ClassVar[Text] = Text("留言率", "Comment rate")
    needs: ClassVar[Text] = Text("阅读数、播放数或点赞数", "reads, views or likes of the section")
    noun: ClassVar[Text] = Text("次阅读或点赞", "reads or likes")
    unit: ClassVar[str] = "rate"
    least: ClassVar[int] = LEAST_FOR_SHARE

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section, then every creator."""
        found = rates(known)
        for at, section_id in known.subjects():
            if np.isnan(found.raw[at]) or np.isnan(found.genuine[at]):
                yield self._none(known, found, at, section_id)
                continue
            own = _history(known, found, at)
            yield self._section(known, found, at, section_id, own)
        for at, creator_id in known.creators():
            rows = np.flatnonzero((known.sections.creator == at) & ~np.isnan(found.genuine))
            yield self._creator(known, found, rows, creator_id)

    def _none(self, known: Known, found: Rates, at: int, section_id: str) -> Insight:
        """Abstains, for what is missing: comments, reads or likes, or such as look genuine."""
        subject: Subject = ("section", section_id)
        base = float(np.nan_to_num(found.base[at]))
        if base < self.least:
            return self.few(subject, base)
        if np.isnan(known.totals.comments[at]):
            why = Text(
                "数据不足：不知道有多少条留言。",
                "Not enough data: how many comments there are is not known.",
            )
            return self.silent(subject, base, why)
        return self.few(subject, base, 0.0)

    def _section(self, known: Known, found: Rates, at: int, section_id: str, own: Codes) -> Insight:
        raw, genuine = float(found.raw[at]), float(found.genuine[at])
        shown, per = _rate(found, at, genuine, raw)
        more = found.base_hi[at] > found.base[at]
        limit = Text("至多 ", "at most ") if more else Text("", "")
        written = count(known.totals.comments[at])
        base_text = _base(found, at)
        zh = f"{per.zh} {limit.zh}{shown.zh}：{written} 条留言，{base_text.zh}。"
        en = f"{per.en}: {limit.en}{shown.en} ({written} to {base_text.en})."
        if len(own) >= _OWN:
            median = float(np.median(found.genuine[own]))
            above = int((found.genuine[own] < genuine).sum())
            middle = _rate(found, at, median, median)[0]
            zh += f"同一作者其他 {len(own)} 篇的中位数是 {middle.zh}，本篇高于其中 {above} 篇。"
            en += (
                f" The median of {len(own)} other sections of the creator is {middle.en};"
                f" this one is above {above} of them."
            )
        else:
            zh += f"同一作者可比较的其他内容只有 {len(own)} 篇，不与历史比较。"
            en += f" Other sections of the creator to compare with: {len(own)}; no history yet."
        base = int(found.base[at])
        return self.say(("section", section_id), base, raw, genuine, zh, en)

    def _creator(self, known: Known, found: Rates, rows: Codes, creator_id: str) -> Insight:
        rows = rows[found.per_read[rows] == _mostly(found.per_read[rows])]
        base = float(found.base[rows].sum())
        if base < self.least:
            return self.few(("creator", creator_id), base)
        if len(rows) < _OWN:
            why = Text(
                f"数据不足：有留言率的内容只有 {len(rows)} 篇，至少需要 {_OWN} 篇。",
                f"Not enough data: {len(rows)} of at least {_OWN} sections with a comment rate.",
            )
            return self.silent(("creator", creator_id), base, why)
        genuine = float(np.median(found.genuine[rows]))
        middle = float(np.median(found.raw[rows]))
        shown, per = _rate(found, int(rows[0]), genuine, middle)
        low, high = (float(v) for v in np.quantile(found.genuine[rows], [0.25, 0.75]))
        ends = [_rate(found, int(rows[0]), v, v)[0].en for v in (low, high)]
        zh = (
            f"{len(rows)} 篇内容，{per.zh}的中位数 {shown.zh}，一半在 {ends[0]} 与 {ends[1]} 之间。"
        )
        en = (
            f"{per.en} over {len(rows)} sections: median {shown.en},"
            f" half of them between {ends[0]} and {ends[1]}."
        )
        series = [_series(known, found, rows)]
        return self.say(("creator", creator_id), base, middle, genuine, zh, en, series)


def _history(known: Known, found: Rates, at: int) -> Codes:
    """The creator's other sections whose rate is per the same thing."""
    creator = known.sections.creator
    if creator[at] < 0:
        return np.empty(0, dtype=np.int64)
    same = (creator == creator[at]) & (found.per_read == found.per_read[at])
    same[at] = False
    return np.flatnonzero(same & ~np.isnan(found.genuine))


def _mostly(flags: Flags) -> bool:
    return bool(2 * flags.sum() >= len(flags))


def _rate(found: Rates, at: int, genuine: float, raw: float) -> tuple[Text, Text]:
    """The rate as it is usually told, and its name: a share of reads, or for 100 likes."""
    if found.per_read[at]:
        return both(genuine, raw, share), Text("留言率", "Comments per read")
    shown = both(100 * genuine, 100 * raw, times)
    return shown, Text("每 100 个点赞的留言数", "Comments per 100 likes")


def _base(found: Rates, at: int) -> Text:
    n = count(found.base[at])
    if found.base_hi[at] > found.base[at]:
        return Text(f"{n} 次以上阅读", f"{n} reads or more")
    return (
        Text(f"{n} 次阅读", f"{n} reads")
        if found.per_read[at]
        else Text(f"{n} 个点赞", f"{n} likes")
    )


def _series(known: Known, found: Rates, rows: Codes) -> Series:
    """The creator's sections in the order in which they appeared."""
    when = known.sections.published_ms[rows]
    size = known.totals.comments[rows]
    order = np.lexsort((found.genuine[rows], size, np.where(np.isnan(when), -np.inf, when)))
    latest = rows[order][-_SHOWN:]
    cells = tuple(
        (
            str(known.sections.id[i]),
            None
            if np.isnan(known.sections.published_ms[i])
            else int(known.sections.published_ms[i]),
            float(f"{found.raw[i]:.4g}"),
            float(f"{found.genuine[i]:.4g}"),
        )
        for i in latest
    )
    return Series("sections", ("section_id", "published_ms", "raw", "genuine"), cells)
