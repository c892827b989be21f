"""Slots, rarity, closeness, places and rewordings of templates against slow, obvious versions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.family import Entity, FeatureConfig
from zhenzan.features.template import TemplateFamily
from zhenzan.features.template.analysis import analyse
from zhenzan.features.template.groups import SIMILAR, grouped
from zhenzan.features.template.normal import normal_form
from zhenzan.features.template.similarity import alike, common
from zhenzan.features.template.surprise import MOST_RARITY, is_bare, is_everyday

MINUTE = 60_000


def slow_common(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = row
        row = [0]
        for j, y in enumerate(b):
            row.append(before[j] + 1 if x == y else max(before[j + 1], row[j]))
    return row[-1]


@pytest.mark.parametrize("longest", [3, 63, 64, 65, 130, 300])
def test_common_subsequence_of_any_length(longest):
    rng = np.random.default_rng(longest)
    for letters in ("ab", "支持好看天地玄黄宇宙洪荒abcdefgh"):
        for _ in range(12):
            a, b = (
                "".join(rng.choice(list(letters), rng.integers(1, longest + 1))) for _ in range(2)
            )
            points = np.frombuffer((a + b).encode("utf-32-le"), dtype=np.uint32)
            ends = np.array([0, len(a), len(a) + len(b)], dtype=np.int64)
            slow = slow_common(a, b)
            assert common(points, 0, len(a), len(a), len(a) + len(b)) == slow
            near = 200 * slow >= SIMILAR * (len(a) + len(b))
            assert alike(points, ends, 0, 1, SIMILAR) == (slow if near else -1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("物流很快包装完好客服耐心", "客服耐心物流很快包装完好", True),
        ("very fast delivery, patient support", "patient support, very fast delivery", True),
        ("物流很快包装完好客服耐心", "今天天气不错适合出门散步", False),
        ("物流很快包装完好客服耐心", "物流很快就是东西不太好用呢", False),
    ],
)  # fmt: skip
def test_another_order_is_another_template_of_one_wording(one, other, same):
    other_texts = [f"{chr(0x5200 + i)}{chr(0x6200 + i)}随便说点什么都行{i}" for i in range(50)]
    made = grouped([one, other, *other_texts], np.array([5, 4] + [1] * 50))
    assert made.leader[1] == 1
    assert (made.wording[1] == made.wording[0]) is np.bool_(same)


def written(canonical):
    """The world with every minute known, so that copies come close to each other and far apart."""
    frames = canonical.world(3)
    rng = np.random.default_rng(3)
    extra = []
    for s in (2, 3):
        for k in range(8):
            clauses = ["物流很快", "包装完好", "客服耐心"]
            text = "".join(clauses[i] for i in np.roll(np.arange(3), k % 3))
            extra.append({"section_id": f"s{s}", "account_id": f"pool{k}", "text": text})
    extra += [{"section_id": "s2", "account_id": f"a{k}", "text": t}
              for k, t in enumerate(["👍", "@b", "@b @c", "[doge]"])]  # fmt: skip
    more = pd.DataFrame(extra)
    more["comment_id"] = [f"x{i:03d}" for i in range(len(more))]
    comment = pd.concat([frames["comment"], more], ignore_index=True)
    comment["created_ms"] = canonical.START + rng.integers(0, 600, len(comment)) * MINUTE
    return {**frames, "comment": comment}


def slow_sections(rows: pd.DataFrame, comment: pd.DataFrame, by_section: pd.DataFrame):
    """Figures of sections by counting; `rows` are analysed comments with their forms and times."""
    voices = rows.groupby("section_id").account_id.nunique()
    out = {}
    for section, own in rows.groupby("section_id"):
        if len(own) < 15:
            continue
        usual = own[~own.everyday & ~own.echo.eq(True)]
        gaps, near = 0, 0
        for _, copies in usual.groupby("group_id"):
            first = sorted(copies.groupby("account_id").created_ms.min())
            if len(first) >= 3:
                gaps += len(first) - 1
                near += sum(b - a <= 10 * MINUTE for a, b in pairwise(first))
        used = usual.groupby("group_id").account_id.nunique()
        fixed, entropy = math.nan, math.nan
        if len(used) and used.max() >= 3:
            fixed, entropy = 1.0, 0.0
            for group in used[used == used.max()].index:
                copies = usual[usual.group_id == group]
                leader = copies.leader.iloc[0]
                kept = [slow_common(leader, form) for form in copies.form]
                fixed = min(fixed, sum(kept) / (len(kept) * len(leader)))
                shares = np.array(list(Counter(copies.form).values())) / len(copies)
                bits = float(-(shares * np.log2(shares)).sum())
                entropy = max(entropy, bits / math.log2(len(copies)))
        reworded = 0
        for wording, said in usual.groupby("wording_id"):
            here = said.account_id.nunique()
            others = rows[(rows.wording_id == wording) & (rows.section_id != section)]
            others = others[~others.everyday & ~others.echo.eq(True)]
            elsewhere = others.groupby("section_id").account_id.nunique().sum()
            rate = (elsewhere + 0.5) / (voices.sum() - voices[section] + 5000)
            if here >= 3 and said.group_id.nunique() >= 2 and here / voices[section] >= 5 * rate:
                reworded += len(said)
        texts = comment[comment.section_id == section].text
        out[section] = {
            "fixed_share": fixed, "slot_entropy": entropy,
            "close_share": near / gaps if gaps else math.nan,
            "reworded_share": reworded / len(own),
            "rarity": median(own.rarity),
            "everyday_share": sum(is_everyday(f) for f in own.leader) / len(own),
            "bare_share": sum(not normal_form(t) or is_bare(normal_form(t)) for t in texts)
            / len(texts),
        }  # fmt: skip
    return pd.DataFrame(out).T.sort_index()


def test_figures_of_sections_accounts_and_comments_by_counting(engine, canonical):
    frames = written(canonical)
    tables = canonical.load(engine, frames)
    by_comment, by_section = analyse(engine, tables, FeatureConfig())
    rows = engine.fetch(by_comment).to_pandas()
    sections = engine.fetch(by_section).to_pandas()
    leaders = sections.set_index("template_id").form.to_dict()
    rows = rows.merge(frames["comment"][["comment_id", "text", "created_ms"]], on="comment_id")
    rows["form"] = rows.text.map(normal_form)
    rows["leader"] = rows.group_id.map(leaders)
    made = {
        entity: engine.fetch(relation).to_pandas().set_index(entity.key).sort_index()
        for entity, relation in TemplateFamily().compute(engine, tables, FeatureConfig()).items()
    }
    slow = slow_sections(rows, frames["comment"], sections)
    pd.testing.assert_frame_equal(
        made[Entity.SECTION][slow.columns], slow, check_names=False, check_dtype=False
    )
    assert slow.notna().any().all() and (slow.reworded_share > 0).sum() == 2
    places = defaultdict(lambda: math.nan)
    for _, copies in rows[rows.template_id.notna()].groupby(["section_id", "group_id"]):
        for row in copies.itertuples():
            if len(copies) >= 3:
                before = (copies.created_ms < row.created_ms).sum()
                with_it = (copies.created_ms == row.created_ms).sum() - 1
                places[row.comment_id] = (before + with_it / 2) / (len(copies) - 1)
    of_comments = made[Entity.COMMENT]
    expected = [places[c] for c in of_comments.index]
    np.testing.assert_allclose(of_comments.wave_place, expected)
    own = rows.groupby("account_id").rarity.agg(["median", "size"]).sort_index()
    expected = own["median"].where(own["size"] >= 3)
    np.testing.assert_allclose(made[Entity.ACCOUNT].rarity, expected)


def test_rarity_is_the_rate_elsewhere_in_bits(engine, canonical):
    tables = canonical.load(engine, canonical.world(1))
    rows = engine.fetch(analyse(engine, tables, FeatureConfig())[1]).to_pandas()
    voices = {}
    by_comment = engine.fetch(analyse(engine, tables, FeatureConfig())[0]).to_pandas()
    for section, own in by_comment.groupby("section_id"):
        voices[section] = own.account_id.nunique()
    slow = [
        min(max(-math.log2(r.expected / voices[r.section_id]), 0), MOST_RARITY)
        for r in rows.itertuples()
    ]
    np.testing.assert_allclose(rows.rarity, slow)
    assert rows.rarity[rows.everyday].max() < rows.rarity[~rows.everyday].median()


def test_unknown_times_and_authors_leave_their_figures_unknown(engine, canonical):
    frames = written(canonical)
    frames["comment"] = frames["comment"].assign(created_ms=None, account_id=None)
    made = TemplateFamily().compute(engine, canonical.load(engine, frames), FeatureConfig())
    sections = engine.fetch(made[Entity.SECTION]).to_pandas()
    comments = engine.fetch(made[Entity.COMMENT]).to_pandas()
    assert sections.close_share.isna().all() and comments.wave_place.isna().all()
    assert sections.fixed_share.notna().any() and engine.fetch(made[Entity.ACCOUNT]).num_rows == 0
