"""The benchmark on simulated worlds: figures follow from the truth and the scores.

A world this small is too small for anybody's model (workers deliver once); only sums are tested.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner
from zhenzan.detector.benchmark.simulated import read_truth, run_simulated
from zhenzan.detector.cli.main import app
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError, UsageError


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=15_000, seed=1).path


def test_truth_stands_in_the_order_of_the_engagements(world) -> None:
    acts = pd.read_parquet(world / "truth/engagement.parquet").set_index("engagement_id")
    truth = read_truth(world)
    ids = sorted(pd.read_parquet(world / "engagement.parquet").engagement_id)
    assert len(truth) == len(ids)
    assert (truth.delivered.to_numpy() == (acts.label[ids] == "delivered").to_numpy()).all()
    assert truth.family.notna()[truth.delivered].all()
    assert not truth.family.notna()[~truth.delivered].any()


def test_figures_follow_from_the_groups(world) -> None:
    done = run_simulated(world, names=("zhenzan", "degree"))
    summary = done.summary.set_index("method")
    for name in ("zhenzan", "degree"):
        mine = done.groups[done.groups.method == name]
        for kind, total in (("family", "n_delivered"), ("scenario", None)):
            part = mine[mine.kind == kind]
            share = (part.n * part.above_1pct).sum() / part.n.sum()
            if total:
                assert part.n.sum() == summary[total][name]
                assert share == pytest.approx(summary.recall_1pct[name])
            else:
                assert share <= 0.01
    assert summary.purchased_ratio["zhenzan"] > 0


def test_the_command_prints_both_tables(world, tmp_path) -> None:
    words = ["benchmark", "simulated", str(world), "--methods", "company,degree"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "recall at 0.1 %" in done.stdout and "fan_ritual" in done.stdout
    assert json.loads((tmp_path / "simulated.json").read_text("utf-8"))["groups"]
    assert set(pd.read_csv(tmp_path / "simulated_groups.csv").method) == {"company", "degree"}


def test_no_world_and_no_method_are_refused(world, tmp_path) -> None:
    with pytest.raises(InputError, match="no simulated world"):
        run_simulated(tmp_path)
    with pytest.raises(UsageError, match="magic"):
        run_simulated(world, names=("magic",))
    done = CliRunner().invoke(app, ["benchmark", "simulated", str(tmp_path)])
    assert done.exit_code == 2
