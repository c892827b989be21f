"""Douyin `comment/list` and its reply pages; TikTok answers in the same shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from zhenzan.detector.sources.cn_raw.sheet import Person, Sheet, place, told_ms
from zhenzan.detector.sources.fields import identifier, inner, text, whole

__all__ = ["fits_douyin", "is_tiktok", "take_douyin"]

_AUTHOR: Final = frozenset({"作者", "Author", "Creator"})  # `label_text` of the video's own author
_NORMAL: Final = frozenset({None, 1})  # `status` of comments that all can see


def fits_douyin(value: Mapping[str, Any]) -> bool:
    """Whether an object is a page or a comment."""
    if _is_comment(value):
        return True
    comments = value.get("comments")
    if isinstance(comments, list) and comments:
        return _is_comment(inner(comments[0]))
    return "comments" in value and "status_code" in value and "cursor" in value


def is_tiktok(value: Mapping[str, Any]) -> bool:
    """TikTok's comments link to its own pages, or say which language they are in."""
    comments = value.get("comments")
    first = inner(comments[0]) if isinstance(comments, list) and comments else value
    url = str(inner(first.get("share_info")).get("url"))
    return "tiktok.com" in url or "comment_language" in first


def take_douyin(sheet: Sheet, line: int, value: Mapping[str, Any]) -> None:
    """Takes a page or a comment."""
    if _is_comment(value):
        _comment(sheet, line, value, None)
        return
    comments = value.get("comments")
    listed = [c for c in comments if isinstance(c, dict)] if isinstance(comments, list) else []
    for comment in listed:
        _comment(sheet, line, comment, None)
    if not listed:
        return
    first = listed[0]
    section = identifier(first.get("aweme_id")) or sheet.section
    ended = whole(value.get("has_more")) == 0 or value.get("has_more") is False
    root = _other(first.get("reply_id"))
    total = whole(value.get("total"))
    if root is not None:
        sheet.page(line, section, "unknown", total, root=root, ended=ended)
        for comment in listed:
            sheet.reached(section, root, comment.get("cid"))
        return
    sheet.describe(line, section, "video", None)
    # Comments come in the platform's own order of heat.
    sheet.page(line, section, "top", whole(first.get("item_comment_total")) or total, ended=ended)


def _is_comment(value: Mapping[str, Any]) -> bool:
    return "cid" in value and ("digg_count" in value or "aweme_id" in value)


def _comment(sheet: Sheet, line: int, comment: Mapping[str, Any], root: str | None) -> None:
    cid = identifier(comment.get("cid"))
    if cid is None:
        sheet.reject("comment", line, "a comment without its id")
        return
    root = _other(comment.get("reply_id")) or root
    replied = _other(comment.get("reply_to_reply_id"))
    label = comment.get("label_text")
    sheet.comment(
        line,
        {
            "comment_id": cid,
            "section_id": identifier(comment.get("aweme_id")) or sheet.unnamed(),
            "parent_id": replied or root,
            "root_id": root,
            "depth": 0 if root is None else 1,
            "text": text(comment.get("text")),
            "created_ms": told_ms(comment.get("create_time"), 1000),
            "by_creator": True if label in _AUTHOR else None,
            "pinned": True if (whole(comment.get("stick_position")) or 0) > 0 else None,
            "liked_by_creator": _author_liked(comment.get("is_author_digged")),
            "region": place(comment.get("ip_label")),
            "reply_count": whole(comment.get("reply_comment_total")),
            "like_count": comment.get("digg_count"),
            "language": text(comment.get("comment_language")),
            "extra": _extra(comment),
        },
        _person(comment),
    )
    previews = comment.get("reply_comment")
    for reply in previews if isinstance(previews, list) else ():
        if isinstance(reply, dict):
            _comment(sheet, line, reply, cid)


def _other(value: object) -> str | None:
    told = identifier(value)
    return None if told in (None, "0") else told


def _author_liked(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    number = whole(value)
    return None if number is None else number > 0


def _extra(comment: Mapping[str, Any]) -> str | None:
    status = whole(comment.get("status"))
    more: dict[str, object] = {}
    if status not in _NORMAL:
        more["status"] = status
    if comment.get("is_folded") is True:
        more["folded"] = True
    if comment.get("is_hot") is True:
        more["hot"] = True
    return json.dumps(more, sort_keys=True) if more else None


def _person(comment: Mapping[str, Any]) -> Person | None:
    user = inner(comment.get("user"))
    uid = _other(user.get("uid")) or identifier(user.get("sec_uid"))
    if uid is None:
        return None
    about = user.get("signature")
    profile = {
        "followers": whole(user.get("follower_count")),
        "region": place(comment.get("ip_label")),
        "bio_length": len(about) if isinstance(about, str) and about else None,
    }
    verified = user.get("custom_verify")
    return Person(
        uid,
        text(user.get("nickname")),
        user.get("avatar_thumb"),
        bool(verified) if isinstance(verified, str) else None,
        profile=profile,
    )
