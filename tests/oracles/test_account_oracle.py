"""The account family against slow, obvious versions over dictionaries, and planted truth."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.account import AccountFamily
from zhenzan.features.account.clumps import clumps
from zhenzan.features.account.profiles import vanished
from zhenzan.features.family import Entity, FeatureConfig

DAY = 86_400_000
NAN = math.nan


class Slow:
    """Everything by hand from the frames."""

    def __init__(self, frames: dict[str, pd.DataFrame]) -> None:
        self.creator = dict(
            zip(frames["section"].section_id, frames["section"].creator_id, strict=True)
        )
        self.account = frames["account"].set_index("account_id").to_dict("index")
        self.visits: dict[tuple[str, str], dict[str, Any]] = {}
        for row in frames["engagement"].to_dict("records"):
            visit = self._visit(row)
            visit["at"].append(row["ts_ms"])
            visit["acts"] += 1
            if not pd.isna(row["retracted_lo_ms"]):
                visit["kept"].append(row["retracted_lo_ms"] - row["ts_ms"])
        for row in frames["comment"].to_dict("records"):
            self._visit(row)["at"].append(row["created_ms"])
        snapshots = frames["account_snapshot"]
        newest = snapshots.sort_values("observed_ms").groupby("account_id").last()
        self.last = newest.to_dict("index")
        self.begin = min(min(v["at"]) for v in self.visits.values())
        self.follows = set(zip(frames["follow"].source_id, frames["follow"].target_id, strict=True))
        self.of_section, self.of_account = defaultdict(list), defaultdict(list)
        for s, a in self.visits:
            self.of_section[s].append(a)
            self.of_account[a].append(s)

    def _visit(self, row: dict[str, Any]) -> dict[str, Any]:
        key = (row["section_id"], row["account_id"])
        return self.visits.setdefault(key, {"at": [], "acts": 0, "kept": []})

    def age(self, s: str, a: str) -> float:
        return (min(self.visits[s, a]["at"]) - self.account[a]["created_ms"]) / DAY

    def gaps(self, a: str) -> float:
        row = self.last[a]
        return sum(not row[name] for name in ("has_avatar", "bio_length", "posts")) / 3

    def ratio(self, a: str) -> float:
        row = self.last[a]
        return math.log10((row["following"] + 1) / (row["followers"] + 1))

    def generated(self, a: str) -> float:
        return float(self.account[a]["name_shape"].endswith("000"))

    def stranger(self, s: str, a: str) -> float | None:
        if not self.visits[s, a]["acts"]:
            return None
        return float((a, self.creator[s]) not in self.follows)

    def diversity(self, a: str) -> float | None:
        creators = [self.creator[s] for s in self.of_account[a]]
        n = len(creators)
        pairs = [creators[i] != creators[j] for i in range(n) for j in range(i)]
        return sum(pairs) / len(pairs) if n >= 3 else None

    def dormancy(self, a: str) -> tuple[float, float] | None:
        at = sorted(min(self.visits[s, a]["at"]) for s in self.of_account[a])
        begin = max(self.begin, self.account[a]["created_ms"])
        if len(at) < 3:
            return None
        silent = max(at[0] - begin, 0)
        return silent / DAY, silent / (at[-1] - begin)

    def back(self, keys: list[tuple[str, str]]) -> tuple[int, int]:
        return (
            sum(len(self.visits[k]["kept"]) for k in keys),
            sum(self.visits[k]["acts"] for k in keys),
        )


def mean(values: list[float | None]) -> float:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if len(known) >= 20 else NAN


@pytest.fixture(scope="module")
def frames(canonical):
    return canonical.world(4)


@pytest.fixture(scope="module")
def slow(frames):
    return Slow(frames)


@pytest.fixture
def made(engine, canonical, frames):
    found = AccountFamily().compute(engine, canonical.load(engine, frames), FeatureConfig())
    return {e: engine.fetch(r).to_pandas().set_index(e.key) for e, r in found.items()}


def same(found: pd.Series, expected: dict[str, float]) -> None:
    expected_ = pd.Series(expected, dtype=float).reindex(found.index)
    np.testing.assert_allclose(found.to_numpy(), expected_.to_numpy(), atol=1e-9)


def test_sections_and_accounts_agree_with_the_slow_version(made, slow):
    sections, accounts = made[Entity.SECTION], made[Entity.ACCOUNT]
    by = slow.of_section
    same(sections.age_days, {s: median([slow.age(s, a) for a in by[s]]) for s in by})
    same(sections.profile_gaps, {s: mean([slow.gaps(a) for a in by[s]]) for s in by})
    same(sections.follow_ratio, {s: median([slow.ratio(a) for a in by[s]]) for s in by})
    same(sections.generated_name_share, {s: mean([slow.generated(a) for a in by[s]]) for s in by})
    same(sections.like_without_follow, {s: mean([slow.stranger(s, a) for a in by[s]]) for s in by})
    same(sections.creator_diversity, {s: mean([slow.diversity(a) for a in by[s]]) for s in by})
    alone = {s: mean([float(len(slow.of_account[a]) == 1) for a in by[s]]) for s in by}
    same(sections.single_visit_share, alone)
    silent = {s: mean([d and d[1] for d in map(slow.dormancy, by[s])]) for s in by}
    same(sections.dormancy_share, silent)
    seen = slow.of_account
    same(accounts.age_days, {a: min(slow.age(s, a) for s in seen[a]) for a in seen})
    same(accounts.sections, {a: len(seen[a]) for a in seen})
    same(accounts.follow_ratio, {a: slow.ratio(a) for a in seen})
    same(accounts.creator_diversity, {a: slow.diversity(a) for a in seen})
    same(accounts.dormancy_days, {a: (slow.dormancy(a) or (NAN,))[0] for a in seen})


def test_acts_taken_back_agree_with_the_slow_version(made, slow):
    keys = list(slow.visits)
    gone, acts = slow.back(keys)
    share, beyond, days = {}, {}, {}
    for s, accounts in slow.of_section.items():
        here, n = slow.back([(s, a) for a in accounts])
        share[s] = here / n if n >= 20 else NAN
        beyond[s] = share[s] - (gone - here) / (acts - n)
        kept = [min(slow.visits[s, a]["kept"]) for a in accounts if slow.visits[s, a]["kept"]]
        days[s] = median(kept) / DAY if len(kept) >= 5 else NAN
    sections = made[Entity.SECTION]
    same(sections.retracted_share, share)
    same(sections.retracted_excess, beyond)
    same(sections.retraction_days, days)
    own = {a: slow.back([(s, a) for s in ss]) for a, ss in slow.of_account.items()}
    same(
        made[Entity.ACCOUNT].retracted_share, {a: k / n if n else NAN for a, (k, n) in own.items()}
    )


def test_shapes_of_names_agree_with_the_slow_version(made, slow):
    visits = [(s, slow.account[a]["name_shape"]) for s, a in slow.visits]
    expected = {}
    for s in slow.of_section:
        here = Counter(shape for where, shape in visits if where == s)
        rest = Counter(shape for where, shape in visits if where != s)
        best = 0.0
        for shape, k in here.items():
            same_script = [x for x in rest if ("字" in x) == ("字" in shape)]
            others = sum(rest[x] for x in same_script)
            mine = sum(n for x, n in here.items() if ("字" in x) == ("字" in shape))
            rate = min((rest[shape] + 0.5) / (others + 1), 1.0)
            z = (k - mine * rate) / math.sqrt(mine * rate * (1 - rate) + 1)
            if z > 3 and others >= 50:
                best = max(best, (k - mine * rate) / sum(here.values()))
        expected[s] = best
    same(made[Entity.SECTION].name_shape_excess, expected)


def slow_bits(values: list[float], everybody: list[float], ceiling: float) -> list[float]:
    inside = [v for v in values if v <= ceiling]
    m, others = len(inside), sum(v <= ceiling for v in everybody) - len(inside)
    if m < 5 or others < max(100, m):
        return [NAN] * len(values)
    runs = [
        (i, k) for k in (5 * 2**p for p in range(40)) if k <= m for i in range(0, m - k + 1, k // 2)
    ]
    bits = [0.0] * m
    for i, k in runs:
        within = sum(inside[i] <= v <= inside[i + k - 1] for v in everybody)
        e = (max(within - k, 0) + 0.5) * m / (others + 0.5)
        if k >= 3 * e:
            here = (k * math.log(k / e) - (k - e)) / math.log(2) - math.log2(len(runs))
            bits[i : i + k] = [max(b, here) for b in bits[i : i + k]]
    return bits + [NAN] * (len(values) - m)


@pytest.mark.parametrize("seed", range(4))
def test_clumps_agree_with_the_slow_version(seed):
    rng = np.random.default_rng(seed)
    of_account = rng.integers(0, 400 if seed % 2 else 10**6, 600).astype(float)
    of_account[:40] = 200.0 + rng.integers(0, 9, 40)
    section = np.repeat(np.arange(6), 50)
    account = np.concatenate(
        [rng.choice(600, 50, replace=False) for _ in range(5)] + [np.arange(50)]
    )
    ceiling = np.where(np.arange(6) == 2, np.median(of_account), np.inf)
    value = of_account[account]
    bits, strongest = clumps(section, value, of_account, ceiling)
    for s in range(6):
        rows = np.flatnonzero(section == s)
        rows = rows[np.argsort(value[rows], kind="stable")]
        expected = slow_bits(value[rows].tolist(), of_account.tolist(), ceiling[s])
        np.testing.assert_allclose(bits[rows], expected, atol=1e-9)
        assert strongest.bits[s] == pytest.approx(np.nan_to_num(np.nanmax(expected)))


def test_accounts_opened_together_are_found_and_a_wave_of_newcomers_is_not():
    rng = np.random.default_rng(0)
    background = rng.uniform(0, 2000 * DAY, 4000)
    batch = 700 * DAY + rng.uniform(0, 2 * DAY, 30)
    wave = 1900 * DAY + rng.uniform(0, 2 * DAY, 800)
    of_account = np.concatenate([background, batch, wave])
    joined = [np.r_[rng.choice(4000, 120, replace=False), 4000 + np.arange(30)]]
    joined += [
        np.r_[rng.choice(4000, 120, replace=False), 4030 + rng.choice(800, 40, replace=False)]
        for _ in range(20)
    ]
    section = np.repeat(np.arange(21), [len(a) for a in joined])
    account = np.concatenate(joined)
    bits, strongest = clumps(section, of_account[account], of_account, np.full(21, np.inf))
    assert strongest.bits[0] > 60 and strongest.length[0] == 20, "of 30, a run of 5 * 2^p"
    assert (strongest.bits[1:] < 10).all(), "a wave that comes to everybody explains itself"
    assert (bits[: len(joined[0])][-30:] >= 10).mean() > 0.8


def test_planted_pool_shows_in_every_figure(made):
    sections = made[Entity.SECTION]
    bought = sections.index.isin([f"s{s}" for s in range(6)])
    for name in ("birth_clump_share", "id_clump_share", "name_shape_excess", "profile_gaps",
                 "retracted_share", "vanished_share"):  # fmt: skip
        assert sections[name][bought].min() > sections[name][~bought].max(), name
    accounts = made[Entity.ACCOUNT]
    pool = accounts.index.str.startswith("pool")
    assert accounts.birth_clump_bits[pool].min() > 10 and accounts.generated_name[pool].eq(1).all()
    assert accounts.like_without_follow[pool].eq(1).all()


def test_vanished_needs_a_second_round_of_readings():
    day = float(DAY)
    first, last = np.array([0.0, 0, 0, 9 * day]), np.array([9 * day, 9 * day, 0, 9 * day])
    np.testing.assert_array_equal(vanished(first, last), [0.0, 0.0, 1.0, NAN])
    assert np.isnan(vanished(first, first)).all(), "nobody was read again"
    assert np.isnan(vanished(np.full(2, NAN), np.full(2, NAN))).all()
    assert vanished(np.empty(0), np.empty(0)).size == 0


def test_creators_and_mere_names_are_left_out(engine, canonical):
    rows = [
        {"section_id": "s", "account_id": a, "ts_ms": canonical.START} for a in ("me", "n", "x")
    ]
    account = pd.DataFrame(
        {"account_id": ["me", "n", "x"], "id_kind": ["native", "name_only", "native"]}
    )
    frames = {
        "engagement": pd.DataFrame(rows),
        "section": pd.DataFrame([{"section_id": "s", "creator_id": "me"}]),
        "account": account,
    }
    made = AccountFamily().compute(engine, canonical.load(engine, frames), FeatureConfig())
    assert engine.fetch(made[Entity.ACCOUNT])["account_id"].to_pylist() == ["x"]


@pytest.mark.parametrize("turn", range(3))
def test_who_is_left_out_makes_nobody_a_follower(engine, canonical, turn):
    """Mere names and creators at home follow too; once the first account stood for them."""
    people = ["me", "n", *(f"x{i:02d}" for i in range(30))]
    rows = [
        {"section_id": s, "account_id": a, "ts_ms": canonical.START + i}
        for s in ("s", "t") for i, a in enumerate(people)
    ]  # fmt: skip
    kinds = ["name_only" if a == "n" else "native" for a in people]
    fans = ["me", "n", *(f"elsewhere{i}" for i in range(40))]
    frames = {
        "engagement": pd.DataFrame(rows).sample(frac=1, random_state=turn),
        "section": pd.DataFrame([{"section_id": s, "creator_id": "me"} for s in ("s", "t")]),
        "account": pd.DataFrame({"account_id": people, "id_kind": kinds}),
        "follow": pd.DataFrame([{"source_id": a, "target_id": "me"} for a in fans]),
    }
    made = AccountFamily().compute(engine, canonical.load(engine, frames), FeatureConfig())
    for entity in (Entity.ACCOUNT, Entity.SECTION):
        found = engine.fetch(made[entity])["like_without_follow"].to_pylist()
        assert found and set(found) == {1.0}
