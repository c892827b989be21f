"""Kernel: what is usual for the other sections of the same creator."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

__all__ = ["USUAL", "usual_kernel"]

# A median of two others is their mean: less is no habit.
_LEAST_OTHERS: Final = 2

USUAL: Final = pa.schema(
    [("creator_id", pa.string()), ("section_id", pa.string()), ("excess", pa.float64())]
)


def usual_kernel(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
    """Each section's `log_ratio` less the median of its creator's other sections.

    Args:
        table: `creator_id, section_id, log_ratio`, sorted by creator and ratio.
        offsets: Where each creator begins, and the end.

    Returns:
        A table of the schema `USUAL`; NULL where the creator has fewer than two others.
    """
    ratio = table["log_ratio"].combine_chunks().to_numpy(zero_copy_only=False)
    excess = _less_the_others(ratio, offsets.to_numpy())
    return pa.table(
        [table["creator_id"], table["section_id"], pa.array(excess, mask=np.isnan(excess))],
        schema=USUAL,
    )


@njit(cache=True)
def _less_the_others(ratio: NDArray[np.float64], offsets: NDArray[np.int64]) -> Any:
    out = np.full(len(ratio), np.nan)
    for g in range(len(offsets) - 1):
        start, others = offsets[g], offsets[g + 1] - offsets[g] - 1
        if others < _LEAST_OTHERS:
            continue
        for i in range(others + 1):
            low, high = (others - 1) // 2, others // 2
            low += low >= i  # places behind the section itself move up by one
            high += high >= i
            out[start + i] = ratio[start + i] - (ratio[start + low] + ratio[start + high]) / 2
    return out
