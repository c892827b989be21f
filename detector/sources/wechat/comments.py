"""Comments of articles: the public page, the official list, captures of the creator's console.

The public page shows what the creator selected; the official list has all, without likes, names
and pictures; the console has all with likes. A comment gets the same id in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zhenzan.detector.sources.wechat.articles import Around, Article, text_of
from zhenzan.detector.sources.wechat.book import Book, Entry, count_of
from zhenzan.detector.sources.wechat.people import People, Person, first
from zhenzan.detector.sources.wechat.values import (
    flag,
    moment,
    plain,
    region_of,
    seconds,
    when,
    whole,
)

__all__ = [
    "Page", "add_backend", "add_comments", "add_lone", "add_official", "add_page", "add_replies",
]  # fmt: skip

_TIMES: Final = ("create_time", "post_time", "createTime", "time")
_TEXTS: Final = ("content", "text")
_LIKES: Final = ("like_num", "likeNum", "reply_like_num", "like_count")
_IDS: Final = ("content_id", "user_comment_id")
_COUNTERS: Final = ("my_id", "id")  # of one author's comments
_REGIONS: Final = ("ip_wording", "ip_location", "ipLocation")
_TOTALS: Final = ("elected_comment_total_cnt", "total_count", "total_elected_count", "total")
# Who answers: on the public page 1 is the reader, 2 the author of the article, 3 anybody else; in
# the older shape and in the creator's console answers are the author's unless marked otherwise.
_AUTHOR: Final = 2
_OWN_SIDE: Final = (None, 0, 2)


@dataclass(frozen=True, slots=True)
class Page:
    """Comments to be added.

    Attributes:
        comments: Native objects, in the order of the page.
        selected: Whether they are selected where they do not say so themselves.
        selection: How they were chosen, as in the table `coverage`.
        claimed: How many there are said to be.
        more: The page says that others follow.
    """

    comments: Sequence[object]
    selected: bool | None
    selection: str
    claimed: int | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Reply:
    values: Mapping[str, Any]
    native: str
    by_creator: bool | None


def add_page(book: Book, line: int, node: Mapping[str, Any], around: Around) -> None:
    """A page of the public endpoint: selected comments, those of friends, one's own."""
    if flag(node.get("enabled")) is False:
        book.note("section", line, "comments are switched off for this article")
    elected = _list(node.get("elected_comment"))
    claimed = whole(node.get("elected_comment_total_cnt"))
    more = bool(flag(node.get("continue_flag")))
    page = Page(elected, True, "selected_by_creator", claimed, more)
    add_comments(book, line, page, around)
    others = [*_list(node.get("friend_comment")), *_list(node.get("my_comment"))]
    if others:
        # What only this reader sees says nothing of how much of the section is there.
        add_comments(book, line, Page(others, None, ""), around)


def add_official(book: Book, line: int, node: Mapping[str, Any], around: Around) -> None:
    """The official list; its `total` is often that of the page, so it counts only if larger."""
    comments = _list(node.get("comment"))
    total = whole(node.get("total"))
    claimed = total if total is not None and total > len(comments) else None
    kinds = {whole(c.get("comment_type")) for c in comments if isinstance(c, dict)}
    selection = "all" if 0 in kinds else "unknown"
    add_comments(book, line, Page(comments, None, selection, claimed), around)


def add_backend(book: Book, line: int, node: Mapping[str, Any], around: Around) -> None:
    """A capture of the creator's console, under whatever names a script gave its fields."""
    name = "comment" if isinstance(node.get("comment"), list) else "comments"
    comments = _list(node.get(name))
    claimed = whole(first(node, [n for n in _TOTALS if n != "total_elected_count"]))
    if claimed is not None and claimed < len(comments):
        claimed = None
    more = bool(flag(node.get("continue_flag")))
    add_comments(book, line, Page(comments, None, "all", claimed, more), around)


def add_replies(book: Book, line: int, node: Mapping[str, Any], around: Around) -> None:
    """A page of replies to one comment, which the page itself does not name."""
    article = book.article(around, line)
    book.note(
        "comment", line, "replies of a separate page are kept without the comment they belong to"
    )
    native = around.parent or ""
    replies = list(_listed_replies(book, line, node["reply_list"], native, author=None))
    _add_replies(book, line, article, replies, None, People([]), moment(around.seen))


def add_lone(book: Book, line: int, node: Mapping[str, Any], around: Around) -> None:
    """A comment that stands alone: one a line, or what is left of a page that is cut off."""
    add_comments(book, line, Page([node], None, "unknown"), around)


def add_comments(book: Book, line: int, page: Page, around: Around) -> None:
    """Comments with their replies and authors, and how much of the section they are."""
    article = book.article(around, line)
    seen = moment(around.seen)
    usable: list[Mapping[str, Any]] = []
    for comment in page.comments:
        if not isinstance(comment, dict):
            book.reject("comment", line, "a comment that is no JSON object")
        elif seconds(first(comment, _TIMES)) is None and plain(first(comment, _TEXTS)) is None:
            book.reject("comment", line, "a comment with neither time nor text")
        else:
            usable.append(comment)
            if first(comment, _TIMES) is not None and seconds(first(comment, _TIMES)) is None:
                book.note("comment", line, "a time that cannot be read is left empty")
    people = People(usable)
    writers = [people.author(c) for c in usable]
    entries = [_entry(c, _native(c, w)) for c, w in zip(usable, writers, strict=True)]
    ids, fresh = book.ids(article.section_id, entries)
    for comment, writer, entry, comment_id in zip(usable, writers, entries, ids, strict=True):
        replies, total = _replies(book, line, comment, entry.native)
        row = _row(comment, article, comment_id, entry, seen)
        row |= {
            "depth": 0,
            "by_creator": _by_creator(comment),
            "pinned": flag(comment.get("is_top")),
            "selected": _selected(comment, page.selected),
            "replied_by_creator": _answered(replies, total),
            "reply_count": total,
        }
        _add(book, line, row, writer, article)
        _add_replies(book, line, article, replies, comment_id, people, seen)
    if page.selection:
        book.cover(
            article.section_id,
            page.selection,
            collected=fresh,
            claimed=page.claimed,
            more=page.more,
        )
    _add_section(book, line, article, around)


def _add_section(book: Book, line: int, article: Article, around: Around) -> None:
    row = {
        "section_id": article.section_id,
        "creator_id": article.account,
        "title": plain(around.title),
    }
    book.add("section", line, row, derived=True)


def _add_replies(
    book: Book,
    line: int,
    article: Article,
    replies: Sequence[_Reply],
    parent: str | None,
    people: People,
    seen: object,
) -> None:
    writers = [people.author(r.values) for r in replies]
    entries = [_entry(r.values, r.native) for r in replies]
    ids, _ = book.ids(article.section_id, entries)
    for reply, writer, entry, comment_id in zip(replies, writers, entries, ids, strict=True):
        row = _row(reply.values, article, comment_id, entry, seen)
        gone = flag(first(reply.values, ("reply_del_flag", "is_deleted")))
        row |= {
            "parent_id": parent,
            "root_id": parent,
            "depth": 1,
            "by_creator": reply.by_creator,
            "selected": flag(reply.values.get("reply_is_elected")),
            "moderation_status": "deleted" if gone else None,
        }
        _add(book, line, row, writer, article)


def _add(
    book: Book, line: int, row: dict[str, object], writer: Person | None, article: Article
) -> None:
    """A row and its author; whom a link names as the article's account is known by that."""
    if row["by_creator"] and article.account:
        row["account_id"] = article.account
        account: dict[str, object] = {"account_id": article.account, "id_kind": "native"}
        book.add("account", line, account, derived=True)
    elif writer is not None:
        row["account_id"] = writer.account_id
        book.add("account", line, writer.row(), derived=True)
    book.add("comment", line, row)


def _row(
    comment: Mapping[str, Any], article: Article, comment_id: str, entry: Entry, seen: object
) -> dict[str, object]:
    return {
        "comment_id": comment_id,
        "section_id": article.section_id,
        "text": plain(first(comment, _TEXTS)),
        "created_ms": when(first(comment, _TIMES)),
        "liked_by_creator": _liked(comment),
        "region": region_of(first(comment, _REGIONS)),
        "observed_ms": seen,
        "like_count": count_of(first(comment, _LIKES)),
    }


def _entry(comment: Mapping[str, Any], native: str) -> Entry:
    text = first(comment, _TEXTS)
    return Entry(seconds(first(comment, _TIMES)), text if isinstance(text, str) else "", native)


def _native(comment: Mapping[str, Any], writer: Person | None) -> str:
    found = text_of(first(comment, _IDS))
    if found is not None:
        return found
    number = text_of(first(comment, _COUNTERS)) or ""
    return f"{'' if writer is None else writer.account_id}/{number}"


def _selected(comment: Mapping[str, Any], otherwise: bool | None) -> bool | None:
    """`comment_type` is 1 for selected comments in the official list."""
    told = flag(comment.get("is_elected"))
    if told is None:
        told = flag(comment.get("comment_type"))
    return otherwise if told is None else told


def _liked(comment: Mapping[str, Any]) -> bool | None:
    return flag(comment.get("author_like_status"))


def _by_creator(comment: Mapping[str, Any]) -> bool | None:
    told = whole(comment.get("is_from"))
    return None if told is None else told == _AUTHOR


def _answered(replies: Sequence[_Reply], total: int | None) -> bool | None:
    """Whether the creator answered; unknown while some replies are not there."""
    if any(r.by_creator for r in replies):
        return True
    if total is None or total > len(replies) or any(r.by_creator is None for r in replies):
        return None
    return False


def _replies(
    book: Book, line: int, comment: Mapping[str, Any], native: str
) -> tuple[list[_Reply], int | None]:
    """All replies below a comment, each once, and how many there are said to be."""
    found: dict[str, _Reply] = {}
    total = None
    full = comment.get("$reply_list")
    containers: list[tuple[object, tuple[int | None, ...] | None]] = [
        ({"reply_list": full} if isinstance(full, list) else None, None),
        (comment.get("reply_new"), None),
        (comment.get("new_reply"), _OWN_SIDE),
        (comment.get("reply"), _OWN_SIDE),
    ]
    for container, author in containers:
        if isinstance(container, list):
            container = {"reply_list": container}
        if not isinstance(container, dict):
            continue
        if "reply_list" not in container and plain(container.get("content")):
            found.setdefault(f"{native}/", _Reply(container, f"{native}/", True))
            continue
        for reply in _listed_replies(book, line, container, native, author):
            found.setdefault(reply.native, reply)
        told = whole(container.get("reply_total_cnt"))
        total = told if total is None or (told is not None and told > total) else total
    if total is None and ("reply" in comment or "$reply_list" in comment):
        total = len(found)
    return list(found.values()), None if total is None else max(total, len(found))


def _listed_replies(
    book: Book,
    line: int,
    container: Mapping[str, Any],
    native: str,
    author: tuple[int | None, ...] | None,
) -> Iterator[_Reply]:
    for place, reply in enumerate(_list(container.get("reply_list"))):
        if not isinstance(reply, dict):
            book.reject("comment", line, "a reply that is no JSON object")
            continue
        if seconds(first(reply, _TIMES)) is None and plain(first(reply, _TEXTS)) is None:
            book.reject("comment", line, "a reply with neither time nor text")
            continue
        number = text_of(reply.get("reply_id"))
        side = whole(reply.get("is_from"))
        if author is not None:
            own: bool | None = side in author
        else:
            own = side == _AUTHOR if side else None
        yield _Reply(reply, f"{native}/{number or f'#{place}'}", own)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
