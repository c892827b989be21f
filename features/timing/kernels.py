"""Compiled counts over the sorted times of one stream; each abstains with NaN.

All times are int64 milliseconds, sorted. Every figure depends on differences of times only, except
the hour of day, so that shifts by whole days change nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.features.timing import rhythm, shapes

__all__ = [
    "BLOCK",
    "DISPERSION",
    "SIGNIFICANT_Z",
    "WIDTHS_MS",
    "allan_factor",
    "clock_unit",
    "densest_share",
    "even_gaps",
    "gap_repeat",
    "peak",
    "quiet_hours_share",
    "stream_figures",
]

Times = NDArray[np.int64]

# One minute is the shortest flash delivery, a day the longest burst; slower ones are drips, which
# show in the gaps (hard-negatives.md, purchased reference pattern P1 and P2).
WIDTHS_MS: Final = (60_000, 600_000, 3_600_000, 21_600_000, 86_400_000)
# A flank is four windows long: long enough to count, short enough to follow the stream's course.
_FLANKS: Final = 4
# Organic arrivals are over-dispersed: variance m + 0.3 m^2, and 2.5 standard deviations to count
# (both from sketch_attribution.py, where they were tried on two data sets).
DISPERSION: Final = 0.3
SIGNIFICANT_Z: Final = 2.5
# The smallest number of likes that may be judged at all (hard negative H12).
BLOCK: Final = 20
# Ten gaps of a Poisson stream have a coefficient of variation below 0.4 with probability 0.003
# (10^6 simulated blocks); some 3 % of the acts of a Poisson stream lie in such a stretch.
_EVEN_GAPS: Final = 10
_EVEN_CV: Final = 0.4
# A mean gap of fewer than four clock ticks shows the clock, not the arrivals: rounding then adds
# a sixth of a tick's square to the variance, up to a tenth of the squared gap.
_TICKS: Final = 4
_HOUR_MS: Final = 3_600_000
_QUIET_HOURS: Final = 6  # 00-06 is the plateau of practitioners' curves (hard negative H6)
_QUIET_MIN_ACTS: Final = 50  # below it the least of 24 rotations is mostly noise
_QUIET_MIN_MS: Final = 48 * _HOUR_MS  # two nights
_ALLAN_MIN_BINS: Final = 24


@njit(cache=True)
def clock_unit(t: Times) -> int:
    """The coarsest tick, in ms, on which all times lie (greatest common divisor of the gaps)."""
    unit = 0
    for i in range(1, len(t)):
        a, b = unit, t[i] - t[i - 1]
        while b != 0:
            a, b = b, a % b
        unit = a
        if unit == 1:
            return 1
    return unit


@njit(cache=True)
def _window_z(n: int, left: int, right: int, left_ms: int, right_ms: int, width: int) -> Any:
    """Standard deviations above the larger side's rate, and the count that rate predicts."""
    rate = max((left + 0.5) / left_ms, (right + 0.5) / right_ms)
    expected = rate * width
    return (n - expected) / np.sqrt(max(expected, 1.0) + DISPERSION * expected**2), expected


@njit(cache=True)
def peak(t: Times, unit: int) -> Any:
    """The window that stands out most, all widths together, and the share of acts in excess.

    A window is centred on an act. The larger of the rates on its two sides is what it is held
    against, so that a decay after a launch, which is high on one side, explains itself. Windows
    without a window's length of life on both sides are not judged.

    Returns:
        z, start of the window (ms), its width (ms), acts in it, acts expected, mean over the widths
        of the largest z of each (no less than 0), share of all acts beyond what surroundings
        predict; z, mean and share are NaN where no window could be judged.
    """
    first, last = t[0], t[-1]
    best, best_start, best_width, best_n, best_expected = -np.inf, 0, 0, 0, 0.0
    excess = np.zeros(len(t))
    widths, summed = 0, 0.0
    for width in WIDTHS_MS:
        if width < 2 * unit:
            continue
        judged, largest = False, 0.0
        a = b = left_a = right_b = 0
        for i in range(len(t)):
            start, end = t[i] - width // 2, t[i] - width // 2 + width
            left_start, right_end = start - _FLANKS * width, end + _FLANKS * width
            while a < len(t) and t[a] < start:
                a += 1
            while b < len(t) and t[b] < end:
                b += 1
            while left_a < len(t) and t[left_a] < left_start:
                left_a += 1
            while right_b < len(t) and t[right_b] < right_end:
                right_b += 1
            left_ms, right_ms = start - max(first, left_start), min(last, right_end) - end
            if left_ms < width or right_ms < width:
                continue
            judged = True
            z, expected = _window_z(b - a, a - left_a, right_b - b, left_ms, right_ms, width)
            if z > SIGNIFICANT_Z:
                excess[i] = max(excess[i], 1.0 - expected / (b - a))
            largest = max(largest, z)
            if z > best:
                best, best_start, best_width = z, start, width
                best_n, best_expected = b - a, expected
        widths, summed = widths + judged, summed + largest
    if widths == 0:
        return np.nan, 0, 0, 0, np.nan, np.nan, np.nan
    share = excess.sum() / len(t)
    return best, best_start, best_width, best_n, best_expected, summed / widths, share


@njit(cache=True)
def densest_share(t: Times) -> float:
    """Share of the acts that the densest hour holds."""
    most, a = 0, 0
    for i in range(len(t)):
        while t[i] - t[a] >= _HOUR_MS:
            a += 1
        most = max(most, i - a + 1)
    return most / len(t)


@njit(cache=True)
def _cv(t: Times, a: int, b: int) -> float:
    """Coefficient of variation of the gaps between t[a] and t[b]; their sum must be positive."""
    gaps = b - a
    mean = (t[b] - t[a]) / gaps
    squares = 0.0
    for i in range(a, b):
        squares += (t[i + 1] - t[i] - mean) ** 2
    cv: float = np.sqrt(squares / gaps) / mean
    return cv


@njit(cache=True)
def even_gaps(t: Times, unit: int) -> Any:
    """How even the gaps are.

    Returns:
        The coefficient of variation of the gaps in the densest block of `BLOCK` acts (random
        arrivals: near 1; a timer: near 0) and where the block starts; the share of acts that lie
        in a stretch of ten gaps with a coefficient below 0.4. NaN where no block's mean gap is
        four clock ticks or more.
    """
    n = len(t)
    span, cv, at = np.int64(-1), np.nan, 0
    for i in range(n - BLOCK + 1):
        length = t[i + BLOCK - 1] - t[i]
        if length < _TICKS * unit * (BLOCK - 1) or length == 0:
            continue
        value = _cv(t, i, i + BLOCK - 1)
        if span < 0 or length < span or (length == span and value < cv):
            span, cv, at = length, value, i
    even = np.zeros(n, dtype=np.bool_)
    judged = False
    for i in range(n - _EVEN_GAPS):
        length = t[i + _EVEN_GAPS] - t[i]
        if length < _TICKS * unit * _EVEN_GAPS or length == 0:
            continue
        judged = True
        if _cv(t, i, i + _EVEN_GAPS) < _EVEN_CV:
            even[i : i + _EVEN_GAPS + 1] = True
    return cv, at, (even.sum() / n if judged else np.nan)


@njit(cache=True)
def gap_repeat(t: Times, unit: int) -> float:
    """Share of the gaps that repeat one length, beyond what the clock and the local pace explain.

    Gaps are counted in ticks of the clock, of one second at least; simultaneous acts are left
    out. The pace around a gap is the mean of the five gaps on either side.
    """
    tick = max(unit, 1000)
    # A loop, not np.diff: its compiled form takes three seconds to build on a first run.
    gaps = np.empty(max(len(t) - 1, 0), dtype=np.int64)
    for i in range(len(gaps)):
        gaps[i] = t[i + 1] - t[i]
    ticks = gaps // tick
    ticks.sort()
    mode, most, run = 0, 0, 0
    for i in range(len(ticks)):
        run = run + 1 if i > 0 and ticks[i] == ticks[i - 1] else 1
        if ticks[i] > 0 and run > most:
            mode, most = ticks[i], run
    if most == 0:
        return np.nan
    expected = 0.0
    for i in range(len(gaps)):
        a, b = max(0, i - 5), min(len(gaps), i + 6)
        pace = max((t[b] - t[a] - gaps[i]) / max(b - a - 1, 1) / tick, 1e-3)
        expected += np.exp(-mode / pace) * (1.0 - np.exp(-1.0 / pace))
    beyond: float = max(0.0, (most - expected) / len(gaps))
    return beyond


@njit(cache=True)
def allan_factor(t: Times) -> float:
    """Mean squared change between neighbouring hours over twice the mean count (Poisson: 1).

    Slow growth and decay cancel in neighbouring hours, unlike in the plain index of dispersion.
    NaN where the stream lives for less than a day.
    """
    bins = (t[-1] - t[0]) // _HOUR_MS + 1
    if bins < _ALLAN_MIN_BINS:
        return np.nan
    changes, i, before, before_bin = 0.0, 0, 0, np.int64(-1)
    while i < len(t):
        here, count = (t[i] - t[0]) // _HOUR_MS, 0
        while i < len(t) and (t[i] - t[0]) // _HOUR_MS == here:
            count, i = count + 1, i + 1
        if before_bin == here - 1 and here > 0:
            changes += (count - before) ** 2
        else:  # empty hours between: down to nothing, then up
            changes += before**2 + (count**2 if here > 0 else 0)
        before, before_bin = count, here
    factor: float = changes / (bins - 1) / (2.0 * len(t) / bins)
    return factor


@njit(cache=True)
def quiet_hours_share(t: Times) -> float:
    """Share of the acts in the quietest six hours of the day, whichever they are (even: 0.25).

    NaN below 50 acts or two days of life.
    """
    if len(t) < _QUIET_MIN_ACTS or t[-1] - t[0] < _QUIET_MIN_MS:
        return np.nan
    hours = np.zeros(24, dtype=np.int64)
    for i in range(len(t)):
        hours[(t[i] // _HOUR_MS) % 24] += 1
    least = len(t)
    for start in range(24):
        total = 0
        for k in range(_QUIET_HOURS):
            total += hours[(start + k) % 24]
        least = min(least, total)
    return least / len(t)


@njit(cache=True)
def stream_figures(t: Times, offsets: Times, coarsest_ms: int) -> Any:
    """All figures of all streams of a batch.

    Args:
        t: Times of the streams, one after another.
        offsets: Where each stream begins, and the end.
        coarsest_ms: Streams on a coarser clock than this are not judged.

    Returns:
        Two arrays with a row a stream: float64 (peak z, acts expected, excess share, densest
        share, gap cv, even share, gap repeat, Allan factor, quiet-hours share, z over all widths,
        grid share, last digits, round stop, step share, sharpness and size, decay, collapse) and
        int64 (acts, peak start, peak width, acts in the peak, start and end of the densest block,
        when a tenth had arrived).
    """
    streams = len(offsets) - 1
    reals = np.full((streams, 18), np.nan)
    counts = np.zeros((streams, 7), dtype=np.int64)
    for s in range(streams):
        x = t[offsets[s] : offsets[s + 1]]
        counts[s, 0] = len(x)
        counts[s, 6] = shapes.tenth(x)
        unit = clock_unit(x)
        if len(x) < 2 or unit == 0 or unit > coarsest_ms:
            continue
        z, start, width, n, expected, scales, share = peak(x, unit)
        cv, at, even = even_gaps(x, unit)
        reals[s, 0], reals[s, 1], reals[s, 2] = z, expected, share
        reals[s, 3] = densest_share(x)
        reals[s, 4], reals[s, 5] = cv, even
        reals[s, 6] = gap_repeat(x, unit)
        reals[s, 7], reals[s, 8], reals[s, 9] = allan_factor(x), quiet_hours_share(x), scales
        ticks, tick = rhythm.ticks_of(x, unit)
        reals[s, 10], reals[s, 11] = rhythm.grid_share(ticks, tick), rhythm.digit_divergence(ticks)
        reals[s, 12] = rhythm.round_stop(ticks)
        reals[s, 13], reals[s, 14], reals[s, 15] = shapes.step(x, unit)
        reals[s, 16], reals[s, 17] = shapes.decay_gain(x), shapes.deadline_collapse(x)
        counts[s, 1], counts[s, 2], counts[s, 3] = start, width, n
        counts[s, 4] = x[at]
        counts[s, 5] = x[min(at + BLOCK, len(x)) - 1] + 1
    return reals, counts
