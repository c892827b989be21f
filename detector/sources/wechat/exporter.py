"""wechat-article-exporter: articles with their counts, and comments where they were included.

The exporter writes 0 for a count that it did not fetch, and no time of fetching: a 0 says nothing,
and the counts are those of `--observed-at`, else of the file's own time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Rejected
from zhenzan.detector.sources.counts import count_interval
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.records import BadRecord, read_records
from zhenzan.detector.sources.wechat.articles import Around, Article, around
from zhenzan.detector.sources.wechat.book import Book, count_of
from zhenzan.detector.sources.wechat.comments import Page, add_comments
from zhenzan.detector.sources.wechat.values import moment, plain, when, whole

__all__ = ["COLUMNS", "accounts_of_table", "add_article", "add_counts", "read_table"]

# 点赞 is the thumb, 喜欢 the heart that used to be 在看: another act, under a name of its own.
_COUNTS: Final[Mapping[str, str]] = {
    "readNum": "read", "oldLikeNum": "like", "shareNum": "share", "likeNum": "recommend",
    "commentNum": "comment",
}  # fmt: skip
COLUMNS: Final[Mapping[str, str]] = {
    "公众号": "_accountName", "ID": "aid", "链接": "link", "标题": "title", "摘要": "digest",
    "创建时间": "create_time", "发布时间": "update_time", "阅读": "readNum", "点赞": "oldLikeNum",
    "分享": "shareNum", "喜欢": "likeNum", "留言": "commentNum", "作者": "author_name",
    "文章内容": "content",
}  # fmt: skip
"""Headings of the exporter's workbook, and what its JSON calls the same."""
_PUBLISHED: Final = ("update_time", "create_time")


def add_article(book: Book, line: int, node: Mapping[str, Any], outer: Around) -> None:
    """One article: the section, its counts, its comments."""
    if outer.article is None:
        book.reject("section", line, "an article without link or id")
        return
    article = book.article(outer, line)
    book.add("section", line, _section(node, article))
    seen = moment(outer.seen)
    shown = {ours: count_of(node.get(theirs)) for theirs, ours in _COUNTS.items()}
    told = {n: v for n, v in shown.items() if count_interval(v) not in (None, (0, 0))}
    if len(told) < sum(v is not None for v in shown.values()):
        book.note(
            "count_snapshot", line, "counts of 0 are left out: the exporter writes 0 for unknown"
        )
    add_counts(book, line, article.section_id, told, seen)
    comments = node.get("comments")
    if isinstance(comments, list):
        claimed = whole(node.get("commentNum")) or None
        if claimed is not None and claimed < len(comments):
            claimed = None
        page = Page(comments, True, "selected_by_creator", claimed)
        add_comments(book, line, page, outer)


def add_counts(
    book: Book,
    line: int,
    section_id: str,
    counts: Mapping[str, object],
    seen: object,
    *,
    derived: bool = True,
    platform: str | None = None,
) -> None:
    """Running totals of a section as they stood at one moment; the first is the native row's."""
    for metric, shown in counts.items():
        span = count_interval(shown)
        if span is None:
            continue
        row = {
            "section_id": section_id,
            "metric": metric,
            "observed_ms": book.options.observed_ms if seen is None else seen,
            "observed_basis": book.options.observed_basis if seen is None else "row",
            "unit": "acts",
            "value_lo": span[0],
            "value_hi": span[1],
        }
        book.add("count_snapshot", line, row, derived=derived, platform=platform)
        derived = True


def read_table(book: Book, seen: Probe, sheet: str | None) -> Iterator[Item]:
    """The exporter's workbook, or the same columns saved in another way."""
    for line, row in _rows(seen, sheet):
        if isinstance(row, BadRecord):
            yield Rejected("section", row.line, row.reason)
            continue
        node = {COLUMNS[n]: v for n, v in row.items() if n in COLUMNS}
        add_article(book, line, node, around(node, Around()))
        yield from book.drain()


def accounts_of_table(seen: Probe, sheet: str | None) -> Iterator[str]:
    """The accounts whose articles the table holds, as their links name them."""
    for _, row in _rows(seen, sheet, ("链接",)):
        if not isinstance(row, BadRecord):
            article = around({"link": row.get("链接")}, Around()).article
            if article is not None and article.account:
                yield article.account


def _rows(
    seen: Probe, sheet: str | None, columns: tuple[str, ...] = tuple(COLUMNS)
) -> Iterator[tuple[int, Mapping[str, Any] | BadRecord]]:
    for record in read_records(seen, columns=set(columns), text=set(columns), sheet=sheet):
        if isinstance(record, BadRecord):
            yield record.line, record
            continue
        start = record.lines
        lines = (
            range(start, start + record.data.num_rows)
            if isinstance(start, int)
            else start.to_pylist()
        )
        yield from zip(lines, record.data.to_pylist(), strict=True)


def _section(node: Mapping[str, Any], article: Article) -> dict[str, object]:
    published = next((t for n in _PUBLISHED if (t := when(node.get(n))) is not None), None)
    return {
        "section_id": article.section_id,
        "creator_id": article.account,
        "published_ms": published,
        "title": plain(node.get("title")),
        "text": plain(node.get("content")) or plain(node.get("digest")),
    }
