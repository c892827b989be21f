"""Comments as acts of their authors: alone they are the engagements, beside likes they inform."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.engine import Engine, open_engine
from zhenzan.models.attribution import Attribution, attribute, result
from zhenzan.models.attribution.events import prepare

World = dict[str, pd.DataFrame]
TARGETS = [f"s{i:03d}" for i in range(12)]
FIGURES = ["p_purchased", "excess", "propensity", "company"]


@pytest.fixture(scope="module")
def ordered(streams: ModuleType) -> World:
    world: World = streams.delivered(
        streams.organic(0, sections=60), np.random.default_rng(0), TARGETS
    )
    return world


def as_comments(acts: pd.DataFrame) -> pd.DataFrame:
    """Likes told as comments: same people, same times."""
    return acts.rename(columns={"engagement_id": "comment_id", "ts_ms": "created_ms"})


def run(canonical: ModuleType, world: World) -> Attribution:
    with open_engine() as engine:
        return attribute(engine, canonical.load(engine, world))


def by_id(table: Any, key: str) -> pd.DataFrame:
    return table.to_pandas().set_index(key)[FIGURES]


def test_comments_alone_are_judged_as_likes_would_be(ordered: World, canonical: ModuleType) -> None:
    likes = run(canonical, ordered)
    acts = ordered["engagement"]
    told = run(canonical, {"section": ordered["section"], "comment": as_comments(acts)})
    np.testing.assert_allclose(
        by_id(told.engagements, "engagement_id"), by_id(likes.engagements, "engagement_id")
    )
    assert set(told.engagements["kind"].to_pylist()) == {"comment"}
    assert told.info["sections_rest_on"] == "comments"
    assert by_id(told.comments, "comment_id").equals(
        by_id(told.engagements, "engagement_id").rename_axis("comment_id")
    )
    assert told.comments.schema.equals(result.COMMENTS)
    delivered = acts.set_index("engagement_id")["origin"] == "delivered"
    p = by_id(told.comments, "comment_id")["p_purchased"].loc[delivered.index]
    assert (p[delivered] > 0.5).mean() > 0.9 and (p[~delivered] > 0.5).mean() < 0.01


def test_beside_likes_the_sums_stay_those_of_the_likes(
    ordered: World, canonical: ModuleType
) -> None:
    """Half of the acts are comments: they get posteriors, the sums count the other half.

    A section that has nothing but comments rests on them, whatever lies beside it.
    """
    acts = ordered["engagement"]
    written = np.random.default_rng(1).random(len(acts)) < 0.5
    written &= (acts["section_id"] != "s050").to_numpy()  # one section of likes alone,
    written |= (acts["section_id"] == "s051").to_numpy()  # one of comments alone
    world = {
        "section": ordered["section"],
        "engagement": acts[~written],
        "comment": as_comments(acts[written]),
    }
    found = run(canonical, world)
    assert found.info["sections_rest_on"] == "either"
    assert found.info["sections_of_comments_alone"] == 1
    assert found.info["comments_as_acts"] == written.sum() == found.comments.num_rows
    likes = found.engagements.to_pandas()
    counted = ~written | (acts["section_id"] == "s051").to_numpy()
    assert sorted(likes["engagement_id"]) == sorted(acts.loc[counted, "engagement_id"])
    sections = found.sections.to_pandas().set_index("section_id")
    assert {"s050", "s051"} <= set(sections.index)
    grouped = likes.groupby("section_id")
    np.testing.assert_allclose(sections["n_purchased"], grouped["p_purchased"].sum())
    assert (sections["n_engagements"] == grouped.size()).all()
    assert (sections["n_accounts"] == grouped["account_id"].nunique()).all()
    accounts = found.accounts.to_pandas().set_index("account_id")
    by_account = likes.groupby("account_id")
    np.testing.assert_allclose(accounts["n_attributed"], by_account["p_purchased"].sum())
    assert (accounts["n_sections"] == by_account["section_id"].nunique()).all()
    kinds = found.streams.to_pandas().groupby("kind")["n_engagements"].sum()
    assert kinds["comment"] == written.sum() and kinds["like"] == (~written).sum()


def test_comments_inform_what_is_known_of_likes(ordered: World, canonical: ModuleType) -> None:
    """A pool of which only one order is likes, all others comments, is found by its company."""
    acts = ordered["engagement"]
    liked = acts["section_id"].isin(["s000"]) | (acts["origin"] == "organic")
    world = {"section": ordered["section"], "engagement": acts[liked]}
    alone = run(canonical, world).sections.to_pandas().set_index("section_id")
    both = run(canonical, {**world, "comment": as_comments(acts[~liked])})
    told = both.sections.to_pandas().set_index("section_id")
    truth = ((acts["section_id"] == "s000") & (acts["origin"] == "delivered")).sum()
    assert alone.loc["s000", "n_purchased"] < 0.5 * truth
    assert told.loc["s000", "n_purchased"] == pytest.approx(truth, rel=0.2)


def rows(**columns: Any) -> pd.DataFrame:
    base = {"section_id": "s", "account_id": "a", "created_ms": 1_735_700_000_123}
    return pd.DataFrame([{**base, "comment_id": "c0", **columns}])


@pytest.mark.parametrize(
    ("columns", "span"),
    [
        ({}, (1_735_700_000_123, 1_735_700_000_123)),
        ({"created_precision_s": 1}, (1_735_700_000_123, 1_735_700_000_123)),
        ({"created_precision_s": 3600}, (1_735_700_000_123, 1_735_703_600_123)),
        (
            {"created_precision_s": 3600, "created_basis": "relative_text"},
            (1_735_696_400_123, 1_735_700_000_123),
        ),
        ({"created_ms": None, "created_basis": "none"}, (None, None)),
    ],
)
def test_times_of_comments(
    engine: Engine, canonical: ModuleType, columns: dict[str, Any], span: tuple[int | None, ...]
) -> None:
    comments = rows(**columns).astype({"created_ms": "Int64"})
    events = prepare(engine, canonical.load(engine, {"comment": comments}), comments=True)
    (act,) = events.acts.select(["ts_lo_ms", "ts_hi_ms"]).to_pylist()
    assert (act["ts_lo_ms"], act["ts_hi_ms"]) == span


def test_what_is_no_act(engine: Engine, canonical: ModuleType) -> None:
    """A creator's own comments, and those that the log holds as engagements already."""
    comments = pd.concat(
        [
            rows(comment_id="own", by_creator=True),
            rows(comment_id="other", by_creator=False),
            rows(comment_id="unknown"),
            rows(comment_id="logged", section_id="t"),
        ]
    )
    likes = pd.DataFrame(
        [{"section_id": "t", "account_id": "a", "ts_ms": 1_735_700_000_123, "kind": "comment"}]
    )
    tables = canonical.load(engine, {"comment": comments, "engagement": likes})
    events = prepare(engine, tables, comments=True)
    assert sorted(events.acts["engagement_id"].to_pylist()) == ["e000000", "other", "unknown"]
    assert prepare(engine, tables).n == 1  # unless asked for, comments are no acts


def test_authors_may_be_unknown_or_alone(engine: Engine, canonical: ModuleType) -> None:
    comments = pd.concat(
        [rows(comment_id=f"c{i}", account_id=None, created_ms=1_735_700_000_000 + i * 7919)
         for i in range(40)]
    )  # fmt: skip
    found = attribute(engine, canonical.load(engine, {"comment": comments}))
    assert found.comments.num_rows == 40 and found.accounts.num_rows == 0
    assert found.sections["n_purchased"][0].as_py() < 1.0
    empty = attribute(engine, canonical.load(engine, {"comment": comments.head(0)}))
    assert empty.sections.num_rows == empty.comments.num_rows == 0
