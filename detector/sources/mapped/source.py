"""The source that reads by a map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.base import (
    Item,
    Match,
    Noted,
    ReadOptions,
    Rejected,
    Rows,
    Source,
)
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.flat import BadRecord
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values
from zhenzan.detector.sources.mapped.builtin import built_in_maps
from zhenzan.detector.sources.mapped.fit import Fit, fit, records_of
from zhenzan.detector.sources.mapped.model import DEFAULTS, MAPPABLE, Map, Part
from zhenzan.detector.sources.mapped.relative import with_relative_times
from zhenzan.detector.sources.mapped.values import counted_apart, filled, from_columns, from_records
from zhenzan.detector.sources.records import read_records
from zhenzan.features.errors import SchemaError
from zhenzan.features.tables import TABLES

__all__ = ["Mapped"]

_ROWS: Final = 1 << 14
_SHOWN: Final = 12  # unread columns that are named


class Mapped(Source):
    """Reads whatever one of its maps fits; ids are hashed, display names become shapes."""

    name: ClassVar[str] = "mapped"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "any table through a small map: common scraper exports built in, others by --map",
            "zh": "借助映射文件读取任意表格：内置常见采集工具的导出，其他用 --map",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "columns of a common export (Apify, weibo-crawler, CooRTweet, Instaloader, Steam, …)",
        "any other table: `zhenzan sources --draft-map FILE` proposes a map for --map",
    )
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = DEFAULTS
    table_names: ClassVar[tuple[str, ...]] = (*MAPPABLE, "coverage")

    def __init__(self, maps: Sequence[Map] | None = None) -> None:
        """Knows the built-in maps, or those given instead."""
        self._own = maps

    def sniff(self, probe: Probe) -> Match | None:
        """By the columns that a map needs; any native source is surer."""
        found = self._fitting(probe)
        return None if found is None else Match(1, found[0].name)

    def complaint(self, probe: Probe) -> str:
        """Why no map fits, for users who named one."""
        return "; ".join(f"map {m.name}: {self._fit(m, probe).lacking}" for m in self._maps())

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams the records of each sheet or list once, for all parts that are made of them."""
        if probe.kind == "empty":
            return
        found = self._fitting(probe)
        if found is None:
            known = ", ".join(probe.columns) or ", ".join(probe.sheets) or probe.kind
            raise SchemaError(self.complaint(probe), path=probe.path, found=known)
        chosen, met = found
        first = chosen.parts[0].table
        yield Noted(first, 1, f"read with the map {chosen.name}")
        yield from _unread(chosen, probe, first)
        for numbers in _readings(chosen, met):
            reading = _Reading(chosen, met, numbers, probe, options)
            yield from reading.items()

    def _maps(self) -> Sequence[Map]:
        return built_in_maps() if self._own is None else self._own

    def _fit(self, known: Map, probe: Probe) -> Fit:
        return fit(known, probe, headless=self._own is not None)

    def _fitting(self, probe: Probe) -> tuple[Map, Fit] | None:
        """The map that asks for most of what is there; the first by name where equal."""
        met = [(m, self._fit(m, probe)) for m in self._maps()]
        fitting = [(m, f) for m, f in met if not f.lacking]
        return max(fitting, key=lambda pair: len(pair[0].needs), default=None)


def _readings(chosen: Map, met: Fit) -> Iterator[list[int]]:
    """Parts that are made of the same records, together."""
    groups: dict[object, list[int]] = {}
    for number, sheet in met.sheets.items():
        part = chosen.parts[number]
        groups.setdefault((sheet, part.rows, part.header, part.children), []).append(number)
    yield from groups.values()


def _unread(chosen: Map, seen: Probe, table: str) -> Iterator[Noted]:
    if seen.kind not in ("delimited", "parquet"):
        return
    used = {
        place.steps[0]
        for part in chosen.parts
        for column in part.columns.values()
        for place in (*column.places, *column.digest)
    }
    rest = [name for name in seen.columns if name not in used and not chosen.parts[0].header]
    if rest:
        more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
        yield Noted(table, 1, f"columns that are not read: {', '.join(rest[:_SHOWN])}{more}")


class _Reading:
    """One pass over the records of a sheet, or of the lists in a JSON file."""

    def __init__(
        self, chosen: Map, met: Fit, numbers: Sequence[int], seen: Probe, options: ReadOptions
    ) -> None:
        self._map = chosen
        self._numbers = numbers
        self._parts = [chosen.parts[number] for number in numbers]
        self._seen = seen
        self._sheet = met.sheets[numbers[0]]
        self._present = met.present
        self._collected: Counter[str] = Counter()
        self._repeats: dict[int, Counter[str]] = {number: Counter() for number in numbers}
        self._options = options

    def items(self) -> Iterator[Item]:
        """All that the records give."""
        for number, part in zip(self._numbers, self._parts, strict=True):
            if self._by_file(number, part):
                told = "told" if self._options.section_id else "named by the file"
                yield Noted(part.table, 1, f"the records name no section: {told}, {self._section}")
                break
        if self._seen.kind == "json" and not self._is_flat():
            yield from self._nested()
        else:
            yield from self._tabular()
        yield from self._coverage()

    def _coverage(self) -> Iterator[Rows]:
        """What is known of the choice of comments, a row a section."""
        if self._collected:
            n = len(self._collected)
            columns = {
                "section_id": pa.array(self._collected.keys(), pa.string()),
                "object": pa.array(["comment"] * n),
                "collected": pa.array(self._collected.values(), pa.int64()),
                "selection": pa.array([self._parts[0].selection] * n, pa.string()),
            }
            data = pa.RecordBatch.from_pydict(columns)
            yield Rows("coverage", data, 1, derived=True, platform=self._map.platform)

    def _count(self, part: Part, sections: pa.Array) -> None:
        if part.table == "comment" and part.selection:
            for found in pc.value_counts(sections.cast(pa.string())).to_pylist():
                if found["values"] is not None:
                    self._collected[found["values"]] += found["counts"]

    def _is_flat(self) -> bool:
        part = self._parts[0]
        plain = all(
            place.column is not None
            for p in self._parts
            for column in p.columns.values()
            for place in (*column.places, *column.digest)
        )
        return plain and not part.rows and part.children is None

    def _tabular(self) -> Iterator[Item]:
        wanted, text = set[str](), set[str]()
        for part in self._parts:
            for name, column in part.columns.items():
                names = {str(p.steps[0]) for p in (*column.places, *column.digest)}
                wanted |= names
                if column.digest or column.values or _is_text(part.table, name):
                    text |= names
        records = read_records(
            self._seen, columns=wanted, text=sorted(text), sheet=self._sheet, header=self._header()
        )
        for record in records:
            if isinstance(record, BadRecord):
                yield Rejected(self._parts[0].table, record.line, record.reason)
                continue
            for number, part in zip(self._numbers, self._parts, strict=True):
                yield from self._rows(number, part, from_columns(part, record.data), record.lines)

    def _header(self) -> tuple[str, ...]:
        names = self._parts[0].header
        return () if set(names) & set(self._seen.columns) else names

    def _nested(self) -> Iterator[Item]:
        held: list[tuple[Any, Any, Any]] = []
        lines: list[int] = []
        for line, found in self._records():
            if isinstance(found, str):
                yield Rejected(self._parts[0].table, line, found)
                continue
            held.append(found)
            lines.append(line)
            if len(held) >= _ROWS:
                yield from self._held(held, lines)
                held, lines = [], []
        if held:
            yield from self._held(held, lines)

    def _held(self, held: Sequence[tuple[Any, Any, Any]], lines: Sequence[int]) -> Iterator[Item]:
        where = pa.array(lines, pa.int64())
        for number, part in zip(self._numbers, self._parts, strict=True):
            yield from self._rows(number, part, from_records(part, held), where)

    def _records(self) -> Iterator[tuple[int, tuple[Any, Any, Any] | str]]:
        """(line, (record, page, record above)) or (line, what is wrong)."""
        part = self._parts[0]
        pieces = Pieces(self._seen.path)
        line = 0
        for line, page in json_values(pieces):
            if isinstance(page, JsonProblem):
                yield line, page.reason
                continue
            records = records_of(page, part.rows)
            if records is None:
                yield line, "no records where the map looks for them"
            else:
                for found in _with_children(records, part.children):
                    yield (
                        line,
                        ("not a JSON object" if found is None else (found[0], page, found[1])),
                    )
        if pieces.cut:
            yield line + 1, "the packed file is cut off here"

    @property
    def _section(self) -> str:
        return self._options.section_id or _stem(self._seen)

    def _by_file(self, number: int, part: Part) -> bool:
        """Whether the section is that of the file, since no record names it."""
        if "section_id" not in {c.name for c in TABLES[part.table].columns}:
            return False
        if part.section_from == "file":
            return True
        column = part.columns.get("section_id")
        if column is None or column.constant is not None or column.digest:
            return False
        return not any(place in self._present[number] for place in column.places)

    def _rows(
        self, number: int, part: Part, raw: pa.RecordBatch, lines: int | pa.Int64Array
    ) -> Iterator[Rows]:
        extra: dict[str, str | int] = {}
        if self._by_file(number, part):
            extra["section_id"] = self._section
        elif self._options.section_id and "section_id" in part.columns:
            extra["section_id"] = self._options.section_id
        if part.table in ("count_snapshot", "account_snapshot") and self._options.observed_ms:
            extra["observed_ms"] = self._options.observed_ms
            if part.table == "count_snapshot" and "observed_ms" not in part.columns:
                extra["observed_basis"] = self._options.observed_basis or "file_time"
        if part.table == "section" and part.kind:
            extra["kind"] = part.kind
        data = filled(part, counted_apart(part, raw, self._repeats[number]), extra)
        if part.table == "comment" and self._options.observed_ms:
            zone = part.times["created_ms"].timezone if "created_ms" in part.times else None
            data = with_relative_times(data, self._options.observed_ms, zone)
        if "section_id" in data.schema.names:
            self._count(part, data.column("section_id"))
        derived = number != self._numbers[0]
        platform = self._map.platform
        yield Rows(part.table, data, lines, derived, platform, part.times)
        if part.kind and part.table != "section" and "section_id" in data.schema.names:
            named = pc.unique(data.column("section_id")).drop_null()
            kinds = pa.array([part.kind] * len(named), pa.string())
            sections = pa.RecordBatch.from_pydict({"section_id": named, "kind": kinds})
            if len(named):
                yield Rows("section", sections, 1, derived=True, platform=platform)


def _with_children(
    records: Iterable[Any], key: str | None, above: Any = None
) -> Iterator[tuple[Any, Any] | None]:
    """Records and those below them, each with the one above; None for what is no record."""
    for record in records:
        if not isinstance(record, dict):
            yield None
            continue
        yield record, above
        below = record.get(key) if key is not None and above is None else None
        if isinstance(below, list):
            yield from _with_children(below, key, record)


def _is_text(table: str, name: str) -> bool:
    column = TABLES[table].by_name.get(name)
    return column is not None and pa.types.is_string(column.type)


def _stem(seen: Probe) -> str:
    """The file's name without its endings, as it is spelled."""
    return seen.path.name[: len(seen.stem)]
