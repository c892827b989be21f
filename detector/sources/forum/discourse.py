"""Discourse's JSON: topics, posts, what users did, and the directory of users."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zhenzan.detector.sources.base import Item, ReadOptions, Rejected, Skipped
from zhenzan.detector.sources.fields import flag, identifier, inner, plain_text, text, whole
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.forum.actions import of_number, utc
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem

__all__ = ["is_discourse", "read_discourse"]

_LISTS: Final = ("user_actions", "latest_posts", "directory_items")
_LIKED: Final = (1, 2)  # given and received: the same act, seen from both ends
_LIKE: Final = 2  # in the summary of a post


def is_discourse(value: object) -> bool:
    """Whether a JSON value is a topic, a post, an act, or a list of them."""
    if not isinstance(value, dict):
        return False
    if any(isinstance(value.get(name), list) for name in _LISTS):
        return True
    return _kind(value) is not None


def read_discourse(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams one file."""
    reader = _Reader(options)
    pieces = Pieces(seen.path)
    line = 1
    for line, name, value in json_members(pieces, _LISTS):
        if isinstance(value, JsonProblem):
            yield Rejected("comment", line, value.reason)
        elif not isinstance(value, dict):
            yield Rejected("comment", line, "not a JSON object")
        else:
            yield from reader.record(line, name, value)
        yield from reader.gather.full()
    if pieces.cut:
        yield Rejected("comment", line + 1, "the packed file is cut off here")
    yield from reader.rest()


def _kind(value: Mapping[str, Any]) -> str | None:
    if isinstance(value.get("post_stream"), dict):
        return "topic"
    if "post_number" in value and "topic_id" in value:
        return "action" if "action_type" in value else "post"
    if "action_type" in value and ("acting_user_id" in value or "acting_username" in value):
        return "action"
    return "member" if "likes_received" in value and "likes_given" in value else None


@dataclass(slots=True)
class _Reader:
    """What a file tells of its topics; their number bounds what is remembered."""

    options: ReadOptions
    gather: Gather = field(default_factory=lambda: Gather("discourse"))
    collected: Counter[str] = field(default_factory=Counter)
    claimed: dict[str, int] = field(default_factory=dict)

    def record(self, line: int, name: str | None, value: Mapping[str, Any]) -> Iterator[Item]:
        kind = _kind(value)
        if kind == "topic":
            yield from self._topic(line, value)
        elif kind == "post":
            yield from self._post(line, value, None, {})
        elif kind == "action":
            yield from self._action(line, value)
        elif kind == "member":
            yield from self._member(line, value)
        elif name is not None:
            yield Rejected("comment", line, f"an entry of {name} that says too little")

    def rest(self) -> Iterator[Item]:
        for topic, collected in self.collected.items():
            claimed = self.claimed.get(topic)
            whole_topic = claimed is not None and collected >= claimed
            values = {
                "section_id": topic, "object": "comment", "claimed_total": claimed,
                "collected": collected, "selection": "all" if whole_topic else "unknown",
                "truncated": None if claimed is None else not whole_topic,
            }  # fmt: skip
            self.gather.add("coverage", 1, values, derived=True)
        yield from self.gather.rest()

    def _topic(self, line: int, value: Mapping[str, Any]) -> Iterator[Item]:
        topic = identifier(value.get("id")) or self.options.section_id
        posts = inner(value["post_stream"]).get("posts")
        posts = [p for p in posts if isinstance(p, dict)] if isinstance(posts, list) else []
        if topic is None:
            yield Rejected("section", line, "a topic without an id")
            return
        first: Mapping[str, Any] = next((p for p in posts if p.get("post_number") == 1), {})
        by = inner(inner(value.get("details")).get("created_by"))
        creator = identifier(by.get("id")) or identifier(first.get("user_id"))
        total = whole(value.get("posts_count"))
        if total is not None:
            self.claimed[topic] = max(total, self.claimed.get(topic, 0))
        values = {
            "section_id": topic,
            "kind": "topic",
            "creator_id": creator,
            "published_ms": utc(value.get("created_at")),
            "title": text(value.get("title")),
            "text": _written(first),
        }
        self.gather.add("section", line, values, derived=True)
        for name, metric in (("views", "view"), ("like_count", "like")):
            count = whole(value.get(name))
            if count is not None and count >= 0:
                self._count(line, topic, None, metric, count)
        numbers = {p.get("post_number"): identifier(p.get("id")) for p in posts}
        for post in posts:
            yield from self._post(line, {"topic_id": topic, **post}, creator, numbers)

    def _post(
        self,
        line: int,
        post: Mapping[str, Any],
        creator: str | None,
        numbers: Mapping[Any, str | None],
    ) -> Iterator[Item]:
        comment, topic = identifier(post.get("id")), identifier(post.get("topic_id"))
        if comment is None or topic is None:
            yield Rejected("comment", line, "a post without an id or a topic")
            return
        account, answered = _author(post, "user_id", "username"), post.get("reply_to_post_number")
        opens = post.get("post_number") == 1
        version = whole(post.get("version"))
        gone = post.get("deleted_at") is not None or post.get("user_deleted") is True
        values = {
            "comment_id": comment,
            "section_id": topic,
            "parent_id": numbers.get(answered),
            "depth": 0 if answered is None else 1,
            "account_id": account,
            "text": _written(post),
            "created_ms": utc(post.get("created_at")),
            "created_precision_s": 1,
            "edited": None if version is None else version > 1,
            "by_creator": True if opens else account == creator if account and creator else None,
            "selected": flag(post.get("accepted_answer")),
            "reply_count": whole(post.get("reply_count")),
            "moderation_status": "deleted" if gone else "hidden" if post.get("hidden") else None,
            "like_count": _likes(post.get("actions_summary")),
        }
        self.gather.add("comment", line, values)
        self.collected[topic] += 1
        reads = whole(post.get("reads"))
        if reads is not None and reads >= 0:
            self._count(line, topic, comment, "read", reads)
        title = text(post.get("topic_title"))
        if title is not None:
            home = {"section_id": topic, "kind": "topic", "title": title}
            self.gather.add("section", line, home, derived=True)
        if account is not None:
            self._account(line, account, post.get("username"))
            level = whole(post.get("trust_level"))
            if level is not None:
                self._snapshot(line, account, {"level": level})

    def _action(self, line: int, action: Mapping[str, Any]) -> Iterator[Item]:
        if whole(action.get("action_type")) not in _LIKED:
            yield Skipped(1, "acts of users that are not likes")
            return
        topic = identifier(action.get("topic_id")) or self.options.section_id
        number = identifier(action.get("post_number"))
        post = identifier(action.get("post_id"))
        if topic is None:
            yield Rejected("engagement", line, "a like without its topic")
            return
        account = _author(action, "acting_user_id", "acting_username")
        values = {
            "kind": "like",
            "section_id": topic,
            # Older versions give the number inside the topic only.
            "comment_id": post or (f"{topic}/{number}" if number else None),
            "account_id": account,
            "ts_ms": utc(action.get("created_at")),
            "basis": "list_timed",
        }
        self.gather.add("engagement", line, values)
        home = {"section_id": topic, "kind": "topic", "title": text(action.get("title"))}
        self.gather.add("section", line, home, derived=True)
        if account is not None:
            self._account(line, account, action.get("acting_username"))

    def _member(self, line: int, item: Mapping[str, Any]) -> Iterator[Item]:
        user = inner(item.get("user"))
        account = _author(user, "id", "username") or identifier(item.get("id"))
        if account is None:
            yield Rejected("account", line, "a member without an id")
            return
        self._account(line, account, user.get("username"), derived=False)
        days = whole(item.get("days_visited"))
        values = {
            "likes_given": whole(item.get("likes_given")),
            "likes_received": whole(item.get("likes_received")),
            "posts": whole(item.get("post_count")),
            "level": whole(user.get("trust_level")),
            "extra": None if days is None else json.dumps({"days_visited": days}),
        }
        self._snapshot(line, account, values)

    def _account(self, line: int, account: str, name: object, *, derived: bool = True) -> None:
        values = of_number(account) | {"name": text(name)}
        self.gather.add("account", line, values, derived=derived)

    def _snapshot(self, line: int, account: str, values: Mapping[str, object]) -> None:
        seen = {"account_id": account, "observed_ms": self.options.observed_ms}
        self.gather.add("account_snapshot", line, seen | dict(values), derived=True)

    def _count(self, line: int, topic: str, comment: str | None, metric: str, value: int) -> None:
        values = {
            "section_id": topic, "comment_id": comment, "metric": metric, "scene": "all",
            "unit": "acts", "observed_ms": self.options.observed_ms,
            "observed_basis": self.options.observed_basis, "value_lo": value, "value_hi": value,
        }  # fmt: skip
        self.gather.add("count_snapshot", line, values, derived=True)


def _author(value: Mapping[str, Any], number: str, name: str) -> str | None:
    """The number of an account; its name, which is unique too, only where there is no number."""
    return identifier(value.get(number)) or identifier(value.get(name))


def _written(post: Mapping[str, Any]) -> str | None:
    cooked = text(post.get("cooked"))
    return text(post.get("raw")) or (None if cooked is None else plain_text(cooked).strip() or None)


def _likes(summary: object) -> int | None:
    """Likes of a post; a summary leaves out what is zero."""
    if not isinstance(summary, list):
        return None
    entry = next((inner(s) for s in summary if inner(s).get("id") == _LIKE), {})
    return whole(entry.get("count", 0))
