"""Whether a file is what a map is for, and on which of its sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.mapped.model import DEFAULTS, Map, Part
from zhenzan.detector.sources.mapped.paths import ABSENT, Place
from zhenzan.features.tables import TABLES

__all__ = ["Fit", "fit", "records_of"]

_LOOKED_AT: Final = 20  # records of the first page: optional keys need not be in the first one
# Filled by ingest, by the file's name, or by the time of collection.
_FILLED: Final = frozenset(
    {"dataset_id", "engagement_id", "platform", "created_basis", "section_id", "observed_ms"}
)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a map meets a file.

    Attributes:
        sheets: Sheet of each part, by its place in the map; parts that are not there are absent.
        present: For each of these parts, the native places that the file has.
        lacking: Why the map does not fit; empty where it does.
    """

    sheets: Mapping[int, str | None] = field(default_factory=dict)
    present: Mapping[int, frozenset[Place]] = field(default_factory=dict)
    lacking: str = ""


def fit(wanted: Map, seen: Probe, *, headless: bool) -> Fit:
    """Tries all parts; the first one, which counts the records, must be there.

    Args:
        wanted: The map.
        seen: The file.
        headless: Whether the map's own header may stand for a first line that is none: only where
            a user named the map, because any table has as many columns as some header.
    """
    sheets: dict[int, str | None] = {}
    present: dict[int, frozenset[Place]] = {}
    lacking = ""
    for number, part in enumerate(wanted.parts):
        needs = wanted.needs if number == 0 else ()
        for sheet, has in _sights(part, seen, headless):
            missing = _missing(part, needs, has)
            if not missing:
                places = (p for c in part.columns.values() for p in (*c.places, *c.digest))
                sheets[number] = sheet
                present[number] = frozenset(p for p in places if has(p))
                break
            if number == 0:
                lacking = lacking or missing
        if number == 0 and not sheets:
            return Fit(lacking=lacking or "there are no records where the map looks for them")
    return Fit(sheets, present)


def records_of(page: object, rows: tuple[Place, ...]) -> list[Any] | None:
    """The records inside a JSON value; None where no way leads to any.

    A list is taken as it is, and of an object whose values are all objects (records by id, as some
    packages store them) its values.
    """
    if not rows:
        return [page]
    for way in rows:
        found = way.of(page, page)
        if isinstance(found, list):
            return found
        if isinstance(found, dict) and all(isinstance(v, dict) for v in found.values()):
            return list(found.values())
    return None


def _sights(
    part: Part, seen: Probe, headless: bool
) -> Iterator[tuple[str | None, Callable[[Place], bool]]]:
    """What the file has, once for each sheet that may be meant."""
    if seen.kind == "json":
        records = records_of(seen.first, part.rows)
        if records:
            yield None, _in_records(list(islice(records, _LOOKED_AT)), seen.first)
    elif seen.kind in ("xlsx", "sqlite"):
        for name, columns in seen.sheets.items():
            if part.sheet in (None, name):
                yield name, _in_columns(columns)
    elif seen.kind in ("delimited", "parquet") and not part.rows and part.sheet is None:
        yield None, _in_columns(_header(part, seen) if headless else seen.columns)


def _header(part: Part, seen: Probe) -> tuple[str, ...]:
    """The columns; those that the map says where the first line is no header."""
    headless = len(part.header) == len(seen.columns) and not set(part.header) & set(seen.columns)
    return part.header if headless else seen.columns


def _in_columns(columns: tuple[str, ...]) -> Callable[[Place], bool]:
    names = frozenset(columns)
    return lambda place: place.steps[0] in names and not place.of_page


def _in_records(records: list[Any], page: object) -> Callable[[Place], bool]:
    return lambda place: any(place.of(record, page) is not ABSENT for record in records)


def _missing(part: Part, needs: tuple[Place, ...], has: Callable[[Place], bool]) -> str:
    for place in needs:
        if not has(place):
            return f"no column {place.text!r}, which marks the format"
    needed = set(TABLES[part.table].required) - _FILLED - set(DEFAULTS.get(part.table, {}))
    for name in sorted(needed & set(part.columns)):
        column = part.columns[name]
        told = column.constant is not None or any(map(has, column.digest))
        if not told and not any(map(has, column.places)):
            tried = ", ".join(place.text for place in column.places or column.digest)
            return f"no column for {name} (looked for {tried})"
    return ""
