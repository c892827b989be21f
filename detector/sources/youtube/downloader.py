"""youtube-comment-downloader: one comment a line, or one object that an abort leaves unclosed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected
from zhenzan.detector.sources.counts import count_interval
from zhenzan.detector.sources.fields import flag, identifier, name_id, number, text
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem
from zhenzan.detector.sources.youtube.coarse import shown_time
from zhenzan.detector.sources.youtube.names import section_in_name

__all__ = ["is_downloaded", "read_downloaded"]

_MARKS: Final = {"cid", "text", "time", "votes"}


def is_downloaded(value: object) -> bool:
    """Whether a JSON value is one of its comments, or the object around them."""
    if not isinstance(value, dict):
        return False
    comments = value.get("comments")
    if isinstance(comments, list) and comments:
        return is_downloaded(comments[0])
    return value.keys() >= _MARKS


def read_downloaded(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams one file, which is one section."""
    section = options.section_id or section_in_name(seen.path)
    if options.section_id is None:
        yield Noted("comment", 1, f"the file names no video; its name stands for it: {section!r}")
    gather, collected, aborted = Gather(), 0, False
    pieces = Pieces(seen.path)
    line = 1
    for line, name, value in json_members(pieces, ("comments",)):
        if isinstance(value, JsonProblem):
            # An aborted run ends so; what it had written is whole.
            aborted = True
            yield Rejected("comment", line, value.reason)
        elif isinstance(value, dict) and identifier(value.get("cid")) is not None:
            _comment(gather, line, value, section, options)
            collected += 1
        elif name is not None or not isinstance(value, dict) or value:
            yield Rejected("comment", line, "a comment without an id")
        yield from gather.full()
    if pieces.cut:
        aborted = True
        yield Rejected("comment", line + 1, "the packed file is cut off here")
    if collected:
        gather.add("section", 1, {"section_id": section, "kind": "video"}, derived=True)
        values = {
            "section_id": section, "object": "comment", "collected": collected,
            "selection": "unknown", "truncated": True if aborted else None,
        }  # fmt: skip
        gather.add("coverage", 1, values, derived=True)
    yield from gather.rest()


def _comment(
    gather: Gather, line: int, row: Mapping[str, Any], section: str, options: ReadOptions
) -> None:
    comment = str(identifier(row["cid"]))
    thread, dot, _ = comment.partition(".")
    parent = thread if dot else None
    stamp = number(row.get("time_parsed"))
    created, precision, edited = shown_time(
        text(row.get("time")), None if stamp is None else int(stamp * 1000),
        # The estimate was made when the words were read; the file may have been touched since.
        options.observed_ms if stamp is None else None,
    )  # fmt: skip
    account, name = identifier(row.get("channel")), text(row.get("author"))
    if account is None and name is not None:
        account = name_id(name)
        kind = "name_only"
    else:
        kind = "native"
    replies = count_interval(row.get("replies"))
    paid = text(row.get("paid"))
    gather.add(
        "comment",
        line,
        {
            "comment_id": comment,
            "section_id": section,
            "parent_id": parent,
            "root_id": parent,
            "depth": 0 if parent is None else 1,
            "account_id": account,
            "text": text(row.get("text")),
            "created_ms": created,
            "created_precision_s": precision,
            "created_basis": "none" if created is None else "relative_text",
            "edited": edited,
            "liked_by_creator": flag(row.get("heart")),
            "reply_count": replies[0] if replies and replies[0] == replies[1] else None,
            "like_count": text(row.get("votes")),
            "extra": None if paid is None else json.dumps({"paid": paid}, ensure_ascii=False),
        },
    )
    if account is not None:
        values = {"account_id": account, "name": name, "id_kind": kind}
        gather.add("account", line, values, derived=True)
