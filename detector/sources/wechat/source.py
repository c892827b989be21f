"""The source `wechat`: recognises the files, and hands each object to who can read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias
from urllib.parse import unquote

from zhenzan.detector.sources.base import Item, Match, ReadOptions, Source
from zhenzan.detector.sources.files import Pieces, Probe, Truncated, byte_chunks
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values
from zhenzan.detector.sources.wechat.articles import Around
from zhenzan.detector.sources.wechat.book import Book
from zhenzan.detector.sources.wechat.broken import repaired
from zhenzan.detector.sources.wechat.channels import add_channels, add_lone_channels
from zhenzan.detector.sources.wechat.comments import (
    Page,
    add_backend,
    add_comments,
    add_lone,
    add_official,
    add_page,
    add_replies,
)
from zhenzan.detector.sources.wechat.counters import add_monitor, add_reading, add_video
from zhenzan.detector.sources.wechat.embedded import embedded_lists, is_page
from zhenzan.detector.sources.wechat.exporter import accounts_of_table, add_article, read_table
from zhenzan.detector.sources.wechat.shapes import MARKS, Found, find
from zhenzan.detector.sources.wechat.statistics import add_figures, add_statistics
from zhenzan.features.errors import SchemaError

__all__ = ["Wechat"]

_Reader: TypeAlias = Callable[[Book, int, Mapping[str, Any], Around], None]
_READERS: Final[Mapping[str, _Reader]] = {
    "page": add_page, "article": add_article, "official": add_official, "backend": add_backend,
    "replies": add_replies, "statistics": add_statistics, "figures": add_figures,
    "channels": add_channels, "channels comment": add_lone_channels, "video": add_video,
    "monitor": add_monitor, "reading": add_reading, "comment": add_lone,
}  # fmt: skip
# Headings without which a table is not the exporter's.
_TABLE: Final = frozenset({"链接", "阅读", "点赞", "留言"})
_CUT: Final = "the packed file is cut off here"
_BROKEN: Final = "not JSON, or JSON that breaks off"
_LINK: Final = re.compile(
    rb'"(?:link|content_url)"\s*:\s*"[^"]{0,200}?__biz=([A-Za-z0-9+/%=_-]{4,64})'
)
_OVERLAP: Final = 512  # a link that two pieces share is found in the second


class Wechat(Source):
    """See the package; account ids are hashed, names and pictures are never kept."""

    name: ClassVar[str] = "wechat"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "WeChat: comments, counts and statistics of articles; Channels comments",
            "zh": "微信：公众号留言、计数与图文统计，视频号评论",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "exported articles: _accountName with readNum or link, or columns 链接 阅读 点赞 留言",
        "comments: elected_comment; comment[].user_comment_id; comments[] of a console capture",
        "statistics: list[] with ref_date and read, share or detail_list; data[].read_num",
        "视频号 (Channels): comment[].commentCreatetime; exportId with readCount",
    )
    platform: ClassVar[str | None] = "wechat"
    timezone: ClassVar[str | None] = "Asia/Shanghai"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "section": {"kind": "article"},
            "count_snapshot": {"scene": "all", "observed_basis": "row"},
        }
    )
    table_names: ClassVar[tuple[str, ...]] = (
        "section", "comment", "account", "count_snapshot", "coverage",
    )  # fmt: skip

    def sniff(self, probe: Probe) -> Match | None:
        """By what the first JSON value holds, by headings, or by the list in a saved page."""
        if probe.kind == "json":
            found = next(find(probe.first, sample=True), None)
            if found is not None:
                return Match(3, found.shape)
            marked = None if isinstance(probe.first, dict) else _marked(probe)
            return None if marked is None else Match(2, marked)
        if _tables(probe):
            return Match(3, "table")
        return Match(3, "saved page") if is_page(probe) else None

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams one file, whatever shapes are mixed in it.

        Raises:
            SchemaError: Nothing of WeChat's is in it.
        """
        book = Book(probe, options)
        if probe.kind == "json":
            book.by_account = len(_accounts(probe)) > 1
            yield from _read_json(book)
        elif tables := _tables(probe):
            named = {a for sheet in tables for a in accounts_of_table(probe, sheet)}
            book.by_account = len(named) > 1
            for sheet in tables:
                yield from read_table(book, probe, sheet)
        elif is_page(probe):
            yield from _read_page(book)
        elif probe.kind != "empty":
            raise SchemaError(
                "nothing of WeChat's is to be found here",
                path=probe.path,
                found=", ".join(probe.columns) or probe.kind,
                expected="; ".join(self.looked_for),
            )
        yield from book.close()


def _read_json(book: Book) -> Iterator[Item]:
    pieces = Pieces(book.seen.path)
    broken, shape, begun, rest = False, None, 0, False
    for line, value in json_values(pieces):
        if isinstance(value, JsonProblem):
            # What follows a break is the rest of the same object: one loss, however many lines.
            if not broken:
                book.reject("comment", line, _BROKEN)
                shape, begun, rest = _marked(book.seen), line, False
            broken = True
        elif isinstance(value, dict):
            known = False
            for found in find(value):
                known = True
                if found.shape == "comment" and broken:
                    _add_rest(book, line, found, shape)
                    rest = True
                else:
                    _READERS[found.shape](book, line, found.node, found.around)
            if known and found.shape != "comment":
                broken = False
            elif not known and not broken:
                book.skip(1, "JSON objects without comments, articles or statistics")
        elif not broken:
            book.skip(1, "JSON values that are no objects")
        yield from book.drain()
    if broken and not rest:
        book.cut = True
        for found in find(repaired(book.seen, begun)):
            _READERS[found.shape](book, begun, found.node, found.around)
    if pieces.cut:
        book.reject("comment", pieces.newlines + 1, _CUT)


def _add_rest(book: Book, line: int, found: Found, shape: str | None) -> None:
    """A comment inside of an object that breaks off.

    Of a page it is kept; of articles it is lost, because nothing says which one it belongs to.
    """
    if shape == "article":
        book.reject("comment", line, "a comment of an article that breaks off")
        return
    selection = "selected_by_creator" if shape == "page" else "unknown"
    selected = True if shape == "page" else None
    page = Page([found.node], selected, selection, more=True)
    add_comments(book, line, page, found.around)


def _read_page(book: Book) -> Iterator[Item]:
    for line, value in embedded_lists(book.seen):
        found = next(find(value), None)
        if found is None:
            book.reject("comment", line, "a list of comments that breaks off")
        else:
            _READERS[found.shape](book, line, found.node, found.around)
        yield from book.drain()


def _tables(probe: Probe) -> list[str | None]:
    """Sheets in the exporter's columns; of a file that is one table, None."""
    sheets = [name for name, columns in probe.sheets.items() if set(columns) >= _TABLE]
    if sheets:
        return [*sheets]
    flat = probe.kind in ("delimited", "parquet") and set(probe.columns) >= _TABLE
    return [None] if flat else []


def _marked(probe: Probe) -> str | None:
    """The shape of JSON whose first object is broken, by words at its beginning."""
    with suppress(OSError, ValueError, Truncated), closing(byte_chunks(probe.path)) as pieces:
        head = next(pieces, b"").decode("utf-8", "replace")
        return next((shape for word, shape in MARKS.items() if word in head), None)
    return None


def _accounts(probe: Probe) -> set[str]:
    """Accounts that links of articles name, two at most: numbers of articles repeat among them."""
    found: set[str] = set()
    held = b""
    for piece in Pieces(probe.path):
        window = held + piece
        found |= {unquote(m[1].decode("ascii")) for m in _LINK.finditer(window)}
        if len(found) > 1:
            break
        held = window[-_OVERLAP:]
    return found
