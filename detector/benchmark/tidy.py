"""The one table: a row a figure, the same columns for every data set and method.

`dataset, method, metric, group, value, low, high`. Over seeds the value is the median; low and high
are the smallest and largest, or the interval that the benchmark of a data set states itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from zhenzan.features.errors import InputError, SchemaError

__all__ = ["COLUMNS", "over_seeds", "read_tidy", "tidy", "write_tidy"]

COLUMNS: Final = ("dataset", "method", "metric", "group", "value", "low", "high")
_KEY: Final = list(COLUMNS[:4])


def tidy(dataset: str, method: str, rows: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Rows `metric, group, value` of one method on one data set; what is NaN is left out."""
    frame = pd.DataFrame(list(rows), columns=["metric", "group", "value"])
    frame = frame.assign(dataset=dataset, method=method, low=np.nan, high=np.nan)
    frame["value"] = frame["value"].astype(float)
    return frame.loc[frame["value"].notna(), list(COLUMNS)].reset_index(drop=True)


def over_seeds(runs: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Medians of the same figures over runs, with the smallest and largest where several differ."""
    parts = list(runs)
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    every = pd.concat(parts, ignore_index=True)
    by = every.groupby(_KEY, sort=False)["value"]
    table = by.agg(["median", "min", "max", "size"]).reset_index()
    several = table["size"] > 1
    table = table.rename(columns={"median": "value"})
    return table.assign(low=table["min"].where(several), high=table["max"].where(several))[
        list(COLUMNS)
    ]


def write_tidy(table: pd.DataFrame, path: Path) -> None:
    """Writes CSV; numbers with all digits, so that reading gives the same table."""
    table.loc[:, list(COLUMNS)].to_csv(path, index=False, lineterminator="\n")


def read_tidy(path: Path) -> pd.DataFrame:
    """Reads what `write_tidy` wrote.

    Raises:
        InputError: The file cannot be read, or holds something else than numbers.
        SchemaError: A column is missing.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", path=path) from error
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise SchemaError(
            f"no column {', '.join(missing)}", path=path, expected=f"columns {', '.join(COLUMNS)}"
        )
    try:  # digit by digit, as they were written: parsers of tables round the last one
        numbers = {
            name: [float(text) if text else math.nan for text in table[name]]
            for name in COLUMNS[len(_KEY) :]
        }
    except ValueError as error:
        raise InputError(f"holds no number: {error}", path=path) from error
    return table[list(COLUMNS)].assign(**numbers)
