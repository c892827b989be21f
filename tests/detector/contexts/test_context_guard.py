"""What rules find never hides a pool: it is set aside in strangers' company, and caps a band."""

from __future__ import annotations

import pandas as pd
import pytest
from zhenzan.detector.contexts import KINDS, declared_contexts, kept_by_company


def rows(kind: str, by: str = "auto") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "section_id": ["a", "b"],
            "comment_id": [None, None],
            "kind": kind,
            "start_ms": [0, 0],
            "end_ms": [1, 1],
            "declared_by": by,
            "quote": None,
            "confidence": 1.0,
        }
    )


def sums(**more: float | None) -> pd.DataFrame:
    row = {"section_id": "a", "company_bits": 40.0, "n_purchased_hi": 60.0}
    return pd.DataFrame([row | {"audience_coherence": 0.1} | more])


def test_company_of_strangers_is_told_from_a_community() -> None:
    assert kept_by_company(sums()) == {"a"}
    assert kept_by_company(sums(audience_coherence=None)) == {"a"}
    assert not kept_by_company(sums(audience_coherence=0.9))
    assert not kept_by_company(sums(company_bits=3.0))
    assert not kept_by_company(sums(company_bits=None))
    assert not kept_by_company(sums(n_purchased_hi=4.0))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_rules_are_not_heard_there_and_never_undo_a_top_band(kind: str) -> None:
    made = declared_contexts(rows(kind), frozenset({"a"})).set_index("section_id")
    assert (made.loc["a", "excuse"] == 0).all() and not made.loc["a", "review"].any()
    assert made["own_word"].all()
    most = max(KINDS[kind].timing, KINDS[kind].coengagement, KINDS[kind].template)
    assert made.loc["b", "excuse"].max() == pytest.approx(0.7 * most)


@pytest.mark.parametrize("by", ["platform", "reviewer", "creator"])
def test_what_people_say_is_heard_all_the_same(by: str) -> None:
    plain = declared_contexts(rows("giveaway", by))
    pd.testing.assert_frame_equal(plain, declared_contexts(rows("giveaway", by), frozenset("a")))


def test_a_rule_alone_asks_nobody_about_sabotage() -> None:
    assert not declared_contexts(rows("sabotage"))["review"].any()
    assert declared_contexts(rows("sabotage", "reviewer"))["review"].all()
    assert declared_contexts(rows("like_contest"))["review"].all()
