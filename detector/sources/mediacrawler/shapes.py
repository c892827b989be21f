"""Which platform and which kind of table a set of column names is (inputs.md §1.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

__all__ = [
    "CONTENTS",
    "DYNAMICS",
    "PLATFORMS",
    "Contents",
    "Kind",
    "Shape",
    "platform_hint",
    "shape_of",
]

Kind: TypeAlias = Literal["comments", "contents", "creators", "contacts", "dynamics"]

PLATFORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "xhs": "xiaohongshu", "xiaohongshu": "xiaohongshu", "douyin": "douyin", "dy": "douyin",
        "kuaishou": "kuaishou", "ks": "kuaishou", "bili": "bilibili", "bilibili": "bilibili",
        "weibo": "weibo", "wb": "weibo", "tieba": "tieba", "zhihu": "zhihu",
    }
)  # fmt: skip
"""Names in paths and of database tables → our names."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table holds; `version` is 2 where accounts are named by `creator_hash`."""

    platform: str
    kind: Kind
    version: int
    in_doubt: bool = False

    def __str__(self) -> str:
        return f"{self.platform} {self.kind} v{self.version}"


@dataclass(frozen=True, slots=True)
class Contents:
    """Columns of a table of posts.

    Attributes:
        section: The post's id.
        kind: Of the section.
        time: When it was published.
        text: Its text.
        claimed: How many comments the platform says there are.
        counts: Metric → column.
    """

    section: str
    kind: str
    time: str
    text: str
    claimed: str | None
    counts: Mapping[str, str]


CONTENTS: Final[Mapping[str, Contents]] = MappingProxyType(
    {
        "xiaohongshu": Contents(
            "note_id", "post", "time", "desc", "comment_count",
            {"like": "liked_count", "favorite": "collected_count", "reply": "comment_count",
             "share": "share_count"},
        ),
        "douyin": Contents(
            "aweme_id", "video", "create_time", "desc", "comment_count",
            {"like": "liked_count", "favorite": "collected_count", "reply": "comment_count",
             "share": "share_count"},
        ),
        "kuaishou": Contents(
            "video_id", "video", "create_time", "desc", None,
            {"like": "liked_count", "view": "viewd_count"},
        ),
        "bilibili": Contents(
            "video_id", "video", "create_time", "desc", "video_comment",
            {"like": "liked_count", "view": "video_play_count",
             "favorite": "video_favorite_count", "share": "video_share_count",
             "coin": "video_coin_count", "danmaku": "video_danmaku", "reply": "video_comment"},
        ),
        "weibo": Contents(
            "note_id", "post", "create_time", "content", "comments_count",
            {"like": "liked_count", "reply": "comments_count", "share": "shared_count"},
        ),
        "tieba": Contents(
            "note_id", "post", "publish_time", "desc", "total_replay_num",
            {"reply": "total_replay_num"},
        ),
        "zhihu": Contents(
            "content_id", "post", "created_time", "content_text", "comment_count",
            {"like": "voteup_count", "reply": "comment_count"},
        ),
    }
)  # fmt: skip
"""Misspelt names (`viewd_count`, `total_replay_num`) are those of the files.

Bilibili's `disliked_count` is left out: the platform shows it to nobody, and 0 stands for unknown.
"""

DYNAMICS: Final = Contents(
    "dynamic_id", "post", "pub_ts", "text", "total_comments",
    {"like": "total_liked", "reply": "total_comments", "share": "total_forwards"},
)  # fmt: skip
"""Short posts of a Bilibili creator."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A platform's table has all of these columns and none of those."""

    platform: str
    kind: Kind
    needs: frozenset[str]
    lacks: frozenset[str] = frozenset()


def _rule(platform: str, kind: Kind, needs: str, lacks: str = "") -> _Rule:
    return _Rule(platform, kind, frozenset(needs.split()), frozenset(lacks.split()))


# The first that fits, unless the path or the table's name picks another one that fits too: early
# files of Bilibili and Kuaishou, and of creators, have the same columns.
_RULES: Final = (
    _rule("weibo", "comments", "comment_id content note_id create_date_time"),
    _rule("weibo", "comments", "comment_id content note_id comment_like_count"),
    _rule("tieba", "comments", "comment_id content note_id publish_time"),
    _rule("zhihu", "comments", "comment_id content content_id publish_time"),
    _rule("douyin", "comments", "comment_id content aweme_id create_time"),
    _rule(
        "kuaishou", "comments", "comment_id content video_id create_time",
        "like_count parent_comment_id sex sign",
    ),
    _rule("bilibili", "comments", "comment_id content video_id create_time"),
    _rule(
        "xiaohongshu", "comments", "comment_id content note_id create_time",
        "create_date_time comment_like_count publish_time",
    ),
    _rule("weibo", "contents", "note_id liked_count comments_count", "comment_id"),
    _rule("tieba", "contents", "note_id total_replay_num", "comment_id"),
    _rule("zhihu", "contents", "content_id voteup_count", "comment_id"),
    _rule("douyin", "contents", "aweme_id liked_count", "comment_id"),
    _rule("kuaishou", "contents", "video_id viewd_count", "comment_id"),
    _rule("bilibili", "contents", "video_id video_play_count", "comment_id"),
    _rule("xiaohongshu", "contents", "note_id liked_count collected_count", "comment_id"),
    _rule("bilibili", "contacts", "up_id fan_id"),
    _rule("bilibili", "dynamics", "dynamic_id user_id"),
    _rule("bilibili", "dynamics", "dynamic_id creator_hash"),
    _rule("bilibili", "creators", "user_id total_fans"),
    _rule("zhihu", "creators", "user_id get_voteup_count"),
    _rule("tieba", "creators", "user_id registration_duration"),
    _rule("xiaohongshu", "creators", "user_id fans follows interaction", "videos_count"),
    _rule("douyin", "creators", "user_id fans follows interaction", "tag_list"),
    _rule("weibo", "creators", "user_id fans follows", "interaction"),
)  # fmt: skip


def shape_of(columns: Collection[str], hint: str | None = None) -> Shape | None:
    """The table that has these columns; None where it is not of this collector.

    Args:
        columns: Names as the file has them.
        hint: Platform by path or table name, asked only where columns leave a doubt.
    """
    have = {name.lstrip("\ufeff") for name in columns}
    if not have & {"last_modify_ts", "creator_hash"}:
        return None
    fitting = [rule for rule in _RULES if rule.needs <= have and not rule.lacks & have]
    if not fitting:
        return None
    rule = next((r for r in fitting if r.platform == hint), fitting[0])
    doubt = len({r.platform for r in fitting}) > 1 and rule.platform != hint
    return Shape(rule.platform, rule.kind, 2 if "creator_hash" in have else 1, doubt)


def platform_hint(path: Path, table: str = "") -> str | None:
    """Platform that a database table, a file or the nearest folder is named after."""
    return _named([table, path.stem, *(part for part in reversed(path.parts[:-1]))])


def _named(names: Iterable[str]) -> str | None:
    for name in names:
        words = name.lower().replace("-", "_").split("_")
        found = PLATFORMS.get(words[0]) or PLATFORMS.get(name.lower())
        if found:
            return found
    return None
