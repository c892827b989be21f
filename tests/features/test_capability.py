"""What capability says of sections whose data are known."""

from __future__ import annotations

import pandas as pd
import pytest
from zhenzan.features.capability import CAPABILITY, capability


def rows(engine, canonical, frames):
    made = capability(engine, canonical.load(engine, frames))
    table = engine.fetch(made)
    assert table.schema.names == CAPABILITY.names
    return table.to_pandas().set_index("section_id")


def likes(canonical, times, **more):
    acts = [{"section_id": "s", "account_id": f"a{i}", "ts_ms": t} for i, t in enumerate(times)]
    return pd.DataFrame(acts).assign(**more)


def test_no_tables_give_no_rows(engine, canonical):
    assert rows(engine, canonical, {}).empty


@pytest.mark.parametrize(
    ("grid_s", "phase_ms", "said"),
    [(86_400, 0, 86_400), (86_400, 57_600_000, 86_400), (3_600, 0, 3_600), (600, 0, 600),
     (60, 0, 60), (1, 0, 1), (0.001, 0, 0), (7, 0, 1)],
)  # fmt: skip
def test_clock_grid_whatever_its_phase(engine, canonical, grid_s, phase_ms, said):
    steps = [0, 1, 3, 4, 9, 11, 20, 31]
    times = [canonical.START + phase_ms + int(k * grid_s * 1000) for k in steps]
    got = rows(engine, canonical, {"engagement": likes(canonical, times)})
    assert got.time_precision_s["s"] == said


def test_interval_times_are_as_coarse_as_their_interval(engine, canonical):
    frame = likes(canonical, [canonical.START + k * 977 for k in range(9)])
    frame = frame.assign(ts_lo_ms=frame.ts_ms - 600_000, ts_hi_ms=frame.ts_ms).drop(columns="ts_ms")
    got = rows(engine, canonical, {"engagement": frame})
    assert got.time_precision_s["s"] == 600 and got.n_timed["s"] == 9


def test_comment_times_count_where_likes_have_none(engine, canonical):
    comments = pd.DataFrame(
        {"comment_id": ["c1", "c2"], "section_id": "s", "text": ["a", None],
         "created_ms": [canonical.START, canonical.START + 61_000], "created_precision_s": 3600}
    )  # fmt: skip
    untimed = pd.DataFrame({"section_id": ["s"] * 3, "account_id": ["a", "b", None]})
    got = rows(engine, canonical, {"comment": comments, "engagement": untimed}).loc["s"]
    assert got.time_precision_s == 3600
    assert (got.n_likes, got.n_timed, got.n_accounts) == (2, 0, 2)
    assert (got.n_comments, got.n_texts) == (2, 1)


def test_shares_of_accounts_with_age_and_region(engine, canonical):
    acts = likes(canonical, range(4), region=["GD", None, None, None])
    accounts = pd.DataFrame({"account_id": ["a0", "a1", "zz"], "created_ms": [1, 2, 3]})
    seen = pd.DataFrame({"account_id": ["a3"], "observed_ms": [1], "region": ["BJ"]})
    got = rows(
        engine,
        canonical,
        {"engagement": acts, "account": accounts, "account_snapshot": seen},
    ).loc["s"]
    assert got.share_account_age == 0.5 and got.share_region == 0.5


def test_sections_without_accounts_have_no_shares(engine, canonical):
    sections = pd.DataFrame({"section_id": ["s", "t"]})
    got = rows(engine, canonical, {"section": sections})
    assert got[["share_account_age", "share_region", "time_precision_s"]].isna().all().all()
    assert (got.n_sections_in_set == 2).all() and (got.n_likes == 0).all()


def test_coverage_takes_the_lower_share_and_the_most_selective_sample(engine, canonical):
    coverage = pd.DataFrame(
        {
            "section_id": ["s", "s", "t"],
            "object": ["comment", "liker", "liker"],
            "claimed_total": [100, 10, 0],
            "collected": [50, 12, 3],
            "selection": ["top", "all", "all"],
            "dataset_id": "d",
        }
    )
    sections = pd.DataFrame({"section_id": ["s", "t", "u"]})
    got = rows(engine, canonical, {"section": sections, "coverage": coverage})
    assert got.coverage_share["s"] == 0.5 and got.selection["s"] == "top"
    assert pd.isna(got.coverage_share["t"]) and got.selection["t"] == "all"
    assert pd.isna(got.selection["u"])


def reads(comment, at, metric="like", scene="all", window_s=None):
    more = {"metric": metric, "scene": scene, "window_s": window_s, "value_lo": 5}
    return pd.DataFrame({"comment_id": comment, "observed_ms": at, **more}).astype(object)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([reads(None, [1, 2]), reads(None, [1], "share")], 2),
        ([reads([f"c{i}" for i in range(40)], range(40))], 1),
        ([reads("c", [1, 2, 3]), reads("d", [4, 5])], 3),
        ([reads(None, [1, 2]), reads(None, [3, 4], "share")], 2),
        ([reads(None, [1, 2], scene="friends"), reads(None, [1, 2, 3], "view")], 0),
        ([reads(None, [1, 2]), reads(None, [3, 4, 5], window_s=60)], 2),
        ([reads(None, [3, 4, 5], window_s=60)], 3),
        ([reads(None, [1, 1, 2])], 2),
    ],
)
def test_snapshots_are_moments_of_one_counter(engine, canonical, parts, said):
    counts = pd.concat(parts).assign(section_id="s", dataset_id="d")
    sections = pd.DataFrame({"section_id": ["s", "t"]})
    got = rows(engine, canonical, {"section": sections, "count_snapshot": counts})
    assert got.n_snapshots.to_dict() == {"s": said, "t": 0}


def test_a_counter_of_replies_is_none_where_comments_are_known(engine, canonical):
    counts = pd.concat([reads(None, range(9), "reply"), reads("c", [1, 2])])
    counts = counts.assign(section_id="s", dataset_id="d")
    frames = {"section": pd.DataFrame({"section_id": ["s"]}), "count_snapshot": counts}
    assert rows(engine, canonical, frames).n_snapshots["s"] == 9
    comments = pd.DataFrame({"comment_id": ["c"], "section_id": ["s"]})
    assert rows(engine, canonical, frames | {"comment": comments}).n_snapshots["s"] == 2
