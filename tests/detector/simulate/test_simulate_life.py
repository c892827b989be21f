"""Organic life has the shapes that hard-negatives.md and issue 3 ask for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS, VERTICALS, week_profile
from zhenzan.detector.simulate.organic import ages
from zhenzan.detector.simulate.population import pick
from zhenzan.detector.simulate.stage import Stage

START = 1_740_960_000_000


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(5, 6_000, 3_000, START, START + 35 * DAY_MS)


@pytest.fixture(scope="module")
def organic(world) -> pd.DataFrame:
    rows = world("engagement").merge(world.truth("engagement"), on="engagement_id")
    return rows[(rows.scenario == "organic") & rows.comment_id.isna()]


def _arrivals(stage: Stage, vertical: int, zone: int) -> np.ndarray:
    """Organic times of many acts on the sections of one vertical, by accounts of one zone."""
    rng = np.random.default_rng(1)
    sections = np.flatnonzero(stage.sections.vertical == vertical)
    section = np.sort(rng.choice(sections, 40_000))
    readers = np.flatnonzero(stage.people.zone == zone)
    return stage.organic_times(rng, section, rng.choice(readers, len(section)))


@pytest.mark.parametrize("name", ["work", "parenting", "food"])
def test_hours_follow_the_vertical(stage, name):
    ts = _arrivals(stage, VERTICALS.index(name), 0)
    local = ((ts - START) // HOUR_MS + 8).astype(int) % 168
    seen = np.bincount(local, minlength=168) / len(ts) * 168
    assert np.corrcoef(seen, week_profile(name))[0, 1] > 0.6
    others = [v for v in VERTICALS if v != name]
    best = max(np.corrcoef(seen, week_profile(v))[0, 1] for v in others)
    assert np.corrcoef(seen, week_profile(name))[0, 1] > best


def test_a_first_day_starts_fast(stage):
    rng = np.random.default_rng(2)
    quick = np.flatnonzero(stage.sections.scale_h < 6)
    age = ages(rng, stage.sections, np.repeat(quick, 300))
    day = age[age < 24]
    assert 0.40 <= (day < 3).mean() <= 0.70


def test_popularity_has_a_heavy_tail(organic):
    size = np.sort(organic.section_id.value_counts().to_numpy())[::-1]
    assert size[: len(size) // 10].sum() / size.sum() > 0.4
    assert size.max() > 15 * np.median(size)


def test_activity_has_a_heavy_tail(organic):
    acts = np.sort(organic.account_id.value_counts().to_numpy())[::-1]
    assert acts[: len(acts) // 10].sum() / acts.sum() > 0.3


def test_streams_are_over_dispersed(organic):
    """Counts in the hours of a section vary more than a Poisson stream of the same course would."""
    excess = []
    for _, part in organic.groupby("section_id"):
        if len(part) < 200:
            continue
        hour = ((part.ts_lo_ms - part.ts_lo_ms.min()) // HOUR_MS).astype(int)
        count = np.bincount(hour)[:48].astype(float)
        smooth = np.convolve(count, np.ones(5) / 5, "same")
        kept = smooth > 1
        excess.append(((count - smooth)[kept] ** 2 / smooth[kept]).mean() / 0.8)
    assert len(excess) > 20
    assert np.median(excess) > 1.3


def test_few_comments_gather_most_likes(world):
    likes = world.truth("comment")
    likes = np.sort(likes[likes.scenario == "organic"].n_likes.to_numpy())[::-1]
    assert likes[: len(likes) // 10].sum() / likes.sum() > 0.4
    assert (likes == 0).mean() > 0.2


def test_followers_return_to_their_creator(stage):
    rng = np.random.default_rng(3)
    famous = np.argsort(np.diff(stage.audience.follows.offset))[-20:]
    section = np.flatnonzero(np.isin(stage.sections.creator_rank, famous))
    visits = stage.visitors(rng, np.repeat(section, 100))
    creator = np.repeat(stage.sections.creator_rank[section], 100)
    follows = stage.audience.follows
    pairs = set(zip(follows.creator.tolist(), follows.account.tolist(), strict=True))
    met = zip(creator.tolist(), visits.tolist(), strict=True)
    hits = np.mean([pair in pairs for pair in met])
    assert hits > 0.33


def test_visitors_read_the_language(stage):
    rng = np.random.default_rng(4)
    section = np.repeat(np.arange(3_000), 3)
    who = stage.visitors(rng, section)
    assert (stage.people.language[who] == stage.sections.language[section]).all()


def test_pick_draws_in_proportion():
    drawn = pick(np.random.default_rng(0), np.array([1.0, 0.0, 3.0]), 40_000)
    assert np.bincount(drawn, minlength=3) / 40_000 == pytest.approx([0.25, 0, 0.75], abs=0.01)


def test_a_new_part_leaves_the_other_streams_alone(stage):
    again = Stage(5, 6_000, 3_000, START, START + 35 * DAY_MS)
    assert again.rng("scenario", "news").random() == stage.rng("scenario", "news").random()
    assert again.rng("scenario", "news").random() != stage.rng("scenario", "push").random()
    assert (again.sections.published_ms == stage.sections.published_ms).all()
