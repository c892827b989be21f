"""Times of any spelling to milliseconds since 1970 UTC: units by column, ranges by row.

The unit of a column of numbers is that of its median number of digits (10 → s, 13 → ms, 16 → µs,
19 → ns), never of a row: in a column of milliseconds a ten-digit number is a broken row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.ingest.spellings import as_iso
from zhenzan.detector.sources.base import TimeHint

__all__ = ["DAY_MS", "EARLIEST_MS", "Clock", "Times", "Unit"]

Unit: TypeAlias = str
DAY_MS: Final = 86_400_000
# 2005-01-01: before YouTube, Weibo, GitHub and every counted like we could meet (inputs.md §2).
EARLIEST_MS: Final = 1_104_537_600_000
# Nanoseconds of the year 2262 have 19 digits; nothing longer is a time.
_POWERS: Final = np.power(10, np.arange(1, 19), dtype=np.int64)
# The tenth digit of a time of these years is that of whole seconds, in any unit.
_SECOND_DIGIT: Final = 9  # behind the first one
_TO_MS: Final = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_NUMBER: Final = r"^[+-]?[0-9]+(\.[0-9]*)?([eE][+]?[0-9]+)?$"
# What a spreadsheet program leaves of a long number: 1.71456E+12.
_SHORTENED: Final = r"^[0-9](?:\.(?P<digits>[0-9]+))?[eE][+]?(?P<power>[0-9]{1,2})$"
_ISO: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"( ?(Z|UTC|GMT|[+-][0-9]{2}:?([0-9]{2})?))?)?$"
)

_Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
_Ints: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


@dataclass(slots=True)
class Times:
    """Times of one column of a batch.

    Attributes:
        ms: Milliseconds; anything where `missing` or `unreadable`.
        missing: No value stood there.
        unreadable: What stood there is no time.
        rounded: Only the first digits of a number stood there; it may be off by hours or months.
        precision_ms: Width of what was written: a day for dates, 1 for exact milliseconds.
        naive: How many named no time zone although their kind could have.
        zone: The one that these were read in.
    """

    ms: _Ints
    missing: _Mask
    unreadable: _Mask
    precision_ms: _Ints
    rounded: _Mask
    naive: int = 0
    zone: str = "UTC"


@dataclass(slots=True)
class Clock:
    """Reads the time columns of one file and learns their units on the way.

    Attributes:
        zone: Of times that name none.
        units: Unit by column, as assumed; the first batch decides where it is not given.
        told: The user named the zone: no hint of a source overrules it.
    """

    zone: ZoneInfo
    units: dict[str, Unit] = field(default_factory=dict)
    told: bool = False
    _digits: dict[str, _Ints] = field(default_factory=dict)

    def read(self, column: str, values: pa.Array, hint: TimeHint | None = None) -> Times:
        """Milliseconds of a column, whatever its type."""
        hint = hint or TimeHint()
        zone = self.zone if self.told or hint.timezone is None else ZoneInfo(hint.timezone)
        times = self._read(column, values, zone, hint.unit)
        times.zone = zone.key
        return times

    def _read(self, column: str, values: pa.Array, zone: ZoneInfo, unit: Unit | None) -> Times:
        kind = values.type
        if pa.types.is_dictionary(kind):
            return self._read(column, values.dictionary_decode(), zone, unit)
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            return self._stamps(values, zone)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return self._numbers(column, values, unit)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return self._texts(column, values.cast(pa.string()), zone, unit)
        times = _blank(len(values))
        times.missing = _flags(values.is_null())
        times.unreadable = ~times.missing
        return times

    def settled(self) -> dict[str, Unit]:
        """Units by the median of all that was read; differs from `units` if a start misled."""
        return {name: _unit_of(counts) for name, counts in self._digits.items()}

    def _numbers(self, column: str, values: pa.Array, unit: Unit | None) -> Times:
        times = _blank(len(values))
        times.missing = _flags(values.is_null())
        if pa.types.is_integer(values.type):
            raw = values.fill_null(0).cast(pa.int64(), safe=False).to_numpy(zero_copy_only=False)
            whole = np.asarray(raw, dtype=np.int64)
        else:
            real = np.asarray(
                values.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
            )
            times.unreadable = ~np.isfinite(real) | (np.abs(real) > 9e18)
            real = np.where(times.unreadable, 0.0, real)
            whole = np.floor(real).astype(np.int64)
        usable = ~(times.missing | times.unreadable)
        # Zero and -1 stand for "unknown" in many exports and say nothing about the unit.
        counted = whole[usable & (whole > 0)]
        counts = np.bincount(np.searchsorted(_POWERS, counted, "right"), minlength=20)
        if unit is None:
            self._digits[column] = self._digits.get(column, np.zeros(20, np.int64)) + counts
        if usable.any():
            unit = unit or self.units.setdefault(column, _unit_of(counts))
            times.ms = _scaled(whole, unit)
            if not pa.types.is_integer(values.type) and unit == "s":
                # The double of 1700000000.123 is a little less: round, do not floor.
                times.ms = np.rint(np.clip(real, -9e15, 9e15) * 1e3).astype(np.int64)
            times.precision_ms[:] = 1000 if unit == "s" else 1
        return times

    def _stamps(self, values: pa.Array, zone: ZoneInfo) -> Times:
        times = _blank(len(values))
        times.missing = _flags(values.is_null())
        coarse = pa.types.is_date(values.type)
        times.precision_ms[:] = (
            DAY_MS if coarse else 1000 if values.type == pa.timestamp("s") else 1
        )
        if coarse or values.type.tz is None:
            values = _in_zone(values.cast(pa.timestamp("ms"), safe=False), zone)
            times.naive = 0 if coarse else int((~times.missing).sum())
        milliseconds = values.cast(pa.timestamp("ms", tz="UTC"), safe=False).cast(pa.int64())
        times.ms = np.asarray(milliseconds.fill_null(0).to_numpy(zero_copy_only=False))
        return times

    def _texts(self, column: str, values: pa.Array, zone: ZoneInfo, unit: Unit | None) -> Times:
        values = as_iso(pc.utf8_trim_whitespace(values))
        # RFC 3339 allows small letters for both marks.
        if pc.any(pc.match_substring_regex(values, r"^[-0-9]{10}(t|[T ].*z$)")).as_py():
            values = pc.replace_substring_regex(values, r"^([-0-9]{10})t", r"\1T")
            values = pc.replace_substring_regex(values, r"^([-0-9]{10}[T ].*)z$", r"\1Z")
        times = _blank(len(values))
        times.missing = _flags(pc.fill_null(pc.equal(values, ""), True))
        number = _flags(pc.match_substring_regex(values, _NUMBER).fill_null(False))
        stamp = _flags(pc.match_substring_regex(values, _ISO).fill_null(False))
        times.unreadable = ~(times.missing | number | stamp)
        if number.any():
            chosen = values.filter(pa.array(number))
            self._place(times, number, self._numbers(column, _as_numbers(chosen), unit))
            times.rounded[number] = _rounded(chosen)
        if stamp.any():
            self._place(times, stamp, _iso(values.filter(pa.array(stamp)), zone))
        return times

    @staticmethod
    def _place(times: Times, where: _Mask, part: Times) -> None:
        times.ms[where] = part.ms
        times.unreadable[where] = part.unreadable
        times.precision_ms[where] = part.precision_ms
        times.naive += part.naive


def _blank(n: int) -> Times:
    no = np.zeros(n, bool)
    return Times(np.zeros(n, np.int64), no, no.copy(), np.ones(n, np.int64), no.copy())


def _flags(values: pa.Array | pa.ChunkedArray) -> _Mask:
    return np.array(values.to_numpy(zero_copy_only=False), dtype=bool)


def _unit_of(counts: _Ints) -> Unit:
    """Unit of the median number of digits; the lower one of two."""
    total = int(counts.sum())
    if total == 0:
        return "ms"
    digits = int(np.searchsorted(np.cumsum(counts), (total + 1) // 2)) + 1
    return "s" if digits <= 11 else "ms" if digits <= 14 else "us" if digits <= 17 else "ns"


def _scaled(whole: _Ints, unit: Unit) -> _Ints:
    if unit == "s":
        # What would overflow is no time either; it stays far outside the allowed range.
        return np.clip(whole, -(10**15), 10**15) * 1000
    return whole // {"ms": 1, "us": 1000, "ns": 1_000_000}[unit]


def _as_numbers(texts: pa.Array) -> pa.Array:
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return texts.cast(pa.float64())


def _rounded(texts: pa.Array) -> _Mask:
    """Numbers of which only the first digits were kept: with an exponent, and less than seconds.

    A tool that writes doubles in full shows all digits in one of the rows at least.
    """
    parts = pc.extract_regex(texts, _SHORTENED)
    there = _flags(parts.is_valid())
    chosen = parts.filter(pa.array(there))
    shown = pc.utf8_length(pc.struct_field(chosen, "digits")).to_numpy(zero_copy_only=False)
    power = pc.struct_field(chosen, "power").cast(pa.int64()).to_numpy(zero_copy_only=False)
    large = power >= _SECOND_DIGIT
    there[there] = large & bool((shown[large] < _SECOND_DIGIT).all())
    return there


def _in_zone(naive: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Clock times of a zone; the hour that exists twice is read as its first pass."""
    if zone.key == "UTC":  # needs no time zone database, which small containers lack
        return naive.cast(pa.timestamp("ms", tz="UTC"), safe=False)
    return pc.assume_timezone(naive, zone.key, ambiguous="earliest", nonexistent="latest")


def _iso(texts: pa.Array, zone: ZoneInfo) -> Times:
    """ISO 8601 by Arrow at full speed; where one of them is no date (month 13), one by one."""
    times = _blank(len(texts))
    length = np.asarray(pc.utf8_length(texts).to_numpy(zero_copy_only=False))
    zoned = _flags(pc.match_substring_regex(texts, r"[0-9]( ?(Z|UTC|GMT)|[+-][0-9]{2}:?[0-9]*)$"))
    zoned &= length > 10  # the month and day of a bare date look like an offset
    short = _flags(pc.match_substring_regex(texts, r"^.{10}.[0-9]{2}:[0-9]{2}( ?[^:.,0-9].*)?$"))
    exact = _flags(pc.match_substring_regex(texts, r"[.,][0-9]"))
    times.precision_ms = np.where(
        length == 10, DAY_MS, np.where(short, 60_000, np.where(exact, 1, 1000))
    ).astype(np.int64)
    plain = pc.replace_substring_regex(texts, r" ?(UTC|GMT|Z)$", "Z")
    plain = pc.replace_substring(plain, ",", ".")
    plain = pc.replace_substring_regex(plain, r"^(.{10})T", r"\1 ")
    for named in (True, False):
        rows = np.flatnonzero(zoned == named)
        if len(rows):
            part, bad = _stamp_texts(plain.take(pa.array(rows)), zone, named)
            times.ms[rows], times.unreadable[rows] = part, bad
    times.naive = int((~zoned & (length > 10)).sum())
    return times


def _stamp_texts(texts: pa.Array, zone: ZoneInfo, zoned: bool) -> tuple[_Ints, _Mask]:
    kind = pa.timestamp("ns", tz="UTC") if zoned else pa.timestamp("ns")
    bad = np.zeros(len(texts), bool)
    try:
        stamps = texts.cast(kind)
    except pa.ArrowInvalid:
        stamps, bad = _one_by_one(texts, kind)
    if not zoned:
        stamps = _in_zone(stamps.cast(pa.timestamp("ms"), safe=False), zone)
    whole = stamps.cast(pa.timestamp("ms", tz="UTC"), safe=False).cast(pa.int64()).fill_null(0)
    return np.array(whole.to_numpy(zero_copy_only=False), dtype=np.int64), bad


def _one_by_one(texts: pa.Array, kind: pa.DataType) -> tuple[pa.Array, _Mask]:
    """Halves the texts until the bad ones stand alone: cheap where they are few."""
    if len(texts) == 1:
        try:
            return texts.cast(kind), np.zeros(1, bool)
        except pa.ArrowInvalid:
            return pa.nulls(1, kind), np.ones(1, bool)
    parts = []
    for half in (texts.slice(0, len(texts) // 2), texts.slice(len(texts) // 2)):
        try:
            parts.append((half.cast(kind), np.zeros(len(half), bool)))
        except pa.ArrowInvalid:
            parts.append(_one_by_one(half, kind))
    return pa.concat_arrays([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
