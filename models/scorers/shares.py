"""Exact shares of columns, or of groups of columns, in the log-odds of trees, for all rows.

Shapley values of a path in a tree are those of a product: each column on the path either lets the
row pass (factor 1) or not (0), and where it is unknown stands for the share of training rows that
passed. Such a game has a closed form (the multilinear extension of Owen 1972),

    share of j = leaf (o_j - z_j) * integral over t in [0, 1] of
                 the product over i != j of (o_i t + z_i (1 - t)),

and Gauss-Legendre nodes integrate this polynomial exactly. The sum over leaves depends on the row
through its decisions at the nodes alone, and few combinations of these occur: each is computed once
and looked up for the other rows. What is added up is what LightGBM's `pred_contrib` gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import lightgbm
import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["TreeShares"]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

# Decisions of a tree are bits of a signed word.
_LARGEST: Final = 62
# Combinations of decisions are looked up among 2^17 places (1.5 MB, so that they stay in cache), in
# the first of eight that is free; what finds none is computed each time.
_PLACES: Final = 17
_TRIES: Final = 8
# Columns on a path up to which the shares of its leaf are tabled: 2^9 patterns. Longer paths,
# few in small trees, are computed each time.
_TABLED: Final = 9
# Rows at a time: their shares of 60 columns take 60 MB.
_ROWS: Final = 1 << 17
_MISSING: Final = {"None": 0, "Zero": 1, "NaN": 2}
# LightGBM's zero: what is nearer counts as missing where zeros do.
_ZERO: Final = 1e-35


@dataclass(frozen=True, slots=True)
class TreeShares:
    """Trees prepared for explaining rows.

    Attributes:
        n_columns: That the trees read.
        n_groups: Of columns; shares are summed inside each.
        average: Log-odds of nobody in particular, where all rows start.
    """

    n_columns: int
    n_groups: int
    average: float
    _arrays: tuple[NDArray[Any], ...]

    @classmethod
    def of(cls, booster: lightgbm.Booster, groups: Sequence[int] | None = None) -> TreeShares:
        """Prepares the trees of a model.

        Args:
            booster: Numeric columns only, at most 63 leaves a tree.
            groups: Group of each column, from 0; each column its own by default.

        Raises:
            ValueError: Trees are larger, or split on categories.
        """
        n = booster.num_feature()
        group = np.arange(n) if groups is None else np.asarray(groups, np.int64)
        if len(group) != n:
            raise ValueError(f"{len(group)} groups for {n} columns")
        made = _Flat(group)
        for tree in booster.dump_model()["tree_info"]:
            made.add(tree["tree_structure"])
        return cls(n, int(group.max()) + 1 if n else 0, made.average, made.arrays())

    def shares(self, values: Reals) -> Reals:
        """Share of each group in the log-odds of each row; with `average` they sum to it.

        Args:
            values: Rows by columns; NaN = not computable.

        Returns:
            Rows by groups.

        Raises:
            ValueError: There are more or fewer columns than the trees read.
        """
        rows = np.asarray(values, np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.n_columns:
            raise ValueError(f"rows of shape {rows.shape} for {self.n_columns} columns")
        out = np.zeros((len(rows), self.n_groups))
        for first in range(0, len(rows), _ROWS):
            part = np.ascontiguousarray(rows[first : first + _ROWS].T)
            found = np.zeros((self.n_groups, part.shape[1]))
            _explain(part, found, self._arrays, _PLACES, _TRIES, _ZERO)
            out[first : first + _ROWS] = found.T
        return out


class _Flat:
    """Trees as flat arrays: splits, nodes in preorder, leaves, and the columns on their paths."""

    def __init__(self, group: Ints) -> None:
        self.group = group
        self.average = 0.0
        self._trees: list[tuple[int, int]] = [(0, 0)]
        self._splits: list[tuple[int, float, int, bool]] = []
        self._nodes: list[tuple[int, int, int]] = []
        self._leaves: list[float] = []
        self._paths: list[tuple[Reals, Ints]] = []

    def add(self, root: Mapping[str, Any]) -> None:
        """One more tree."""
        if "split_feature" not in root:
            self.average += float(root["leaf_value"])
            return
        self._visit(root, [], [])
        if len(self._splits) - self._trees[-1][0] > _LARGEST:
            raise ValueError(f"a tree of more than {_LARGEST + 1} leaves")
        self._trees.append((len(self._splits), len(self._nodes)))

    def _visit(self, node: Mapping[str, Any], path: list[int], z: list[float]) -> None:
        """A node: its split, where its right child is, and which column of the path it asks."""
        if "split_feature" not in node:
            self._leaf(float(node["leaf_value"]), path, z)
            return
        if node["decision_type"] != "<=":
            raise ValueError("trees that split on categories cannot be explained here")
        feature = int(node["split_feature"])
        known = feature in path
        slot = path.index(feature) if known else len(path)
        missing = _MISSING[node["missing_type"]]
        self._splits.append((feature, float(node["threshold"]), missing, node["default_left"]))
        at, split = len(self._nodes), len(self._splits) - 1
        self._nodes.append((split, slot, 0))
        count = max(float(node["internal_count"]), 1.0)
        for side in ("left_child", "right_child"):
            child = node[side]
            part = float(child.get("internal_count", child.get("leaf_count", 0))) / count
            if side == "right_child":
                self._nodes[at] = (split, slot, len(self._nodes))
            if known:
                below = [f * part if i == slot else f for i, f in enumerate(z)]
                self._visit(child, path, below)
            else:
                self._visit(child, [*path, feature], [*z, part])

    def _leaf(self, value: float, path: list[int], z: list[float]) -> None:
        self._nodes.append((-1 - len(self._leaves), 0, 0))
        self._leaves.append(value)
        self._paths.append((np.asarray(z), self.group[path]))
        self.average += value * float(np.prod(z))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What the kernel reads, in its order."""
        splits: list[tuple[Any, ...]] = list(zip(*self._splits, strict=True)) or [()] * 4
        kinds = (np.int64, np.float64, np.int64, np.bool_)
        lengths = [len(z) for z, _ in self._paths]
        nodes, weights = _points(max(lengths, default=1))
        tables = [_table(v, z) for v, (z, _) in zip(self._leaves, self._paths, strict=True)]
        starts = np.concatenate([[0], np.cumsum([len(t) for t in tables])]).astype(np.int64)
        return (
            np.asarray(self._trees, np.int64),
            *(np.asarray(c, kind) for c, kind in zip(splits, kinds, strict=True)),
            np.asarray(self._nodes, np.int64).reshape(-1, 3),
            np.asarray(self._leaves, np.float64),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.concatenate([*(z for z, _ in self._paths), np.zeros(0)]),
            np.concatenate([*(g for _, g in self._paths), np.zeros(0)]).astype(np.int64),
            starts,
            np.concatenate([*tables, np.zeros(0)]),
            nodes,
            weights,
        )


@cache
def _points(m: int) -> tuple[Reals, Reals]:
    """Nodes and weights on [0, 1] that integrate polynomials of degree m - 1 exactly."""
    at, weight = np.polynomial.legendre.leggauss(max(1, (m + 1) // 2))
    return (at + 1) / 2, weight / 2


def _table(value: float, z: Reals) -> Reals:
    """Shares of the columns of a leaf, for every pattern of failed columns; none of long paths."""
    m = len(z)
    made = np.zeros((1 << m if m <= _TABLED else 0, m))
    _tabulate(made, value, z, np.arange(m), *_points(m))
    return np.asarray(made.ravel(), np.float64)


@njit(cache=True)
def _tabulate(table: Any, value: Any, z: Any, own: Any, points: Any, weights: Any) -> None:
    for failed in range(len(table)):
        _add(table[failed], value, z, own, failed, points, weights)


@njit(cache=True)
def _explain(columns: Any, out: Any, arrays: Any, places: int, tries: int, zero: float) -> None:
    """Adds up the shares of all trees; columns and shares lie row beside row."""
    trees, column, threshold, missing, default, nodes, leaves, ends, zs, groups = arrays[:10]
    starts, tables, points, weights = arrays[10:]
    n_rows, n_groups = columns.shape[1], len(out)
    pattern, found = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
    size = 1 << places
    keys, slots = np.empty(size, np.int64), np.empty(size, np.int64)
    one = np.zeros(n_groups)
    for tree in range(len(trees) - 1):
        (s, a), (s_end, b) = trees[tree], trees[tree + 1]
        pattern[:] = 0
        for split in range(s, s_end):
            _decide(pattern, columns[column[split]], np.int64(1) << (split - s), threshold[split],
                    missing[split], default[split], zero)  # fmt: skip
        used = _used(nodes[a:b], ends, groups, n_groups)
        n_kept = _places_of(pattern, found, keys, slots, size, tries)
        memo = np.empty((len(used), n_kept))
        done = np.zeros(n_kept, np.bool_)
        for row in range(n_rows):
            at = found[row]
            if at >= 0 and done[at]:
                continue
            one[:] = 0.0
            _shares_of(one, pattern[row], nodes[a:b], a, s, leaves, ends, zs, groups, starts,
                       tables, points, weights)  # fmt: skip
            for k in range(len(used)):
                if at >= 0:
                    memo[k, at] = one[used[k]]
                else:
                    out[used[k], row] += one[used[k]]
            if at >= 0:
                done[at] = True
        for k in range(len(used)):
            to, of = out[used[k]], memo[k]
            for row in range(n_rows):
                if found[row] >= 0:
                    to[row] += of[found[row]]


@njit(cache=True)
def _decide(
    pattern: Any, values: Any, bit: Any, threshold: Any, missing: Any, default: Any, zero: Any
) -> None:
    """Sets the bit of a split in the patterns of the rows that go right there."""
    for row in range(len(values)):
        x = values[row]
        left = x <= threshold
        if np.isnan(x):
            left = default if missing == 2 else threshold >= 0.0
        if missing == 1 and not abs(x) > zero:
            left = default
        if not left:
            pattern[row] |= bit


@njit(cache=True)
def _used(nodes: Any, ends: Any, groups: Any, n_groups: int) -> Any:
    """Groups of the columns that a tree asks."""
    seen = np.zeros(n_groups, np.bool_)
    for i in range(len(nodes)):
        if nodes[i, 0] < 0:
            leaf = -1 - nodes[i, 0]
            for j in range(ends[leaf], ends[leaf + 1]):
                seen[groups[j]] = True
    return np.flatnonzero(seen)


@njit(cache=True)
def _places_of(pattern: Any, found: Any, keys: Any, slots: Any, size: int, tries: int) -> Any:
    """Numbers distinct patterns as they come; -1 where there was no place left."""
    slots[:] = -1
    n = 0
    for row in range(len(pattern)):
        key = pattern[row]
        home = (key ^ (key >> 17) ^ (key >> 34) ^ (key >> 51)) & (size - 1)
        found[row] = -1
        for step in range(tries):
            place = (home + step) & (size - 1)
            if slots[place] < 0:
                keys[place] = key
                slots[place] = n
                n += 1
            if keys[place] == key:
                found[row] = slots[place]
                break
    return n


@njit(cache=True)
def _shares_of(
    out: Any, pattern: Any, nodes: Any, a: Any, s: Any, leaves: Any, ends: Any, zs: Any,
    groups: Any, starts: Any, tables: Any, points: Any, weights: Any,
) -> None:  # fmt: skip
    """Adds the shares of all leaves of a tree, for one pattern of decisions."""
    failed = np.zeros(len(nodes), np.int64)
    for i in range(len(nodes)):
        split, slot, right = nodes[i]
        if split < 0:
            leaf = -1 - split
            lo, hi = ends[leaf], ends[leaf + 1]
            if starts[leaf] == starts[leaf + 1]:
                _add(out, leaves[leaf], zs[lo:hi], groups[lo:hi], failed[i], points, weights)
                continue
            at = starts[leaf] + failed[i] * (hi - lo)
            for j in range(hi - lo):
                out[groups[lo + j]] += tables[at + j]
            continue
        bit = np.int64(1) << slot
        goes_right = (pattern >> (split - s)) & 1
        failed[i + 1] = failed[i] | bit if goes_right else failed[i]
        failed[right - a] = failed[i] if goes_right else failed[i] | bit


@njit(cache=True)
def _add(out: Any, value: Any, z: Any, group: Any, failed: Any, points: Any, weights: Any) -> None:
    """Adds the shares of one leaf; bits of `failed` are columns that do not let the row pass."""
    m = len(z)
    after = np.ones(m + 1)
    for q in range(len(points)):
        t = points[q]
        for i in range(m - 1, -1, -1):
            passes = 0.0 if (failed >> i) & 1 else 1.0
            after[i] = after[i + 1] * (z[i] * (1 - t) + passes * t)
        before = value * weights[q]
        for i in range(m):
            passes = 0.0 if (failed >> i) & 1 else 1.0
            out[group[i]] += (passes - z[i]) * before * after[i + 1]
            before *= z[i] * (1 - t) + passes * t
