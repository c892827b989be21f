"""Which article a file is about: the same id from links, message ids, exporters and file names.

The id is `<mid>_<idx>`, message and place in it: what `datacube` calls `msgid`, exporters `aid`,
and links spell `mid=…&idx=…`. Files that tell none take `--section-id` or their own name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

__all__ = ["Around", "Article", "around", "article_of_link", "article_of_name", "text_of"]

_MSGID: Final = re.compile(r"[0-9]{1,20}_[0-9]{1,3}")
# In a file's name; shorter numbers are dates and counters. Digits that go on are another number.
_NAMED: Final = re.compile(r"(?<![0-9])([0-9]{7,20})_([0-9]{1,2})(?![0-9])")
_LINKS: Final = ("url", "link", "content_url", "article_url", "链接", "short_link")
_IDS: Final = ("msgid", "aid", "section_id", "article_id", "ID")
_SEEN: Final = ("fetched_at", "fetchedAt", "observed_at", "captured_at", "crawled_at", "exportedAt")
_VIDEOS: Final = ("exportId", "export_id", "objectId", "object_id", "feed_id")
_SHORT: Final = re.compile(r"mp\.weixin\.qq\.com/s/([A-Za-z0-9_-]{16,40})")
# `comments_page2.json` and `文章-第3页.json` are one section with their neighbours.
_PAGE: Final = re.compile(r"[ _.-]*(?:page|p|\u7b2c)[ _-]?[0-9]+\u9875?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Article:
    """An article as far as a file names it.

    Attributes:
        section_id: `<mid>_<idx>`, else whatever the user or the file's name says.
        account: `__biz` of the account that wrote it, a public id; None where no link tells it.
        guessed: The id is the file's name, which names no article.
    """

    section_id: str
    account: str | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What the objects around a page say about it.

    Attributes:
        article: It belongs to.
        video: Export id of a Channels video.
        seen: When it was fetched, as written.
        parent: `content_id` of the comment that a page of replies belongs to.
        title: Of the article.
    """

    article: Article | None = None
    video: str | None = None
    seen: object = None
    parent: str | None = None
    title: str | None = None


def around(node: Mapping[str, object], outer: Around) -> Around:
    """What an object adds to what is known; the innermost word counts."""
    found = outer
    article = _article_of(node)
    if article is not None:
        found = replace(found, article=article)
    for name in _SEEN:
        if node.get(name) not in (None, "", 0):
            found = replace(found, seen=node[name])
            break
    video = next((text_of(node[n]) for n in _VIDEOS if node.get(n)), None)
    parent = text_of(node.get("content_id")) or text_of(node.get("contentID"))
    title = node.get("title")
    return replace(
        found,
        video=video or found.video,
        parent=parent or found.parent,
        title=title if isinstance(title, str) and title else found.title,
    )


def article_of_link(link: object) -> Article | None:
    """From `…?__biz=…&mid=…&idx=…`, or the request of its comments (`appmsgid=…&idx=…`).

    Links of the short form (`/s/<code>`) do not name the message.
    """
    if not isinstance(link, str) or "=" not in link:
        return None
    try:
        query = urlsplit(html.unescape(link)).query
        # `+` stands for itself in `__biz`, which is base64.
        words = parse_qs(query.replace("+", "%2B"))
    except ValueError:
        return None
    mid = words.get("mid") or words.get("appmsgid")
    index = words.get("idx") or words.get("itemidx")
    if not mid or not index or not mid[0].isdigit() or not index[0].isdigit():
        return None
    account = words.get("__biz")
    return Article(f"{int(mid[0])}_{int(index[0])}", account[0] if account else None)


def article_of_name(name: str) -> Article:
    """From a file's name: `mid_idx` in it, else the name itself without a number of page."""
    named = _NAMED.search(name)
    if named:
        return Article(f"{named[1]}_{int(named[2])}")
    return Article(_PAGE.sub("", name).strip() or name, guessed=True)


def text_of(value: object) -> str | None:
    """An id as text, whatever the size of the number; None where there is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value) if value else None
    if isinstance(value, str):
        return value.strip() or None
    return None


def _article_of(node: Mapping[str, object]) -> Article | None:
    links = [article_of_link(node.get(name)) for name in _LINKS]
    linked = next((a for a in links if a is not None), None)
    for name in _IDS:
        value = node.get(name)
        if isinstance(value, str) and _MSGID.fullmatch(value):
            return Article(value, linked.account if linked else None)
    if linked is not None:
        return linked
    mid, index = text_of(node.get("appmsgid")), text_of(node.get("itemidx"))
    if mid and index and mid.isdigit() and index.isdigit():
        return Article(f"{mid}_{index}")
    # The official interface counts places from 0.
    mid, place = text_of(node.get("msg_data_id")), node.get("index")
    if mid and mid.isdigit() and isinstance(place, int):
        return Article(f"{mid}_{place + 1}")
    for link in (node[n] for n in _LINKS if isinstance(node.get(n), str)):
        # A short link names an article, though only files with the same link join it.
        code = _SHORT.search(str(link))
        if code:
            return Article(code[1])
    return None
