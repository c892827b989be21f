"""From the tables of a run to what insights read: joins by position, no loop over rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.insights.counts import Counts, newest, section_totals, snapshots
from zhenzan.detector.insights.known import (
    Acts,
    Codes,
    Comments,
    Flags,
    Known,
    Objects,
    Reals,
    Sections,
    replies_known,
)
from zhenzan.detector.insights.reduce import by_hour, by_label, by_section, real
from zhenzan.detector.results import BANDS
from zhenzan.detector.workspace import Workspace

__all__ = ["MAX_SECTIONS", "load_known", "positions"]

MAX_SECTIONS: Final = 500
"""Sections that get insights: the 50 that the report describes in full, then the largest."""
_IN_REPORT: Final = 50
_LIKED: Final = ("like", "star")
_HOUR_S: Final = 3600
_MILLION: Final = 1e6
_TEXT: Final = pa.string()


def load_known(work: Workspace) -> Known:
    """Reads what earlier steps wrote; absent tables are empty."""
    tables = work.info["ingest"]["tables"]
    scored = work.arrow("scored_sections").sort_by("section_id")
    sections = _sections(scored, _canonical(work, "section", _SECTION))
    engagements = work.relation("attribution_engagements")
    received = by_section(work.engine, engagements)
    described = pa.table({"section_id": pa.array(sections.id[sections.described], _TEXT)})
    hours = by_hour(work.engine, engagements, described)
    counts = snapshots(
        _canonical(work, "count_snapshot", _COUNTS), sections, work.arrow("attribution_streams")
    )
    explained = pc.equal(scored["band"], "unusual_explained")
    comments = _comments(work, sections, counts, np.asarray(_numpy(explained), dtype=bool))
    coverage = _canonical(work, "coverage", ("section_id", "comment_id", "object", "claimed_total"))
    mixes = {}
    for name, column in (("region", "region"), ("source", "referrer")):
        if "engagement" in tables and _filled(work, column):
            rows = by_label(
                work.engine, work.relation("engagement"), engagements, described, column
            )
            mixes[name] = _mix(rows, sections)
    zone, zone_name, zone_known = _zone(work, tables)
    return Known(
        sections=sections,
        comments=comments,
        acts=_acts(hours, sections),
        totals=section_totals(sections, comments, received, counts, coverage, _LIKED),
        counts=counts.rows,
        levels=_levels(work),
        mixes=mixes,
        zone=zone,
        zone_name=zone_name,
        zone_known=zone_known,
        replies_known=replies_known(comments, len(sections)),
    )


_SECTION: Final = ("section_id", "creator_id", "title", "text", "published_ms")
_COUNTS: Final = (
    "section_id", "comment_id", "metric", "scene", "observed_ms", "window_s", "value_lo",
    "value_hi",
)  # fmt: skip
_COMMENT: Final = (
    "comment_id", "section_id", "parent_id", "root_id", "depth", "account_id", "text",
    "created_ms", "created_precision_s", "by_creator", "replied_by_creator", "region",
    "reply_count",
)  # fmt: skip


def positions(values: pa.Array | pa.ChunkedArray, known: pa.Array) -> Codes:
    """Where each value stands in `known`; -1 where it does not or is NULL."""
    found = pc.fill_null(pc.index_in(values, value_set=known, skip_nulls=True), -1)
    return np.asarray(_numpy(found), dtype=np.int64)


def _canonical(work: Workspace, name: str, columns: Sequence[str]) -> pa.Table:
    if name in work.info["ingest"]["tables"]:
        return work.arrow(name, columns)
    from zhenzan.features.tables import TABLES

    schema = TABLES[name].schema
    return pa.schema([schema.field(c) for c in columns]).empty_table()


def _numpy(values: pa.Array | pa.ChunkedArray) -> Any:
    if isinstance(values, pa.ChunkedArray):
        return values.to_numpy()
    return values.to_numpy(zero_copy_only=False)


def _objects(values: pa.Array | pa.ChunkedArray) -> Objects:
    found: Objects = np.asarray(_numpy(values), dtype=object)
    return found


def _reals(values: pa.Array | pa.ChunkedArray) -> Reals:
    return np.asarray(_numpy(values.cast(pa.float64())), dtype=np.float64)


def _true(values: pa.ChunkedArray) -> Flags:
    return np.asarray(_numpy(pc.fill_null(values, False)), dtype=bool)


def _sections(scored: pa.Table, info: pa.Table) -> Sections:
    """All scored sections with what is known of them; `scored` is in the order of ids."""
    ids = scored["section_id"].combine_chunks()
    at = positions(ids, info["section_id"].combine_chunks())
    rows = info.take(pa.array(at, mask=at < 0))
    creators = pc.drop_null(pc.unique(rows["creator_id"])).sort()
    return Sections(
        id=_objects(ids),
        creator=positions(rows["creator_id"], creators),
        creator_id=_objects(creators),
        title=_objects(rows["title"]),
        text=_objects(rows["text"]),
        published_ms=_reals(rows["published_ms"]),
        described=_described(scored),
    )


def _described(scored: pa.Table) -> Flags:
    """The sections that the report ranks first, then those that received most."""
    n = scored.num_rows
    if n <= MAX_SECTIONS:
        return np.ones(n, dtype=bool)
    names = ["band", "score", "n_purchased", "n_engagements", "n_comments"]
    frame: pd.DataFrame = scored.select(names).to_pandas()
    frame["severity"] = frame["band"].map({band: rank for rank, band in enumerate(BANDS)})
    keys = ["severity", "score", "n_purchased", "n_engagements"]
    first = frame.sort_values(keys, ascending=False, na_position="last", kind="stable")
    chosen = np.zeros(n, dtype=bool)
    chosen[first.index[:_IN_REPORT]] = True
    frame["size"] = frame["n_comments"].fillna(0) + frame["n_engagements"]
    keys = ["size", "n_comments", "score", "n_purchased"]
    largest = frame[~chosen].sort_values(keys, ascending=False, kind="stable")
    chosen[largest.index[: MAX_SECTIONS - _IN_REPORT]] = True
    return chosen


def _comments(work: Workspace, sections: Sections, counts: Counts, explained: Flags) -> Comments:
    rows = _canonical(work, "comment", _COMMENT).sort_by("comment_id")
    ids = rows["comment_id"].combine_chunks()
    section = positions(rows["section_id"], pa.array(sections.id, _TEXT))
    accounts = rows["account_id"].combine_chunks().dictionary_encode()
    scored = work.arrow("scored_comments")
    at = positions(ids, scored["comment_id"].combine_chunks())
    scored = scored.take(pa.array(at, mask=at < 0))
    parent = positions(rows["parent_id"], ids)
    by_creator = _true(rows["by_creator"]) | _is_creator(rows["account_id"], section, sections)
    answered = _true(rows["replied_by_creator"])
    answered[parent[by_creator & (parent >= 0)]] = True
    likes, genuine = _comment_likes(scored, ids, counts)
    precision = _reals(rows["created_precision_s"])
    created = _reals(rows["created_ms"])
    depth = _reals(rows["depth"])
    return Comments(
        id=_objects(ids),
        section=section,
        account=np.asarray(_numpy(pc.fill_null(accounts.indices, -1)), dtype=np.int64),
        parent=parent,
        is_reply=np.asarray(_numpy(pc.is_valid(rows["parent_id"]))) | (depth > 0),
        text=_objects(rows["text"]),
        created_ms=created,
        precise=~np.isnan(created) & ~(precision > _HOUR_S),
        by_creator=by_creator,
        answered=answered,
        weight=_weights(work, ids, scored, explained[section]),
        likes=likes,
        likes_genuine=genuine,
        region=_objects(rows["region"]),
        reply_count=_reals(rows["reply_count"]),
        priority=_reals(scored["reply_priority"]),
    )


def _is_creator(accounts: pa.ChunkedArray, section: Codes, sections: Sections) -> Flags:
    """Whether the author is the creator of the section, by id."""
    own = positions(accounts, pa.array(sections.creator_id, _TEXT))
    return np.asarray((own >= 0) & (own == sections.creator[section]))


def _weights(work: Workspace, ids: pa.Array, scored: pa.Table, explained: Flags) -> Reals:
    """How much each comment looks genuine: neither delivered nor in a surprising template.

    A template that the scorer did not hold against its comments (a quotation, say), and all
    templates of a section with a benign explanation, count in full.
    """
    written = work.arrow("attribution_comments", ("comment_id", "p_purchased"))
    at = positions(ids, written["comment_id"].combine_chunks())
    p = _reals(pc.fill_null(written["p_purchased"].take(pa.array(at, mask=at < 0)), 0.0))
    weight = np.clip(1.0 - p, 0.0, 1.0)
    reasons = scored["reasons"].combine_chunks()
    marked = pc.starts_with(pc.list_flatten(reasons), "template.surprise@")
    alike = np.zeros(len(weight), dtype=bool)
    alike[_numpy(pc.list_parent_indices(reasons).filter(marked))] = True
    odd = pc.is_in(scored["band"], value_set=pa.array(["unusual", "likely_purchased"]))
    weight[alike & np.asarray(_numpy(odd), dtype=bool) & ~explained] = 0.0
    return weight


def _comment_likes(scored: pa.Table, ids: pa.Array, counts: Counts) -> tuple[Reals, Reals]:
    """Likes of each comment, and how many look genuine; NaN where its likes are not known.

    A count that was read once says nothing of purchase: then nothing is taken off.
    """
    told, real = _reals(scored["n_likes"]), _reals(scored["n_likes_genuine"])
    counted, bought = newest(counts, ids)
    likes = np.where(np.isnan(told), counted, told)
    return likes, np.where(np.isnan(real), np.maximum(likes - bought, 0.0), real)


def _acts(rows: pa.Table, sections: Sections) -> Acts:
    n = real(rows["n"]).astype(np.float64)
    on_section = real(rows["on_comment"]) == 0
    liked = np.asarray(_numpy(pc.is_in(rows["kind"], value_set=pa.array(_LIKED))), dtype=bool)
    return Acts(
        section=positions(rows["section_id"], pa.array(sections.id, _TEXT)),
        liked=liked & on_section,
        quarter=real(rows["quarter"]),
        n=n,
        genuine=n - real(rows["millionths"]) / _MILLION,
    )


def _mix(rows: pa.Table, sections: Sections) -> pd.DataFrame:
    n = real(rows["n"]).astype(np.float64)
    return pd.DataFrame(
        {
            "section": positions(rows["section_id"], pa.array(sections.id, _TEXT)),
            "label": _objects(rows["label"]),
            "n": n,
            "genuine": n - real(rows["millionths"]) / _MILLION,
            "people": real(rows["people"]).astype(np.float64),
        }
    )


def _filled(work: Workspace, column: str) -> bool:
    """Whether any engagement fills the column; read from the file's statistics where they are."""
    import pyarrow.parquet as pq

    meta = pq.read_metadata(work.path("engagement"))
    at = meta.schema.names.index(column)
    for group in range(meta.num_row_groups):
        told = meta.row_group(group).column(at).statistics
        if told is None or told.num_values > 0:  # values that are not NULL
            return True
    return False


def _levels(work: Workspace) -> Reals:
    """Newest level of each author, by the number that `_comments` gives authors."""
    accounts = _canonical(work, "comment", _COMMENT).sort_by("comment_id")["account_id"]
    known = accounts.combine_chunks().dictionary_encode().dictionary
    columns = ("account_id", "observed_ms", "level")
    rows = _canonical(work, "account_snapshot", columns)
    rows = rows.filter(pc.is_valid(rows["level"])).sort_by("observed_ms")
    levels = np.full(len(known), np.nan)
    at = positions(rows["account_id"], known)
    levels[at[at >= 0]] = _reals(rows["level"])[at >= 0]  # the newest is written last
    return levels


def _zone(work: Workspace, tables: Sequence[str]) -> tuple[tzinfo, str, bool]:
    """What the user named, else the one zone that the sources assume, else UTC."""
    named: Mapping[str, None] = {}
    if work.options.timezone is not None:
        named = {work.options.timezone: None}
    elif "dataset" in tables:
        zones = pc.drop_null(work.arrow("dataset", ("assumed_timezone",))["assumed_timezone"])
        named = dict.fromkeys(zones.unique().to_pylist())
    if len(named) == 1:
        name = next(iter(named))
        try:
            return ZoneInfo(name), name, True
        except (ZoneInfoNotFoundError, ValueError):
            pass
    return UTC, "UTC", False
