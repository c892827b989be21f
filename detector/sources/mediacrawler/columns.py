"""Columns of native records as Arrow arrays: text, ids, counts and times of one batch.

Files of every kind come here: numbers may be numbers or text, and nothing is promised to be there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.counts import count_interval

__all__ = [
    "Times",
    "account_ids",
    "by_value",
    "count_columns",
    "id_column",
    "mask_of",
    "region_column",
    "rounded",
    "text_column",
    "times_of",
    "weibo_times",
]

Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
Times: TypeAlias = tuple[pa.Array, pa.Array]
"""Milliseconds as text where they were numbers, else what stood there; and seconds of precision."""

_TEXT: Final = pa.string()
_EPOCH: Final = r"^[0-9]{9,14}(\.0*)?$"
# What a spreadsheet program leaves of a long number, in text and in cells.
_ROUNDED: Final = r"^[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}$"
_FROM: Final = r"^(来自|IP属地[:：]?|发布于)\s*"
_STAMP: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
# Of all platforms here; the hash is what the collector itself keeps of an id since 2026-07-01.
_HASHED_BY_COLLECTOR: Final = 16
# Before 2026-07-30 the collector took Chinese clock time for UTC (inputs.md §0, finding 5).
_LATE_MS: Final = 8 * 3600 * 1000
_CHINA: Final = timezone(timedelta(hours=8))
# 10 digits are seconds until 2286, 13 are milliseconds.
_MOST_SECONDS: Final = 10**11


def text_column(batch: pa.RecordBatch, *names: str) -> pa.StringArray:
    """The first of the columns that fills a row, as trimmed text; "" is NULL, and so are lists."""
    found = pa.nulls(batch.num_rows, _TEXT)
    for name in names:
        if name not in batch.schema.names:
            continue
        column = batch.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_nested(column.type) or pa.types.is_null(column.type):
            continue
        texts = pc.utf8_trim_whitespace(_spelled(column))
        found = pc.coalesce(found, pc.if_else(pc.equal(texts, ""), pa.scalar(None, _TEXT), texts))
    return found


def region_column(batch: pa.RecordBatch) -> pa.StringArray:
    """Where the platform says that somebody wrote from, without the words around it."""
    return pc.replace_substring_regex(text_column(batch, "ip_location"), _FROM, "")


def _spelled(column: pa.Array) -> pa.StringArray:
    """Whole doubles, which some tool made of numbers because one was missing, without a point."""
    if not pa.types.is_floating(column.type):
        return column.cast(_TEXT)
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 2.0**53))
    exact = pc.if_else(whole, column, pa.scalar(None, column.type)).cast(pa.int64()).cast(_TEXT)
    return pc.coalesce(exact, column.cast(_TEXT))


def id_column(batch: pa.RecordBatch, *names: str) -> pa.StringArray:
    """Ids as text; 0, which stands for nobody and for no parent, is NULL."""
    texts = pc.replace_substring_regex(text_column(batch, *names), r"^([0-9]+)\.0+$", r"\1")
    return pc.if_else(pc.equal(texts, "0"), pa.scalar(None, _TEXT), texts)


def rounded(ids: pa.StringArray) -> Mask:
    """Ids of which a spreadsheet program kept the first digits only: whose they are is lost."""
    return mask_of(pc.match_substring_regex(ids, _ROUNDED))


def count_columns(batch: pa.RecordBatch, name: str) -> tuple[pa.Array, pa.Array]:
    """Smallest and largest count that is written so; NULL where none is, or no largest one."""
    written = text_column(batch, name)
    nothing = (None, None)
    found = {text: count_interval(text) or nothing for text in pc.unique(written).to_pylist()}
    low = by_value(written, lambda text: found[text][0], pa.int64())
    return low, by_value(written, lambda text: found[text][1], pa.int64())


def by_value(
    texts: pa.StringArray, told: Callable[[Any], object], kind: pa.DataType = _TEXT
) -> pa.Array:
    """What a function says of each text, asked once for each distinct one; NULL stays NULL."""
    coded = texts.dictionary_encode()
    return pa.array([told(text) for text in coded.dictionary.to_pylist()], kind).take(coded.indices)


def times_of(batch: pa.RecordBatch, *names: str) -> Times:
    """Times with their precision; numbers of the whole batch are seconds or milliseconds.

    Which of the two says the median, as in ingest: a ten-digit number among milliseconds is a
    broken row. The same database holds platforms that differ, so that ingest cannot tell.
    """
    raw = id_column(batch, *names)
    number = pc.match_substring_regex(raw, _EPOCH)
    whole = pc.replace_substring_regex(
        pc.if_else(number, raw, pa.scalar(None, _TEXT)), r"\..*$", ""
    ).cast(pa.int64())
    known = np.sort(whole.drop_null().to_numpy())
    seconds = len(known) > 0 and int(known[(len(known) - 1) // 2]) < _MOST_SECONDS
    ms = pc.multiply(whole, 1000 if seconds else 1)
    length = pc.utf8_length(raw)
    written = pc.if_else(pc.equal(length, 10), 86_400, pc.if_else(pc.equal(length, 16), 60, 1))
    return pc.coalesce(ms.cast(_TEXT), raw), pc.if_else(number, 1, written)


def weibo_times(batch: pa.RecordBatch) -> tuple[Times, int]:
    """Times of Weibo, and how many of them were eight hours late and are repaired.

    `create_date_time` tells the same moment with its zone and was never wrong: it is taken where
    the number is exactly eight hours later, or is missing.
    """
    ms, precision = times_of(batch, "create_time")
    ms = pc.if_else(pa.array(rounded(ms)), pa.scalar(None, _TEXT), ms)
    told = by_value(text_column(batch, "create_date_time"), _stamp_ms, pa.int64())
    number = pc.if_else(pc.match_substring_regex(ms, "^[0-9]+$"), ms, pa.scalar(None, _TEXT)).cast(
        pa.int64()
    )
    late = pc.fill_null(pc.equal(pc.subtract(number, told), _LATE_MS), False)
    repaired = pc.if_else(pc.or_(late, ms.is_null()), told.cast(_TEXT), ms)
    return (repaired, pc.coalesce(precision, pc.if_else(told.is_valid(), 1, None))), int(
        pc.sum(late).as_py() or 0
    )


def _stamp_ms(text: str) -> int | None:
    """`2023-12-23 17:12:54+08:00` in milliseconds; a stamp without a zone is of China."""
    if re.match(_STAMP, text) is None:
        return None
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        return None
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=_CHINA)
    return int(stamp.timestamp()) * 1000


def account_ids(batch: pa.RecordBatch, *native: str) -> tuple[pa.StringArray, Mask]:
    """Who acted, named alike before and after the change, and where the native id was there.

    Since the change the collector keeps `sha256(id)[:16]`; ids of older files go through the same,
    so that a person is one in both. Ingest hashes the result again, with a key.
    """
    ids = by_value(id_column(batch, *native), _of_link)
    hashed = by_value(ids, _collector_hash)
    return pc.coalesce(text_column(batch, "creator_hash"), hashed), mask_of(ids.is_valid())


_LINKED: Final = re.compile(r"[?&](?:id|portrait|un)=([^&?#]+)")


def _of_link(link: str) -> str:
    """Tieba names people by links; the id in it is without the time stamp of the picture."""
    found = _LINKED.search(link) if link.startswith("http") else None
    return link if found is None else found.group(1)


def _collector_hash(native: str) -> str:
    return hashlib.sha256(native.encode("utf-8", "replace")).hexdigest()[:_HASHED_BY_COLLECTOR]


def mask_of(flags: pa.Array) -> Mask:
    """A boolean Arrow array as numpy, NULL as False."""
    return np.array(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), dtype=bool)
