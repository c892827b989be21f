"""Small vectorised helpers of the rules: absent columns, sums by key, lists of codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

__all__ = [
    "code_lists",
    "column",
    "flags",
    "known_or_null",
    "sums_by",
    "surprising_texts",
    "to_frame",
]

Array: TypeAlias = np.ndarray[Any, Any]


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas; NULL numbers become NaN, NULL texts None."""
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=False)
    return frame


def column(frame: pd.DataFrame | None, name: str, n: int | None = None) -> Array:
    """A column as float64, NaN where it is missing or not computable."""
    if frame is None or name not in frame.columns:
        return np.full(len(frame) if n is None and frame is not None else (n or 0), np.nan)
    values: Array = pd.to_numeric(frame[name], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return values


def flags(frame: pd.DataFrame | None, name: str, n: int) -> Array:
    """A column of booleans; missing and NULL count as False."""
    if frame is None or name not in frame.columns:
        return np.zeros(n, dtype=bool)
    values = frame[name]
    known = values.notna().to_numpy(dtype=bool)
    result = np.zeros(n, dtype=bool)
    result[known] = values[known].astype(bool).to_numpy()
    return result


def known_or_null(values: Array, known: Array) -> Array:
    """Booleans as objects, None where they are not known."""
    result: Array = np.asarray(values, dtype=object).copy()
    result[~known] = None
    return result


def surprising_texts(templates: pd.DataFrame, least_bits: float) -> Array:
    """Which comments stand in a template that is rarer elsewhere than here.

    The template family's own flag where the frame has it (it knows prompts and accounts), else
    the bits alone.
    """
    if "surprising" in templates.columns:
        return flags(templates, "surprising", len(templates))
    bits = np.nan_to_num(column(templates, "surprise"), nan=0.0)
    return np.asarray(templates["template_id"].notna().to_numpy() & (bits >= least_bits))


def sums_by(keys: pd.Index, wanted: Sequence[str], values: pa.Table) -> pd.DataFrame:
    """Sums of the wanted columns by the table's first column, aligned with `keys`; 0 if absent."""
    key = values.column_names[0]
    if values.num_rows == 0:
        return pd.DataFrame({name: np.zeros(len(keys)) for name in wanted}, index=keys)
    grouped = values.group_by(key, use_threads=False).aggregate([(n, "sum") for n in wanted])
    frame: pd.DataFrame = grouped.to_pandas().set_index(key)
    return frame.rename(columns={f"{n}_sum": n for n in wanted}).reindex(keys).fillna(0.0)


def code_lists(n: int, marks: Mapping[str, Array]) -> list[list[str]]:
    """For every row the codes whose mark is set, in the order given; equal lists are shared."""
    codes = tuple(marks)
    bits = np.zeros(n, dtype=np.int64)
    for position, code in enumerate(codes):
        bits |= np.asarray(marks[code], dtype=bool).astype(np.int64) << position
    unique, inverse = np.unique(bits, return_inverse=True)
    lists = [[c for i, c in enumerate(codes) if (int(b) >> i) & 1] for b in unique]
    return [lists[i] for i in inverse]
