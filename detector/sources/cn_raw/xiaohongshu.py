"""Xiaohongshu `comment/page` and `comment/sub/page`."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any, Final

from zhenzan.detector.sources.cn_raw.sheet import Person, Sheet, place, told_ms
from zhenzan.detector.sources.fields import identifier, inner, text, whole

__all__ = ["fits_xiaohongshu", "take_xiaohongshu"]

_SHOWN: Final = frozenset({None, 0})  # `status` of comments that all can see


def fits_xiaohongshu(value: Mapping[str, Any]) -> bool:
    """Whether an object is a page or a comment."""
    if _is_comment(value):
        return True
    data = _data(value)
    comments = data.get("comments")
    if isinstance(comments, list) and comments:
        return _is_comment(inner(comments[0]))
    return "comments" in data and "has_more" in data and ("xsec_token" in data or "time" in data)


def take_xiaohongshu(sheet: Sheet, line: int, value: Mapping[str, Any]) -> None:
    """Takes a page or a comment."""
    if _is_comment(value):
        _comment(sheet, line, value, None, None)
        return
    data = _data(value)
    seen = told_ms(data.get("time"), 1)
    comments = data.get("comments")
    listed = [c for c in comments if isinstance(c, dict)] if isinstance(comments, list) else []
    for comment in listed:
        _comment(sheet, line, comment, None, seen)
    if not listed:
        return
    first = listed[0]
    section = identifier(first.get("note_id")) or sheet.section
    if inner(first.get("target_comment")):
        return  # a page of replies says nothing of the section as a whole
    sheet.describe(line, section, "post", None)
    # No total is told, and comments come in the platform's own order.
    sheet.page(line, section, "top", None, ended=data.get("has_more") is False)


def _data(value: Mapping[str, Any]) -> Mapping[str, Any]:
    data = value.get("data")
    return data if isinstance(data, dict) else value


def _is_comment(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("user_info"), dict) and "id" in value and "content" in value


def _comment(
    sheet: Sheet, line: int, comment: Mapping[str, Any], root: str | None, seen: int | None
) -> None:
    own = identifier(comment.get("id"))
    if own is None:
        sheet.reject("comment", line, "a comment without its id")
        return
    target = identifier(inner(comment.get("target_comment")).get("id"))
    told = comment.get("show_tags")
    tags = [tag for tag in told if isinstance(tag, str)] if isinstance(told, list) else []
    sheet.comment(
        line,
        {
            "comment_id": own,
            "section_id": identifier(comment.get("note_id")) or sheet.unnamed(),
            "parent_id": target or root,
            "root_id": root,
            "depth": 0 if root is None and target is None else 1,
            "text": text(html.unescape(text(comment.get("content")) or "")),
            "created_ms": told_ms(comment.get("create_time"), 1),
            "by_creator": True if "is_author" in tags else None,
            "pinned": True if any("top" in tag for tag in tags) else None,
            "region": place(comment.get("ip_location")),
            "reply_count": whole(comment.get("sub_comment_count")),
            "like_count": comment.get("like_count"),
            "observed_ms": seen,
            "extra": _extra(comment),
        },
        _person(comment),
    )
    below = comment.get("sub_comments")
    for reply in below if isinstance(below, list) else ():
        if isinstance(reply, dict):
            _comment(sheet, line, reply, own, seen)


def _extra(comment: Mapping[str, Any]) -> str | None:
    status = whole(comment.get("status"))
    more: dict[str, object] = {} if status in _SHOWN else {"status": status}
    if comment.get("invalid") is True:
        more["invalid"] = True
    return json.dumps(more, sort_keys=True) if more else None


def _person(comment: Mapping[str, Any]) -> Person | None:
    user = inner(comment.get("user_info"))
    own = identifier(user.get("user_id"))
    if own is None:
        return None
    agent = user.get("ai_agent")
    return Person(
        own,
        text(user.get("nickname")),
        user.get("image"),
        declared_bot=bool(agent) if agent is not None else None,
        profile={"region": place(comment.get("ip_location"))},
    )
