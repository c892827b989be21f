"""The trained scorer: probabilities where the data looks familiar, bands of the rules, reasons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.errors import InputError, UsageError
from zhenzan.features.families import families
from zhenzan.models.bundle import Bundle
from zhenzan.models.calibration import Calibration
from zhenzan.models.scorers import RulesScorer, Scores
from zhenzan.models.scorers.contributions import contribution_text
from zhenzan.models.scorers.inputs import (
    CLASSES,
    capability_class,
    known_features,
    scorer_inputs,
    unit_classes,
)
from zhenzan.models.scorers.registry import get_scorer, scorer_names
from zhenzan.models.scorers.trained import TrainedScorer
from zhenzan.models.train import Rows, TrainSettings, train_bundle

QUICK = TrainSettings(folds=3, most_trees=40, patience=10)
BOUGHT = ("s1", "s4", "s7", "s10", "s13", "s16")


@pytest.fixture(scope="module")
def world(made_up: Any) -> dict[str, Any]:
    """Eighteen sections of 40 likes and one of 5; in six of them 30 likes are likely delivered."""
    rows, figures = [], {}
    for s in range(19):
        name, paid = f"s{s}", f"s{s}" in BOUGHT
        for i in range(40 if s < 18 else 5):
            hot = paid and i < 30
            rows.append(
                {
                    "section_id": name, "account_id": f"w{i}" if hot else f"a{s}_{i % 20}",
                    "ts_ms": made_up.START + s * made_up.DAY + i * 60_000,
                    "p_purchased": 0.9 if hot else 0.02, "excess": 2.0 if hot else -0.5,
                    "company": 3.0 if hot else np.nan,
                }
            )  # fmt: skip
        figures[name] = {"excess_bits": 60.0 + s if paid else -5.0 - s, "p_value": 0.4}
    found = made_up.attribution(made_up.acts(rows), figures)
    ids = [f"s{s}" for s in range(19)]
    capability = pd.DataFrame(
        {
            "section_id": ids, "n_likes": [40] * 18 + [5], "n_timed": [40] * 18 + [5],
            "n_accounts": 30, "share_account_age": 1.0, "n_comments": 0, "n_texts": 0,
            "n_snapshots": 0,
            "coverage_share": np.nan, "selection": "all", "n_sections_in_set": 19,
        }
    )  # fmt: skip
    matrices = {u: pd.DataFrame({f"{u}_id": pd.Series([], dtype=object)}) for u in
                ("section", "account", "comment")}  # fmt: skip
    return {"attribution": found, "matrices": matrices, "capability": capability}


@pytest.fixture(scope="module")
def bundle(world: dict[str, Any]) -> Bundle:
    """Trained on the same shapes many times over, in six groups."""
    inputs = scorer_inputs(world["attribution"], world["matrices"])
    parts, facts = [], []
    rng = np.random.default_rng(0)
    for copy in range(20):
        frame = inputs["section"].drop(index="s18")
        noisy = frame * rng.normal(1.0, 0.05, frame.shape)
        parts.append(noisy.set_axis([f"{i}#{copy}" for i in frame.index]))
        facts.append(
            pd.DataFrame(
                {
                    "positive": frame.index.isin(BOUGHT), "group": f"g{copy % 6}",
                    "class": "events", "slice": "", "rules": 0.1, "amount": np.nan,
                    "n_engagements": 40.0, "n_purchased": 1.0, "n_purchased_lo": 0.0,
                    "n_purchased_hi": 2.0,
                },
                index=parts[-1].index,
            )
        )  # fmt: skip
    rows = Rows(pd.concat(parts), pd.concat(facts))
    return train_bundle({"section": rows}, known_features(families()), "made-up", QUICK)


@pytest.fixture(scope="module")
def scores(world: dict[str, Any], bundle: Bundle) -> Scores:
    return TrainedScorer(bundle).score(**world)


def test_sections_get_a_probability_and_keep_the_bands_of_the_rules(
    scores: Scores, world: dict[str, Any]
) -> None:
    rules = RulesScorer().score(**world)
    found = scores.sections.set_index("section_id")
    paid = found.index.isin(BOUGHT)
    judged = (found["status"] == "scored").to_numpy()
    assert found.loc[paid, "probability"].min() > 0.7
    assert found.loc[~paid & judged, "probability"].max() < 0.3
    assert found.loc[paid, "score"].min() > found.loc[~paid & judged, "score"].max()
    pd.testing.assert_series_equal(scores.sections["band"], rules.sections["band"])
    pd.testing.assert_frame_equal(scores.accounts, rules.accounts)  # the bundle holds none
    assert scores.info["bundle"] == "made-up" and scores.info["scorer"] == "trained"


def test_what_is_not_judged_has_neither_score_nor_probability(scores: Scores) -> None:
    small = scores.sections.set_index("section_id").loc["s18"]
    assert np.isnan(small["score"]) and np.isnan(small["probability"])
    why = scores.model_rows.set_index("id")["why_not"]
    assert why["s18"] == "not_scored" and pd.isna(why["s1"])


@pytest.mark.parametrize(
    ("change", "why"),
    [({"n_likes": 0, "n_comments": 30}, "class"), ({"n_likes": 0, "n_snapshots": 9}, "class")],
)
def test_another_class_of_data_gets_no_probability(
    world: dict[str, Any], bundle: Bundle, change: dict[str, int], why: str
) -> None:
    other = {**world, "capability": world["capability"].assign(**change)}
    found = TrainedScorer(bundle).score(**other)
    assert found.sections["probability"].isna().all()
    assert found.sections["score"].notna().any()
    assert set(found.model_rows["why_not"]) <= {why, "not_scored"}
    assert found.info["units"]["section"]["n_probabilities"] == 0  # type: ignore[index]


def test_a_class_that_was_calibrated_badly_keeps_silent(
    world: dict[str, Any], bundle: Bundle, scores: Scores, tmp_path: Path
) -> None:
    """No probability, but the score and the interval stay; also after a save."""
    section = replace(bundle.units["section"], silent=("events",))
    replace(bundle, units={"section": section}).save(tmp_path / "silent")
    kept = Bundle.load(tmp_path / "silent")
    assert kept.units["section"].silent == ("events",) and kept.digest != bundle.digest
    found = TrainedScorer(kept).score(**world)
    assert found.sections["probability"].isna().all()
    assert set(found.model_rows["why_not"]) == {"calibration", "not_scored"}
    same = [c for c in found.sections if c != "probability"]
    pd.testing.assert_frame_equal(found.sections[same], scores.sections[same])


@pytest.fixture(scope="module")
def far(world: dict[str, Any], made_up: Any) -> dict[str, Any]:
    """A section a hundred times larger than any of the training."""
    rows = [
        {"section_id": "big", "account_id": f"a{i}", "ts_ms": made_up.START + i * 1000,
         "p_purchased": 0.5, "company": 9.0}
        for i in range(3000)
    ]  # fmt: skip
    figures = {"big": {"excess_bits": 9e4, "company_bits": 9e4, "propensity_bits": 9e4}}
    return {
        **world,
        "attribution": made_up.attribution(made_up.acts(rows), figures),
        "capability": world["capability"].head(1).assign(section_id="big", n_likes=3000),
    }


def test_figures_far_from_the_training_get_no_probability(
    far: dict[str, Any], bundle: Bundle
) -> None:
    found = TrainedScorer(bundle).score(**far)
    assert found.sections["probability"].isna().all()
    assert list(found.model_rows["why_not"]) == ["range"]


def test_rules_rank_what_is_far_from_the_training(
    far: dict[str, Any], world: dict[str, Any], bundle: Bundle, scores: Scores, tmp_path: Path
) -> None:
    """Their score as often as it came true; what trees would say of such a row is not told."""
    came_true = Calibration("isotonic", 0.2, (-9.0, 0.01, 9.0, 0.97), 2000, 400)
    section = replace(bundle.units["section"], stand_ins={"events": came_true})
    replace(bundle, units={"section": section}).save(tmp_path / "standing-in")
    kept = Bundle.load(tmp_path / "standing-in")
    assert kept.units["section"].stand_ins == {"events": came_true}
    assert kept.digest != bundle.digest
    found = TrainedScorer(kept).score(**far)
    by_rules = RulesScorer().score(**far).sections["score"]
    expected = came_true.probability(np.log(by_rules / (1 - by_rules)))
    np.testing.assert_allclose(found.sections["score"], expected)
    assert found.contributions.empty and found.sections["probability"].isna().all()
    assert found.info["units"]["section"]["n_ranked_by_rules"] == 1  # type: ignore[index]
    near = TrainedScorer(kept).score(**world)  # nothing in it is far
    pd.testing.assert_frame_equal(near.sections, scores.sections)


def test_a_base_rate_moves_probabilities_and_no_ranks(
    world: dict[str, Any], bundle: Bundle, scores: Scores
) -> None:
    rare = TrainedScorer(bundle, base_rate=0.001).score(**world).sections
    known = scores.sections["probability"].notna()
    assert (rare["probability"][known] < scores.sections["probability"][known]).all()
    pd.testing.assert_series_equal(rare["score"], scores.sections["score"])


def test_contributions_sum_to_the_score_and_can_be_told(scores: Scores) -> None:
    parts = scores.contributions
    total = parts.groupby("id")["log_odds"].sum()
    raw = scores.model_rows.set_index("id")["raw"].dropna()
    np.testing.assert_allclose(total.loc[raw.index], raw, atol=1e-9)
    assert set(parts["id"]) == set(raw.index)
    known = known_features(families())
    for row in parts[parts["family"] != "average"].head(5).itertuples():
        text = contribution_text(known.specs["section"][row.feature], row.value, row.log_odds)
        assert ("raises" in text.en) == (row.log_odds > 0) and text.zh.endswith("。")
    gap = contribution_text(known.specs["section"]["timing__peak_excess"], np.nan, -1.0)
    assert "not computable" in gap.en and "无法计算" in gap.zh and "lowers" in gap.en


def test_order_of_rows_and_names_do_not_matter(world: dict[str, Any], bundle: Bundle) -> None:
    found = TrainedScorer(bundle).score(**world).sections
    mixed = {**world, "capability": world["capability"].sample(frac=1, random_state=1)}
    again = TrainedScorer(bundle).score(**mixed).sections
    pd.testing.assert_frame_equal(found, again)


def test_classes_of_capability() -> None:
    rows = pd.DataFrame(
        {
            "section_id": list("abcde"), "n_likes": [20, 20, 19, 0, 0],
            "n_snapshots": [9, 9, 3, 2, 0], "n_comments": [1, 1, 1, 1, 0],
            "share_account_age": [0.1, 0.0, 0.0, 0.0, np.nan],
        }
    )  # fmt: skip
    assert tuple(capability_class(rows)) == CLASSES
    unknown = rows.assign(share_account_age=np.nan)  # no section names an account's age
    assert tuple(capability_class(unknown)) == ("acts", *CLASSES[1:])


def test_accounts_are_of_the_class_of_their_set(world: dict[str, Any]) -> None:
    ids = pd.Index(["u1", "u2"])
    found = world["attribution"]

    def of(*classes: str) -> set[str]:
        sections = pd.Series(classes, dtype=object)
        return set(unit_classes("account", ids, found, sections))

    assert of("events", "acts") == {"events"}
    assert of("acts", "comments") == {"acts"}
    assert of("none") == {"events"}  # too few acts in any section to say


def test_scorers_are_found_by_name(bundle: Bundle, tmp_path: Path) -> None:
    assert scorer_names()[0] == "rules"
    assert isinstance(get_scorer(), RulesScorer)
    bundle.save(tmp_path / "mine")
    found = get_scorer(str(tmp_path / "mine"), base_rate=0.1)
    assert isinstance(found, TrainedScorer) and found.base_rate == 0.1
    with pytest.raises(UsageError, match="no scorer or bundle"):
        get_scorer("nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="bundle"):
        get_scorer(str(tmp_path / "empty"))
