"""Normal forms, groups and surprise against slow, obvious versions and planted packs."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from itertools import combinations
from time import process_time

import numpy as np
import pandas as pd
import pytest
from rapidfuzz import fuzz
from scipy.stats import binom
from zhenzan.features.family import FeatureConfig
from zhenzan.features.template import templates
from zhenzan.features.template.analysis import analyse
from zhenzan.features.template.groups import SIMILAR, group_forms
from zhenzan.features.template.normal import normal_form
from zhenzan.features.template.prompt import echoes, prompt_text
from zhenzan.features.template.surprise import prior_rate, surprise_bits


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (
            ("支持!+1", "支持 +1!!", "支持+1👍", "支持!+1", "<b>支持</b>+1", "支\u200b持+1"),
            "支持+1",
        ),
        (("Day 37", "day 38!", "DAY  4"), "day 0"),
        (("666", "666!", "６６６"), "666"),
        (("扣1", "扣1。"), "扣1"),
        (("扣2",), "扣2"),
        (("哈哈哈哈哈", "哈哈哈哈哈哈哈!"), "哈哈哈"),
        (("回复 @某人:好的", "@某人 好的", "[id12ab|Анна], 好的", "好的//@x: 转"), "好的"),
        (("转发微博", "", "   ", "//@x: y", "@a @b"), ""),
        (("????", "???"), "???"),
        (("[doge]", "[doge]\u200d"), "[doge]"),
        (("今天[doge]不错", "今天 不错😀"), "今天不错"),
        (("Good   JOB!!", "good job"), "good job"),
        (("नमस्ते दोस्त",), "नमस्ते दोस्त"),
    ],
)
def test_normal_forms(texts, form):
    assert {normal_form(text) for text in texts} == {form}


def test_numbers_keep_their_meaning_where_they_are_all_there_is():
    forms = {normal_form(t) for t in ("+1", "+2", "1", "2", "扣1", "扣2", "A1", "111")}
    assert len(forms) >= 7


def slow_groups(forms: list[str], weight: list[int]) -> list[int]:
    order = sorted(range(len(forms)), key=lambda i: (-weight[i], len(forms[i]), forms[i]))
    leader, taken = list(range(len(forms))), set[int]()
    for at, a in enumerate(order):
        if a in taken or len(forms[a]) < 5:
            continue
        for b in order[at + 1 :]:
            if b not in taken and len(forms[b]) >= 5 and fuzz.ratio(forms[a], forms[b]) >= SIMILAR:
                leader[b] = a
                taken.add(b)
    return leader


def pack(seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    words = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜")
    forms = set[str]()
    for _ in range(12):
        base = rng.choice(words, rng.integers(8, 20))
        for _ in range(6):
            edited = base.copy()
            edited[rng.integers(len(base))] = rng.choice(words)
            forms.add("".join(edited))
    for _ in range(150):
        forms.add("".join(rng.choice(words, rng.integers(1, 15))))
    sentence = "the sun went down behind a long row of quiet houses while we walked home"
    english = sentence.split(" ")
    for k in range(20):
        forms.add(" ".join([*english[: k % 5 + 6], str(rng.choice(english))]))
    return sorted(forms)


@pytest.mark.parametrize("seed", range(3))
def test_groups_agree_with_comparing_everything(seed):
    forms = pack(seed)
    weight = np.random.default_rng(seed).integers(1, 5, len(forms))
    fast = group_forms(forms, weight)
    slow = slow_groups(forms, weight.tolist())
    pairs = [(a, b) for a, b in combinations(range(len(forms)), 2) if slow[a] == slow[b]]
    kept = sum(fast[a] == fast[b] for a, b in pairs)
    assert len(pairs) > 100 and kept / len(pairs) > 0.95
    for i, leader in enumerate(fast):  # nothing is grouped that is not alike
        assert i == leader or fuzz.ratio(forms[i], forms[leader]) >= SIMILAR


def test_groups_never_chain():
    start = "abcdefghijklmnopqrst"
    chain = [start]
    for k in range(20):
        chain.append(chain[-1][:k] + chr(0x4E00 + k) + chain[-1][k + 1 :])
    leader = group_forms(chain, np.ones(len(chain), dtype=np.int64))
    assert leader[0] != leader[-1]
    assert len(set(leader.tolist())) >= 3


def test_a_band_shared_by_thousands_stays_cheap():
    forms = [f"这个视频真的太好看了{chr(0x4E00 + i)}{chr(0x5000 + i)}" for i in range(4000)]
    leader = group_forms(forms, np.ones(len(forms), dtype=np.int64))
    assert len(set(leader.tolist())) < 40


def test_bits_are_the_log_likelihood_ratio():
    here, total, elsewhere, everyone = 12, 80, 3, 4000
    prior = 1e-4
    background = (elsewhere + 0.5) / (everyone + 0.5 / prior)
    slow = (binom.logpmf(here, total, here / total) - binom.logpmf(here, total, background)) / (
        math.log(2)
    )
    bits, expected = surprise_bits(
        *(np.array([x]) for x in (here, total, elsewhere, everyone, prior))
    )
    assert bits[0] == pytest.approx(slow) and expected[0] == pytest.approx(background * total)
    less, _ = surprise_bits(*(np.array([x]) for x in (1, 80, 400, 4000, prior)))
    assert less[0] == 0.0


@pytest.mark.parametrize("form", ["哈哈哈", "666", "good", "👍👍👍", "[蜡烛]", "一路走好"])
def test_everyday_phrases_are_expected(form):
    assert prior_rate(form) == 0.03
    assert prior_rate(form) > prior_rate("支持+1") > prior_rate("这个牌子的面霜我用了三年")


@pytest.mark.parametrize(
    ("title", "form", "echo"),
    [
        ("同意的扣1", "1", True),
        ("同意的扣1", "111", True),
        ("同意的扣1", "扣1", True),
        ("同意的扣1", "2", False),
        ("评论区打“想要”就送", "想要", True),
        ("Comment YES below to win", "yes", True),
        ("A yesterday song", "yes", False),
        ("新骗局来了,大家注意", "新骗局来了大家注意转走", True),
        ("今天天气不错", "支持+1", False),
        (None, "扣1", False),
    ],
)
def test_echoes_of_the_prompt(title, form, echo):
    assert echoes(form, prompt_text(title, None)) is echo


def test_many_forms_against_a_prompt_take_little_time():
    prompt = prompt_text("Comment YES below to win", None)
    before = process_time()
    assert not any(echoes(f"form number {n}", prompt) for n in range(10_000))
    between = process_time()
    for n in range(1_000):
        re.compile(rf"\bform number {n}\b")
    # Ten times as many forms as patterns: no pattern is compiled for a form.
    assert between - before < 10 * (process_time() - between) / 3


def slow_caps(users: dict[str, int], everyone: dict[str, set[str]]) -> dict[str, float]:
    """No section counts for the background with three times the usual rate, or two accounts."""
    kept: dict[str, float] = {section: float(n) for section, n in users.items()}
    for _ in range(4):
        rate = sum(kept.values()) / sum(map(len, everyone.values()))
        kept = {s: min(n, max(3 * rate * len(everyone[s]), 2.0)) for s, n in users.items()}
    return kept


def test_figures_agree_with_counting_by_hand(engine, canonical):
    frames = canonical.world(1)
    tables = canonical.load(engine, frames)
    by_comment, by_section = analyse(engine, tables, FeatureConfig())
    got = engine.fetch(by_comment).to_pandas()
    creator = frames["section"].set_index("section_id").creator_id.to_dict()
    group = got.set_index("comment_id").group_id.to_dict()
    comments = frames["comment"].assign(g=frames["comment"].comment_id.map(group))
    people, everyone = defaultdict(set), defaultdict(set)
    for row in comments.itertuples():
        people[row.section_id, row.g].add(row.account_id)
        everyone[row.section_id].add(row.account_id)
    for row in engine.fetch(by_section).to_pylist():
        s, g = row["section_id"], row["template_id"]
        other = [o for o in everyone if creator[o] != creator[s]]
        assert row["n_accounts"] == len(people[s, g])
        assert row["n_elsewhere"] == sum(len(people[o, g]) for o in other)
        kept = slow_caps({o: len(people[o, g]) for o in everyone}, everyone)
        bits, _ = surprise_bits(
            np.array([len(people[s, g])]),
            np.array([len(everyone[s])]),
            np.array([sum(kept[o] for o in other)]),
            np.array([sum(len(everyone[o]) for o in other)]),
            np.array([prior_rate(row["form"])]),
        )
        assert row["surprise"] == pytest.approx(bits[0])


def test_planted_templates_are_found_and_nothing_else(engine, canonical):
    frames = canonical.world(2)
    made = engine.fetch(templates(engine, canonical.load(engine, frames), FeatureConfig()))
    found = made.to_pandas().merge(frames["comment"][["comment_id", "text"]], on="comment_id")
    planted = found.account_id.str.startswith("pool")
    assert found[planted].surprising.astype(bool).all()
    assert not found[~planted].surprising.astype(bool).any()
    assert found[planted & found.text.str.contains("支持")].template_id.nunique() == 1
    assert found[planted & found.text.str.contains("lovely")].template_id.nunique() == 1
    answers = found[(found.section_id == "s5") & found.text.isin(["扣1", "1"])]
    assert answers.echo.all()
    alone = found[found.template_size == 1]
    assert alone.template_id.isna().all() and (alone.surprise <= 20).all()


def test_one_author_who_repeats_himself_is_one_voice(engine, canonical):
    rows = [
        {"comment_id": f"c{i}", "section_id": "s", "account_id": "loud", "text": "买它买它真的好用"}
        for i in range(30)
    ] + [
        {
            "comment_id": f"d{i}",
            "section_id": "s",
            "account_id": f"a{i}",
            "text": f"随便说说{i * 'x'}",
        }
        for i in range(30)
    ]
    made = templates(
        engine, canonical.load(engine, {"comment": pd.DataFrame(rows)}), FeatureConfig()
    )
    loud = engine.fetch(made).to_pandas().query("account_id == 'loud'")
    assert loud.template_id.isna().all() and not loud.surprising.astype(bool).any()


def test_too_few_texts_give_no_surprise(engine, canonical):
    rows = [
        {"comment_id": f"c{i}", "section_id": "s", "account_id": f"a{i}", "text": "支持!+1"}
        for i in range(14)
    ]
    made = templates(
        engine, canonical.load(engine, {"comment": pd.DataFrame(rows)}), FeatureConfig()
    )
    assert engine.fetch(made).to_pandas().surprise.isna().all()
