"""How much organic streams depart from what is expected of them, learnt per group and scale.

The count of a window is the expected count times a rate multiplier; the distribution of the
multiplier is estimated without a shape (nonparametric maximum likelihood on a grid, Kiefer &
Wolfowitz 1956, by expectation-maximisation). So the null holds the bursts that real organic
streams have, posts on news sites included, instead of calling them orders.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln

__all__ = [
    "COUNT_STEPS",
    "GRID",
    "RATE_OFFSET",
    "RATE_STEPS",
    "SHARES",
    "default_multipliers",
    "evidence_tables",
    "fit_multipliers",
    "log_likelihood_table",
    "log_tail_table",
]

Reals = NDArray[np.float64]

# Tables run over log(1 + count) in eighths and log(expected) in quarters from e^-12 = 6e-6.
GRID: Final = 110
COUNT_STEPS: Final = 8.0
RATE_STEPS: Final = 4.0
RATE_OFFSET: Final = 12.0
_COUNTS: Final = np.expm1(np.arange(GRID) / COUNT_STEPS)
_RATES: Final = np.exp(np.arange(GRID) / RATE_STEPS - RATE_OFFSET)
# Multipliers from e^-5 to e^16 in steps of half a log: a repository with three stars in a year had
# 101 on the day it was posted to a news site, 2 * 10^5 times its expectation. Each is a gamma of
# shape 8 (width 0.35), so that neighbours overlap: on a grid of plain Poissons large counts fall
# between two of them.
_MULTIPLIERS: Final = np.exp(np.arange(-5.0, 16.01, 0.5))
_SHAPE: Final = 8.0
_PRIOR_WINDOWS: Final = 30.0
# Delivered shares on which the posterior of a window is evaluated, and their cell widths.
SHARES: Final = np.array([0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99])
_CELLS: Final = np.array([0.02, 0.03, 0.055, 0.115, 0.175, 0.2, 0.175, 0.125, 0.07, 0.035])
# Orders run from 1 to 10,000 acts (seller price lists: 20 to 10,000), flat in the logarithm.
_LOG_ORDERS: Final = np.log(1e4)
_ITERATIONS: Final = 15


def default_multipliers() -> Reals:
    """Prior distribution of the multiplier: falls as its power 0.6, both ways.

    Heavier than the power 1 of rich-get-richer popularity, so that where few windows were seen a
    burst without other evidence stays organic; on diluted stars 0.6 and 1 rank alike.
    """
    prior = np.exp(-0.6 * np.abs(np.log(_MULTIPLIERS)))
    return np.asarray(prior / prior.sum())


def _log_probability(counts: Reals, rates: Reals) -> Reals:
    """Log probability of each count at each rate under each multiplier: (count, rate, grid)."""
    k = counts[:, None, None]
    mean = rates[None, :, None] * _MULTIPLIERS
    return np.asarray(
        gammaln(k + _SHAPE)
        - gammaln(_SHAPE)
        - gammaln(k + 1)
        - _SHAPE * np.log1p(mean / _SHAPE)
        + k * np.log(mean / (_SHAPE + mean))
    )


def fit_multipliers(windows: Reals) -> Reals:
    """Distribution of the multiplier from a (GRID, GRID) histogram of windows: count by rate."""
    counts = np.expm1((np.arange(GRID) + 0.4) / COUNT_STEPS)
    counts[0] = 0.0
    rates = np.exp((np.arange(GRID) + 0.5) / RATE_STEPS - RATE_OFFSET)
    filled = windows > 0
    rows, columns = np.nonzero(filled)
    weight = windows[filled]
    prior = default_multipliers()
    share = prior.copy()
    if not len(weight):
        return share
    unique_rows, row = np.unique(rows, return_inverse=True)
    likelihood = np.exp(_log_probability(counts[unique_rows], rates)[row, columns])
    for _ in range(_ITERATIONS):
        joint = likelihood * share
        evidence = np.maximum(joint.sum(axis=1), 1e-300)
        share = (joint * (weight / evidence)[:, None]).sum(axis=0) + _PRIOR_WINDOWS * prior
        share /= share.sum()
    return share


def log_likelihood_table(share: Reals) -> Reals:
    """(GRID, GRID) log probability of a count, not necessarily whole, at a rate."""
    peak, relative = _log_grid()
    return np.asarray(peak + np.log(relative @ np.maximum(share, 1e-300)))


def log_tail_table(share: Reals) -> Reals:
    """(GRID, GRID) log probability of at least a count at a rate."""
    return np.asarray(np.log(np.maximum(_tail_grid() @ share, 1e-300)))


def evidence_tables(table: Reals) -> tuple[Reals, Reals]:
    """What a count says of an order, at all cells of a table of `log_likelihood_table`.

    Returns:
        Log evidence of an order of any share, (GRID, GRID), and of each of `SHARES`, on a last
        axis: the probability that the rest of the acts is organic over that of the whole, times
        the prior of the order's size.
    """
    place = np.log1p(_COUNTS[:, None] * (1.0 - SHARES)) * COUNT_STEPS
    low = np.minimum(place.astype(np.int64), GRID - 2)
    above = (place - low)[:, None, :]
    rest = table[low].transpose(0, 2, 1) * (1.0 - above)
    rest += table[low + 1].transpose(0, 2, 1) * above
    size = _COUNTS[:, None] * _CELLS / ((_COUNTS[:, None] * SHARES + 1.0) * _LOG_ORDERS)
    by_share = rest - table[:, :, None] + np.log(size + 1e-12)[:, None, :]
    peak = by_share.max(axis=2)
    by_count = peak + np.log(np.exp(by_share - peak[:, :, None]).sum(axis=2))
    return np.asarray(by_count), np.asarray(by_share)


@cache
def _log_grid() -> tuple[Reals, Reals]:
    """Largest log probability at each cell of the tables, and all of them relative to it.

    Constant, 4 MB, used by every fit.
    """
    terms = _log_probability(_COUNTS, _RATES)
    peak = terms.max(axis=2)
    return peak, np.exp(terms - peak[:, :, None])


@cache
def _tail_grid() -> Reals:
    """Probabilities of at least a count at all cells of the tables: constant, 4 MB."""
    mean = _RATES[None, :, None] * _MULTIPLIERS
    tail = betainc(np.maximum(_COUNTS, 1e-9)[:, None, None], _SHAPE, mean / (_SHAPE + mean))
    tail[0] = 1.0
    return np.asarray(tail)
