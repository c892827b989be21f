"""Scores without likes by account: comments as acts, counters, and what explains them."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Attribution, attribute, result
from zhenzan.models.scorers.excuses import excused_parts
from zhenzan.models.scorers.rules import RulesScorer

HOUR, DAY = 3_600_000, 86_400_000
START = 1_735_689_600_000


@pytest.fixture(scope="module")
def empty() -> Attribution:
    with open_engine() as engine:
        return attribute(engine, {})


def comments(empty: Attribution, p: list[float]) -> Attribution:
    rows = [{"comment_id": f"c{i}", "section_id": "s", "p_purchased": v} for i, v in enumerate(p)]
    return replace(empty, comments=pa.Table.from_pylist(rows, schema=result.COMMENTS))


def test_a_comment_delivered_itself_is_unusual_and_no_more(empty: Attribution) -> None:
    """Also with a text of a surprising template: fans write alike, and together."""
    told = comments(empty, [0.9, 0.9, 0.1])
    facts = pd.DataFrame(
        {"comment_id": ["c0", "c1", "c2"], "section_id": "s", "account_id": ["a", "b", "c"],
         "text": ["nice", "supports!", "hello there"]}
    )  # fmt: skip
    templates = pd.DataFrame(
        {"comment_id": ["c0", "c1", "c2"], "template_id": [None, "t", None],
         "template_size": [1, 9, 1], "surprise": [0.0, 40.0, 0.0]}
    )  # fmt: skip
    capability = pd.DataFrame({"section_id": ["s"], "n_comments": [3]})
    found = RulesScorer().score(told, {}, capability, templates, comments=facts).comments
    found = found.set_index("comment_id")
    assert found["band"].to_dict() == {"c0": "unusual", "c1": "unusual", "c2": "organic"}
    assert found.loc["c0", "reasons"] == ["attribution.comment@1"]


@pytest.fixture(scope="module")
def counted(canonical: ModuleType) -> Attribution:
    """Sixty calm counters, one with four thousand likes in one poll of its second day."""
    rng = np.random.default_rng(0)
    parts = []
    for s in range(60):
        gained = rng.poisson(300 / (np.arange(56) + 2.0) ** 1.2)
        gained[5] += 4000 * (s == 0)
        at = START + s * HOUR + np.arange(1, 57) * 6 * HOUR
        parts.append(
            pd.DataFrame(
                {"section_id": f"s{s:02d}", "observed_ms": at, "value_lo": np.cumsum(gained)}
            )
        )
    rows = pd.concat(parts).assign(metric="like", scene="all", dataset_id="d")
    sections = pd.DataFrame(
        {"section_id": [f"s{s:02d}" for s in range(60)],
         "published_ms": [START + s * HOUR for s in range(60)]}
    )  # fmt: skip
    frames = {"count_snapshot": rows.assign(value_hi=rows["value_lo"]), "section": sections}
    with open_engine() as engine:
        return attribute(engine, canonical.load(engine, frames))


def test_counters_are_judged_without_company(counted: Attribution) -> None:
    ids = counted.sections["section_id"].to_pylist()
    capability = pd.DataFrame(
        {"section_id": ids, "n_likes": 0, "n_timed": 0, "n_snapshots": 56, "n_comments": 0,
         "n_accounts": 0, "n_sections_in_set": 60}
    )  # fmt: skip
    rows = RulesScorer().score(counted, {}, capability).sections.set_index("section_id")
    assert set(rows["status"]) == {"scored"} and "likely_purchased" not in set(rows["band"])
    assert rows["score"].idxmax() == "s00"
    assert all("timing" in used for used in rows["families_used"])
    assert all("coengagement" in lost for lost in rows["families_missing"])
    assert rows.loc["s00", "n_purchased_hi"] > 3000


def test_a_context_excuses_only_what_it_covers(counted: Attribution) -> None:
    """A counter has no acts to excuse, but the bins of its curve."""
    assert counted.from_counts() == {(f"s{s:02d}", "like") for s in range(60)}
    burst = START + 6 * 6 * HOUR
    context = {
        "section_id": "s00", "comment_id": None, "kind": "giveaway", "family": "timing",
        "excuse": 0.9, "review": False, "own_word": False,
    }  # fmt: skip
    ids = pd.Index(["s00"])
    during = pd.DataFrame([{**context, "start_ms": burst - DAY, "end_ms": burst + DAY}])
    after = pd.DataFrame([{**context, "start_ms": burst + 3 * DAY, "end_ms": burst + 9 * DAY}])
    assert excused_parts(ids, counted, during).of("timing", 1)[0] > 0.8
    assert excused_parts(ids, counted, after).of("timing", 1)[0] < 0.1
