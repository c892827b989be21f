"""The card: both languages say the same figures, and every byte comes from the bundle."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from zhenzan.models.applicability import see
from zhenzan.models.bundle import Bundle, UnitModel
from zhenzan.models.card.diagram import reliability_svg
from zhenzan.models.card.words import CLASSES, FACETS, LINES, UNITS
from zhenzan.models.card.write import card_files, write_card

CLASS: dict[str, Any] = {
    "n": 900, "n_positive": 80, "groups": 12, "auc": 0.98765, "auc_rules": 0.9,
    "average_precision": 0.8, "recall_at_0.5pct": 0.87654, "recall_at_0.5pct_rules": 0.4,
    "calibration_error": 0.0251, "brier_skill": 0.61, "interval_coverage": 0.903,
    "reliability": [[0.01, 0.002, 700], [0.4, 0.45, 100], [0.95, 0.9, 100]],
}  # fmt: skip
SLICES: list[dict[str, Any]] = [
    {"facet": "order", "name": "pod", "n": 40, "n_positive": 40, "found": [0.4, 0.25, 0.57],
     "wrong": None, "stated": None, "observed": None},
    {"facet": "language", "name": "zh", "n": 500, "n_positive": 40, "found": [0.9, 0.8, 0.96],
     "wrong": [0.004, 0.001, 0.01], "stated": 0.08, "observed": 0.081},
    {"facet": "life", "name": "fan_ritual", "n": 50, "n_positive": 0, "found": None,
     "wrong": [0.02, 0.0, 0.1], "stated": None, "observed": None},
    {"facet": "life", "name": "like_contest", "n": 50, "n_positive": 0, "found": None,
     "wrong": [0.1, 0.03, 0.2], "stated": None, "observed": None},
]  # fmt: skip
SPLITS = [{"split": "pool", "name": "real", "n": 300, "n_positive": 30, "auc": 0.85,
           "recall_at_0.5pct": 0.56}]  # fmt: skip


@pytest.fixture
def bundle() -> Bundle:
    counts = {**CLASS, "auc": 0.71, "interval_coverage": None, "reliability": []}
    model = UnitModel(("timing__x",), "tree\n", see(pd.DataFrame({"timing__x": [0.0, 1.0]})), {})
    held = {
        "section": {**CLASS, "class": "events", "classes": {"counts": counts, "events": CLASS},
                    "slices": SLICES, "splits": SPLITS},
        "account": {"skipped": "positives in 0 groups; 2 are needed"},
    }  # fmt: skip
    told = {"held_out": held, "worlds": {"first": 2000, "count": 60, "scale": 40000}}
    return Bundle("made-up", {"timing": 1}, {"section": model}, told)


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+\.\d+", "\n".join(x for x in text.splitlines() if x.startswith("|")))


def test_both_languages_state_the_same_figures(bundle: Bundle) -> None:
    made = card_files(bundle)
    zh, en = made["card.zh.md"], made["card.en.md"]
    assert numbers(zh) == numbers(en) and len(numbers(en)) > 20
    assert zh.count("\n## ") == en.count("\n## ") == 11
    for text in (zh, en):
        assert bundle.digest in text and "2000" in text and "2059" in text
        for figure in ("0.988 (0.900)", "0.877 (0.400)", "0.025", "0.903", "0.710", "0.850"):
            assert figure in text
        assert text.index("`like_contest`") < text.index("`fan_ritual`")  # the worst first
        assert "`pod` (0.40)" in text.replace("订单类型", "").replace("kind of order", "")
    assert not re.search(r"[\u4e00-\u9fff]", en)
    assert {n for n in made if n.endswith("svg")} == {
        "reliability.section.en.svg", "reliability.section.zh.svg"
    }  # fmt: skip
    for name in re.findall(r"\]\((.*?)\)", zh + en):
        assert name in made


def test_the_card_says_which_sections_of_a_pool_were_left_out(bundle: Bundle) -> None:
    held = copy.deepcopy(dict(bundle.training))
    assert "another delivered more are not" in card_files(bundle)["card.en.md"]
    held["held_out"]["section"]["splits"] = [{**SPLITS[0], "complete": True}]
    made = card_files(replace(bundle, training=held))
    assert "that kind of pool delivered anything are left out" in made["card.en.md"]
    assert "送达过任何互动" in made["card.zh.md"]


def test_nothing_forbidden_is_said(bundle: Bundle) -> None:
    text = "\n".join(card_files(bundle).values()).lower()
    for word in ("fake", "fraud", "attack", "bot ", "bots", "虚假", "作弊", "水军"):
        assert word not in text


def test_fresh_worlds_stand_by_themselves(bundle: Bundle) -> None:
    figures = {"n_scored": 70, "n_positive": 7, "auc": [0.9123, 0.85, 0.95],
               "recall_at_0.005": None, "calibration_error": None, "brier_skill": 0.5}  # fmt: skip
    fresh = {"section": {**figures, "class": "events", "classes": {"counts": {**figures}}}}
    made = card_files(bundle, fresh)
    assert made["card.en.md"].count("0.912 (0.850–0.950)") == 2
    assert made["card.zh.md"].count("\n## ") == 12


def test_the_same_bundle_has_the_same_card_and_the_golden_one(
    bundle: Bundle, tmp_path: Path
) -> None:
    for stale in ("card.fr.md", "reliability.comment.zh.svg"):
        (tmp_path / stale).write_text("of an earlier bundle", "utf-8")
    written = write_card(bundle, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(written)
    again = card_files(replace(bundle, training=copy.deepcopy(dict(bundle.training))))
    assert {p.name: p.read_text("utf-8") for p in written} == again
    golden = Path(__file__).parent / "golden"
    for name in ("card.en.md", "card.zh.md", "reliability.section.en.svg"):
        expected = (golden / name).read_text("utf-8").replace("DIGEST", bundle.digest)
        assert expected == again[name], f"{name} reads otherwise now; if it should, write it anew"


def test_a_diagram_puts_points_where_they_belong_and_escapes_words() -> None:
    made = reliability_svg("a < b", "x & y", "up", {"<one>": [[0.0, 1.0, 4], [1.0, 0.0, 1]]})
    root = ElementTree.fromstring(made)
    assert "a < b" in "".join(root.itertext()) and "<one>" in "".join(root.itertext())
    marks = [e for e in root.iter() if e.tag.endswith("circle")]
    (x0, y0, r0), (x1, y1, r1) = (
        [float(m.attrib[a]) for a in ("cx", "cy", "r")] for m in marks[:2]
    )
    assert x1 - x0 == 300 and y1 - y0 == 300 and r0 > r1
    assert ElementTree.fromstring(reliability_svg("t", "x", "y", {})) is not None


def test_every_word_has_both_languages() -> None:
    for words in (UNITS, CLASSES, FACETS, LINES):
        for text in words.values():
            assert re.search(r"[\u4e00-\u9fff]", text.zh) and not re.search(
                r"[\u4e00-\u9fff]", text.en
            )
    assert np.unique([t.en for t in LINES.values()]).size == len(LINES)
