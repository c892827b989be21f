"""Counts that platforms publish: the newest of each, and the totals of a section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.detector.insights.known import Comments, Likes, Reals, Sections

__all__ = ["Counts", "newest", "newest_totals", "section_totals", "snapshots"]

Bought: TypeAlias = dict[str, float]

_READ: Final = ("read", "view")
_WRITTEN: Final = ("comment", "reply")
_COLUMNS: Final = (
    "section", "comment", "metric", "scene", "observed_ms", "window_s", "value_lo", "value_hi",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """Count snapshots with numbers for their sections.

    Attributes:
        rows: Columns as in `Known.counts`, in time order; `comment` is the id or None.
        bought: Comment id to the likes on it that were likely delivered, where only counts tell.
        section_bought: Section number to the same for likes on the section.
    """

    rows: pd.DataFrame
    bought: Bought
    section_bought: Reals


def snapshots(rows: pa.Table, sections: Sections, streams: pa.Table) -> Counts:
    """Numbers the sections of counts; `streams` say how much of a counter was delivered."""
    ids = pa.array(sections.id, pa.string())
    found = pc.fill_null(pc.index_in(rows["section_id"], value_set=ids), -1)
    frame: pd.DataFrame = rows.drop_columns(["section_id"]).to_pandas(integer_object_nulls=False)
    frame = frame.rename(columns={"comment_id": "comment"})
    frame.insert(0, "section", found.to_numpy().astype(np.int64))
    frame["value_hi"] = frame["value_hi"].astype("float64").fillna(np.inf)
    frame["value_lo"] = frame["value_lo"].astype("float64")
    frame = frame.sort_values(["observed_ms", "value_lo"], kind="stable", ignore_index=True)
    likes = streams.filter(pc.equal(streams["kind"], "like"))
    on_comment = likes.filter(pc.is_valid(likes["comment_id"]))
    amounts = pc.fill_null(on_comment["n_purchased"], 0.0).to_pylist()
    bought = dict(zip(on_comment["comment_id"].to_pylist(), amounts, strict=True))
    on_section = likes.filter(pc.is_null(likes["comment_id"]))
    at = pc.fill_null(pc.index_in(on_section["section_id"], value_set=ids), -1).to_numpy()
    whole = np.zeros(len(sections))
    amount = pc.fill_null(on_section["n_purchased"], 0.0).to_numpy()
    np.add.at(whole, at[at >= 0], amount[at >= 0])
    return Counts(frame[list(_COLUMNS)], bought, whole)


def newest(counts: Counts, ids: pa.Array) -> tuple[Reals, Reals]:
    """Newest count of likes of each comment, NaN where none; and how many look delivered."""
    frame = counts.rows
    frame = frame[frame["comment"].notna() & (frame["metric"] == "like")]
    likes = np.full(len(ids), np.nan)
    bought = np.zeros(len(ids))
    if frame.empty:
        return likes, bought
    last = frame.drop_duplicates("comment", keep="last")
    at = pc.fill_null(pc.index_in(pa.array(last["comment"], pa.string()), value_set=ids), -1)
    place = at.to_numpy(zero_copy_only=False)
    likes[place[place >= 0]] = last["value_lo"].to_numpy()[place >= 0]
    amounts = np.array([counts.bought.get(c, 0.0) for c in last["comment"]])
    bought[place[place >= 0]] = amounts[place >= 0]
    return likes, bought


def newest_totals(
    rows: pd.DataFrame, metrics: Sequence[str], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(lo, hi)` by section of the section's own newest total, the greatest over the metrics.

    Windowed counts (so many in a day) are summed where a section has no running total. NaN where
    nothing is known.
    """
    own = rows[rows["comment"].isna() & rows["metric"].isin(metrics) & (rows["scene"] == "all")]
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    if own.empty:
        return low, high
    daily = own[own["window_s"].notna()]
    summed = daily.groupby(["section", "metric"])[["value_lo", "value_hi"]].sum()
    running = own[own["window_s"].isna()].drop_duplicates(["section", "metric"], keep="last")
    latest = running.set_index(["section", "metric"])[["value_lo", "value_hi"]]
    both = pd.concat([latest, summed[~summed.index.isin(latest.index)]])
    most = both.groupby(level="section").max()
    most = most[most.index >= 0]
    at = most.index.to_numpy()
    low[at], high[at] = most["value_lo"], most["value_hi"]
    return low, high


def section_totals(
    sections: Sections,
    comments: Comments,
    received: pa.Table,
    counts: Counts,
    coverage: pa.Table,
    liked: Sequence[str],
) -> Likes:
    """Likes, reads and comments of every section, from acts where there are any, else counts."""
    n = len(sections)
    ids = pa.array(sections.id, pa.string())
    mine = received.filter(pc.is_in(received["kind"], value_set=pa.array(list(liked))))
    at = pc.index_in(mine["section_id"], value_set=ids).to_numpy().astype(np.int64)
    acts = np.bincount(at, mine["n"].to_numpy(), minlength=n)
    bought = np.bincount(at, mine["millionths"].to_numpy() / 1e6, minlength=n)
    counted, _ = newest_totals(counts.rows, ("like",), n)
    likes = np.where(acts > 0, acts, counted)
    genuine = np.where(acts > 0, acts - bought, np.maximum(counted - counts.section_bought, 0.0))
    views = received.filter(pc.is_in(received["kind"], value_set=pa.array(list(_READ))))
    at = pc.index_in(views["section_id"], value_set=ids).to_numpy().astype(np.int64)
    seen = np.bincount(at, views["n"].to_numpy(), minlength=n)
    reads, reads_hi = newest_totals(counts.rows, _READ, n)
    others = comments.received
    collected = np.bincount(comments.section[others], minlength=n).astype(np.float64)
    weight = np.bincount(comments.section[others], comments.weight[others], minlength=n).astype(
        float
    )
    written, _ = newest_totals(counts.rows, _WRITTEN, n)
    claimed = _claimed(coverage, ids, n)
    return Likes(
        likes=likes,
        likes_genuine=genuine,
        reads=np.where(seen > 0, seen, reads),
        reads_hi=np.where(seen > 0, seen, reads_hi),
        # None in the data is not none written: unknown where nothing tells.
        comments=np.fmax(np.fmax(np.where(collected > 0, collected, np.nan), written), claimed),
        collected=collected,
        genuine=weight,
    )


def _claimed(coverage: pa.Table, ids: pa.Array, n: int) -> Reals:
    """How many comments the platform says there are; NaN where it does not."""
    whole = pc.and_(pc.is_null(coverage["comment_id"]), pc.equal(coverage["object"], "comment"))
    rows = coverage.filter(pc.and_(whole, pc.is_valid(coverage["claimed_total"])))
    total = np.full(n, np.nan)
    at = pc.index_in(rows["section_id"], value_set=ids).to_numpy().astype(np.int64)
    np.fmax.at(total, at, rows["claimed_total"].to_numpy().astype(np.float64))
    return total
