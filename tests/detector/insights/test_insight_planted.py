"""Planted truth: what was bought moves the raw figure and leaves the genuine one alone."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.detector.insights import Insight, Maker, collect_insights
from zhenzan.detector.insights.active_hours import ActiveHours
from zhenzan.detector.insights.advice import advise
from zhenzan.detector.insights.audience import Levels, Regions, Sources
from zhenzan.detector.insights.bait import Bait
from zhenzan.detector.insights.comment_rate import CommentRate
from zhenzan.detector.insights.conversation import Conversation
from zhenzan.detector.insights.creator_replies import CreatorReplies
from zhenzan.detector.insights.growth import LikeGrowth
from zhenzan.detector.insights.hooks import Hooks, Topics
from zhenzan.detector.insights.keywords import Keywords
from zhenzan.detector.insights.likes_per_comment import LikesPerComment
from zhenzan.detector.insights.reduce import by_label
from zhenzan.detector.insights.reply_first import ReplyFirst
from zhenzan.detector.insights.returning import Returning
from zhenzan.features.engine import open_engine


def only(maker: Maker, known: Any, kind: str = "section", subject: str = "s0") -> Insight:
    found: Insight = next(i for i in maker.make(known) if i.subject == (kind, subject))
    return found


def numbered(n: int, **same: Any) -> list[dict[str, Any]]:
    return [{"account": f"{same.get('section', 's')}u{i}", **same} for i in range(n)]


def reads(section: str, n: int, **more: Any) -> dict[str, Any]:
    return {
        "section": section,
        "metric": "read",
        "observed_ms": 0,
        "value_lo": n,
        "value_hi": n,
        **more,
    }


def test_bought_comments_raise_the_raw_rate_only(world: ModuleType) -> None:
    comments = numbered(40, section="s0") + numbered(60, section="s0", weight=0.0)
    known = world.make_known([{"id": "s0"}], comments, counts=[reads("s0", 2000)])
    told = only(CommentRate(), known)
    assert (told.raw, told.genuine, told.n) == (0.05, 0.02, 2000)
    assert told.sentence is not None
    assert "2%（原始 5%）" in told.sentence.zh and "2% (raw: 5%)" in told.sentence.en


def test_a_rate_is_compared_with_the_creators_own_history_only(world: ModuleType) -> None:
    sections = [{"id": f"s{i}", "creator": "k" if i < 7 else "other"} for i in range(10)]
    comments = [c for i in range(10) for c in numbered(10 + 5 * i, section=f"s{i}")]
    counts = [reads(f"s{i}", 1000) for i in range(10)]
    known = world.make_known(sections, comments, counts=counts)
    told = only(CommentRate(), known, subject="s3")
    assert told.sentence is not None
    assert "median of 6 other sections of the creator is 2.5%" in told.sentence.en
    assert "above 3 of them" in told.sentence.en
    over_all = only(CommentRate(), known, "creator", "k")
    assert over_all.genuine == 0.025 and len(over_all.series[0].rows) == 7


def test_more_than_is_a_bound_and_days_add_up(world: ModuleType) -> None:
    comments = numbered(50, section="s0") + numbered(50, section="s1")
    counts = [reads("s0", 100_001, value_hi=None)]
    counts += [reads("s1", 400, window_s=86_400, observed_ms=k * world.DAY) for k in range(5)]
    counts += [reads("s1", 9999, window_s=86_400, scene="friends")]
    known = world.make_known([{"id": "s0"}, {"id": "s1"}], comments, counts=counts)
    first = only(CommentRate(), known)
    assert first.sentence is not None
    assert "at most" in first.sentence.en and "至多" in first.sentence.zh
    assert only(CommentRate(), known, subject="s1").raw == 50 / 2000


def test_comments_that_the_data_do_not_hold_give_no_rate(world: ModuleType) -> None:
    """None in the data is not none written."""
    known = world.make_known([{"id": "s0"}], counts=[reads("s0", 2000)])
    silent = only(CommentRate(), known).abstained
    assert silent is not None and "how many comments" in silent.en and "多少条留言" in silent.zh
    none = only(CommentRate(), world.make_known([{"id": "s0"}])).abstained
    assert none is not None and none.en.startswith("Not enough data: no reads")
    nine = [{"section": "s0", "ms": world.START + k} for k in range(9)]
    few = only(CommentRate(), world.make_known([{"id": "s0"}], likes=nine)).abstained
    assert few is not None and "9 of at least 20" in few.en


def test_likes_that_were_all_bought_give_no_rate(world: ModuleType) -> None:
    likes = [{"section": "s0", "ms": world.START + k, "p": 1.0} for k in range(500)]
    known = world.make_known([{"id": "s0"}], numbered(30, section="s0"), likes)
    silent = only(CommentRate(), known).abstained
    assert silent is not None and "0 of at least 20 reads or likes look genuine" in silent.en


def test_bought_likes_raise_the_raw_mean_only(world: ModuleType) -> None:
    comments = numbered(10, section="s0", likes=5, genuine=5.0)
    comments += [{"section": "s0", "account": "x", "likes": 500, "genuine": 6.0}]
    known = world.make_known([{"id": "s0"}], comments)
    told = only(LikesPerComment(), known)
    assert told.raw == pytest.approx(550 / 11) and told.genuine == pytest.approx(56 / 11, rel=1e-4)


def test_a_delivery_moves_the_raw_half_and_not_the_genuine_one(world: ModuleType) -> None:
    sections = [{"id": "s0", "published_ms": world.START}]
    organic = [{"section": "s0", "ms": world.START + k * world.HOUR} for k in range(48)]
    bought = [
        {"section": "s0", "ms": world.START + 2 * world.DAY + k, "p": 1.0} for k in range(400)
    ]
    told = only(LikeGrowth(), world.make_known(sections, likes=organic + bought))
    assert told.genuine == pytest.approx(24 * 3600, abs=3600)
    assert told.raw == pytest.approx(48 * 3600, abs=3600)


def test_counts_grow_as_steps(world: ModuleType) -> None:
    counts = [
        {"section": "s0", "metric": "like", "observed_ms": world.START + k * 2 * world.HOUR,
         "value_lo": 100 + (k >= 5) * 80, "value_hi": 100 + (k >= 5) * 80} for k in range(10)
    ]  # fmt: skip
    told = only(LikeGrowth(), world.make_known([{"id": "s0"}], counts=counts))
    assert told.n == 80 and told.raw == 10 * 3600 and told.genuine is None
    assert len(told.series[0].rows) == 10


def test_night_deliveries_do_not_move_the_hours(world: ModuleType) -> None:
    at = world.START + 20 * world.HOUR
    likes = [{"section": "s0", "ms": at + d * world.DAY} for d in range(30)]
    likes += [
        {"section": "s0", "ms": world.START + 3 * world.HOUR + k, "p": 1.0} for k in range(90)
    ]
    told = only(ActiveHours(), world.make_known([{"id": "s0"}], likes=likes))
    assert told.genuine == 1.0 and told.raw == 0.25
    assert told.sentence is not None and "18–21" in told.sentence.en


def test_planted_words_rank_first_and_templates_never(world: ModuleType) -> None:
    plain = ["今天天气不错", "周末出去走走", "更新真快", "一直在看"]
    comments = [
        {"section": f"s{s}", "account": f"u{s}_{i}", "text": plain[i % 4]}
        for s in range(5)
        for i in range(40)
    ]
    comments += [
        {"section": "s0", "account": f"v{i}", "text": f"这个榫卯{plain[i % 4]}"} for i in range(12)
    ]
    comments += [
        {"section": "s0", "account": f"w{i}", "text": "全网最低价", "weight": 0.0}
        for i in range(60)
    ]
    comments += [{"section": "s0", "account": "z", "text": "独此一家"} for _ in range(9)]
    sections = [{"id": f"s{s}"} for s in range(5)]
    told = only(Keywords(), world.make_known(sections, comments))
    words = [row[0] for row in told.series[0].rows]
    assert words[0] == "榫卯"
    assert not {"全网", "最低价", "低价", "独此一家", "一家"} & set(words)


def test_open_questions_are_counted_and_listed(world: ModuleType) -> None:
    comments = [
        {"id": "q1", "section": "s0", "text": "请问在哪里买？", "priority": 0.9},
        {"id": "q2", "section": "s0", "text": "how do you clean it?", "priority": 0.7},
        {"id": "q3", "section": "s0", "text": "几点开门", "priority": 0.0, "answered": True},
        {"id": "q4", "section": "s0", "text": "为什么", "weight": 0.0, "priority": 0.0},
        {"id": "x", "section": "s0", "text": "好看", "priority": 0.2},
        {"id": "o", "section": "s0", "text": "为什么呢？", "by_creator": True},
        {"id": "a", "section": "s0", "text": "在二楼", "parent": "q2", "account": "u"},
    ]
    told = only(ReplyFirst(), world.make_known([{"id": "s0"}], comments))
    assert told.n == 6 and told.raw == 2 and told.genuine == 1
    assert [row[0] for row in told.series[0].rows][:3] == ["q1", "q2", "a"]
    assert [row[4] for row in told.series[0].rows][:2] == [1, 0]


def test_mixes_pool_what_would_point_at_persons(world: ModuleType) -> None:
    comments = numbered(30, section="s0", region="广东") + numbered(2, section="s0", region="西藏")
    comments += numbered(40, section="s0", region="河南", weight=0.0)
    comments += numbered(60, section="s1", region="北京")
    sections = [{"id": "s0", "creator": "k"}, {"id": "s1", "creator": "k"}]
    told = only(Regions(), world.make_known(sections, comments))
    rows = {row[0]: row[1:] for row in told.series[0].rows}
    assert rows["广东"] == (30, 30.0, 0.0) and rows["…"][0] == 2 and "西藏" not in rows
    assert told.sentence is not None and "广东" in told.sentence.zh
    assert told.raw == pytest.approx(30 / 72, rel=1e-4) and told.genuine == pytest.approx(30 / 32)


def test_three_acts_of_one_person_are_no_group(world: ModuleType) -> None:
    comments = numbered(30, section="s0", region="广东")
    comments += numbered(1, section="s0", region="西藏") * 3
    comments += numbered(2, section="s0", region="青海") * 9
    comments += [{"section": "s0", "region": "云南"} for _ in range(3)]  # by who knows whom
    acts = pd.DataFrame(
        {"section": 0, "label": ["西藏", "青海", "海南", "江西"], "n": [5.0, 2.0, 9.0, 9.0],
         "genuine": 2.0, "people": [1.0, 2.0, 2.0, 3.0]}
    )  # fmt: skip
    known = replace(world.make_known([{"id": "s0"}], comments), mixes={"region": acts})
    rows = {row[0]: row[1] for row in only(Regions(), known).series[0].rows}
    assert rows == {"广东": 30, "江西": 9, "云南": 3, "…": 3 + 18 + 5 + 2 + 9}


def test_acts_of_a_label_know_how_many_people_they_are_by() -> None:
    accounts = ["a", "a", "a", "b", None, None]
    acts = pa.table(
        {"engagement_id": [f"e{i}" for i in range(6)], "section_id": ["s"] * 6,
         "account_id": accounts, "region": ["x"] * 3 + ["y"] * 3}
    )  # fmt: skip
    found = pa.table({"engagement_id": ["e0"], "p_purchased": [0.5]})
    with open_engine() as engine:
        loaded = [engine.load(n, t) for n, t in (("t_acts", acts), ("t_found", found))]
        rows = by_label(engine, *loaded, pa.table({"section_id": ["s"]}), "region").to_pylist()
    assert [(r["label"], r["n"], r["people"]) for r in rows] == [("x", 3, 1), ("y", 3, 3)]


def test_levels_count_people_and_sources_count_reads(world: ModuleType) -> None:
    comments = numbered(25, section="s0") * 3
    levels = {f"s0u{i}": 5.0 if i < 20 else 2.0 for i in range(25)}
    counts = [reads("s0", 300, scene="朋友圈"), reads("s0", 100, scene="推荐"), reads("s0", 450)]
    known = world.make_known([{"id": "s0"}], comments, counts=counts, levels=levels)
    assert only(Levels(), known).series[0].rows == (("Lv5", 20, 20.0, None), ("Lv2", 5, 5.0, None))
    assert only(Sources(), known).series[0].rows == (
        ("朋友圈", 300, 300.0, None), ("推荐", 100, 100.0, None),
    )  # fmt: skip


def test_conversation_counts_replies_that_look_genuine(world: ModuleType) -> None:
    comments = [{"id": f"t{i}", "section": "s0"} for i in range(20)]
    comments += [{"section": "s0", "parent": f"t{i}", "weight": float(i >= 10)} for i in range(20)]
    told = only(Conversation(), world.make_known([{"id": "s0"}], comments))
    assert told.raw == 0.5 and told.genuine == pytest.approx(1 / 3, rel=1e-4)


def test_conversation_is_silent_where_the_data_cannot_hold_the_replies(world: ModuleType) -> None:
    def told(top: dict[str, Any], replies: list[dict[str, Any]]) -> Insight:
        tops = [{"id": f"t{i}", "section": "s0"} | top for i in range(30)]
        return only(Conversation(), world.make_known([{"id": "s0"}], tops + replies))

    mine = [{"section": "s0", "parent": f"t{i}", "by_creator": True} for i in range(5)]
    others = [{"section": "s0", "parent": f"t{i}"} for i in range(20)]
    assert told({"reply_count": 0}, []).raw == 0
    assert told({"reply_count": 1}, others + mine + others[:5]).raw == pytest.approx(
        25 / 55, rel=1e-4
    )
    for silent in (
        told({}, []),
        told({"reply_count": 2}, []),
        told({"reply_count": 2}, others),
        told({"reply_count": None}, mine),
    ):
        assert silent.raw is None and silent.n == 0
        assert "complete record of who answers whom" in str(silent.abstained)


def test_a_pool_that_comes_back_is_no_audience(world: ModuleType) -> None:
    sections = [{"id": f"s{i}", "creator": "k"} for i in range(2)]
    comments = [c for i in range(2) for c in numbered(30, section=f"s{i}")]
    comments += [{"section": f"s{i}", "account": f"fan{k}"} for i in range(2) for k in range(10)]
    comments += [
        {"section": f"s{i}", "account": f"pool{k}", "weight": 0.0}
        for i in range(2)
        for k in range(60)
    ]
    told = only(Returning(), world.make_known(sections, comments))
    assert told.raw == 0.7 and told.genuine == 0.25


def test_replies_at_the_edge_of_the_data_are_not_said_to_be_missing(world: ModuleType) -> None:
    start = world.START
    comments = [{"id": f"t{i}", "section": "s0", "ms": start + i * 60_000} for i in range(30)]
    comments += [
        {"section": "s0", "parent": f"t{i}", "by_creator": True, "ms": start + i * 60_000 + 30_000}
        for i in range(29)
    ]
    told = only(CreatorReplies(), world.make_known([{"id": "s0"}], comments))
    assert told.raw is None
    assert "six hours of the first or last comment" in told.abstained.en
    bare = only(CreatorReplies(), world.make_known([{"id": "s0"}], comments[:30]))
    assert "no replies by the creator" in bare.abstained.en


def test_calls_for_reactions_are_named_by_kind(world: ModuleType) -> None:
    sections = [
        {"id": "s0", "title": "同意的扣1，转发给朋友，求三连", "text": "气死人了！不转不是中国人"},
        {"id": "s1", "title": "Smash that like and tag a friend", "text": "Agree or disagree?"},
        {"id": "s2", "title": "三代人的豆腐脑", "text": "A type 1 error, and the liked ones."},
    ]
    known = world.make_known(sections)
    kinds = {
        s: {row[0] for row in only(Bait(), known, subject=s).series[0].rows}
        for s in ("s0", "s1", "s2")
    }
    assert kinds["s0"] == {"vote", "reaction", "share", "rage"}
    assert kinds["s1"] == {"reaction", "tag", "comment"}
    assert kinds["s2"] == set()


def test_titles_that_ask_are_compared_with_those_that_do_not(world: ModuleType) -> None:
    sections = [
        {"id": f"s{i}", "creator": "k", "title": "怎么做木工？" if i < 12 else "木工日记"}
        for i in range(24)
    ]
    comments = [c for i in range(24) for c in numbered(60 if i < 12 else 20, section=f"s{i}")]
    counts = [reads(f"s{i}", 1000) for i in range(24)]
    known = world.make_known(sections, comments, counts=counts)
    hooks = only(Hooks(), known, "creator", "k")
    assert (hooks.n, hooks.genuine, hooks.series[0].rows[0][0]) == (24, 0.06, "question")
    topics = only(Topics(), known, "creator", "k")
    assert [row[0] for row in topics.series[0].rows] == ["日记"]  # 木工 stands in all of them
    hints = advise(("creator", "k"), {"hooks": hooks}).series[0].rows
    assert hints[0][1] == 24 and "3 times" in str(hints[0][3])


def test_no_advice_rests_on_fewer_than_twenty(world: ModuleType) -> None:
    sections = [
        {"id": f"s{i}", "creator": "k", "title": "怎么做？" if i < 5 else "日记"} for i in range(19)
    ]  # fmt: skip
    comments = [
        {**c, "text": "在哪里买？"}
        for i in range(19)
        for c in numbered(19 if i else 5, section=f"s{i}")
    ]
    known = world.make_known(sections, comments, counts=[reads(f"s{i}", 100) for i in range(19)])
    found = [i for i in collect_insights(known) if i.id == "advice@1"]
    assert len(found) == 20
    for insight in found:
        assert all(row[1] >= 20 for series in insight.series for row in series.rows)
