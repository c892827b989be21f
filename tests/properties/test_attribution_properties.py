"""What holds of attribution whatever the world: orders of rows, names, weeks, sums, monotony."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Attribution, AttributionConfig, attribute
from zhenzan.models.attribution.events import Events, prepare
from zhenzan.models.attribution.fit import fit
from zhenzan.models.attribution.ratios import excess_ratio, other_visits, propensity_ratio

World = dict[str, pd.DataFrame]
FEW = settings(max_examples=4, deadline=None, derandomize=True, database=None)
FIGURES = ["p_purchased", "excess", "propensity", "company"]


@pytest.fixture(scope="module")
def make(streams: ModuleType) -> Any:
    """A small world: 24 sections, of which `orders` were served by a pool."""

    def world(seed: int, orders: int = 6, size: int = 25) -> World:
        rng = np.random.default_rng(seed + 1000)
        plain = streams.organic(seed, sections=24, mean=50.0, population=1500)
        targets = [f"s{i:03d}" for i in range(orders)]
        made: World = streams.delivered(plain, rng, targets, pool=30, size=size, camouflage=4)
        return made

    return world


@pytest.fixture(scope="module")
def judge(canonical: ModuleType) -> Any:
    def run(world: World) -> Attribution:
        with open_engine() as engine:
            return attribute(engine, canonical.load(engine, world))

    return run


def by_id(found: Attribution) -> pd.DataFrame:
    return found.engagements.to_pandas().set_index("engagement_id")[FIGURES]


@FEW
@given(seed=st.integers(0, 10**6))
def test_order_of_rows_does_not_matter(
    make: Any, judge: Any, canonical: ModuleType, seed: int
) -> None:
    world = make(seed % 7)
    first, second = judge(world), judge(canonical.shuffled(world, seed))
    for name in ("engagements", "streams", "sections", "accounts", "windows", "curves"):
        assert getattr(first, name).equals(getattr(second, name)), name


@FEW
@given(seed=st.integers(0, 10**6))
def test_names_do_not_matter(make: Any, judge: Any, canonical: ModuleType, seed: int) -> None:
    """Ids are hashed and re-keyed: another spelling, hence another order, of all of them."""
    world = make(seed % 7)

    def new(name: str) -> str:
        return f"{(sum(map(ord, name)) * 2654435761 + seed) % 9973:04d}{name[::-1]}"

    first, second = by_id(judge(world)), by_id(judge(canonical.renamed(world, new)))
    np.testing.assert_allclose(first, second.loc[first.index], rtol=1e-9, atol=1e-12)


@FEW
@given(seed=st.integers(0, 6), weeks=st.integers(-200, 200))
def test_whole_weeks_do_not_matter(
    make: Any, judge: Any, canonical: ModuleType, seed: int, weeks: int
) -> None:
    world = make(seed)
    first, second = judge(world), judge(canonical.shifted(world, weeks * canonical.WEEK))
    np.testing.assert_allclose(by_id(first), by_id(second), rtol=1e-9, atol=1e-12)
    start = first.windows["start_ms"].to_numpy() + weeks * canonical.WEEK
    np.testing.assert_array_equal(start, second.windows["start_ms"].to_numpy())


@FEW
@given(seed=st.integers(0, 10**6), orders=st.integers(0, 8))
def test_sums_and_ranges(make: Any, judge: Any, seed: int, orders: int) -> None:
    found = judge(make(seed, orders=orders))
    acts = found.engagements.to_pandas()
    assert acts["p_purchased"].between(0, 1).all()
    for table, keys in (
        (found.sections, ["section_id"]),
        (found.streams, ["section_id", "kind"]),
        (found.accounts, ["account_id"]),
    ):
        frame = table.to_pandas().set_index(keys)
        total = acts.groupby(keys)["p_purchased"].sum().reindex(frame.index)
        column = "n_attributed" if "n_attributed" in frame else "n_purchased"
        np.testing.assert_allclose(frame[column], total, rtol=1e-9)
        if column == "n_purchased":
            assert (frame["n_purchased_lo"] >= 0).all()
            assert (frame["n_purchased_lo"] <= frame["n_purchased"]).all()
            assert (frame["n_purchased"] <= frame["n_purchased_hi"]).all()
            assert (frame["n_purchased_hi"] <= frame["n_engagements"]).all()
            assert frame["p_value"].dropna().between(0, 1).all()


@FEW
@given(seed=st.integers(0, 10**6), more=st.integers(1, 5))
def test_more_of_the_same_order_never_lowers_the_number(
    make: Any, judge: Any, streams: ModuleType, seed: int, more: int
) -> None:
    """Likes by further members of the pool inside the delivery of one section."""
    world = make(seed)
    acts = world["engagement"]
    order = acts[(acts["section_id"] == "s000") & (acts["origin"] == "delivered")]
    rest = sorted({f"w{w:03d}" for w in range(30)} - set(order["account_id"]))
    times = np.linspace(order["ts_ms"].min(), order["ts_ms"].max(), more + 2)[1:-1]
    rows = [("s000", account, int(t), "delivered") for account, t in zip(rest, times, strict=False)]
    grown = streams.extended(world, rows)

    def number(w: World) -> float:
        sections = judge(w).sections.to_pandas().set_index("section_id")
        return float(sections.loc["s000", "n_purchased"])

    assert number(grown) >= number(world) - 1e-9


def _ratio_case(make: Any, canonical: ModuleType, seed: int) -> tuple[Events, Any, Any]:
    with open_engine() as engine:
        events = prepare(engine, canonical.load(engine, make(seed % 7)))
    rng = np.random.default_rng(seed)
    q = rng.beta(0.1, 1.0, events.n) * rng.choice([0.0, 1.0])
    return events, q, rng


@FEW
@given(seed=st.integers(0, 10**6), orders=st.integers(0, 8))
def test_fitted_ratios_have_mean_one_over_organic_acts(
    make: Any, canonical: ModuleType, seed: int, orders: int
) -> None:
    """Nothing inflates on average: what speaks for some organic acts speaks against others.

    Weighed by the final posteriors, which take the most conspicuous organic acts out a little:
    over ten such worlds company has mean 0.66 to 0.91, propensity 0.94 to 1.00.
    """
    with open_engine() as engine:
        events = prepare(engine, canonical.load(engine, make(seed, orders=orders)))
    found = fit(events, AttributionConfig())
    honest = 1.0 - found.q
    seen = ~np.isnan(found.company_value)
    company = np.average(np.exp(found.company[seen]), weights=honest[seen])
    assert 0.5 < company < 1.1
    assert (found.company[~seen] == 0).all()
    propensity = np.average(np.exp(found.propensity), weights=honest)
    assert 0.85 < propensity < 1.05


@FEW
@given(seed=st.integers(0, 10**6))
def test_ratios_have_mean_one_whatever_the_posteriors(
    make: Any, canonical: ModuleType, seed: int
) -> None:
    events, q, rng = _ratio_case(make, canonical, seed)
    act = rng.normal(-0.3, 1.5, events.n)
    timing = np.where(rng.random(events.n) < 0.3, -20.0, rng.gumbel(-1.0, 2.0, events.n))
    propensity = np.average(
        np.exp(propensity_ratio(events, q, act, np.ones(events.n))), weights=1.0 - q
    )
    assert propensity == pytest.approx(1.0, rel=1e-6)
    excess = np.average(np.exp(excess_ratio(timing, q, np.ones(events.n))), weights=1.0 - q)
    assert 0.75 < excess < 1.05  # the table is smoothed and never falls


@FEW
@given(seed=st.integers(0, 10**6))
def test_an_act_is_no_evidence_for_itself(make: Any, canonical: ModuleType, seed: int) -> None:
    """Propensity of an act leaves its own section out: it does not move with it."""
    events, _, rng = _ratio_case(make, canonical, seed)
    act = rng.normal(-0.3, 1.0, events.n)
    changed = int(rng.integers(events.n))
    other = act.copy()
    other[changed] += 3.0
    before, after = other_visits(events, act), other_visits(events, other)
    same_visit = events.visit == events.visit[changed]
    elsewhere = (events.account == events.account[changed]) & ~same_visit
    aside = events.account != events.account[changed]
    for same in (same_visit, aside):
        np.testing.assert_allclose(after[same], before[same], atol=1e-9)
    assert (after[elsewhere] >= before[elsewhere] - 1e-9).all()
