"""Figures of reviews: against a slow obvious version, and from the past alone."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.benchmark.yelp.activity import BEFORE, SAME_DAY
from zhenzan.detector.benchmark.yelp.audience import AUDIENCE
from zhenzan.detector.benchmark.yelp.features import SETS, describe
from zhenzan.detector.benchmark.yelp.labels import OTHERS, OWN
from zhenzan.detector.benchmark.yelp.reviews import code_reviews

START = date(2020, 1, 1)
NEVER = 10**9  # a day that does not come


def table(rows: list[tuple[int, int, int, int, int]]) -> pd.DataFrame:
    """Rows of (user, product, rating, filtered, day)."""
    frame = pd.DataFrame(rows, columns=["user", "product", "rating", "filtered", "day"])
    frame["label"] = np.where(frame.filtered == 1, -1, 1)
    frame["date"] = [str(START + timedelta(days=int(d))) for d in frame.day]
    return frame


def some(seed: int, n: int = 160, days: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return table(
        [
            (int(rng.integers(40)), int(rng.integers(6)), int(rng.integers(1, 6)),
             int(rng.integers(2)), int(rng.integers(days)))
            for _ in range(n)
        ]
    )  # fmt: skip


def figures(frame: pd.DataFrame, known_until: int = NEVER) -> pd.DataFrame:
    """Figures in the order of the rows."""
    reviews = code_reviews(frame)
    begin = int(reviews.day[0]) - (frame.day.min() if len(frame) else 0)
    found = describe(reviews, NEVER if known_until == NEVER else known_until + begin)
    out = pd.DataFrame(found.values, columns=list(found.names))
    return out.assign(row=reviews.row).sort_values("row").drop(columns="row").reset_index(drop=True)


def slowly(frame: pd.DataFrame, i: int, known_until: int) -> dict[str, float]:
    """One review by looking at all the others."""
    me = frame.iloc[i]
    past, today = frame[frame.day < me.day], frame[frame.day == me.day].drop(index=i)
    of_p, of_a = past[past["product"] == me["product"]], past[past.user == me.user]
    usual = past.rating.mean() if len(past) else 3.0
    mean = (of_p.rating.sum() + 2 * usual) / (len(of_p) + 2)
    acts = past.user.value_counts()
    back = of_p.user.map(acts) >= 2
    every = (back.sum() + 3 * 0.45) / (len(of_p) + 3)
    alike = of_p.rating == me.rating
    told = past[past.day < known_until]
    site = (told.filtered.sum() + 8 * 0.13) / (len(told) + 8)
    own_told = told[told["product"] == me["product"]]
    rate = (own_told.filtered.sum() + 8 * site) / (len(own_told) + 8)
    same_told = own_told[own_told.rating == me.rating]
    mine = told[told.user == me.user]
    with_p, with_a = today[today["product"] == me["product"]], today[today.user == me.user]
    out = {
        "product_reviews": len(of_p), "product_mean": mean, "product_deviation": me.rating - mean,
        "product_30d": (of_p.day >= me.day - 30).sum(), "product_same_rating": alike.sum(),
        "account_reviews": len(of_a), "audience_back": every,
        "audience_back_same": (back[alike].sum() + 3 * every) / (alike.sum() + 3),
        "filtered_product": rate,
        "filtered_product_rating": (same_told.filtered.sum() + 5 * rate) / (len(same_told) + 5),
        "day_product": len(with_p), "day_account": len(with_a),
        "filtered_own": (mine.filtered.sum() + site) / (len(mine) + 1) if len(mine) else np.nan,
        "product_gap": me.day - of_p.day.max() if len(of_p) else np.nan,
        "account_age": me.day - of_a.day.min() if len(of_a) else np.nan,
        "account_gap": me.day - of_a.day.max() if len(of_a) else np.nan,
        "account_mean": of_a.rating.mean() if len(of_a) else np.nan,
        "account_spread": of_a.rating.std(ddof=0) if len(of_a) else np.nan,
        "account_most_a_day": of_a.day.value_counts().max() if len(of_a) else np.nan,
        "day_product_first": (~with_p.user.isin(past.user)).mean() if len(with_p) else np.nan,
        "day_account_deviation": me.rating - with_a.rating.mean() if len(with_a) else np.nan,
    }  # fmt: skip
    rates = []
    for _, other in of_a.tail(30).iterrows():
        there = told[told["product"] == other["product"]]
        known = float(other.day < known_until)
        hits = there.filtered.sum() - known * other.filtered
        rates.append((hits + 8 * site) / (len(there) - known + 8))
    out["filtered_elsewhere"] = float(np.mean(rates)) if rates else np.nan
    return out


@pytest.mark.parametrize("seed", [0, 1])
def test_figures_are_those_of_the_slow_version(seed: int) -> None:
    frame = some(seed)
    fast = figures(frame, known_until=40)
    for i in range(len(frame)):
        expected = slowly(frame, i, 40)
        found = fast.loc[i, list(expected)].to_dict()
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5, nan_ok=True), i


reviews_ = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(1, 5), st.integers(0, 1),
              st.integers(0, 9)),
    min_size=2, max_size=40,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(reviews_, reviews_, st.integers(0, 9))
def test_what_comes_later_changes_nothing(rows, others, day) -> None:
    """The rest of the world after the day is another one: figures up to the day stay."""
    early = [row for row in rows if row[4] <= day]
    if not early:
        return
    anchor = [(99, 99, 3, 0, 0)]  # both worlds begin on the same day
    later = [row for row in rows if row[4] > day]
    changed = [(*row[:4], row[4] + day + 1) for row in others]
    one, two = figures(table(anchor + early + later)), figures(table(anchor + early + changed))
    n = 1 + len(early)
    np.testing.assert_allclose(one[:n], two[:n], rtol=1e-5, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(reviews_, st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_labels_of_the_day_and_later_are_not_read(rows, day, seed) -> None:
    frame = table([(99, 99, 3, 0, 0), *rows])
    flipped = frame.copy()
    late = (frame.day >= day).to_numpy()
    flipped.loc[late, "label"] = np.random.default_rng(seed).choice([-1, 1], int(late.sum()))
    seen = (frame.day <= day).to_numpy()  # days up to it, and all days once labels end there
    pd.testing.assert_frame_equal(figures(frame)[seen], figures(flipped)[seen])
    pd.testing.assert_frame_equal(figures(frame, day), figures(flipped, day))


def test_the_own_day_enters_only_the_figures_that_say_so() -> None:
    frame = some(3)
    changed, day = frame.copy(), 30
    today = (frame.day == day).to_numpy().copy()
    me = int(np.flatnonzero(today)[0])
    today[me] = False
    assert today.any()
    changed.loc[today, ["rating", "product", "user"]] = [1, 5, 77]
    earlier = [*BEFORE, *AUDIENCE, *OTHERS, *OWN]
    one, two = figures(frame), figures(changed)
    np.testing.assert_allclose(one.loc[me, earlier], two.loc[me, earlier], rtol=1e-5)
    assert not {*SETS["trees-before"]} & {*SAME_DAY}
    assert not {*SETS["trees"]} & {*OWN}


def test_order_of_rows_names_and_weeks_do_not_matter() -> None:
    frame = some(4)
    expected = figures(frame)
    mixed = frame.sample(frac=1, random_state=0)
    other = mixed.assign(
        user=mixed.user.map(lambda u: f"{(u * 7919) % 997}x"), product=-mixed["product"],
        date=[str(date.fromisoformat(d) + timedelta(weeks=5)) for d in mixed.date],
    )  # fmt: skip
    found = figures(other.reset_index(drop=True))
    found.index = mixed.index
    np.testing.assert_allclose(found.sort_index(), expected, rtol=1e-5, atol=1e-6)


def test_an_account_is_not_told_its_own_labels_by_its_products() -> None:
    """Nobody else reviews its first two products: their rates stay those of the site."""
    crowd = [(100 + k, 9, 4, k % 2, k % 5) for k in range(40)]
    for mine in (0, 1):
        frame = table([*crowd, (1, 1, 5, mine, 5), (1, 2, 5, mine, 6), (1, 9, 5, mine, 20)])
        last = figures(frame).iloc[-1]
        site = (20 + 2 * mine + 8 * 0.13) / (42 + 8)
        assert last["filtered_elsewhere"] == pytest.approx(site, rel=1e-5)
        assert last["filtered_own"] == pytest.approx((2 * mine + site) / 3, rel=1e-5)
