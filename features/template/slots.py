"""How far the copies of a template are edited: what they keep, and how varied their edits are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["fixed_shares", "slot_entropies"]


def fixed_shares(
    row: NDArray[np.int64], kept: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share of the leader's characters that its copies keep, in order; 1 where all are alike.

    Args:
        row: The template of each comment, as a position.
        kept: Characters of the leader that each comment keeps.
        length: Characters of the leader, by template.
    """
    n = len(length)
    # Sums of whole numbers, below 2^53: exact whatever the order of the comments.
    total = np.bincount(row, kept, n)
    return np.asarray(total / (np.bincount(row, minlength=n) * length))


def slot_entropies(row: NDArray[np.int64], form: NDArray[np.int64], n: int) -> pa.Array:
    """Entropy of the forms that the copies of a template take, as a share of the largest possible.

    Args:
        row: The template of each comment, as a position.
        form: The form of each comment, as a code.
        n: Templates.

    Returns:
        n doubles: 0 where every copy has one form, 1 where each has its own, NULL for one comment.
    """
    width = int(form.max(initial=0)) + 1
    codes, counts = np.unique(row * width + form, return_counts=True)
    of_row = codes // width
    order = np.lexsort((counts, of_row))  # by content, so that the sum is the same to the last bit
    of_row, counts = of_row[order], counts[order]
    copies = np.bincount(row, minlength=n)
    share = counts / copies[of_row]
    bits: NDArray[Any] = np.bincount(of_row, -share * np.log2(share), n)
    most = np.log2(np.maximum(copies, 2))
    return pa.array(np.clip(bits / most, 0.0, 1.0), mask=copies < 2)
