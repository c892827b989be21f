"""Training on made-up rows: what is planted is learnt and kept; what does not fit is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.errors import InputError, UsageError
from zhenzan.features.families import families
from zhenzan.models.applicability import drift, see
from zhenzan.models.bundle import Bundle
from zhenzan.models.metrics import auc
from zhenzan.models.scorers.inputs import known_features
from zhenzan.models.scorers.trees import booster_from_text, raw_scores
from zhenzan.models.train import Rows, TrainSettings, train_bundle

QUICK = TrainSettings(folds=3, most_trees=60, patience=10)
COLUMNS = ("attribution__n_purchased", "attribution__excess_bits", "timing__peak_excess")


def planted(n: int = 900, seed: int = 0, worlds: int = 6) -> Rows:
    rng = np.random.default_rng(seed)
    bought = rng.random(n) < 0.2
    amount = np.where(bought, rng.gamma(4, 20, n), 0.0)
    excess = amount / 10 + rng.normal(size=n) * 2
    frame = pd.DataFrame(
        {
            COLUMNS[0]: np.maximum(amount * rng.lognormal(0, 0.5, n) + rng.normal(size=n), 0),
            COLUMNS[1]: excess,
            COLUMNS[2]: np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        },
        index=pd.Index([f"s{seed}_{i}" for i in range(n)]),
    )
    near = frame[COLUMNS[0]].to_numpy()
    facts = pd.DataFrame(
        {
            "positive": bought, "group": [f"w{i % worlds}" for i in range(n)], "class": "events",
            "slice": "x", "rules": excess, "amount": amount, "n_engagements": 500.0,
            "n_purchased": near, "n_purchased_lo": near * 0.9, "n_purchased_hi": near * 1.1,
        },
        index=frame.index,
    )  # fmt: skip
    return Rows(frame, facts)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return train_bundle({"section": planted()}, known_features(families()), "made-up", QUICK)


def test_what_is_planted_is_learnt_and_stated(bundle: Bundle) -> None:
    model = bundle.units["section"]
    fresh = planted(seed=1)
    raw = raw_scores(booster_from_text(model.trees), fresh.frame[list(model.columns)].to_numpy())
    found = fresh.facts["positive"].to_numpy()
    assert auc(raw, found) > 0.97
    told = model.calibrations["events"].probability(raw)
    assert abs(told.mean() - found.mean()) < 0.03
    figures = bundle.training["held_out"]["section"]
    assert figures["auc"] > 0.97 and figures["groups"] == 6
    assert model.conformal["events"] > 0  # a tenth either way is too narrow for a lognormal of 0.5


def test_rows_in_any_order_train_the_same_bundle(bundle: Bundle) -> None:
    rows = planted()
    at = np.random.default_rng(3).permutation(len(rows.frame))
    renamed = rows.frame.iloc[at].set_axis([f"z{i}" for i in at])
    mixed = Rows(renamed, rows.facts.iloc[at].set_axis(renamed.index))
    again = train_bundle({"section": mixed}, known_features(families()), "made-up", QUICK)
    assert again.digest == bundle.digest


def test_a_missing_family_is_missing_and_not_zero(bundle: Bundle) -> None:
    model = bundle.units["section"]
    trees = booster_from_text(model.trees)
    row = np.array([[80.0, 8.0, 0.0], [np.nan, np.nan, 0.0], [0.0, 0.0, 0.0]])
    full, gone, zero = raw_scores(trees, row)
    assert zero < gone < full


def test_a_bundle_comes_back_whole(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path / "b")
    back = Bundle.load(tmp_path / "b")
    assert back.digest == bundle.digest
    assert back.units["section"].trees == bundle.units["section"].trees
    bundle.save(tmp_path / "b")  # over an earlier one
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="no bundle"):
        bundle.save(tmp_path / "c")


@pytest.mark.parametrize("part", ["name", "training", "versions", "format", "digest", "units"])
def test_a_changed_bundle_is_refused(bundle: Bundle, tmp_path: Path, part: str) -> None:
    bundle.save(tmp_path)
    file = tmp_path / "bundle.json"
    content = json.loads(file.read_text("utf-8"))
    content[part] = {"units": {}, "format": 99}.get(part, "other")
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError):
        Bundle.load(tmp_path)
    del content[part]
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError):
        Bundle.load(tmp_path)


def test_changed_trees_and_things_that_are_no_bundle_are_refused(
    bundle: Bundle, tmp_path: Path
) -> None:
    bundle.save(tmp_path / "b")
    trees = tmp_path / "b" / "section.txt"
    trees.write_text(trees.read_text("utf-8").replace("leaf_value=", "leaf_value=9"), "utf-8")
    with pytest.raises(InputError, match="digests differ"):
        Bundle.load(tmp_path / "b")
    trees.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        Bundle.load(tmp_path / "b")
    with pytest.raises(InputError, match="cannot be read"):
        Bundle.load(tmp_path / "nothing")
    (tmp_path / "bundle.json").write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(InputError):
        Bundle.load(tmp_path)


def test_other_features_are_refused_by_name(bundle: Bundle) -> None:
    known = known_features(families())
    bundle.check_versions(known.versions, known.specs)
    with pytest.raises(UsageError, match=r"timing: trained on version \d+, here version 99"):
        bundle.check_versions({**known.versions, "timing": 99}, known.specs)
    less = {name: v for name, v in known.versions.items() if name != "timing"}
    with pytest.raises(UsageError, match=r"timing: .* here absent"):
        bundle.check_versions(less, known.specs)
    with pytest.raises(UsageError, match="section has no timing__peak_excess"):
        bundle.check_versions(known.versions, {"section": dict.fromkeys(COLUMNS[:2], 0)})


def test_without_both_outcomes_in_two_groups_nothing_is_trained() -> None:
    rows = planted(200)
    alone = Rows(rows.frame, rows.facts.assign(group="one"))
    with pytest.raises(UsageError, match="positives in 1 groups"):
        train_bundle({"section": alone}, known_features(families()), "x", QUICK)
    none = Rows(rows.frame, rows.facts.assign(positive=False))
    with pytest.raises(UsageError, match="positives in 0 groups"):
        train_bundle({"section": none}, known_features(families()), "x", QUICK)


def test_few_positives_rank_without_a_probability() -> None:
    strict = replace(QUICK, least_positive=10_000)
    made = train_bundle({"section": planted()}, known_features(families()), "x", strict)
    assert not made.units["section"].calibrations


def test_rows_unlike_the_training_are_told() -> None:
    frame = planted().frame
    seen = see(frame)
    assert (seen.outside(frame) == "range").mean() < 0.01
    far = frame.head(3).copy()
    far.iloc[0] = [1e6, 1e6, 1e6]
    far.iloc[1] = [np.nan, np.nan, 0.0]
    assert list(seen.outside(far)[:2]) == ["range", "families"]
    assert seen.outside(frame.head(0)).shape == (0,)
    assert type(seen).from_json(json.loads(json.dumps(seen.to_json()))) == seen


def test_drift_is_small_at_home_and_large_abroad() -> None:
    seen = see(planted().frame)
    home = drift(seen, planted(seed=5).frame)
    assert home.max() < 0.1
    moved = planted(seed=5).frame
    moved[COLUMNS[1]] += 5
    abroad = drift(seen, moved)
    assert abroad.index[0] == COLUMNS[1] and abroad.iloc[0] > 0.25
    gone = moved.assign(**{COLUMNS[2]: np.nan})
    assert drift(seen, gone)[COLUMNS[2]] > 0.25
    assert drift(seen, moved.head(0)).empty


def test_rows_of_which_less_is_known_make_no_drift_of_full_events() -> None:
    full, poor = planted(), planted(seed=2)
    poor.frame[COLUMNS[2]] = np.nan
    poor.facts["class"] = "counts"
    both = Rows(pd.concat([full.frame, poor.frame]), pd.concat([full.facts, poor.facts]))
    made = train_bundle({"section": both}, known_features(families()), "made-up", QUICK)
    model = made.units["section"]
    assert drift(model.seen, full.frame[list(model.columns)]).max() < 0.01
    assert {"events", "counts"} <= set(made.training["held_out"]["section"]["classes"])
    assert set(model.calibrations) == {"events", "counts"}
