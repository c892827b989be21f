"""yt-dlp's `info.json`: comments of YouTube and of other sites, which mean different things.

The keys are the same for all sites. YouTube's times are estimates from "2 weeks ago"; those of
Bilibili, Instagram and most others are exact.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected, Skipped
from zhenzan.detector.sources.fields import (
    flag,
    identifier,
    inner,
    name_id,
    number,
    plain_text,
    text,
    whole,
)
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem
from zhenzan.detector.sources.youtube.coarse import shown_time
from zhenzan.detector.sources.youtube.names import section_in_name

__all__ = ["is_info", "is_info_comment", "read_info"]

_ARRAYS: Final = ("comments", "entries")
# What is kept of the object around the comments; the rest describes the film.
_KEPT: Final = frozenset(
    {
        "id", "extractor_key", "extractor", "title", "description", "language", "channel_id",
        "uploader_id", "uploader", "timestamp", "release_timestamp", "upload_date", "epoch",
        "view_count", "like_count", "dislike_count", "comment_count", "repost_count", "live_status",
        "was_live", "duration", "_type",
    }
)  # fmt: skip
_COUNTERS: Final = {
    "view_count": "view", "like_count": "like", "dislike_count": "dislike",
    "comment_count": "reply", "repost_count": "share",
}  # fmt: skip
_NAME: Final = re.compile(r"[^a-z0-9]+")


def is_info(value: object) -> bool:
    """Whether a JSON value is the description of a film or of a list of them."""
    if not isinstance(value, dict) or "id" not in value:
        return False
    return ("extractor_key" in value or "extractor" in value) and bool(
        value.keys() & {"comments", "entries", "webpage_url", "formats", "original_url"}
    )


def is_info_comment(value: object) -> bool:
    """Whether a JSON value is one of its comments, as it stands in a broken file."""
    return isinstance(value, dict) and value.keys() >= {"id", "text", "parent", "author"}


def read_info(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams one file; read twice, because what the comments belong to is written behind them."""
    infos = list(_infos(seen))
    reader = _Reader(seen, options)
    pieces = Pieces(seen.path)
    known: Mapping[str, Any] = {}
    line, at, collected = 1, 0, 0
    for line, name, value in json_members(pieces, _ARRAYS):
        info = infos[at] if at < len(infos) else {}
        if isinstance(value, JsonProblem):
            yield Rejected("comment", line, value.reason)
        elif not isinstance(value, dict):
            yield Rejected("comment", line, "not a JSON object")
        elif name == "comments" or (name is None and is_info_comment(value)):
            # What stands alone came behind a broken record of the film before.
            yield from reader.comment(line, value, known if name is None else info)
            collected += 1
            at += name is None
        elif name == "entries":
            yield from reader.film(line, value)
        else:
            yield from reader.section(line, info, collected)
            known, at, collected = info, at + 1, 0
        yield from reader.full()
    if pieces.cut:
        yield Rejected("comment", line + 1, "the packed file is cut off here")
    yield from reader.rest()


def _infos(seen: Probe) -> Iterator[dict[str, Any]]:
    """The objects of the file in their order, without what they hold of comments and films."""
    for _, name, value in json_members(Pieces(seen.path), _ARRAYS):
        if name is None and isinstance(value, dict):
            yield {key: kept for key, kept in value.items() if key in _KEPT}


def _platform(info: Mapping[str, Any]) -> str:
    """`youtube`, `bilibili`, …: the site, whatever part of it the extractor is for."""
    named = text(info.get("extractor_key")) or text(info.get("extractor")) or "youtube"
    plain = _NAME.sub("", named.partition(":")[0].lower())
    for site in ("youtube", "bilibili", "instagram", "tiktok", "niconico"):
        if plain.startswith(site):
            return site
    return plain if plain[:1].isalpha() else "youtube"


@dataclass(slots=True)
class _Reader:
    """Rows by site, and whether a missing name of a section was told already."""

    seen: Probe
    options: ReadOptions
    gathers: dict[str, Gather] = field(default_factory=dict)
    told: bool = False

    def full(self) -> Iterator[Item]:
        for gather in self.gathers.values():
            yield from gather.full()

    def rest(self) -> Iterator[Item]:
        for gather in self.gathers.values():
            yield from gather.rest()

    def film(self, line: int, info: Mapping[str, Any]) -> Iterator[Item]:
        """A film inside a list of films, whole."""
        comments = info.get("comments")
        comments = comments if isinstance(comments, list) else []
        kept = {key: value for key, value in info.items() if key in _KEPT}
        for comment in comments:
            yield from self.comment(line, inner(comment), kept)
        yield from self.section(line, kept, len(comments))

    def section(self, line: int, info: Mapping[str, Any], collected: int) -> Iterator[Item]:
        """What is known of the film itself."""
        if info.get("_type") in ("playlist", "multi_video") and not collected:
            yield Skipped(1, "lists of films")
            return
        if not collected and identifier(info.get("id")) is None:
            yield Rejected("section", line, "neither a film nor a comment")
            return
        section, gather = (yield from self._home(line, info)), self._gather(info)
        day = text(info.get("upload_date"))
        exact = number(info.get("timestamp")) or number(info.get("release_timestamp"))
        date = f"{day[:4]}-{day[4:6]}-{day[6:]}" if day and len(day) == 8 else None
        values = {
            "section_id": section,
            "kind": "video" if _platform(info) != "instagram" else "post",
            "creator_id": identifier(info.get("channel_id")) or identifier(info.get("uploader_id")),
            "published_ms": date if exact is None else _ms(exact),
            "published_precision_s": 1 if exact is not None else 86_400 if date else None,
            "title": text(info.get("title")),
            "text": text(info.get("description")),
            "language": text(info.get("language")),
        }
        gather.add("section", line, values)
        self._counts(line, info, section, collected)
        # yt-dlp counts what it collected; a larger number is what the site says.
        total = whole(info.get("comment_count"))
        claimed = total if total is not None and total > collected else None
        if collected:
            values = {
                "section_id": section, "object": "comment", "claimed_total": claimed,
                "collected": collected, "selection": "unknown",
                # An interrupted extraction leaves the count empty.
                "truncated": True if claimed or info.get("comment_count", 0) is None else None,
            }  # fmt: skip
            gather.add("coverage", line, values, derived=True)
        if info.get("live_status") in ("is_live", "was_live", "post_live") or info.get("was_live"):
            begin, length = number(info.get("release_timestamp")), number(info.get("duration"))
            end = begin + length if begin is not None and length is not None else None
            values = {
                "section_id": section, "kind": "livestream", "declared_by": "platform",
                "start_ms": _ms(begin), "end_ms": _ms(end),
            }  # fmt: skip
            gather.add("context", line, values, derived=True)

    def comment(self, line: int, row: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[Item]:
        comment = identifier(row.get("id"))
        if comment is None:
            yield Rejected("comment", line, "a comment without an id")
            return
        section, gather = (yield from self._home(line, info)), self._gather(info)
        youtube = _platform(info) == "youtube"
        parent = identifier(row.get("parent"))
        parent = None if parent in ("root", "0") else parent
        root = parent.partition(".")[0] if parent and youtube else parent
        account, name = identifier(row.get("author_id")), text(row.get("author"))
        kind = "native"
        if account is None and name is not None:
            account, kind = name_id(name), "name_only"
        rendered = text(row.get("html"))
        gather.add(
            "comment",
            line,
            {
                "comment_id": comment,
                "section_id": section,
                "parent_id": parent,
                "root_id": root,
                "depth": 0 if parent is None else 1 if parent == root else 2,
                "account_id": account,
                "text": text(row.get("text")) or (plain_text(rendered) if rendered else None),
                "by_creator": flag(row.get("author_is_uploader")),
                "pinned": flag(row.get("is_pinned")),
                "liked_by_creator": flag(row.get("is_favorited")),
                "observed_ms": _ms(number(info.get("epoch"))),
                "like_count": _shown_count(whole(row.get("like_count")), youtube),
                **_times(row, info, youtube),
            },
        )
        if account is not None:
            values = {
                "account_id": account, "name": name, "id_kind": kind,
                "verified": flag(row.get("author_is_verified")),
            }  # fmt: skip
            gather.add("account", line, values, derived=True)

    def _home(self, line: int, info: Mapping[str, Any]) -> Generator[Item, None, str]:
        section = identifier(info.get("id"))
        if section is not None:
            return section
        section = self.options.section_id or section_in_name(self.seen.path)
        if not self.told:
            self.told = True
            yield Noted("comment", line, f"the file names no video; taken for {section!r}")
        return section

    def _gather(self, info: Mapping[str, Any]) -> Gather:
        platform = _platform(info)
        return self.gathers.setdefault(platform, Gather(platform))

    def _counts(self, line: int, info: Mapping[str, Any], section: str, collected: int) -> None:
        epoch = number(info.get("epoch"))
        for name, metric in _COUNTERS.items():
            value = whole(info.get(name))
            if value is None or value < 0 or (name == "comment_count" and value <= collected):
                continue
            values = {
                "section_id": section, "metric": metric, "scene": "all", "unit": "acts",
                "observed_ms": self.options.observed_ms if epoch is None else int(epoch * 1000),
                "observed_basis": self.options.observed_basis if epoch is None else "row",
                "value_lo": value, "value_hi": value,
            }  # fmt: skip
            self._gather(info).add("count_snapshot", line, values, derived=True)


def _times(row: Mapping[str, Any], info: Mapping[str, Any], youtube: bool) -> dict[str, Any]:
    """When a comment was written; an estimate on YouTube, exact elsewhere."""
    stamp = _ms(number(row.get("timestamp")))
    if youtube:
        words = text(row.get("_time_text")) or text(row.get("time_text"))
        created, precision, edited = shown_time(words, stamp, _ms(number(info.get("epoch"))))
        basis = "relative_text"
    else:
        created, precision, edited, basis = stamp, 1, None, "field"
    return {
        "created_ms": created,
        "created_precision_s": None if created is None else precision,
        "created_basis": "none" if created is None else basis,
        "edited": edited,
    }


def _shown_count(count: int | None, youtube: bool) -> int | str | None:
    """A round number of YouTube was shown as `1.2K`, and stands for all that are shown so."""
    if not youtube or count is None or count < 1000:
        return count
    for scale, unit in ((10**6, "M"), (10**3, "K")):
        if count >= scale:
            step = scale // 10 if count < 10 * scale else scale
            return f"{count / scale:g}{unit}" if count % step == 0 else count
    return count


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
