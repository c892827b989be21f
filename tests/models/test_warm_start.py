"""Trees that are continued: the old ones stay, the new rows are learnt, what differs is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from zhenzan.features.errors import UsageError
from zhenzan.features.families import families
from zhenzan.models.bundle import Bundle
from zhenzan.models.card.write import card_files
from zhenzan.models.metrics import auc
from zhenzan.models.scorers.inputs import known_features
from zhenzan.models.scorers.trees import TreeScorer, booster_from_text, raw_scores
from zhenzan.models.train import Rows, TrainSettings, train_bundle

QUICK = TrainSettings(
    folds=3, most_trees=60, patience=10, learning_rate=0.05, columns_share=1.0, random_cuts=False,
    monotone=False,
)  # fmt: skip
KNOWN = known_features(families())
EXCESS, PEAK = "attribution__excess_bits", "timing__peak_excess"


def rows(n: int, told_by: str, seed: int = 0) -> Rows:
    """A fifth is positive, and one of two columns tells it."""
    rng = np.random.default_rng(seed)
    found = rng.random(n) < 0.2
    frame = pd.DataFrame(
        {name: rng.normal(size=n) + (3 * found if name == told_by else 0)
         for name in (EXCESS, PEAK)},
        index=pd.Index([f"s{seed}_{i}" for i in range(n)]),
    )  # fmt: skip
    facts = pd.DataFrame(
        {
            "positive": found, "group": [f"g{i % 9}" for i in range(n)], "class": "events",
            "slice": "x", "rules": 0.0, "amount": np.nan, "n_engagements": 500.0,
            "n_purchased": 0.0, "n_purchased_lo": 0.0, "n_purchased_hi": 0.0,
        },
        index=frame.index,
    )  # fmt: skip
    return Rows(frame, facts)


def scores(bundle: Bundle, data: Rows, trees: int | None = None) -> NDArray[np.float64]:
    model = bundle.units["section"]
    values = data.frame[list(model.columns)].to_numpy()
    booster = booster_from_text(model.trees)
    if trees is None:
        return raw_scores(booster, values)
    return np.asarray(booster.predict(values, raw_score=True, num_iteration=trees))


@pytest.fixture(scope="module")
def base() -> Bundle:
    parts = {"section": rows(900, EXCESS), "account": rows(600, EXCESS, 3)}
    parts["account"].frame.columns = ["attribution__nats", "attribution__company"]
    told = {"worlds": {"first": 10, "count": 5, "scale": 20_000}}
    return train_bundle(parts, KNOWN, "base", QUICK, told=told)


@pytest.fixture(scope="module")
def warm(base: Bundle) -> Bundle:
    return train_bundle({"section": rows(240, PEAK, 1)}, KNOWN, "warm", QUICK, base=base)


def test_old_trees_stay_and_new_rows_are_learnt(base: Bundle, warm: Bundle) -> None:
    fresh, old = rows(900, PEAK, 2), rows(900, EXCESS, 2)
    n_old = booster_from_text(base.units["section"].trees).current_iteration()
    n_new = warm.training["held_out"]["section"]["n_trees"]
    assert booster_from_text(warm.units["section"].trees).current_iteration() == n_old + n_new
    np.testing.assert_allclose(scores(warm, old, n_old), scores(base, old), atol=1e-9)
    found = fresh.facts["positive"].to_numpy()
    assert auc(scores(base, fresh), found) < 0.8 and auc(scores(warm, fresh), found) > 0.9
    cold = train_bundle({"section": rows(240, PEAK, 1)}, KNOWN, "cold", QUICK)
    known = old.facts["positive"].to_numpy()
    assert auc(scores(cold, old), known) < 0.8 and auc(scores(warm, old), known) > 0.9


def test_what_has_no_new_rows_stays_and_the_rest_is_calibrated_anew(
    base: Bundle, warm: Bundle
) -> None:
    assert warm.units["account"] == base.units["account"]
    old, new = base.units["section"], warm.units["section"]
    assert new.columns == old.columns and new.seen != old.seen
    assert old.calibrations and new.calibrations != old.calibrations
    few = train_bundle(
        {"section": rows(240, PEAK, 1)}, KNOWN, "few", replace(QUICK, least_rows=999), base=base
    )
    assert not few.units["section"].calibrations, "those of the base do not fit moved scores"


def test_lineage_is_kept_and_the_same_again_is_the_same(base: Bundle, warm: Bundle) -> None:
    told = warm.training["warm_start"]
    assert told["digest"] == base.digest and told["worlds"] == base.training["worlds"]
    again = train_bundle({"section": rows(240, PEAK, 1)}, KNOWN, "warm", QUICK, base=base)
    assert again.digest == warm.digest
    third = train_bundle({"section": rows(240, PEAK, 4)}, KNOWN, "third", QUICK, base=warm)
    assert third.training["warm_start"]["warm_start"]["digest"] == base.digest


def labelled(n: int, told_by: str, seed: int, groups: str) -> Rows:
    made = rows(n, told_by, seed)
    group = [f"{groups}{i % 9}" for i in range(n)]
    return Rows(made.frame, made.facts.assign(labelled=True, group=group))


def test_worlds_of_the_base_are_refused(base: Bundle, warm: Bundle) -> None:
    told = {"worlds": {"first": 14, "count": 3, "scale": 20_000}}
    for known in (base, warm):
        with pytest.raises(UsageError, match=r"trained on worlds 14: .* --first-world 15"):
            train_bundle({"section": rows(240, PEAK, 5)}, KNOWN, "x", QUICK, base=known, told=told)


def test_labelled_rows_that_the_base_has_seen_neither_calibrate_nor_judge() -> None:
    old, new = labelled(600, EXCESS, 6, "old"), labelled(300, PEAK, 7, "new")
    first = train_bundle({"section": old}, KNOWN, "first", QUICK, told={"labels": {"section": {}}})
    assert "s6_1" not in str(first.training) and "old1" not in str(first.training)
    with pytest.raises(UsageError, match="positives in 0 groups"):
        train_bundle({"section": old}, KNOWN, "x", QUICK, base=first)
    both = Rows(pd.concat([old.frame, new.frame]), pd.concat([old.facts, new.facts]))
    for base in (first, train_bundle({"section": new}, KNOWN, "second", QUICK, base=first)):
        fresh = labelled(300, PEAK, 8, "newer")
        given = Rows(
            pd.concat([both.frame, fresh.frame]), pd.concat([both.facts, fresh.facts])
        ) if base is not first else both  # fmt: skip
        made = train_bundle({"section": given}, KNOWN, "next", QUICK, base=base)
        figures = made.training["held_out"]["section"]
        assert figures["n"] == 300 and figures["seen_by_base"] == len(given.facts) - 300
        assert sum(c.n for c in made.units["section"].calibrations.values()) == 300


def test_an_id_that_comes_again_marks_its_new_group(bundle_of_one: Bundle) -> None:
    again = labelled(600, EXCESS, 6, "renamed")
    again = Rows(again.frame, again.facts.assign(group=["g", *again.facts["group"][1:]]))
    with pytest.raises(UsageError, match="positives in 0 groups"):
        train_bundle({"section": again}, KNOWN, "x", QUICK, base=bundle_of_one)


@pytest.fixture(scope="module")
def bundle_of_one() -> Bundle:
    return train_bundle({"section": labelled(600, EXCESS, 6, "old")}, KNOWN, "one", QUICK)


def test_a_base_that_does_not_tell_its_rows_continues_with_worlds_alone() -> None:
    one = train_bundle({"section": rows(600, EXCESS)}, KNOWN, "one", QUICK)
    old = replace(one, training={"labels": {"section": {"positive": 1, "negative": 1}}})
    assert train_bundle({"section": rows(300, PEAK, 1)}, KNOWN, "x", QUICK, base=old)
    with pytest.raises(UsageError, match="does not tell which labelled rows"):
        train_bundle({"section": labelled(300, PEAK, 1, "n")}, KNOWN, "x", QUICK, base=old)


def test_the_card_names_what_is_continued(base: Bundle, warm: Bundle) -> None:
    made = card_files(warm)
    for text in (made["card.en.md"], made["card.zh.md"]):
        assert f"`base` (`{base.digest[:16]}`)" in text.replace("（", " (").replace("）", ")")
        assert "10" in text and "14" in text


def test_other_features_are_refused(base: Bundle) -> None:
    other = replace(base, versions={**base.versions, "timing": 99})
    with pytest.raises(UsageError, match="timing: trained on version 99"):
        train_bundle({"section": rows(240, PEAK)}, KNOWN, "x", QUICK, base=other)


def test_trees_over_other_columns_cannot_be_continued(base: Bundle) -> None:
    values = np.random.default_rng(0).normal(size=(50, 3))
    with pytest.raises(ValueError, match="read 2 columns, here are 3"):
        TreeScorer(start=base.units["section"].trees).fit(values, values[:, 0] > 0)
