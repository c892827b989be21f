"""Canonical tables from frames in a notebook: columns completed, types checked, nothing guessed.

For data that is in the columns of the canonical tables already. Files of any other shape, hashing
of ids and merging of duplicates are the business of a scan.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.features.errors import NothingToReadError, SchemaError
from zhenzan.features.tables import TABLES, Column, Table

__all__ = ["TableSource", "canonical_tables"]

TableSource: TypeAlias = Mapping[str, Any] | Path | str
"""Table name to a pandas or Arrow table, or a folder of `<table>.parquet` files."""

# What a column holds where a frame leaves it out; as the source `canonical` has it.
_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "account": {"id_kind": "native"},
        "section": {"kind": "post"},
        "engagement": {"basis": "internal_log"},
        "count_snapshot": {"scene": "all", "observed_basis": "row"},
        "follow": {"kind": "follow"},
        "coverage": {"object": "comment", "selection": "unknown"},
        "context": {"declared_by": "creator"},
    }
)
_EVERYWHERE: Final = MappingProxyType({"dataset_id": "frames", "platform": "unknown"})
_EXACT: Final = "ts_ms"  # stands for ts_lo_ms = ts_hi_ms
# Acts without an id are numbered by these, so that the order of rows gives no name.
_CONTENT: Final = (
    "section_id", "comment_id", "kind", "ts_lo_ms", "ts_hi_ms", "account_id", "occurrence",
    "list_rank",
)  # fmt: skip


def canonical_tables(source: TableSource) -> dict[str, pa.Table]:
    """Full canonical tables of what was given.

    Required columns that say where data came from are filled (`platform`, `dataset_id`, `basis`,
    `created_basis`, `engagement_id`); `ts_ms` stands for `ts_lo_ms = ts_hi_ms`; pandas times become
    milliseconds; whole numbers become text where a column holds ids. Columns that no table has are
    left out with a warning.

    Raises:
        NothingToReadError: There is no table.
        SchemaError: A table or a type is unknown, or a required value is missing; says where.
    """
    given = _read(Path(source)) if isinstance(source, str | Path) else source
    if not given:
        raise NothingToReadError(
            "no table to compute from", expected=f"some of {', '.join(sorted(TABLES))}"
        )
    made = {}
    for name in sorted(given):
        if name not in TABLES:
            raise SchemaError(
                "is no canonical table", found=str(name), expected=", ".join(sorted(TABLES))
            )
        made[name] = _completed(TABLES[name], _arrow(name, given[name]))
    return made


def _read(folder: Path) -> dict[str, pa.Table]:
    files = {name: folder / f"{name}.parquet" for name in TABLES}
    found = {name: file for name, file in files.items() if file.is_file()}
    if not found:
        raise NothingToReadError(
            "holds no table", path=folder, expected="engagement.parquet, comment.parquet, …"
        )
    try:
        return {name: pq.read_table(file) for name, file in found.items()}
    except (pa.ArrowInvalid, OSError) as error:
        raise SchemaError("a file is no Parquet table", path=folder, found=str(error)) from error


def _arrow(name: str, rows: Any) -> pa.Table:
    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if isinstance(rows, pa.Table):
        return rows
    if not isinstance(rows, pd.DataFrame):
        raise SchemaError(
            f"{name} is no table", found=type(rows).__name__, expected="a pandas or Arrow table"
        )
    columns = {str(label): rows[label] for label in rows.columns}
    try:
        return pa.table({n: pa.Array.from_pandas(column) for n, column in columns.items()})
    except pa.ArrowException as error:
        raise SchemaError(f"{name} holds mixed types", found=str(error)) from error


def _completed(table: Table, rows: pa.Table) -> pa.Table:
    have = set(rows.schema.names)
    extra = sorted(have - set(table.by_name) - {_EXACT})
    if extra:
        warnings.warn(f"{table.name}: {', '.join(extra)} is not read", UserWarning, stacklevel=4)
    if _EXACT in have and table.name == "engagement":
        for end in ("ts_lo_ms", "ts_hi_ms"):
            if end not in have:
                rows = rows.append_column(end, rows[_EXACT])
    fill = {**_EVERYWHERE, **_DEFAULTS.get(table.name, {})}
    made = {c.name: _column(table, c, rows, fill.get(c.name)) for c in table.columns}
    if table.name == "comment":
        known = pc.if_else(pc.is_valid(made["created_ms"]), "field", "none")
        made["created_basis"] = pc.coalesce(made["created_basis"], known)
    if table.name == "engagement":
        made["engagement_id"] = pc.coalesce(made["engagement_id"], _numbered(made))
    _check(table, made)
    return pa.table(
        [made[field.name] for field in table.schema],
        schema=pa.schema([field.with_nullable(True) for field in table.schema]),
    )


def _column(table: Table, column: Column, rows: pa.Table, default: str | None) -> pa.Array:
    if column.name not in rows.schema.names:
        if default is not None and column.required:
            return pa.array(np.full(rows.num_rows, default), column.type)
        return pa.nulls(rows.num_rows, column.type)
    values = rows[column.name].combine_chunks()
    try:
        if pa.types.is_timestamp(values.type) and pa.types.is_integer(column.type):
            values = pc.cast(values, pa.timestamp("ms"), safe=False)
        elif pa.types.is_floating(values.type) and pa.types.is_string(column.type):
            if values.null_count < len(values):
                raise pa.ArrowInvalid("numbers with a fraction are no ids and no words")
        elif pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        made = values.cast(column.type)
    except pa.ArrowException as error:
        raise SchemaError(
            f"{table.name}.{column.name} does not fit", found=str(error), expected=str(column.type)
        ) from error
    return made if default is None else pc.fill_null(made, default)


def _numbered(made: Mapping[str, pa.Array]) -> pa.Array:
    content = pa.table({name: made[name] for name in _CONTENT})
    order = pc.sort_indices(content, [(name, "ascending") for name in _CONTENT])
    rank = np.empty(len(order), np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    return pc.binary_join_element_wise("e", pa.array(rank).cast(pa.string()), "")


def _check(table: Table, made: Mapping[str, pa.Array]) -> None:
    for column in table.columns:
        values = made[column.name]
        if column.required and values.null_count:
            raise SchemaError(
                f"{table.name}.{column.name} is missing in {values.null_count} of {len(values)} "
                "rows",
                expected="a value in every row",
            )
        if column.choices:
            odd = values.filter(pc.invert(pc.is_in(values, pa.array([*column.choices, None]))))
            if len(odd):
                raise SchemaError(
                    f"{table.name}.{column.name} holds an unknown word", found=str(odd[0]),
                    expected=", ".join(column.choices),
                )  # fmt: skip
    if len(table.key) == 1:
        ids = made[table.key[0]]
        if pc.count_distinct(ids).as_py() < len(ids):
            raise SchemaError(f"{table.name} names the same {table.key[0]} twice")
