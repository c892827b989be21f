"""Comments of whose likes only readings of a counter are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Attribution, attribute, result
from zhenzan.models.scorers.inputs import scorer_inputs
from zhenzan.models.scorers.rules import RulesScorer


@pytest.fixture(scope="module")
def empty() -> Attribution:
    with open_engine() as engine:
        return attribute(engine, {})


def scored(empty: Attribution, streams: dict[str, tuple[int, float]], **shown: int) -> pd.DataFrame:
    facts = pd.DataFrame({"comment_id": [*streams, "silent"], "section_id": "s", "text": "x"})
    facts["n_likes_shown"] = facts["comment_id"].map(shown)
    return judged(counters(empty, streams), facts)


def counters(empty: Attribution, streams: dict[str, tuple[int, float]]) -> Attribution:
    rows = [
        {"section_id": "s", "comment_id": c, "kind": "like", "n_engagements": n, "n_purchased": p,
         "n_purchased_lo": 0.0, "n_purchased_hi": p, "p_value": 0.2, "significant": False}
        for c, (n, p) in streams.items()
    ]  # fmt: skip
    return replace(empty, streams=pa.Table.from_pylist(rows, schema=result.STREAMS))


def judged(told: Attribution, facts: pd.DataFrame) -> pd.DataFrame:
    capability = pd.DataFrame({"section_id": ["s"], "n_comments": [len(facts)]})
    made = RulesScorer().score(told, {}, capability, None, comments=facts).comments
    return made.set_index("comment_id")


def test_an_odd_counter_is_unusual_and_never_more(empty: Attribution) -> None:
    streams = {"calm": (60, 0.02), "odd": (110, 0.6), "flash": (120, 90.0), "few": (19, 0.6)}
    found = scored(empty, streams)
    assert found["band"].to_dict() == {
        "calm": "organic", "odd": "unusual", "flash": "unusual", "few": "insufficient_data",
        "silent": "insufficient_data",
    }  # fmt: skip
    assert found.loc["odd", "reasons"] == ["timing.counter@1"]
    score = found["score"]
    assert score["calm"] < score["odd"] < score["flash"]
    assert np.isnan(score["few"]) and np.isnan(score["silent"])


def test_what_is_on_display_counts_and_missing_is_not_none(empty: Attribution) -> None:
    found = scored(empty, {"c": (60, 15.0), "d": (30, 0.0)}, c=75)
    assert found.loc["c", "n_likes"] == 75
    assert found.loc["c", "n_likes_genuine"] == 60
    assert found.loc["d", "n_likes"] == 30
    assert pd.isna(found.loc["silent", "n_likes"])


def test_one_reading_says_how_many_and_not_whose(empty: Attribution) -> None:
    found = scored(empty, {"c": (60, 15.0)}, silent=500)
    assert found.loc["silent", "n_likes"] == 500
    assert np.isnan(found.loc["silent", "n_likes_purchased"])
    assert np.isnan(found.loc["silent", "n_likes_genuine"])
    assert found.loc["silent", "band"] == "insufficient_data"


def test_nobody_liked_is_known_only_where_likes_are_listed(empty: Attribution) -> None:
    found = scored(empty, {"c": (60, 15.0)})
    assert np.isnan(found.loc["silent", "n_likes_purchased"])


def test_more_bought_likes_never_lower_the_score(empty: Attribution) -> None:
    scores = [scored(empty, {"c": (100, p)}).loc["c", "score"] for p in (0.0, 0.1, 0.3, 2.0, 50.0)]
    assert scores == sorted(scores) and scores[0] < scores[-1]


def test_what_is_no_like_is_not_counted_among_the_likes(empty: Attribution) -> None:
    acts = [
        {"engagement_id": f"{c}{kind}{i}", "section_id": s, "comment_id": c, "account_id": f"a{i}",
         "kind": kind, "p_purchased": p, "company": 9.0}
        for s, c, kind, n, p in (
            ("s", "c", "like", 25, 0.0), ("s", "c", "dislike", 90, 1.0),
            ("s", "c", "share", 3, 0.5), ("t", "d", "share", 40, 1.0),
        )
        for i in range(n)
    ]  # fmt: skip
    told = replace(
        counters(empty, {"d": (60, 15.0)}),
        engagements=pa.Table.from_pylist(acts, schema=result.ENGAGEMENTS),
    )
    (counter,) = told.streams.to_pylist()
    loud = [
        counter, counter | {"comment_id": "c", "kind": "dislike", "significant": True}
    ]  # fmt: skip
    told = replace(told, streams=pa.Table.from_pylist(loud, schema=result.STREAMS))
    facts = pd.DataFrame({"comment_id": ["c", "d"], "section_id": ["s", "t"], "text": "x"})
    found = judged(told, facts)
    assert found["n_likes"].to_dict() == {"c": 25, "d": 60}  # where nobody is listed, the counter
    assert found["n_likes_purchased"].to_dict() == {"c": 0.0, "d": 15.0}
    assert found.loc["c", ["band", "reasons"]].tolist() == ["organic", []]
    inputs = scorer_inputs(told, {})["comment"]
    assert inputs.loc["c", "attribution__n_likes"] == 25
    assert inputs.loc["c", "attribution__n_likes_purchased"] == 0
    assert np.isnan(inputs.loc["d", "attribution__n_likes"])
