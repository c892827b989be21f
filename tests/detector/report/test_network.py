from __future__ import annotations

import numpy as np
import pandas as pd
from zhenzan.detector.report.network import MAX_ACCOUNTS, layout


def acts(pairs: list[tuple[str, str]], p: float = 0.9) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": [a for a, _ in pairs],
            "section_id": [s for _, s in pairs],
            "ts_hi_ms": range(len(pairs)),
            "p_purchased": p,
        }
    )


def test_two_groups_that_share_nothing_stand_apart() -> None:
    accounts = [f"a{i}" for i in range(40)]
    pairs = [(a, "x" if i < 20 else "y") for i, a in enumerate(accounts)]
    network = layout(accounts, ["x", "y"], ["A", "B"], acts(pairs))
    assert network is not None
    at = np.array(network.accounts)
    x, y = (np.array(s[:2]) for s in network.sections)
    near_x = np.linalg.norm(at - x, axis=1) < np.linalg.norm(at - y, axis=1)
    assert near_x[:20].mean() > 0.9
    assert near_x[20:].mean() < 0.1
    assert at.min() >= 0
    assert at.max() <= 1


def test_the_same_group_gives_the_same_picture_in_any_order_of_rows() -> None:
    accounts = [f"a{i}" for i in range(30)]
    pairs = [(a, s) for i, a in enumerate(accounts) for s in ("x", "y")[: 1 + i % 2]]
    given = acts(pairs)
    one = layout(accounts, ["x", "y"], ["A", "B"], given)
    assert one == layout(accounts, ["x", "y"], ["A", "B"], given.sample(frac=1, random_state=1))
    assert one is not None
    assert one.n_acts == len(pairs) == len(one.edges)


def test_large_groups_are_capped_and_acts_that_are_not_theirs_left_out() -> None:
    accounts = [f"a{i}" for i in range(MAX_ACCOUNTS + 50)]
    network = layout(accounts, ["x"], ["A"], acts([(a, "x") for a in accounts]))
    assert network is not None
    assert len(network.accounts) == MAX_ACCOUNTS
    assert len(network.edges) == MAX_ACCOUNTS
    assert layout(accounts[:5], ["x"], ["A"], acts([(accounts[0], "x")], p=0.1)) is None
    assert layout(accounts[:5], ["x"], ["A"], acts([])) is None
