"""The accounts' likelihood ratios: propensity (step 3) and company (step 4).

Both compare delivered with organic acts, so their mean over organic acts is 1; both leave the
act's own section out. An account without another life, or without an id, says nothing: ratio 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.events import Events

__all__ = ["company_ratio", "excess_ratio", "level_by_stream", "propensity_ratio"]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

# A worker delivers between a seventh and three quarters of its acts, the rest is camouflage (pools
# camouflage at least half, peers.md 4); one account in fifty is a worker before anything is known.
_DELIVERED_SHARES: Final = (0.15, 0.4, 0.75)
_WORKERS: Final = 0.02
# One act never speaks for or against its account by more than these factors.
_ACT_RANGE: Final = (np.log(0.25), np.log(100.0))
# The excess around an act is binned in half nats from -4; bin 0 is an act in no window at all.
_EXCESS_FLOOR: Final = -4.0
_EXCESS_STEP: Final = 0.5
_EXCESS_BINS: Final = 40
# Before any fit, delivered acts lie in the upper tail of excess as a p-value calibrator says
# (k p^(k-1), Vovk & Wang 2021), weighing like 200 acts.
_CALIBRATOR: Final = 0.6
_EXCESS_WEIGHT: Final = 100.0
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


def excess_ratio(timing: Reals, q: Reals) -> Reals:
    """Log ratio of the excess around each act: density among delivered over organic acts."""
    place = np.clip((timing - _EXCESS_FLOOR) / _EXCESS_STEP, -1.0, _EXCESS_BINS - 1.0)
    bins = (np.floor(place) + 1).astype(np.int64)
    organic = np.asarray(np.bincount(bins, 1.0 - q, _EXCESS_BINS + 1), np.float64) + 0.1
    organic /= organic.sum()
    above = np.cumsum(organic[::-1])[::-1]
    middle = above - organic / 2
    prior = organic * _CALIBRATOR * middle ** (_CALIBRATOR - 1.0)
    prior /= prior.sum()
    delivered = np.bincount(bins, q, _EXCESS_BINS + 1) + _EXCESS_WEIGHT * prior
    ratio = np.maximum.accumulate(_smooth(delivered / delivered.sum()) / _smooth(organic))
    table = np.log(ratio / (ratio * organic).sum())
    return np.asarray(table[bins])


def propensity_ratio(events: Events, q: Reals, act: Reals) -> Reals:
    """Log ratio of what else each act's account did: worker against honest account.

    Args:
        events: The acts.
        q: Their posteriors so far; the ratio has mean 1 over organic acts.
        act: Log ratio of each act, its own account's propensity left out.
    """
    ratio = np.zeros(events.n)
    known = np.flatnonzero(events.visit >= 0)
    if not len(known):
        return ratio
    visit, account = events.visit[known], events.account[known]
    n_visits, n_accounts = int(visit.max()) + 1, len(events.n_sections)
    size = np.bincount(visit, minlength=n_visits)
    mean = np.bincount(visit, act[known], n_visits) / np.maximum(size, 1)
    each = np.exp(np.clip(mean, *_ACT_RANGE))
    owner = np.zeros(n_visits, np.int64)
    owner[visit] = account
    worker = np.zeros(len(known))
    for share in _DELIVERED_SHARES:
        term = np.log(1.0 - share + share * each)
        others = np.bincount(owner, term, n_accounts)[account] - term[visit]
        worker += np.exp(np.minimum(others, 50.0)) / len(_DELIVERED_SHARES)
    ratio[known] = np.log(worker / (_WORKERS * worker + 1.0 - _WORKERS))
    level = np.average(np.exp(ratio), weights=np.maximum(1.0 - q, 1e-9))
    return np.asarray(ratio - np.log(level))


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
    if not len(log_mark):  # nothing is timed
        return log_mark
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
