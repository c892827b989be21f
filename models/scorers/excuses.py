"""How much of a section's evidence its benign explanations cover, family by family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.frames import to_frame

__all__ = ["Excused", "excused_parts"]

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Excused:
    """What contexts explain, aligned with the sections asked for.

    Attributes:
        by_family: Family to the excused part of its evidence in [0, 1].
        review: A person has to look.
        kinds: The kinds that had an effect, sorted.
    """

    by_family: dict[str, Array]
    review: Array
    kinds: list[list[str]]

    def of(self, family: str, n: int) -> Array:
        """The excused part of one family, 0 where nothing was declared."""
        return self.by_family.get(family, np.zeros(n))


def excused_parts(
    sections: pd.Index, attribution: Attribution, contexts: pd.DataFrame | None
) -> Excused:
    """Combines contexts: independent excuses, 1 - product of (1 - excuse x covered part).

    A context explains only what lies in its own window and stream: Monday's giveaway does not
    excuse Thursday's burst. What is covered is measured in attributed acts; where none was
    attributed, a context of the whole section covers all and one with a window or a comment
    nothing that could be measured, hence nothing.
    """
    n = len(sections)
    kept: dict[str, Array] = {}
    review = np.zeros(n, dtype=bool)
    kinds: list[set[str]] = [set() for _ in range(n)]
    if contexts is None or contexts.empty:
        return Excused({}, review, [[] for _ in range(n)])
    position = sections.get_indexer(pd.Index(contexts["section_id"]))
    rows = contexts[position >= 0].assign(at=position[position >= 0])
    acts = _acts(attribution, rows)
    for row in rows.to_dict("records"):
        at = int(row["at"])
        excuse = min(max(float(row["excuse"]), 0.0), 1.0) * _covered(
            acts.get(row["section_id"]), row
        )
        review[at] |= bool(row["review"])
        if excuse > 0 or row["review"]:
            kinds[at].add(str(row["kind"]))
        kept.setdefault(str(row["family"]), np.ones(n))[at] *= 1.0 - excuse
    by_family = {family: 1.0 - left for family, left in sorted(kept.items())}
    return Excused(by_family, review, [sorted(k) for k in kinds])


def _acts(attribution: Attribution, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The engagements of the sections that have a context, by section."""
    wanted = ["section_id", "comment_id", "ts_lo_ms", "p_purchased"]
    frame = to_frame(attribution.engagements.select(wanted))
    frame = frame[frame["section_id"].isin(set(rows["section_id"]))]
    return {str(key): part for key, part in frame.groupby("section_id", sort=False)}


def _covered(acts: pd.DataFrame | None, row: Mapping[Any, Any]) -> float:
    """Share of the attributed acts that lie inside the context's window and stream."""
    start, end, comment = row["start_ms"], row["end_ms"], row["comment_id"]
    if pd.isna(start) and pd.isna(end) and pd.isna(comment):
        return 1.0
    if acts is None:
        return 0.0
    weight = acts["p_purchased"].fillna(0.0).to_numpy(dtype=np.float64)
    inside = np.ones(len(acts), dtype=bool)
    at = acts["ts_lo_ms"].to_numpy(dtype=np.float64, na_value=np.nan)
    if not pd.isna(start):
        inside &= at >= start
    if not pd.isna(end):
        inside &= at < end
    if not pd.isna(comment):
        inside &= (acts["comment_id"] == comment).to_numpy(dtype=bool)
    total = weight.sum()
    return float(weight[inside].sum() / total) if total > 0 else 0.0
