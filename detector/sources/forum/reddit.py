"""Reddit's comments (RC) and submissions (RS) as the public dumps hold them, one a line."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected
from zhenzan.detector.sources.fields import flag, identifier, inner, number, text, whole
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem

__all__ = ["is_reddit", "read_reddit"]

# What stands in place of a text or a name that is gone.
_GONE: Final = {
    "[deleted]": "deleted", "[removed]": "removed", "[ Removed by Reddit ]": "removed by reddit",
}  # fmt: skip
_BLURRED: Final = "scores are likes minus dislikes, and Reddit blurs them: counts are approximate"
_BELOW: Final = "a score below zero tells no likes and is left empty"


def is_reddit(value: object) -> bool:
    """Whether a JSON value is a comment or a submission."""
    return isinstance(value, dict) and (_is_comment(value) or _is_submission(value))


def read_reddit(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams one file; nothing is remembered, so that dumps of any size can be read."""
    reader = _Reader(options)
    pieces = Pieces(seen.path)
    line = 1
    for line, _, value in json_members(pieces, ()):
        if isinstance(value, JsonProblem):
            yield Rejected("comment", line, value.reason)
        elif isinstance(value, dict) and _is_comment(value):
            yield from reader.comment(line, value)
        elif isinstance(value, dict) and _is_submission(value):
            yield from reader.submission(line, value)
        else:
            yield Rejected("comment", line, "neither a comment nor a submission")
        yield from reader.gather.full()
    if pieces.cut:
        yield Rejected("comment", line + 1, "the packed file is cut off here")
    yield from reader.gather.rest()


def _is_comment(value: Mapping[str, Any]) -> bool:
    return "body" in value and str(value.get("link_id", "")).startswith("t3_")


def _is_submission(value: Mapping[str, Any]) -> bool:
    return value.keys() >= {"id", "title", "subreddit", "num_comments"}


@dataclass(slots=True)
class _Reader:
    """Rows, and whether the caveat about scores was told."""

    options: ReadOptions
    gather: Gather = field(default_factory=lambda: Gather("reddit"))
    told: bool = False

    def comment(self, line: int, row: Mapping[str, Any]) -> Iterator[Item]:
        comment = _full_id(row, "t1_")
        if comment is None:
            yield Rejected("comment", line, "a comment without an id")
            return
        parent = text(row.get("parent_id")) or ""
        body, meta = text(row.get("body")), inner(row.get("_meta"))
        score = yield from self._score(line, row)
        subreddit = text(row.get("subreddit"))
        self.gather.add(
            "comment",
            line,
            {
                "comment_id": comment,
                "section_id": str(row["link_id"]),
                "parent_id": parent if parent.startswith("t1_") else None,
                "depth": 0 if parent.startswith("t3_") else None,
                "account_id": self._author(line, row),
                "text": None if body in _GONE else body,
                "created_ms": _ms(row.get("created_utc")),
                "created_precision_s": 1,
                "edited": None if "edited" not in row else bool(row["edited"]),
                "by_creator": flag(row.get("is_submitter")),
                "pinned": flag(row.get("stickied")),
                "moderation_status": text(meta.get("removal_type")) or _GONE.get(body or ""),
                "observed_ms": _seen(row),
                "like_count": score,
                "extra": json.dumps({"subreddit": subreddit}) if subreddit else None,
            },
        )

    def submission(self, line: int, row: Mapping[str, Any]) -> Iterator[Item]:
        section = _full_id(row, "t3_")
        if section is None:
            yield Rejected("section", line, "a submission without an id")
            return
        body = text(row.get("selftext"))
        values = {
            "section_id": section,
            "kind": "post",
            "creator_id": self._author(line, row),
            "published_ms": _ms(row.get("created_utc")),
            "published_precision_s": 1,
            "title": text(row.get("title")),
            "text": None if body in _GONE else body,
        }
        self.gather.add("section", line, values)
        seen = _seen(row)
        score = yield from self._score(line, row)
        for metric, value in (("like", score), ("reply", whole(row.get("num_comments")))):
            if value is not None and value >= 0:
                count = {
                    "section_id": section, "metric": metric, "scene": "all", "unit": "acts",
                    "observed_ms": self.options.observed_ms if seen is None else seen,
                    "observed_basis": self.options.observed_basis if seen is None else "row",
                    "value_lo": value, "value_hi": value,
                }  # fmt: skip
                self.gather.add("count_snapshot", line, count, derived=True)
        if row.get("promoted") is True:
            advert = {"section_id": section, "kind": "advert", "declared_by": "platform"}
            self.gather.add("context", line, advert, derived=True)

    def _author(self, line: int, row: Mapping[str, Any]) -> str | None:
        """The account's id, which grows with its age; its name in dumps that hold no ids."""
        name, full = text(row.get("author")), text(row.get("author_fullname"))
        if name in _GONE or (name is None and full is None):
            return None
        values = {
            "account_id": full or f"u/{name}",
            "name": name,
            "id_order": _rank(full),
            "declared_bot": True if name == "AutoModerator" else None,
        }
        born = _ms(row.get("author_created_utc"))
        if born is not None:
            values |= {"created_ms": born, "created_precision_s": 1, "created_basis": "field"}
        self.gather.add("account", line, values, derived=True)
        return str(values["account_id"])

    def _score(self, line: int, row: Mapping[str, Any]) -> Generator[Item, None, int | None]:
        score = whole(row.get("score"))
        if score is None or row.get("score_hidden") is True:
            return None
        if not self.told:
            self.told = True
            yield Noted("count_snapshot", line, _BLURRED)
        if score < 0:
            yield Noted("count_snapshot", line, _BELOW)
            return None
        return score


def _full_id(row: Mapping[str, Any], kind: str) -> str | None:
    """`t1_abc`; older dumps hold `abc` only."""
    named, bare = text(row.get("name")), identifier(row.get("id"))
    if named is not None and named.startswith(kind):
        return named
    return None if bare is None else f"{kind}{bare}"


def _rank(full: str | None) -> int | None:
    """The number behind `t2_`, written in base 36; NULL where it is none."""
    if full is None or not full.startswith("t2_") or not 0 < len(full) - 3 < 13:
        return None
    try:
        return int(full[3:], 36)
    except ValueError:
        return None


def _seen(row: Mapping[str, Any]) -> int | None:
    """When the score was read: since late 2023 a second time, 36 hours after the first."""
    meta = inner(row.get("_meta"))
    for value in (meta.get("retrieved_2nd_on"), row.get("retrieved_on"), row.get("retrieved_utc")):
        found = _ms(value)
        if found is not None:
            return found
    return None


def _ms(seconds: object) -> int | None:
    found = number(seconds)
    return None if found is None or found <= 0 else int(found * 1000)
