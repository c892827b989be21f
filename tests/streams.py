"""Small made-up worlds of likes: organic streams, a pool that serves strangers, a surge, a fandom.

Organic streams decay as a power of their age and follow the hours of the day; who acts is drawn
from a population in which activity falls as a power of the rank.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

START = 1_735_689_600_000  # 2025-01-01
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DECAY_MS = HOUR // 2
LIFE_MS = 20 * DAY
FIGURES = ("p_purchased", "excess", "propensity", "company")


def ages(rng: np.random.Generator, n: int, published: int) -> np.ndarray[Any, Any]:
    """Ages of n acts, ms: density (age + half an hour)^-1.2, thinned by the hour of the day."""
    drawn: list[np.ndarray[Any, Any]] = []
    while sum(map(len, drawn)) < n:
        u = rng.random(4 * n + 16)
        top = (1 + LIFE_MS / DECAY_MS) ** -0.2
        age = DECAY_MS * ((1 - u * (1 - top)) ** -5 - 1)
        hour = (published + age) / HOUR % 24
        kept = rng.random(len(u)) < 0.55 + 0.45 * np.sin((hour - 9) * np.pi / 12)
        drawn.append(age[kept])
    return np.concatenate(drawn)[:n].astype(np.int64)


def organic(
    seed: int = 0, sections: int = 80, mean: float = 90.0, population: int = 4000
) -> dict[str, pd.DataFrame]:
    """Sections of a creator each (two have the same now and then), with organic likes only."""
    rng = np.random.default_rng(seed)
    activity = (np.arange(population) + 10.0) ** -0.7
    activity /= activity.sum()
    rows, about = [], []
    for s in range(sections):
        published = START + int(rng.integers(30 * DAY))
        n = 10 + int(rng.lognormal(np.log(mean), 0.7))
        people = rng.choice(population, min(n, population // 4), replace=False, p=activity)
        for t, a in zip(ages(rng, len(people), published), people, strict=True):
            rows.append((f"s{s:03d}", f"o{a:05d}", published + int(t), "organic"))
        about.append((f"s{s:03d}", f"c{s % max(sections * 9 // 10, 1):03d}", published))
    return {
        "engagement": acts(rows),
        "section": pd.DataFrame(about, columns=["section_id", "creator_id", "published_ms"]),
    }


def acts(rows: list[tuple[str, str | None, int | None, str]]) -> pd.DataFrame:
    """Rows of (section, account, time, origin); origin is truth and no column of the tables."""
    frame = pd.DataFrame(rows, columns=["section_id", "account_id", "ts_ms", "origin"])
    frame["engagement_id"] = [f"e{i:06d}" for i in range(len(frame))]
    return frame


def extended(
    world: dict[str, pd.DataFrame], rows: list[tuple[str, str | None, int | None, str]]
) -> dict[str, pd.DataFrame]:
    """The world with more acts; an account acts once in a section, the earlier act stays."""
    old = world["engagement"][["section_id", "account_id", "ts_ms", "origin"]]
    joined = pd.concat([old, pd.DataFrame(rows, columns=old.columns)], ignore_index=True)
    joined = joined.drop_duplicates(["section_id", "account_id"])
    return {**world, "engagement": acts(list(joined.itertuples(index=False, name=None)))}


def delivered(
    world: dict[str, pd.DataFrame],
    rng: np.random.Generator,
    targets: list[str],
    *,
    pool: int = 60,
    size: int = 40,
    within_ms: int = HOUR,
    camouflage: int = 6,
) -> dict[str, pd.DataFrame]:
    """A pool of accounts serves each target once, and likes other things at organic times."""
    published = world["section"].set_index("section_id")["published_ms"]
    rows: list[tuple[str, str | None, int | None, str]] = []
    for target in targets:
        begin = int(published[target]) + int(rng.integers(2 * HOUR, 3 * DAY))
        times = begin + np.sort(rng.integers(0, within_ms, size))
        who = rng.choice(pool, size, replace=False)
        rows += [
            (target, f"w{w:03d}", int(t), "delivered") for w, t in zip(who, times, strict=True)
        ]
    everywhere = [s for s in published.index if s not in targets]
    for w in range(pool):
        for s in rng.choice(everywhere, camouflage, replace=False):
            t = int(published[s]) + int(ages(rng, 1, int(published[s]))[0])
            rows.append((str(s), f"w{w:03d}", t, "camouflage"))
    return extended(world, rows)


def surged(
    world: dict[str, pd.DataFrame], rng: np.random.Generator, target: str, size: int = 600
) -> dict[str, pd.DataFrame]:
    """Strangers flood one section within hours, two days after publication."""
    section = world["section"].set_index("section_id")
    begin = int(section.loc[target, "published_ms"]) + 2 * DAY
    times = begin + (rng.exponential(2 * HOUR, size)).astype(np.int64)
    half = size // 2  # half of them act elsewhere too, as viewers of other things do
    who = [f"o{a:05d}" for a in rng.choice(4000, half, replace=False)]
    who += [f"stranger{i:04d}" for i in range(size - half)]
    rows = [(target, a, int(t), "surge") for a, t in zip(who, times, strict=True)]
    return extended(world, rows)


def with_fans(
    world: dict[str, pd.DataFrame],
    rng: np.random.Generator,
    *,
    posts: int = 12,
    fans: int = 80,
    outsiders: int = 40,
) -> dict[str, pd.DataFrame]:
    """A creator with `posts` posts; most of his fans like each within minutes."""
    about, rows = [], []
    for p in range(posts):
        published = START + p * 2 * DAY + 10 * HOUR
        name = f"f{p:03d}"
        about.append((name, "idol", published))
        who = rng.choice(fans, int(fans * 0.75), replace=False)
        times = published + rng.exponential(10 * MINUTE, len(who)).astype(np.int64)
        rows += [(name, f"fan{a:03d}", int(t), "fan") for a, t in zip(who, times, strict=True)]
        late = ages(rng, outsiders, published)
        who = rng.choice(4000, outsiders, replace=False)
        rows += [
            (name, f"o{a:05d}", published + int(t), "organic")
            for a, t in zip(who, late, strict=True)
        ]
    for a in range(fans):  # fans like a few other things too
        for s in rng.choice(len(world["section"]), 3, replace=False):
            section = world["section"].iloc[s]
            t = int(section.published_ms) + int(ages(rng, 1, int(section.published_ms))[0])
            rows.append((section.section_id, f"fan{a:03d}", t, "organic"))
    more = pd.DataFrame(about, columns=world["section"].columns)
    return extended(
        {**world, "section": pd.concat([world["section"], more], ignore_index=True)}, rows
    )
