"""Diluted stars: the definition holds, and equals the script that laid it down."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.benchmark.dilution import dilute
from zhenzan.features.errors import SchemaError, UsageError

SHARED = Path(__file__).parents[3].parent / "shared"


def slow_dilute(stars: pd.DataFrame, share: float, seed: int) -> list[tuple]:
    """The definition in plain Python."""
    rng = np.random.default_rng(seed)
    rows = [
        (r.repo, r.owner, r.actor, int(r.starred_at.timestamp() * 1000), r.origin != "organic")
        for r in stars.itertuples()
    ]
    repos: dict[tuple[bool, str], list[tuple]] = {}
    for row in rows:
        repos.setdefault((row[4], row[0]), []).append(row)
    hosts = sorted(name for (ring, name), own in repos.items() if not ring and len(own) >= 150)
    kept = {(r[0], r[2]): r for r in reversed(rows) if not r[4]}
    for (is_ring, _), own in sorted(repos.items()):
        if not is_ring or len(own) < 15:
            continue
        host = repos[False, hosts[rng.integers(len(hosts))]]
        times = [r[3] for r in host]
        n = max(5, min(len(own), int(share * len(host))))
        picks = sorted(rng.choice(len(own), n, replace=False))
        start = rng.uniform(np.quantile(times, 0.05), np.quantile(times, 0.95))
        for i in picks:
            at = int(start + own[i][3] - min(r[3] for r in own))
            row = (host[0][0], host[0][1], own[i][2], at, True)
            kept.setdefault((row[0], row[2]), row)
    return sorted(kept.values(), key=lambda r: (r[0], r[3], r[2]))


@pytest.mark.parametrize(("share", "seed"), [(0.1, 0), (0.03, 1), (0.01, 2), (1.0, 3)])
def test_the_rows_are_those_of_the_definition(made_stars, share, seed) -> None:
    got = [tuple(r) for r in dilute(made_stars, share, seed).itertuples(index=False)]
    assert got == slow_dilute(made_stars, share, seed)


@pytest.mark.real
@pytest.mark.parametrize(("share", "seed"), [(0.1, 4), (0.01, 0)])
def test_the_rows_are_those_of_the_script_on_the_real_stars(share, seed) -> None:
    script, data = SHARED / "design/dilute_stars.py", SHARED / "data/stars/stars.parquet"
    if not script.exists() or not data.exists():
        pytest.skip("no script or no stars beside the checkout")
    spec = importlib.util.spec_from_file_location("dilute_stars", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stars = pd.read_parquet(data)
    ours, theirs = dilute(stars, share, seed), module.dilute(stars, share, seed)
    pd.testing.assert_frame_equal(ours, theirs.astype(ours.dtypes.to_dict()), check_exact=True)


def test_organic_stars_stay_and_moved_ones_keep_their_gaps(made_stars) -> None:
    organic = made_stars[made_stars.origin == "organic"]
    diluted = dilute(made_stars, 0.1, 0)
    assert (~diluted.moved).sum() == len(organic)
    assert set(diluted.repo) == set(organic.repo)
    assert not diluted.duplicated(["repo", "actor"]).any()
    assert diluted[diluted.moved].groupby("repo").starred_at_ms.agg(np.ptp).max() > 0
    assert not diluted[diluted.moved].actor.str.startswith("o").any()


def test_bad_input_is_told(made_stars) -> None:
    with pytest.raises(SchemaError, match="origin"):
        dilute(made_stars.drop(columns="origin"), 0.1, 0)
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(UsageError, match="share"):
            dilute(made_stars, share, 0)
    with pytest.raises(UsageError, match="nothing to move: 0 ring"):
        dilute(made_stars[made_stars.origin == "organic"], 0.1, 0)
