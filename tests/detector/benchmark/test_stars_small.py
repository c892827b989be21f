"""The benchmark on a small table: figures add up, order of rows is no evidence, commands speak."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from zhenzan.detector.benchmark.adapters import stars_rows
from zhenzan.detector.benchmark.meter import Meter
from zhenzan.detector.benchmark.methods import methods
from zhenzan.detector.benchmark.stars import run_stars, summarize
from zhenzan.detector.cli.main import app
from zhenzan.features.errors import UsageError
from zhenzan.models.baselines import Baseline, baselines, get_baseline


@pytest.fixture(scope="module")
def result(made_stars):
    return run_stars(
        made_stars, shares=(0.1,), seeds=(0, 1, 2), names=("zhenzan", "company", "degree"),
        replicates=30,
    )  # fmt: skip


def test_medians_and_leads_follow_from_the_runs(result) -> None:
    table = summarize(result).set_index("method")
    runs = result.runs.set_index(["method", "seed"])
    for method in ("zhenzan", "company", "degree"):
        assert table.recall_1pct[method] == runs.recall_1pct[method].median()
    paired = runs.recall_1pct["zhenzan"] - runs.recall_1pct["company"]
    assert table.lead_1pct["company"] == pytest.approx(paired.median())
    assert table.lead_1pct_lo["company"] <= table.lead_1pct_hi["company"]
    assert np.isnan(table.lead_1pct["zhenzan"])
    assert (runs.seconds > 0).all()


def test_the_number_purchased_is_that_of_the_runs(result) -> None:
    known = result.purchased.set_index(["method", "metric", "group", "seed"])["value"]
    assert set(result.purchased["method"]) == {"zhenzan"}
    runs = result.runs.query("method == 'zhenzan'").set_index("seed")
    for seed in (0, 1, 2):
        ratio = runs.n_purchased[seed] / runs.n_moved[seed]
        assert known["zhenzan", "purchased_ratio", "all", seed] == pytest.approx(ratio)
        own = known["zhenzan", "purchased_ratio", "delivered acts", seed]
        assert 0 < own <= min(1, ratio)
        covered = [
            known["zhenzan", "interval_coverage", group, seed] for group in ("all", "orders")
        ]
        assert all(0 <= share <= 1 for share in covered)
    rows = stars_rows(result).set_index(["method", "metric", "group"])
    ratios = runs.n_purchased / runs.n_moved
    shown = rows.loc[("zhenzan", "purchased_ratio", "all")]
    assert shown[["value", "low", "high"]].tolist() == pytest.approx(
        [ratios.median(), ratios.min(), ratios.max()]
    )
    lead = rows.loc[("degree", "lead_1pct", "all")]
    assert lead["low"] <= lead["high"]
    assert not rows.index.duplicated().any()


def test_planted_workers_are_found_and_degree_knows_less(result) -> None:
    table = summarize(result).set_index("method")
    assert table.auc["zhenzan"] > 0.95
    assert table.auc["company"] > 0.8
    assert table.recall_1pct["zhenzan"] > table.recall_1pct["degree"]


def test_the_order_of_the_rows_changes_nothing_of_the_score(made_stars, result) -> None:
    # Rows are drawn by position, so only what is not thinned may be shuffled: organic ones.
    organic = made_stars.origin == "organic"
    first = made_stars[organic].groupby("repo").head(1)  # names the owner of the host
    rest = made_stars[organic].drop(first.index).sample(frac=1, random_state=1)
    shuffled = pd.concat([first, rest, made_stars[~organic]])
    again = run_stars(shuffled, shares=(0.1,), seeds=(0,), names=("zhenzan",), replicates=1)
    before = result.runs.query("seed == 0 and method == 'zhenzan'").recall_1pct.iloc[0]
    assert again.runs.recall_1pct.iloc[0] == before


def test_methods_are_ours_and_every_baseline() -> None:
    assert list(methods()) == ["zhenzan", *(b.name for b in baselines())]
    assert all(isinstance(b, Baseline) and b.source for b in baselines())
    with pytest.raises(UsageError, match="company"):
        get_baseline("no such")


def test_unknown_methods_are_refused(made_stars) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        run_stars(made_stars, names=("nonsense",))
    with pytest.raises(UsageError, match="no method named"):
        run_stars(made_stars, names=())
    with pytest.raises(UsageError, match="nothing to run"):
        run_stars(made_stars, seeds=())


def test_the_meter_sees_memory_come_and_go() -> None:
    with Meter() as big:
        np.ones(20_000_000).sum()
    with Meter() as small:
        sum(range(1000))
    assert big.seconds > small.seconds
    if big.peak_bytes is not None:
        assert big.peak_bytes - small.peak_bytes > 100_000_000


def test_the_command_prints_a_table_and_writes_files(made_stars, tmp_path) -> None:
    path = tmp_path / "stars.csv"
    made_stars.to_csv(path, index=False)
    words = ["benchmark", "stars", str(path), "--seeds", "1", "--shares", "0.1"]
    words += ["--methods", "company,degree"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "company" in done.stdout and "recall at 0.1 %" in done.stdout
    record = json.loads((tmp_path / "out/stars.json").read_text("utf-8"))
    assert len(record["runs"]) == 2 and len(record["summary"]) == 2
    assert len(pd.read_csv(tmp_path / "out/stars.csv")) == 2
    printed = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert printed["summary"][0]["recall_1pct"] == record["summary"][0]["recall_1pct"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shares", "a"], "no list of numbers"),
        (["--shares", "7"], "share 7"),
        (["--methods", "magic"], "magic"),
    ],
)
def test_the_command_refuses_nonsense(made_stars, tmp_path, words, says) -> None:
    path = tmp_path / "stars.parquet"
    made_stars.to_parquet(path)
    done = CliRunner().invoke(app, ["benchmark", "stars", str(path), *words])
    assert done.exit_code == 2
    assert says in done.output


def test_unreadable_input_is_told(tmp_path) -> None:
    path = tmp_path / "stars.parquet"
    path.write_bytes(b"PAR1 no")
    done = CliRunner().invoke(app, ["benchmark", "stars", str(path)])
    assert done.exit_code == 2 and "stars.parquet" in done.output
    pd.DataFrame({"repo": ["a"]}).to_parquet(path)
    done = CliRunner().invoke(app, ["benchmark", "stars", str(path)])
    assert done.exit_code == 2 and "origin" in done.output
