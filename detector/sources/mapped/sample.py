"""The columns of an unknown file with the first values of each, wherever its records are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.flat import Records
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values
from zhenzan.detector.sources.records import read_records

__all__ = ["Sample", "samples"]

_ROWS: Final = 500
_DEPTH: Final = 4  # of objects around the list of records, and inside a record


@dataclass(slots=True)
class Sample:
    """Some rows of one table of a file.

    Attributes:
        columns: First values by column; of JSON by path (`author.id`).
        sheet: Where there are several.
        rows: Path to the list inside each JSON value; "" where the values are the records.
        nested: The records are JSON with objects inside.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    sheet: str | None = None
    rows: str = ""
    nested: bool = False


def samples(seen: Probe) -> list[Sample]:
    """One sample a sheet, or a list of records; none where there is no record at all."""
    if seen.kind == "json":
        return _of_json(seen)
    if seen.kind in ("xlsx", "sqlite"):
        return [_of_table(seen, name) for name, columns in seen.sheets.items() if columns]
    if seen.kind in ("delimited", "parquet"):
        return [_of_table(seen, None)]
    return []


def _of_table(seen: Probe, sheet: str | None) -> Sample:
    found = Sample(sheet=sheet)
    for record in read_records(seen, sheet=sheet):
        if isinstance(record, Records):
            for name in record.data.schema.names:
                values = found.columns.setdefault(name, [])
                values += record.data.column(name).slice(0, _ROWS).to_pylist()
            break
    return found


def _of_json(seen: Probe) -> list[Sample]:
    values = (v for _, v in json_values(Pieces(seen.path)) if not isinstance(v, JsonProblem))
    pages = list(islice(values, _ROWS))
    whole = _of_records(pages, "")
    lists = [] if not pages else list(_lists(pages[0], "", _DEPTH))
    inner = [_of_records(records, way) for way, records in lists]
    # A page holds its records in a list; a record may hold a list too, but stands beside others.
    return [*inner, whole] if len(pages) < 2 else [whole, *inner]


def _of_records(records: list[Any], rows: str) -> Sample:
    found = Sample(rows=rows)
    for number, record in enumerate(records[:_ROWS]):
        for way, value in _leaves(record, "", _DEPTH):
            found.nested |= "." in way
            values = found.columns.setdefault(way, [])
            values += [None] * (number - len(values)) + [value]
    return found


def _lists(value: Any, way: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Every list of objects inside a page, with the way to it."""
    if not isinstance(value, Mapping) or depth == 0:
        return
    for key, below in value.items():
        if not _is_step(key):
            continue
        here = f"{way}.{key}" if way else key
        if isinstance(below, list) and below and isinstance(below[0], dict):
            yield here, below
        else:
            yield from _lists(below, here, depth - 1)


def _leaves(value: Any, way: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and depth:
        for key, below in value.items():
            if _is_step(key):
                yield from _leaves(below, f"{way}.{key}" if way else key, depth - 1)
    elif way and not isinstance(value, list | Mapping):
        yield way, value


def _is_step(key: str) -> bool:
    """A key that a path can name."""
    return bool(key) and not set(key) & set(".[]") and not key.startswith("$")
