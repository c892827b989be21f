"""`datacube`: what WeChat tells the owner of an account about reads, shares and likes, day by day.

Two generations. The legacy one counts acts, the current one (from 2025-11-01) people. Of a figure
that has both, acts are taken. Days are those of China, and a count stands at the end of its day.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from zhenzan.detector.sources.wechat.articles import Around, Article, around
from zhenzan.detector.sources.wechat.book import Book
from zhenzan.detector.sources.wechat.values import day_end_ms, plain, whole

__all__ = ["add_figures", "add_statistics", "is_cumulative"]

_DAY_S: Final = 86_400
_HOUR_S: Final = 3600
# Metric, field, unit: the first field that is there is taken.
_FIELDS: Final = (
    ("read", "int_page_read_count", "acts"), ("read", "int_page_read_user", "users"),
    ("read", "read_user", "users"),
    ("share", "share_count", "acts"), ("share", "share_user", "users"),
    ("favorite", "add_to_fav_count", "acts"), ("favorite", "add_to_fav_user", "users"),
    ("favorite", "collection_user", "users"),
    ("like", "like_user", "users"), ("recommend", "zaikan_user", "users"),
    ("comment", "comment_count", "acts"),
)  # fmt: skip
# What cannot be taken back: a running total of it never falls.
_LASTING: Final = ("read", "share")
# More than people taking back their likes: the bounds that counters of likes have, too.
_TAKEN_BACK: Final = 3.0
_TAKEN_BACK_SHARE: Final = 0.01
# Where readers came from: one word for both generations and both codings.
_SCENE_WORDS: Final[Mapping[str, str]] = {
    "全部": "all", "公众号消息": "message", "公众号会话": "message", "聊天会话": "chat",
    "朋友圈": "moments", "公众号主页": "profile", "历史消息": "profile", "其他": "other",
    "推荐": "recommended", "看一看": "recommended", "搜一搜": "search",
}  # fmt: skip
_SCENE_CODES: Final[Mapping[int, str]] = {
    99_999_999: "all", 0: "message", 1: "chat", 2: "moments", 4: "profile", 5: "other",
    6: "recommended", 7: "search",
}  # fmt: skip
_SHARE_CODES: Final[Mapping[int, str]] = {1: "chat", 2: "moments", 3: "weibo", 255: "other"}
_FROM: Final[Mapping[str, str]] = {
    "session": "message", "hist_msg": "profile", "feed": "moments", "friends": "chat",
    "other": "other",
}  # fmt: skip
# Figures of an account as a whole that no check reads.
_OF_FOLLOWERS: Final = frozenset({"new_user", "cancel_user", "cumulate_user"})


def add_statistics(book: Book, line: int, node: Mapping[str, Any], outer: Around) -> None:
    """An answer of any of the interfaces."""
    if node.get("is_delay"):
        book.note("count_snapshot", line, "WeChat says that these statistics may be incomplete")
    for row in node["list"]:
        if isinstance(row, dict):
            add_figures(book, line, row, around(row, outer))
        else:
            book.reject("count_snapshot", line, "a row of statistics that is no JSON object")


def add_figures(book: Book, line: int, row: Mapping[str, Any], here: Around) -> None:
    """One row: an article with its days, an article on one day, or the account on one day."""
    days = row.get("detail_list", row.get("details"))
    if isinstance(days, list):
        article = book.article(here, line)
        _add_days(book, line, days, article, row)
    elif _OF_FOLLOWERS & row.keys():
        book.skip(1, "figures about followers")
    elif "msgid" in row:
        article = book.article(here, line)
        inner = row.get("detail")
        figures = {**row, **inner} if isinstance(inner, dict) else row
        _add_day(book, line, figures, article, row.get("ref_date"), _DAY_S)
        _describe(book, line, article, row)
    else:
        _add_account(book, line, row)


def is_cumulative(days: Sequence[Mapping[str, int]]) -> bool:
    """Whether rows in the order of days are running totals, as documented, or days by themselves.

    Totals of what cannot be taken back never fall. Others may fall by a few: three, or one in a
    hundred, of any figure. A single row is a total.
    """
    for metric in sorted({name for day in days for name in day}):
        values = [day[metric] for day in days if metric in day]
        for before, after in itertools.pairwise(values):
            allowed = 0.0 if metric in _LASTING else max(_TAKEN_BACK, _TAKEN_BACK_SHARE * before)
            if before - after > allowed:
                return False
    return True


def _add_days(
    book: Book, line: int, days: Sequence[Any], article: Article, row: Mapping[str, Any]
) -> None:
    usable = []
    for day in days:
        if isinstance(day, dict) and day_end_ms(day.get("stat_date")) is not None:
            usable.append(day)
        else:
            book.reject("count_snapshot", line, "statistics without the day they are of")
    usable.sort(key=lambda day: str(day["stat_date"]))
    series = [{metric: value for metric, _, _, value in _totals(day)} for day in usable]
    window = None if is_cumulative(series) else _DAY_S
    if window is not None:
        book.note(
            "count_snapshot", line,
            "figures that fall from day to day are read as those of single days, although they "
            "are documented as totals",
        )  # fmt: skip
    for day in usable:
        _add_day(book, line, day, article, day["stat_date"], window)
    _describe(book, line, article, row)


def _add_account(book: Book, line: int, row: Mapping[str, Any]) -> None:
    """A day or an hour of the account as a whole: a section of its own."""
    told = book.article(Around(), line)
    begin = whole(row.get("ref_hour"))
    reader, share = whole(row.get("user_source")), whole(row.get("share_scene"))
    scene = "all"
    if share is not None:
        scene = _SHARE_CODES.get(share, f"code_{share}")
    elif reader is not None:
        scene = _SCENE_CODES.get(reader, f"code_{reader}")
    # 1200 is the hour that begins at 12:00.
    hour = None if begin is None else begin // 100
    if hour is not None and not 0 <= hour < 24:
        book.reject("count_snapshot", line, "ref_hour is no hour")
        return
    window = _DAY_S if hour is None else _HOUR_S
    _add_day(book, line, row, told, row.get("ref_date"), window, scene=scene, hour=hour)
    book.add("section", line, {"section_id": told.section_id, "kind": "account"}, derived=True)


def _add_day(
    book: Book,
    line: int,
    figures: Mapping[str, Any],
    article: Article,
    date: object,
    window: int | None,
    *,
    scene: str = "all",
    hour: int | None = None,
) -> None:
    """All counts of one native row; the first of them stands for it in the books."""
    end = day_end_ms(date)
    if end is None:
        book.reject("count_snapshot", line, "statistics without the day they are of")
        return
    if hour is not None:
        end -= (23 - hour) * _HOUR_S * 1000
    rows = [(metric, scene, unit, value) for metric, _, unit, value in _totals(figures)]
    known = {(metric, place) for metric, place, _, _ in rows}
    rows += [row for row in _by_scene(figures) if (row[0], row[1]) not in known]
    if not rows:
        book.skip(1, "rows of statistics without a figure that any check reads")
    for place, (metric, where, unit, value) in enumerate(rows):
        row = {
            "section_id": article.section_id,
            "metric": metric,
            "scene": where,
            "observed_ms": end,
            "observed_basis": "row",
            "window_s": window,
            "unit": unit,
            "value_lo": value,
            "value_hi": value,
        }
        book.add("count_snapshot", line, row, derived=place > 0)


def _totals(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str, int]]:
    told = set()
    for metric, name, unit in _FIELDS:
        value = whole(figures.get(name))
        if metric not in told and value is not None and value >= 0:
            told.add(metric)
            yield metric, name, unit, value


def _by_scene(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str, int]]:
    """Where readers came from, in both codings."""
    sources = figures.get("read_user_source")
    for entry in sources if isinstance(sources, list) else ():
        if isinstance(entry, dict):
            word = entry.get("scene_desc", entry.get("source_name"))
            value = whole(entry.get("user_count", entry.get("read_user")))
            if isinstance(word, str) and word.strip() and value is not None and value >= 0:
                yield "read", _SCENE_WORDS.get(word.strip(), word.strip()), "users", value
    for code, scene in _FROM.items():
        for metric, field in (
            ("read", f"int_page_from_{code}_read_count"),
            ("share", f"feed_share_from_{code}_cnt"),
        ):
            value = whole(figures.get(field))
            if value is not None and value >= 0:
                yield metric, scene, "acts", value


def _describe(book: Book, line: int, article: Article, row: Mapping[str, Any]) -> None:
    values = {
        "section_id": article.section_id,
        "creator_id": article.account,
        "title": plain(row.get("title")),
    }
    book.add("section", line, values, derived=True)
