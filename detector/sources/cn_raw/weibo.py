"""Weibo: hot and old lists of comments, their replies, and who liked a post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from zhenzan.detector.sources.ago import time_ago
from zhenzan.detector.sources.cn_raw.sheet import Person, Sheet, place
from zhenzan.detector.sources.fields import identifier, inner, plain_text, text, whole
from zhenzan.detector.sources.idtime import weibo_ms

__all__ = ["fits_weibo", "take_weibo"]

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
# Sat Dec 23 17:12:54 +0800 2023, whatever the machine calls its months.
_FULL: Final = re.compile(
    r"\w{3} (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d) "
    r"(?P<zone>[+-]\d{4}) (?P<year>\d{4})",
    re.ASCII,
)
_FACE: Final = re.compile(
    r"""<img[^<>]{0,2000}?\balt\s*=\s*["']?(\[[^\[\]<>"']{1,40}\])["']?[^<>]{0,2000}>"""
)
_POST: Final = re.compile(r"\bmid:(\d{15,17})\b", re.ASCII)
_MINUTE: Final = 60
_COARSE: Final = "created_at is relative and no better time is known"
_BY_ID: Final = "created_at is relative or has no year: the time inside the id is taken"


def fits_weibo(value: Mapping[str, Any]) -> bool:
    """Whether an object is a list of comments or likes, or one of their elements."""
    if _is_comment(value) or _is_like(value):
        return True
    if "ok" not in value or "data" not in value:
        return False
    first = next(_listed(value), None)
    if first is None:
        return "total_number" in value or "total_number" in inner(value["data"])
    return _is_comment(first) or _is_like(first)


def take_weibo(sheet: Sheet, line: int, value: Mapping[str, Any]) -> None:
    """Takes a list or one of its elements."""
    if _is_comment(value):
        _comment(sheet, line, value, None)
    elif _is_like(value):
        _like(sheet, line, value)
    else:
        _page(sheet, line, value)


def _page(sheet: Sheet, line: int, value: Mapping[str, Any]) -> None:
    data = inner(value.get("data"))
    said = data or value
    listed = list(_listed(value))
    if not listed:
        return
    section = _section(sheet, listed[0])
    claimed = whole(said.get("total_number"))
    likers = _is_like(listed[0])
    roots = value.get("rootComment")
    for above in roots if isinstance(roots, list) else ():
        if isinstance(above, dict):
            _comment(sheet, line, above, None)
    for item in listed:
        if likers:
            _like(sheet, line, item)
        else:
            _comment(sheet, line, item, None)
    if likers:
        sheet.page(line, section, "recent", claimed, of="liker")
    elif not roots:
        sheet.describe(line, section, "post", None)
        # Pages by `max_id` come in order of heat, numbered pages by time.
        order = "top" if "max_id" in said else "recent"
        sheet.page(line, section, order, claimed, ended=said.get("max_id") == 0)


def _listed(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    data = value.get("data")
    lists = [inner(data).get("hot_data"), inner(data).get("data")]
    if isinstance(data, list):
        lists = [data]
    for found in lists:
        if isinstance(found, list):
            yield from (item for item in found if isinstance(item, dict))


def _is_comment(value: Mapping[str, Any]) -> bool:
    return (
        isinstance(value.get("user"), dict)
        and "text" in value
        and ("rootid" in value or "like_counts" in value or "screen_name" in value["user"])
        and "id" in value
    )


def _is_like(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("user"), dict) and ("attitude" in value or "attitude_type" in value)


def _section(sheet: Sheet, item: Mapping[str, Any]) -> str:
    """The post: some versions bury its number in the notes for their own statistics."""
    found = _POST.search(str(item.get("analysis_extra")))
    return found[1] if found else sheet.unnamed()


def _comment(sheet: Sheet, line: int, comment: Mapping[str, Any], above: str | None) -> None:
    own = identifier(comment.get("id")) or identifier(comment.get("idstr"))
    if own is None:
        sheet.reject("comment", line, "a comment without its id")
        return
    told = identifier(comment.get("rootid"))
    root = above if told in (None, "0", own) else told
    liked = comment.get("isLikedByMblogAuthor")
    values: dict[str, object] = {
        "comment_id": own,
        "section_id": _section(sheet, comment),
        "parent_id": identifier(inner(comment.get("reply_comment")).get("id")) or root,
        "root_id": root,
        "depth": 0 if root is None else 1,
        "text": _words(comment),
        "liked_by_creator": liked if isinstance(liked, bool) else None,
        "region": place(comment.get("source")),
        "reply_count": whole(comment.get("total_number")),
        "like_count": comment.get("like_count", comment.get("like_counts")),
    }
    values |= _times(sheet, line, own, comment.get("created_at"))
    sheet.comment(line, values, _person(comment))
    below = comment.get("comments")
    for reply in below if isinstance(below, list) else ():
        if isinstance(reply, dict):
            _comment(sheet, line, reply, own)


def _words(comment: Mapping[str, Any]) -> str | None:
    """The text as people saw it: faces by their names, links by their words."""
    raw = text(comment.get("text_raw"))
    rendered = text(comment.get("text"))
    if raw is not None or rendered is None:
        return raw
    return text(plain_text(_FACE.sub(r"\1", rendered)).strip())


def _times(sheet: Sheet, line: int, own: str, told: object) -> dict[str, object]:
    """A full time is taken as it is; a relative one only where the id holds none."""
    written = text(told)
    moment = None if written is None else _moment(written)
    if moment is not None:
        return {"created_ms": moment[0], "created_precision_s": moment[1]}
    inside = weibo_ms(own)
    if written is not None and inside is not None:
        sheet.note("comment", line, _BY_ID)
        return {
            "created_ms": inside, "created_precision_s": _MINUTE, "created_basis": "id_embedded",
        }  # fmt: skip
    ago = None if written is None else time_ago(written)
    if ago is None or sheet.options.observed_ms is None:
        return {}
    sheet.note("comment", line, _COARSE)
    ms, precision = ago.moment(sheet.options.observed_ms, _CHINA)
    return {"created_ms": ms, "created_precision_s": precision, "created_basis": "relative_text"}


def _moment(written: str) -> tuple[int, int] | None:
    """Milliseconds and precision of a time with its year; those without a zone are China's."""
    found = _FULL.fullmatch(written)
    precision = 1
    if found:
        month = _MONTHS.find(found["month"])
        if month < 0 or month % 3:
            return None
        written = (
            f"{found['year']}-{month // 3 + 1:02d}-{int(found['day']):02d}T{found['time']}"
            f"{found['zone']}"
        )
    elif re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", written, re.ASCII):
        precision = _MINUTE
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    if len(written) <= 10:
        precision = 86_400
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)
    try:
        ms = int(zoned.timestamp() * 1000)
    except (OverflowError, OSError):
        return None
    return (ms, precision) if ms > 0 else None


def _like(sheet: Sheet, line: int, like: Mapping[str, Any]) -> None:
    person, own = _person(like), identifier(like.get("id"))
    if person is None:
        sheet.reject("engagement", line, "a like without its account")
        return
    told = text(like.get("created_at"))
    moment = None if told is None else _moment(told)
    precision = 0 if moment is None else moment[1]
    # 1 like, 2 happy, 3 surprised, 4 sad, 5 angry, 6 reward, 8 hug (inputs.md §1.4).
    kind = whole(like.get("attitude_type", like.get("attitude")))
    values: dict[str, object] = {
        "kind": "like",
        "section_id": _section(sheet, like),
        "ts_lo_ms": None if moment is None else moment[0],
        "ts_hi_ms": None if moment is None else moment[0] + (precision - 1) * 1000,
        "value": None if kind is None else float(kind),
        "region": place(like.get("source")),
        "basis": "list_untimed" if moment is None else "list_timed",
        "engagement_id": None if own is None else f"weibo:attitude/{own}",
    }
    sheet.like(line, values, person, own or person.id)


def _person(item: Mapping[str, Any]) -> Person | None:
    user = inner(item.get("user"))
    own = identifier(user.get("id")) or identifier(user.get("idstr"))
    if own in (None, "0"):
        return None
    about, gender = user.get("description"), user.get("gender")
    profile = {
        "followers": whole(user.get("followers_count")),
        "following": whole(user.get("follow_count", user.get("friends_count"))),
        "posts": whole(user.get("statuses_count")),
        "level": whole(user.get("urank")),
        "gender": gender if gender in ("m", "f") else None,
        "bio_length": len(about) if isinstance(about, str) else None,
        "region": place(item.get("source")),
    }
    verified = user.get("verified")
    return Person(
        str(own),
        text(user.get("screen_name")),
        user.get("avatar_hd") or user.get("profile_image_url"),
        verified if isinstance(verified, bool) else None,
        numbered=True,
        profile=profile,
    )
