"""FRAUDAR's injection: what is planted is what was asked for, and figures follow from scores."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from zhenzan.detector.benchmark import injection
from zhenzan.detector.benchmark.injection import (
    KINDS,
    METHODS,
    inject,
    make_background,
    run_injection,
    summarize_injection,
)
from zhenzan.detector.cli.main import app
from zhenzan.features.errors import UsageError

SMALL = {"n_accounts": 6000, "n_objects": 2000, "n_visits": 40_000, "topics": 8, "clubs": 2}


@pytest.fixture(scope="module")
def small():
    return make_background(3, **SMALL)


def test_the_background_is_the_size_of_the_paper_with_heavy_tails_and_topics() -> None:
    made = make_background(0)
    assert len(made.account) == pytest.approx(126_000, rel=0.06)
    assert made.account.max() < 24_000 and made.object.max() < 4_000
    pairs = np.stack([made.account, made.object], axis=1)
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    degree, size = np.bincount(made.account), np.bincount(made.object)
    assert degree.max() > 20 * np.median(degree) and size.max() > 20 * np.median(size)
    again, other = make_background(0), make_background(1)
    assert np.array_equal(made.object, again.object)
    assert len(made.object) != len(other.object) or not np.array_equal(made.object, other.object)


@pytest.mark.parametrize("kind", KINDS)
def test_the_block_has_the_density_and_the_camouflage_asked_for(small, kind) -> None:
    planted = inject(small, kind, 0.2, 5, size=(100, 80))
    account, visited = planted.visits.account, planted.visits.object
    assert planted.workers.sum() == 100
    assert planted.delivered.sum() == pytest.approx(1600, rel=0.1)
    target = np.unique(visited[planted.delivered])
    assert len(target) == 80
    hidden = planted.workers[account] & ~planted.delivered
    assert np.isin(visited[hidden], target).sum() == 0 or kind == "hijacked"
    ratio = hidden.sum() / planted.delivered.sum()
    assert ratio == {"none": 0.0, "double": pytest.approx(2, rel=0.02)}.get(kind, ratio)
    if kind in ("random", "biased"):
        assert ratio == pytest.approx(1, rel=0.02)
    size = np.bincount(small.object, minlength=2000)
    if kind == "biased":
        assert size[visited[hidden]].mean() > 1.5 * size.mean()
    new = np.flatnonzero(planted.workers) >= small.n_accounts
    assert new.all() or (kind == "hijacked" and not new.any())
    old = pd.MultiIndex.from_arrays([small.account, small.object])
    now = pd.MultiIndex.from_arrays([account, visited])
    assert old.isin(now).all()  # nobody's own life is taken away


def test_nonsense_is_refused(small) -> None:
    with pytest.raises(UsageError, match="camouflage"):
        inject(small, "paint", 0.1, 0)
    for density in (0.0, 1.5, float("nan")):
        with pytest.raises(UsageError, match="density"):
            inject(small, "none", density, 0)
    with pytest.raises(UsageError, match="does not fit"):
        inject(small, "none", 0.1, 0, size=(10, 2000))
    with pytest.raises(UsageError, match="nothing to run"):
        run_injection(names=("company",), background=small)


@pytest.fixture(scope="module")
def runs(small):
    return run_injection(kinds=("random",), densities=(0.2,), seeds=(0, 1), background=small)


def test_every_method_without_times_is_run(runs) -> None:
    assert list(runs["method"].unique()) == list(METHODS)
    ours = runs[runs["method"] == "zhenzan"]
    assert (ours["f1"] > 0.9).all() and (ours["act_f1"] > 0.8).all()
    assert (runs["best_f1"] >= runs["f1"].fillna(0) - 1e-9)[runs["method"] != "zhenzan"].all()
    assert runs.loc[runs["method"] == "degree", "f1"].isna().all()
    mean = summarize_injection(runs).set_index("method")
    assert mean.f1["fraudar"] == pytest.approx(runs[runs.method == "fraudar"].f1.mean())


def test_figures_by_hand() -> None:
    truth = np.array([True, True, False, False])
    assert injection._agreement(truth, truth) == (1.0, 1.0, 1.0)
    assert injection._agreement(~truth, truth) == (0.0, 0.0, 0.0)
    named = np.array([True, False, True, False])
    assert injection._agreement(named, truth) == (0.5, 0.5, 0.5)
    assert injection._best(np.array([3.0, 2, 1, 0]), truth) == 1.0
    assert injection._best(np.ones(4), truth) == pytest.approx(2 * 2 / (4 + 2))
    assert injection._best(np.zeros(0), truth[:0]) == 0.0


def test_the_command_prints_and_writes(monkeypatch, small, tmp_path) -> None:
    monkeypatch.setattr(injection, "make_background", lambda seed, **_: small)
    words = ["benchmark", "injection", "--seeds", "1", "--densities", "0.3"]
    words += ["--methods", "degree,catchsync"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "camouflage" in done.stdout and "hijacked" in done.stdout
    assert json.loads((tmp_path / "injection.json").read_text("utf-8"))["runs"]
    wrong = CliRunner().invoke(app, ["benchmark", "injection", str(tmp_path)])
    assert wrong.exit_code == 2 and "no PATH" in wrong.output
