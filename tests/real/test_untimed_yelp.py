"""A block planted into a real graph of accounts and products, whose dates are not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.benchmark.injection import Visits, inject
from zhenzan.models.attribution.untimed import judge_untimed

YELP = Path(__file__).parents[2].parent / "shared/data/yelp/YelpZip.parquet"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def background() -> Visits:
    if not YELP.exists():
        pytest.skip(f"no {YELP.name} beside the checkout")
    reviews = pd.read_parquet(YELP, columns=["user", "product"]).drop_duplicates()
    account, accounts = pd.factorize(reviews["user"], sort=True)
    section, sections = pd.factorize(reviews["product"], sort=True)
    return Visits(account, section, len(accounts), len(sections))


def posteriors(visits: Visits, n_accounts: int) -> np.ndarray:
    n = len(visits.account)
    found = judge_untimed(
        visits.account, visits.object, np.arange(visits.n_objects), np.zeros(n),
        np.full(n, 0.002), n_accounts,
    )  # fmt: skip
    return found.q * (1.0 - found.community)


def test_towns_and_regulars_are_no_pools(background) -> None:
    p = posteriors(background, background.n_accounts)
    assert (p > 0.5).sum() == 0
    assert p.sum() < 0.005 * len(p)


@pytest.mark.parametrize(
    ("kind", "density"), [("none", 0.05), ("random", 0.1), ("biased", 0.1), ("hijacked", 0.1)]
)
def test_a_planted_block_is_found(background, kind, density) -> None:
    planted = inject(background, kind, density, 0)
    p = posteriors(planted.visits, len(planted.workers))
    named = np.bincount(planted.visits.account[p > 0.5], minlength=len(planted.workers)) >= 2
    both = (named & planted.workers).sum()
    assert 2 * both / (named.sum() + planted.workers.sum()) > 0.9
    assert p[p > 0.5].sum() == pytest.approx(planted.delivered.sum(), rel=0.3)  # no background
