"""Canonical engagements as sorted integer codes: what the kernels count over.

Codes come from the content (first act, last act, number of acts), the id only breaks ties that the
content leaves, so that renamed or re-keyed ids give the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import Tables
from zhenzan.models.attribution.codes import compact, distinct
from zhenzan.models.attribution.placement import (
    Intervals,
    place,
    resolution,
    shuffle_keys,
    widths,
)
from zhenzan.models.attribution.written import all_acts

__all__ = ["Arrivals", "Events", "pairs", "prepare", "visits"]

_STEP: Final = "attribution"
_WEEK_MS: Final = 604_800_000

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Events:
    """Timed acts in (stream, time) order, with what is known of their streams.

    Attributes:
        stream, section, account: Codes of each act; account -1 is unknown.
        age_s: Age of the target at each act, seconds.
        offsets: Where each stream begins (n_streams + 1).
        origin_week_s: Seconds from the start of the week to the stream's origin.
        horizon_s: Age of the target when observation ended.
        group: Code of platform, kind and target; curves are pooled inside a group.
        resolution_s: What the clock of the stream, or most of its intervals, can tell apart.
        stream_section: Section code of each stream.
        n_sections: Sections in which each account acted, timed or not.
        visit: Code of (account, section) of each act; -1 for unknown accounts.
        origin_ms: Absolute origin of each stream.
        acts: All acts with ids (in dictionaries), timed ones first in this order, then the untimed.
        n_groups: Groups of streams.
        twin: Acts of one code have the same interval and accounts with the same times: who of
            them came first is unknown. Exact acts have a code each; empty if all are exact.
    """

    stream: Ints
    section: Ints
    account: Ints
    age_s: Reals
    offsets: Ints
    origin_week_s: Reals
    horizon_s: Reals
    group: Ints
    resolution_s: Reals
    stream_section: Ints
    n_sections: Ints
    visit: Ints
    origin_ms: Ints
    acts: pa.Table
    n_groups: int
    twin: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def n(self) -> int:
        """Timed acts."""
        return len(self.stream)

    @property
    def n_streams(self) -> int:
        """Streams with at least one timed act."""
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What an earlier set says of its groups, so that sections need not speak for one another.

    Attributes:
        names: Of the groups.
        end_ms: When observation of each group ended.
        arrival: Of `learn_arrival`; one row more than there are groups, for unknown ones.
        accounts: Ids of its accounts, in an order by content.
    """

    names: tuple[str, ...]
    end_ms: Ints
    arrival: Reals
    accounts: pa.Array

    def rows(self, names: Sequence[str]) -> Ints:
        """Row of each group; the last one for groups that are not known."""
        place = {name: row for row, name in enumerate(self.names)}
        return np.array([place.get(name, len(self.names)) for name in names], np.int64)


_STREAMS: Final = """
SELECT s.kind, s.section_id, s.comment_id, coalesce(s.comment_id, '') AS comment_key, s.stream,
       c.section,
       CASE WHEN s.comment_id IS NULL THEN p.published_ms ELSE k.created_ms END AS born_ms,
       coalesce(p.platform, '') || ' ' || s.kind
           || CASE WHEN s.comment_id IS NULL THEN '' ELSE ' comment' END AS group_name
FROM (SELECT kind, section_id, comment_id,
             row_number() OVER (ORDER BY t0 NULLS LAST, t1 NULLS LAST, n NULLS LAST,
                 spread NULLS LAST, kind NULLS LAST, section_id NULLS LAST,
                 comment_id NULLS LAST) - 1 AS stream
      FROM (SELECT kind, section_id, comment_id, min(ts_lo_ms) AS t0, max(ts_hi_ms) AS t1,
                   count(*) AS n, count(DISTINCT account_id) AS spread
            FROM {acts} GROUP BY kind, section_id, comment_id)) s
JOIN attribution_section c ON c.section_id = s.section_id
LEFT JOIN {section} p ON p.section_id = s.section_id
LEFT JOIN {comment} k ON k.comment_id = s.comment_id
"""
_ACCOUNTS: Final = """
SELECT {keys},
       row_number() OVER (ORDER BY t0 NULLS LAST, t1 NULLS LAST, n NULLS LAST, m NULLS LAST,
           account_id NULLS LAST{more}) - 1 AS account
FROM (SELECT {keys}, min(ts_lo_ms) AS t0, max(ts_hi_ms) AS t1, count(*) AS n,
             count(DISTINCT section_id) AS m
      FROM {acts} WHERE account_id IS NOT NULL GROUP BY {keys})
"""
_SECTIONS: Final = """
SELECT section_id,
       row_number() OVER (ORDER BY t0 NULLS LAST, t1 NULLS LAST, n NULLS LAST,
           section_id NULLS LAST) - 1 AS section
FROM (SELECT section_id, min(ts_lo_ms) AS t0, max(ts_hi_ms) AS t1, count(*) AS n
      FROM {acts} GROUP BY section_id)
"""
# What can be told from the stream or the account stands there once, not beside each of its acts.
_ACTS: Final = """
SELECT e.engagement_id, e.ts_lo_ms, e.ts_hi_ms, e.written, s.stream,
       coalesce(a.account, -1) AS account
FROM {acts} e
JOIN attribution_stream s ON s.kind = e.kind AND s.section_id = e.section_id
     AND s.comment_key = coalesce(e.comment_id, '')
LEFT JOIN attribution_account a ON a.account_id = e.account_id{same}
"""
_EMPTY: Final = {
    "section": "(SELECT '' AS section_id, '' AS platform, 0 AS published_ms WHERE 1 = 0)",
    "comment": "(SELECT '' AS comment_id, 0 AS created_ms WHERE 1 = 0)",
}


def prepare(
    engine: Engine, tables: Tables, *, comments: bool = False, known: Arrivals | None = None
) -> Events:
    """Codes, sorts and fetches all acts.

    Args:
        engine: Holds the tables.
        tables: `engagement`, `comment` or both; `section` where known.
        comments: Comments count as acts of their authors too (`written.py`).
        known: Groups as an earlier set has them. Then each section stands by itself: the codes of
            accounts are those of (account, section), and nothing depends on the other sections.

    Raises:
        EngineError: With the statement that failed.
    """
    acts = engine.sql(all_acts(tables, comments=comments), into="attribution_all", step=_STEP)
    keys = ("account_id",) if known is None else ("account_id", "section_id")
    words = {
        "acts": acts.name,
        "keys": ", ".join(keys),
        "more": "".join(f", {key} NULLS LAST" for key in keys[1:]),
        "same": "".join(f" AND a.{key} = e.{key}" for key in keys[1:]),
    }
    words |= {name: tables[name].name if name in tables else _EMPTY[name] for name in _EMPTY}
    statements = (("section", _SECTIONS), ("account", _ACCOUNTS), ("stream", _STREAMS))
    section, account, stream = (
        engine.sql(sql.format(**words), into=f"attribution_{name}", step=_STEP)
        for name, sql in statements
    )
    relation = engine.sql(_ACTS.format(**words), into="attribution_act", step=_STEP)
    streams = engine.fetch(stream, order_by=("stream",))
    accounts = engine.fetch(account, columns=("account_id",), order_by=("account",))
    fetched = _sorted_acts(engine, relation)
    for table in (acts, section, account, stream, relation):
        engine.drop(table)
    return _events(_named(fetched, streams, accounts), streams, accounts, known)


def _sorted_acts(engine: Engine, relation: Relation) -> pa.Table:
    """Timed acts first, each kind by stream and time."""
    order = ("stream", "ts_lo_ms", "ts_hi_ms", "account", "engagement_id")
    acts = engine.fetch(relation, order_by=order)
    timed = acts["ts_lo_ms"].is_valid().to_numpy(zero_copy_only=False)
    return acts if timed.all() else acts.take(pa.array(np.argsort(~timed, kind="stable")))


def _named(acts: pa.Table, streams: pa.Table, accounts: pa.Table) -> pa.Table:
    """The acts with their ids, which stand once each behind the codes (dictionary columns)."""
    stream, account = _column(acts, "stream", 0), _column(acts, "account", -1)
    acts = acts.append_column("section", pa.array(_column(streams, "section", 0)[stream]))
    for name in ("section_id", "comment_id", "kind", "group_name"):
        of_stream = streams[name].combine_chunks().dictionary_encode()
        codes = of_stream.indices.fill_null(-1).to_numpy(zero_copy_only=False)[stream]
        acts = acts.append_column(name, _behind(codes, of_stream.dictionary))
    return acts.append_column("account_id", _behind(account, accounts["account_id"]))


def _behind(codes: NDArray[Any], ids: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Ids by code; NULL where the code is -1."""
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, ids.cast(pa.string()))


def _column(acts: pa.Table, name: str, missing: int) -> Ints:
    # Without a side table its columns are NULL throughout, of whatever type the engine gives them.
    values: Ints = acts[name].cast(pa.int64()).fill_null(missing).to_numpy().astype(np.int64)
    return values


def _events(
    acts: pa.Table, streams: pa.Table, accounts: pa.Table, known: Arrivals | None
) -> Events:
    timed = acts.slice(0, acts.num_rows - acts["ts_lo_ms"].null_count)
    old, account = _column(timed, "stream", 0), _column(timed, "account", -1)
    low, high = _column(timed, "ts_lo_ms", 0), _column(timed, "ts_hi_ms", 0)
    # Acts come sorted by stream; those of untimed acts alone are left out of the count.
    first = np.flatnonzero(np.diff(old, prepend=-1))
    stream = np.repeat(np.arange(len(first)), np.diff(first, append=len(old)))
    offsets = np.append(first, len(old)).astype(np.int64)
    names = streams["group_name"].to_numpy()[old[first]]
    group_names, group = np.unique(names.astype(str), return_inverse=True)
    born = _column(streams, "born_ms", np.iinfo(np.int64).max)[old]
    high, tick = widths(low, high, offsets)
    resolution_s = resolution(low, high, offsets, tick)
    low = np.where((low < born) & (born < high), born, low)  # nothing precedes its target
    origin = _origins(low, first, born[first])
    section, identity = _column(timed, "section", 0), None
    if known is None:
        end = np.zeros(len(group_names), np.int64)
        np.maximum.at(end, group[stream], high)
        end, start = end[group], np.zeros(len(old), np.int64)
    else:
        group = known.rows(group_names.tolist())[group]
        ids = accounts["account_id"].cast(pa.string())
        at = _column(pa.table({"at": pc.index_in(ids, value_set=known.accounts)}), "at", -1)
        identity = np.append(at, -1)[account]
        end, start = _by_itself(section, low, high)
        end = np.maximum(end[first], np.append(known.end_ms, 0)[group])
    group = group.astype(np.int64)
    acted = _Known(stream, account, low, high, offsets, origin, group, start, identity)
    age, twin, order = _places(acted, None if known is None else known.arrival)
    if len(order):  # within a stream by time; equal times stay in the order of the query
        age, twin, account = age[order], twin[order], account[order]
        acts = acts.take(pa.array(np.append(order, np.arange(len(order), acts.num_rows))))
    section = _column(acts, "section", 0)[: len(age)]
    return Events(
        stream=stream,
        section=section,
        account=account,
        age_s=age,
        offsets=offsets,
        origin_week_s=(origin % _WEEK_MS) / 1e3,
        horizon_s=(end - origin) / 1e3 + 1.0,
        group=group,
        resolution_s=resolution_s,
        stream_section=section[first],
        n_sections=_sections_by_account(acts),
        visit=visits(account, section),
        origin_ms=origin,
        acts=acts,
        n_groups=len(group_names) if known is None else len(known.names) + 1,
        twin=twin,
    )


def _by_itself(section: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Of each act: when observation of its section ended, and when it began."""
    size = int(section.max(initial=-1)) + 1
    end = np.zeros(size, np.int64)
    start = np.full(size, np.iinfo(np.int64).max)
    np.maximum.at(end, section, high)
    np.minimum.at(start, section, low)
    return end[section], start[section]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of when acts happened, in (stream, start, end) order; keys start at `start`."""

    stream: Ints
    account: Ints
    low: Ints
    high: Ints
    offsets: Ints
    origin: Ints
    group: Ints
    start: Ints
    identity: Ints | None


def _places(known: _Known, arrival: Reals | None) -> tuple[Reals, Ints, Ints]:
    """Age of each act, its twins, and the order by age; the last two empty if all are exact."""
    low, high, stream = known.low, known.high, known.stream
    low_s = (low - known.origin[stream]) / 1e3
    none = np.zeros(0, np.int64)
    if not (low < high).any():
        return low_s, none, none
    start = known.start
    keys = shuffle_keys(
        known.account, stream, low - start, high - start, known.offsets, known.identity
    )
    cell = _cells(stream, low, high)
    high_s = (high - known.origin[stream]) / 1e3
    age = place(Intervals(low_s, high_s, keys, cell, stream, known.group), arrival)
    # Streams without intervals are in order already.
    moved = np.flatnonzero(np.maximum.reduceat(low < high, known.offsets[:-1])[stream])
    order = np.arange(len(age))
    order[moved] = moved[np.lexsort((age[moved], stream[moved]))]
    return age, _twins(cell, keys, low < high), order


def _cells(stream: Ints, low: Ints, high: Ints) -> Ints:
    """Code of (stream, interval), rising: acts are sorted by stream, start and end."""
    changed = (np.diff(stream) != 0) | (np.diff(low) != 0) | (np.diff(high) != 0)
    return np.append(0, np.cumsum(changed)) if len(stream) else np.zeros(0, np.int64)


def _twins(cell: Ints, key: Ints, wide: NDArray[np.bool_]) -> Ints:
    """Code of (cell, key) of acts with an interval; exact acts get codes of their own."""
    twin = np.arange(len(cell), dtype=np.int64)
    those = np.flatnonzero(wide)
    order = those[np.lexsort((key[those], cell[those]))]
    same = (np.diff(cell[order]) == 0) & (np.diff(key[order]) == 0)
    start = np.flatnonzero(np.append(True, ~same)) if len(order) else order
    sizes = np.diff(np.append(start, len(order)))
    twin[order] = np.repeat(order[start], sizes)
    return twin


def _origins(low: Ints, first: Ints, born: Ints) -> Ints:
    """Creation of the target where it is known and precedes its first act, else that act.

    One second earlier, so that the age is positive and its logarithm finite.
    """
    earliest = np.minimum.reduceat(low, first) if len(first) else low[:0]
    return np.asarray(np.minimum(born, earliest) - 1000)


def _sections_by_account(acts: pa.Table) -> Ints:
    account, section = _column(acts, "account", -1), _column(acts, "section", 0)
    size = int(account.max(initial=-1)) + 1
    return np.asarray(np.bincount(pairs(account, section)[0], minlength=size), np.int64)


def pairs(account: Ints, section: Ints) -> tuple[Ints, Ints]:
    """Account and section of each visit, in this order; unknown accounts are left out."""
    width = int(section.max(initial=0)) + 1
    key = distinct((account * width + section)[account >= 0])
    return key // width, key % width


def visits(account: Ints, section: Ints) -> Ints:
    """One code for each (account, section), in account order; -1 for unknown accounts."""
    known = np.flatnonzero(account >= 0)
    visit = np.full(len(account), -1, np.int64)
    if len(known):
        key = account[known] * (int(section.max()) + 1) + section[known]
        visit[known] = compact(key)[1]
    return visit
