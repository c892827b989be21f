"""What can be checked on some data, what cannot, and what to add so that it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhenzan.detector.workspace import Workspace
from zhenzan.features.family import Entity, FeatureConfig, FeatureFamily, Text
from zhenzan.features.limits import Limit, limits
from zhenzan.features.matrix import column_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Check", "checks", "section_rows", "shared_limits"]


@dataclass(frozen=True, slots=True)
class Check:
    """One family on one data set.

    Attributes:
        family: Its name.
        title: What it looks at.
        n_checked: Sections with at least one feature of it.
        n_sections: All sections.
        advice: What to add and for how many sections, most sections first.
    """

    family: str
    title: Text
    n_checked: int
    n_sections: int
    advice: tuple[tuple[Text, int], ...]


def checks(work: Workspace, families: Sequence[FeatureFamily]) -> list[Check]:
    """One check a family, in report order; after the step `families`."""
    matrix = work.frame("matrix_section").set_index("section_id")
    capability: list[dict[str, Any]] = work.arrow("capability").to_pylist()
    found = []
    for family in families:
        computed = _computed(matrix, family)
        wanted = Counter(
            _wanted(row, family) for row in capability if row["section_id"] not in computed
        )
        advice = tuple(sorted(wanted.items(), key=lambda pair: (-pair[1], pair[0].en)))
        found.append(Check(family.name, family.title, len(computed), len(matrix), advice))
    return found


def section_rows(work: Workspace, families: Sequence[FeatureFamily]) -> list[dict[str, Any]]:
    """The capability of each section with the families that could and could not check it."""
    matrix = work.frame("matrix_section").set_index("section_id")
    checked = {family.name: _computed(matrix, family) for family in families}
    rows: list[dict[str, Any]] = work.arrow("capability").to_pylist()
    for row in rows:
        can = [name for name, ids in checked.items() if row["section_id"] in ids]
        row["checked"] = can
        row["not_checkable"] = {
            family.name: _wanted(row, family) for family in families if family.name not in can
        }
        row["limits"] = [{"name": limit.name, "text": limit.text} for limit in limits(row)]
    return rows


def shared_limits(work: Workspace) -> list[tuple[Limit, int]]:
    """What holds results back, and for how many sections: the most common first."""
    found = Counter(limit for row in work.arrow("capability").to_pylist() for limit in limits(row))
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0].name))


def _computed(matrix: pd.DataFrame, family: FeatureFamily) -> set[str]:
    """Sections with a feature of the family that is not NULL."""
    names = [
        column_name(family.name, spec.name)
        for spec in family.specs
        if spec.entity is Entity.SECTION
    ]
    return set(matrix.index[matrix[names].notna().any(axis=1)]) if names else set()


def _wanted(row: dict[str, Any], family: FeatureFamily) -> Text:
    """What one section lacks for one family, the first thing first."""
    config, columns = FeatureConfig(), family.requires.columns
    if "engagement" in columns:
        if row["n_likes"] == 0 and "account_id" in columns["engagement"]:
            return Text(
                "点赞者的账号（engagement.account_id）", "who liked (engagement.account_id)"
            )
        if row["n_timed"] == 0 and row["n_snapshots"] > 0:
            return Text(
                "每次点赞的时间（现在只有计数的读数，engagement.ts_ms）",
                "the time of each like (there are only readings of a counter; engagement.ts_ms)",
            )
        if row["n_timed"] == 0:
            return Text("点赞的时间（engagement.ts_ms）", "the times of likes (engagement.ts_ms)")
        if row["n_timed"] < config.min_likes:
            return Text(
                f"更多带时间的点赞（至少 {config.min_likes} 个）",
                f"more timed likes (at least {config.min_likes})",
            )
        if row["n_sections_in_set"] < 2:
            return Text("同一时期的其他评论区", "other sections of the same period")
    if "comment" in columns:
        if row["n_texts"] == 0:
            return Text("评论的文字（comment.text）", "the texts of comments (comment.text)")
        if row["n_texts"] < config.min_comments:
            return Text(
                f"更多评论（至少 {config.min_comments} 条）",
                f"more comments (at least {config.min_comments})",
            )
    listed = ", ".join(f"{table}.{name}" for table, names in columns.items() for name in names)
    return Text(f"更多数据（{listed.replace(', ', '、')}）", f"more data ({listed})")
