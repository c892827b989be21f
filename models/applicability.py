"""Whether a row looks like what a model was trained on, and how far a whole set has drifted.

A tree answers everything. What lies outside of its training it answers with its last leaf, and
says so to nobody; so the training keeps what it saw, and rows unlike it get no probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Seen", "drift", "see"]

Reals = NDArray[np.float64]

# The middle 99.8 % of what was seen counts as seen; single extremes would stretch it at will.
_EDGE: Final = 0.001
# Rows of a pattern of missing families from which the pattern was learnt rather than met.
_PATTERN: Final = 20
# A training row may have this many columns outside at most; 1 in 200 has more.
_LIMIT: Final = 0.995
_BINS: Final = 10
# Shares of empty bins count as half a row in ten thousand, so that the logarithm is finite.
_LEAST: Final = 5e-5


@dataclass(frozen=True, slots=True)
class Seen:
    """What the training rows of a unit looked like.

    Attributes:
        low, high: By column; NaN for columns that were never computable.
        limit: How many columns may be outside.
        patterns: Which families were computable together, joined by commas.
        edges: By column, inner edges of bins of equal mass.
        shares: By column, share of each bin and, last, of what is not computable.
    """

    low: Mapping[str, float]
    high: Mapping[str, float]
    limit: int
    patterns: tuple[str, ...]
    edges: Mapping[str, tuple[float, ...]]
    shares: Mapping[str, tuple[float, ...]]

    def outside(self, frame: pd.DataFrame) -> NDArray[Any]:
        """For each row None, or why it is unlike the training: `range` or `families`."""
        count = self._outliers(frame)
        patterns = np.isin(_patterns(frame[list(self.low)]), self.patterns)
        found = np.full(len(frame), None, dtype=object)
        found[count > self.limit] = "range"
        found[~patterns] = "families"
        return found

    def _outliers(self, frame: pd.DataFrame) -> NDArray[np.intp]:
        count = np.zeros(len(frame), np.intp)
        for name, low in self.low.items():
            values = frame[name].to_numpy(dtype=np.float64)
            with np.errstate(invalid="ignore"):
                odd = (values < low) | (values > self.high[name])
            count += odd | (np.isnan(low) & ~np.isnan(values))
        return count

    def to_json(self) -> dict[str, Any]:
        """Plain values; columns that were never computable have null ends."""
        return {
            "limit": self.limit,
            "patterns": list(self.patterns),
            "columns": {
                name: {
                    "low": None if np.isnan(low) else low,
                    "high": None if np.isnan(low) else self.high[name],
                    "edges": list(self.edges[name]),
                    "shares": list(self.shares[name]),
                }
                for name, low in self.low.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Seen:
        """The inverse of `to_json`.

        Raises:
            ValueError: Bins and their shares do not fit.
        """
        columns: Mapping[str, Any] = value["columns"]

        def ends(name: str) -> dict[str, float]:
            return {c: np.nan if v[name] is None else float(v[name]) for c, v in columns.items()}

        def lists(name: str) -> dict[str, tuple[float, ...]]:
            return {c: tuple(float(x) for x in v[name]) for c, v in columns.items()}

        edges, shares = lists("edges"), lists("shares")
        if any(len(shares[c]) != len(edges[c]) + 2 or np.any(np.diff(edges[c]) < 0) for c in edges):
            raise ValueError("bins that do not rise, or without a share each")
        patterns = tuple(str(p) for p in value["patterns"])
        return cls(ends("low"), ends("high"), int(value["limit"]), patterns, edges, shares)


def see(
    frame: pd.DataFrame,
    patterns: pd.DataFrame | None = None,
    usual: pd.DataFrame | None = None,
) -> Seen:
    """Describes training rows.

    Args:
        frame: Columns `family__feature`; NaN = not computable.
        patterns: Rows whose patterns of missing families were learnt, too; the same by default.
        usual: Rows against which drift is measured; the same by default. Rows of which less is
            known lack most families, and would make all others look like drift.
    """
    usual = frame if usual is None else usual
    low, high, edges, shares = {}, {}, {}, {}
    for name in map(str, frame.columns):
        values = frame[name].to_numpy(dtype=np.float64)
        known = values[~np.isnan(values)]
        if len(known):
            low[name], high[name] = (float(q) for q in np.quantile(known, [_EDGE, 1 - _EDGE]))
        else:
            low[name] = high[name] = np.nan
        edges[name], shares[name] = _bins(usual[name].to_numpy(dtype=np.float64))
    made = Seen(low, high, 0, (), edges, shares)
    limit = int(np.quantile(made._outliers(frame), _LIMIT)) if len(frame) else 0
    known_together, n = np.unique(
        _patterns(frame if patterns is None else patterns[list(frame.columns)]), return_counts=True
    )
    kept = tuple(str(p) for p in known_together[n >= _PATTERN])
    return Seen(low, high, limit, kept, edges, shares)


def _bins(values: Reals) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Inner edges of bins of equal mass, and the share of each and of what is not computable."""
    known = values[~np.isnan(values)]
    edges: tuple[float, ...] = ()
    if len(known):
        inner = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS))
        edges = tuple(float(e) for e in inner)
    return edges, tuple(float(s) for s in _shares(values, edges))


def drift(seen: Seen, frame: pd.DataFrame) -> pd.Series[float]:
    """Population stability index of each column against the training; largest first.

    Below 0.1 little has changed, above 0.25 much has (the customary reading in credit scoring).
    What is not computable is a bin of its own. Empty for no rows.
    """
    if frame.empty:
        return pd.Series(dtype=np.float64)
    found = {}
    for name, was in seen.shares.items():
        now = _shares(frame[name].to_numpy(dtype=np.float64), seen.edges[name])
        a, b = np.maximum(now, _LEAST), np.maximum(np.asarray(was), _LEAST)
        found[name] = float(np.sum((a - b) * np.log(a / b)))
    made = pd.Series(found, dtype=np.float64)
    return made.sort_index().sort_values(ascending=False, kind="stable")


def _shares(values: Reals, edges: Sequence[float]) -> Reals:
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(known)) / max(len(values), 1)


def _patterns(frame: pd.DataFrame) -> NDArray[Any]:
    """Families with a value in each row, joined by commas."""
    columns = [str(c) for c in frame.columns]
    families = sorted({c.split("__")[0] for c in columns})
    code = np.zeros(len(frame), np.int64)
    for bit, family in enumerate(families):
        mine = [c for c in columns if c.split("__")[0] == family]
        code |= frame[mine].notna().any(axis=1).to_numpy().astype(np.int64) << bit
    unique, of = np.unique(code, return_inverse=True)
    names = [",".join(f for i, f in enumerate(families) if (int(c) >> i) & 1) for c in unique]
    return np.asarray(names, dtype=object)[of] if len(names) else np.empty(0, dtype=object)
