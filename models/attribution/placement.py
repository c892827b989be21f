"""Where an act lies of which only an interval is known: spread as its audience arrives (step 1).

The acts of one stream with one interval are a *cell*. They are laid at equal steps of the organic
intensity integrated over the interval, so that a cell by itself is never a burst, whatever window
is laid over it, while windows wider than the interval count them as exact times would. The pooled
age curve that this takes is learnt from the same acts in turn with their places (Turnbull's
self-consistent estimate for interval-censored times, 1976). Who of a cell comes first is not
known: the order is drawn from the accounts' own histories, differently in each cell, and
`Events.twin` tells which acts are exchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Intervals", "learn_arrival", "place", "resolution", "shuffle_keys", "widths"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# A stream whose times are all multiples of one of these has that clock and no finer one.
_CLOCKS_S: Final = (86_400, 43_200, 21_600, 10_800, 3_600, 1_800, 900, 600, 300, 60, 1)
# Days and hours of any time zone: zones are quarters of an hour apart. Four acts of different days
# share one of 24 hours by chance once in 24^3 streams.
_ZONED_CLOCKS_S: Final = (86_400, 3_600)
_ZONE_MS: Final = 900_000
_ZONED: Final = 4
# A minute and coarser: the time is that of the last tick, the act lay anywhere until the next.
_COARSE_S: Final = 60
# Ages from one second in steps of a tenth of a natural log, up to 13 years; the density inside a
# step is flat.
_STEP: Final = 0.1
_EDGES: Final = np.concatenate([[0.0], np.exp(np.arange(201) * _STEP)])
# One pseudo-stream, flat in log age, as in `curve.py`.
_PSEUDO: Final = 1.0
# Each round moves the places by less than half of the one before; after four they stand still.
_ROUNDS: Final = 4
# A stream's windows go as fine as the finest quarter of its acts: the rest is spread evenly and
# cannot cluster by itself.
_FINE_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Intervals:
    """When the acts of a set happened, in (stream, interval) order.

    Attributes:
        low_s, high_s: Ages of the target, seconds; equal = exact.
        key: Decides who comes first inside a cell; equal keys are exchangeable.
        cell: Code of (stream, interval) of each act, rising.
        stream: Code of each act's stream. group: Of each stream.
    """

    low_s: Reals
    high_s: Reals
    key: Ints
    cell: Ints
    stream: Ints
    group: Ints


def widths(low: Ints, high: Ints, offsets: Ints) -> tuple[Ints, Reals]:
    """End of each act's interval (ms), and the clock of each stream, seconds, where it is fine.

    A time of a stream whose clock has minutes, hours or days only means the whole tick: its acts
    have an interval as wide as the tick. Hours and days begin when they do in some time zone; that
    they do not begin with those of UTC takes `_ZONED` acts to tell.
    """
    n = len(offsets) - 1
    if not n:
        return high, np.zeros(0)
    exact = low == high
    tick = np.full(n, 1e-3)
    counts = np.add.reduceat(exact.astype(np.int64), offsets[:-1])
    some = counts > 0
    least, most = _ends(low, exact, offsets)
    several = (counts >= _ZONED) & (least < most)
    for clock in reversed(_CLOCKS_S):
        first, last = _ends(low % (clock * 1000), exact, offsets)
        zoned = several & (first % _ZONE_MS == 0) & (clock in _ZONED_CLOCKS_S)
        tick[some & (first == last) & ((first == 0) | zoned)] = clock
    coarse = tick >= _COARSE_S
    whole = np.where(coarse, tick * 1e3, 0.0).astype(np.int64)
    ends = np.where(exact, low + np.repeat(whole, np.diff(offsets)), high)
    return ends, np.where(coarse, 1e-3, tick)


def _ends(values: Ints, exact: NDArray[np.bool_], offsets: Ints) -> tuple[Ints, Ints]:
    """Smallest and largest value of each stream's exact acts."""
    least = np.where(exact, values, np.iinfo(np.int64).max)
    most = np.where(exact, values, np.iinfo(np.int64).min)
    return np.minimum.reduceat(least, offsets[:-1]), np.maximum.reduceat(most, offsets[:-1])


def resolution(low: Ints, high: Ints, offsets: Ints, tick: Reals) -> Reals:
    """Seconds below which the times of each stream say nothing.

    Its clock tick, and the width that the most exact quarter of its acts stay within: one row known
    to the day does not blind a stream of exact times.
    """
    n = len(offsets) - 1
    if not n:
        return np.zeros(0)
    stream = np.repeat(np.arange(n), np.diff(offsets))
    width = (high - low) / 1e3
    ranked = width.copy()
    wide = np.flatnonzero(np.maximum.reduceat(width, offsets[:-1])[stream])
    ranked[wide] = width[wide[np.lexsort((width[wide], stream[wide]))]]
    size = np.diff(offsets)
    fine = np.maximum(np.ceil(_FINE_SHARE * size).astype(np.int64), 1)
    return np.asarray(np.maximum(tick, ranked[offsets[:-1] + fine - 1]))


def shuffle_keys(
    account: Ints,
    stream: Ints,
    low: Ints,
    high: Ints,
    offsets: Ints,
    identity: Ints | None = None,
) -> Ints:
    """A key for each act from the history of its account and stream, whatever their names.

    Acts with one key in one cell belong to accounts with the same life (or unknown): the same times
    in streams of the same times.
    Whole-week shifts leave the keys as they are. With an `identity` (a code of each act's account
    that comes from the content) that is taken instead of the history.
    """
    if not len(low):
        return np.zeros(0, np.int64)
    start = low.min()
    moment = _mix(_mix((low - start).view(np.uint64)) + (high - low).view(np.uint64))
    of_stream = _mix(np.add.reduceat(moment, offsets[:-1]))[stream]
    if identity is not None:
        return np.asarray(_mix(_mix(identity.view(np.uint64)) + of_stream).view(np.int64))
    known = account >= 0
    history = np.zeros(int(account.max(initial=-1)) + 1, np.uint64)
    np.add.at(history, account[known], _mix(moment[known] + of_stream[known]))
    of_account = np.where(known, history[account] if len(history) else 0, 0).astype(np.uint64)
    return np.asarray(_mix(_mix(of_account) + of_stream).view(np.int64))


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of a 64-bit hash (splitmix64, Steele, Lea & Flood 2014)."""
    x = values + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def learn_arrival(age_s: Reals, stream: Ints, group: Ints, n_groups: int) -> Reals:
    """Cumulated arrivals by age of each group, as `place` uses them; every stream counts the same.

    The last row is for groups that were not seen: flat in log age.
    """
    n_bins = len(_EDGES) - 1
    bins = np.clip(np.searchsorted(_EDGES, age_s, side="right") - 1, 0, n_bins - 1)
    weight, own = 1.0 / np.bincount(stream)[stream], group[stream]
    rows = [_curve(np.bincount(bins[own == g], weight[own == g], n_bins)) for g in range(n_groups)]
    return np.stack([*rows, _curve(np.zeros(n_bins))])


def place(acts: Intervals, arrival: Reals | None = None) -> Reals:
    """Age of each act, seconds; exact ones keep theirs.

    With `arrival` (of `learn_arrival`) nothing is learnt from these acts.
    """
    wide = acts.high_s > acts.low_s
    if not wide.any():
        return acts.low_s
    share = _steps(acts)
    weight = 1.0 / np.bincount(acts.stream)[acts.stream]
    group, age = acts.group[acts.stream], acts.low_s.copy()
    for g in range(int(group.max()) + 1):
        own = np.flatnonzero(group == g)
        moved = own[wide[own]]
        if not len(moved):
            continue
        if arrival is not None:
            age[moved] = _lay(acts, share, arrival[g], moved)
            continue
        curve = _curve(np.zeros(len(_EDGES) - 1))  # before anything is known, flat in log age
        for _ in range(_ROUNDS):
            age[moved] = _lay(acts, share, curve, moved)
            bins = np.searchsorted(_EDGES, age[own], side="right") - 1
            bins = np.clip(bins, 0, len(_EDGES) - 2)
            curve = _curve(np.bincount(bins, weight[own], len(_EDGES) - 1))
        age[moved] = _lay(acts, share, curve, moved)
    return age


def _steps(acts: Intervals) -> Reals:
    """Of each act the middle of its equal step through its cell, by rank of its key."""
    those = np.flatnonzero(acts.high_s > acts.low_s)  # nobody asks for the steps of exact acts
    order = those[np.lexsort((acts.key[those], acts.cell[those]))]
    cell = acts.cell[order]
    size = np.bincount(cell)[cell]
    share = np.full(len(acts.cell), 0.5)
    share[order] = (np.arange(len(order)) - np.searchsorted(cell, cell) + 0.5) / size
    return share


def _curve(weights: Any) -> Reals:
    padded = weights + _PSEUDO / len(weights)
    inner = np.convolve(padded[1:], [0.25, 0.5, 0.25], "same")
    return np.concatenate([[0.0], np.cumsum(np.concatenate([padded[:1], inner]))])


def _lay(acts: Intervals, share: Reals, curve: Reals, own: Ints) -> Reals:
    """Ages at which a share of what the curve puts between two ages has come."""
    low, high = acts.low_s[own], acts.high_s[own]
    start, end = np.interp(low, _EDGES, curve), np.interp(high, _EDGES, curve)
    at = np.interp(start + share[own] * (end - start), curve, _EDGES)
    inside: Reals = np.clip(at, low, high)
    return inside
