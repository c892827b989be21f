"""Isolation forest on plain counts of each account: what an off-the-shelf outlier detector finds.

Accounts that random cuts set apart early are outliers. Eight counts describe an account: acts,
targets, gaps between its acts, closeness to others' acts, age and size of its targets, and how much
it keeps to one hour of the day.

After Liu, Ting, Zhou, "Isolation forest" (ICDM 2008), with its 100 trees of 256 points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking, by_act, distinct_edges

__all__ = ["IsolationForest", "describe_accounts", "outlier_scores", "unsuccessful_search"]

Reals = NDArray[np.float64]

_EULER: Final = 0.5772156649015329
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class IsolationForest:
    """Ranks accounts by their outlier score, acts by account.

    Attributes:
        trees: Of the forest.
        sample: Accounts each tree sees.
        seed: Of samples and cuts.
    """

    name: ClassVar[str] = "isolation-forest"
    source: ClassVar[str] = "Liu et al., ICDM 2008; features our own"
    trees: int = 100
    sample: int = 256
    seed: int = 0

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        features = describe_accounts(events)
        score = outlier_scores(features, self.trees, self.sample, self.seed)
        return Ranking(by_act(events, score), score, {"features": features.shape[1]})


def describe_accounts(events: Events) -> Reals:
    """Eight figures an account, by code; logarithms of counts and seconds."""
    n = len(events.n_sections)
    known = np.flatnonzero(events.account >= 0)
    account = events.account[known]
    acts = np.maximum(np.bincount(account, minlength=n), 1)
    graph = distinct_edges(events)
    targets = np.bincount(graph.account, minlength=n)
    age = np.log1p(events.age_s[known])
    size = np.log1p(np.diff(events.offsets)[events.stream[known]])
    beside = np.log1p(_seconds_to_next(events)[known])
    moment = events.origin_ms[events.stream[known]] / 1e3 + events.age_s[known]
    angle = 2 * np.pi * (moment % _DAY_S) / _DAY_S
    pull = np.bincount(account, np.cos(angle), n) + 1j * np.bincount(account, np.sin(angle), n)
    order = np.lexsort((moment, account))
    gap = np.diff(moment[order], append=moment[order][-1:])
    inner = np.append(account[order][1:] == account[order][:-1], False)[: len(order)]
    gaps = np.bincount(account[order][inner], np.log1p(gap[inner]), n) / np.maximum(acts - 1, 1)
    means = [np.bincount(account, values, n) / acts for values in (age, size, beside)]
    near = np.bincount(account, beside < np.log1p(60.0), n) / acts
    columns = [np.log1p(acts), np.log1p(targets), gaps, *means, near, np.abs(pull) / acts]
    # Rounding noise must not pass for variety: a cut between 1 and 1 - 1e-16 isolates nobody.
    return np.asarray(np.round(np.stack(columns, axis=1), 6), np.float64)


def _seconds_to_next(events: Events) -> Reals:
    """Seconds from each act to the nearest other act of its stream; a year where it is alone."""
    gap = np.full(events.n + 1, 365 * _DAY_S)
    if events.n:
        same = events.stream[1:] == events.stream[:-1]
        gap[1:-1] = np.where(same, np.diff(events.age_s), gap[1:-1])
    return np.asarray(np.minimum(gap[:-1], gap[1:]))


def unsuccessful_search(n: int) -> float:
    """Mean depth of an unsuccessful search in a binary tree of n points (equation 1)."""
    if n <= 1:
        return 0.0
    return 1.0 if n == 2 else 2 * (math.log(n - 1) + _EULER) - 2 * (n - 1) / n


def outlier_scores(points: Reals, trees: int, sample: int, seed: int) -> Reals:
    """Outlier score of each row, above 0 and at most 1; half where nothing stands out."""
    n, rng = len(points), np.random.default_rng(seed)
    size = min(sample, n)
    if size < 2:
        return np.full(n, 0.5)
    limit = math.ceil(math.log2(size))
    leaf = np.array([unsuccessful_search(k) for k in range(size + 1)])
    depth = np.zeros(n)
    for _ in range(trees):
        rows = points[rng.choice(n, size, replace=False)]
        cuts = rng.random((2 ** (limit + 1), 2))
        _add_depths(points, rows, cuts, limit, leaf, depth)
    return np.asarray(2.0 ** (-depth / trees / leaf[size]))


@njit(cache=True)
def _add_depths(points: Any, rows: Any, cuts: Any, limit: int, leaf: Any, depth: Any) -> None:
    """Grows one tree (node k has children 2k+1 and 2k+2) and adds each point's depth in it."""
    n_nodes = 2 ** (limit + 1) - 1
    feature, value = np.full(n_nodes, -1, np.int64), np.zeros(n_nodes)
    count = np.zeros(n_nodes, np.int64)
    at = np.zeros(len(rows), np.int64)
    n_features = rows.shape[1]
    for node in range(n_nodes):
        inside = np.flatnonzero(at == node)
        count[node] = len(inside)
        if len(inside) < 2 or 2 * node + 2 >= n_nodes:
            continue
        varied = np.empty(n_features, np.int64)
        low, high = np.empty(n_features), np.empty(n_features)
        m = 0
        for f in range(n_features):
            low[m], high[m] = rows[inside, f].min(), rows[inside, f].max()
            if high[m] > low[m]:
                varied[m] = f
                m += 1
        if m == 0:
            continue
        pick = int(cuts[node, 0] * m)
        feature[node] = varied[pick]
        value[node] = low[pick] + cuts[node, 1] * (high[pick] - low[pick])
        for k in range(len(inside)):
            i = inside[k]
            at[i] = 2 * node + (1 if rows[i, feature[node]] <= value[node] else 2)
    for i in range(len(points)):
        end, steps = 0, 0
        while feature[end] >= 0:
            end = 2 * end + (1 if points[i, feature[end]] <= value[end] else 2)
            steps += 1
        depth[i] += steps + leaf[count[end]]
