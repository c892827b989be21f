"""Compiled figures of rhythm: gaps on a grid, last digits of gaps, pauses at round totals.

All of them read gaps only, in ticks of the stream's own clock (of one second at least), so that
shifts in time change nothing and a coarse clock is not taken for a habit. Each abstains with NaN.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["GRIDS_MS", "TOTALS", "digit_divergence", "grid_share", "round_stop", "ticks_of"]

Times = NDArray[np.int64]

# Waits that people type into a scheduler: 5, 10, 15 and 30 seconds, 1, 5 and 10 minutes.
GRIDS_MS: Final = (5_000, 10_000, 15_000, 30_000, 60_000, 300_000, 600_000)
# A grid of fewer than five ticks holds more than a fifth of random gaps: it says little.
_LEAST_TICKS: Final = 5
_MIN_GAPS: Final = 19  # of the least section that may be judged, 20 acts (hard negative H12)
# Sizes in which orders are sold and at which deliveries stop (peers.md, simulator grammar; hard
# negatives, purchased reference pattern). Smaller ones lie inside the first minutes of any stream.
TOTALS: Final = (50, 100, 200, 300, 500, 1000)
_OVER_DELIVERY: Final = 10  # a tenth at most (peers.md, section 4)
_PACE_GAPS: Final = 10  # before a pause, to know what a pause is there
_MIN_PAUSES: Final = 30  # ranks of fewer pauses reach four bits at most after correction
_DIGITS: Final = 10
_MIN_DIGITS: Final = 30  # below it the bias correction takes more than 0.2 bits
_AROUND: Final = 5  # gaps on either side that set the local pace, as in `gap_repeat`


@njit(cache=True)
def ticks_of(t: Times, unit: int) -> Any:
    """Gaps in ticks of the clock, rounded, and the tick in ms (one second at least)."""
    tick = max(unit, 1000)
    ticks = np.empty(max(len(t) - 1, 0), dtype=np.int64)
    for i in range(len(ticks)):
        ticks[i] = (t[i + 1] - t[i] + tick // 2) // tick
    return ticks, tick


@njit(cache=True)
def grid_share(ticks: Times, tick: int) -> float:
    """Share of the gaps on a coarser grid than the clock's, beyond chance; the best of the grids.

    Random gaps lie on a grid of m ticks in at most 1 of m cases, which is subtracted; simultaneous
    acts are left out. NaN below 19 gaps, or where the clock is coarser than all grids.
    """
    positive = 0
    for k in ticks:
        positive += k > 0
    best = np.nan
    for grid in GRIDS_MS:
        m = grid // tick
        if positive < _MIN_GAPS or grid % tick != 0 or m < _LEAST_TICKS:
            continue
        on = 0
        for k in ticks:
            on += k > 0 and k % m == 0
        beyond = max(0.0, (on / positive - 1.0 / m) / (1.0 - 1.0 / m))
        if np.isnan(best) or beyond > best:
            best = beyond
    return best


@njit(cache=True)
def digit_divergence(ticks: Times) -> float:
    """Bits by which the last digits of gaps differ from those of random gaps at the local pace.

    Only gaps of ten ticks or more count: of a geometric gap with mean p, digit d then has a chance
    in proportion to exp(-d / p). Relative entropy, less its bias for ten cells (Miller 1955).
    NaN below 30 such gaps.
    """
    seen, expected = np.zeros(_DIGITS), np.zeros(_DIGITS)
    n, width, left, right, near = 0, len(ticks), 0, 0, 0
    for i in range(width):
        while right < min(width, i + _AROUND + 1):
            near += ticks[right]
            right += 1
        while left < i - _AROUND:
            near -= ticks[left]
            left += 1
        if ticks[i] < _DIGITS:
            continue
        n += 1
        seen[ticks[i] % _DIGITS] += 1
        q = np.exp(-1.0 / max((near - ticks[i]) / max(right - left - 1, 1), 1.0))
        chance = (1.0 - q) / (1.0 - q**_DIGITS)
        for d in range(_DIGITS):
            expected[d] += chance
            chance *= q
    if n < _MIN_DIGITS:
        return np.nan
    nats = 0.0
    for d in range(_DIGITS):
        if seen[d] > 0:
            nats += seen[d] / n * np.log(seen[d] / expected[d])
    bits: float = max(0.0, (nats - (_DIGITS - 1) / (2.0 * n)) / np.log(2.0))
    return bits


@njit(cache=True)
def round_stop(ticks: Times) -> float:
    """Bits of surprise that the stream pauses where its count reaches a round total.

    A pause is long against the mean of the ten gaps before it. For each round total the pause
    right there, and the longest one up to a tenth later (over-delivery), are ranked among all
    pauses of the stream; the rank is corrected for the places and the totals that were tried.
    NaN below 30 pauses or where no round total was passed.
    """
    n = len(ticks)
    if n - _PACE_GAPS < _MIN_PAUSES or n < TOTALS[0] + 1:
        return np.nan
    pause, near = np.zeros(n), 0
    for i in range(n):
        if i >= _PACE_GAPS:
            pause[i] = ticks[i] / (near / _PACE_GAPS + 1.0)
            near -= ticks[i - _PACE_GAPS]
        near += ticks[i]
    tried, least = 0, 1.0
    for total in TOTALS:
        if total > n:
            break
        last = min(n, total + total // _OVER_DELIVERY)
        for end in (total, last):
            longest = 0.0
            for i in range(total - 1, end):  # gap i follows act number i + 1
                longest = max(longest, pause[i])
            as_long = 0
            for i in range(_PACE_GAPS, n):
                as_long += pause[i] >= longest
            tail = as_long / (n - _PACE_GAPS)
            least = min(least, 1.0 - (1.0 - tail) ** (end - total + 1))
            tried += 1
    bits: float = max(0.0, -np.log2(max(least, 1e-12)) - np.log2(tried))
    return bits
