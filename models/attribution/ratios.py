"""The accounts' likelihood ratios: propensity (step 3) and company (step 4).

Both compare delivered with organic acts, so their mean over organic acts is 1; both leave the
act's own section out. An account without another life, or without an id, says nothing: ratio 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from zhenzan.models.attribution.events import Events

__all__ = [
    "DELIVERED_SHARES",
    "act_weights",
    "apply_company",
    "company_ratio",
    "company_table",
    "excess_ratio",
    "level_by_stream",
    "log_level",
    "other_visits",
    "propensity_ratio",
    "settled_propensity",
    "typical_mark",
    "visit_ratio",
    "worker_ratio",
]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

# A worker delivers between a seventh and three quarters of its acts, the rest is camouflage (pools
# camouflage at least half, peers.md 4); one account in fifty is a worker before anything is known.
DELIVERED_SHARES: Final = (0.15, 0.4, 0.75)
_WORKERS: Final = 0.02
_STREAM: Final = 1000.0
_ACCOUNT: Final = 200.0
# One act never speaks for or against its account by more than these factors.
_ACT_RANGE: Final = (np.log(0.25), np.log(100.0))
# The excess around an act is binned in half nats from -4; bin 0 is an act in no window at all.
_EXCESS_FLOOR: Final = -4.0
_EXCESS_STEP: Final = 0.5
# Company is binned by its logarithm in steps of 0.2 from 0.01 nats; bin 0 is none at all.
_COMPANY_FLOOR: Final = np.log(0.01)
_COMPANY_STEP: Final = 0.2
_BINS: Final = 56
# Before any fit, delivered acts lie in the upper tail of organic ones as a p-value calibrator says
# (k p^(k-1), Vovk & Wang 2021), weighing like 100 acts.
_CALIBRATOR: Final = 0.15
_PRIOR_ACTS: Final = 100.0
# Acts teach what delivered ones look like with this power of their posterior: many acts of which
# each is a little suspicious (a launch, seen by people who often meet) would else teach every round
# that moderate company means delivery. On diluted stars (share .01, seeds 0 and 1) powers 1, 2, 4
# attribute 1.9, 1.1, 1.0 times the delivered number to organic acts, at .79, .84, .84 recall at
# 0.1 %; small orders of simulated worlds lose a third of theirs from 2 to 4.
_SURE: Final = 2.0
# Three in ten delivered acts come from pools so large that their company looks organic; so the
# lack of company speaks against delivery by a factor of at most 0.3.
_LARGE_POOLS: Final = 0.3
# Half of the delivered acts come from accounts whose other acts in the set look like anybody's:
# pools camouflage at least half (peers.md 4), and of thousands of workers most deliver once or
# twice. So an organic life elsewhere speaks against delivery by a factor of at most 0.5. On the
# default preset (seed 0, 0.1 % of the organic ones) acts are found at .434 instead of .413 and
# accounts at .173 instead of .167 at 10^6, at .42/.30 instead of .38/.24 at 10^5; diluted stars of
# share .01 go from .894 to .888, and an organic surge of 580 acts receives 10 instead of 3. Tried:
# 0.3, 0.8, and learning it, but who is found at 10^6 has a history, so that it is learnt as .01.
_ORGANIC_ELSEWHERE: Final = 0.5
# A stream's level is taken from marks cut at 3, so that what was delivered to it hardly moves it,
# and shrunk with the weight of 20 acts.
_LEVEL_CUT: Final = 3.0
_LEVEL_WEIGHT: Final = 20.0


def act_weights(events: Events) -> Reals:
    """How much each act counts where something is learnt from all of them, 0 to 1.

    One enormous section, or account, must not say what organic life looks like: a stream counts as
    at most 1,000 acts, an account as at most 200.
    """
    acts = np.diff(events.offsets)
    weight = np.minimum(1.0, _STREAM / np.maximum(acts, 1.0))[events.stream]
    known = events.account >= 0
    busy = np.bincount(events.account[known], minlength=len(events.n_sections) + 1)
    return np.asarray(weight * np.minimum(1.0, _ACCOUNT / np.maximum(busy, 1.0))[events.account])


def excess_ratio(timing: Reals, q: Reals, weight: Reals) -> Reals:
    """Log ratio of the excess around each act: density among delivered over organic acts."""
    place = np.clip((timing - _EXCESS_FLOOR) / _EXCESS_STEP, -1.0, _BINS - 1.0)
    bins = (np.floor(place) + 1).astype(np.int64)
    return np.asarray(_learnt_ratio(bins, q, weight)[bins])


def propensity_ratio(
    events: Events, q: Reals, act: Reals, weight: Reals, home: Ints | None = None
) -> Reals:
    """Log ratio of what else each act's account did: worker against honest account.

    Args:
        events: The acts.
        q: Their posteriors so far; the ratio has mean 1 over organic acts.
        act: Log ratio of each act, its own account's propensity left out.
        weight: Of `act_weights`.
        home: Code of what is left out with each act (`homes`); its visit where not given.
    """
    if not (events.visit >= 0).any():
        return np.zeros(events.n)
    ratio = other_visits(events, act, home)
    return settled_propensity(ratio, log_level(ratio, q, weight))


def settled_propensity(ratio: Reals, level: float) -> Reals:
    """`propensity_ratio` from `other_visits` and its `log_level`: level and floor taken in."""
    return np.asarray(
        np.log(_ORGANIC_ELSEWHERE + (1.0 - _ORGANIC_ELSEWHERE) * np.exp(ratio - level))
    )


def other_visits(events: Events, act: Reals, home: Ints | None = None) -> Reals:
    """`propensity_ratio` before its mean over organic acts is made 1, and without its floor."""
    ratio = np.zeros(events.n)
    known = np.flatnonzero(events.visit >= 0)
    if not len(known):
        return ratio
    visit, account = events.visit[known], events.account[known]
    n_visits, n_accounts = int(visit.max()) + 1, len(events.n_sections)
    size = np.bincount(visit, minlength=n_visits)
    mean = np.bincount(visit, act[known], n_visits) / np.maximum(size, 1)
    each = visit_ratio(mean)
    place = visit if home is None else home[known]
    owner, left = np.zeros(n_visits, np.int64), np.zeros(n_visits, np.int64)
    owner[visit], left[visit] = account, place
    # By visit first: visits stand by account, and acts jump about in memory.
    others = np.empty((len(DELIVERED_SHARES), n_visits))
    for row, share in zip(others, DELIVERED_SHARES, strict=True):
        term = np.log(1.0 - share + share * each)
        row[:] = np.bincount(owner, term, n_accounts)[owner] - np.bincount(left, term)[left]
    ratio[known] = worker_ratio(others)[visit]
    return ratio


def visit_ratio(mean: Reals) -> Reals:
    """What a visit says of its account, from the mean log ratio of its acts; bounded."""
    return np.asarray(np.exp(np.clip(mean, *_ACT_RANGE)))


def worker_ratio(others: Reals) -> Reals:
    """Log ratio of accounts from the summed terms of their other visits, a row for each share."""
    worker = np.zeros(others.shape[1])
    for row in others:
        worker += np.exp(np.clip(row, -50.0, 50.0)) / len(DELIVERED_SHARES)
    return np.asarray(np.log(worker / (_WORKERS * worker + 1.0 - _WORKERS)))


def log_level(ratio: Reals, q: Reals, weight: Reals) -> float:
    """Logarithm of the mean ratio over organic acts."""
    level = np.average(np.exp(ratio), weights=np.maximum(1.0 - q, 1e-9) * weight)
    return float(np.log(level))


def company_ratio(company: Reals, q: Reals, weight: Reals) -> Reals:
    """Log ratio of each act's company: density among delivered over organic acts; 0 for none."""
    return apply_company(company, company_table(company, q, weight))


def company_table(company: Reals, q: Reals, weight: Reals) -> Reals:
    """Log ratio by bin of company, the first for none; zeros where nobody has any."""
    seen = ~np.isnan(company)
    if not seen.any():
        return np.zeros(_BINS + 1)
    bins = (np.floor(_company_place(company[seen])) + 1).astype(np.int64)
    table = _learnt_ratio(bins, q[seen], weight[seen])
    return np.asarray(np.log(_LARGE_POOLS + (1.0 - _LARGE_POOLS) * np.exp(table)))


def apply_company(company: Reals, table: Reals) -> Reals:
    """Log ratio of each act's company under a table; 0 where it is not defined."""
    ratio = np.zeros(len(company))
    seen = ~np.isnan(company)
    place = _company_place(company[seen])
    inside = np.interp(place + 0.5, np.arange(_BINS) + 1.0, table[1:])
    ratio[seen] = np.where(place < 0.0, table[0], inside)
    return ratio


def _company_place(company: Reals) -> Reals:
    with np.errstate(divide="ignore"):
        place = (np.log(company) - _COMPANY_FLOOR) / _COMPANY_STEP
    return np.asarray(np.clip(place, -1.0, _BINS - 1.0))


def typical_mark(log_mark: Reals, weight: Reals) -> float:
    """Mean of all marks, cut as in `level_by_stream`: the level of a stream without acts."""
    return float(np.average(np.minimum(np.exp(log_mark), _LEVEL_CUT), weights=weight))


def level_by_stream(
    events: Events, log_mark: Reals, weight: Reals, typical: float | None = None
) -> Reals:
    """Takes each stream's own level out of its marks: audiences differ in how social they are.

    It is shrunk toward `typical`; without it toward the mean of these acts.
    """
    if not len(log_mark):  # nothing is timed
        return log_mark
    cut = np.minimum(np.exp(log_mark), _LEVEL_CUT)
    size = np.diff(events.offsets)
    level: Reals = np.asarray(np.bincount(events.stream, cut, events.n_streams), np.float64)
    if typical is None:
        typical = typical_mark(log_mark, weight)
    level = level + _LEVEL_WEIGHT * typical
    shrunk: Reals = level / (size + _LEVEL_WEIGHT)
    return log_mark - np.log(shrunk[events.stream])


def _learnt_ratio(bins: Ints, q: Reals, weight: Reals) -> Reals:
    """Log density ratio by bin, never falling, with mean 1 over organic acts.

    The delivered density is learnt from the posteriors; before any, it is the organic one tilted
    toward its upper tail.
    """
    organic = np.asarray(np.bincount(bins, weight * (1.0 - q), _BINS + 1), np.float64)
    # A tenth of an act in the first bin, falling tenfold over 23 bins, where none was seen.
    organic += 0.1 * np.exp(-0.1 * np.arange(_BINS + 1))
    organic /= organic.sum()
    above = np.cumsum(organic[::-1])[::-1] - organic / 2
    prior = organic * _CALIBRATOR * above ** (_CALIBRATOR - 1.0)
    delivered = np.bincount(bins, weight * q**_SURE, _BINS + 1) + _PRIOR_ACTS * prior / prior.sum()
    spread = _smooth(organic)
    # Pooled where it would fall (Barlow et al. 1972): a running maximum would lift all bins above
    # one that holds few acts.
    ratio = isotonic_regression(_smooth(delivered / delivered.sum()) / spread, weights=spread).x
    return np.asarray(np.log(ratio / (ratio * organic).sum()))


def _smooth(values: Reals) -> Reals:
    """Binomial smoothing of the bins above none."""
    inner = np.concatenate([values[1:2], values[1:], values[-1:]])
    return np.concatenate([values[:1], np.convolve(inner, [0.25, 0.5, 0.25], "valid")])
