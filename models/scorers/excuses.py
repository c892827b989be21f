"""How much of a section's evidence its benign explanations cover, family by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.frames import to_frame

__all__ = ["Excused", "excused_parts"]

Array: TypeAlias = np.ndarray[Any, Any]

_WANTED: Final = ["section_id", "comment_id", "ts_lo_ms", "p_purchased"]


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
    sections: pd.Index,
    attribution: Attribution,
    contexts: pd.DataFrame | None,
    texts: pd.DataFrame | None = None,
) -> Excused:
    """The part of each family's evidence that contexts explain.

    A context explains only the acts in its own window and stream: Monday's giveaway does not
    excuse Thursday's burst. An act is explained by the best of the contexts that cover it, so
    that declaring the same thing twice explains no more; the part is the mean over attributed
    acts, for the template family over comments in surprising templates (`texts`, with
    `section_id, comment_id, ts_lo_ms, p_purchased`). Where there are none, only contexts of the
    whole section count.
    """
    n = len(sections)
    by_family: dict[str, Array] = {}
    review = np.zeros(n, dtype=bool)
    kinds: list[list[str]] = [[] for _ in range(n)]
    if contexts is None or contexts.empty:
        return Excused(by_family, review, kinds)
    position = sections.get_indexer(pd.Index(contexts["section_id"]))
    rows = contexts[position >= 0].assign(at=position[position >= 0])
    acts = _acts(_all_acts(attribution), rows)
    written = {} if texts is None else _acts(texts[_WANTED], rows)
    for _, group in rows.groupby(["at", "family"], sort=True):
        own = group.to_dict("records")
        row, family = int(own[0]["at"]), str(own[0]["family"])
        source = written if family == "template" else acts
        part, used = _explained(source.get(str(sections[row])), own)
        by_family.setdefault(family, np.zeros(n))[row] = part
        review[row] |= any(bool(r["review"]) for r in own)
        kinds[row] = sorted({*kinds[row], *used})
    return Excused(by_family, review, kinds)


def _all_acts(attribution: Attribution) -> pd.DataFrame:
    """The acts; of streams of which only counts are known, what each bin of their curve holds."""
    acts = to_frame(attribution.engagements.select(_WANTED))
    counted = attribution.from_counts()
    if not counted:
        return acts
    bins = to_frame(attribution.curves)
    bins = bins[[key in counted for key in zip(bins["section_id"], bins["kind"], strict=True)]]
    middle = (bins["start_ms"] + bins["end_ms"]) // 2
    told = bins.assign(ts_lo_ms=middle, p_purchased=bins["attributed"])[_WANTED]
    return pd.concat([acts, told], ignore_index=True) if len(acts) else told


def _explained(
    acts: pd.DataFrame | None, rows: Sequence[Mapping[Any, Any]]
) -> tuple[float, set[str]]:
    """Mean explained part of the attributed acts, and the kinds that had a say."""
    used = {str(row["kind"]) for row in rows if row["review"]}
    weight = (
        np.zeros(0) if acts is None else acts["p_purchased"].fillna(0.0).to_numpy(dtype=np.float64)
    )
    if acts is None or weight.sum() <= 0:
        # A virtual act that only contexts of the whole section cover.
        acts = pd.DataFrame({"comment_id": [None], "ts_lo_ms": [np.nan]})
        weight = np.ones(1)
    best = np.zeros(len(acts))
    for row in rows:
        covered = _covered(acts, row)
        excuse = min(max(float(row["excuse"]), 0.0), 1.0)
        if excuse > 0 and weight[covered].sum() > 0:
            used.add(str(row["kind"]))
        best = np.where(covered, np.maximum(best, excuse), best)
    return float(np.sum(best * weight) / weight.sum()), used


def _acts(frame: pd.DataFrame, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The acts of the sections that have a context, by section."""
    frame = frame[frame["section_id"].isin(set(rows["section_id"]))]
    return {str(key): part for key, part in frame.groupby("section_id", sort=False)}


def _covered(acts: pd.DataFrame, row: Mapping[Any, Any]) -> Array:
    """Which acts lie inside a context's window and stream."""
    start, end, comment = row["start_ms"], row["end_ms"], row["comment_id"]
    inside = np.ones(len(acts), dtype=bool)
    at = acts["ts_lo_ms"].to_numpy(dtype=np.float64, na_value=np.nan)
    if not pd.isna(start):
        inside &= at >= start
    if not pd.isna(end):
        inside &= at < end
    if not pd.isna(comment):
        inside &= acts["comment_id"].eq(comment).to_numpy(dtype=bool)
    return inside
