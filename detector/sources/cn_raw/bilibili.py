"""Bilibili `x/v2/reply`, `/main` and `/reply/reply`: pages, the `data` in them, single replies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.sources.cn_raw.sheet import Person, Sheet, place, told_ms
from zhenzan.detector.sources.fields import identifier, inner, text, whole

__all__ = ["fits_bilibili", "take_bilibili"]

# Area codes of comment sections: videos, albums, articles, posts (inputs.md §1.3).
_KINDS: Final = {1: "video", 12: "article"}
_STATES: Final = {0: "normal", 17: "hidden"}
_SEXES: Final = {"男": "m", "女": "f"}
_ORDERS: Final = {2: "recent", 3: "top"}  # `cursor.mode` of `/main`


def fits_bilibili(value: Mapping[str, Any]) -> bool:
    """Whether an object is a page or a reply."""
    data = _data(value)
    if "rpid" in data and ("mid" in data or "member" in data):
        return True
    replies = data.get("replies", ())
    if isinstance(replies, list) and replies:
        return "rpid" in inner(replies[0])
    return "replies" in data and ("upper" in data or "cursor" in data or "hots" in data)


def take_bilibili(sheet: Sheet, line: int, value: Mapping[str, Any]) -> None:
    """Takes a page or a reply."""
    data = _data(value)
    if "rpid" in data:
        _reply(sheet, line, data, None, False, set())
        return
    owner = identifier(inner(data.get("upper")).get("mid"))
    seen: set[str] = set()
    first: Mapping[str, Any] = {}
    for reply, pinned in _replies(data):
        first = first or reply
        _reply(sheet, line, reply, owner, pinned, seen)
    if not first:
        return
    section, kind = _section(sheet, first)
    sheet.describe(line, section, kind, owner)
    if data.get("lottery_card"):
        sheet.context(line, section, "giveaway", "lottery_card")
    _coverage(sheet, line, data, section)


def _data(value: Mapping[str, Any]) -> Mapping[str, Any]:
    data = value.get("data")
    return data if isinstance(data, dict) else value


def _replies(data: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """All that a page shows, and whether it is pinned; what comes twice comes pinned first."""
    top = inner(data.get("top"))
    pinned = [inner(data.get("upper")).get("top"), top.get("upper"), top.get("admin")]
    listed = data.get("top_replies")
    pinned += listed if isinstance(listed, list) else []
    yield from ((reply, True) for reply in pinned if isinstance(reply, dict) and reply)
    if isinstance(data.get("root"), dict):
        yield data["root"], False
    for name in ("hots", "replies"):
        listed = data.get(name)
        if isinstance(listed, list):
            yield from ((reply, False) for reply in listed if isinstance(reply, dict))


def _section(sheet: Sheet, reply: Mapping[str, Any]) -> tuple[str, str]:
    """Sections are numbered anew in each area; those of videos go without the area's code."""
    oid, area = identifier(reply.get("oid_str")) or identifier(reply.get("oid")), reply.get("type")
    kind = _KINDS.get(area, "post") if isinstance(area, int) else "video"
    if oid is None:
        return sheet.unnamed(), kind
    return (oid if area in (1, None) else f"{area}/{oid}"), kind


def _reply(
    sheet: Sheet,
    line: int,
    reply: Mapping[str, Any],
    owner: str | None,
    pinned: bool,
    seen: set[str],
) -> None:
    rpid = identifier(reply.get("rpid_str")) or identifier(reply.get("rpid"))
    if rpid is None:
        sheet.reject("comment", line, "a comment without its id")
        return
    if rpid not in seen:
        seen.add(rpid)
        values = _values(sheet, rpid, reply, owner, pinned)
        sheet.describe(line, str(values["section_id"]), _section(sheet, reply)[1], owner)
        sheet.comment(line, values, _person(reply))
    nested = reply.get("replies")
    for below in nested if isinstance(nested, list) else ():
        if isinstance(below, dict):
            _reply(sheet, line, below, owner, False, seen)


def _values(
    sheet: Sheet, rpid: str, reply: Mapping[str, Any], owner: str | None, pinned: bool
) -> dict[str, object]:
    root, parent = _other(reply.get("root")), _other(reply.get("parent"))
    acted, mid = inner(reply.get("up_action")), identifier(reply.get("mid"))
    content = inner(reply.get("content"))
    fan = inner(inner(reply.get("member")).get("fans_detail"))
    more = {
        "fan_level": whole(fan.get("level")),
        "folded": True if inner(reply.get("folder")).get("is_folded") is True else None,
        "device": text(content.get("device")),
        "pictures": len(content["pictures"]) if isinstance(content.get("pictures"), list) else None,
    }
    return {
        "comment_id": rpid,
        "section_id": _section(sheet, reply)[0],
        "parent_id": parent,
        "root_id": root,
        "depth": 0 if root is None else 1,
        "text": text(content.get("message")),
        "created_ms": told_ms(reply.get("ctime"), 1000),
        "by_creator": None if owner is None or mid is None else mid == owner,
        "pinned": pinned or None,
        "liked_by_creator": acted.get("like") if isinstance(acted.get("like"), bool) else None,
        "replied_by_creator": acted.get("reply") if isinstance(acted.get("reply"), bool) else None,
        "region": place(inner(reply.get("reply_control")).get("location")),
        "reply_count": whole(reply.get("rcount", reply.get("count"))),
        "like_count": whole(reply.get("like")),
        "moderation_status": _state(reply),
        "extra": _extra(more),
    }


def _other(value: object) -> str | None:
    """Another comment's id; 0 is none."""
    told = identifier(value)
    return None if told in (None, "0") else told


def _state(reply: Mapping[str, Any]) -> str | None:
    if reply.get("invisible") is True:
        return "invisible"
    state = whole(reply.get("state"))
    return None if state is None else _STATES.get(state, f"state_{state}")


def _extra(more: Mapping[str, object]) -> str | None:
    told = {name: value for name, value in more.items() if value is not None}
    return json.dumps(told, ensure_ascii=False, sort_keys=True) if told else None


def _person(reply: Mapping[str, Any]) -> Person | None:
    member = inner(reply.get("member"))
    mid = identifier(reply.get("mid")) or identifier(member.get("mid"))
    if mid in (None, "0"):
        return None
    sign = member.get("sign")
    kind = inner(member.get("official_verify")).get("type")
    profile = {
        "level": whole(inner(member.get("level_info")).get("current_level")),
        "gender": _SEXES.get(str(member.get("sex"))),
        "bio_length": len(sign) if isinstance(sign, str) else None,
        "region": place(inner(reply.get("reply_control")).get("location")),
    }
    return Person(
        str(mid),
        text(member.get("uname")),
        member.get("avatar"),
        None if not isinstance(kind, int) else kind >= 0,
        numbered=True,
        profile=profile,
    )


def _coverage(sheet: Sheet, line: int, data: Mapping[str, Any], section: str) -> None:
    page, cursor = inner(data.get("page")), inner(data.get("cursor"))
    root = inner(data.get("root"))
    if root:
        rpid = identifier(root.get("rpid_str")) or identifier(root.get("rpid"))
        if rpid is not None:
            sheet.page(line, section, "unknown", whole(page.get("count")), root=rpid)
            replies = data.get("replies")
            for reply in replies if isinstance(replies, list) else ():
                sheet.reached(section, rpid, inner(reply).get("rpid"))
        return
    claimed = whole(page.get("acount"))
    claimed = whole(cursor.get("all_count")) if claimed is None else claimed
    order = _ORDERS.get(whole(cursor.get("mode")) or 0, "unknown")
    sheet.page(line, section, order, claimed, ended=cursor.get("is_end") is True)
