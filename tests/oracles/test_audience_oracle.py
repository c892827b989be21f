"""The audience family against slow, obvious versions, and planted truth recovered."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from zhenzan.features import ages
from zhenzan.features.audience import AudienceFamily
from zhenzan.features.audience.mixes import concentration, mix_against_history
from zhenzan.features.family import Entity, FeatureConfig

DAY = 86_400_000
NAN = math.nan


def slow_g(here: Counter, past: Counter) -> tuple[float, int]:
    n, m = sum(here.values()), sum(past.values())
    cells, rest = [], [0, 0]
    for k in here | past:
        share = (here[k] + past[k]) / (n + m)
        if here[k] and share * n >= 1 and share * m >= 5:
            cells.append((here[k], past[k]))
        else:
            rest[0], rest[1] = rest[0] + here[k], rest[1] + past[k]
    cells += [tuple(rest)] if sum(rest) else []
    g = 0.0
    for x, h in cells:
        for seen, total in ((x, n), (h, m)):
            if seen:
                g += 2 * seen * math.log(seen * (n + m) / ((x + h) * total))
    return g, len(cells) - 1


@pytest.mark.parametrize("seed", range(3))
def test_mixes_agree_with_the_slow_version(seed):
    rng = np.random.default_rng(seed)
    creator_of = np.array([0, 0, 0, 1, 1, -1, 2])
    rows = 900
    section = rng.integers(0, 7, rows)
    category = np.minimum(rng.geometric(0.3, rows), 9) + (section == 1) * rng.integers(0, 3, rows)
    made = mix_against_history(section, category, np.ones(rows), creator_of, 20)
    here = [Counter(category[section == s].tolist()) for s in range(7)]
    g, df, judged = {}, {}, []
    for s in range(7):
        past: Counter = Counter()
        for other in range(7):
            if other != s and creator_of[s] >= 0 and creator_of[other] == creator_of[s]:
                past += here[other]
        if sum(past.values()) >= 50:
            g[s], df[s] = slow_g(here[s], past)
            n, m = sum(here[s].values()), sum(past.values())
            p = n / (n + m)
            most = -p * math.log(p) - (1 - p) * math.log(1 - p)
            expected = min(max((g[s] - df[s]) / (2 * (n + m)) / most, 0), 1)
            assert made.divergence[s] == pytest.approx(expected, abs=1e-9)
            surplus = {k: here[s][k] - n * (past[k] + 0.5) / (m + 1) for k in here[s]}
            assert made.category[s] == max(surplus, key=surplus.__getitem__)
            judged.append(s)
    unit = max(1.0, float(np.median([g[s] / chi2.median(df[s]) for s in judged])))
    for s in judged:
        bits = -chi2.logsf(g[s] / unit, df[s]) / math.log(2)
        assert made.bits[s] == pytest.approx(bits, abs=1e-9)
    assert set(np.flatnonzero(~np.isnan(made.divergence))) == set(judged) == {0, 1, 2, 3, 4}


def test_alike_is_nought_and_nothing_in_common_is_one():
    section = np.repeat([0, 1, 2, 3], 400)
    alike = np.tile(np.arange(4), 400)
    apart = np.where(section == 0, 9, alike)
    creator_of = np.zeros(4, dtype=np.int64)
    one = np.ones(1600)
    assert mix_against_history(section, alike, one, creator_of, 20).divergence.max() == 0
    found = mix_against_history(section, apart, one, creator_of, 20)
    assert found.divergence[0] == pytest.approx(1, abs=0.01) and found.bits[0] > 10
    assert found.category[0] == 9 and found.count[0] == 400


def test_small_samples_of_one_audience_do_not_diverge():
    rng = np.random.default_rng(1)
    section, category = np.repeat(np.arange(200), 25), rng.integers(0, 12, 5000)
    made = mix_against_history(section, category, np.ones(5000), np.zeros(200, dtype=np.int64), 20)
    assert np.median(made.divergence) < 0.03 and (made.bits > 10).mean() < 0.01


def test_concentration_agrees_with_all_pairs():
    rng = np.random.default_rng(2)
    creator_of = np.array([0, 0, 1, -1])
    section, mark = rng.integers(0, 4, 400), rng.geometric(0.2, 400)
    own, past = concentration(section, mark, creator_of, 20)

    def chance(marks: list[int]) -> float:
        return float(np.mean([a == b for a, b in combinations(marks, 2)]))

    for s in range(4):
        assert own[s] == pytest.approx(chance(mark[section == s].tolist()))
    assert past[0] == pytest.approx(chance(mark[section == 1].tolist()))
    assert np.isnan(past[[2, 3]]).all()


@pytest.fixture(scope="module")
def frames(canonical):
    return canonical.world(5)


@pytest.fixture
def made(engine, canonical, frames):
    found = AudienceFamily().compute(engine, canonical.load(engine, frames), FeatureConfig())
    return {e: engine.fetch(r).to_pandas().set_index(e.key) for e, r in found.items()}


@pytest.fixture(scope="module")
def visits(frames):
    acts = frames["engagement"][["section_id", "account_id", "ts_ms"]]
    texts = frames["comment"][["section_id", "account_id", "created_ms"]]
    both = pd.concat([acts, texts.rename(columns={"created_ms": "ts_ms"})])
    first = both.groupby(["section_id", "account_id"]).ts_ms.min().reset_index()
    creator = frames["section"].set_index("section_id").creator_id
    born = frames["account"].set_index("account_id").created_ms
    return first.assign(
        creator=first.section_id.map(creator),
        days=(first.ts_ms - first.account_id.map(born)) / DAY,
    ).to_dict("records")


def same(found: pd.Series, expected: dict[str, float]) -> None:
    aligned = pd.Series(expected, dtype=float).reindex(found.index)
    np.testing.assert_allclose(found.to_numpy(), aligned.to_numpy(), atol=1e-9)


def test_ages_are_held_against_the_day_as_the_slow_version_does(made, visits):
    ranks, days = defaultdict(list), defaultdict(list)
    for v in visits:
        bin_of = math.floor(math.log1p(v["days"]) * 8)
        days[v["ts_ms"] // DAY].append((v["section_id"], bin_of))
    for day in days.values():
        for s, bin_of in day:
            others = [b for other, b in day if other != s]
            if len(others) >= 20:
                below = sum(b < bin_of for b in others) + others.count(bin_of) / 2
                ranks[s].append(below / len(others))
    expected = {s: 0.5 - sum(r) / len(r) for s, r in ranks.items() if len(r) >= 20}
    same(made[Entity.SECTION].age_shift, expected)


def test_regulars_agree_with_the_slow_version(made, visits):
    came, seen = defaultdict(list), defaultdict(list)
    for v in visits:
        others = [
            o for o in visits
            if o["creator"] == v["creator"] and o["section_id"] != v["section_id"]
        ]  # fmt: skip
        if sum(o["ts_ms"] < v["ts_ms"] for o in others) >= 20:
            before = any(
                o["account_id"] == v["account_id"] and o["ts_ms"] < v["ts_ms"] for o in others
            )
            came[v["section_id"]].append(before)
        seen[v["section_id"]].append(any(o["account_id"] == v["account_id"] for o in others))
    creator = {v["section_id"]: v["creator"] for v in visits}
    share = {s: float(np.mean(c)) for s, c in came.items() if len(c) >= 20}
    rest = {}
    for s in share:
        siblings = [came[o] for o in came if creator[o] == creator[s] and o != s]
        rest[s] = float(np.mean(np.concatenate(siblings)))
    sections = made[Entity.SECTION]
    same(sections.returning_share, share)
    same(sections.returning_shortfall, {s: rest[s] - share[s] for s in share})
    same(sections.overlap_share, {s: float(np.mean(c)) for s, c in seen.items()})


def test_shared_devices_agree_with_the_slow_version(made, frames):
    for column, name in (("device", "shared_device_share"), ("address", "shared_address_share")):
        acts = frames["engagement"][["section_id", "account_id", f"{column}_hash"]].dropna()
        share, of_account = {}, defaultdict(int)
        for s, here in acts.groupby("section_id"):
            users = here.groupby(f"{column}_hash").account_id.agg(set)
            sharing = set().union(*(u for u in users if len(u) > 1))
            share[str(s)] = len(sharing) / here.account_id.nunique()
        for users in acts.groupby(f"{column}_hash").account_id.agg(set):
            for a in users:
                of_account[a] = max(of_account[a], len(users))
        same(made[Entity.SECTION][name], share)
        same(made[Entity.ACCOUNT][f"{column}_accounts"], dict(of_account))


def test_planted_pool_comes_from_elsewhere(made):
    sections = made[Entity.SECTION]
    bought = sections.index.isin([f"s{s}" for s in range(6)])
    for name in ("region_divergence", "source_divergence", "shared_device_share", "network_excess"):
        assert sections[name][bought].min() > sections[name][~bought].max(), name


def test_a_wave_of_new_users_shifts_no_section():
    """Hard negative H16: on one day everybody's visitors are new; age is told within the day."""

    class Visits:
        section = np.tile(np.arange(5), 400)
        at_ms = np.repeat([0.5 * DAY, 1.5 * DAY], 1000)

    rng = np.random.default_rng(3)
    age = np.where(Visits.at_ms < DAY, rng.uniform(100, 2000, 2000), rng.uniform(0, 3, 2000))
    rank = ages.age_ranks(Visits, age)  # type: ignore[arg-type]
    shift = 0.5 - np.array([rank[Visits.section == s].mean() for s in range(5)])
    assert np.abs(shift).max() < 0.03
    young = np.where(Visits.section == 0, age / 10, age)
    assert 0.5 - ages.age_ranks(Visits, young)[Visits.section == 0].mean() > 0.3  # type: ignore[arg-type]


def test_age_needs_a_clock_that_fits():
    at, born = np.array([5.0, 1.0, 0.5, NAN]) * DAY, np.array([2.0, 4.0, 1.0, 1.0]) * DAY
    np.testing.assert_array_equal(ages.age_days(at, born), [3.0, NAN, 0.0, NAN])


def test_sources_of_counters_stand_in_for_referrers(engine, canonical):
    def rows(s: int, scene: str, n: int) -> dict[str, object]:
        return {
            "section_id": f"s{s}", "metric": "read", "scene": scene, "value_lo": n,
            "observed_ms": canonical.START, "dataset_id": "d",
        }  # fmt: skip

    read = [rows(s, scene, 100) for s in range(6) for scene in ("feed", "search", "share")]
    read = [r for r in read if r["section_id"] != "s0"] + [rows(0, "search", 300)]
    frames = {
        "count_snapshot": pd.DataFrame(read),
        "section": pd.DataFrame([{"section_id": f"s{s}", "creator_id": "c"} for s in range(6)]),
        "engagement": pd.DataFrame(
            [{"section_id": f"s{s}", "account_id": "a", "ts_ms": 0} for s in range(6)]
        ),
    }
    tables = canonical.load(engine, frames)
    found = AudienceFamily().compute(engine, tables, FeatureConfig())[Entity.SECTION]
    frame = engine.fetch(found).to_pandas().set_index("section_id")
    assert frame.source_divergence["s0"] > 0.3 > 0.1 > frame.source_divergence.drop("s0").max()
    said = list(AudienceFamily().explain(engine, tables, {Entity.SECTION: ["s0"]}))
    assert [e.reason for e in said] == ["audience.source@1"]
    assert "300 of 300 visits of known source came through “search”" in said[0].statement.en
