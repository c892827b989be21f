"""Corroboration: what births, profiles, follows, words and later removal add (step 7).

Each act has a few *clues*, small integer codes in which -1 is unknown (`clues.py`). What a code
says is learnt from the posteriors as for company: its share among delivered over its share among
organic acts. Clues never decide alone: before any fit every ratio is 1, what is unknown stays 1,
one clue and all of them are bounded, and no account is followed by them into its other acts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.features.errors import UsageError

__all__ = ["Clue", "apply", "corroboration_ratio", "learn"]

Reals = NDArray[np.float64]
Codes = NDArray[np.int16]

# Delivered acts are assumed to look as before (organic, or as the reference says) with the weight
# of this many acts; as for company.
_PRIOR_ACTS: Final = 100.0
# Acts that every code is assumed to hold, of organic and of delivered alike: a code seen once or
# twice says next to nothing.
_LEAST: Final = 5.0
# Below this posterior an act says nothing of what delivered acts look like: the background of all
# acts would else outweigh the few that were found, and every ratio come out near 1.
_FOUND: Final = 0.1
# Log ratio of all clues of an act at most, either way: alone it lifts the background of 0.002 to
# 0.024. On a simulated world of 100,000 acts, with tables learnt on another, 2.5 and 3.5 find .22
# and .25 of the delivered acts at 0.1 % (none: .07) with the same sum over organic acts; but 3 let
# an act of a quiet section, with everything against it, reach 0.18.
_ALL: Final = 2.5
# The mean ratio over organic acts is 1 up to this, reached within these steps.
_EVEN: Final = 1e-6
_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class Clue:
    """One property of every timed act.

    Attributes:
        name: Of the clue; learnt tables are kept by it.
        codes: By act, 0 to n_bins - 1; -1 is unknown.
        n_bins: Number of codes.
        most: Log ratio that it speaks for delivery at most. What an account *is* (young, sparse)
            counts less than what it *does*.
        least: Log ratio that it speaks against delivery at most.
    """

    name: str
    codes: Codes
    n_bins: int
    most: float = 2.0
    least: float = 2.0


def learn(
    clues: Sequence[Clue], q: Reals, reference: Mapping[str, Reals] | None = None
) -> dict[str, Reals]:
    """Log ratio of each code of each clue: delivered over organic acts, mean 1 over organic ones.

    The result can be kept (it is a mapping of small arrays) and applied to other acts, or handed
    back as `reference`.

    Args:
        clues: Of the acts learnt from.
        q: Their posteriors or, on labelled data, 1 for delivered and 0 for organic. Where
            communities are known, what they explain should be taken out: fan clubs are organic.
        reference: Tables learnt elsewhere, from which delivered acts are assumed to differ little
            before there are many; without it they are assumed to look organic.

    Raises:
        UsageError: A table of the reference does not have the codes of its clue.
    """
    before = reference or {}
    return {c.name: _table(c, q, _checked(c, before[c.name]) if c.name in before else None)
            for c in clues}  # fmt: skip


def _table(clue: Clue, q: Reals, before: Reals | None) -> Reals:
    known = clue.codes >= 0
    codes, share = clue.codes[known].astype(np.int64), q[known]
    organic = np.bincount(codes, 1.0 - share, clue.n_bins)
    mean = (organic + _LEAST) / (organic + _LEAST).sum()
    assumed = mean if before is None else mean * np.exp(before)
    found = np.where(share >= _FOUND, share, 0.0)
    delivered = np.bincount(codes, found, clue.n_bins) + _PRIOR_ACTS * assumed / assumed.sum()
    # Shrunk code by code: `_LEAST` more acts whose ratio is that of the prior.
    ratio = (delivered + _LEAST * assumed / mean) / (mean * delivered.sum() + _LEAST)
    return _levelled(np.log(ratio), mean, clue.least, clue.most)


def apply(clues: Sequence[Clue], tables: Mapping[str, Reals]) -> Reals:
    """Log ratio of each act under learnt tables; a clue without a table, or unknown, adds nothing.

    Raises:
        UsageError: A table does not have the codes of its clue.
    """
    ratio = np.zeros(len(clues[0].codes) if clues else 0)
    for clue in clues:
        if clue.name in tables:
            ratio += np.append(_checked(clue, tables[clue.name]), 0.0)[clue.codes]
    return np.clip(ratio, -_ALL, _ALL)


def corroboration_ratio(
    clues: Sequence[Clue], q: Reals, reference: Mapping[str, Reals] | None = None
) -> Reals:
    """Log ratio of all clues of each act, learnt from the posteriors; mean 1 over organic acts.

    Zero throughout without clues, and before any fit (q = 0) without a reference. Arguments and
    errors are those of `learn`.
    """
    ratio = apply(clues, learn(clues, q, reference))
    if not len(ratio):
        return np.zeros(len(q))
    return _levelled(ratio, np.maximum(1.0 - q, 1e-9), _ALL, _ALL)


def _levelled(ratio: Reals, weight: Reals, least: float, most: float) -> Reals:
    """Moves log ratios until, cut to [-least, most], their weighted mean ratio is 1.

    Subtracting the level after the cut instead would lift rare codes above `most` wherever all
    others are cut from below.
    """
    weight = weight / weight.sum()
    level, cut = 0.0, np.clip(ratio, -least, most)
    for _ in range(_STEPS):
        step = float(np.log(np.exp(cut) @ weight))
        if abs(step) < _EVEN:
            break
        level += step
        cut = np.clip(ratio - level, -least, most)
    return np.asarray(cut, np.float64)


def _checked(clue: Clue, table: Reals) -> Reals:
    table = np.asarray(table, np.float64)
    if table.shape != (clue.n_bins,) or not np.isfinite(table).all():
        raise UsageError(
            f"the reference of clue {clue.name} does not fit: found shape {table.shape}, expected"
            f" {clue.n_bins} finite log ratios; learn it again with this version"
        )
    return table
