"""Discourse's table of post actions, as its Data Explorer gives it: every like, also taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected, Skipped
from zhenzan.detector.sources.fields import identifier, inner, text
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem
from zhenzan.detector.sources.records import BadRecord, read_records

__all__ = ["COLUMNS", "is_actions", "is_query_result", "of_number", "read_actions", "utc"]

COLUMNS: Final = ("id", "post_id", "user_id", "post_action_type_id", "created_at", "deleted_at",
                  "topic_id")  # fmt: skip
_MARKS: Final = {"post_id", "user_id", "post_action_type_id", "created_at"}
_LIKE: Final = "2"  # the others are bookmarks and flags
_NO_TOPIC: Final = (
    "post actions without topic_id: each post is a section of its own; join posts to have topics"
)


def is_actions(columns: tuple[str, ...]) -> bool:
    """Whether a table's columns are those of post actions."""
    return set(columns) >= _MARKS


def is_query_result(value: object) -> bool:
    """Whether a JSON value is the answer to a query for post actions."""
    columns = inner(value).get("columns")
    return isinstance(columns, list) and {c for c in columns if isinstance(c, str)} >= _MARKS


def read_actions(seen: Probe, options: ReadOptions) -> Iterator[Item]:
    """Streams the likes of a CSV table, or of the answer to a query."""
    gather = Gather("discourse")
    told = False
    for row in _query(seen) if seen.kind == "json" else _table(seen):
        if isinstance(row, Rejected):
            yield row
            continue
        line, action = row
        if identifier(action.get("post_action_type_id")) != _LIKE:
            yield Skipped(1, "post actions that are not likes")
            continue
        if not told and identifier(action.get("topic_id")) is None and not options.section_id:
            told = True
            yield Noted("engagement", line, _NO_TOPIC)
        if identifier(action.get("post_id")) is None:
            yield Rejected("engagement", line, "a like without its post")
            continue
        _like(gather, line, action, options)
        yield from gather.full()
    yield from gather.rest()


def utc(value: object) -> str | None:
    """A time of the forum's database, which is UTC whether it says so or not."""
    written = text(value)
    if written is None or len(written) <= 10:
        return written
    end = written[10:]
    return written if any(mark in end for mark in ("Z", "UTC", "+", "-")) else f"{written}Z"


def _table(seen: Probe) -> Iterator[tuple[int, Mapping[str, Any]] | Rejected]:
    for record in read_records(seen, columns=COLUMNS, text=COLUMNS):
        if isinstance(record, BadRecord):
            yield Rejected("engagement", record.line, record.reason)
        elif isinstance(record.lines, int):
            yield from enumerate(record.data.to_pylist(), record.lines)
        else:
            yield from zip(record.lines.to_pylist(), record.data.to_pylist(), strict=True)


def _query(seen: Probe) -> Iterator[tuple[int, Mapping[str, Any]] | Rejected]:
    """Rows are lists; what their places mean stands before or behind them."""
    columns: list[str] = []
    for _, name, value in json_members(Pieces(seen.path), ("rows",)):
        if name is None and is_query_result(value):
            columns = [str(column) for column in value["columns"]]
    pieces = Pieces(seen.path)
    line = 1
    for line, name, value in json_members(pieces, ("rows",)):
        if isinstance(value, JsonProblem):
            yield Rejected("engagement", line, value.reason)
        elif name == "rows" and isinstance(value, list) and len(value) == len(columns):
            yield line, dict(zip(columns, value, strict=True))
        elif name == "rows":
            yield Rejected("engagement", line, "a row that does not fit the columns")
    if pieces.cut:
        yield Rejected("engagement", line + 1, "the packed file is cut off here")


def _like(gather: Gather, line: int, action: Mapping[str, Any], options: ReadOptions) -> None:
    post, account = identifier(action.get("post_id")), identifier(action.get("user_id"))
    topic = identifier(action.get("topic_id")) or options.section_id
    number = identifier(action.get("id"))
    values = {
        "kind": "like",
        "section_id": topic or f"post-{post}",
        "comment_id": post if topic else None,
        "account_id": account,
        "ts_ms": utc(action.get("created_at")),
        "basis": "list_timed",
    }
    own = {"engagement_id": f"discourse:action-{number}" if number else None}
    gather.add("engagement", line, values | own)
    removed = utc(action.get("deleted_at"))
    if removed is not None:
        # A row of its own, so that a like given again after it is the second and not the same.
        undone = values | {"kind": "unlike", "ts_ms": removed}
        gather.add("engagement", line, undone, derived=True)
    kind = "topic" if topic else "post"
    section = {"section_id": values["section_id"], "kind": kind}
    gather.add("section", line, section, derived=True)
    if account is not None:
        gather.add("account", line, of_number(account), derived=True)


def of_number(account: str) -> dict[str, object]:
    """What the number of an account tells: its rank, and that those below zero are the system's."""
    digits = account.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        return {"account_id": account}
    rank = int(account)
    return {
        "account_id": account,
        "id_order": rank if rank > 0 else None,
        "declared_bot": True if rank < 0 else None,
    }
