"""Products of sellers who bought reviews: what our training path makes of published aggregates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from zhenzan.detector.benchmark.amazon_buyers import read_products, run_products
from zhenzan.models.metrics import auc
from zhenzan.models.train import Rows, TrainSettings, train_bundle

pytestmark = [pytest.mark.real, pytest.mark.slow]
FILE = Path(__file__).parents[2].parent / "shared/data/amazon_review_buyers/products.csv"


@pytest.fixture(autouse=True)
def there() -> None:
    if not FILE.is_file():
        pytest.skip("no amazon_review_buyers/ beside the checkout")


def test_auc_over_ten_folds_and_five_seeds() -> None:
    found = run_products(FILE, range(5))
    assert found["auc"].min() >= 0.915
    assert found["auc"].max() - found["auc"].min() < 0.01, "no seed was lucky"
    assert found["calibration_error"].max() <= 0.03 and found["brier_skill"].min() >= 0.5


def test_the_path_finds_nothing_where_there_is_nothing() -> None:
    """Were labels to leak into features or folds, shuffled ones would be found again."""
    rows, known = read_products(FILE)
    mixed = np.random.default_rng(0).permutation(rows.facts["positive"].to_numpy())
    facts = rows.facts.assign(positive=mixed)
    made = train_bundle({"section": Rows(rows.frame, facts)}, known, "x", TrainSettings(folds=5))
    assert abs(made.training["held_out"]["section"]["auc"] - 0.5) < 0.04
    alone = max(abs(auc(rows.frame[c], rows.facts["positive"]) - 0.5) for c in rows.frame)
    assert alone < 0.4, "no single column gives the label away"
