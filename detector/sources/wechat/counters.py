"""Counts that somebody polled: monitors of articles, lists of Channels videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zhenzan.detector.sources.counts import count_interval
from zhenzan.detector.sources.wechat.articles import Around
from zhenzan.detector.sources.wechat.book import CHANNELS, Book, count_of
from zhenzan.detector.sources.wechat.exporter import add_counts
from zhenzan.detector.sources.wechat.values import moment, plain, when

__all__ = ["add_monitor", "add_reading", "add_video"]

_READING: Final[Mapping[str, str]] = {
    "read_num": "read", "like_num": "like", "wow_num": "recommend", "share_num": "share",
    "comment_num": "comment",
}  # fmt: skip
_VIDEO: Final[Mapping[str, str]] = {
    "readCount": "view", "likeCount": "like", "commentCount": "comment", "forwardCount": "share",
    "favCount": "favorite",
}  # fmt: skip


def add_monitor(book: Book, line: int, node: Mapping[str, Any], here: Around) -> None:
    """An answer of a monitor: one reading after another of one article."""
    for row in node["data"]:
        if isinstance(row, dict):
            add_reading(book, line, row, here)
        else:
            book.reject("count_snapshot", line, "a reading that is no JSON object")


def add_reading(book: Book, line: int, row: Mapping[str, Any], here: Around) -> None:
    """One reading; steps (`…_inc`) follow from the totals and are not read."""
    seen = when(row.get("update_time"))
    if seen is None:
        book.reject("count_snapshot", line, "a reading without its time")
        return
    article = book.article(here, line)
    counts = _told(row, _READING)
    if not counts:
        book.reject("count_snapshot", line, "a reading without a count")
        return
    seen = seen * 1000 if isinstance(seen, int) else seen
    add_counts(book, line, article.section_id, counts, seen, derived=False)
    section = {
        "section_id": article.section_id,
        "creator_id": article.account,
        "title": plain(here.title),
    }
    book.add("section", line, section, derived=True)


def add_video(book: Book, line: int, row: Mapping[str, Any], here: Around) -> None:
    """One video of a list with its counts."""
    described = row.get("desc")
    text = described.get("description") if isinstance(described, dict) else described
    section_id = str(here.video)
    section = {
        "section_id": section_id,
        "kind": "video",
        "published_ms": when(row.get("createTime")),
        "text": plain(text),
    }
    book.add("section", line, section, platform=CHANNELS)
    add_counts(book, line, section_id, _told(row, _VIDEO), moment(here.seen), platform=CHANNELS)


def _told(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
    """Counts that are there; beside others a 0 is what a script writes for unknown."""
    found = {ours: count_of(row.get(theirs)) for theirs, ours in names.items()}
    spans = {name: count_interval(value) for name, value in found.items()}
    some = any(span not in (None, (0, 0)) for span in spans.values())
    return {
        name: found[name]
        for name, span in spans.items()
        if span is not None and not (some and span == (0, 0))
    }
