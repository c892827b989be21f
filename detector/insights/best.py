"""The one insight that a terminal has room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["best_insight"]

# What can be done today before what is nice to know; anything else follows.
_ORDER: Final = (
    "advice", "reply_first", "comment_rate", "active_hours", "keywords", "conversation_depth",
    "likes_per_comment", "returning_commenters", "like_growth",
)  # fmt: skip


def best_insight(lines: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The line of `insights.jsonl` to show first; None where none says anything.

    Advice before lists before figures, a creator's before a section's, and the one that rests on
    more before the one on less.
    """
    given = [line for line in lines if line["status"] == "given"]
    return min(given, key=_rank, default=None)


def _rank(line: Mapping[str, Any]) -> tuple[Any, ...]:
    name = str(line["insight"]).partition("@")[0]
    place = _ORDER.index(name) if name in _ORDER else len(_ORDER)
    return place, line["subject"]["kind"] != "creator", -line["n"], line["sentence"]["en"]
