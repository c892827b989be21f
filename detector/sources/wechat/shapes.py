"""Finds the objects that we can read, whatever a script or a browser wrapped around them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from zhenzan.detector.sources.wechat.articles import Around, around

__all__ = ["MARKS", "Found", "find", "shape_of"]

# Deep enough for {"pages": [{"response": {"data": {…}}}]}.
_DEEPEST: Final = 5
# Items of a list that are looked at before a file is called somebody else's.
_SAMPLE: Final = 3

MARKS: Final[Mapping[str, str]] = {
    '"elected_comment"': "page",
    '"_accountName"': "article",
    '"user_comment_id"': "official",
    '"commentCreatetime"': "channels",
    '"read_user_source"': "statistics",
    '"int_page_read_count"': "statistics",
}
"""Words that tell the shape of JSON that is broken from its first object on."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that can be read.

    Attributes:
        shape: What it is, one of those of `shape_of`.
        node: The object.
        around: What it and the objects around it say about it.
    """

    shape: str
    node: Mapping[str, Any]
    around: Around


def find(value: object, *, sample: bool = False) -> Iterator[Found]:
    """Every object below a value that can be read.

    Args:
        value: Any JSON value.
        sample: Look at the first items of lists only.
    """
    yield from _find(value, Around(), _SAMPLE if sample else None, _DEEPEST)


def shape_of(node: Mapping[str, Any]) -> str | None:
    """What an object is; None where it is nothing we know.

    `page` of the public endpoint, `article` of the exporter, `official` comments, `backend`
    capture, `replies`, `statistics`, `channels` comments, `video`, `monitor`; a row of those that
    stands alone: `figures`, `reading`, `comment`.
    """
    if "elected_comment" in node:
        return "page"
    if _is_article(node):
        return "article"
    inner = node.get("reply_list")
    if isinstance(inner, dict) and "reply_list" in inner and "base_resp" in node:
        return "replies"
    return _listed(node) or _alone(node)


def _find(value: object, outer: Around, most: int | None, depth: int) -> Iterator[Found]:
    if isinstance(value, list):
        for item in islice(value, most):
            yield from _find(item, outer, most, depth)
        return
    if not isinstance(value, dict) or not depth:
        return
    shape, here = shape_of(value), around(value, outer)
    if shape is not None:
        yield Found(shape, value, here)
        return
    for key, below in value.items():
        if key == "comment_list" and isinstance(below, str):
            # The creator's console answers with JSON inside of JSON.
            below = _parsed(below)
        if isinstance(below, dict | list):
            yield from _find(below, here, most, depth - 1)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_article(node: Mapping[str, Any]) -> bool:
    if "_accountName" in node and ("readNum" in node or "link" in node):
        return True
    return {"appmsgid", "itemidx", "link", "title"} <= node.keys()


def _listed(node: Mapping[str, Any]) -> str | None:
    for name, tests in _LISTS.items():
        rows = node.get(name)
        if not isinstance(rows, list):
            continue
        row = rows[0] if rows and isinstance(rows[0], dict) else {}
        for shape, in_row, beside in tests:
            if (row and any(k <= row.keys() for k in in_row)) or (
                not row and beside and beside <= node.keys()
            ):
                return shape
    return None


def _alone(node: Mapping[str, Any]) -> str | None:
    if "ref_date" in node and _FIGURES & node.keys():
        return "figures"
    if {"update_time", "read_num"} <= node.keys():
        return "reading"
    if "exportId" in node and {"readCount", "likeCount"} & node.keys():
        return "video"
    if {"commentId", "commentCreatetime"} <= node.keys():
        return "channels comment"
    return "comment" if any(k <= node.keys() for k in _COMMENT) else None


_FIGURES: Final = {
    "int_page_read_count", "int_page_read_user", "share_count", "share_user", "read_user",
    "detail_list", "details", "detail", "user_source", "cumulate_user",
}  # fmt: skip
# Rows that no other platform has: its own id, or what the author of the article did to it.
_COMMENT: Final = (
    {"content_id", "content", "create_time"}, {"content_id", "content", "post_time"},
    {"my_id", "content", "create_time"},
)  # fmt: skip
_CAPTURED: Final = (
    *_COMMENT,
    *(
        {"content", name, flag}
        for name in ("nick_name", "nickname")
        for flag in ("is_elected", "comment_type", "like_num", "likeNum", "post_time")
    ),
)
# Name of a list → (shape, keys of its rows, keys beside it where it is empty), first match first.
_LISTS: Final[
    Mapping[str, tuple[tuple[str, tuple[set[str], ...], set[str]], ...]]
] = {
    "comment": (
        ("official", ({"user_comment_id"},), {"errcode", "total"}),
        ("channels", ({"commentCreatetime"}, {"commentId", "commentContent"}), {"commentCount"}),
        ("backend", _CAPTURED, {"total_elected_count"}),
        ("backend", (), {"total_count"}),
    ),
    "comments": (("backend", _CAPTURED, {"fetched_at", "total"}),),
    "list": (("statistics", tuple({"ref_date", name} for name in sorted(_FIGURES)), {"is_delay"}),),
    "data": (("monitor", ({"update_time", "read_num"},), set()),),
}  # fmt: skip
