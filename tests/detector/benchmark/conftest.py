"""A small table of stars with its labels, shaped like the real one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

DAY_S = 86_400


@pytest.fixture(scope="session")
def made_stars() -> pd.DataFrame:
    """Six organic repositories of 160 to 400 stars, eight ring ones served by 120 accounts."""
    rng = np.random.default_rng(11)
    parts = []
    for r in range(6):
        n = 160 + 48 * r
        when = np.sort(rng.exponential(90 * DAY_S, n)) + r * DAY_S
        actors = [f"o{a}" for a in rng.choice(2500, n, replace=False)]
        parts.append(_stars(f"host{r}", f"owner{r % 4}", actors, when, "organic"))
    for r in range(8):
        n = 12 + 6 * r  # the first is too small to be moved
        when = np.sort(rng.uniform(0, 7200, n)) + r * 9 * DAY_S
        actors = [f"w{a}" for a in rng.choice(120, n, replace=False)]
        parts.append(_stars(f"ring{r}", f"buyer{r}", actors, when, "ghost_network"))
    return pd.concat(parts).sample(frac=1, random_state=3).reset_index(drop=True)


def _stars(repo, owner, actors, seconds, origin) -> pd.DataFrame:
    when = pd.to_datetime(1_600_000_000 + np.round(seconds), unit="s", utc=True)
    return pd.DataFrame(
        {"repo": repo, "owner": owner, "actor": actors, "starred_at": when, "origin": origin}
    )
