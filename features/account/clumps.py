"""Accounts of one section that were opened together, or whose ids stand together.

Whoever opens accounts for a job opens them in batches, and buys old ones in batches too. A run of
visitors whose creation times (ids) lie close together counts as far as it exceeds what the accounts
of the other sections in the same stretch predict, so that a wave of new users explains itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from zhenzan.features.people import Codes, Reals

__all__ = ["CLUMP_BITS", "FEWEST", "OTHERS", "Clump", "clump_bits", "clumps"]

# Below five the run is a couple of coincidences; three times the expected count is well beyond what
# the uneven ages of real audiences do [H].
FEWEST: Final = 5
_TIMES: Final = 3.0
# One chance in a thousand after the number of runs looked at: worth counting.
CLUMP_BITS: Final = 10.0
# The accounts of other sections are the yardstick; a shorter one measures nothing [H].
OTHERS: Final = 100


@dataclass(frozen=True, slots=True)
class Clump:
    """The strongest run of each section, by section code.

    Attributes:
        order: Visits sorted by section and value.
        first: Place in `order` where the run begins.
        length: Its visits; 0 where nothing stands out.
        expected: Visits that the accounts of other sections predict for its stretch.
        bits: By which it exceeds them, after the number of runs looked at.
    """

    order: Codes
    first: Codes
    length: Codes
    expected: Reals
    bits: Reals


@njit(cache=True)
def clump_bits(values: Any, offsets: Any, everybody: Any, ceiling: Any) -> Any:
    """Bits by which the densest run around each visit exceeds the other sections' accounts.

    Args:
        values: Creation times (or id ranks) of visits, ascending within each section.
        offsets: Where each section begins, and the end.
        everybody: The same of all accounts of the set, ascending.
        ceiling: By section, the largest value that counts (accounts opened later could not come).

    Returns:
        By visit the bits (0 where nothing stands out, NaN where it cannot be judged), and by
        section the first visit, the length (0: none) and the expected length of its strongest run.
    """
    bits = np.full(len(values), np.nan)
    first = np.zeros(len(offsets) - 1, dtype=np.int64)
    length = np.zeros(len(offsets) - 1, dtype=np.int64)
    usual = np.full(len(offsets) - 1, np.nan)
    for s in range(len(offsets) - 1):
        a = offsets[s]
        b = a + np.searchsorted(values[a : offsets[s + 1]], ceiling[s], side="right")
        m = b - a
        others = np.searchsorted(everybody, ceiling[s], side="right") - m
        if m < FEWEST or others < max(OTHERS, m):
            continue
        bits[a:b] = 0.0
        tests = 0
        k = FEWEST
        while k <= m:
            tests += (m - k) // max(k // 2, 1) + 1
            k *= 2
        k, best = FEWEST, 0.0
        while k <= m:
            for i in range(a, b - k + 1, max(k // 2, 1)):
                low = np.searchsorted(everybody, values[i], side="left")
                high = np.searchsorted(everybody, values[i + k - 1], side="right")
                expected = (max(high - low - k, 0) + 0.5) * m / (others + 0.5)
                if k < _TIMES * expected:
                    continue
                here = (k * np.log(k / expected) - (k - expected)) / np.log(2.0)
                here -= np.log2(tests)
                if here <= 0.0:
                    continue
                for j in range(i, i + k):
                    bits[j] = max(bits[j], here)
                if here > best:
                    best, first[s], length[s], usual[s] = here, i, k, expected
            k *= 2
    return bits, first, length, usual


def clumps(section: Codes, value: Reals, of_account: Reals, ceiling: Reals) -> tuple[Reals, Clump]:
    """Clumps of all sections.

    Args:
        section: Section code by visit.
        value: Creation time or id rank by visit, NaN where unknown.
        of_account: The same by account of the set.
        ceiling: By section code, NaN where none of its times is known (not judged).

    Returns:
        Bits by visit, NaN where not judged; and the strongest run of each section.
    """
    made = np.full(len(value), np.nan)
    known = np.flatnonzero(~np.isnan(value))
    order = known[np.lexsort((value[known], section[known]))]
    n = len(ceiling)
    count = np.bincount(section[order], minlength=n)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    everybody = np.sort(of_account[~np.isnan(of_account)])
    top = np.where(np.isnan(ceiling), -np.inf, ceiling)
    bits, first, length, usual = clump_bits(value[order], offsets, everybody, top)
    made[order] = bits
    strongest = np.zeros(n)
    found = length > 0
    strongest[found] = bits[first[found]]
    return made, Clump(order, first, length, usual, strongest)
