"""What is left out where an account's other acts speak for one of them."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
from zhenzan.features.engine.base import Engine
from zhenzan.models.attribution.events import prepare
from zhenzan.models.attribution.lives import homes
from zhenzan.models.attribution.ratios import (
    DELIVERED_SHARES,
    other_visits,
    visit_ratio,
    worker_ratio,
)

START = 1_700_000_000_000


def test_others_are_those_of_other_creators(engine: Engine, canonical: ModuleType) -> None:
    """Against the same by dictionaries; accounts of one creator are compared by section."""
    rng = np.random.default_rng(0)
    acts = pd.DataFrame(
        {
            "section_id": [f"s{i}" for i in rng.integers(0, 30, 400)],
            "account_id": [None if i < 3 else f"a{i}" for i in rng.integers(0, 60, 400)],
            "ts_ms": START + rng.integers(0, 10**9, 400),
        }
    )
    events = prepare(engine, canonical.load(engine, {"engagement": acts}))
    creator = rng.integers(0, 8, int(events.section.max()) + 1)
    act = rng.normal(size=events.n)
    found = other_visits(events, act, homes(events, creator))
    lives: dict[int, dict[int, list[float]]] = {}
    for account, section, value in zip(events.account, events.section, act, strict=True):
        if account >= 0:
            lives.setdefault(account, {}).setdefault(section, []).append(value)
    for row in range(events.n):
        account, section = events.account[row], events.section[row]
        if account < 0:
            assert found[row] == 0
            continue
        life = lives[account]
        several = len({creator[s] for s in life}) > 1
        other = [s for s in life if (creator[s] != creator[section] if several else s != section)]
        each = visit_ratio(np.array([np.mean(life[s]) for s in other]))
        terms = [[np.log(1 - r + r * each).sum()] for r in DELIVERED_SHARES]
        np.testing.assert_allclose(found[row], worker_ratio(np.array(terms))[0], atol=1e-9)


def test_few_creators_are_no_elsewhere(engine: Engine, canonical: ModuleType) -> None:
    acts = pd.DataFrame(
        {
            "section_id": ["s0", "s1", "s2", "s0"],
            "account_id": ["a", "a", "b", "c"],
            "ts_ms": [START + i for i in range(4)],
        }
    )
    events = prepare(engine, canonical.load(engine, {"engagement": acts}))
    assert homes(events, np.array([0, 1, 2])) is events.visit
    assert homes(events, None) is events.visit
