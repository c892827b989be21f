"""Worlds to train on: wide, repeatable, and inside the range that the documents state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.simulate import simulate
from zhenzan.detector.simulate.presets import FULL_SCALE, PRESETS
from zhenzan.detector.training.gather import gather_world
from zhenzan.detector.training.labels import world_labels
from zhenzan.detector.training.worlds import (
    ARTEFACTS,
    LOADS,
    MOST_DELIVERED,
    POOL_SIZES,
    random_preset,
    random_scale,
)
from zhenzan.features.families import families
from zhenzan.models.scorers.inputs import known_features

SCALE = 40_000


def test_they_vary_and_come_again() -> None:
    made = [random_preset(seed, SCALE) for seed in range(100)]
    assert made[7] == random_preset(7, SCALE) and made[7] != made[8]
    shares = [sum(order.share for order in preset.orders) for preset in made]
    assert 0 < sum(share == 0 for share in shares) < 30
    assert max(shares) <= MOST_DELIVERED + 1e-9
    assert len({preset.days for preset in made}) > 15
    families_ = {order.family for preset in made for order in preset.orders}
    assert families_ >= {order.family for order in PRESETS["default"].orders}
    negatives = [set(preset.hard_negatives) for preset in made]
    assert set.union(*negatives) == set(PRESETS["default"].hard_negatives)
    for preset in made:
        assert {order.pool for order in preset.orders} == set(preset.pools)


def test_every_pool_works_as_much_as_the_range_says() -> None:
    for seed in range(100):
        preset, size = random_preset(seed, SCALE), random_scale(seed, SCALE)
        for pool, wanted in preset.pools.items():
            workers = wanted.size * size / FULL_SCALE  # as the world will shrink it
            work = sum(order.share for order in preset.orders if order.pool == pool) * size
            assert POOL_SIZES[0] - 1 <= workers <= POOL_SIZES[1] + 1
            assert LOADS[0] * 0.97 <= work / workers <= LOADS[1] * 1.03


def test_scales_spread_twofold() -> None:
    scales = [random_scale(seed, SCALE) for seed in range(50)]
    assert min(scales) >= SCALE / 2 and max(scales) <= SCALE * 2 and len(set(scales)) > 40
    assert random_scale(3, 1_000) == 5_000  # the least world that there is


@pytest.mark.slow
def test_what_the_simulator_gives_away_exists_and_is_left_out(tmp_path: Path) -> None:
    known = known_features(families())
    assert set(ARTEFACTS) <= {name for specs in known.specs.values() for name in specs}
    simulate(tmp_path / "w", scenario=random_preset(2, 5_000), scale=5_000, seed=2)
    made = gather_world(tmp_path / "w", "w")
    for unit, rows in made.items():
        assert len(rows.frame) and not set(ARTEFACTS) & set(rows.frame.columns)
        assert set(rows.frame.columns) | set(ARTEFACTS) >= set(known.specs[unit])


def test_a_creator_whose_only_section_went_to_another_has_no_followers(tmp_path: Path) -> None:
    seed = 2037  # there, a scenario takes the only section of the creator with the highest number
    simulate(
        tmp_path, scenario=random_preset(seed, SCALE), scale=random_scale(seed, SCALE), seed=seed
    )
    follows = pd.read_parquet(tmp_path / "follow.parquet")
    creators = set(pd.read_parquet(tmp_path / "section.parquet")["creator_id"])
    assert len(follows) and set(follows["target_id"]) <= creators


def _truth(folder: Path, **sections: object) -> pd.DataFrame:
    """A world of four sections without accounts and comments."""
    (folder / "truth").mkdir()
    base = pd.DataFrame({"section_id": list("abcd"), "scenario": "organic", "families": None})
    base.assign(**sections).to_parquet(folder / "truth" / "section.parquet")
    empty: dict[str, list[object]] = {"scenario": [], "n_delivered": [], "label": []}
    accounts = pd.DataFrame({"account_id": [], "n_comments_delivered": [], **empty})
    accounts.to_parquet(folder / "truth" / "account.parquet")
    comments = pd.DataFrame({"comment_id": [], "n_likes": [], "n_likes_delivered": [], **empty})
    comments.to_parquet(folder / "truth" / "comment.parquet")
    return world_labels(folder, "w").set_index("id")


@pytest.mark.parametrize("what", ["n_engagements", "n_comments"])
def test_a_section_is_purchased_by_its_engagements_or_by_its_comments(
    tmp_path: Path, what: str
) -> None:
    delivered = {"n_engagements": "n_delivered", "n_comments": "n_comments_delivered"}
    counts = {name: [0] * 4 for pair in delivered.items() for name in pair}
    counts |= {what: [100, 100, 1000, 1000], delivered[what]: [19, 20, 49, 50]}
    told = _truth(tmp_path, **counts)
    assert told["positive"].tolist() == [False, True, False, True]
    assert np.isfinite(told["amount"]).all()
