"""One pass of windows over all streams, scale by scale, with what it teaches about the null."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.config import SCALES_S, AttributionConfig
from zhenzan.models.attribution.curve import Curves
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.null import (
    GRID,
    SHARES,
    evidence_tables,
    fit_multipliers,
    log_likelihood_table,
    log_tail_table,
)
from zhenzan.models.attribution.windowkernels import WINDOW_FIELDS, scan_windows

__all__ = ["FIRST_AGREEMENT", "NO_WINDOW", "Null", "NullTables", "Pass", "null_tables", "scan"]

Reals = NDArray[np.float64]

# Before any fit a stream's surroundings weigh like three acts against the pooled curve.
FIRST_AGREEMENT: Final = 3.0
_SPREAD_RANGE: Final = (0.01, 20.0)
_MAX_RECORDS: Final = 1 << 20
NO_WINDOW: Final = -20.0  # log odds of acts in no window that was weighed
# A stream weighs at most 1,000 of its acts in the null, so that no single one makes it.
_STREAM: Final = 1000.0
# From 50,000 acts on, the streams are scanned in so many parts, which threads share.
_PARTS: Final = 8
_PART_ACTS: Final = 50_000


@dataclass(slots=True)
class Null:
    """Agreement with the pool and multiplier distribution, by scale and group; refitted."""

    agreement: Reals
    multipliers: Reals


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass found.

    Attributes:
        q: Posterior of each act, without any background.
        timing: Largest log odds of a window around each act by count alone, prior excluded;
            `NO_WINDOW` where none was weighed.
        best: Smallest log tail probability of each stream's windows; of a final pass.
        n_windows: Filled windows of each stream; of a final pass.
        windows: Rows of `WINDOW_FIELDS`; of a final pass.
    """

    q: Reals
    timing: Reals
    best: Reals
    n_windows: NDArray[np.int64]
    windows: Reals


@dataclass(frozen=True, slots=True)
class _Tables:
    """What a null says at one scale, by group: evidence by count, by share, and log tails."""

    by_count: Reals
    by_share: Reals
    tail: Reals


NullTables = Callable[[int], _Tables]
"""The tables of a null, by the number of the scale."""


def null_tables(null: Null, *, keep: bool = False) -> NullTables:
    """The tables of a null, each made when it is asked for: some time, and a megabyte a group.

    Args:
        null: As it is now; what is refitted later does not count.
        keep: Makes them all at once, so that a reference does so only once.
    """
    multipliers = null.multipliers.copy()
    if not keep:
        return lambda scale: _tables(multipliers[scale])
    return [_tables(rows) for rows in multipliers].__getitem__


def _tables(rows: Reals) -> _Tables:
    by_count = np.zeros((len(rows), GRID, GRID))
    by_share, tail = np.zeros((len(rows), GRID, GRID, len(SHARES))), np.zeros_like(by_count)
    for g, row in enumerate(rows):
        by_count[g], by_share[g] = evidence_tables(log_likelihood_table(row))
        tail[g] = log_tail_table(row)
    return _Tables(by_count, by_share, tail)


def scan(
    events: Events,
    organic: Reals,
    curves: Curves,
    null: Null,
    mark: Reals,
    config: AttributionConfig,
    tables: NullTables | None = None,
    *,
    final: bool = True,
) -> Pass:
    """All scales from fine to coarse; refits the null of each from what is left organic.

    Streams do not see one another inside a pass, so parts of them run side by side; their number
    depends on the data only, so that sums come out the same on any machine.

    Args:
        events: The acts.
        organic: 1 - q of each so far.
        curves: Of the groups.
        null: Of the groups; refitted in place unless `tables` are given.
        mark: Likelihood ratio of each act's account.
        config: Settings.
        tables: Of a null that stays as it is.
        final: Whether all of the result is wanted, or posteriors and `timing` only.
    """
    found = _nothing(events)
    if "excess" in config.without or not events.n:
        return found
    made = tables or null_tables(null)
    agreement = null.agreement.copy()
    passing = _Passing(events, organic, curves, agreement, mark, config, found, final=final)
    parts = [_Part(events, first, last) for first, last in _ranges(events)]
    with ThreadPoolExecutor(config.threads) as pool:
        for scale in range(len(SCALES_S)):
            own = made(scale)
            list(pool.map(lambda part, k=scale, t=own: passing.scan(part, k, t), parts))
            if tables is None:
                _refit(null, scale, parts)
    return replace(found, windows=np.concatenate([part.records() for part in parts]))


def _refit(null: Null, scale: int, parts: list[_Part]) -> None:
    """The null of a scale from what its parts counted, always added in the same order."""
    histogram, moments = parts[0].histogram, parts[0].moments
    for part in parts[1:]:
        histogram, moments = histogram + part.histogram, moments + part.moments
    for g in range(len(moments)):
        null.multipliers[scale, g] = fit_multipliers(histogram[g])
        if moments[g, 1]:
            spread = np.clip(moments[g, 0] / moments[g, 1], *_SPREAD_RANGE)
            null.agreement[scale, g] = 1.0 / spread


def _nothing(events: Events) -> Pass:
    return Pass(
        np.zeros(events.n),
        np.full(events.n, NO_WINDOW),
        np.zeros(events.n_streams),
        np.zeros(events.n_streams, np.int64),
        np.zeros((0, WINDOW_FIELDS)),
    )


def _ranges(events: Events) -> list[tuple[int, int]]:
    """Stream ranges of about equal numbers of acts; one where there is little to do."""
    n = _PARTS if events.n >= _PART_ACTS else 1
    cuts = np.searchsorted(events.offsets, np.linspace(0, events.n, n + 1)[1:-1])
    edges = [0, *cuts.tolist(), events.n_streams]
    return list(pairwise(edges))


class _Part:
    """Some of the streams: what they add to the null of a scale, and their recorded windows."""

    def __init__(self, events: Events, first: int, last: int) -> None:
        self.first, self.last = first, last
        size = int(events.offsets[last] - events.offsets[first])
        self.histogram = np.zeros((events.n_groups, GRID, GRID))
        self.moments = np.zeros((events.n_groups, 2))
        self.record = np.zeros((min(_MAX_RECORDS, 8 * size + 1), WINDOW_FIELDS))
        self.n_record = 0

    def records(self) -> Reals:
        """The recorded windows; streams are counted from the first of all parts."""
        record = self.record[: self.n_record].copy()
        record[:, 0] += self.first
        return record


class _Passing:
    """One pass over all scales; parts fill the shared arrays of `found` for their streams only."""

    def __init__(
        self,
        events: Events,
        organic: Reals,
        curves: Curves,
        agreement: Reals,
        mark: Reals,
        config: AttributionConfig,
        found: Pass,
        *,
        final: bool,
    ) -> None:
        self._events, self._curves, self._mark = events, curves, mark
        self._config, self._found, self._final = config, found, final
        self._agreement = agreement
        self._totals = np.add.reduceat(organic, events.offsets[:-1])
        self._cumulated = np.append(0.0, np.cumsum(organic))
        acts = np.diff(events.offsets)
        self._weight = np.where(
            acts < config.min_curve_acts, 0.0, np.minimum(1.0, _STREAM / np.maximum(acts, 1))
        )

    def scan(self, part: _Part, scale: int, tables: _Tables) -> None:
        """Scans the streams of a part at both shifts of a scale."""
        events, found, width = self._events, self._found, SCALES_S[scale]
        own = slice(part.first, part.last)
        part.histogram[:], part.moments[:] = 0.0, 0.0
        for shift in (0.0, width / 2):
            part.n_record = scan_windows(
                events.age_s, events.offsets[part.first : part.last + 1],
                events.origin_week_s[own], events.horizon_s[own], events.group[own],
                events.resolution_s[own], self._totals[own], self._weight[own], self._cumulated,
                self._curves.age, self._curves.week, self._agreement[scale], tables.by_count,
                tables.by_share, tables.tail, self._mark, width, shift,
                math.log(self._config.window_prior), self._config.mark_correlation, self._final,
                found.q, found.timing, found.best[own], found.n_windows[own], part.histogram,
                part.moments, part.record, part.n_record,
            )  # fmt: skip
