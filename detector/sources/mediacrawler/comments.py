"""Comments, who wrote them, and how much of a section a file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.base import Rows
from zhenzan.detector.sources.mediacrawler.columns import (
    account_ids,
    by_value,
    count_columns,
    id_column,
    mask_of,
    region_column,
    rounded,
    text_column,
    times_of,
    weibo_times,
)
from zhenzan.detector.sources.mediacrawler.shapes import CONTENTS, Shape

__all__ = [
    "NATIVE_IDS",
    "TOP_FIRST",
    "account_rows",
    "comment_rows",
    "section_ids",
    "snapshot_rows",
]

NATIVE_IDS: Final = ("user_id", "user_link")
"""Who acted, in files before the change; the link is Tieba's."""

TOP_FIRST: Final = frozenset(CONTENTS) - {"tieba"}
"""Comments come in the platform's own order of heat, ten a post unless told otherwise."""

_NAMES: Final = ("nickname", "user_nickname", "user_name")
_SIGNS: Final = ("sign", "user_signature")
# Where accounts are numbered as they are made (inputs.md §1.2 and §4: age by rank of the id).
_NUMBERED: Final = frozenset({"bilibili", "weibo"})
# `parent_comment_id` of these names the thread's first comment, of the others the one replied to.
_NAMES_ROOT: Final = frozenset({"douyin", "weibo", "tieba"})


def comment_rows(shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array) -> Iterator[Rows | int]:
    """Canonical batches of a batch of comments; a number tells how many times were repaired."""
    account, _ = account_ids(data, *NATIVE_IDS)
    section, comment = section_ids(shape, data), id_column(data, "comment_id")
    (created, precision), repaired = (
        weibo_times(data)
        if shape.platform == "weibo"
        else (times_of(data, "create_time", "publish_time"), 0)
    )
    yield Rows(
        "comment",
        pa.RecordBatch.from_pydict(
            {
                "comment_id": comment,
                "section_id": section,
                "account_id": account,
                "text": text_column(data, "content"),
                "created_ms": created,
                "created_precision_s": precision,
                "region": region_column(data),
                "reply_count": text_column(data, "sub_comment_count"),
                "like_count": text_column(data, "like_count", "comment_like_count"),
                "observed_ms": times_of(data, "last_modify_ts")[0],
            }
            | _parents(shape, data, comment)
        ),
        lines,
        platform=shape.platform,
    )
    yield from account_rows(shape, data, lines)
    yield from snapshot_rows(shape, data, lines, {"dislike": "dislike_count"}, section, comment)
    yield from _collected(shape, lines, section, comment)
    yield repaired


def section_ids(shape: Shape, data: pa.RecordBatch) -> pa.Array:
    """Ids of posts; Zhihu numbers answers and articles apart, so that the type is part of it."""
    ids = id_column(data, CONTENTS[shape.platform].section)
    if shape.platform != "zhihu":
        return ids
    kind = text_column(data, "content_type")
    return pc.coalesce(pc.binary_join_element_wise(kind, ids, "/"), ids)


def account_rows(shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array) -> Iterator[Rows]:
    """Accounts that acted; what the collector masks (`小***学`) is no name and is not passed on."""
    account, native = account_ids(data, *NATIVE_IDS)
    known = pa.array(native)
    columns = {
        "account_id": account,
        "id_kind": pc.if_else(known, "native", "upstream_hash"),
    }
    if native.any():
        nobody = pa.scalar(None, pa.string())
        columns["name"] = pc.if_else(known, text_column(data, *_NAMES), nobody)
        if shape.platform in _NUMBERED:
            ids = id_column(data, "user_id")
            number = pc.match_substring_regex(ids, "^[0-9]{1,18}$")
            columns["id_order"] = pc.if_else(number, ids, nobody).cast(pa.int64())
    batch = pa.RecordBatch.from_pydict(columns).filter(account.is_valid())
    kept = lines.filter(account.is_valid())
    yield Rows("account", batch, kept, derived=True, platform=shape.platform)
    yield from _profiles(shape, data, lines, pc.if_else(known, account, None))


def _profiles(
    shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array, account: pa.Array
) -> Iterator[Rows]:
    """How long the line is that an account says of itself, in files that have it; empty is 0.

    Only rows of the first version come here: those of the second, in the same file, say nothing.
    """
    if not set(_SIGNS) & set(data.schema.names):
        return
    observed = times_of(data, "last_modify_ts")[0]
    signs = pc.fill_null(text_column(data, *_SIGNS), "")
    keep = pc.and_(account.is_valid(), observed.is_valid())
    columns = {
        "account_id": account, "observed_ms": observed, "bio_length": pc.utf8_length(signs),
    }  # fmt: skip
    batch = pa.RecordBatch.from_pydict(columns).filter(keep)
    kept = lines.filter(keep)
    yield Rows("account_snapshot", batch, kept, derived=True, platform=shape.platform)


def snapshot_rows(
    shape: Shape,
    data: pa.RecordBatch,
    lines: pa.Int64Array,
    counts: Mapping[str, str],
    section: pa.Array,
    comment: pa.Array | None = None,
) -> Iterator[Rows]:
    """Counts of sections, or of comments, at the time of the crawl; one batch a metric."""
    observed = times_of(data, "last_modify_ts")[0]
    for metric, column in counts.items():
        if column not in data.schema.names:
            continue
        low, high = count_columns(data, column)
        keep = pc.and_(low.is_valid(), observed.is_valid())
        columns = {
            "section_id": section,
            "metric": pa.array([metric]).take(pa.array(np.zeros(len(low), np.int64))),
            "observed_ms": observed,
            "value_lo": low,
            "value_hi": high,
        }
        if comment is not None:
            columns["comment_id"] = comment
        batch = pa.RecordBatch.from_pydict(columns).filter(keep)
        if batch.num_rows:
            kept = lines.filter(keep)
            yield Rows("count_snapshot", batch, kept, derived=True, platform=shape.platform)


def _parents(shape: Shape, data: pa.RecordBatch, comment: pa.Array) -> dict[str, pa.Array]:
    """Which comment is replied to; Weibo's top comments may name themselves."""
    if "parent_comment_id" not in data.schema.names:
        return {}
    nobody = pa.scalar(None, pa.string())
    parent = id_column(data, "parent_comment_id")
    nothing = mask_of(pc.equal(parent, comment)) | rounded(parent)
    parent = pc.if_else(pa.array(nothing), nobody, parent)
    found = {"parent_id": parent}
    if shape.platform in _NAMES_ROOT:
        found["root_id"] = parent
    top = pa.array(~mask_of(parent.is_valid()))
    found["depth"] = pc.if_else(top, 0, 1 if shape.platform in _NAMES_ROOT else None)
    return found


def _collected(
    shape: Shape, lines: pa.Int64Array, section: pa.Array, comment: pa.Array
) -> Iterator[Rows]:
    """How many comments of each section this batch holds: ingest counts them over all files."""
    pairs = pa.table({"section_id": section, "comment_id": comment})
    pairs = pairs.filter(pc.and_(section.is_valid(), comment.is_valid()))
    if not pairs.num_rows:
        return
    grouped = pairs.group_by("section_id", use_threads=False)
    found = grouped.aggregate([("comment_id", "count_distinct")]).combine_chunks()
    sections = found.column("section_id").combine_chunks()
    selection = "top" if shape.platform in TOP_FIRST else "unknown"
    columns = {
        "section_id": sections,
        "collected": found.column("comment_id_count_distinct").combine_chunks(),
        "selection": by_value(sections, lambda _: selection),
    }
    first = pa.array(np.full(len(sections), lines[0].as_py(), np.int64))
    batch = pa.RecordBatch.from_pydict(columns)
    yield Rows("coverage", batch, first, derived=True, platform=shape.platform)
