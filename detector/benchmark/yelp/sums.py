"""Running sums of accounts and products, and the figures that follow from them.

Kernels of `activity`: each fills its places in the row of one review. The unit of time is a day.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

__all__ = ["SUMS", "N", "count_account", "count_product", "of_account", "of_burst", "of_product"]

# Columns: of products the first five, of accounts all.
N, _SUM, _SQUARES, _FIRST, _LAST = range(5)
_EXTREME, _DAYS, _HABIT, _POPULAR, _MEANS, _TODAY, _MOST = range(5, 12)
SUMS: Final = 12
_PSEUDO: Final = 2.0  # reviews that the site's mean weighs in that of a product


@njit(cache=True)
def of_product(
    row: Any, today: int, usual: float, sums: Any, stars: Any, since: Any, day: Any, rating: Any,
    mine: Any,
) -> None:  # fmt: skip
    """The product before the day; `since` follows the windows of 30, 90 and 365 days."""
    n = sums[N]
    mean = (sums[_SUM] + _PSEUDO * usual) / (n + _PSEUDO)
    row[2], row[3], row[4] = n, mean, row[0] - mean
    for w, days in enumerate((30, 90, 365)):
        while since[w] < n and day[mine[since[w]]] < today - days:
            since[w] += 1
        row[10 + w] = n - since[w]
    row[13] = (row[10] + 0.5) / (row[12] * 30.0 / 365.0 + 0.5)
    same = stars[int(row[0]) - 1]
    row[8] = same
    if n == 0:
        return
    row[5], row[6] = today - sums[_FIRST], today - sums[_LAST]
    row[7] = np.sqrt(max(sums[_SQUARES] / n - (sums[_SUM] / n) ** 2, 0.0))
    row[9] = same / n


@njit(cache=True)
def of_burst(row: Any, sums: Any, since: Any, rating: Any, first: Any, mine: Any) -> None:
    """The last 90 days of the product: ratings, and first reviews that agree with this one."""
    total, fresh, same = 0.0, 0, 0
    n = int(sums[N])
    for k in range(since[1], n):
        other = mine[k]
        total += rating[other]
        if first[other]:
            fresh += 1
            same += rating[other] == row[0]
    if n > since[1]:
        row[14] = row[0] - total / (n - since[1])
    row[15], row[16] = same, (fresh + 0.5) / (n - since[1] + 1.0)


@njit(cache=True)
def of_account(row: Any, today: int, sums: Any, day: Any, rating: Any, own: Any) -> None:
    """An account that has reviewed before."""
    n = sums[N]
    mean = sums[_SUM] / n
    row[18], row[19] = today - sums[_FIRST], today - sums[_LAST]
    row[20], row[21] = mean, row[0] - mean
    row[22] = np.sqrt(max(sums[_SQUARES] / n - mean**2, 0.0))
    row[23], row[24] = sums[_EXTREME] / n, sums[_HABIT] / n
    row[25], row[26] = sums[_POPULAR] / n, sums[_MEANS] / n
    row[27], row[28] = sums[_DAYS] / n, n / (row[18] + 30.0)
    if n >= 3:
        row[29] = (today - day[own[int(n) - 3]]) / 3.0
    row[30] = sums[_MOST]


@njit(cache=True)
def count_account(row: Any, today: int, popularity: float, sums: Any) -> None:
    """One more review of the account, told by the row that describes it."""
    rating = row[0]
    if sums[N] == 0:
        sums[_FIRST] = today
    if sums[N] == 0 or sums[_LAST] != today:
        sums[_DAYS] += 1
        sums[_TODAY] = 0
    sums[_LAST] = today
    sums[_TODAY] += 1
    sums[_MOST] = max(sums[_MOST], sums[_TODAY])
    sums[N] += 1
    sums[_SUM] += rating
    sums[_SQUARES] += rating * rating
    sums[_EXTREME] += rating == 1 or rating == 5
    sums[_HABIT] += abs(row[4])
    sums[_POPULAR] += np.log1p(popularity)
    sums[_MEANS] += row[3]


@njit(cache=True)
def count_product(today: int, rating: float, sums: Any, stars: Any) -> None:
    """One more review of the product."""
    if sums[N] == 0:
        sums[_FIRST] = today
    sums[_LAST] = today
    sums[N] += 1
    sums[_SUM] += rating
    sums[_SQUARES] += rating * rating
    stars[int(rating) - 1] += 1
