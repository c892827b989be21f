"""Who was there: region and level of those who commented, and where reads and acts came from.

Shares of what looks genuine, beside the raw ones and those of the creator's other sections. Groups
of fewer than three people are pooled, however much these did: a mix describes an audience, never a
person. Who has no account counts as somebody else each time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Cell, Insight, Maker, Series
from zhenzan.detector.insights.known import Codes, Known, Objects, Reals
from zhenzan.detector.insights.say import both, count, share
from zhenzan.features.family import Text

__all__ = ["Levels", "Regions", "Sources", "reads_by_scene"]

_FEWEST: Final = 3  # people in a group that is shown by itself
_SHOWN: Final = 12
_OTHER: Final = "…"  # the pooled rest
_LONGEST: Final = 40

_Group: TypeAlias = tuple[str, float, float, float]  # label, all, how many look genuine, people


class _Mix(Maker):
    """A division of what was received; subclasses say of what."""

    unit: ClassVar[str] = "share"
    least: ClassVar[int] = LEAST_FOR_SHARE
    what: ClassVar[Text]

    @abstractmethod
    def rows(self, known: Known) -> pd.DataFrame:
        """Counts `section, label, n, genuine, people` for described sections."""

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        rows = self.rows(known)
        # Who wrote and who acted may be the same people: the larger number is certain.
        rows = rows.groupby(["section", "label"], as_index=False).agg(
            {"n": "sum", "genuine": "sum", "people": "max"}
        )
        creator = known.sections.creator
        parts = _groups(rows["section"].to_numpy(dtype=np.int64), rows)
        owners = creator[rows["section"].to_numpy(dtype=np.int64)]
        own = {c: _sums(groups) for c, groups in _groups(owners, rows).items() if c >= 0}
        for at, section_id in known.subjects():
            part = parts.get(at, [])
            n, kept = sum(g[1] for g in part), sum(g[2] for g in part)
            if min(n, kept) < self.least:
                yield self.few(("section", section_id), n, kept)
                continue
            usual = dict(own.get(int(creator[at]), {}))
            for label, _, genuine, _ in part:
                if label in usual:
                    usual[label] -= genuine
            yield self._told(part, usual, section_id)

    def _told(self, part: list[_Group], usual: dict[str, float], section_id: str) -> Insight:
        n, kept = sum(g[1] for g in part), sum(g[2] for g in part)
        elsewhere = sum(usual.values())
        enough = elsewhere >= self.least
        shares = {label: v / elsewhere for label, v in usual.items()} if enough else {}
        shown, pooled = _pooled(part)
        if not shown:
            why = Text(
                f"{count(n)} 次分散在各组里，没有一组达到 {_FEWEST} 人：为避免指向个人，不列出。",
                f"{count(n)} spread over groups, none of {_FEWEST} people: not listed, lest it"
                " point at persons.",
            )
            return self.silent(("section", section_id), n, why)
        rows: list[tuple[Cell, ...]] = [
            (label, int(raw), round(genuine, 1), _share(shares.get(label, 0.0) if shares else None))
            for label, raw, genuine, _ in shown
        ]
        if pooled[0]:
            rest = 1.0 - sum(shares.get(g[0], 0.0) for g in shown) if shares else None
            rows.append((_OTHER, int(pooled[0]), round(pooled[1], 1), _share(rest)))
        label, raw, genuine, _ = shown[0]
        told = both(genuine / kept, raw / n, share)
        zh = f"{self.what.zh}以“{label}”最多：{count(n)} 中占 {told.zh}。"
        en = f"{self.what.en}: most from “{label}”, {told.en} of {count(n)}."
        if shares:
            usually = share(shares.get(label, 0.0))
            zh += f"同一作者的其他内容中它占 {usually}。"
            en += f" In the creator's other sections it has {usually}."
        series = Series("mix", ("label", "raw", "genuine", "usual_share"), tuple(rows))
        return self.say(("section", section_id), n, raw / n, genuine / kept, zh, en, [series])


class Regions(_Mix):
    """Regions of those who commented or acted, as the platform shows them."""

    name: ClassVar[str] = "audience_region"
    title: ClassVar[Text] = Text("受众地区", "Regions of the audience")
    needs: ClassVar[Text] = Text("留言或点赞的地区", "regions of comments or likes")
    noun: ClassVar[Text] = Text("次互动", "acts")
    what: ClassVar[Text] = Text("带地区的互动", "Acts with a region")

    def rows(self, known: Known) -> pd.DataFrame:
        """Comments with a region, and acts with one."""
        comments = known.comments
        has = np.fromiter((r is not None for r in comments.region), bool, len(comments))
        at = np.flatnonzero(has & comments.received)
        who = comments.account[at]
        written = _frame(comments.section[at], comments.region[at], comments.weight[at], who)
        return _described(pd.concat([written, *_acts(known, "region")], ignore_index=True), known)


class Levels(_Mix):
    """Levels of those who commented, each author once a section."""

    name: ClassVar[str] = "audience_level"
    title: ClassVar[Text] = Text("受众等级", "Levels of the audience")
    needs: ClassVar[Text] = Text("留言者的等级", "levels of those who commented")
    noun: ClassVar[Text] = Text("位留言者", "commenters")
    what: ClassVar[Text] = Text("留言者的等级", "Levels of commenters")

    def rows(self, known: Known) -> pd.DataFrame:
        """Authors with a known level; one counts as genuine as the most genuine comment."""
        comments = known.comments
        named = comments.received & (comments.account >= 0)
        at = np.flatnonzero(named)
        at = at[~np.isnan(known.levels[comments.account[at]])]
        frame = pd.DataFrame(
            {
                "section": comments.section[at],
                "account": comments.account[at],
                "weight": comments.weight[at],
            }
        )
        best = frame.groupby(["section", "account"], as_index=False)["weight"].max()
        level = known.levels[best["account"].to_numpy(dtype=np.int64)]
        labels = np.array([f"Lv{int(v)}" for v in level], dtype=object)
        weight = best["weight"].to_numpy(dtype=np.float64)
        return _described(_frame(best["section"].to_numpy(dtype=np.int64), labels, weight), known)


class Sources(_Mix):
    """Where reads came from (the platform's scenes), else the referrers of acts."""

    name: ClassVar[str] = "audience_source"
    title: ClassVar[Text] = Text("流量来源", "Sources of traffic")
    needs: ClassVar[Text] = Text(
        "分来源的阅读数或点赞的来源", "reads by source, or referrers of acts"
    )
    noun: ClassVar[Text] = Text("次", "reads or acts")
    what: ClassVar[Text] = Text("流量来源", "Sources")

    def rows(self, known: Known) -> pd.DataFrame:
        """Reads by scene; sections without them by the referrers of their acts."""
        scenes = reads_by_scene(known.counts)
        acts = [rows[~rows["section"].isin(scenes["section"])] for rows in _acts(known, "source")]
        return _described(pd.concat([scenes, *acts], ignore_index=True), known)


def reads_by_scene(counts: pd.DataFrame) -> pd.DataFrame:
    """Reads of each section by scene, all counted as genuine: nobody looked at them one by one.

    Windows are summed, of running totals the newest counts; where a section has both `read` and
    `view` the metric with more rows is taken, `read` on a tie.
    """
    rows = counts[
        counts["comment"].isna()
        & counts["metric"].isin(["read", "view"])
        & (counts["scene"] != "all")
    ]
    if rows.empty:
        return _frame(np.empty(0, np.int64), np.empty(0, object), np.empty(0))
    size = rows.groupby(["section", "metric"]).size().rename("size").reset_index()
    size = size.sort_values(["section", "size", "metric"], ascending=[True, False, True])
    chosen = size.drop_duplicates("section")[["section", "metric"]]
    rows = rows.merge(chosen, on=["section", "metric"])
    daily = rows[rows["window_s"].notna()].groupby(["section", "scene"])["value_lo"].sum()
    running = rows[rows["window_s"].isna()].drop_duplicates(["section", "scene"], keep="last")
    latest = running.set_index(["section", "scene"])["value_lo"]
    both = pd.concat([latest, daily[~daily.index.isin(latest.index)]]).rename("n")
    made: pd.DataFrame = both.reset_index().rename(columns={"scene": "label"})
    made["genuine"] = made["people"] = made["n"]
    return made


def _acts(known: Known, name: str) -> list[pd.DataFrame]:
    return [known.mixes[name]] if name in known.mixes else []


def _frame(
    section: Codes, label: Objects, weight: Reals, account: Codes | None = None
) -> pd.DataFrame:
    """One row a section and label; everybody is another but where accounts (-1: none) tell."""
    n = len(section)
    rows = pd.DataFrame({"section": section, "label": label, "n": np.ones(n), "genuine": weight})
    rows["people"] = 1.0
    if account is not None:
        again = rows.assign(account=account).duplicated(["section", "label", "account"])
        rows.loc[again.to_numpy() & (account >= 0), "people"] = 0.0
    return rows.groupby(["section", "label"], as_index=False)[["n", "genuine", "people"]].sum()


def _described(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    at = rows["section"].to_numpy(dtype=np.int64)
    rows = rows[(at >= 0) & known.sections.described[at]]
    labels = rows["label"].astype(str).str.slice(0, _LONGEST).astype(object)
    return rows.assign(label=labels)


def _groups(keys: Codes, rows: pd.DataFrame) -> dict[int, list[_Group]]:
    """The rows as `(label, n, genuine, people)` by key."""
    found: dict[int, list[_Group]] = {}
    names = ("label", "n", "genuine", "people")
    cells = zip(keys.tolist(), *(rows[name] for name in names), strict=True)
    for key, label, *numbers in cells:
        n, genuine, people = map(float, numbers)
        found.setdefault(key, []).append((str(label), n, genuine, people))
    return found


def _sums(groups: list[_Group]) -> dict[str, float]:
    """What looks genuine by label."""
    found: dict[str, float] = {}
    for label, _, genuine, _ in groups:
        found[label] = found.get(label, 0.0) + genuine
    return found


def _pooled(part: list[_Group]) -> tuple[list[_Group], tuple[float, float]]:
    """The groups that are shown, greatest first, and the sums of the others."""
    rows = sorted(part, key=lambda row: (-round(row[2], 6), -row[1], row[0]))
    shown = [row for row in rows if row[3] >= _FEWEST][:_SHOWN]
    rest = (
        sum(g[1] for g in part) - sum(g[1] for g in shown),
        sum(g[2] for g in part) - sum(g[2] for g in shown),
    )
    return shown, rest


def _share(value: float | None) -> float | None:
    return None if value is None else round(max(value, 0.0), 4)
