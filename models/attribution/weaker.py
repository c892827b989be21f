"""Weaker inputs widen the interval of a sum: coarse times hide where an order begins and ends."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.models.attribution.events import Events

__all__ = ["section_factor", "stream_factor", "widened"]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

# Made-up worlds (tests/streams.py, two seeds, orders within an hour and within two days): times
# known to ten minutes cover what exact times cover; known to the day, .83 of the sections with an
# order were covered before the widening where exact times cover .92.
_UNHURT_S: Final = 60.0
_DAY_S: Final = 86_400.0
_MOST: Final = 0.5


def stream_factor(events: Events) -> Reals:
    """What the interval of each stream is multiplied by: 1 for exact times, 1.5 for days."""
    low = np.maximum(events.resolution_s, _UNHURT_S) / _UNHURT_S
    blur = np.minimum(np.log(low) / np.log(_DAY_S / _UNHURT_S), 1.0)
    return np.asarray(1.0 + _MOST * blur)


def section_factor(section: Ints, weight: Reals, factor: Reals, size: int) -> Reals:
    """By section code, the mean of its streams' factors; 1 where it has none.

    Args:
        section: Code of each stream's section.
        weight: Acts of each stream.
        factor: Of each stream.
        size: How many sections there are.
    """
    total = np.bincount(section, weight, size)
    mean = np.bincount(section, weight * factor, size) / np.maximum(total, 1.0)
    return np.where(total > 0, mean, 1.0)


def widened(table: pa.Table, factor: Reals) -> pa.Table:
    """The table with both ends of each interval moved away from the sum, inside [0, n]."""
    total = table["n_purchased"].to_numpy()
    ends: dict[str, Any] = {
        end: total + factor * (table[f"n_purchased_{end}"].to_numpy() - total)
        for end in ("lo", "hi")
    }
    ends["lo"] = np.maximum(ends["lo"], 0.0)
    ends["hi"] = np.minimum(ends["hi"], table["n_engagements"].to_numpy())
    for end, values in ends.items():
        name = f"n_purchased_{end}"
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    return table
