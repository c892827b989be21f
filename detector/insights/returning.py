"""Who comes back: commenters whom the same creator has met in another section of the scan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Insight, Maker
from zhenzan.detector.insights.known import Known
from zhenzan.detector.insights.say import both, count, share
from zhenzan.features.family import Text

__all__ = ["Returning", "returning_authors"]


class Returning(Maker):
    """Share of a section's commenters who also commented on others of the creator."""

    name: ClassVar[str] = "returning_commenters"
    title: ClassVar[Text] = Text("回头留言者", "Returning commenters")
    needs: ClassVar[Text] = Text(
        "多篇内容（同一作者）及留言者账号",
        "known commenters on several sections of one creator",
    )
    noun: ClassVar[Text] = Text("位留言者", "commenters")
    unit: ClassVar[str] = "share"
    least: ClassVar[int] = LEAST_FOR_SHARE

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section, then every creator."""
        pairs = returning_authors(known)
        section = pairs["section"].to_numpy(dtype=np.int64)
        weight = pairs["weight"].to_numpy(dtype=np.float64)
        back = pairs["sections"].to_numpy() >= 2
        n, kept = known.per_section(section), known.per_section(section, weight)
        came = known.per_section(section[back])
        came_kept = known.per_section(section[back], weight[back])
        own = known.sections.creator
        several = np.bincount(own[own >= 0], minlength=len(known.sections.creator_id)) >= 2
        for at, section_id in known.subjects():
            if own[at] < 0 or not several[own[at]]:
                yield self.few(("section", section_id), 0)
            elif min(n[at], kept[at]) < self.least:
                yield self.few(("section", section_id), n[at], kept[at])
            else:
                raw, genuine = came[at] / n[at], came_kept[at] / kept[at]
                told = both(genuine, raw, share)
                zh = f"{count(n[at])} 位留言者中 {told.zh}也在同一作者的其他内容下留过言。"
                en = (
                    f"{told.en} of {count(n[at])} commenters also commented on other sections"
                    " of the creator."
                )
                yield self.say(("section", section_id), n[at], raw, genuine, zh, en)
        yield from self._creators(known, pairs)

    def _creators(self, known: Known, pairs: pd.DataFrame) -> Iterator[Insight]:
        """Of each creator's commenters, those seen in two sections or more."""
        people = pairs.groupby(["creator", "account"], as_index=False).agg(
            weight=("weight", "max"), sections=("sections", "first")
        )
        creator = people["creator"].to_numpy(dtype=np.int64)
        weight = people["weight"].to_numpy(dtype=np.float64)
        back = people["sections"].to_numpy() >= 2
        size = len(known.sections.creator_id)
        n, kept = np.bincount(creator, minlength=size), np.bincount(creator, weight, minlength=size)
        came = np.bincount(creator[back], minlength=size)
        came_kept = np.bincount(creator[back], weight[back], minlength=size)
        for at, creator_id in known.creators():
            if min(n[at], kept[at]) < self.least:
                yield self.few(("creator", creator_id), n[at], kept[at])
                continue
            raw, genuine = came[at] / n[at], came_kept[at] / kept[at]
            told = both(genuine, raw, share)
            zh = f"{count(n[at])} 位留言者中 {told.zh}在两篇以上内容下留过言。"
            en = f"{told.en} of {count(n[at])} commenters wrote under two sections or more."
            yield self.say(("creator", creator_id), n[at], raw, genuine, zh, en)


def returning_authors(known: Known) -> pd.DataFrame:
    """One row an author and section: `creator, account, section, weight, sections`.

    The last is in how many sections of that creator the author commented.
    """
    comments = known.comments
    creator = known.sections.creator[comments.section]
    rows = np.flatnonzero(comments.received & (comments.account >= 0) & (creator >= 0))
    frame = pd.DataFrame(
        {
            "creator": creator[rows],
            "account": comments.account[rows],
            "section": comments.section[rows],
            "weight": comments.weight[rows],
        }
    )
    keys = ["creator", "account", "section"]
    pairs: pd.DataFrame = frame.groupby(keys)["weight"].max().reset_index()
    pairs["sections"] = pairs.groupby(["creator", "account"])["section"].transform("size")
    return pairs
