"""Shapes of arrivals that several detectors ask for; times are sorted, in milliseconds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from zhenzan.detector.contexts.case import HOUR_MS, Array

__all__ = ["clock_share", "collapse", "fades", "moments", "share_between", "top_share"]

# A rate fades when each of three spans, the next twice as long as the one before, is slower than
# the one before it by a fifth at least; noise of 30 acts or more rarely does that [H].
_SLOWER: Final = 0.8
_DAY_MS: Final = 24 * HOUR_MS


def share_between(times: Array, start: float, end: float) -> float:
    """Share of the times in `[start, end)`; 0 where there are none."""
    return float(((times >= start) & (times < end)).mean()) if len(times) else 0.0


def fades(times: Array, start: float, unit_ms: float) -> bool:
    """Whether the rate falls over `[0, 1)`, `[1, 3)` and `[3, 7)` units after `start`."""
    edges = start + unit_ms * np.array([0.0, 1.0, 3.0, 7.0])
    rate = np.histogram(times, edges)[0] / np.array([1.0, 2.0, 4.0])
    return bool(rate[0] > 0 and np.all(rate[1:] <= _SLOWER * rate[:-1]))


def collapse(times: Array, of: Array) -> float | None:
    """The moment at which a sprint ends and nearly nothing follows; None where none does.

    A deadline: the last three hours before it hold at least a tenth of all, twice the rate of the
    day before them, and the day after it holds less than a fiftieth of those three hours.

    Args:
        times: All times of the section.
        of: The times that need an explanation; the moment is just after one of them.
    """
    if len(times) < 20 or not len(of):
        return None
    candidates = np.unique(np.quantile(of, np.linspace(0.5, 1.0, 26), method="higher"))
    for end in candidates[::-1]:
        sprint = np.sum((times > end - 3 * HOUR_MS) & (times <= end))
        before = np.sum((times > end - 27 * HOUR_MS) & (times <= end - 3 * HOUR_MS))
        after = np.sum((times > end) & (times <= end + _DAY_MS))
        if sprint >= 0.1 * len(times) and sprint >= 2 * before / 8 and after <= 0.02 * sprint:
            return float(end) + 1
    return None


def moments(times: Array, width_ms: float, least: int) -> Array:
    """Starts of the clusters whose neighbours are at most `width_ms` apart, `least` times each."""
    if not len(times):
        return times
    breaks = np.flatnonzero(np.diff(times) > width_ms) + 1
    starts = np.r_[0, breaks]
    sizes = np.diff(np.r_[starts, len(times)])
    return np.asarray(times[starts[sizes >= least]])


def clock_share(times: Array, period_ms: float, width_ms: float) -> float:
    """Largest share of the times that falls into one stretch of the clock of a period."""
    if not len(times):
        return 0.0
    phase = np.sort(times % period_ms)
    twice = np.r_[phase, phase + period_ms]
    inside = np.searchsorted(twice, phase + width_ms, side="left") - np.arange(len(phase))
    return float(inside.max() / len(phase))


def top_share(values: Any) -> tuple[str | None, float]:
    """The commonest of some texts and its share of those that are known; ties by the text."""
    known = [str(v) for v in values if isinstance(v, str) and v]
    if not known:
        return None, 0.0
    names, counts = np.unique(np.array(known, dtype=object), return_counts=True)
    best = int(np.argmax(counts))
    return str(names[best]), float(counts[best] / len(known))
