"""What an account, a product and the site had done before the day of a review.

Concepts of this project: activity and age of accounts, deviation of ratings, bursts of a product
and of an account against their own past. Every figure but those of `SAME_DAY` rests on days before
the review's; those rest on the other reviews of its day, which have no order among themselves.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.detector.benchmark.yelp.reviews import Reviews
from zhenzan.detector.benchmark.yelp.sums import (
    SUMS,
    N,
    count_account,
    count_product,
    of_account,
    of_burst,
    of_product,
)

__all__ = ["BEFORE", "SAME_DAY", "activity"]

BEFORE: Final = (
    "rating", "weekday",
    "product_reviews", "product_mean", "product_deviation", "product_age", "product_gap",
    "product_spread", "product_same_rating", "product_same_share",
    "product_30d", "product_90d", "product_365d", "product_burst",
    "product_90d_deviation", "product_90d_first_same", "product_90d_first_share",
    "account_reviews", "account_age", "account_gap", "account_mean", "account_deviation",
    "account_spread", "account_extremes", "account_habit", "account_popularity",
    "account_product_mean", "account_days", "account_rate", "account_tempo", "account_most_a_day",
    "site_first_30d", "site_fives_30d",
)  # fmt: skip
SAME_DAY: Final = (
    "day_product", "day_product_first", "day_product_same", "day_product_deviation",
    "day_account", "day_account_deviation", "day_account_range", "day_account_popularity",
    "day_site",
)  # fmt: skip

_SITE_N, _SITE_FIRST, _SITE_FIVES = range(3)
_MIDDLE: Final = 3.0  # of the scale of ratings, until there is any


def activity(reviews: Reviews) -> NDArray[np.float32]:
    """Figures of each review, in the order of the reviews; NaN where there is no past."""
    n = reviews.n
    out = np.full((n, len(BEFORE) + len(SAME_DAY)), np.nan, np.float32)
    if n:
        first = _is_first(reviews)
        site = _site_by_day(reviews, first)
        _walk(
            reviews.day, reviews.rating, reviews.account, reviews.product, first, site,
            reviews.account_rows, reviews.account_from, reviews.product_rows, reviews.product_from,
            out,
        )  # fmt: skip
    return out


def _is_first(reviews: Reviews) -> NDArray[np.bool_]:
    """Whether a review is of the day on which its account appears."""
    begin = reviews.account_rows[reviews.account_from[:-1]]
    return np.asarray(reviews.day == reviews.day[begin][reviews.account])


def _site_by_day(reviews: Reviews, first: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Reviews, first ones and fives of the whole site before each day (running sums)."""
    day = reviews.day - reviews.day[0]
    size = int(day[-1]) + 1
    counts = [
        np.bincount(day, weight, size)
        for weight in (np.ones(reviews.n), first, reviews.rating == 5)
    ]
    return np.cumsum(np.pad(np.stack(counts, axis=1), ((1, 0), (0, 0))), axis=0)


@njit(cache=True)
def _walk(
    day: Any, rating: Any, account: Any, product: Any, first: Any, site: Any,
    account_rows: Any, account_from: Any, product_rows: Any, product_from: Any, out: Any,
) -> None:  # fmt: skip
    """Day by day: all reviews of a day are described before any of them counts."""
    accounts, products = (
        np.zeros((len(account_from) - 1, SUMS)),
        np.zeros((len(product_from) - 1, SUMS)),
    )
    stars, since = np.zeros((len(products), 5)), np.zeros((len(products), 3), np.int64)
    begin, total = 0, 0.0
    while begin < len(day):
        end, today = begin, day[begin]
        while end < len(day) and day[end] == today:
            end += 1
        usual = total / begin if begin else _MIDDLE
        for i in range(begin, end):
            a, p, row = account[i], product[i], out[i]
            row[0], row[1], row[17] = rating[i], today % 7, accounts[a, N]
            mine = product_rows[product_from[p] : product_from[p + 1]]
            of_product(row, today, usual, products[p], stars[p], since[p], day, rating, mine)
            of_burst(row, products[p], since[p], rating, first, mine)
            own = account_rows[account_from[a] : account_from[a + 1]]
            if accounts[a, N] > 0:
                of_account(row, today, accounts[a], day, rating, own)
            _of_site(row, today - day[0], site)
            _of_day_product(row, i, accounts, int(products[p, N]), day, rating, account, mine)
            _of_day_account(row, i, products, int(accounts[a, N]), day, rating, product, own)
        for i in range(begin, end):  # counts of products stay as before the day until the end of it
            count_account(out[i], today, products[product[i], N], accounts[account[i]])
        for i in range(begin, end):
            count_product(today, rating[i], products[product[i]], stars[product[i]])
            total += rating[i]
        begin = end


@njit(cache=True)
def _of_site(row: Any, d: int, site: Any) -> None:
    month = site[d] - site[max(d - 30, 0)]
    row[31] = month[_SITE_FIRST] / (month[_SITE_N] + 1.0)
    row[32] = month[_SITE_FIVES] / (month[_SITE_N] + 1.0)
    row[41] = (site[d + 1, _SITE_N] - site[d, _SITE_N]) / (month[_SITE_N] / 30.0 + 1.0)


@njit(cache=True)
def _of_day_product(
    row: Any, i: int, accounts: Any, k: int, day: Any, rating: Any, account: Any, mine: Any
) -> None:
    """Other reviews of the product on this day; `k` is where the day begins."""
    n, fresh, same, total = 0, 0, 0, 0.0
    while k < len(mine) and day[mine[k]] == day[i]:
        other = mine[k]
        k += 1
        if other != i:
            n += 1
            fresh += accounts[account[other], N] == 0
            same += rating[other] == rating[i]
            total += rating[other]
    row[33] = n
    if n:
        row[34], row[35], row[36] = fresh / n, same / n, rating[i] - total / n


@njit(cache=True)
def _of_day_account(
    row: Any, i: int, products: Any, k: int, day: Any, rating: Any, product: Any, own: Any
) -> None:
    """Other reviews by the account on this day."""
    n, total, popular = 0, 0.0, 0.0
    low, high = rating[i], rating[i]
    while k < len(own) and day[own[k]] == day[i]:
        other = own[k]
        k += 1
        low, high = min(low, rating[other]), max(high, rating[other])
        if other != i:
            n += 1
            total += rating[other]
            popular += np.log1p(products[product[other], N])
    row[37] = n
    if n:
        row[38], row[39], row[40] = rating[i] - total / n, high - low, popular / n
