"""The accounts' likelihood ratios: propensity (step 3) and company (step 4).

Both compare delivered with organic acts, so their mean over organic acts is 1; both leave the
act's own section out. An account without another life, or without an id, says nothing: ratio 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln
from zhenzan.models.attribution.events import Events

__all__ = ["company_ratio", "level_by_stream", "propensity_ratio"]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

# A worker's acts: half delivered, half camouflage, anything between (Beta(1/2, 1/2)); honest
# accounts: the base rate with the weight of two acts. Pools camouflage at least half (peers.md 4).
_WORKER: Final = 0.5
_HONEST_WEIGHT: Final = 2.0
_MIN_BASE_RATE: Final = 1e-3
_PROPENSITY_RANGE: Final = (-2.0, 4.0)
# Company is binned by its logarithm in steps of 0.2 from 1e-4; bin 0 is none at all.
_FLOOR: Final = np.log(1e-4)
_STEP: Final = 0.2
_BINS: Final = 40
# Before any fit, delivered acts have company around 0.2 with a standard deviation of one log unit
# (pools of hundreds; the star ring: median 0.22-0.35), weighing like 100 acts.
_DELIVERED_CENTRE: Final = np.log(0.2)
_DELIVERED_WEIGHT: Final = 100.0
_DELIVERED_NONE: Final = 0.02
# Three in ten delivered acts come from pools so large that their company looks organic; so the
# lack of company speaks against delivery by a factor of at most 0.3.
_LARGE_POOLS: Final = 0.3
# A stream's level is taken from marks cut at 3, so that what was delivered to it hardly moves it,
# and shrunk with the weight of 20 acts.
_LEVEL_CUT: Final = 3.0
_LEVEL_WEIGHT: Final = 20.0


def propensity_ratio(events: Events, q: Reals) -> Reals:
    """Log ratio of what else each act's account did: worker against honest account."""
    ratio = np.zeros(events.n)
    known = np.flatnonzero(events.visit >= 0)
    if not len(known):
        return ratio
    visit, account = events.visit[known], events.account[known]
    delivered = np.zeros(int(visit.max()) + 1)
    np.maximum.at(delivered, visit, q[known])
    owner = np.zeros(len(delivered), np.int64)
    owner[visit] = account
    total = np.bincount(owner, delivered, len(events.n_sections))
    others = np.maximum(events.n_sections[account] - 1.0, 0.0)
    suspicious = np.clip(total[account] - delivered[visit], 0.0, others)
    base = max(float(q.mean()), _MIN_BASE_RATE)
    honest, dishonest = _HONEST_WEIGHT * (1.0 - base), _HONEST_WEIGHT * base
    worker = betaln(_WORKER + suspicious, _WORKER + others - suspicious)
    organic = betaln(dishonest + suspicious, honest + others - suspicious)
    log_ratio = worker - betaln(_WORKER, _WORKER) - organic + betaln(dishonest, honest)
    ratio[known] = np.clip(log_ratio, *_PROPENSITY_RANGE)
    mean = np.average(np.exp(ratio), weights=np.maximum(1.0 - q, 1e-9))
    return np.asarray(ratio - np.log(mean))


def company_ratio(company: Reals, q: Reals, *, first: bool) -> Reals:
    """Log ratio of each act's company: density among delivered over density among organic acts.

    The first round has no posterior yet and uses the prior density of delivered acts alone.
    """
    ratio = np.zeros(len(company))
    seen = ~np.isnan(company)
    if not seen.any():
        return ratio
    place = _place(company[seen])
    bins = np.where(np.isnan(place), 0, place + 1).astype(np.int64)
    organic = np.asarray(np.bincount(bins, 1.0 - q[seen], _BINS + 1), np.float64)
    delivered = np.zeros(_BINS + 1)
    if not first:
        delivered += np.bincount(bins, q[seen], _BINS + 1)
    table = _ratio_table(delivered, organic)
    inside = np.interp(np.nan_to_num(place) + 0.5, np.arange(_BINS) + 1.0, table[1:])
    ratio[seen] = np.where(np.isnan(place), table[0], inside)
    return ratio


def level_by_stream(events: Events, log_mark: Reals) -> Reals:
    """Takes each stream's own level out of its marks: audiences differ in how social they are."""
    cut = np.minimum(np.exp(log_mark), _LEVEL_CUT)
    size = np.diff(events.offsets)
    level = np.bincount(events.stream, cut, events.n_streams) + _LEVEL_WEIGHT * cut.mean()
    shrunk: Reals = level / (size + _LEVEL_WEIGHT)
    return log_mark - np.log(shrunk[events.stream])


def _place(company: Reals) -> Reals:
    """Position on the log grid; NaN for none at all."""
    with np.errstate(divide="ignore"):
        place = (np.log(company) - _FLOOR) / _STEP
    return np.where(company > 0, np.clip(place, 0.0, _BINS - 1.0), np.nan)


def _ratio_table(delivered: Reals, organic: Reals) -> Reals:
    centres = _FLOOR + _STEP * (np.arange(_BINS) + 0.5)
    bell = np.exp(-0.5 * (centres - _DELIVERED_CENTRE) ** 2)
    prior = np.append(_DELIVERED_NONE, (1.0 - _DELIVERED_NONE) * bell / bell.sum())
    purchased = (delivered + _DELIVERED_WEIGHT * prior) / (delivered.sum() + _DELIVERED_WEIGHT)
    # Half an act in the first bin, falling tenfold over 23 bins, where no organic act was seen.
    honest = _smooth(organic) + 0.5 * np.exp(-0.1 * np.arange(_BINS + 1))
    honest /= honest.sum()
    ratio = _LARGE_POOLS + (1.0 - _LARGE_POOLS) * _smooth(purchased) / honest
    ratio = np.maximum.accumulate(ratio)  # more company never speaks for an organic act
    return np.asarray(np.log(ratio / (ratio * honest).sum()))


def _smooth(values: Reals) -> Reals:
    """Binomial smoothing of the bins above none."""
    inner = np.concatenate([values[1:2], values[1:], values[-1:]])
    return np.concatenate([values[:1], np.convolve(inner, [0.25, 0.5, 0.25], "valid")])
