"""The joint fit: curves, null, marks and windows in turn until they agree (steps 1 to 5)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.coherence import coherence
from zhenzan.models.attribution.company import company, meet_neighbours
from zhenzan.models.attribution.config import SCALES_S, AttributionConfig
from zhenzan.models.attribution.corroboration import Clue, corroboration_ratio, learn
from zhenzan.models.attribution.curve import Curves, fit_curves
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.learnt import MARK_RANGE, Learnt, learn_ratios
from zhenzan.models.attribution.lives import elsewhere, homes
from zhenzan.models.attribution.null import default_multipliers
from zhenzan.models.attribution.ratios import (
    act_weights,
    company_ratio,
    excess_ratio,
    level_by_stream,
    propensity_ratio,
)
from zhenzan.models.attribution.scan import FIRST_AGREEMENT, Null, NullTables, Pass, scan

__all__ = ["Fit", "fit", "rescan"]

Reals = NDArray[np.float64]

# Clues are learnt before each of the last two rounds: what they help to find in the first of them
# speaks for the other acts of its accounts in the second.
_CORROBORATED: Final = 2
# Before its window is lit, the excess around one act speaks for its account by a factor of three at
# most: those who follow launches sit in many organic bursts (diluted stars, share .01).
_ALONE: Final = math.log(3.0)
# Who is known for deliveries elsewhere still does most of what it does of its own accord (pools
# camouflage at least half, peers.md 4): outside every excess its account speaks by at most e^4.5,
# so that with the background of .002 no act is called delivered with more than .15. Without a bound
# (e^9) a lone act of camouflage reached .95; the price is 4 % of the delivered acts (default preset
# at 10^6, seed 0).
_LONE: Final = math.exp(4.5)


@dataclass(frozen=True, slots=True)
class Fit:
    """What the last round found.

    Attributes:
        q: Posterior of each timed act.
        timing: Log odds of an order around each act by counts alone, prior excluded.
        propensity, company: Log likelihood ratios of each act's account.
        company_value: Company itself; NaN where undefined.
        tail, n_windows: Smallest log tail probability of each stream, of how many windows.
        windows: Recorded windows, rows of `WINDOW_FIELDS`.
        curves: Pooled curves. agreement, multipliers: By scale and group.
        sums: Sum of posteriors after each round.
        learnt: What a reference keeps of it, if that was asked for.
    """

    q: Reals
    timing: Reals
    propensity: Reals
    company: Reals
    company_value: Reals
    tail: Reals
    n_windows: NDArray[np.int64]
    windows: Reals
    curves: Curves
    agreement: Reals
    multipliers: Reals
    sums: tuple[float, ...]
    learnt: Learnt | None = None


def fit(
    events: Events,
    config: AttributionConfig,
    progress: Callable[[int, int], None] | None = None,
    clues: Sequence[Clue] = (),
    creator: NDArray[np.int64] | None = None,
    *,
    remember: bool = False,
) -> Fit:
    """Runs the rounds.

    Args:
        events: The acts.
        config: Settings.
        progress: Called as `progress(done, rounds)` after each round.
        clues: What corroborates, if anything is known; learnt before the last round.
        creator: Creator code of each section code, for company (`elsewhere`), propensity (`homes`)
            and communities, whose acts teach no clue; without it each section stands for itself.
        remember: Also returns what a reference keeps: what the last round used.
    """
    shape = (len(SCALES_S), events.n_groups)
    null = Null(np.full(shape, FIRST_AGREEMENT), np.tile(default_multipliers(), (*shape, 1)))
    weight = act_weights(events)
    views = () if "company" in config.without else elsewhere(events, creator)
    neighbours = [meet_neighbours(view, config) for view in views]
    home = homes(events, creator)
    q, propensity, hint = np.zeros(events.n), np.zeros(events.n), np.zeros(events.n)
    beside = company(events.n, neighbours, q, weight)
    together = company_ratio(beside, q, weight)
    curves, found, q = _round(events, q, together, weight, null, config, final=config.rounds == 1)
    sums = [float(q.sum())]
    act, tables, learnt = np.zeros(events.n), dict[str, Reals](), None
    for done in range(1, config.rounds):
        if progress is not None:
            progress(done, config.rounds)
        beside = company(events.n, neighbours, q, weight)
        together = company_ratio(beside, q, weight)
        if "propensity" not in config.without:
            # A clue belongs to its act; it must not count for the account's others by propensity.
            act = _act_ratio(found, q, propensity + hint, together, weight, config)
            propensity = propensity_ratio(events, q, act, weight, home)
        if clues and done >= config.rounds - _CORROBORATED:
            honest = _not_communal(events, q, creator, config)
            hint = corroboration_ratio(clues, honest)
            tables = learn(clues, honest) if remember else {}
        if remember and done == config.rounds - 1:
            learnt = learn_ratios(events, q, act, hint, weight, neighbours, tables, config, home)
        curves, found, q = _round(
            events, q, propensity + together + hint, weight, null, config,
            final=done == config.rounds - 1,
        )  # fmt: skip
        sums.append(float(q.sum()))
    if progress is not None:
        progress(config.rounds, config.rounds)
    return Fit(
        q=q, timing=found.timing, propensity=propensity, company=together, company_value=beside,
        tail=found.best, n_windows=found.n_windows, windows=found.windows, curves=curves,
        agreement=null.agreement, multipliers=null.multipliers, sums=tuple(sums),
        learnt=learnt,
    )  # fmt: skip


def _not_communal(
    events: Events, q: Reals, creator: NDArray[np.int64] | None, config: AttributionConfig
) -> Reals:
    """The posteriors without what coherent communities explain: fan clubs are organic."""
    if creator is None or "coherence" in config.without:
        return q
    return np.asarray(q * (1.0 - coherence(events, q, creator, config).community))


def _round(
    events: Events,
    q: Reals,
    log_ratio: Reals,
    weight: Reals,
    null: Null,
    config: AttributionConfig,
    *,
    final: bool,
) -> tuple[Curves, Pass, Reals]:
    """Curves from what is organic, then the windows; returns the new posteriors last."""
    organic = 1.0 - q
    curves = fit_curves(events, organic, config)
    log_mark = level_by_stream(events, np.clip(log_ratio, *MARK_RANGE), weight)
    mark = np.exp(log_mark)
    found = scan(events, organic, curves, null, mark, config, final=final)
    return curves, found, _with_background(found.q, mark, config)


def _with_background(q: Reals, mark: Reals, config: AttributionConfig) -> Reals:
    """Posteriors with what accounts alone say of acts that no window explains."""
    mark = np.minimum(mark, _LONE)
    base = config.background * mark / (1.0 - config.background + config.background * mark)
    return np.asarray(q + (1.0 - q) * base)


def rescan(
    events: Events,
    q: Reals,
    log_mark: Reals,
    curves: Curves,
    null: Null,
    tables: NullTables,
    config: AttributionConfig,
) -> tuple[Reals, Fit]:
    """Windows under a curve and a null that stay as they are; returns the new posteriors first.

    Args:
        events: The acts.
        q: Posteriors so far.
        log_mark: Log ratio of each act's account, its stream's level taken out.
        curves: Of the groups.
        null: Of the groups.
        tables: Of `null_tables(null)`.
        config: Settings.

    Returns:
        The posteriors, and a fit that holds what the windows say; its ratios are zero.
    """
    mark = np.exp(log_mark)
    found = scan(events, 1.0 - q, curves, null, mark, config, tables)
    q = _with_background(found.q, mark, config)
    none = np.zeros(events.n)
    return q, Fit(
        q=q, timing=found.timing, propensity=none, company=none, company_value=none,
        tail=found.best, n_windows=found.n_windows, windows=found.windows, curves=curves,
        agreement=null.agreement, multipliers=null.multipliers, sums=(),
    )  # fmt: skip


def _act_ratio(
    found: Pass,
    q: Reals,
    propensity: Reals,
    together: Reals,
    weight: Reals,
    config: AttributionConfig,
) -> Reals:
    """What each act says of its account: its excess and company, or all that its window says."""
    alone = np.minimum(excess_ratio(found.timing, q, weight) + together, _ALONE)
    odds = np.log(np.maximum(q, 1e-12)) - np.log(np.maximum(1.0 - q, 1e-12))
    base = np.log(config.background) - np.log1p(-config.background)
    return np.asarray(np.maximum(alone, odds - base - propensity))
