"""The YouTube Data API: threads, replies, videos and channels, in answers, lists or lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected, Skipped
from zhenzan.detector.sources.fields import flag, identifier, inner, plain_text, text, whole
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem

__all__ = ["is_api", "read_api"]

_PREFIX: Final = "youtube#"
_STRAY: Final = "a reply whose thread is not in this file: name its video with --section-id"
_OTHERS: Final = "items that are no comments, videos or channels"
# Counters of a video that somebody pressed or read; `favoriteCount` has been 0 since 2015.
_COUNTERS: Final = {
    "viewCount": "view", "likeCount": "like", "dislikeCount": "dislike", "commentCount": "reply",
}  # fmt: skip


def is_api(value: object) -> bool:
    """Whether a JSON value is an answer of the API or one of its items."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("items"), list) and value["items"]:
        return str(value.get("kind", "")).startswith(_PREFIX) or is_api(value["items"][0])
    return _kind(value) is not None or str(value.get("kind", "")).startswith(_PREFIX)


def read_api(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams one file, whatever order answers and items come in."""
    reader = _Reader(seen, options)
    pieces = Pieces(seen.path)
    line = 1
    for line, name, value in json_members(pieces, ("items",)):
        if isinstance(value, JsonProblem):
            yield Rejected("comment", line, value.reason)
        elif not isinstance(value, dict):
            yield Rejected("comment", line, "not a JSON object")
        elif name == "items" or _kind(value) is not None:
            yield from reader.item(line, value)
        else:
            yield from reader.answer(line, value)
        yield from reader.gather.full()
    if pieces.cut:
        yield Rejected("comment", line + 1, "the packed file is cut off here")
    yield from reader.rest()


def _kind(item: Mapping[str, Any]) -> str | None:
    """`commentThread`, `comment`, `video` or `channel`; by its fields where it does not say."""
    told = item.get("kind")
    if isinstance(told, str):
        kind = told.removeprefix(_PREFIX)
        return kind if kind in ("commentThread", "comment", "video", "channel") else None
    snippet, counts = inner(item.get("snippet")), inner(item.get("statistics"))
    if "topLevelComment" in snippet:
        return "commentThread"
    if "textDisplay" in snippet or "textOriginal" in snippet:
        return "comment"
    if "subscriberCount" in counts or "hiddenSubscriberCount" in counts:
        return "channel"
    return "video" if "viewCount" in counts and "title" in snippet else None


@dataclass(slots=True)
class _Replies:
    """Replies of one thread: those it claims, and those it holds itself."""

    section: str
    line: int
    claimed: int
    inside: int


@dataclass(slots=True)
class _Reader:
    """What is remembered of a file: numbers a section, and the threads with replies left out."""

    seen: Probe
    options: ReadOptions
    gather: Gather = field(default_factory=Gather)
    collected: Counter[str] = field(default_factory=Counter)
    last_pages: dict[str, bool] = field(default_factory=dict)
    on_page: set[str] = field(default_factory=set)
    open: dict[str, _Replies] = field(default_factory=dict)
    listed: Counter[str] = field(default_factory=Counter)
    homes: Mapping[str, str] | None = None

    def item(self, line: int, item: Mapping[str, Any]) -> Iterator[Item]:
        kind = _kind(item)
        if kind is None:
            yield Skipped(1, _OTHERS)
            return
        if identifier(item.get("id")) is None:
            yield Rejected("comment", line, f"a {kind} without an id")
        elif kind == "commentThread":
            yield from self._thread(line, item)
        elif kind == "comment":
            yield from self._listed(line, item)
        elif kind == "video":
            self._video(line, item)
        else:
            self._channel(line, item)

    def answer(self, line: int, page: Mapping[str, Any]) -> Iterator[Item]:
        """The end of an answer: whether more of its section was to come."""
        if "error" in page:
            fault = inner(page["error"])
            yield Skipped(1, "answers that say that something went wrong")
            message = text(fault.get("message")) or "no reason is given"
            yield Noted("comment", line, f"the API answered with an error: {plain_text(message)}")
        elif not str(page.get("kind", "")).startswith(_PREFIX):
            yield Rejected("comment", line, "neither an answer of the API nor one of its items")
        elif not str(page["kind"]).endswith("Response"):
            yield Skipped(1, _OTHERS)
        for section in self.on_page:
            last = page.get("nextPageToken") is None
            self.last_pages[section] = last or self.last_pages.get(section, False)
        self.on_page = set()

    def rest(self) -> Iterator[Item]:
        for section, collected in self.collected.items():
            last = self.last_pages.get(section)
            self._covered(1, section, collected, truncated=None if last is None else not last)
        for thread, replies in self.open.items():
            # Lists repeat the few replies that the thread holds itself.
            collected = min(replies.claimed, max(replies.inside, self.listed[thread]))
            self._replies(thread, replies, collected)
        yield from self.gather.rest()

    def _thread(self, line: int, item: Mapping[str, Any]) -> Iterator[Item]:
        snippet = inner(item.get("snippet"))
        top = inner(snippet.get("topLevelComment"))
        section = self._section(snippet) or self.options.section_id
        if section is None or not top:
            yield Rejected("comment", line, "a thread without its video or its first comment")
            return
        thread = str(item["id"])
        replies = inner(item.get("replies")).get("comments")
        replies = replies if isinstance(replies, list) else []
        total = whole(snippet.get("totalReplyCount"))
        self._comment(line, {"id": thread, **top}, section, snippet, reply_count=total)
        for reply in replies:
            if isinstance(reply, dict) and identifier(reply.get("id")) is not None:
                self._comment(line, reply, section, snippet, thread=thread)
            else:
                yield Rejected("comment", line, "a reply without an id")
        if total:
            found = _Replies(section, line, total, len(replies))
            if len(replies) < total:
                self.open[thread] = found
            else:
                self._replies(thread, found, total)
        self._home(line, section, snippet)

    def _listed(self, line: int, item: Mapping[str, Any]) -> Iterator[Item]:
        """An item of `comments.list`, which as a rule names its thread and not its video."""
        snippet = inner(item.get("snippet"))
        thread = identifier(snippet.get("parentId"))
        section = text(snippet.get("videoId"))
        if section is None:
            if self.homes is None:
                self.homes = _homes(self.seen)
            section = self.homes.get(thread or str(item["id"])) or self.options.section_id
        if section is None:
            yield Rejected("comment", line, _STRAY)
            return
        self._comment(line, item, section, snippet, thread=thread)
        if thread is not None:
            self.listed[thread] += 1

    def _comment(
        self,
        line: int,
        comment: Mapping[str, Any],
        section: str,
        around: Mapping[str, Any],
        *,
        thread: str | None = None,
        reply_count: int | None = None,
    ) -> None:
        snippet = inner(comment.get("snippet"))
        author = identifier(inner(snippet.get("authorChannelId")).get("value"))
        owner = text(around.get("channelId")) or text(snippet.get("channelId"))
        thread = thread or identifier(snippet.get("parentId"))
        rendered = text(snippet.get("textDisplay"))
        written, changed = text(snippet.get("publishedAt")), text(snippet.get("updatedAt"))
        self.gather.add(
            "comment",
            line,
            {
                "comment_id": str(comment["id"]),
                "section_id": section,
                "parent_id": thread,
                "root_id": thread,
                "depth": 0 if thread is None else 1,
                "account_id": author,
                "text": text(snippet.get("textOriginal"))
                or (None if rendered is None else plain_text(rendered)),
                "created_ms": written,
                "created_precision_s": 1,
                "edited": changed[:19] > written[:19] if changed and written else None,
                "by_creator": author == owner if author and owner else None,
                "reply_count": reply_count,
                "moderation_status": text(snippet.get("moderationStatus")),
                "like_count": whole(snippet.get("likeCount")),
            },
        )
        self.collected[section] += 1
        if author is not None:
            name = text(snippet.get("authorDisplayName"))
            self.gather.add("account", line, {"account_id": author, "name": name}, derived=True)

    def _section(self, snippet: Mapping[str, Any]) -> str | None:
        """The video; a thread without one stands on the discussion page of a channel."""
        channel = text(snippet.get("channelId"))
        return text(snippet.get("videoId")) or (f"channel/{channel}" if channel else None)

    def _home(self, line: int, section: str, snippet: Mapping[str, Any]) -> None:
        if section not in self.on_page:
            self.on_page.add(section)
            owner = text(snippet.get("channelId"))
            kind = "video" if text(snippet.get("videoId")) else "post"
            values = {"section_id": section, "kind": kind, "creator_id": owner}
            self.gather.add("section", line, values, derived=True)

    def _replies(self, thread: str, found: _Replies, collected: int) -> None:
        self._covered(
            found.line, found.section, collected, thread=thread, claimed=found.claimed,
            truncated=collected < found.claimed,
        )  # fmt: skip

    def _covered(
        self,
        line: int,
        section: str,
        collected: int,
        *,
        truncated: bool | None,
        thread: str | None = None,
        claimed: int | None = None,
    ) -> None:
        # In which order the comments were asked for, by time or by relevance, no answer says.
        whole_thread = claimed is not None and collected >= claimed
        values = {
            "section_id": section, "comment_id": thread, "object": "comment",
            "claimed_total": claimed, "collected": collected,
            "selection": "all" if whole_thread else "unknown", "truncated": truncated,
        }  # fmt: skip
        self.gather.add("coverage", line, values, derived=True)

    def _video(self, line: int, item: Mapping[str, Any]) -> None:
        section, snippet = str(item["id"]), inner(item.get("snippet"))
        values = {
            "section_id": section,
            "kind": "video",
            "creator_id": text(snippet.get("channelId")),
            "published_ms": text(snippet.get("publishedAt")),
            "title": text(snippet.get("title")),
            "text": text(snippet.get("description")),
            "language": text(snippet.get("defaultAudioLanguage"))
            or text(snippet.get("defaultLanguage")),
        }
        self.gather.add("section", line, values)
        counts = inner(item.get("statistics"))
        for name, metric in _COUNTERS.items():
            value = whole(counts.get(name))
            if value is not None:
                self._count(line, section, metric, value)
        total = whole(counts.get("commentCount"))
        if total is not None:
            # How many of them were collected, the files with comments say.
            self._covered(line, section, 0, truncated=None, claimed=total)
        live = inner(item.get("liveStreamingDetails"))
        start, end = text(live.get("actualStartTime")), text(live.get("actualEndTime"))
        if start:
            self._context(line, section, "livestream", start, end)
        if flag(inner(item.get("paidProductPlacementDetails")).get("hasPaidProductPlacement")):
            self._context(line, section, "advert", None, None)

    def _count(self, line: int, section: str, metric: str, value: int) -> None:
        values = {
            "section_id": section, "metric": metric, "scene": "all", "unit": "acts",
            "observed_ms": self.options.observed_ms,
            "observed_basis": self.options.observed_basis,
            "value_lo": value, "value_hi": value,
        }  # fmt: skip
        self.gather.add("count_snapshot", line, values, derived=True)

    def _context(
        self, line: int, section: str, kind: str, start: str | None, end: str | None
    ) -> None:
        values = {
            "section_id": section, "kind": kind, "start_ms": start, "end_ms": end,
            "declared_by": "platform",
        }  # fmt: skip
        self.gather.add("context", line, values, derived=True)

    def _channel(self, line: int, item: Mapping[str, Any]) -> None:
        account, snippet = str(item["id"]), inner(item.get("snippet"))
        counts = inner(item.get("statistics"))
        born = text(snippet.get("publishedAt"))
        values = {
            "account_id": account, "name": text(snippet.get("title")), "created_ms": born,
            "created_precision_s": 1 if born else None, "created_basis": "field" if born else None,
        }  # fmt: skip
        self.gather.add("account", line, values)
        hidden = counts.get("hiddenSubscriberCount") is True
        views = whole(counts.get("viewCount"))
        about = snippet.get("description")
        self.gather.add(
            "account_snapshot",
            line,
            {
                "account_id": account,
                "observed_ms": self.options.observed_ms,
                "followers": None if hidden else whole(counts.get("subscriberCount")),
                "posts": whole(counts.get("videoCount")),
                "bio_length": len(about) if isinstance(about, str) else None,
                "region": text(snippet.get("country")),
                "extra": None if views is None else json.dumps({"views": views}),
            },
            derived=True,
        )


def _homes(seen: Probe) -> dict[str, str]:
    """The video of every thread of the file; asked for only where replies do not name theirs."""
    found = {}
    for _, _, value in json_members(Pieces(seen.path), ("items",)):
        if isinstance(value, dict) and _kind(value) == "commentThread":
            snippet = inner(value.get("snippet"))
            thread, video = identifier(value.get("id")), text(snippet.get("videoId"))
            if thread and video:
                found[thread] = video
    return found
