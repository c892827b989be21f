"""Acts without times, without accounts, all at once, far apart, repeated, or none at all."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.engine import Engine
from zhenzan.models.attribution import AttributionConfig, attribute, result
from zhenzan.models.attribution.events import prepare

START = 1_735_689_600_000
BACKGROUND = AttributionConfig().background
World = dict[str, pd.DataFrame]


def sane(found: result.Attribution, rows: int) -> None:
    """Schemas, ranges, and sums that hold for any input whatever."""
    for name in ("engagements", "streams", "sections", "accounts", "windows", "curves"):
        assert getattr(found, name).schema.equals(getattr(result, name.upper()))
    acts = found.engagements.to_pandas()
    assert len(acts) == rows
    assert acts["p_purchased"].between(0, 1).all()
    assert np.isfinite(acts[["p_purchased", "propensity"]].to_numpy()).all()
    for table in (found.streams.to_pandas(), found.sections.to_pandas()):
        low, middle, high = (table[f"n_purchased{x}"] for x in ("_lo", "", "_hi"))
        assert ((low >= 0) & (low <= middle) & (middle <= high + 1e-9)).all()
        assert (high <= table["n_engagements"]).all()
        assert table["p_value"].dropna().between(0, 1).all()
    by_section = acts.groupby("section_id")["p_purchased"].sum()
    sections = found.sections.to_pandas().set_index("section_id")["n_purchased"]
    pd.testing.assert_series_equal(by_section, sections, check_names=False, rtol=1e-9)
    accounts = found.accounts.to_pandas()
    assert accounts["propensity"].between(0, 1).all()
    for table, columns in (
        (found.curves, ("observed", "expected", "expected_lo", "expected_hi", "attributed")),
        (found.windows, ("observed", "expected", "attributed")),
    ):
        for column in columns:
            values = table[column].to_numpy()
            assert np.isfinite(values).all() and (values >= 0).all()


def run(engine: Engine, canonical: ModuleType, acts: pd.DataFrame, **more: Any) -> Any:
    found = attribute(engine, canonical.load(engine, {"engagement": acts, **more}))
    sane(found, len(acts))
    return found


def test_no_table_and_no_row(engine: Engine, canonical: ModuleType) -> None:
    sane(attribute(engine, {}), 0)
    empty = pd.DataFrame({"section_id": [], "account_id": [], "ts_ms": []})
    run(engine, canonical, empty)


def test_one_act(engine: Engine, canonical: ModuleType) -> None:
    found = run(
        engine, canonical, pd.DataFrame([{"section_id": "s", "account_id": "a", "ts_ms": START}])
    )
    assert found.engagements["p_purchased"][0].as_py() < 0.01
    assert found.streams["p_value"][0].as_py() is None  # too small to be tested


def test_without_section_and_comment_tables(engine: Engine, canonical: ModuleType) -> None:
    """Ages then count from the first act of each stream."""
    acts = pd.DataFrame(
        [
            {"section_id": f"s{s}", "account_id": f"a{s}-{i}", "ts_ms": START + 60_001 * i * i}
            for s in range(3)
            for i in range(30)
        ]
    )
    found = run(engine, canonical, acts)
    events = prepare(engine, canonical.load(engine, {"engagement": acts}))
    assert (events.age_s[events.offsets[:-1]] == 1.0).all()
    assert found.info["streams"] == 3


def test_untimed_acts_take_what_timed_ones_say(
    streams: ModuleType, canonical: ModuleType, judge: Any
) -> None:
    world = streams.delivered(streams.organic(0, sections=40), np.random.default_rng(0),
                              [f"s{i:03d}" for i in range(8)])  # fmt: skip
    acts = world["engagement"]
    untimed = np.random.default_rng(1).random(len(acts)) < 0.2
    acts = acts.assign(ts_ms=acts["ts_ms"].astype("Int64").mask(untimed))
    found, judged = judge({**world, "engagement": acts})
    sane(found, len(acts))
    assert found.info["untimed_engagements"] == untimed.sum()
    without = judged["ts_lo_ms"].isna()
    assert judged[without]["excess"].isna().all()
    p = judged[without].groupby("origin")["p_purchased"].mean()
    assert p["delivered"] > 0.5  # known workers under sections known to have orders
    assert BACKGROUND / 3 < p["organic"] < 0.1 < p["delivered"]
    assert p["camouflage"] < 0.2  # the same people, in sections without orders
    timed = judged[~without & (judged["origin"] == "delivered")]
    assert (timed["p_purchased"] > 0.5).mean() > 0.9


def test_nothing_is_timed(engine: Engine, canonical: ModuleType) -> None:
    acts = pd.DataFrame(
        {"section_id": ["s", "s", "t"], "account_id": ["a", None, "a"], "ts_ms": [None] * 3}
    )
    found = run(engine, canonical, acts.astype({"ts_ms": "Int64"}))
    assert found.streams.num_rows == 0
    assert found.sections["p_value"].null_count == 2
    assert not found.sections["significant"].to_numpy(zero_copy_only=False).any()
    assert found.accounts["n_sections"].to_pylist() == [2]


def test_unknown_accounts_have_no_company(streams: ModuleType, judge: Any) -> None:
    world = streams.organic(0, sections=30)
    acts = world["engagement"].assign(account_id=None)
    found, judged = judge({**world, "engagement": acts})
    sane(found, len(acts))
    assert found.accounts.num_rows == 0
    assert judged["company"].isna().all() and (judged["propensity"] == 0).all()
    assert judged["p_purchased"].mean() < 0.005


def test_interval_times(streams: ModuleType, engine: Engine, canonical: ModuleType) -> None:
    """Times known to the day: windows finer than a day say nothing, coarser ones still do."""
    world = streams.organic(0, sections=30)
    acts = world["engagement"].rename(columns={"ts_ms": "exact"})
    acts["ts_lo_ms"] = acts["exact"] // streams.DAY * streams.DAY
    acts["ts_hi_ms"] = acts["ts_lo_ms"] + streams.DAY
    acts = acts.drop(columns=["exact"])
    found = run(engine, canonical, acts, section=world["section"])
    assert found.engagements["p_purchased"].to_numpy().mean() < 0.02
    events = prepare(engine, canonical.load(engine, {**world, "engagement": acts}))
    assert (events.resolution_s == 86_400.0).all()


@pytest.mark.parametrize(
    ("step_ms", "resolution_s"), [(1, 1e-3), (1000, 1.0), (60_000, 60.0), (3_600_000, 3600.0)]
)
def test_clock_of_a_stream(
    engine: Engine, canonical: ModuleType, step_ms: int, resolution_s: float
) -> None:
    times = START + step_ms * np.array([0, 1, 7, 23, 61, 245])
    acts = pd.DataFrame({"section_id": "s", "account_id": list("abcdef"), "ts_ms": times})
    events = prepare(engine, canonical.load(engine, {"engagement": acts}))
    assert events.resolution_s.tolist() == [resolution_s]


def test_all_acts_at_one_millisecond(engine: Engine, canonical: ModuleType) -> None:
    """An import stamped 500 rows with one time: of strangers, so no order is claimed."""
    acts = pd.DataFrame(
        {"section_id": "s", "account_id": [f"a{i}" for i in range(500)], "ts_ms": START}
    )
    found = run(engine, canonical, acts)
    assert found.sections["n_purchased"][0].as_py() < 5


def test_identical_rows(engine: Engine, canonical: ModuleType) -> None:
    """One account a hundred times at one time: no company with itself."""
    acts = pd.DataFrame({"section_id": ["s", "t"] * 50, "account_id": "a", "ts_ms": START})
    found = run(engine, canonical, acts)
    assert found.engagements["company"].to_numpy(zero_copy_only=False).max() <= 0.0
    assert found.sections["n_accounts"].to_pylist() == [1, 1]


def test_extreme_ages(engine: Engine, canonical: ModuleType) -> None:
    """Ten years old, a millisecond old, acts before publication and far-off years."""
    year = 365 * 86_400_000
    rows = [("old", f"a{i}", START + i * year // 6) for i in range(60)]
    rows += [("new", f"a{i}", START + i) for i in range(60)]
    rows += [("early", f"a{i}", START - year + i * 1000) for i in range(30)]
    rows += [("far", "a1", 4_000_000_000_000), ("far", "a2", 1_000)]
    acts = pd.DataFrame(rows, columns=["section_id", "account_id", "ts_ms"])
    sections = pd.DataFrame(
        {"section_id": ["old", "new", "early"], "published_ms": [START, START, START]}
    )
    run(engine, canonical, acts, section=sections)
    events = prepare(engine, canonical.load(engine, {"engagement": acts, "section": sections}))
    assert (events.age_s > 0).all() and (events.horizon_s >= 0).all()


def test_kinds_are_separate_streams(engine: Engine, canonical: ModuleType) -> None:
    acts = pd.DataFrame(
        [
            {"section_id": "s", "account_id": f"a{i}", "ts_ms": START + i * i * 1000, "kind": kind}
            for kind in ("like", "share")
            for i in range(25)
        ]
    )
    found = run(engine, canonical, acts)
    assert sorted(found.streams["kind"].to_pylist()) == ["like", "share"]
    assert found.sections["n_engagements"].to_pylist() == [50]


def test_curves_add_up(streams: ModuleType, judge: Any) -> None:
    """Bins of a stream touch, and hold all its acts and all that was attributed to it."""
    world = streams.delivered(streams.organic(0, sections=40), np.random.default_rng(0),
                              [f"s{i:03d}" for i in range(8)])  # fmt: skip
    found, _ = judge(world)
    table = found.streams.to_pandas().set_index("section_id")
    curves = found.curves.to_pandas()
    for section, bins in curves.groupby("section_id"):
        bins = bins.sort_values("start_ms")
        assert bins["observed"].sum() == table.loc[section, "n_engagements"]
        assert bins["attributed"].sum() == pytest.approx(table.loc[section, "n_purchased"])
        assert (bins["start_ms"].to_numpy()[1:] == bins["end_ms"].to_numpy()[:-1]).all()
        assert bins["start_ms"].diff().dropna().nunique() <= 1 and len(bins) <= 200
        assert (bins["expected_lo"] <= bins["expected"]).all()
        assert (bins["expected"] <= bins["expected_hi"]).all()
        assert bins["expected"].sum() < 3 * table.loc[section, "n_engagements"]
    long_enough = table["n_engagements"] >= AttributionConfig().curve_min_acts
    assert set(curves["section_id"]) == set(table.index[long_enough])


def test_windows_do_not_overlap(streams: ModuleType, judge: Any) -> None:
    targets = [f"s{i:03d}" for i in range(8)]
    world = streams.delivered(streams.organic(0, sections=40), np.random.default_rng(0), targets)
    found, acts = judge(world)
    windows = found.windows.to_pandas()
    assert set(targets) <= set(windows["section_id"])
    for section, mine in windows.groupby("section_id"):
        assert (mine["strength"].diff().dropna() <= 1e-9).all()
        ordered = mine.sort_values("start_ms")
        assert (ordered["end_ms"].to_numpy()[:-1] <= ordered["start_ms"].to_numpy()[1:] + 1).all()
        times = acts[acts["section_id"] == section]["ts_lo_ms"]
        for row in mine.itertuples():
            assert abs(((times >= row.start_ms) & (times < row.end_ms)).sum() - row.observed) <= 1
            assert row.attributed <= row.observed
