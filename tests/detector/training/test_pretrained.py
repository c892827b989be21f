"""The bundle that comes with the package: whole, small, of these features, worth what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from zhenzan.detector import scan
from zhenzan.detector.simulate import simulate
from zhenzan.detector.training.evaluate import evaluate_bundle
from zhenzan.features.families import families
from zhenzan.models.bundle import Bundle
from zhenzan.models.pretrained import PRETRAINED, shipped_folder
from zhenzan.models.scorers.inputs import UNITS, known_features
from zhenzan.models.scorers.registry import get_bundle, scorer_names

NOW_MS = 1_900_000_000_000


@pytest.fixture(scope="module")
def folder() -> Path:
    found = shipped_folder()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return get_bundle(PRETRAINED)


def test_it_is_whole_small_and_reads_these_features(folder: Path, bundle: Bundle) -> None:
    assert PRETRAINED in scorer_names()
    assert set(bundle.units) == set(UNITS)
    known = known_features(families())
    bundle.check_versions(known.versions, known.specs)
    assert sum(p.stat().st_size for p in folder.iterdir() if p.is_file()) < 10e6
    assert {p.suffix for p in folder.iterdir() if p.is_file()} == {
        ".py", ".json", ".txt", ".md", ".svg",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_its_card_is_its_own_and_tells_of_fresh_worlds(
    folder: Path, bundle: Bundle, language: str
) -> None:
    card = (folder / f"card.{language}.md").read_text("utf-8")
    assert bundle.digest in card
    assert {"zh": "新世界", "en": "On fresh worlds"}[language] in card


def test_what_was_badly_calibrated_is_silent(bundle: Bundle) -> None:
    for unit, model in bundle.units.items():
        classes = bundle.training["held_out"][unit]["classes"]
        most = bundle.training["settings"]["most_error"]
        for kind in set(model.calibrations) - set(model.silent) - {"events"}:
            assert classes[kind]["calibration_error"] <= most
    assert "comments" in bundle.units["section"].silent


@pytest.mark.slow
def test_it_is_worth_what_its_card_says(bundle: Bundle) -> None:
    """Worlds that neither its training nor its card have seen; 28 of them gave .997, .95 and .9."""
    found = evaluate_bundle(bundle, range(7_001, 7_004), 20_000)["units"]["section"]
    assert found["n_positive"] > 20
    assert found["auc"][0] > 0.95
    assert found["recall_at_0.01"][0] > 0.7
    assert found["stated"] > 0.9 and found["brier_skill"] > 0.5
    assert 0.8 < found["interval_coverage"] <= 1.0


def test_a_scan_by_name_states_probabilities(tmp_path: Path) -> None:
    world = simulate(tmp_path / "world", scenario="demo", scale=15_000, seed=3).path
    found = scan(world, tmp_path / "out", model=PRETRAINED, now_ms=NOW_MS)
    p = found.sections.set_index("section_id")["probability"]
    assert p.notna().mean() > 0.5 and p.between(0, 1).sum() == p.notna().sum()
    top = found.sections["band"].eq("likely_purchased").to_numpy()
    assert p.to_numpy()[top].min() > 0.5
    assert found.run["model"]["bundle"] == PRETRAINED
