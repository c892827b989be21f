"""Poor inputs are what is left of a world, and are judged by its truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.benchmark.degraded import WORLDS, run_degraded, summarize_degraded
from zhenzan.detector.benchmark.organic import clopper_pearson
from zhenzan.detector.simulate import simulate
from zhenzan.detector.simulate.poorer import MODES, degrade
from zhenzan.features.errors import InputError, UsageError

HOUR = 3_600_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, scenario="comment_likes", scale=6_000, seed=3)
    return folder


def left(world: Path, out: Path, mode: str) -> dict[str, pd.DataFrame]:
    degrade(world, out, mode)
    return {path.stem: pd.read_parquet(path) for path in out.glob("*.parquet")}


def test_every_mode_has_a_world() -> None:
    assert set(MODES) == set(WORLDS)


def test_counters_say_what_was_on_display(world: Path, tmp_path: Path) -> None:
    """The slow version: count likes given and not yet taken back, poll by poll."""
    tables = left(world, tmp_path, "counts")
    assert set(tables) == {"section", "comment", "count_snapshot"}
    assert tables["comment"]["account_id"].isna().all()
    polls = tables["count_snapshot"]
    likes = pd.read_parquet(world / "engagement.parquet")
    likes = likes[likes["kind"] == "like"]
    published = tables["section"].set_index("section_id")["published_ms"]
    assert ((polls["observed_ms"] - polls["section_id"].map(published)) % (2 * HOUR) == 0).all()
    rng = np.random.default_rng(0)
    for row in polls.iloc[rng.choice(len(polls), 200, replace=False)].itertuples():
        if row.comment_id is None or row.comment_id != row.comment_id:
            own = likes[(likes["section_id"] == row.section_id) & likes["comment_id"].isna()]
        else:
            own = likes[likes["comment_id"] == row.comment_id]
        given = (own["ts_hi_ms"] <= row.observed_ms).sum()
        taken = (own["retracted_lo_ms"] <= row.observed_ms).sum()
        assert row.value_lo == row.value_hi == given - taken
    written = tables["comment"].set_index("comment_id")["created_ms"]
    known = polls[polls["comment_id"].notna()]
    assert (known["observed_ms"] > known["comment_id"].map(written)).all()


def test_dates_names_and_samples(world: Path, tmp_path: Path) -> None:
    coarse = left(world, tmp_path / "coarse", "coarse")
    assert (coarse["engagement"]["ts_lo_ms"] % (24 * HOUR) == 0).all()
    assert (coarse["comment"]["created_ms"] % (24 * HOUR) == 0).all()
    names = left(world, tmp_path / "names", "names")
    assert "engagement" not in names and names["comment"]["account_id"].isna().all()
    top = left(world, tmp_path / "top", "top")
    size = top["comment"].groupby("section_id").size()
    coverage = top["coverage"].set_index("section_id")
    assert size.max() <= 100 and (coverage.loc[size.index, "collected"] == size).all()
    assert (coverage["claimed_total"] >= coverage["collected"]).all()


def test_wrong_words_are_refused(world: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no mode 'worst'"):
        degrade(world, tmp_path, "worst")
    with pytest.raises(UsageError, match="worst"):
        run_degraded(modes=["worst"])
    with pytest.raises(UsageError, match="nothing to run"):
        run_degraded(seeds=())
    with pytest.raises(InputError, match="no simulated world"):
        degrade(tmp_path, tmp_path / "out", "counts")


@pytest.mark.slow
def test_little_does_not_mean_nothing() -> None:
    """The bars, on worlds that were not looked at: recall .6 of bought likes, .5 of texts."""
    runs = run_degraded(modes=["counts", "comments"], scale=60_000, seeds=(11,))
    rows = summarize_degraded(runs).set_index(["mode", "target"])
    counts, texts = rows.loc[("counts", "comments")], rows.loc[("comments", "sections")]
    assert counts["ordered"] >= 5 and counts["recall"] >= 0.6 and counts["ordered_odd"] >= 0.6
    assert counts["free_odd"] <= 0.01
    assert texts["ordered"] >= 20 and texts["recall"] >= 0.5 and texts["free_odd"] <= 0.01


def test_shares_over_seeds_are_weighted() -> None:
    shared = {"mode": "counts", "target": "comments", "free": 100, "free_odd": 0.0}
    runs = pd.DataFrame(
        [
            shared | {"seed": seed, "ordered": n, "recall": found, "ordered_odd": found,
                      "ordered_blind": blind, "free_blind": 0.1}
            for seed, (n, found, blind) in enumerate(
                [(1, 1.0, 0.0), (3, 0.0, 0.0), (0, np.nan, np.nan)]
            )
        ]
    )  # fmt: skip
    (summed,) = summarize_degraded(runs).to_dict("records")
    assert summed["recall"] == 0.25 and summed["ordered"] == 4 and summed["free"] == 300
    assert summed["free_blind"] == pytest.approx(0.1) and summed["seeds"] == 3


def test_exact_bounds_of_a_share() -> None:
    """None of 298 leaves at most 1.23 % (the rule of three has 1.0 % one-sided)."""
    low, high = clopper_pearson(0, 298)
    assert low == 0.0 and high == pytest.approx(1 - 0.025 ** (1 / 298))
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    low, high = clopper_pearson(10, 10)
    assert high == 1.0 and low == pytest.approx(0.025 ** (1 / 10))
    assert clopper_pearson(5, 10) == pytest.approx((0.187086, 0.812914), abs=1e-6)
