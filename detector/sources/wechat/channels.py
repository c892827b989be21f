"""视频号: comments of Channels videos, as the creator's console lists them.

Ids have up to 64 bits without a sign, and their upper 41 are the milliseconds of their making
(inputs.md, finding 9). The list does not name its video.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from zhenzan.detector.sources.wechat.articles import Around, article_of_name, text_of
from zhenzan.detector.sources.wechat.book import CHANNELS, Book, count_of
from zhenzan.detector.sources.wechat.people import People
from zhenzan.detector.sources.wechat.values import flag, moment, plain, seconds, whole

__all__ = ["add_channels", "add_lone_channels"]

_SHIFT: Final = 23
# Ids and times of the same comment lie within two minutes, or one of them is wrong.
_APART_S: Final = 120
_FIRST_S: Final = 1_577_836_800  # 2020-01-01: Channels opened in that month


def add_channels(book: Book, line: int, node: Mapping[str, Any], here: Around) -> None:
    """A page of comments with the answers below them."""
    comments = node["comment"]
    section_id = _video(book, line, here)
    n = _add(book, line, comments, section_id, None, moment(here.seen))
    claimed = whole(node.get("commentCount"))
    book.cover(
        section_id,
        "all",
        collected=n,
        claimed=None if claimed is None or claimed < n else claimed,
        more=bool(flag(node.get("downContinueFlag"))),
        platform=CHANNELS,
    )
    row = {"section_id": section_id, "kind": "video", "text": plain(here.title)}
    book.add("section", line, row, derived=True, platform=CHANNELS)


def add_lone_channels(book: Book, line: int, node: Mapping[str, Any], here: Around) -> None:
    """A comment that stands alone."""
    _add(book, line, [node], _video(book, line, here), None, moment(here.seen))


def _add(
    book: Book,
    line: int,
    comments: Sequence[Any],
    section_id: str,
    parent: str | None,
    seen: object,
) -> int:
    """Rows of a list and of the answers in it; how many there were in all."""
    people, n = People([]), 0
    for comment in comments:
        own = text_of(comment.get("commentId")) if isinstance(comment, dict) else None
        if own is None:
            book.reject("comment", line, "a comment without id")
            continue
        n += 1
        below = comment.get("levelTwoComment")
        below = below if isinstance(below, list) else []
        writer = people.author(comment)
        second, basis = _second(book, line, own, comment.get("commentCreatetime"))
        row = {
            "comment_id": own,
            "section_id": section_id,
            "parent_id": parent,
            "root_id": parent,
            "depth": 0 if parent is None else 1,
            "account_id": None if writer is None else writer.account_id,
            "text": plain(comment.get("commentContent")),
            "created_ms": second,
            "created_basis": basis,
            "reply_count": len(below) or None,
            "moderation_status": "blocked" if flag(comment.get("blacklistFlag")) else None,
            "observed_ms": seen,
            "like_count": count_of(comment.get("commentLikeCount")),
        }
        book.add("comment", line, row, platform=CHANNELS)
        if writer is not None:
            book.add("account", line, writer.row(), derived=True, platform=CHANNELS)
        n += _add(book, line, below, section_id, parent or own, seen)
    return n


def _second(book: Book, line: int, own: str, told: object) -> tuple[int | None, str | None]:
    number = whole(own)
    inside = None if number is None else (number >> _SHIFT) // 1000
    if inside is not None and inside < _FIRST_S:
        inside = None
    second = seconds(told)
    if second is None:
        return inside, None if inside is None else "id_embedded"
    if inside is not None and abs(second - inside) > _APART_S:
        book.note("comment", line, "the time of a comment is not the one that its id bears")
    return second, "field"


def _video(book: Book, line: int, here: Around) -> str:
    if here.video is not None:
        return here.video
    if book.options.section_id:
        return book.options.section_id.removeprefix(f"{CHANNELS}:")
    book.note(
        "section", line, "names no video; the file's name stands for it (--section-id says which)"
    )
    return article_of_name(book.seen.stem).section_id
