"""Files in the columns of our own tables: what a platform's own logs are asked for.

A file is one table. Its name says which (`engagement.parquet`, `comment.csv.gz`), else its columns
do. Columns that are not required may be missing; `ts_ms` stands for `ts_lo_ms = ts_hi_ms`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import pyarrow as pa
from zhenzan.detector.sources.base import (
    INTAKE,
    Item,
    Match,
    Noted,
    ReadOptions,
    Rejected,
    Rows,
    Source,
)
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.records import BadRecord, read_records
from zhenzan.features.errors import SchemaError
from zhenzan.features.tables import TABLES

__all__ = ["Canonical"]

_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "engagement": {"basis": "internal_log"},
        "account": {"id_kind": "native"},
        "section": {"kind": "post"},
        "count_snapshot": {"scene": "all", "observed_basis": "row"},
        "follow": {"kind": "follow"},
        "coverage": {"object": "comment", "selection": "unknown"},
        "context": {"declared_by": "creator"},
    }
)
# What ingest fills itself: no file needs them.
_MADE: Final = frozenset({"dataset_id", "engagement_id", "platform", "created_basis"})
# Columns of a scan's own output: a scan that lies beside its input is not read again.
_OF_A_SCAN: Final = frozenset({"p_purchased", "n_purchased"})


class Canonical(Source):
    """See the module; ids are kept, because a platform's own team must act on them."""

    name: ClassVar[str] = "canonical"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "files in the columns of our tables: Parquet, CSV or JSON lines, packed or not",
            "zh": "按规范表列名整理的文件：Parquet、CSV 或 JSON Lines，可压缩",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "a file named after a table (engagement, comment, section, account, …)",
        "columns kind, section_id, account_id and ts_ms, or those of another table",
    )
    hashes_ids: ClassVar[bool] = False
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = _DEFAULTS
    table_names: ClassVar[tuple[str, ...]] = tuple(n for n in TABLES if n != "dataset")

    def sniff(self, probe: Probe) -> Match | None:
        """Certain by columns; a name alone is enough for a file that holds nothing."""
        if probe.kind == "empty":
            return Match(1, f"empty {probe.stem}") if probe.stem in TABLES else None
        if _OF_A_SCAN & set(probe.columns):
            return None
        table = _table_of(probe)
        return None if table is None else Match(2, table)

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams the one table that the file is; `dataset` files are made anew by ingest."""
        table = probe.stem if probe.kind == "empty" else _table_of(probe)
        if table is None:
            raise SchemaError(
                "its columns are those of no table",
                path=probe.path,
                found=", ".join(probe.columns) or probe.kind,
                expected="kind, section_id, account_id, ts_ms, or the columns of another table",
            )
        if table == "dataset" or table not in TABLES:
            return
        known = {c.name for c in TABLES[table].columns} | set(INTAKE.get(table, ()))
        yield from _unknown_columns(table, probe, known)
        text = [c.name for c in TABLES[table].columns if pa.types.is_string(c.type)]
        for record in read_records(probe, columns=known, text=text):
            if isinstance(record, BadRecord):
                yield Rejected(table, record.line, record.reason)
            else:
                data = record.data.select([n for n in record.data.schema.names if n in known])
                if options.section_id and "section_id" in known - set(data.schema.names):
                    told = pa.array([options.section_id] * data.num_rows)
                    data = data.append_column("section_id", told)
                yield Rows(table, data, record.lines)


def _unknown_columns(table: str, probe: Probe, known: set[str]) -> Iterator[Noted]:
    for name in probe.columns:
        if name not in known:
            yield Noted(table, 1, f"unknown column {name!r} is not read")


def _needed(table: str) -> set[str]:
    return set(TABLES[table].required) - _MADE - set(_DEFAULTS.get(table, {}))


def _table_of(probe: Probe) -> str | None:
    """By name where the columns allow it, else the table whose needed columns all are there."""
    have = set(probe.columns)
    # A file that bears the name may leave its section to --section-id.
    if probe.stem in TABLES and (
        probe.stem == "dataset" or _needed(probe.stem) - {"section_id"} <= have
    ):
        return probe.stem
    fitting = [
        (len(have & {c.name for c in table.columns}), name)
        for name, table in TABLES.items()
        if name != "dataset" and _needed(name) <= have and _telling(name, have)
    ]
    return max(fitting)[1] if fitting else None


def _telling(table: str, have: set[str]) -> bool:
    """A file of another name must hold more than an id and a kind to be taken for a table."""
    marks: Mapping[str, set[str]] = {
        "engagement": {"ts_ms", "ts_lo_ms", "account_id"},
        "section": {"creator_id", "published_ms", "title"},
        "account": {"created_ms", "id_kind", "name_shape", "declared_bot"},
        "comment": {"text", "created_ms"},
        "context": {"declared_by"},
        "follow": {"created_ms"},
    }
    return table not in marks or bool(marks[table] & have)
