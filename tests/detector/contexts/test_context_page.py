"""The page on contexts lists every detector as the code has it, and its lists are clean."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from zhenzan.detector.contexts import KINDS, detectors
from zhenzan.detector.contexts.words import fold, holds, is_phrase

PAGE = Path(__file__).parents[3] / "docs" / "contexts.md"
LISTS = sorted(
    f.name for f in resources.files("zhenzan.detector.contexts").joinpath("lexicon").iterdir()
)


def line(kind: str) -> str:
    detector = next(d for d in detectors() if kind in d.kinds)
    e = KINDS[kind]
    parts = " / ".join(f"{part:g}" for part in (e.timing, e.coengagement, e.template))
    needs = ", ".join(detector.needs)
    return f"| `{kind}` | {e.case} | {detector.sign.en} | {needs} | {parts} |"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_page_has_every_kind(kind: str) -> None:
    assert line(kind) in PAGE.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", LISTS)
def test_every_phrase_of_a_list_is_found_by_it(name: str) -> None:
    text = resources.files("zhenzan.detector.contexts").joinpath("lexicon", name).read_text("utf-8")
    first, *phrases = text.splitlines()
    assert first.startswith("# ") and len(phrases) == len(set(phrases)) >= 5
    for phrase in phrases:
        written = phrase.replace("*", "一").replace("{n}", "12")
        assert holds(fold(f"，{written}。"), name.removesuffix(".txt")), phrase


def test_words_stand_for_themselves_only() -> None:
    assert holds("what a giveaway today", "giveaway_call")
    assert not holds("he is a scripted ripper", "formula")  # rip inside a word
    assert not holds("抽烟有害", "giveaway_call")
    assert is_phrase("已关注求抽 中中中", "giveaway_reply")
    assert not is_phrase("我女儿三岁那年参与过一次这样的比赛", "giveaway_reply")
    assert not is_phrase("!!!", "giveaway_reply") and not is_phrase("", "giveaway_reply")


def test_folding_sees_through_tricks_of_spelling() -> None:
    assert fold("Ｇｉｖｅ\u200baway\u202e  NOW") == "giveaway now"
    assert holds(fold("抽\u200b奖"), "giveaway_call")
    assert fold("\ud800a") == "a" and fold(None) == ""
