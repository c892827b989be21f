"""A map in memory, and how one is read from TOML: every mistake names its key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhenzan.detector.sources.base import INTAKE, TimeHint
from zhenzan.detector.sources.mapped.paths import Place, parsed, plain
from zhenzan.features.errors import InputError
from zhenzan.features.tables import TABLES

__all__ = ["DEFAULTS", "MAPPABLE", "Column", "Map", "Part", "columns_of", "read_map"]

DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "engagement": {"kind": "like", "basis": "list_timed"},
        "account": {"id_kind": "native"},
        "section": {"kind": "post"},
        "count_snapshot": {"scene": "all", "observed_basis": "row", "unit": "acts"},
        "follow": {"kind": "follow"},
    }
)
"""What columns hold that a map does not name."""

MAPPABLE: Final = (
    "engagement", "comment", "section", "account", "account_snapshot", "count_snapshot", "follow",
)  # fmt: skip
"""Tables a map can fill; the others say what people decided, not what a file holds."""

# What ingest makes itself.
_MADE: Final = frozenset({"dataset_id", "engagement_id", "platform", "created_basis"})
_SELECTIONS: Final = TABLES["coverage"].by_name["selection"].choices
_UNITS: Final = ("s", "ms", "us", "ns")
_PLATFORM: Final = re.compile(r"[a-z][a-z0-9_]*")
_TOP: Final = ("name", "title", "platform", "needs", "also")
_PART: Final = (
    "table", "sheet", "rows", "header", "children", "kind", "section_from", "selection", "timezone",
    "columns",
)  # fmt: skip
_COLUMN: Final = (
    "from", "path", "unit", "timezone", "values", "constant", "pattern", "digest", "repeats",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """Where a canonical column comes from.

    Attributes:
        places: Tried in this order; the first that holds something counts.
        values: Native value → ours; "" means missing; others stay as they are.
        constant: Held by every row, where `places` hold nothing.
        pattern: Its first group (else the whole match) is the value; no match is missing.
        digest: Makes an id from these native values, for files whose rows have none.
        repeats: Rows of a file that are alike get digests of their own, by how often they came.
    """

    places: tuple[Place, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    constant: str | None = None
    pattern: str | None = None
    digest: tuple[Place, ...] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """How one canonical table is filled from records.

    Attributes:
        table: The canonical table.
        columns: By canonical name.
        times: Unit and zone of its times, by canonical name.
        sheet: Of a workbook or database; None: the only one, or the one that fits.
        rows: Ways to the list of records inside a JSON value; the first that is there counts.
        header: Names of the columns of delimited text that has no header.
        children: Key of the records below a record (replies), which are records as well.
        kind: Of the sections that the records name.
        section_from: `column`, or `file`: the file's name or `--section-id`.
        selection: How the tool chooses comments (`top`, `recent`, …), where it never takes all.
    """

    table: str
    columns: Mapping[str, Column]
    times: Mapping[str, TimeHint]
    sheet: str | None = None
    rows: tuple[Place, ...] = ()
    header: tuple[str, ...] = ()
    children: str | None = None
    kind: str | None = None
    section_from: str = "column"
    selection: str | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """A whole map: parts that read the same records share one reading.

    Attributes:
        name: Shown in notes.
        parts: The first counts the records; others of the same records are derived from them.
        needs: Native names (or paths) a file must have to be taken for this format.
        platform: Of the ids; None: `internal`, or as the ids say.
    """

    name: str
    parts: tuple[Part, ...]
    needs: tuple[Place, ...] = ()
    platform: str | None = None


def columns_of(table: str) -> tuple[str, ...]:
    """Names that a map may give to columns of the table."""
    made = {"dataset_id"}
    own = tuple(c.name for c in TABLES[table].columns if c.name not in made)
    return own + tuple(INTAKE.get(table, ()))


def read_map(text: str, path: Path | str, name: str) -> Map:
    """Reads and checks a map.

    Raises:
        InputError: It cannot be right; the message names file, key, what was found and expected.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the map is no TOML: {error}", path=path) from error
    return _Reader(path).whole(said, name)


class _Reader:
    """Turns TOML values into a map; `at` is the key at hand, for messages."""

    def __init__(self, path: Path | str) -> None:
        self._path = path

    def whole(self, said: Mapping[str, Any], name: str) -> Map:
        self._known(said, (*_TOP, *_PART), "")
        parts = [self._part(said, "")]
        also = said.get("also", [])
        if not isinstance(also, list) or not all(isinstance(part, dict) for part in also):
            raise self._wrong("also", also, "[[also]] tables")
        for number, part in enumerate(also):
            at = f"also[{number}]."
            self._known(part, _PART, at)
            # What is not said again is as above: most parts read the same records.
            shared = {k: said[k] for k in ("sheet", "rows", "header", "children") if k in said}
            inherited = {k: said[k] for k in ("timezone", "section_from") if k in said}
            if "sheet" in part or "rows" in part:
                shared = {}
            parts.append(self._part({**inherited, **shared, **part}, at))
        platform = self._text(said, "platform", "")
        if platform is not None and not _PLATFORM.fullmatch(platform):
            raise self._wrong("platform", platform, "lower case letters, digits and _")
        needs = tuple(self._way(way, "needs") for way in self._texts(said, "needs", ""))
        return Map(self._text(said, "name", "") or name, tuple(parts), needs, platform)

    def _part(self, said: Mapping[str, Any], at: str) -> Part:
        table = said.get("table")
        if table not in MAPPABLE:
            raise self._wrong(f"{at}table", table, ", ".join(MAPPABLE))
        columns = said.get("columns")
        if not isinstance(columns, dict) or not columns:
            raise self._wrong(f"{at}columns", columns, f"[{at}columns] with a key a column")
        zone = self._zone(said, at)
        known = columns_of(table)
        made: dict[str, Column] = {}
        times: dict[str, TimeHint] = {}
        for name, value in columns.items():
            if name not in known:
                raise self._wrong(
                    f"{at}columns.{name}", name, f"a column of {table}: {', '.join(known)}"
                )
            made[name] = self._column(value, f"{at}columns.{name}")
            if name.endswith("_ms"):
                times[name] = self._hint(value, zone, f"{at}columns.{name}.")
            elif isinstance(value, dict) and {"unit", "timezone"} & value.keys():
                raise self._wrong(f"{at}columns.{name}", "a unit or timezone", "times only (*_ms)")
        section_from = said.get("section_from", "column")
        if section_from not in ("column", "file"):
            raise self._wrong(f"{at}section_from", section_from, "column or file")
        selection = said.get("selection")
        if selection is not None and selection not in _SELECTIONS:
            raise self._wrong(f"{at}selection", selection, ", ".join(_SELECTIONS))
        part = Part(
            table=table,
            columns=made,
            times=times,
            sheet=self._text(said, "sheet", at),
            rows=tuple(self._way(way, f"{at}rows") for way in self._texts(said, "rows", at)),
            header=self._texts(said, "header", at),
            children=self._text(said, "children", at),
            kind=self._text(said, "kind", at),
            section_from=section_from,
            selection=selection,
        )
        self._complete(part, at)
        return part

    def _complete(self, part: Part, at: str) -> None:
        needed = set(TABLES[part.table].required) - _MADE - set(DEFAULTS.get(part.table, {}))
        needed.discard("observed_ms")  # else the time of collection
        if part.section_from == "file":
            needed.discard("section_id")
        if "value" in part.columns:
            needed.discard("value_lo")
        missing = sorted(needed - set(part.columns))
        if missing:
            raise self._wrong(f"{at}columns", ", ".join(part.columns), f"also {', '.join(missing)}")

    def _column(self, value: Any, at: str) -> Column:
        if isinstance(value, str | list):
            value = {"from": value}
        if not isinstance(value, dict):
            raise self._wrong(at, value, 'a name, a list of names, or { from = "…" }')
        self._known(value, _COLUMN, f"{at}.")
        if not {"from", "path", "constant", "digest"} & value.keys():
            raise self._wrong(at, ", ".join(value), "one of from, path, constant, digest")
        names = [plain(name) for name in self._texts(value, "from", f"{at}.")]
        ways = [self._way(way, f"{at}.path") for way in self._texts(value, "path", f"{at}.")]
        values = value.get("values", {})
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise self._wrong(f"{at}.values", values, '{ native = "ours" }, all text')
        repeats = value.get("repeats", False)
        if not isinstance(repeats, bool) or (repeats and "digest" not in value):
            raise self._wrong(f"{at}.repeats", repeats, "true or false, beside a digest")
        return Column(
            places=(*names, *ways),
            values=values,
            constant=self._text(value, "constant", f"{at}."),
            pattern=self._pattern(value, at),
            digest=tuple(
                parsed(way) or plain(way) for way in self._texts(value, "digest", f"{at}.")
            ),
            repeats=repeats,
        )

    def _pattern(self, value: Mapping[str, Any], at: str) -> str | None:
        pattern = self._text(value, "pattern", f"{at}.")
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise self._wrong(
                    f"{at}.pattern", pattern, f"a regular expression ({error})"
                ) from error
        return pattern

    def _hint(self, value: Any, zone: str | None, at: str) -> TimeHint:
        said = value if isinstance(value, dict) else {}
        unit = said.get("unit")
        if unit is not None and unit not in _UNITS:
            raise self._wrong(f"{at}unit", unit, ", ".join(_UNITS))
        return TimeHint(unit, self._zone(said, at) or zone)

    def _zone(self, said: Mapping[str, Any], at: str) -> str | None:
        zone = self._text(said, "timezone", at)
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise self._wrong(f"{at}timezone", zone, "a name such as Asia/Shanghai") from error
        return zone

    def _way(self, text: str, at: str) -> Place:
        way = parsed(text)
        if way is None:
            raise self._wrong(at, text, "a path such as data.items or author.stats[0].likes")
        return way

    def _texts(self, said: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        value = said.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(v, str) and v for v in listed):
            raise self._wrong(f"{at}{key}", value, "text, or a list of texts")
        return tuple(listed)

    def _text(self, said: Mapping[str, Any], key: str, at: str) -> str | None:
        value = said.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self._wrong(f"{at}{key}", value, "text")
        return value

    def _known(self, said: Mapping[str, Any], known: tuple[str, ...], at: str) -> None:
        for key in said:
            if key not in known:
                raise self._wrong(f"{at}{key}", key, ", ".join(known))

    def _wrong(self, key: str, found: object, expected: str) -> InputError:
        shown = "nothing" if found is None else str(found)
        return InputError(
            f"the map is wrong at {key}", path=self._path, found=shown, expected=expected
        )
