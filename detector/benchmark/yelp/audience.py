"""Whether those who review a product come back elsewhere: co-engagement, as known before a day.

Genuine guests of a product review other places, too; accounts made for an order are seen once.
Whether an earlier reviewer came back is looked up anew for every day, so it grows with time, and
nothing that an account does later than the day counts.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.detector.benchmark.yelp.reviews import Reviews

__all__ = ["AUDIENCE", "audience"]

AUDIENCE: Final = (
    "audience_back", "audience_back_same", "audience_acts",
    "recent_once", "recent_acts", "recent_agree", "recent_once_agree", "recent_deviation",
    "recent_days", "elsewhere_back", "elsewhere_back_same", "overlap", "overlap_mean",
)  # fmt: skip

# Share of reviewers who come back where nothing is known, about that of YelpZip; and how many
# reviewers that belief weighs.
_BACK: Final = 0.45
_PSEUDO: Final = 3.0
_RECENT: Final = 20  # the latest whole days that hold so many reviews
_COMPARED: Final = 60  # latest whole days whose reviewers are compared with the account
_LIFE: Final = 30  # earlier reviews of another account that are looked at


def audience(reviews: Reviews) -> NDArray[np.float32]:
    """Figures of each review, in the order of the reviews; NaN where there is no past."""
    out = np.full((reviews.n, len(AUDIENCE)), np.nan, np.float32)
    if reviews.n:
        _walk(
            reviews.day, reviews.rating, reviews.account, reviews.product, reviews.account_rows,
            reviews.account_from, reviews.product_rows, reviews.product_from, out,
        )  # fmt: skip
    return out


@njit(cache=True)
def _walk(
    day: Any, rating: Any, account: Any, product: Any, account_rows: Any, account_from: Any,
    product_rows: Any, product_from: Any, out: Any,
) -> None:  # fmt: skip
    n_accounts, n_products = len(account_from) - 1, len(product_from) - 1
    acts, size = np.zeros(n_accounts, np.int64), np.zeros(n_products, np.int64)
    back, stars = np.zeros((n_products, 6)), np.zeros((n_products, 6))  # by rating, 0 is all
    mark, begin = np.full(n_products, -1, np.int64), 0
    while begin < len(day):
        end, today = begin, day[begin]
        while end < len(day) and day[end] == today:
            end += 1
        for i in range(begin, end):
            a, p, star = account[i], product[i], int(rating[i])
            mine = product_rows[product_from[p] : product_from[p] + size[p]]
            own = account_rows[account_from[a] : account_from[a] + acts[a]]
            all_back = (back[p, 0] + _PSEUDO * _BACK) / (stars[p, 0] + _PSEUDO)
            out[i, 0] = all_back
            out[i, 1] = (back[p, star] + _PSEUDO * all_back) / (stars[p, star] + _PSEUDO)
            _of_recent(out[i], i, mine, day, rating, account, acts)
            if acts[a] > 0:
                _of_elsewhere(out[i], own, product, rating, back, stars)
                for other in own:
                    mark[product[other]] = i
                _of_overlap(out[i], i, mine, mark, day, account, product, account_rows,
                            account_from, acts)  # fmt: skip
        for i in range(begin, end):
            _count(i, account, product, rating, account_rows, account_from, acts, size, back, stars)
        begin = end


@njit(cache=True)
def _count(
    i: int, account: Any, product: Any, rating: Any, account_rows: Any, account_from: Any,
    acts: Any, size: Any, back: Any, stars: Any,
) -> None:  # fmt: skip
    """One more review; with the second of an account, its first one has come back, too."""
    a, p, star = account[i], product[i], int(rating[i])
    acts[a] += 1
    size[p] += 1
    stars[p, 0] += 1
    stars[p, star] += 1
    if acts[a] >= 2:
        back[p, 0] += 1
        back[p, star] += 1
    if acts[a] == 2:
        other = account_rows[account_from[a]]
        back[product[other], 0] += 1
        back[product[other], int(rating[other])] += 1


@njit(cache=True)
def _of_recent(row: Any, i: int, mine: Any, day: Any, rating: Any, account: Any, acts: Any) -> None:
    """Reviewers of the product in the latest whole days: how many are seen once so far."""
    n, once, agree, once_agree, total, life = 0, 0, 0, 0, 0.0, 0.0
    last = day[i]
    for k in range(len(mine) - 1, -1, -1):
        other = mine[k]
        if n >= _RECENT and day[other] != last:
            break
        last = day[other]
        single = acts[account[other]] <= 1
        n += 1
        once += single
        total += rating[other]
        life += np.log(acts[account[other]])
        if rating[other] == rating[i]:
            agree += 1
            once_agree += single
    if n:
        row[2], row[3], row[4] = life / n, once / n, n / (day[i] - last + 1.0)
        row[5], row[6] = agree / n, (once_agree + 0.5) / (agree + 1.0)
        row[7], row[8] = rating[i] - total / n, day[i] - last


@njit(cache=True)
def _of_elsewhere(row: Any, own: Any, product: Any, rating: Any, back: Any, stars: Any) -> None:
    """Audiences of the account's earlier products, itself left out."""
    came = 1.0 if len(own) > 1 else 0.0  # how it counts itself among those who came back
    every, same = 0.0, 0.0
    for other in own:
        p, star = product[other], int(rating[other])
        share = (back[p, 0] - came + _PSEUDO * _BACK) / (stars[p, 0] - 1 + _PSEUDO)
        every += share
        same += (back[p, star] - came + _PSEUDO * share) / (stars[p, star] - 1 + _PSEUDO)
    row[9], row[10] = every / len(own), same / len(own)


@njit(cache=True)
def _of_overlap(
    row: Any, i: int, mine: Any, mark: Any, day: Any, account: Any, product: Any,
    account_rows: Any, account_from: Any, acts: Any,
) -> None:  # fmt: skip
    """Do recent reviewers of the product share other products with the account?"""
    seen, n, sharing, shared, last = 0, 0, 0, 0, day[i]
    for k in range(len(mine) - 1, -1, -1):
        if seen >= _COMPARED and day[mine[k]] != last:
            break
        last = day[mine[k]]
        seen += 1
        b = account[mine[k]]
        if b == account[i] or acts[b] < 2:
            continue
        n += 1
        found, end = 0, account_from[b] + acts[b]
        for z in range(max(account_from[b], end - _LIFE), end):
            other = product[account_rows[z]]
            found += other != product[i] and mark[other] == i
        sharing += found > 0
        shared += found
    if n:
        row[11], row[12] = sharing / (n + 1.0), shared / (n + 1.0)
