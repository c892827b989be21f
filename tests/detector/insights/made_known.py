"""What insights read, made by hand: sections, comments, acts and counts of a small world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.detector.insights.counts import Counts, section_totals
from zhenzan.detector.insights.known import Acts, Comments, Known, Sections, replies_known

__all__ = ["DAY", "HOUR", "START", "make_known"]

START = 1_735_660_800_000  # 2025-01-01 00:00 in Shanghai, a Wednesday
HOUR, DAY = 3_600_000, 86_400_000
COUNTS = (
    "section",
    "comment",
    "metric",
    "scene",
    "observed_ms",
    "window_s",
    "value_lo",
    "value_hi",
)


def make_known(
    sections: Sequence[Mapping[str, Any]],
    comments: Sequence[Mapping[str, Any]] = (),
    likes: Sequence[Mapping[str, Any]] = (),
    counts: Sequence[Mapping[str, Any]] = (),
    levels: Mapping[str, float] | None = None,
    zone: str = "Asia/Shanghai",
) -> Known:
    """The world; keys are the names of the columns, `section` and `parent` name by id.

    A section: `id`, `creator`, `title`, `text`, `published_ms`. A comment: `id`, `section`,
    `account`, `parent`, `text`, `ms`, `by_creator`, `weight`, `likes`, `genuine`, `region`,
    `priority`. A like: `section`, `ms`, `p`, `on_comment`.
    """
    ids = [s["id"] for s in sections]
    creators = sorted({s["creator"] for s in sections if s.get("creator")})
    made = Sections(
        id=np.array(ids, dtype=object),
        creator=np.array(
            [creators.index(s["creator"]) if s.get("creator") else -1 for s in sections],
            dtype=np.int64,
        ),
        creator_id=np.array(creators, dtype=object),
        title=_objects([s.get("title") for s in sections]),
        text=_objects([s.get("text") for s in sections]),
        published_ms=_reals([s.get("published_ms") for s in sections]),
        described=np.ones(len(sections), dtype=bool),
    )
    written = _comments(comments, ids)
    rows = pd.DataFrame(
        [{**dict.fromkeys(COUNTS), "scene": "all", **c} for c in counts], columns=COUNTS
    )
    rows["section"] = [ids.index(s) for s in rows["section"]]
    rows["value_lo"] = rows["value_lo"].astype(float)
    rows["value_hi"] = rows["value_hi"].astype(float).where(rows["value_hi"].notna(), np.inf)
    rows = rows.astype({"section": np.int64}).sort_values("observed_ms", ignore_index=True)
    coverage = pa.table(
        {
            "section_id": pa.array([], pa.string()), "comment_id": pa.array([], pa.string()),
            "object": pa.array([], pa.string()), "claimed_total": pa.array([], pa.int64()),
        }
    )  # fmt: skip
    accounts = _accounts(comments)
    return Known(
        sections=made,
        comments=written,
        acts=_acts(likes, ids),
        totals=section_totals(
            made, written, _received(likes),
            Counts(rows, {}, np.zeros(len(ids))), coverage, ("like",),
        ),
        counts=rows,
        levels=np.array([(levels or {}).get(a, np.nan) for a in accounts], dtype=float),
        mixes={},
        zone=ZoneInfo(zone),
        zone_name=zone,
        zone_known=True,
        replies_known=replies_known(written, len(ids)),
    )  # fmt: skip


def _accounts(comments: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({c["account"] for c in comments if c.get("account")})


def _comments(rows: Sequence[Mapping[str, Any]], sections: list[str]) -> Comments:
    names = [c.get("id", f"c{i:05d}") for i, c in enumerate(rows)]
    accounts = _accounts(rows)
    likes = _reals([c.get("likes") for c in rows])
    return Comments(
        id=_objects(names),
        section=_codes([sections.index(c["section"]) for c in rows]),
        account=_codes([accounts.index(c["account"]) if c.get("account") else -1 for c in rows]),
        parent=_codes([names.index(c["parent"]) if c.get("parent") else -1 for c in rows]),
        is_reply=_flags([bool(c.get("parent")) for c in rows]),
        text=_objects([c.get("text") for c in rows]),
        created_ms=_reals([c.get("ms") for c in rows]),
        precise=_flags([c.get("ms") is not None for c in rows]),
        by_creator=_flags([bool(c.get("by_creator")) for c in rows]),
        answered=_flags([bool(c.get("answered")) for c in rows]),
        weight=_reals([c.get("weight", 1.0) for c in rows]),
        likes=likes,
        likes_genuine=_reals([c.get("genuine", c.get("likes")) for c in rows]),
        region=_objects([c.get("region") for c in rows]),
        reply_count=_reals([c.get("reply_count") for c in rows]),
        priority=_reals([c.get("priority", 0.5) for c in rows]),
    )


def _acts(likes: Sequence[Mapping[str, Any]], sections: list[str]) -> Acts:
    timed = [a for a in likes if a.get("ms") is not None]
    return Acts(
        section=_codes([sections.index(a["section"]) for a in timed]),
        liked=_flags([not a.get("on_comment") for a in timed]),
        quarter=_codes([a["ms"] // 900_000 for a in timed]),
        n=np.ones(len(timed)),
        genuine=_reals([1.0 - a.get("p", 0.0) for a in timed]),
    )


def _received(likes: Sequence[Mapping[str, Any]]) -> pa.Table:
    own = [a for a in likes if not a.get("on_comment")]
    frame = pd.DataFrame(
        {
            "section_id": [a["section"] for a in own],
            "kind": ["like"] * len(own),
            "n": [1] * len(own),
            "millionths": [round(1e6 * a.get("p", 0.0)) for a in own],
        }
    ).astype({"n": np.int64, "millionths": np.int64})
    summed = frame.groupby(["section_id", "kind"], as_index=False).sum()
    return pa.table(
        {
            "section_id": pa.array(summed["section_id"].tolist(), pa.string()),
            "kind": pa.array(summed["kind"].tolist(), pa.string()),
            "n": pa.array(summed["n"].tolist(), pa.int64()),
            "millionths": pa.array(summed["millionths"].tolist(), pa.int64()),
        }
    )


def _objects(values: Sequence[Any]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _codes(values: Sequence[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _flags(values: Sequence[bool]) -> np.ndarray:
    return np.array(values, dtype=bool)


def _reals(values: Sequence[Any]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
