"""Polled counters as acts per interval: new highs, removals, rounded displays, irregular looks."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.features.engine import Engine, open_engine
from zhenzan.models.attribution.counts import Counts, read_counts

START = 1_735_689_600_000
HOUR, DAY = 3_600_000, 86_400_000


def looks(values: list[Any], section: str = "s", every: int = HOUR, **more: Any) -> pd.DataFrame:
    """One row a look; a value is exact, or a pair of bounds."""
    pairs = [v if isinstance(v, tuple) else (v, v) for v in values]
    frame = pd.DataFrame(
        {
            "section_id": section,
            "observed_ms": [START + (i + 1) * every for i in range(len(values))],
            "value_lo": [low for low, _ in pairs],
            "value_hi": pd.array([high for _, high in pairs], "Int64"),
            "metric": "like",
            "scene": "all",
            "dataset_id": "d",
        }
    )
    return frame.assign(**more)


def read(
    canonical: ModuleType, engine: Engine, rows: pd.DataFrame, born: bool = True, **tables: Any
) -> Counts | None:
    frames = {"count_snapshot": rows, **tables}
    if born:
        ids = sorted(set(rows["section_id"]))
        frames["section"] = pd.DataFrame({"section_id": ids, "published_ms": START})
    return read_counts(engine, canonical.load(engine, frames))


def slow_acts(values: list[float]) -> list[float]:
    """What each exact look adds to the highest count so far."""
    top, out = 0.0, []
    for value in values:
        out.append(max(value - top, 0.0))
        top = max(top, value)
    return out


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(values=st.lists(st.integers(0, 10**7), min_size=2, max_size=30))
def test_new_highs_of_exact_counts(canonical: ModuleType, values: list[int]) -> None:
    with open_engine() as engine:
        found = read(canonical, engine, looks(values))
    assert found is not None
    assert found.acts.tolist() == slow_acts([float(v) for v in values])
    assert found.acts.sum() == max(values)
    assert (found.end_s > found.start_s).all()
    assert found.start_s[0] == 1.0 and (found.start_s[1:] == found.end_s[:-1]).all()
    assert found.fallen[0] == max(values) - values[-1]


def test_unknown_creation_leaves_the_first_look_out(canonical: ModuleType, engine: Engine) -> None:
    found = read(canonical, engine, looks([500, 510, 530]), born=False)
    assert found is not None and found.acts.tolist() == [10.0, 20.0]
    assert read(canonical, engine, looks([500, 510]), born=False) is None  # three looks at least
    assert read(canonical, engine, looks([500])) is None


def test_rounded_displays_cross_steps(canonical: ModuleType, engine: Engine) -> None:
    """1.1 to 1.3 ten thousand: what lies between two steps is not known, and no look says zero."""
    shown = [(11_000, 11_999)] * 3 + [(12_000, 12_999)] * 4 + [(13_000, 13_999)] * 2
    found = read(canonical, engine, looks([9_998, 9_999, *shown]))
    assert found is not None
    assert found.acts.tolist() == [9_998.0, 1.0, 1_001.0, 1_000.0, 1_000.0]
    hours = (found.end_s - found.start_s) / 3600
    assert hours.tolist() == [1.0, 1.0, 1.0, 3.0, 4.0]


def test_an_unbounded_display_says_nothing_more(canonical: ModuleType, engine: Engine) -> None:
    found = read(canonical, engine, looks([90_000, 95_000, *[(100_001, None)] * 20]))
    assert found is not None
    assert found.acts.tolist() == [90_000.0, 5_000.0, 5_001.0]


def test_drop_off_and_refill_are_no_second_order(canonical: ModuleType, engine: Engine) -> None:
    found = read(canonical, engine, looks([10, 510, 470, 430, 500, 520]))
    assert found is not None
    assert found.acts.tolist() == [10.0, 500.0, 0.0, 0.0, 0.0, 10.0]
    assert found.returned.tolist() == [80.0] and found.fallen.tolist() == [0.0]


def test_a_platform_purge_is_added_back(canonical: ModuleType, engine: Engine) -> None:
    """Half of everybody's likes vanish in one day; what comes afterwards is new all the same."""
    rows = pd.concat([looks([100 + s, 110 + s, 60 + s, 75 + s, 80 + s], f"s{s}") for s in range(8)])
    found = read(canonical, engine, rows)
    assert found is not None
    for s in range(8):
        assert found.acts[5 * s : 5 * s + 5].tolist() == [100.0 + s, 10.0, 0.0, 15.0, 5.0]
    assert found.info["days_of_platform_removals"] >= 1
    alone = read(canonical, engine, rows[rows["section_id"] == "s0"])
    assert alone is not None and alone.acts.tolist() == [100.0, 10.0, 0.0, 0.0, 0.0]
    assert alone.info["days_of_platform_removals"] == 0


def test_counts_of_windows(canonical: ModuleType, engine: Engine) -> None:
    """Daily figures are what they are; running totals of the same stream are preferred."""
    daily = looks([5, 900, 7], every=DAY, window_s=86_400)
    found = read(canonical, engine, daily)
    assert found is not None and found.acts.tolist() == [5.0, 900.0, 7.0]
    assert ((found.end_s - found.start_s) == 86_400.0).all()
    both = pd.concat([daily, looks([5, 905, 912], every=DAY + 1)])
    found = read(canonical, engine, both)
    assert found is not None and found.acts.tolist() == [5.0, 900.0, 7.0]
    assert found.end_s[0] == pytest.approx(86_401.001)


def test_who_is_known_counts_instead(canonical: ModuleType, engine: Engine) -> None:
    rows = pd.concat([looks([1, 2, 9], "s"), looks([1, 2, 9], "t"),
                      looks([1, 2, 9], "t", metric="view"),
                      looks([1, 2, 9], "t", scene="friends")])  # fmt: skip
    likes = pd.DataFrame([{"section_id": "s", "account_id": "a", "ts_ms": START + HOUR}])
    found = read(canonical, engine, rows, engagement=likes)
    assert found is not None and found.ids["section_id"].to_pylist() == ["t"]
    replies = rows[rows["metric"] == "like"].assign(metric="reply")
    written = pd.DataFrame([{"section_id": "t", "comment_id": "c", "created_ms": START}])
    found = read(canonical, engine, replies, comment=written)
    assert found is not None and found.ids["section_id"].to_pylist() == ["s"]


def test_acts_on_one_target_say_nothing_of_another(canonical: ModuleType, engine: Engine) -> None:
    """One like on one comment must not hide what the post received, nor the other way round."""
    rows = pd.concat([looks([1, 2, 9]), looks([5, 6, 7], comment_id="c"),
                      looks([3, 4, 8], comment_id="d")])  # fmt: skip
    written = pd.DataFrame({"section_id": "s", "comment_id": ["c", "d"], "created_ms": START})
    act = {"section_id": "s", "account_id": "a", "ts_ms": START + HOUR, "kind": "like"}
    for target, left in ((None, ["c", "d"]), ("c", [None, "d"]), ("d", [None, "c"])):
        likes = pd.DataFrame([act | {"comment_id": target}])
        found = read(canonical, engine, rows, engagement=likes, comment=written)
        assert found is not None
        assert sorted(found.ids["comment_id"].to_pylist(), key=str) == sorted(left, key=str)
        assert found.info["streams_told_by_acts"] == 1
    shares = pd.DataFrame([act | {"comment_id": None, "kind": "share"}])
    found = read(canonical, engine, rows, engagement=shares, comment=written)
    assert found is not None and found.n_streams == 3 and found.info["streams_told_by_acts"] == 0


def test_two_units_of_one_look(canonical: ModuleType, engine: Engine) -> None:
    rows = pd.concat([looks([3, 6, 9], unit="users"), looks([4, 8, 12], unit="acts")])
    found = read(canonical, engine, rows)
    assert found is not None and found.acts.tolist() == [4.0, 4.0, 4.0]


def test_order_and_weeks_do_not_matter(canonical: ModuleType, engine: Engine) -> None:
    rng = np.random.default_rng(0)
    rows = pd.concat(
        [looks(np.cumsum(rng.integers(0, 9, 20)).tolist(), f"s{i}") for i in range(12)]
    )
    plain = read(canonical, engine, rows)
    mixed = read(canonical, engine, rows.sample(frac=1.0, random_state=1))
    assert plain is not None and mixed is not None
    for name in ("acts", "start_s", "end_s", "offsets", "origin_ms", "group"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(mixed, name))
