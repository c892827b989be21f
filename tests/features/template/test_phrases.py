"""Templates that say one thing are one phrase; a seller's bank is several."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.family import FeatureConfig
from zhenzan.features.template import templates
from zhenzan.features.template.phrases import phrase_leaders


@pytest.mark.parametrize(
    ("forms", "leaders"),
    [
        ([], []),
        (["生日快乐小明", "小明生日快乐小明生日快乐", "祝生日快乐"], [0, 0, 0]),
        (["错的永远是我们", "这个世界没有错错的永远是我们", "写得很到位"], [0, 0, 2]),
        (["五月天", "陈奕迅", "周杰伦"], [0, 1, 2]),
        (["my friend told me about it", "friend told me about this", "fast delivery"], [0, 0, 2]),
        (["a", "a"], [0, 0]),
    ],
)
def test_quotations_are_one_phrase(forms: list[str], leaders: list[int]) -> None:
    assert phrase_leaders(forms) == leaders


def test_many_forms_are_many_phrases() -> None:
    forms = [f"{i:04d}" * 4 for i in range(500)]
    assert phrase_leaders(forms)[400:] == list(range(400, 500))


def talk(n: int, seed: int) -> list[str]:
    """Comments that have nothing in common."""
    rng = np.random.default_rng(seed)
    return ["".join(map(chr, rng.integers(0x4E00, 0x9F00, 9))) for _ in range(n)]


def comments(section: str, texts: list[str]) -> list[dict[str, str]]:
    return [
        {"comment_id": f"{section}{i}", "section_id": section, "account_id": f"{section}a{i}",
         "text": text}
        for i, text in enumerate(texts)
    ]  # fmt: skip


def test_a_bank_in_many_sections_is_not_its_own_background(engine, canonical) -> None:
    """A fifth of the sections got the bank; everyday words are everywhere and do not surprise."""
    bank = ["讲得真清楚良心作者", "干货满满已经收藏转发", "性价比很高值得大家买"]
    rows = []
    for s in range(30):
        ordered = [bank[i % 3] for i in range(24)] if s % 5 == 0 else []
        rows += comments(f"s{s:02d}", [*talk(12, s), "支持", "沙发", "哈哈哈哈", *ordered])
    made = templates(
        engine, canonical.load(engine, {"comment": pd.DataFrame(rows)}), FeatureConfig()
    )
    found = engine.fetch(made).to_pandas()
    surprising = found[found["surprising"].astype(bool)]
    assert set(surprising["section_id"]) == {f"s{s:02d}" for s in range(0, 30, 5)}
    assert (surprising.groupby("section_id").size() == 24).all()
    assert (surprising.groupby("section_id")["phrase_id"].nunique() == 3).all()
    assert found.loc[~found["surprising"].astype(bool), "phrase_id"].isna().all()


def test_what_everybody_says_never_surprises(engine, canonical) -> None:
    candles = comments("s0", ["[蜡烛]"] * 60 + talk(40, 0))
    others = [row for s in range(1, 6) for row in comments(f"s{s}", talk(60, s))]
    frame = pd.DataFrame(candles + others)
    made = templates(engine, canonical.load(engine, {"comment": frame}), FeatureConfig())
    found = engine.fetch(made).to_pandas().set_index("comment_id")
    assert bool(found.loc["s00", "everyday"]) and found.loc["s00", "surprise"] > 20
    assert not found["surprising"].fillna(False).astype(bool).any()
