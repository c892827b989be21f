"""How a delivery was spread over time: six shapes, told apart by likelihood.

Each shape is a small family of densities over the time since the delivery began, with parameters
of public sellers (`peers.md` 4), and a tenth of stray acts: refills weeks later, passers-by.

| shape | density |
|---|---|
| `flash` | exponential within two hours, or even within an hour or two |
| `steps` | short runs at a fixed interval |
| `linear` | even over a day or more |
| `diurnal` | sessions of their own: few at once, most within two days; or even but for nights |
| `decay` | fast at first with a long tail, as attention to a post decays |
| `mixed` | none of them fits |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

__all__ = ["SHAPES", "campaign_shape", "shape"]

Array: TypeAlias = np.ndarray[Any, Any]

SHAPES: Final = ("flash", "steps", "linear", "diurnal", "decay", "mixed")

_HOUR_MS: Final = 3_600_000
# Below this, times fit too many shapes to name one.
_MIN_ACTS: Final = 10.0
# Acts that are no part of the main delivery: half of all orders lose some acts within a month, and
# two fifths of those are filled up again (peers.md 4: drop-off 0.2-40 %, refill); passers-by.
_STRAYS: Final = (0.1, 0.35)
# Above this share of strays no shape describes the delivery.
_MOST_STRAY: Final = 0.45
# Whole orders inside one two-hour poll (peers.md, De Cristofaro); mean wait 40 minutes.
_FLASH_H: Final = 2.0
_FLASH_MEANS_H: Final = (0.25, 0.45, 0.8)
_FLASH_EVEN_H: Final = (1.0, 2.2)
# Runs of a panel order and the time between them (peers.md, SMM panel: runs, interval).
_INTERVALS_H: Final = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0)
_MOST_RUNS: Final = 24
_RUN_H: Final = 0.12
# Drips are sold by the day (`market_rent.csv`: speeds a day); what is shorter is no drip.
_LINEAR_H: Final = 20.0
_LINEAR_LEVELS: Final = (0.9, 0.95, 0.98, 1.0)
# Mean time until part-timers come to a task: within a day or two (peers.md, task halls).
_SESSION_MEANS_H: Final = (10.0, 15.0, 22.0, 32.0)
# Attention to a post decays by a power law (cascades on Twitter: index 1.1 to 1.5), with a scale of
# an hour to half a day.
_DECAY_SCALES_H: Final = (0.7, 1.5, 3.0, 6.0, 12.0)
_DECAY_INDEX: Final = 1.1
# Where half came sooner, one evening reads as a daily wave.
_RHYTHM_H: Final = 8.0


def shape(at_ms: Array, p: Array | None = None) -> str | None:
    """One delivery's shape; None under ten acts.

    Args:
        at_ms: Times of its acts, in any order.
        p: Posterior of each; None for 1.
    """
    weight = np.ones(len(at_ms)) if p is None else np.asarray(p, dtype=np.float64)
    if float(weight.sum()) < _MIN_ACTS:
        return None
    order = np.lexsort((weight, at_ms))
    weight, times = weight[order], at_ms[order]
    at = (times - times[0]) / _HOUR_MS
    rhythm = _rhythm(times, at, weight)
    anywhere = 1.0 / (at[-1] + _FLASH_H)
    best, named = -np.inf, "mixed"
    for origin in _origins(at, weight):
        names, densities, costs = zip(*_families(at - origin, weight), strict=True)
        bonus = np.array([rhythm if name == "diurnal" else 0.0 for name in names])
        density = np.stack(densities)
        for stray in _STRAYS:
            mixture = stray * anywhere + (1 - stray) * density
            worth = np.round(np.log(mixture) @ weight + bonus - costs, 9)
            first = int(worth.argmax())
            if worth[first] > best:
                best = worth[first]
                lost = np.sum(weight * stray * anywhere / mixture[first]) / weight.sum()
                named = names[first] if lost <= _MOST_STRAY else "mixed"
    return named


def _origins(at: Array, weight: Array) -> Iterator[float]:
    """When it may have begun, hours: with the first act, or after a twentieth of strays."""
    yield -0.01
    later = float(_level(at, weight, 0.05)) - 0.01
    if later > 0:
        yield later


def _level(at: Array, weight: Array, share: float) -> float:
    """The time by which a share of the weight had come."""
    total = np.cumsum(weight)
    return float(at[min(int(np.searchsorted(total, share * total[-1])), len(at) - 1)])


def _rhythm(at_ms: Array, at: Array, weight: Array) -> float:
    """Ln likelihood ratio of one daily wave against none, its two parameters paid for."""
    if _level(at, weight, 0.5) < _RHYTHM_H:
        return 0.0
    angle = 2 * np.pi * ((at_ms / _HOUR_MS) % 24) / 24
    length = abs(np.sum(weight * np.exp(1j * angle))) / weight.sum()
    return float(weight.sum() * length**2 - np.log(weight.sum()))


def _families(after: Array, weight: Array) -> Iterator[tuple[str, Array, float]]:
    """Name, density an hour at each act, and price of the fitted parameters (BIC)."""
    began, t = after >= 0, np.maximum(after, 0.0)
    price = 0.5 * float(np.log(weight.sum()))
    for name, density in _smooth(t):
        yield name, np.where(began, density, 0.0), price
    for level in _LINEAR_LEVELS:
        end = _level(after, weight, level) * (1 + 1 / len(after))
        if end >= _LINEAR_H:
            even = np.where(began & (t <= end), 1 / end, 0.0)
            yield "linear", even, price
            yield "diurnal", even, price
    for interval in _INTERVALS_H:
        run = np.floor(t / interval)
        mass = np.bincount(np.minimum(run, _MOST_RUNS).astype(np.int64), weight * began)
        mass = mass[:_MOST_RUNS]
        runs = int(np.flatnonzero(mass > 0.3 * mass.max(initial=0.0)).max(initial=0)) + 1
        if runs >= 2:
            mean = min(_RUN_H, _RUN_H * interval)
            inside = np.exp(-(t - run * interval) / mean) / (mean * runs)
            yield "steps", np.where(began & (run < runs), inside, 0.0), 2 * price


def _smooth(t: Array) -> Iterator[tuple[str, Array]]:
    """The shapes with fixed laws, at hours since the start."""
    for mean in _FLASH_MEANS_H:
        whole = mean * -np.expm1(-_FLASH_H / mean)
        yield "flash", np.where(t <= _FLASH_H, np.exp(-t / mean) / whole, 0.0)
    for most in _FLASH_EVEN_H:
        yield "flash", np.where(t <= most, 1 / most, 0.0)
    for mean in _SESSION_MEANS_H:
        yield "diurnal", 4 * t / mean**2 * np.exp(-2 * t / mean)
    for scale in _DECAY_SCALES_H:
        yield "decay", _DECAY_INDEX / scale * (1 + t / scale) ** (-_DECAY_INDEX - 1)


def campaign_shape(shapes: list[tuple[str, float]]) -> str | None:
    """The shape of most delivered acts; `mixed` if no shape holds half, None if none is known.

    Args:
        shapes: Shape and delivered acts of each delivery.
    """
    total: dict[str, float] = {}
    for name, weight in shapes:
        total[name] = total.get(name, 0.0) + weight
    if not total:
        return None
    name, weight = max(total.items(), key=lambda item: (item[1], item[0]))
    return name if 2 * weight >= sum(total.values()) else "mixed"
