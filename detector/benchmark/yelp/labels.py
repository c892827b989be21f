"""What the platform had filtered before the day of a review, as far as labels are known.

Labels of days from `known_until` on are never looked at, and of earlier ones only those before the
day of the review that is described. `OTHERS` leaves the account's own labels out. `OWN` holds them:
the platform filters nearly by account, so they tell the label rather than the review, and no
headline may rest on them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.detector.benchmark.yelp.reviews import Reviews

__all__ = ["OTHERS", "OWN", "past_labels"]

OTHERS: Final = (
    "filtered_product", "filtered_product_rating", "filtered_product_side",
    "filtered_product_first", "filtered_product_first_rating", "filtered_product_first_side",
    "filtered_product_lately", "filtered_elsewhere", "filtered_elsewhere_rating",
    "filtered_elsewhere_first",
)  # fmt: skip
OWN: Final = ("filtered_own",)

# Reviews that the rate of the next larger set weighs; and days in which a label halves its weight.
_PSEUDO: Final = 8.0
_PSEUDO_RATING: Final = 5.0
_HALF_LIFE: Final = 365.0
_RATE: Final = 0.13  # share filtered before any label is known: that of all reviews of YelpZip
_LIFE: Final = 30  # latest reviews of an account that are looked at


def past_labels(reviews: Reviews, known_until: int) -> NDArray[np.float32]:
    """Figures of each review, in the order of the reviews: `OTHERS`, then `OWN`.

    Args:
        reviews: Sorted by day.
        known_until: First day whose labels are unknown.
    """
    out = np.full((reviews.n, len(OTHERS) + len(OWN)), np.nan, np.float32)
    known = reviews.day < known_until
    if reviews.n:
        _walk(
            reviews.day, reviews.rating, reviews.account, reviews.product,
            np.where(known, reviews.filtered, 0.0), known.astype(np.float64),
            reviews.account_rows, reviews.account_from, len(reviews.product_from) - 1, out,
        )  # fmt: skip
    return out


@njit(cache=True)
def _side(star: int) -> tuple[int, int]:
    """Ratings on the same side: bad, middling, good."""
    if star <= 2:
        return 1, 3
    return (3, 4) if star == 3 else (4, 6)


@njit(cache=True)
def _rate(sums: Any, low: int, high: int, prior: float, weight: float) -> float:
    """Share filtered among ratings low to high - 1 (0 is all), drawn to a prior."""
    return float(
        (sums[0, low:high].sum() + weight * prior) / (sums[1, low:high].sum() + weight)
    )  # fmt: skip


@njit(cache=True)
def _walk(
    day: Any, rating: Any, account: Any, product: Any, filtered: Any, known: Any,
    account_rows: Any, account_from: Any, n_products: int, out: Any,
) -> None:  # fmt: skip
    acts = np.zeros(len(account_from) - 1, np.int64)
    # By product: filtered and known reviews, in all (0) and by rating; then the same of accounts
    # on their first day; then sums that fade.
    every, fresh = np.zeros((n_products + 1, 2, 6)), np.zeros((n_products + 1, 2, 6))
    lately, told = np.zeros((n_products, 2)), np.zeros(n_products)
    begin = 0
    while begin < len(day):
        end, today = begin, day[begin]
        while end < len(day) and day[end] == today:
            end += 1
        site = _rate(every[n_products], 0, 1, _RATE, _PSEUDO)
        site_fresh = _rate(fresh[n_products], 0, 1, _RATE, _PSEUDO)
        for i in range(begin, end):
            a, p, star = account[i], product[i], int(rating[i])
            _of_product(out[i], star, site, every[p], 0)
            _of_product(out[i], star, site_fresh, fresh[p], 3)
            out[i, 6] = (lately[p, 0] + _PSEUDO_RATING * site) / (lately[p, 1] + _PSEUDO_RATING)
            own = account_rows[account_from[a] : account_from[a] + acts[a]]
            if len(own):
                _of_elsewhere(out[i], own, day, rating, product, filtered, known, site,
                              site_fresh, every, fresh)  # fmt: skip
        for i in range(begin, end):
            a, p, star = account[i], product[i], int(rating[i])
            acts[a] += 1
            if known[i] == 0.0:
                continue
            new = day[account_rows[account_from[a]]] == today
            for where in (p, n_products):
                for level in (0, star):
                    every[where, 0, level] += filtered[i]
                    every[where, 1, level] += 1.0
                    fresh[where, 0, level] += filtered[i] * new
                    fresh[where, 1, level] += new
            fade = 0.5 ** ((today - told[p]) / _HALF_LIFE)
            lately[p, 0] = lately[p, 0] * fade + filtered[i]
            lately[p, 1] = lately[p, 1] * fade + 1.0
            told[p] = today
        begin = end


@njit(cache=True)
def _of_product(row: Any, star: int, prior: float, sums: Any, at: int) -> None:
    low, high = _side(star)
    rate = _rate(sums, 0, 1, prior, _PSEUDO)
    row[at] = rate
    row[at + 1] = _rate(sums, star, star + 1, rate, _PSEUDO_RATING)
    row[at + 2] = _rate(sums, low, high, rate, _PSEUDO_RATING)


@njit(cache=True)
def _of_elsewhere(
    row: Any, own: Any, day: Any, rating: Any, product: Any, filtered: Any, known: Any,
    site: float, site_fresh: float, every: Any, fresh: Any,
) -> None:  # fmt: skip
    """How others fared at the account's earlier products; then how it fared itself."""
    n, totals = 0, np.zeros(3)
    hit, told = 0.0, 0.0
    for k in range(max(len(own) - _LIFE, 0), len(own)):
        i = own[k]
        sums, new, star = every[product[i]], fresh[product[i]], int(rating[i])
        is_new = known[i] * (day[i] == day[own[0]])
        rate = (sums[0, 0] - filtered[i] + _PSEUDO * site) / (sums[1, 0] - known[i] + _PSEUDO)
        totals[0] += rate
        totals[1] += (sums[0, star] - filtered[i] + _PSEUDO_RATING * rate) / (
            sums[1, star] - known[i] + _PSEUDO_RATING
        )
        totals[2] += (new[0, star] - filtered[i] * is_new + _PSEUDO_RATING * site_fresh) / (
            new[1, star] - is_new + _PSEUDO_RATING
        )
        n += 1
        hit += filtered[i]
        told += known[i]
    row[7], row[8], row[9] = totals[0] / n, totals[1] / n, totals[2] / n
    if told:
        row[10] = (hit + 1.0 * site) / (told + 1.0)
