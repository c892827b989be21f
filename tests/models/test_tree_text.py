"""Trees that are not whole never reach LightGBM, even where all digests of a bundle match."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from zhenzan.features.errors import InputError
from zhenzan.models.bundle import Bundle, _digest
from zhenzan.models.pretrained import PRETRAINED
from zhenzan.models.scorers.registry import get_bundle
from zhenzan.models.scorers.trees import TreeScorer, booster_from_text
from zhenzan.models.tree_text import checked_trees

Content = dict[str, Any]


@pytest.fixture(autouse=True)
def far_from_lightgbm(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """What is refused is refused before LightGBM reads it: broken trees end the process there."""
    if "broken" in request.node.name:
        monkeypatch.setattr(lightgbm, "Booster", lambda **_: pytest.fail("LightGBM was asked"))


def text_of(leaves: int = 4) -> str:
    values = np.random.default_rng(0).normal(size=(200, 3))
    made = TreeScorer(n_trees=3, n_leaves=leaves).fit(values, values[:, 0] + values[:, 1] > 0)
    return str(made.booster_.model_to_string())


def changed(text: str, name: str, value: Callable[[list[str]], list[str]]) -> str:
    """The text with other words in the first line of that name, and without sizes of trees."""
    text = re.sub(r"tree_sizes=.*\n", "", text)
    return re.sub(
        rf"(?m)^{name}=(.*)$",
        lambda m: f"{name}=" + " ".join(value(m[1].split(" "))),
        text,
        count=1,
    )


BROKEN: dict[str, Callable[[str], str]] = {
    "a column far away": lambda t: changed(t, "split_feature", lambda w: ["99999999", *w[1:]]),
    "a column before the first": lambda t: changed(t, "split_feature", lambda w: ["-1", *w[1:]]),
    "a node that is its own child": lambda t: changed(t, "left_child", lambda w: ["0", *w[1:]]),
    "a node that is met twice": lambda t: changed(t, "right_child", lambda w: [w[-1]] * len(w)),
    "a leaf that is not there": lambda t: changed(t, "right_child", lambda w: [*w[:-1], "-9"]),
    "fewer leaves than told": lambda t: changed(t, "leaf_value", lambda w: w[:-1]),
    "fewer thresholds than told": lambda t: changed(t, "threshold", lambda w: w[:-1]),
    "more leaves than are there": lambda t: changed(t, "num_leaves", lambda _: ["900"]),
    "no leaves": lambda t: changed(t, "num_leaves", lambda _: ["-3"]),
    "a leaf of no number": lambda t: changed(t, "leaf_value", lambda w: ["nan", *w[1:]]),
    "a leaf without end": lambda t: changed(t, "leaf_value", lambda w: ["1e999", *w[1:]]),
    "a threshold of no number": lambda t: changed(t, "threshold", lambda w: ["nan", *w[1:]]),
    "categories": lambda t: changed(t, "decision_type", lambda w: ["1", *w[1:]]),
    "a number of categories": lambda t: changed(t, "num_cat", lambda _: ["1"]),
    "lines in leaves": lambda t: changed(t, "is_linear", lambda _: ["1"]),
    "several classes": lambda t: changed(t, "num_class", lambda _: ["3"]),
    "more columns than named": lambda t: changed(t, "max_feature_idx", lambda _: ["9999"]),
    "a range cut short": lambda t: changed(t, "feature_infos", lambda w: ["[1", *w[1:]]),
    "an aim of its own": lambda t: changed(t, "objective", lambda _: ["lambdarank"]),
    "cut short": lambda t: t[: len(t) // 5],
    "cut before the end": lambda t: t.partition("end of trees")[0],
    "sizes that are none": lambda t: re.sub(r"tree_sizes=\d+", "tree_sizes=7", t),
    "a line twice": lambda t: t.replace("num_leaves=4", "num_leaves=4\nnum_leaves=4", 1),
    "a line of nothing": lambda t: t.replace("num_leaves=4", "num_leaves", 1),
    "a number of another script": lambda t: changed(t, "num_leaves", lambda _: ["\u0664"]),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_broken_trees_are_refused(how: str) -> None:
    text = text_of()
    made = BROKEN[how](text)
    assert made != text
    with pytest.raises(ValueError, match="not the text of a LightGBM model"):
        booster_from_text(made)


def test_broken_trees_deeper_than_any_of_ours_are_refused() -> None:
    n = 2000
    words = {
        "num_leaves": [str(n + 1)], "split_feature": ["0"] * n, "decision_type": ["2"] * n,
        "left_child": [*map(str, range(1, n)), "-1"],
        "right_child": [str(-i - 2) for i in range(n)],
        "internal_count": ["1"] * n, "threshold": ["0"] * n, "split_gain": ["1"] * n,
        "internal_value": ["0"] * n, "internal_weight": ["1"] * n, "leaf_value": ["0"] * (n + 1),
        "leaf_weight": ["1"] * (n + 1), "leaf_count": ["1"] * (n + 1),
    }  # fmt: skip
    text = text_of()
    for name, value in words.items():
        text = changed(text, name, lambda _, value=value: value)  # type: ignore[misc]
    with pytest.raises(ValueError, match="make no tree"):
        booster_from_text(text)


def test_whole_trees_predict_as_before_without_what_follows_them() -> None:
    values = np.random.default_rng(1).normal(size=(100, 3))
    values[::3, 0] = np.nan
    for leaves in (2, 15):
        text = text_of(leaves)
        kept = checked_trees(text, 3)
        assert "parameters" in text and "parameters" not in kept
        plain = lightgbm.Booster(model_str=text)
        np.testing.assert_array_equal(
            booster_from_text(text).predict(values), plain.predict(values)
        )
    with pytest.raises(ValueError, match="3 columns where 4 are named"):
        checked_trees(text, 4)
    alone = TreeScorer(n_trees=2, min_leaf=1e9).fit(values, values[:, 1] > 0)
    booster_from_text(alone.booster_.model_to_string())


def rewritten(
    out: Path,
    trees: Callable[[str], str] | None = None,
    told: Callable[[Content], object] | None = None,
    unit: str = "section",
) -> Path:
    """The shipped bundle with a change, and digests that match it."""
    bundle = get_bundle(PRETRAINED)
    bundle.save(out)
    content = json.loads((out / "bundle.json").read_text("utf-8"))
    content.pop("digest")
    if trees is not None:
        text = trees((out / f"{unit}.txt").read_text("utf-8"))
        (out / f"{unit}.txt").write_text(text, "utf-8", newline="\n")
        sha = hashlib.sha256(text.encode("utf-8")).hexdigest()
        name, _, end = unit.partition("_")
        if end:
            content["units"][name]["amounts"]["sha256"][end == "high"] = sha
        else:
            content["units"][name]["sha256"] = sha
    if told is not None:
        told(content["units"]["section"])
    content["digest"] = _digest(content)
    (out / "bundle.json").write_text(json.dumps(content), "utf-8")
    return out


@pytest.mark.parametrize("unit", ["section", "section_high"])
@pytest.mark.parametrize("how", ["a column far away", "a node that is its own child", "cut short"])
def test_a_broken_bundle_whose_digests_match_is_refused(
    tmp_path: Path, how: str, unit: str
) -> None:
    with pytest.raises(InputError, match=f"the trees in {unit}.txt are broken"):
        Bundle.load(rewritten(tmp_path / "b", BROKEN[how], unit=unit))


def _of_strangers(unit: Content) -> None:
    seen = unit["seen"]["columns"]
    seen["nope__x"] = seen[unit["columns"][0]]


TOLD: dict[str, Callable[[Content], object]] = {
    "a column fewer": lambda unit: unit["columns"].pop(),
    "a column twice": lambda unit: unit["columns"].__setitem__(1, unit["columns"][0]),
    "a stranger among what was seen": _of_strangers,
    "a column of which nothing was seen": lambda unit: unit["seen"]["columns"].popitem(),
    "a bin without its share": lambda unit: unit["seen"]["columns"][unit["columns"][0]][
        "shares"].pop(),
}  # fmt: skip


@pytest.mark.parametrize("how", TOLD)
def test_a_broken_bundle_that_says_what_cannot_be_is_refused(tmp_path: Path, how: str) -> None:
    with pytest.raises(InputError):
        Bundle.load(rewritten(tmp_path / "b", told=TOLD[how]))


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 90_000])
def test_a_broken_bundle_that_is_nested_too_deep_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match="nested too deep"):
        Bundle.load(tmp_path)


def test_a_change_that_breaks_nothing_still_loads(tmp_path: Path) -> None:
    made = Bundle.load(rewritten(tmp_path / "b", lambda t: changed(t, "version", list)))
    assert set(made.units) == {"section", "account", "comment"}
