"""How an order was delivered: the shape of its times, and the size it was sold in."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, TypeAlias

import numpy as np
from scipy import stats
from zhenzan.models.campaigns.config import QUANTA

__all__ = ["campaign_shape", "order_size", "quantum", "shape"]

Array: TypeAlias = np.ndarray[Any, Any]

_HOUR_MS: Final = 3_600_000
# Burst farms delivered whole orders inside one two-hour poll (peers.md, De Cristofaro).
_FLASH_MS: Final = 2 * _HOUR_MS
# Runs of a panel order: at least three, each inside a tenth of the interval between them
# (peers.md, SMM panel: runs and interval).
_MIN_RUNS: Final = 3
_RUN_SHARE: Final = 0.1
# Below this, times fit too many shapes to name one.
_MIN_ACTS: Final = 10
# A worker-paced delivery sleeps: the quietest eight hours of the day hold under a twelfth of the
# acts, a quarter of what an even flow leaves there.
_QUIET_SHARE: Final = 1 / 12


def quantum(n: float, over_delivery: float) -> int | None:
    """The order size that `n` delivered acts fit, with 0-10 % over-delivery; None if none does."""
    for size in QUANTA:
        # Half an act of slack, because delivered acts are posterior sums and not whole numbers.
        if size - 0.5 <= n <= size * (1.0 + over_delivery) + 0.5:
            return size
    return None


def order_size(delivered: Array, over_delivery: float) -> tuple[int | None, int]:
    """The size most orders fit, and how many do; None unless half of them fit the same one.

    Args:
        delivered: Acts delivered to each stream, orders only (ten acts or more).
        over_delivery: Largest share delivered beyond the order.
    """
    fits = Counter(q for n in delivered if (q := quantum(float(n), over_delivery)) is not None)
    if not fits:
        return None, 0
    size, count = max(fits.items(), key=lambda item: (item[1], item[0]))
    return (size, count) if 2 * count >= len(delivered) else (None, count)


def campaign_shape(shapes: list[tuple[str, float]]) -> str | None:
    """The shape of most delivered acts; `mixed` if no shape holds half, None if none is known."""
    total: dict[str, float] = {}
    for name, weight in shapes:
        total[name] = total.get(name, 0.0) + weight
    if not total:
        return None
    name, weight = max(total.items(), key=lambda item: (item[1], item[0]))
    return name if 2 * weight >= sum(total.values()) else "mixed"


def shape(at_ms: Array) -> str | None:
    """One stream's delivery: flash, steps, diurnal, linear, decay or mixed; None under ten acts.

    Args:
        at_ms: Times of its delivered acts, in any order.
    """
    if len(at_ms) < _MIN_ACTS:
        return None
    at = np.sort(at_ms).astype(np.float64)
    low, high = np.quantile(at, [0.05, 0.95])
    if high - low <= _FLASH_MS:
        return "flash"
    if _in_steps(at):
        return "steps"
    if at[-1] - at[0] >= 48 * _HOUR_MS and _sleeps(at):
        return "diurnal"
    return _smooth_shape(at)


def _in_steps(at: Array) -> bool:
    """Several short runs with nothing between them, at about equal intervals."""
    gaps = np.diff(at)
    span = at[-1] - at[0]
    wide = np.flatnonzero(gaps > max(span / (10 * _MIN_RUNS), 10 * np.median(gaps)))
    if len(wide) + 1 < _MIN_RUNS:
        return False
    starts = at[np.concatenate([[0], wide + 1])]
    ends = at[np.concatenate([wide, [len(at) - 1]])]
    intervals = np.diff(starts)
    short = (ends - starts).max() <= _RUN_SHARE * 2 * intervals.mean()
    return bool(short and intervals.std() <= 0.25 * intervals.mean())


def _sleeps(at: Array) -> bool:
    """Whether some eight hours in a row of the day hold almost nothing."""
    hours = np.bincount((at // _HOUR_MS % 24).astype(np.int64), minlength=24)
    eight = np.convolve(np.concatenate([hours, hours[:7]]), np.ones(8), "valid")
    return bool(eight.min() < _QUIET_SHARE * len(at))


def _smooth_shape(at: Array) -> str:
    """Even over its span, or falling off from a start; by the closer of two fitted laws."""
    after = at - at[0]
    span = after[-1] * (1 + 1 / len(at))
    even = stats.kstest(after, stats.uniform(0, span).cdf).statistic
    decay = stats.kstest(after, stats.expon(0, after.mean()).cdf).statistic
    # Lilliefors' 5 % bound for fitted laws: 0.89 / sqrt(n) (uniform), 1.08 / sqrt(n) (exponential).
    bound_even, bound_decay = 1.22 / np.sqrt(len(at)), 1.08 / np.sqrt(len(at))
    if even <= bound_even and even <= decay:
        return "linear"
    return "decay" if decay <= bound_decay else "mixed"
