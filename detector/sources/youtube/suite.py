"""The SQLite file of youtube-comment-suite: comments, those held back, and the videos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.sources.base import Item, ReadOptions, Rejected
from zhenzan.detector.sources.fields import identifier, plain_text, text, whole
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.records import BadRecord, read_records

__all__ = ["is_suite", "read_suite"]

_MARKS: Final = {"comment_id", "video_id", "comment_text", "comment_date"}
_COUNTERS: Final = {
    "total_views": "view", "total_likes": "like", "total_dislikes": "dislike",
    "total_comments": "reply",
}  # fmt: skip


def is_suite(seen: Probe) -> bool:
    """Whether a SQLite file has its tables."""
    return set(seen.sheets.get("comments", ())) >= _MARKS and "videos" in seen.sheets


def read_suite(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams the videos, then the comments, which were seen when their video was."""
    gather, videos = Gather(), dict[str, Mapping[str, Any]]()
    values: dict[str, object]
    for row in _rows(seen, "videos"):
        if isinstance(row, Rejected):
            yield row
        else:
            video = identifier(row[1].get("video_id"))
            if video is None:
                yield Rejected("section", row[0], "a video without an id")
                continue
            videos[video] = row[1]
            _video(gather, row[0], video, row[1], options)
    if "channels" in seen.sheets:
        for row in _rows(seen, "channels"):
            if isinstance(row, Rejected):
                yield row
            elif identifier(row[1].get("channel_id")):
                values = {
                    "account_id": identifier(row[1].get("channel_id")),
                    "name": text(row[1].get("channel_name")),
                }
                gather.add("account", row[0], values)
    collected = Counter[str]()
    for table in ("comments", "comments_moderated"):
        if table not in seen.sheets:
            continue
        for row in _rows(seen, table):
            if isinstance(row, Rejected):
                yield row
            elif identifier(row[1].get("comment_id")) and identifier(row[1].get("video_id")):
                _comment(gather, row[0], row[1], videos, held=table != "comments")
                collected[str(row[1]["video_id"])] += 1
            else:
                yield Rejected("comment", row[0], "a comment without its id or its video")
            yield from gather.full()
    for video, n in collected.items():
        claimed = whole(videos.get(video, {}).get("total_comments"))
        values = {
            "section_id": video, "object": "comment", "claimed_total": claimed, "collected": n,
            "selection": "unknown", "truncated": None if claimed is None else n < claimed,
        }  # fmt: skip
        gather.add("coverage", 1, values, derived=True)
    yield from gather.rest()


def _rows(seen: Probe, table: str) -> Iterator[tuple[int, Mapping[str, Any]] | Rejected]:
    for record in read_records(seen, sheet=table):
        if isinstance(record, BadRecord):
            yield Rejected("comment", record.line, record.reason)
        elif isinstance(record.lines, int):
            yield from enumerate(record.data.to_pylist(), record.lines)
        else:
            yield from zip(record.lines.to_pylist(), record.data.to_pylist(), strict=True)


def _video(
    gather: Gather, line: int, video: str, row: Mapping[str, Any], options: ReadOptions
) -> None:
    seen = text(row.get("grab_date"))
    values: dict[str, object] = {
        "section_id": video, "kind": "video", "creator_id": identifier(row.get("channel_id")),
        "published_ms": text(row.get("publish_date")), "title": text(row.get("video_title")),
        "text": text(row.get("video_desc")),
    }  # fmt: skip
    gather.add("section", line, values)
    for name, metric in _COUNTERS.items():
        value = whole(row.get(name))
        if value is not None and value >= 0:
            values = {
                "section_id": video, "metric": metric, "scene": "all", "unit": "acts",
                "observed_ms": seen or options.observed_ms,
                "observed_basis": "row" if seen else options.observed_basis,
                "value_lo": value, "value_hi": value,
            }  # fmt: skip
            gather.add("count_snapshot", line, values, derived=True)


def _comment(
    gather: Gather,
    line: int,
    row: Mapping[str, Any],
    videos: Mapping[str, Mapping[str, Any]],
    *,
    held: bool,
) -> None:
    video, author = str(row["video_id"]), identifier(row.get("channel_id"))
    around = videos.get(video, {})
    owner = identifier(around.get("channel_id"))
    parent = identifier(row.get("parent_id")) if whole(row.get("is_reply")) else None
    written = text(row.get("comment_text"))
    values = {
        "comment_id": identifier(row["comment_id"]),
        "section_id": video,
        "parent_id": parent,
        "root_id": parent,
        "depth": 0 if parent is None else 1,
        "account_id": author,
        "text": None if written is None else plain_text(written),
        "created_ms": text(row.get("comment_date")),
        "created_precision_s": 1,
        "by_creator": author == owner if author and owner else None,
        "reply_count": whole(row.get("reply_count")),
        "moderation_status": text(row.get("moderation_status")) or ("held" if held else None),
        "observed_ms": text(around.get("grab_date")),
        "like_count": whole(row.get("comment_likes")),
    }
    gather.add("comment", line, values)
