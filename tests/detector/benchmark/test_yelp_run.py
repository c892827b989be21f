"""The benchmark of reviews by date on made-up files: planted groups, leaks, hostile input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from zhenzan.detector.benchmark.yelp import run_yelp
from zhenzan.detector.benchmark.yelp.bootstrap import account_intervals
from zhenzan.detector.benchmark.yelp.reviews import code_reviews, split_day
from zhenzan.detector.benchmark.yelp.run import METHODS
from zhenzan.detector.cli.main import app
from zhenzan.features.errors import InputError, NothingToReadError, SchemaError, UsageError
from zhenzan.models.metrics import auc, average_precision

DAYS = 500


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    """Guests come back to forty places; hired accounts praise eight of them once each."""
    rng = np.random.default_rng(5)
    n = 5000
    guests = pd.DataFrame(
        {"user": rng.integers(0, 1200, n), "product": rng.integers(0, 40, n),
         "rating": rng.choice([2.0, 3.0, 4.0, 5.0], n), "label": 1, "day": rng.integers(0, DAYS, n)}
    )  # fmt: skip
    m = 700
    hired = pd.DataFrame(
        {"user": 10_000 + np.arange(m), "product": rng.integers(0, 8, m), "rating": 5.0,
         "label": -1, "day": rng.integers(0, 50, m) * 10}
    )  # fmt: skip
    both = pd.concat([guests, hired], ignore_index=True).drop_duplicates(["user", "product"])
    both["date"] = (pd.Timestamp("2019-01-01") + pd.to_timedelta(both.day, unit="D")).astype(str)
    return both.drop(columns="day").sample(frac=1, random_state=0).reset_index(drop=True)


def written(frame: pd.DataFrame, folder: Path, name: str = "reviews.parquet") -> Path:
    path = folder / name
    frame.to_parquet(path)
    return path


def by_method(path: Path, *names: str) -> pd.DataFrame:
    return run_yelp(path, names=names, replicates=0).set_index("method")


def test_planted_groups_are_found(planted, tmp_path) -> None:
    table = run_yelp(written(planted, tmp_path), replicates=20).set_index("method")
    assert list(table.index) == list(METHODS)
    assert table.auc["trees"] > 0.97 and table.auc["trees-unlabelled"] > 0.95
    assert table.auc["attribution"] > 0.5
    assert (table.seconds > 0).all()
    known = table.loc[["trees", "trees-eleven"]]
    assert (known.auc_lo <= known.auc).all() and (known.auc <= known.auc_hi).all()
    for name in ("auc", "average_precision", "recall_1pct", "recall_01pct"):
        assert table[name].between(0, 1).all()
    assert table.n_test["trees"] == pytest.approx(0.2 * len(planted), rel=0.02)


def test_labels_of_the_test_side_change_no_score(planted, tmp_path) -> None:
    """Turned round, the same ranking is as bad as it was good."""
    table = by_method(written(planted, tmp_path), "trees", "trees-own-labels")
    late = planted.date >= str(sorted(planted.date)[int(0.8 * len(planted))])
    turned = planted.assign(label=np.where(late, -planted.label, planted.label))
    again = by_method(written(turned, tmp_path, "turned.parquet"), "trees", "trees-own-labels")
    assert again.auc.to_numpy() == pytest.approx(1 - table.auc.to_numpy(), abs=1e-9)


@pytest.mark.parametrize("name", ["trees", "trees-eleven"])
def test_the_order_of_the_file_tells_nothing(tmp_path, name) -> None:
    """Labels by lot, and a file that lists the filtered reviews of each product first."""
    rng = np.random.default_rng(2)
    n = 6000
    days = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    frame = pd.DataFrame(
        {"user": rng.integers(0, 3000, n), "product": rng.integers(0, 10, n),
         "rating": rng.integers(1, 6, n), "label": rng.choice([-1, 1], n, p=[0.2, 0.8]),
         "date": days.strftime("%Y-%m-%d")}
    ).sort_values(["product", "label"])  # fmt: skip
    found = by_method(written(frame, tmp_path), name)
    assert 0.44 < found.auc[name] < 0.56


def test_the_same_file_gives_the_same_figures(planted, tmp_path) -> None:
    path = written(planted, tmp_path)
    figures = ["auc", "average_precision", "recall_1pct", "recall_01pct"]
    one, two = (run_yelp(path, names=("trees",), replicates=5) for _ in range(2))
    assert one[[*figures, "auc_lo", "auc_hi"]].equals(two[[*figures, "auc_lo", "auc_hi"]])
    mixed = planted.sample(frac=1, random_state=7).assign(user=lambda t: "u" + t.user.astype(str))
    other = by_method(written(mixed, tmp_path, "mixed.parquet"), "trees")
    assert other.auc["trees"] == pytest.approx(one.auc[0], abs=0.005)


def test_no_day_lies_on_both_sides(planted) -> None:
    reviews = code_reviews(planted)
    day = split_day(reviews, 0.8)
    assert (reviews.day == day).any() and (reviews.day < day).any()
    for share in (0.0, 1.0, -1.0):
        with pytest.raises(UsageError):
            split_day(reviews, share)
    with pytest.raises(UsageError, match="spread"):
        split_day(code_reviews(planted.assign(date="2020-01-01")), 0.8)


def test_intervals_hold_the_plain_figures_and_widen_with_accounts() -> None:
    rng = np.random.default_rng(0)
    positive = np.repeat(rng.random(100) < 0.3, 10)
    score = np.round(np.repeat(rng.random(100), 10) + positive * 0.2, 2)  # ties, too
    one = np.arange(1000)
    area, precision = account_intervals(score, positive, one, 200)
    assert area.value == pytest.approx(auc(score, positive))
    assert precision.value == pytest.approx(average_precision(score, positive))
    grouped, _ = account_intervals(score, positive, one // 10, 200)
    assert grouped.value == area.value
    assert grouped.high - grouped.low > 2 * (area.high - area.low)
    nothing, _ = account_intervals(score, np.zeros(1000, bool), one, 3)
    assert np.isnan(nothing.value)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"date": "yesterday"}, InputError),
        ({"date": None}, InputError),
        ({"rating": 7.0}, InputError),
        ({"rating": np.nan}, InputError),
        ({"user": None}, InputError),
        ({"label": 1}, InputError),
    ],
)
def test_hostile_values_are_told(planted, tmp_path, change, error) -> None:
    with pytest.raises(error):
        by_method(written(planted.astype({"user": object}).assign(**change), tmp_path), "trees")


def test_hostile_files_are_told(planted, tmp_path) -> None:
    with pytest.raises(SchemaError, match="label"):
        by_method(written(planted.drop(columns="label"), tmp_path), "trees")
    with pytest.raises(NothingToReadError):
        by_method(written(planted[:0], tmp_path), "trees")
    with pytest.raises(UsageError, match="magic"):
        by_method(written(planted, tmp_path), "magic")
    with pytest.raises(UsageError, match="no method"):
        by_method(written(planted, tmp_path))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match=r"broken\.parquet"):
        by_method(tmp_path / "broken.parquet", "trees")


def test_the_command_prints_a_table_and_writes_files(planted, tmp_path) -> None:
    path = tmp_path / "reviews.csv"
    planted.to_csv(path, index=False)
    words = ["benchmark", "yelp", str(path), "--methods", "trees-eleven,isolation-forest"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "trees-eleven" in done.stdout and "judged on" in done.stdout
    record = json.loads((tmp_path / "out/yelp.json").read_text("utf-8"))
    assert [row["method"] for row in record["summary"]] == ["trees-eleven", "isolation-forest"]
    assert len(pd.read_csv(tmp_path / "out/yelp.csv")) == 2
