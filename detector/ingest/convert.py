"""One batch of a source to rows of a canonical table: typed, checked, pseudonymised.

Every check that fails books the row (lost) or the value (a note) in the file's ledger; a row is
booked once, under its first fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.ingest.checks import ROW_CHECKS
from zhenzan.detector.ingest.clock import DAY_MS, EARLIEST_MS, Clock, Times
from zhenzan.detector.ingest.columns import Mask, as_interval, as_type, mask_of, readable, shortened
from zhenzan.detector.ingest.ledger import EXAMPLES, Ledger
from zhenzan.detector.ingest.pseudonyms import Pseudonyms, name_shape, platform_of
from zhenzan.detector.sources.base import Rows, TimeHint
from zhenzan.detector.sources.plain import names_something
from zhenzan.features.tables import TABLES, Column, Table

__all__ = ["STAGE", "Converter", "staged_schema"]

# A row whose time here is impossible is lost; elsewhere only the value is.
_TIMES_THAT_REJECT: Final = frozenset(
    {
        ("engagement", "ts_lo_ms"), ("engagement", "ts_hi_ms"), ("engagement", "ts_ms"),
        ("comment", "created_ms"), ("context", "start_ms"), ("context", "end_ms"),
    }
)  # fmt: skip
_UNCHECKED_TIMES: Final = frozenset({"declared_ms"})  # the client's own clock may say anything
_FUTURE_TIMES: Final = frozenset({"end_ms"})  # a declared context may still be going on
_ACCOUNT_IDS: Final = frozenset({"account_id", "creator_id", "source_id"})
_PREFIXED: Final = frozenset({"section_id", "comment_id", "parent_id", "root_id"})
_ROUNDED: Final = "was rounded by a spreadsheet program"  # no fault of the act: it stays, untimed
_TARGETS: Final = frozenset({("follow", "target_id")})  # those of decisions may be anything
_COUNTS: Final = ("like_count_lo", "like_count_hi")  # staged only: `like_count` as an interval
_FREE_NUMBERS: Final = frozenset({"id_order"})  # all other whole numbers are counts or ranks
_TEXTS: Final = frozenset({"text", "title", "quote", "note", "extra", "reason"})
# No NUL, which ends a string elsewhere; no U+FFFD, which may stand for any of many ids.
_BAD_ID: Final = "[\\x00\\x{FFFD}]"

STAGE: Final[Mapping[str, pa.DataType]] = MappingProxyType(
    {"z_primary": pa.bool_(), "z_seen_ms": pa.int64(), "z_seen_basis": pa.string()}
)
"""Columns that staged rows have beside the canonical ones: counted or derived, when seen, by whom
that is known."""


def staged_schema(table: Table) -> pa.Schema:
    """Columns of a staged table: canonical ones, those of intake, and `STAGE`."""
    extra = [(n, pa.int64()) for n in _COUNTS] if table.name == "comment" else []
    return pa.schema([(c.name, c.type) for c in table.columns] + extra + list(STAGE.items()))


@dataclass(slots=True)
class _Batch:
    """A batch on its way: what is left of each row's claim to be kept."""

    table: str
    data: pa.RecordBatch
    lines: int | pa.Int64Array
    alive: Mask
    platform: str
    prefixed: bool
    times: Mapping[str, TimeHint]
    out: dict[str, pa.Array] = field(default_factory=dict)

    def lines_of(self, rows: Mask) -> list[int]:
        """Lines of the first few marked rows."""
        where = np.flatnonzero(rows)[:EXAMPLES]
        if isinstance(self.lines, int):
            return [int(row) + self.lines for row in where]
        lines: list[int] = self.lines.take(pa.array(where)).to_pylist()
        return lines


@dataclass(slots=True)
class Converter:
    """Converts the batches of one file.

    Attributes:
        ledger: The file's books.
        clock: Its clock.
        pseudonyms: Of account ids.
        platform: Of ids that name none.
        dataset_id: Of the file.
        defaults: What missing columns hold, by table.
        latest_ms: Later times are impossible.
        seen_ms: When the file was collected.
        seen_basis: How that is known: `option` or `file_time`.
        prefixed: Whether ids get their platform in front.
        longest_id: Characters of an id; rows with longer ones are lost.
        platforms: Those that batches named.
    """

    ledger: Ledger
    clock: Clock
    pseudonyms: Pseudonyms
    platform: str
    dataset_id: str
    defaults: Mapping[str, Mapping[str, str]]
    latest_ms: int
    seen_ms: int
    seen_basis: str
    prefixed: bool
    longest_id: int | None = None
    platforms: set[str] = field(default_factory=set)

    def convert(self, rows: Rows) -> pa.RecordBatch:
        """The rows that survive, in the columns of `staged_schema`."""
        table = TABLES[rows.table]
        batch = self._readable(rows)
        for column in table.columns:
            with _told_of(column.name):
                self._column(batch, column, rows.derived)
        self._intake(batch, rows.derived)
        self._fill(batch, table)
        for column in table.columns:
            if column.required:
                missing = mask_of(batch.out[column.name].is_null())
                self._lose(batch, missing, f"{column.name} is missing", rows.derived)
        for check in ROW_CHECKS.get(rows.table, ()):
            mask, reason = check(batch.out)
            self._lose(batch, mask, reason, rows.derived)
        batch.out["z_primary"] = pa.array(np.full(len(batch.alive), not rows.derived))
        schema = staged_schema(table)
        kept = pa.RecordBatch.from_arrays(
            [batch.out[n].cast(schema.field(n).type) for n in schema.names], schema=schema
        )
        return kept if batch.alive.all() else kept.filter(pa.array(batch.alive))

    def _readable(self, rows: Rows) -> _Batch:
        """Rows with text that is none are lost at once: nothing could be told of them."""
        alive = np.ones(rows.data.num_rows, bool)
        platform, prefixed = rows.platform or self.platform, self.prefixed
        if rows.platform is not None:
            self.platforms.add(rows.platform)
            prefixed = True
        batch = _Batch(rows.table, rows.data, rows.lines, alive, platform, prefixed, rows.times)
        arrays = []
        for name, column in zip(rows.data.schema.names, rows.data.columns, strict=True):
            with _told_of(name):
                values, bad = readable(column, names=names_something(name))
            self._lose(batch, bad, "the text is not UTF-8", rows.derived)
            arrays.append(values)
        batch.data = pa.RecordBatch.from_arrays(arrays, names=rows.data.schema.names)
        return batch

    def _lose(
        self,
        batch: _Batch,
        rows: Mask | None,
        reason: str,
        derived: bool,
        held: pa.Array | None = None,
    ) -> None:
        if rows is None:
            return
        lost = rows & batch.alive
        if lost.any():
            batch.alive &= ~lost
            if not derived:  # the row that it was derived from answers for it
                value = None if held is None else _example(held[int(np.argmax(lost))])
                self.ledger.reject(
                    batch.table, reason, batch.lines_of(lost), int(lost.sum()), value
                )

    def _doubt(self, batch: _Batch, rows: Mask | None, reason: str) -> None:
        if rows is not None:
            doubted = rows & batch.alive
            self.ledger.note(batch.table, reason, batch.lines_of(doubted), int(doubted.sum()))

    def _column(self, batch: _Batch, column: Column, derived: bool) -> None:
        name, default = column.name, self.defaults.get(batch.table, {}).get(column.name)
        n = batch.data.num_rows
        if name not in batch.data.schema.names:
            if name in batch.out:  # the precision of a time, told by its writing
                return
            batch.out[name] = pa.nulls(n, column.type) if default is None else _constant(default, n)
            return
        raw = batch.data.column(name)
        if name.endswith("_ms"):
            self._time(batch, name, raw, derived)
            return
        values, bad = as_type(raw, column.type)
        if default is not None:
            values = pc.fill_null(values, default)
        values, unfit = self._vocabulary(values, column)
        for rows in (bad, unfit):
            if column.required:
                self._lose(batch, rows, f"{name} cannot be used", derived, raw)
            else:
                self._doubt(batch, rows, f"{name} cannot be used and is left empty")
        if name in _TEXTS:
            values, cut = shortened(values)
            self._doubt(batch, cut, f"{name} is longer than 16,384 characters and is cut")
        if name.endswith("_id") and name != "dataset_id":
            values = self._id(batch, name, values, derived)
        batch.out[name] = values

    def _vocabulary(self, values: pa.Array, column: Column) -> tuple[pa.Array, Mask | None]:
        if column.choices:
            known = pc.is_in(values, pa.array(column.choices))
        elif pa.types.is_integer(column.type) and column.name not in _FREE_NUMBERS:
            known = pc.greater_equal(values, 0)
        else:
            return values, None
        unfit = mask_of(pc.and_(values.is_valid(), pc.invert(pc.fill_null(known, False))))
        if not unfit.any():
            return values, None
        return pc.if_else(pa.array(~unfit), values, pa.scalar(None, values.type)), unfit

    def _id(self, batch: _Batch, name: str, values: pa.Array, derived: bool) -> pa.Array:
        broken = mask_of(pc.match_substring_regex(values, _BAD_ID))
        self._lose(
            batch, broken if broken.any() else None, f"{name} holds NUL or broken text", derived
        )
        if self.longest_id is not None:
            long = mask_of(pc.greater(pc.utf8_length(values), self.longest_id))
            reason = f"{name} is longer than {self.longest_id} characters"
            self._lose(batch, long, reason, derived)
        account = (batch.table, name) in _TARGETS or name in _ACCOUNT_IDS
        if account and self.pseudonyms.key is not None:
            return self.pseudonyms.ids(values, batch.platform)
        if batch.prefixed and (account or name in _PREFIXED):
            has = pc.starts_with(values, batch.platform + ":")
            return pc.if_else(has, values, pc.binary_join_element_wise(batch.platform, values, ":"))
        return values

    def _time(self, batch: _Batch, name: str, raw: pa.Array, derived: bool) -> Times:
        times = self.clock.read(name, raw, batch.times.get(name))
        known = TABLES[batch.table].by_name
        required = name in known and known[name].required
        rejects = required or (batch.table, name) in _TIMES_THAT_REJECT
        faults = [(times.unreadable, "is not a time"), (times.rounded, _ROUNDED)]
        if name not in _UNCHECKED_TIMES:
            there = ~(times.missing | times.unreadable | times.rounded)
            faults.append((there & (times.ms < EARLIEST_MS), "is before 2005"))
            latest = self.latest_ms + (3650 * DAY_MS if name in _FUTURE_TIMES else 0)
            faults.append((there & (times.ms > latest), "lies in the future"))
        for mask, reason in faults:
            if mask.any():
                if required if reason == _ROUNDED else rejects:
                    self._lose(batch, mask, f"{name} {reason}", derived, raw)
                else:
                    self._doubt(batch, mask, f"{name} {reason} and is left empty")
                times.missing = times.missing | mask
        if times.naive:
            self.ledger.note(
                batch.table,
                f"{name} names no time zone, read as {times.zone}",
                [],
                times.naive,
            )
        batch.out[name] = pa.array(times.ms, mask=times.missing)
        self._precision(batch, name, times)
        return times

    def _precision(self, batch: _Batch, name: str, times: Times) -> None:
        """Where the writing is coarse and the file does not say how coarse, this does."""
        column = f"{name.removesuffix('_ms')}_precision_s"
        if column in TABLES[batch.table].by_name and column not in batch.data.schema.names:
            whole = pa.array(times.precision_ms // 1000, mask=times.missing)
            batch.out[column] = whole

    def _intake(self, batch: _Batch, derived: bool) -> None:
        names = batch.data.schema.names
        n = batch.data.num_rows
        batch.out["z_seen_ms"] = _constant(self.seen_ms, n)
        batch.out["z_seen_basis"] = _constant(self.seen_basis, n)
        if batch.table == "engagement":
            lo, hi = "ts_lo_ms" in names, "ts_hi_ms" in names
            if lo != hi:
                batch.out["ts_lo_ms"] = batch.out["ts_hi_ms"] = batch.out[
                    "ts_lo_ms" if lo else "ts_hi_ms"
                ]
            if "ts_ms" in names:
                self._moment(batch, derived)
        if batch.table == "account" and "name" in names and "name_shape" not in names:
            batch.out["name_shape"] = name_shape(as_type(batch.data.column("name"), pa.string())[0])
            hashed = mask_of(
                pc.and_(batch.out["name_shape"].is_null(), batch.data.column("name").is_valid())
            )
            batch.out["id_kind"] = pc.if_else(
                pa.array(hashed), "upstream_hash", batch.out["id_kind"]
            )
        if batch.table == "comment":
            self._sighting(batch, derived)
        elif batch.table == "count_snapshot" and "value" in names:
            low, high, bad = as_interval(batch.data.column("value"))
            self._lose(batch, bad, "value is no count", derived, batch.data.column("value"))
            batch.out |= {"value_lo": low, "value_hi": high}

    def _moment(self, batch: _Batch, derived: bool) -> None:
        """Where `ts_ms` is empty the interval of the row stands."""
        times = self._time(batch, "ts_ms", batch.data.column("ts_ms"), derived)
        wide = np.where(times.precision_ms > 1000, times.precision_ms - 1, 0)
        ends = {"ts_lo_ms": times.ms, "ts_hi_ms": times.ms + wide}
        differ = np.zeros(len(batch.alive), bool)
        for name, told in ends.items():
            moment = pa.array(told, mask=times.missing)
            differ |= mask_of(pc.not_equal(moment, batch.out[name]))
            batch.out[name] = pc.coalesce(moment, batch.out[name])
        self._doubt(batch, differ, "ts_ms is not the time of ts_lo_ms and ts_hi_ms, and is taken")

    def _sighting(self, batch: _Batch, derived: bool) -> None:
        n = batch.data.num_rows
        if "observed_ms" in batch.data.schema.names:
            self._time(batch, "observed_ms", batch.data.column("observed_ms"), derived)
            seen = batch.out["observed_ms"]
            batch.out["z_seen_basis"] = pc.if_else(
                seen.is_valid(), "row", batch.out["z_seen_basis"]
            )
            batch.out["z_seen_ms"] = pc.coalesce(seen, batch.out["z_seen_ms"])
        counts = [pa.nulls(n, pa.int64())] * 2
        if "like_count" in batch.data.schema.names:
            *counts, bad = as_interval(batch.data.column("like_count"))
            self._doubt(batch, bad, "like_count cannot be used and is left empty")
        batch.out |= dict(zip(_COUNTS, counts, strict=True))

    def _fill(self, batch: _Batch, table: Table) -> None:
        """What every source leaves to ingest: dataset, platform, how a time came to be known."""
        n, out = batch.data.num_rows, batch.out
        if "dataset_id" in out:
            out["dataset_id"] = _constant(self.dataset_id, n)
        if "platform" in out:
            named = platform_of(out[f"{table.name}_id"], batch.platform)
            out["platform"] = pc.coalesce(out["platform"], named)
        if table.name == "comment":
            day = pc.greater_equal(out["created_precision_s"], DAY_MS // 1000)
            known = pc.if_else(pc.fill_null(day, False), "date_only", "field")
            basis = pc.if_else(out["created_ms"].is_valid(), known, "none")
            out["created_basis"] = pc.coalesce(out["created_basis"], basis)
        if table.name == "account":
            given = pc.if_else(out["created_ms"].is_valid(), "field", pa.scalar(None, pa.string()))
            out["created_basis"] = pc.coalesce(out["created_basis"], given)
        if table.name == "decision" and self.pseudonyms.key is not None:
            hashed = self.pseudonyms.ids(out["target_id"], batch.platform)
            on_account = pc.equal(out["target_kind"], "account")
            out["target_id"] = pc.if_else(on_account, hashed, out["target_id"])
        if table.name == "engagement":
            # Rows are made unique by key later; the id is theirs, so it comes after.
            out["engagement_id"] = pc.fill_null(out["engagement_id"], "")


@contextmanager
def _told_of(column: str) -> Iterator[None]:
    """Says in which column a conversion failed."""
    try:
        yield
    except pa.ArrowException as error:
        raise pa.ArrowInvalid(f"column {column}: {error}") from error


def _constant(value: int | str, n: int) -> pa.Array:
    return pa.array([value]).take(pa.array(np.zeros(n, np.int64)))


def _example(value: pa.Scalar) -> object:
    """What was found, as Python has it; the number behind it where Python has no such date."""
    try:
        return value.as_py()
    except (ArithmeticError, ValueError):
        return getattr(value, "value", str(value.type))
