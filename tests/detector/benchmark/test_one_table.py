"""The one table: medians, CSV there and back, lines for people, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from zhenzan.detector.benchmark.adapters import injection_rows, yelp_rows
from zhenzan.detector.benchmark.everything import Plan, run_all
from zhenzan.detector.benchmark.methods import ablations, choose
from zhenzan.detector.benchmark.shown import ablation_block, blocks
from zhenzan.detector.benchmark.tidy import COLUMNS, over_seeds, read_tidy, tidy, write_tidy
from zhenzan.detector.cli.main import app
from zhenzan.features.errors import InputError, SchemaError, UsageError
from zhenzan.models.attribution.config import EVIDENCE

KEY = list(COLUMNS[:4])


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame([(*row, np.nan, np.nan) for row in rows], columns=list(COLUMNS))


def test_medians_over_seeds() -> None:
    runs = [
        tidy("d", "m", [("a", "all", float(v)), *([("b", "x", 5.0)] if v == 3 else [])])
        for v in (9, 1, 3)
    ]
    done = over_seeds(runs).set_index("metric")
    assert done.loc["a", ["value", "low", "high"]].tolist() == [3, 1, 9]
    assert done.loc["b", "value"] == 5 and np.isnan(done.loc["b", "low"])  # one seed: no range
    assert over_seeds([]).columns.tolist() == list(COLUMNS)


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(words, words, words, words, st.floats(allow_nan=False)), max_size=8))
def test_what_was_written_is_read(tmp_path, rows) -> None:
    made = table(*rows)
    made["low"] = made["value"].where(made["value"] > 0)
    write_tidy(made, tmp_path / "t.csv")
    back = read_tidy(tmp_path / "t.csv")
    assert back[KEY].to_numpy().tolist() == made[KEY].to_numpy().tolist()
    for name in COLUMNS[4:]:
        np.testing.assert_array_equal(back[name].to_numpy(float), made[name].to_numpy(float))


def test_unreadable_tables_are_told(tmp_path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        read_tidy(tmp_path / "nowhere.csv")
    (tmp_path / "a.csv").write_text("dataset,method\nx,y\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="metric"):
        read_tidy(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text(f"{','.join(COLUMNS)}\nd,m,x,g,much,,\n", encoding="utf-8")
    with pytest.raises(InputError, match="much"):
        read_tidy(tmp_path / "b.csv")


def test_the_ablation_compares_with_the_best_part_alone() -> None:
    rows = [("d", "zhenzan", "act_recall_01pct", "all", 0.8)]
    rows += [("d", f"only-{part}", "act_recall_01pct", "all", v)
             for part, v in zip(EVIDENCE, (0.5, 0.1, 0.9, 0.0, 0.0), strict=True)]  # fmt: skip
    rows += [("d", "without-excess", "act_recall_01pct", "all", 0.3)]
    rows += [("d", "zhenzan", "act_recall_01pct", "family:flash", 1.0)]  # not in the ablation
    (line,) = ablation_block(table(*rows)).lines
    assert line.values["lead"][0] == pytest.approx(-0.1)  # loses to company alone, and says so
    assert line.values["without-excess"] == (0.3,)
    assert not ablation_block(table(rows[0])).lines  # nothing to compare with


def test_ablations_are_methods_but_no_default() -> None:
    assert list(ablations()) == [f"{w}-{p}" for w in ("without", "only") for p in EVIDENCE]
    assert not set(ablations()) & set(choose(None))
    assert choose(["only-company"]) == ["only-company"]


def test_other_benchmarks_in_the_words_of_the_table() -> None:
    cost = {"seconds": 1.5, "peak_bytes": None}
    injected = pd.DataFrame(
        [{"method": m, "kind": kind, "density": d, "f1": f, "precision": 1.0, "recall": f,
          "best_f1": f, "act_f1": f, **cost}
         for d in (0.1, 0.3) for m, f in (("zhenzan", 0.9), ("fraudar", 0.2))
         for kind in ("none", "random")]
    )  # fmt: skip
    done = injection_rows(injected).set_index(KEY)["value"]
    assert done["injection 0.1", "fraudar", "f1", "random"] == 0.2
    assert done["injection 0.3", "zhenzan", "seconds", "all"] == 1.5
    assert "peak_bytes" not in done.index.get_level_values("metric")
    reviews = [
        {"method": m, "auc": a, "auc_lo": a - 0.1, "auc_hi": a + 0.1, "average_precision": 0.3,
         "recall_1pct": 0.1, "recall_01pct": 0.02, **cost}
        for m, a in (("trees", 0.8), ("trees-eleven", 0.77))
    ]  # fmt: skip
    yelp = pd.DataFrame(reviews)
    done = yelp_rows(yelp, "YelpZip").set_index(KEY)
    ours = done.loc[("YelpZip", "zhenzan", "act_auc", "all")]
    assert ours.tolist() == pytest.approx([0.8, 0.7, 0.9])
    assert done.loc[("YelpZip", "trees-eleven", "act_auc", "all"), "value"] == 0.77
    assert np.isnan(done.loc[("YelpZip", "zhenzan", "act_recall_1pct", "all"), "low"])
    assert len(injection_rows(injected[:0])) == len(yelp_rows(yelp[:0], "YelpZip")) == 0


@pytest.fixture(scope="module")
def folder(made_stars, tmp_path_factory) -> Path:
    """A data folder with stars and nothing else."""
    here = tmp_path_factory.mktemp("data")
    (here / "stars").mkdir()
    made_stars.to_parquet(here / "stars/stars.parquet")
    return here


def test_what_is_absent_is_left_out_and_said(folder, tmp_path) -> None:
    done = run_all(
        Plan(scenarios=("demo",), scale=5_000, names=("company",), ablation=False, data=folder)
    )
    absent = [reason.partition(":")[0] for reason in done.left_out]
    assert absent == ["injected blocks", "YelpZip", "YelpChi"]  # company needs times
    datasets = set(done.table["dataset"])
    assert {"demo 5,000", "stars 0.1", "stars 0.03", "stars 0.01"} <= datasets
    assert not done.table.duplicated(KEY).any()
    shown = {block.title: block for block in blocks(done.table)}
    assert set(shown["stars 0.1"].columns) == {"company"}
    with pytest.raises(UsageError, match=r"nothing to run; left out: .*diluted stars: no "):
        run_all(Plan(("stars",), data=tmp_path, names=("company",), ablation=False))


def test_nonsense_is_refused() -> None:
    with pytest.raises(UsageError, match="magic"):
        run_all(Plan(names=("magic",)))
    with pytest.raises(UsageError, match="seed"):
        run_all(Plan(seeds=()))
    with pytest.raises(UsageError, match="moon"):
        run_all(Plan(("moon",)))
    with pytest.raises(UsageError, match="no scenario"):
        run_all(Plan(scenarios=("atlantis",), scale=5_000))


@pytest.mark.slow
def test_the_command_says_and_writes_all_of_it(tmp_path) -> None:
    words = ["benchmark", "--datasets", "simulated,stars", "--scenarios", "demo,organic"]
    words += ["--scale", "5000", "--methods", "zhenzan,company", "--no-ablation"]
    words += ["--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "demo 5,000" in done.stdout and "left out: diluted stars" in done.stdout
    assert "innocent sections in the top band" in done.stdout
    back = read_tidy(tmp_path / "out/benchmark.csv")
    record = json.loads((tmp_path / "out/benchmark.json").read_text("utf-8"))
    assert len(record["rows"]) == len(back) > 100
    assert {"zhenzan", "company", ""} == set(back["method"])
    organic = back[back["dataset"] == "organic 5,000"]
    assert set(organic["method"]) == {"zhenzan", ""}  # baselines have nothing to find there
    assert (tmp_path / "out/benchmark.svg").read_text("utf-8").startswith("<svg")
    done = CliRunner().invoke(app, ["benchmark", "stars"])
    assert done.exit_code == 2 and "needs a PATH" in done.output


@pytest.mark.slow
def test_blocks_are_injected_and_named(tmp_path) -> None:
    plan = Plan(("injection",), densities=(0.5,), names=("degree", "catchsync"), ablation=False)
    table = run_all(plan).table
    assert set(table["dataset"]) == {"injection 0.5"}
    value = table.set_index(["method", "metric", "group"])["value"]
    assert 0 <= value["catchsync", "f1", "random"] <= value["catchsync", "best_f1", "random"] <= 1
    assert ("degree", "f1", "random") not in value  # a count names nobody
