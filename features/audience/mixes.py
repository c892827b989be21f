"""How a section's mix (regions, sources, levels) differs from that of its creator's other sections.

Never from the national mix: a campus and a town are no finding (hard negative H15). Small samples
differ by chance, which is subtracted; real audiences differ from post to post, and by how much the
set itself tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from zhenzan.features.people import Codes, Reals

__all__ = ["HISTORY", "Mix", "concentration", "mix_against_history"]

# Fifty acts of the creator's other sections are a history (as for the context `regional`).
HISTORY: Final = 50
# Smaller expectations are folded together: one here, five in the longer history (Cochran 1954).
_CELL: Final = 1.0
_PAST_CELL: Final = 5.0
_MOST_BITS: Final = 1000.0  # where the tail of a double ends


@dataclass(frozen=True, slots=True)
class Mix:
    """By section code; NaN where not judged.

    Attributes:
        divergence: Share of the largest possible Jensen-Shannon divergence, chance subtracted.
        bits: How hard the difference is to explain by chance and the usual differences.
        total: Acts of known category here.
        category: The category that is most over-represented, -1 where not judged.
        count, expected: Its acts here, and those that the history predicts.
    """

    divergence: Reals
    bits: Reals
    total: Reals
    category: Codes
    count: Reals
    expected: Reals


def mix_against_history(
    section: Codes,
    category: Codes,
    count: NDArray[Any],
    creator_of_section: Codes,
    least: int,
) -> Mix:
    """Compares each section with its creator's other sections.

    Args:
        section: Section code by row.
        category: Category code by row, 0 or more; its order breaks ties.
        count: How often, by row; rows of one section and category are added up.
        creator_of_section: Creator code by section code, -1 where unknown (not judged).
        least: Sections with fewer acts are not judged.
    """
    n = len(creator_of_section)
    width = int(category.max(initial=-1)) + 1
    cell, place = np.unique(section * max(width, 1) + category, return_inverse=True)
    x = np.bincount(place, count, minlength=len(cell)).astype(np.float64)
    s, k = cell // max(width, 1), cell % max(width, 1)
    here = np.bincount(s, x, minlength=n).astype(np.float64)
    creator = creator_of_section[s]
    owned = creator >= 0
    of_creator = np.where(owned, creator, 0)
    creators = int(creator_of_section.max(initial=-1)) + 1
    known, at = np.unique(of_creator * max(width, 1) + k, return_inverse=True)
    everywhere = np.bincount(at, x * owned, minlength=len(known))[at]
    of_all = np.bincount(of_creator[owned], x[owned], minlength=max(creators, 1))
    whole = np.where(creator_of_section >= 0, of_all[np.maximum(creator_of_section, 0)], 0.0)
    before = np.maximum(whole - here, 0.0)
    judged = (creator_of_section >= 0) & (here >= max(least, 1)) & (before >= HISTORY)
    deviance, df = _deviance(s, x, everywhere - x, here, before)
    judged &= df >= 1
    divergence, bits = _judge(deviance, df, here, before, judged)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = here[s] * (everywhere - x + 0.5) / (before[s] + 1.0)
    top = _largest(s, x - expected, k)
    chosen = np.full(n, -1, dtype=np.int64)
    chosen[s[top]] = top
    chosen = np.where(judged, chosen, -1)
    return Mix(
        divergence,
        bits,
        here,
        np.where(chosen >= 0, np.r_[k, -1][chosen], -1),
        np.where(chosen >= 0, np.r_[x, np.nan][chosen], np.nan),
        np.where(chosen >= 0, np.r_[expected, np.nan][chosen], np.nan),
    )


def _deviance(s: Codes, x: Reals, h: Reals, here: Reals, before: Reals) -> tuple[Reals, Reals]:
    """G statistic of two samples by section, and its degrees of freedom.

    Cells with a small expectation, and those that only the history has, are taken together.
    """
    n = len(here)
    total = here + before
    share = (x + h) / np.maximum(total[s], 1.0)
    kept = (share * here[s] >= _CELL) & (share * before[s] >= _PAST_CELL)
    kept_x = np.bincount(s[kept], x[kept], minlength=n)
    kept_h = np.bincount(s[kept], h[kept], minlength=n)
    rest_x, rest_h = here - kept_x, np.maximum(before - kept_h, 0.0)
    g = np.bincount(s[kept], _g(x, h, here[s], before[s])[kept], minlength=n).astype(np.float64)
    g = g + _g(rest_x, rest_h, here, before)
    cells = np.bincount(s[kept], minlength=n) + (rest_x + rest_h > 0)
    return np.maximum(g, 0.0), np.maximum(cells - 1.0, 0.0)


def _g(x: Reals, h: Reals, here: Reals, before: Reals) -> Reals:
    """Twice the log-likelihood ratio of one cell."""
    both, total = x + h, np.maximum(here + before, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(x > 0, x * np.log(x * total / (both * here)), 0.0)
        second = np.where(h > 0, h * np.log(h * total / (both * before)), 0.0)
    return 2.0 * (first + second)


def _judge(
    deviance: Reals, df: Reals, here: Reals, before: Reals, judged: NDArray[np.bool_]
) -> tuple[Reals, Reals]:
    """Divergence and bits; the usual difference, at least that of chance, is the unit of bits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        part = here / (here + before)
        most = -(part * np.log(part) + (1 - part) * np.log1p(-part))
        share = np.clip((deviance - df) / (2 * (here + before)) / most, 0.0, 1.0)
    divergence = np.where(judged, share, np.nan)
    bits = np.full(len(here), np.nan)
    if judged.any():
        d, g = df[judged], deviance[judged]
        unit = max(1.0, float(np.median(g / chi2.median(d))))
        bits[judged] = np.clip(-chi2.logsf(g / unit, d) / np.log(2), 0.0, _MOST_BITS)
    return divergence, bits


def _largest(group: Codes, value: Reals, tie: Codes) -> Codes:
    """The row of the largest value of each group, ties by the larger `tie`."""
    order = np.lexsort((tie, value, group))
    return order[np.r_[group[order][1:] != group[order][:-1], True]] if len(order) else order


def concentration(
    section: Codes, mark: Codes, creator_of_section: Codes, least: int
) -> tuple[Reals, Reals]:
    """Chance that two visitors share a mark: here, and in the creator's other sections.

    Args:
        section: Section code by row; a row is one account with one mark.
        mark: Mark code by row.
        creator_of_section: Creator code by section code, -1 where unknown.
        least: Fewer rows here and the section is not judged.

    Returns:
        Simpson's chance without replacement by section code; NaN where not judged (the second
        below `HISTORY` rows elsewhere).
    """
    n, width = len(creator_of_section), int(mark.max(initial=-1)) + 1
    cell, count = np.unique(section * max(width, 1) + mark, return_counts=True)
    s, k, x = cell // max(width, 1), cell % max(width, 1), count.astype(np.float64)
    here = np.bincount(s, x, minlength=n)
    same = np.bincount(s, x * (x - 1), minlength=n)
    creator = np.maximum(creator_of_section, 0)
    owned = creator_of_section[s] >= 0
    known, at = np.unique(creator[s] * max(width, 1) + k, return_inverse=True)
    c = np.bincount(at, x * owned, minlength=len(known))
    creators = int(creator_of_section.max(initial=0)) + 1
    pairs = np.bincount(known // max(width, 1), c * (c - 1), minlength=creators)
    whole = np.bincount(known // max(width, 1), c, minlength=creators)[creator]
    rest = c[at] - x
    changed = np.bincount(s, rest * (rest - 1) - c[at] * (c[at] - 1), minlength=n)
    before = whole - here
    enough = (creator_of_section >= 0) & (before >= HISTORY) & (here >= max(least, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(here >= max(least, 2), same / (here * (here - 1)), np.nan)
        past = np.where(enough, (pairs[creator] + changed) / (before * (before - 1)), np.nan)
    return own, np.where(np.isnan(past), np.nan, np.maximum(past, 0.0))
