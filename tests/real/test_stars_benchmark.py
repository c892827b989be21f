"""Diluted stars: the joint model may not lose to company alone, in pairs, at either rate.

Three seeds of the ten that `zhenzan benchmark stars` runs; `tests/benchmarks/README.md` has all.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector.benchmark.stars import SHARES, read_stars, run_stars

pytestmark = [pytest.mark.real, pytest.mark.slow]
STARS = Path(__file__).parents[2].parent / "shared/data/stars/stars.parquet"

# Median recall of company alone over seeds 0-9, at 1 % and 0.1 % organic false positives: what
# the first sketch reached. Three seeds may fall short of it by the spread of a draw.
FLOOR = {0.10: (0.94, 0.93), 0.03: (0.89, 0.87), 0.01: (0.75, 0.71)}
SPREAD = {0.10: 0.02, 0.03: 0.03, 0.01: 0.10}


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    if not STARS.exists():
        pytest.skip("no stars/stars.parquet beside the checkout")
    stars = read_stars(STARS)
    done = run_stars(stars, seeds=(0, 1, 2), names=("zhenzan", "company"), replicates=0)
    return done.runs.set_index(["share", "method", "seed"]).sort_index()


@pytest.mark.parametrize("rate", ["recall_1pct", "recall_01pct"])
@pytest.mark.parametrize("share", SHARES)
def test_recall_is_at_least_that_of_company_alone(runs, share, rate) -> None:
    paired = runs.loc[(share, "zhenzan"), rate] - runs.loc[(share, "company"), rate]
    assert paired.median() >= 0


@pytest.mark.parametrize("share", SHARES)
def test_company_alone_is_as_good_as_it_was(runs, share) -> None:
    found = runs.loc[(share, "company"), ["recall_1pct", "recall_01pct"]].median()
    assert (found.to_numpy() > [f - SPREAD[share] for f in FLOOR[share]]).all()
