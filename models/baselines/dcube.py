"""D-Cube: dense blocks of a tensor of accounts, streams and time bins.

From all attribute values, those of one dimension that hold no more than their dimension's average
mass are removed together, lightest first, until nothing is left; the densest block on the way is
kept, its tuples are taken out, and the search repeats. Removing many values at a time makes the
number of passes over the tuples logarithmic.

After Shin, Hooi, Kim, Faloutsos, "D-Cube: dense-block detection in terabyte-scale tensors" (WSDM
2017), with its three density measures (the third from Jiang et al., "A general suspiciousness
metric for dense blocks in multimodal data", ICDM 2015) and its two policies for the next dimension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking

__all__ = ["MEASURES", "DCube", "dense_blocks", "density"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

Measure = Literal["arithmetic", "geometric", "suspiciousness"]
Policy = Literal["cardinality", "density"]
MEASURES: Final[tuple[Measure, ...]] = ("arithmetic", "geometric", "suspiciousness")
_POLICIES: Final[tuple[Policy, ...]] = ("cardinality", "density")


@dataclass(frozen=True, slots=True)
class DCube:
    """Ranks acts and accounts by the block that holds them, first found first.

    Attributes:
        blocks: K, blocks taken out.
        measure: Density of a block.
        policy: Which dimension is cut next: the one with most values left, or the one whose cut
            leaves the densest block.
        bin_s: Width of the time bins. The paper bins by hour where times are fine.
        theta: Values up to so many times the average mass are removed together; 1 keeps the
            approximation bound.
    """

    name: ClassVar[str] = "d-cube"
    source: ClassVar[str] = "Shin et al., WSDM 2017"
    blocks: int = 10
    measure: Measure = "geometric"
    policy: Policy = "density"
    bin_s: float = 3600.0
    theta: float = 1.0

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        known = np.flatnonzero(events.account >= 0)
        acts, accounts = np.zeros(events.n), np.zeros(len(events.n_sections))
        if not len(known):
            return Ranking(acts, accounts, {"blocks": 0})
        second = events.origin_ms[events.stream[known]] / 1e3 + events.age_s[known]
        when = np.floor(second / self.bin_s).astype(np.int64)
        tuples = np.stack([events.account[known], events.stream[known], when], axis=1)
        if (when == when[0]).all():  # times say nothing: a dimension of one value is none
            tuples = tuples[:, :2]
        found = dense_blocks(
            tuples, np.ones(len(known)), self.blocks, self.measure, self.policy, self.theta
        )
        for number, inside in enumerate(found):
            score = float(self.blocks - number)
            acts[known[inside]] = np.maximum(acts[known[inside]], score)
            np.maximum.at(accounts, events.account[known[inside]], score)
        return Ranking(acts, accounts, {"blocks": len(found)})


def density(measure: Measure, mass: float, sizes: Ints, total: float, widths: Ints) -> float:
    """Density of a block: its mass against how many values of each dimension it spans.

    Args:
        measure: Which.
        mass: Of the block.
        sizes: Values of each dimension in the block.
        total: Mass of the whole relation.
        widths: Values of each dimension in the whole relation.
    """
    return float(
        _density(
            MEASURES.index(measure), float(mass), np.asarray(sizes, np.float64), float(total),
            np.asarray(widths, np.float64),
        )
    )  # fmt: skip


def dense_blocks(
    tuples: Ints, mass: Reals, blocks: int, measure: Measure, policy: Policy, theta: float = 1.0
) -> list[Flags]:
    """The dense blocks of a relation, one after the other.

    Args:
        tuples: n x N attribute values.
        mass: Of each tuple, not negative.
        blocks: How many at most.
        measure: Density.
        policy: Which dimension is cut next.
        theta: See `DCube`.

    Returns:
        For each block, which tuples it took out; fewer blocks where no tuple is left.
    """
    columns = [np.unique(tuples[:, n], return_inverse=True)[1] for n in range(tuples.shape[1])]
    codes = np.stack(columns, axis=1).astype(np.int64)
    widths = codes.max(axis=0, initial=-1) + 1
    alive, found = np.ones(len(codes), bool), []
    for _ in range(blocks):
        free = np.flatnonzero(alive)
        if not len(free):
            break
        inside = _find_one(
            codes[free], mass[free], widths, MEASURES.index(measure), _POLICIES.index(policy), theta
        )
        taken = np.zeros(len(codes), bool)
        taken[free[inside]] = True
        alive &= ~taken
        found.append(taken)
    return found


@njit(cache=True)
def _density(measure: int, mass: float, sizes: Reals, total: float, widths: Reals) -> float:
    for n in range(len(sizes)):
        if sizes[n] <= 0:
            return -math.inf if measure == 2 else 0.0
    if measure == 0:
        return float(mass / (sizes.sum() / len(sizes)))
    if measure == 1:
        return math.exp(math.log(mass) - np.log(sizes).sum() / len(sizes)) if mass > 0 else 0.0
    if mass <= 0 or total <= 0:
        return -math.inf
    fraction = np.log(sizes / widths).sum()
    part = mass * (math.log(mass / total) - 1.0 - fraction)
    return float(part + total * math.exp(fraction))


@njit(cache=True)
def _cut(value_mass: Reals, alive: Flags, threshold: float) -> Ints:
    """Values of a dimension with no more than a mass, the lightest first."""
    chosen = np.flatnonzero(alive & (value_mass <= threshold))
    return chosen[np.argsort(value_mass[chosen], kind="mergesort")]


@njit(cache=True)
def _find_one(
    codes: Ints, mass: Reals, widths: Ints, measure: int, policy: int, theta: float
) -> Flags:
    """Which tuples lie in the densest block on the greedy path."""
    n_dims = codes.shape[1]
    most = widths.max()
    value_mass, alive = np.zeros((n_dims, most)), np.zeros((n_dims, most), np.bool_)
    # A value that never was in the relation left before the first step.
    left_at = np.full((n_dims, most), -1, np.int64)
    for t in range(len(codes)):
        for n in range(n_dims):
            value_mass[n, codes[t, n]] += mass[t]
            alive[n, codes[t, n]] = True
    sizes = np.zeros(n_dims)
    for n in range(n_dims):
        sizes[n] = alive[n].sum()
    whole, total = sizes.copy(), mass.sum()
    now, step = total, 0
    best, best_at = _density(measure, now, sizes, total, whole), 0
    tuples = np.arange(len(codes))
    while sizes.sum() > 0:
        chosen, gain = -1, -math.inf
        for n in range(n_dims):
            if sizes[n] == 0:
                continue
            if policy == 0:
                value = sizes[n]
            else:  # how dense it would be without the values to be removed
                gone = _cut(value_mass[n], alive[n], theta * now / sizes[n] * (1.0 + 1e-12))
                less = sizes.copy()
                less[n] -= len(gone)
                value = _density(measure, now - value_mass[n][gone].sum(), less, total, whole)
            if chosen < 0 or value > gain:
                chosen, gain = n, value
        gone = _cut(value_mass[chosen], alive[chosen], theta * now / sizes[chosen] * (1.0 + 1e-12))
        for value_of in gone:
            now = max(now - value_mass[chosen, value_of], 0.0)
            sizes[chosen] -= 1
            alive[chosen, value_of] = False
            left_at[chosen, value_of] = step
            step += 1
            dense = _density(measure, now, sizes, total, whole)
            if dense > best:
                best, best_at = dense, step
        kept = 0
        for at in range(len(tuples)):
            row = tuples[at]
            if alive[chosen, codes[row, chosen]]:
                tuples[kept] = row
                kept += 1
                continue
            for n in range(n_dims):
                value_mass[n, codes[row, n]] -= mass[row]
        tuples = tuples[:kept]
        if sizes[chosen] == 0:
            break
    inside = np.ones(len(codes), np.bool_)
    for t in range(len(codes)):
        for n in range(n_dims):
            left = left_at[n, codes[t, n]]
            if left >= 0 and left < best_at:
                inside[t] = False
    return inside
