"""Threads and ladders against slow, obvious versions, and planted truth."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from statistics import median

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.conversation import ConversationFamily
from zhenzan.features.family import Entity, FeatureConfig

CONFIG = FeatureConfig()
ASKS = ("?", "？", "吗", "怎么", "为什么", "请问")
DAY = 86_400_000


def computed(engine, canonical, frames, entity):
    made = ConversationFamily().compute(engine, canonical.load(engine, frames), CONFIG)
    return engine.fetch(made[entity]).to_pandas().set_index(entity.key).sort_index()


def conversation(canonical, seed):
    """The world with depths unknown, some creators' comments, deeper replies and names unknown."""
    frames = canonical.world(seed)
    rng = np.random.default_rng(seed)
    comment = frames["comment"].copy()
    n = len(comment)
    comment["by_creator"] = rng.random(n) < 0.05
    comment["account_id"] = comment.account_id.where(rng.random(n) > 0.05, None)
    comment["text"] = comment.text.where(rng.random(n) > 0.1, "@a " + comment.text)
    comment["created_precision_s"] = np.where(rng.random(n) < 0.05, 86_400, 1)
    comment["reply_count"] = pd.Series(rng.integers(0, 3, n), dtype="Int64").where(
        rng.random(n) < 0.1
    )
    for _, own in comment[comment.parent_id.notna()].groupby("section_id"):
        answered = comment.set_index("comment_id").account_id
        for i in own.index[:6]:  # whom one answers answers back
            back = comment[(comment.section_id == own.section_id.iloc[0])].index[0]
            comment.loc[back, "parent_id"] = own.comment_id[i]
            comment.loc[back, "account_id"] = answered[own.parent_id[i]]
    busy = comment.groupby("account_id").section_id.nunique().sort_index().nlargest(6).index
    theirs = comment[comment.account_id.isin(busy)]
    lead = rng.normal(30, 30, len(theirs)).round() * 60_000
    likes = theirs[["section_id", "account_id"]].assign(
        kind="like", comment_id=None, ts_ms=(theirs.created_ms - lead).astype("int64")
    )
    shares = likes.assign(kind="share", ts_ms=likes.ts_ms + 3_600_000)
    acts = pd.concat([frames["engagement"], likes, shares[::2]], ignore_index=True)
    return {**frames, "comment": comment, "engagement": acts}


def rows_of(frames):
    """A dictionary a comment, with its answers."""
    comment = frames["comment"].astype(object).where(frames["comment"].notna(), None)
    rows = comment.to_dict("records")
    by_id = {r["comment_id"]: r for r in rows}
    for r in rows:
        r["at"] = r["created_ms"] if r["created_precision_s"] <= 600 else None
        r["asks"] = any(word in r["text"] for word in ASKS)
        r["up"] = by_id.get(r["parent_id"])
        r["down"] = []
    for r in rows:
        if r["up"]:
            r["up"]["down"].append(r)
            r["depth"] = 2 if r["up"]["parent_id"] else 1
        else:
            r["depth"] = 0
    for r in rows:
        others = [d for d in r["down"] if d["account_id"] is None or r["account_id"] is None
                  or d["account_id"] != r["account_id"]]  # fmt: skip
        r["answers"] = max(len(others), r["reply_count"] or 0)
        waits = [d["at"] - r["at"] for d in others
                 if d["at"] is not None and r["at"] is not None and d["at"] >= r["at"]]  # fmt: skip
        r["wait"] = min(waits) / 1e3 if waits else None
        r["creator"] = r["replied_by_creator"] or any(d["by_creator"] for d in r["down"])
    return rows


def share(part, whole, least=1):
    return len(part) / len(whole) if len(whole) >= least else math.nan


def middle(values, least=1):
    known = [v for v in values if v is not None]
    return median(known) if len(known) >= least else math.nan


def slow_threads(rows):
    out = {}
    for section in {r["section_id"] for r in rows}:
        own = [r for r in rows if r["section_id"] == section and not r["by_creator"]]
        if len(own) < 15:
            continue
        replies, top = [r for r in own if r["depth"]], [r for r in own if not r["depth"]]
        under = Counter(r["parent_id"] for r in replies)
        asked = [r for r in own if r["asks"]]
        said = [(r["account_id"], r["up"]["account_id"]) for r in replies]
        said = [(a, b) for a, b in said if a and b and a != b]
        out[section] = {
            "reply_share": share(replies, own),
            "reply_depth": sum(r["depth"] for r in replies) / len(replies),
            "thread_share": max(under.values()) / len(replies) if len(replies) >= 5 else math.nan,
            "answered_share": share([r for r in top if r["answers"]], top),
            "creator_reply_share": share([r for r in top if r["creator"]], top),
            "reply_latency": middle([r["wait"] for r in own]),
            "exchange_share": share([p for p in said if p[::-1] in said], said, 5),
            "addressed_share": share([r for r in own if "@" in r["text"]], own),
            "question_share": share(asked, own),
            "question_answered_share": share([r for r in asked if r["answers"]], asked, 5),
        }
    return pd.DataFrame(out).T.sort_index()


@pytest.mark.parametrize("seed", [4, 5])
def test_threads_agree_with_counting_by_hand(engine, canonical, seed):
    frames = conversation(canonical, seed)
    rows = rows_of(frames)
    slow = slow_threads(rows)
    fast = computed(engine, canonical, frames, Entity.SECTION)
    pd.testing.assert_frame_equal(fast.loc[slow.index, slow.columns], slow, check_names=False)
    assert slow.notna().sum().min() > 5 and (slow.exchange_share > 0).any()
    of_comments = computed(engine, canonical, frames, Entity.COMMENT)
    by_id = {r["comment_id"]: r for r in rows}
    for comment, row in of_comments.iterrows():
        slow_row = by_id[comment]
        assert (row.depth, row.n_answers) == (slow_row["depth"], slow_row["answers"])
        assert row.question == slow_row["asks"]
        wait = math.nan if slow_row["wait"] is None else slow_row["wait"]
        np.testing.assert_equal(row.reply_latency, wait)
    of_accounts = computed(engine, canonical, frames, Entity.ACCOUNT)
    for account in of_accounts.index:
        own = [r for r in rows if r["account_id"] == account and not r["by_creator"]]
        top = [r for r in own if not r["depth"]]
        expected = (share([r for r in own if r["depth"]], own, 3),
                    share([r for r in top if r["answers"]], top, 3))  # fmt: skip
        found = of_accounts.loc[account, ["reply_share", "answered_share"]]
        np.testing.assert_allclose(found.to_numpy(), expected)


def ladders_of(frames, rows):
    """First times by section and account, of those that comment or share; None if not exact."""
    acts = frames["engagement"]
    acts = acts[acts.comment_id.isna()]
    made = {}
    for r in rows:
        if r["account_id"] and not r["by_creator"]:
            own = made.setdefault((r["section_id"], r["account_id"]), {})
            own.setdefault("comment", []).append(r["at"])
    for kind in ("share", "like"):
        for e in acts[acts.kind == kind].itertuples():
            key = (e.section_id, e.account_id)
            if kind == "share":
                made.setdefault(key, {})
            if key in made:
                made[key].setdefault(kind, []).append(e.ts_ms)
    known = {kind: set(acts[acts.kind == kind].section_id) for kind in ("like", "share")}
    first = {
        key: {k: min((t for t in v if t is not None), default=None) for k, v in own.items()}
        for key, own in made.items()
    }
    return first, known


def slow_ladder(own, known, least):
    """`own`: (section, first times) of one section or one account."""
    wrote = [f for s, f in own if "comment" in f and s in known["like"]]
    seen = [f for s, f in own if s in known["like"] and s in known["share"]]
    steps = {}
    lags = []
    for _, f in own:
        for pair in combinations(("like", "comment", "share"), 2):
            a, b = (f.get(kind) for kind in pair)
            if a is not None and b is not None and a != b:
                steps.setdefault(pair, []).append(a < b)
                if pair == ("like", "comment") and a < b:
                    lags.append((b - a) / 1e3)
    n = sum(map(len, steps.values()))
    fixed = sum(max(sum(s), len(s) - sum(s)) for s in steps.values())
    quartiles = np.quantile(np.log1p(lags), [0.25, 0.75]) if len(lags) >= 5 else [0, math.nan]
    return {
        "liked_share": share([f for f in wrote if "like" in f], wrote, least),
        "ladder_share": share([f for f in seen if len(f) == 3], seen, least),
        "order_fixedness": fixed / n if n >= 5 else math.nan,
        "ladder_lag": middle(lags, 5),
        "lag_spread": quartiles[1] - quartiles[0],
    }


@pytest.mark.parametrize("seed", [4])
def test_ladders_agree_with_counting_by_hand(engine, canonical, seed):
    frames = conversation(canonical, seed)
    rows = rows_of(frames)
    first, known = ladders_of(frames, rows)
    for entity, at, least in ((Entity.SECTION, 0, 15), (Entity.ACCOUNT, 1, 3)):
        fast = computed(engine, canonical, frames, entity)
        own = {}
        for key, times in first.items():
            own.setdefault(key[at], []).append((key[0], times))
        slow = pd.DataFrame(
            {name: slow_ladder(each, known, least) for name, each in own.items()}
        ).T.sort_index()
        pd.testing.assert_frame_equal(fast.loc[slow.index, slow.columns], slow, check_names=False)
        assert slow.notna().any().all() and (slow.ladder_share > 0).any()
    lags = {
        r["comment_id"]: (r["at"] - first[r["section_id"], r["account_id"]]["like"]) / 1e3
        for r in rows
        if r["account_id"] and not r["by_creator"] and r["at"] is not None
        and first[r["section_id"], r["account_id"]].get("like") is not None
    }  # fmt: skip
    found = computed(engine, canonical, frames, Entity.COMMENT).after_like.dropna()
    assert found.to_dict() == pytest.approx(lags) and len(lags) > 10


def test_likes_of_each_comment_against_the_creators_other_sections(engine, canonical):
    frames = canonical.world(6)
    frames["engagement"] = frames["engagement"].drop(
        frames["engagement"].query("section_id == 's3'").index[5:]
    )
    acts, comment = frames["engagement"], frames["comment"]
    ratio = {}
    for row in frames["section"].itertuples():
        likes = acts[(acts.section_id == row.section_id) & acts.comment_id.isna()]
        likes = likes[likes.kind == "like"]
        within = (likes.ts_ms < row.published_ms + 3 * DAY).sum()
        if within >= CONFIG.min_likes:
            own = comment[comment.section_id == row.section_id]
            said = (own.created_ms < row.published_ms + 3 * DAY).sum()
            ratio.setdefault(row.creator_id, {})[row.section_id] = math.log(
                (within + 0.5) / (said + 0.5)
            )
    slow = {}
    for own in ratio.values():
        for section, value in own.items():
            others = [v for s, v in own.items() if s != section]
            if len(others) >= 2:
                slow[section] = value - median(others)
    found = computed(engine, canonical, frames, Entity.SECTION).like_comment_excess.dropna()
    assert found.to_dict() == pytest.approx(slow)
    assert len(slow) == 27, "of the creator whose section has five likes, two others are too few"


def test_without_replies_names_or_exact_times_nothing_is_said(engine, canonical):
    frames = canonical.world(1)
    bare = frames["comment"].drop(columns=["parent_id", "by_creator", "replied_by_creator"])
    likes = frames["engagement"].assign(account_id=None)
    late = {"comment": bare.assign(created_precision_s=86_400), "engagement": likes}
    found = computed(engine, canonical, {**frames, **late}, Entity.SECTION)
    assert found.question_share.notna().any()
    silent = found.drop(columns=["question_share", "addressed_share"])
    assert silent.isna().all().all(), silent.columns[silent.notna().any()]


def test_a_planted_ladder_is_found_and_said(engine, canonical):
    rng = np.random.default_rng(0)
    start, comments, likes = canonical.START, [], []
    for s in range(6):
        for k in range(30):
            at = start + int(rng.integers(DAY))
            who = {"section_id": f"s{s}", "account_id": f"{'w' if s == 0 else 'a'}{s}-{k}"}
            comments.append({**who, "comment_id": f"c{s}-{k:02d}", "text": "x", "created_ms": at})
            climbs = s == 0 or k % 6 == 0
            lag = 60_000 * (10 + int(rng.integers(2))) if s == 0 else int(rng.normal(0, DAY))
            if climbs:
                likes.append({**who, "ts_ms": at - lag})
    frames = {"comment": pd.DataFrame(comments), "engagement": pd.DataFrame(likes)}
    found = computed(engine, canonical, frames, Entity.SECTION)
    assert found.liked_share["s0"] == 1 and (found.liked_share[1:] < 0.2).all()
    assert found.order_fixedness["s0"] == 1 and found.lag_spread["s0"] < 0.1
    tables = canonical.load(engine, frames)
    said = list(ConversationFamily().explain(engine, tables, {Entity.SECTION: list(found.index)}))
    assert [e.subject for e in said] == [("section", "s0")]
    assert said[0].observed == 30 and said[0].expected < 6 and len(said[0].refs) == 30
    assert "30 of 30 commenting accounts had liked first" in said[0].statement.en


def test_ids_alone_do_not_split_threads_of_other_sections(engine, canonical):
    """A parent in another section is no parent."""
    rows = [
        {"comment_id": f"{s}{k}", "section_id": s, "account_id": f"a{k}", "text": "x",
         "created_ms": canonical.START + k, "parent_id": "b0" if s == "a" and k == 1 else None}
        for s in "ab" for k in range(20)
    ]  # fmt: skip
    frames = {"comment": pd.DataFrame(rows)}
    assert computed(engine, canonical, frames, Entity.COMMENT).n_answers["b0"] != 1
    found = computed(engine, canonical, frames, Entity.SECTION)
    assert found.reply_share["a"] == 1 / 20 and math.isnan(found.reply_share["b"])
