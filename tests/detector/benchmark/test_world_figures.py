"""Figures of a world with methods whose figures are known: the oracle, chance, one score for all.

And the bands of the benchmark are those of a scan.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.detector.benchmark.figures import account_rows, act_rows, purchase_rows
from zhenzan.detector.benchmark.simulated import read_truth
from zhenzan.detector.benchmark.truth import read_accounts, read_sections
from zhenzan.detector.benchmark.world import run_world
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.progress import Silent
from zhenzan.detector.scan import prefix
from zhenzan.detector.simulate import simulate
from zhenzan.models.attribution import result
from zhenzan.models.attribution.result import Attribution

LATE_MS = 4_102_444_800_000


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return simulate(tmp_path_factory.mktemp("w"), scenario="demo", scale=15_000, seed=1).path


@pytest.fixture(scope="module")
def truth(world):
    return read_truth(world), read_accounts(world), read_sections(world)


def by_name(rows) -> dict[tuple[str, str], float]:
    return {(metric, group): value for metric, group, value in rows}


def test_the_oracle_finds_all_and_hits_nobody(truth) -> None:
    acts, accounts, _ = truth
    scores = pd.Series(accounts.delivered.astype(float), index=accounts.account_id)
    for rows in (account_rows(scores, accounts), act_rows(acts.delivered.to_numpy(float), acts)):
        for (metric, _), value in by_name(rows).items():
            assert value == (0.0 if "_hit_" in metric else 1.0)


def test_chance_finds_what_it_hits(truth) -> None:
    acts, accounts, _ = truth
    rng = np.random.default_rng(5)
    recalls, areas = [], []
    for _ in range(20):
        found = by_name(act_rows(rng.random(len(acts)), acts))
        recalls.append(found["act_recall_1pct", "all"])
        areas.append(found["act_auc", "all"])
    n = acts.delivered.sum() * 20
    assert np.mean(recalls) == pytest.approx(0.01, abs=4 * np.sqrt(0.01 / n))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.02)
    found = by_name(account_rows(pd.Series(dtype=float), accounts))  # knows nobody: one tie
    assert found["account_recall_1pct", "all"] == 0 and found["account_auc", "all"] == 0.5


def test_recall_of_all_is_the_mean_of_the_pools(truth) -> None:
    _, accounts, _ = truth
    rng = np.random.default_rng(0)
    score = rng.random(len(accounts.account_id)) + 0.5 * accounts.delivered
    found = by_name(account_rows(pd.Series(score, index=accounts.account_id), accounts))
    pools = [name for name in accounts.groups if name.startswith("pool:")]
    size = np.array([accounts.groups[name].sum() for name in pools])
    share = np.array([found["account_recall_1pct", name] for name in pools])
    assert len(pools) > 1 and 0 < share.max() < 1
    assert (size * share).sum() / size.sum() == pytest.approx(found["account_recall_1pct", "all"])


def stated(acts: pd.DataFrame, sections: pd.DataFrame, times: float) -> Attribution:
    """An attribution that states the truth of each section times a factor."""
    number = sections["n_delivered"].astype(float) * times
    table = pd.DataFrame(dict.fromkeys(result.SECTIONS.names, 0.0), index=sections.index)
    table["section_id"] = sections["section_id"]
    table["n_engagements"] = sections["n_engagements"]
    table["n_purchased"] = number
    table["n_purchased_lo"], table["n_purchased_hi"] = 0.9 * number, 1.1 * number
    streams = pa.table(
        {"section_id": sections["section_id"], "p_value": np.linspace(0, 1, len(sections))}
    )
    p = np.where(acts["scenario"] == "follow_on", 0.7, 0.1)
    nothing = dict.fromkeys(("accounts", "windows", "curves"), pa.table({}))
    made = pa.Table.from_pandas(table, preserve_index=False)
    likes = pa.table({"p_purchased": p, "kind": np.full(len(p), "like")})
    return Attribution(likes, streams, made, **nothing)


def test_error_and_coverage_of_a_stated_number(truth) -> None:
    acts, _, sections = truth
    exact = by_name(purchase_rows(stated(acts, sections, 1.0), acts, sections))
    errors = {group: v for (metric, group), v in exact.items() if metric == "purchased_error"}
    assert "50-199 and 5 %+" in errors and set(errors.values()) == {0.0}
    assert exact["interval_coverage", "all"] == 1 and exact["purchased_ratio", "all"] == 1
    assert exact["purchased_ratio", "delivered acts"] == pytest.approx(0.1)
    assert exact["purchased_share", "none"] == 0
    assert exact["follow_on_above_half", "all"] == 1
    half = by_name(purchase_rows(stated(acts, sections, 1.5), acts, sections))
    assert half["purchased_error", "50-199 and 5 %+"] == pytest.approx(0.5)
    assert half["interval_coverage", "orders"] == 0 and half["interval_coverage", "none"] == 1
    free = sections[~sections["ordered"] & (sections["scenario"] == "organic")].index
    p = np.linspace(0, 1, len(sections))[free]
    assert exact["p_below_5pct", "organic"] == pytest.approx((p < 0.05).mean())


def test_streams_without_a_p_value_are_not_counted(truth) -> None:
    acts, _, sections = truth
    made = stated(acts, sections, 1.0)
    none = made.streams.set_column(1, "p_value", pa.nulls(len(sections), pa.float64()))
    found = by_name(purchase_rows(replace(made, streams=none), acts, sections))
    assert not [metric for metric, _ in found if metric == "p_below_5pct"]


def scored(world: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    options = ScanOptions(now_ms=LATE_MS, ids="keep")
    with prefix([world], options, Silent(), last="scores") as work:
        return work.frame("scored_sections"), work.frame("scored_accounts")


@pytest.mark.slow
def test_bands_are_those_of_a_scan(world, truth, tmp_path) -> None:
    _, accounts, sections = truth
    table = run_world(world, "demo", names=("zhenzan", "degree"))
    value = table.set_index(["method", "metric", "group"])["value"].sort_index()
    bare = tmp_path / "bare"
    shutil.copytree(world, bare, ignore=shutil.ignore_patterns("context.*", "truth"))
    for folder, how in ((world, "declared"), (bare, "undeclared")):
        by_section, by_account = scored(folder)
        band = by_account.set_index("account_id")["band"].reindex(accounts.account_id)
        top = (band == "likely_purchased").to_numpy()
        organic = value["zhenzan", f"account_top_{how}", "organic"]
        assert organic == pytest.approx(top[~accounts.delivered].mean())
        found = value["zhenzan", f"bought_top_{how}", "accounts"]
        assert found == pytest.approx(top[accounts.delivered].mean())
        assert top.any()
        both = sections.merge(by_section[["section_id", "band"]], on="section_id")
        much = both[(both["share_delivered"] >= 0.3) & (both["n_engagements"] >= 20)]
        shown = value["zhenzan", f"bought_top_{how}", "sections"]
        assert shown == pytest.approx((much["band"] == "likely_purchased").mean())
        worst = value["zhenzan", f"section_top_{how}"].drop("organic")
        assert worst["worst hard negative"] == worst.drop("worst hard negative").max()
    assert value["", "n_accounts", "organic"] == (~accounts.delivered).sum()
    assert ("degree", "bought_top_declared", "accounts") not in value.index
    assert value["degree", "seconds", "all"] > 0
