"""Posts, creators and their contacts: sections with counts, accounts, and who follows whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
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
    text_column,
    times_of,
    weibo_times,
)
from zhenzan.detector.sources.mediacrawler.comments import (
    NATIVE_IDS,
    TOP_FIRST,
    account_rows,
    section_ids,
    snapshot_rows,
)
from zhenzan.detector.sources.mediacrawler.shapes import CONTENTS, DYNAMICS, Shape

__all__ = ["contact_rows", "content_rows", "creator_rows"]

_ZHIHU_KINDS: Final[Mapping[str, str]] = MappingProxyType({"article": "article", "zvideo": "video"})
# Column of `account_snapshot` → names in the creator tables, the first that is there.
_FIGURES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "followers": ("fans", "total_fans"),
        "following": ("follows",),
        "posts": ("videos_count",),
        "likes_received": ("interaction", "total_liked", "get_voteup_count"),
        "level": ("user_rank",),
    }
)
_YEAR_MS: Final = 31_556_952_000  # mean Gregorian year
_TENTH_S: Final = _YEAR_MS // 10_000  # "吧龄 8.7 年" is told in tenths
_AGE: Final = re.compile(r"([0-9]{1,2}(?:\.[0-9])?)\s*年")


def content_rows(shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array) -> Iterator[Rows | int]:
    """Sections, their counts, and what the platform claims; a number tells of repaired times."""
    spec = DYNAMICS if shape.kind == "dynamics" else CONTENTS[shape.platform]
    section = (
        section_ids(shape, data) if shape.kind == "contents" else id_column(data, spec.section)
    )
    repaired = 0
    if shape.platform == "weibo":
        (published, precision), repaired = weibo_times(data)
    else:
        published, precision = times_of(data, spec.time)
    creator, _ = account_ids(data, *NATIVE_IDS)
    kind = pa.array([spec.kind] * data.num_rows, pa.string())
    if shape.platform == "zhihu":
        kind = by_value(
            pc.fill_null(text_column(data, "content_type"), ""),
            lambda told: _ZHIHU_KINDS.get(told, spec.kind),
        )
    columns = {
        "section_id": section,
        "kind": kind,
        "creator_id": creator,
        "published_ms": published,
        "published_precision_s": precision,
        "title": text_column(data, "title"),
        "text": text_column(data, spec.text, "desc"),
    }
    yield Rows("section", pa.RecordBatch.from_pydict(columns), lines, platform=shape.platform)
    yield from account_rows(shape, data, lines)
    yield from snapshot_rows(shape, data, lines, spec.counts, section)
    if spec.claimed is not None:
        yield from _claimed(shape, data, lines, section, spec.claimed)
    yield repaired


def _claimed(
    shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array, section: pa.Array, column: str
) -> Iterator[Rows]:
    """How many comments there are; this table holds none of them, ingest counts those of others."""
    _, total = count_columns(data, column)  # of `10+` nobody knows how many there are
    keep = pc.and_(total.is_valid(), section.is_valid())
    selection = "top" if shape.platform in TOP_FIRST else "unknown"
    columns = {
        "section_id": section,
        "claimed_total": total,
        "collected": pa.array(np.zeros(data.num_rows, np.int64)),
        "selection": by_value(section, lambda _: selection),
    }
    batch = pa.RecordBatch.from_pydict(columns).filter(keep)
    if batch.num_rows:
        kept = lines.filter(keep)
        yield Rows("coverage", batch, kept, derived=True, platform=shape.platform)


def creator_rows(shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array) -> Iterator[Rows]:
    """Profiles of creators; abbreviated figures (`1.2万`) are taken at their smallest."""
    account, _ = account_ids(data, "user_id")
    observed = times_of(data, "last_modify_ts")[0]
    columns = {
        "account_id": account,
        "id_kind": pa.array(["native"] * data.num_rows, pa.string()),
        "name": text_column(data, "nickname", "user_nickname", "user_name"),
    }
    if "is_official" in data.schema.names:
        columns["verified"] = text_column(data, "is_official")
    if "registration_duration" in data.schema.names:
        columns |= _ages(text_column(data, "registration_duration"), observed)
    yield Rows("account", pa.RecordBatch.from_pydict(columns), lines, platform=shape.platform)
    figures = {
        ours: count_columns(data, next(n for n in theirs if n in data.schema.names))[0]
        for ours, theirs in _FIGURES.items()
        if set(theirs) & set(data.schema.names)
    }
    keep = pc.and_(account.is_valid(), observed.is_valid())
    region = region_column(data)
    rows = pa.RecordBatch.from_pydict(
        {"account_id": account, "observed_ms": observed, "region": region, **figures}
    ).filter(keep)
    if rows.num_rows:
        kept = lines.filter(keep)
        yield Rows("account_snapshot", rows, kept, derived=True, platform=shape.platform)


def contact_rows(shape: Shape, data: pa.RecordBatch, lines: pa.Int64Array) -> Iterator[Rows]:
    """Who follows a creator."""
    columns = {
        "source_id": account_ids(data.select(["fan_id"]), "fan_id")[0],
        "target_id": account_ids(data.select(["up_id"]), "up_id")[0],
    }
    yield Rows("follow", pa.RecordBatch.from_pydict(columns), lines, platform=shape.platform)


def _ages(told: pa.Array, observed: pa.Array) -> dict[str, pa.Array]:
    """Births by how long an account says it has been there: the only age these files know."""
    ms = pc.if_else(
        pc.match_substring_regex(observed, "^[0-9]+$"), observed, pa.scalar(None, pa.string())
    ).cast(pa.int64())
    created = pc.subtract(ms, by_value(told, _years_ms, pa.int64()))
    there = pa.array(mask_of(created.is_valid()))
    return {
        "created_ms": created,
        "created_precision_s": pc.if_else(there, _TENTH_S, pa.scalar(None, pa.int64())),
    }


def _years_ms(text: str) -> int | None:
    found = _AGE.search(text)
    return None if found is None else round(float(found.group(1)) * _YEAR_MS)
