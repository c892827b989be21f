"""Canonical tables made by hand, and a small world with a planted pool, templates and a prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.features.engine import Engine, Relation
from zhenzan.features.tables import TABLES

START = 1_735_689_600_000  # 2025-01-01, a Wednesday
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WEEK = 7 * DAY
FILLERS: Mapping[str, Mapping[str, Any]] = {
    "engagement": {"kind": "like", "basis": "list_timed", "dataset_id": "d"},
    "comment": {"created_basis": "field", "dataset_id": "d"},
    "section": {"platform": "test", "kind": "post", "dataset_id": "d"},
    "account": {"platform": "test", "id_kind": "native", "dataset_id": "d"},
    "account_snapshot": {"observed_ms": START + 10 * DAY},
    "follow": {"kind": "follow", "dataset_id": "d"},
    "count_snapshot": {"scene": "all", "dataset_id": "d"},
}
Frames = dict[str, pd.DataFrame]


def table(name: str, rows: pd.DataFrame | list[dict[str, Any]]) -> pa.Table:
    """Rows as a full canonical table: absent columns are NULL, engagements get ids."""
    frame = pd.DataFrame(rows)
    for column, value in FILLERS.get(name, {}).items():
        if column not in frame:
            frame[column] = value
    if name == "engagement":
        if "ts_ms" in frame:
            frame["ts_lo_ms"] = frame["ts_hi_ms"] = frame["ts_ms"]
        if "engagement_id" not in frame:
            frame["engagement_id"] = [f"e{i:06d}" for i in range(len(frame))]
    schema = TABLES[name].schema
    columns = [
        pa.Array.from_pandas(frame[f.name], type=f.type)
        if f.name in frame
        else pa.nulls(len(frame), f.type)
        for f in schema
    ]
    return pa.table(columns, schema=schema)


def load(engine: Engine, frames: Mapping[str, pd.DataFrame]) -> dict[str, Relation]:
    """Frames as canonical tables of an engine."""
    return {name: engine.load(name, table(name, frame)) for name, frame in frames.items()}


def world(seed: int = 0) -> Frames:
    """Thirty sections of ten creators, 20 pool accounts in six of them, a prompt in one.

    The pool likes sections 0 to 5 within a quarter of an hour each and writes `支持!+1` and a
    slotted English sentence in sections 0 and 1. Everybody answers `扣1` in section 5, whose
    author asks for it.
    """
    rng = np.random.default_rng(seed)
    likes: list[dict[str, Any]] = []
    comments: list[dict[str, Any]] = []
    sections = [
        {
            "section_id": f"s{s}",
            "creator_id": f"creator{s % 10}",
            "title": "同意的扣1,我看看有多少人" if s == 5 else f"第{s}期 随便聊聊",
            "published_ms": START,
        }
        for s in range(30)
    ]
    for s in range(30):
        likes += _organic_likes(rng, s)
        if s < 14:
            comments += _organic_comments(rng, s)
        if s < 6:
            likes += _pool_likes(rng, s)
        if s < 2:
            comments += _pool_comments(rng, s)
    for k in range(30):
        comments.append(
            {"section_id": "s5", "account_id": f"a{k}", "text": "扣1" if k % 2 else "1"}
        )
    frame = pd.DataFrame(comments)
    frame["comment_id"] = [f"c{i:05d}" for i in range(len(frame))]
    frame["created_ms"] = START + DAY + rng.integers(0, 4 * DAY, len(frame)) // 1000 * 1000
    for t in np.sort(rng.integers(0, 3 * DAY, 40)) // 1000 * 1000:
        likes.append(
            {
                "section_id": "s0",
                "comment_id": "c00000",
                "account_id": f"a{rng.integers(300)}",
                "ts_ms": int(START + t),
            }
        )
    acts = pd.DataFrame(likes).drop_duplicates(["section_id", "comment_id", "account_id"])
    names = sorted(set(acts.account_id) | set(frame.account_id))
    people = np.random.default_rng(seed + 1)  # of its own: acts and texts stay what they were
    accounts, profiles, follows = _profiles(people, names)
    made = {
        "engagement": _marked(people, acts.reset_index(drop=True)),
        "comment": frame,
        "section": pd.DataFrame(sections),
        "account": accounts,
        "account_snapshot": profiles,
        "follow": follows,
        "count_snapshot": _totals(),
    }
    return _conversed(np.random.default_rng(seed + 2), made)


def _totals() -> pd.DataFrame:
    """Likes of section 1, read daily: a quarter of them goes, most of it is filled up again."""
    totals = [100, 160, 120, 150, 152]
    days = START + DAY * np.arange(1, 6)
    return pd.DataFrame(
        {"section_id": "s1", "metric": "like", "observed_ms": days, "value_lo": totals}
    ).assign(value_hi=totals)


def _profiles(
    rng: np.random.Generator, names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Accounts, two rounds of their profiles, and whom they follow.

    The pool was opened within a day, with adjacent ids, one shape of name and empty profiles, and
    some of it is gone at the second round; it follows nobody.
    """
    n = len(names)
    pool = np.array([name.startswith("pool") for name in names])
    age = np.where(pool, 30 * DAY + rng.integers(0, DAY, n), rng.integers(2 * DAY, 2000 * DAY, n))
    order = np.argsort(np.argsort(-age, kind="stable"), kind="stable") + 1
    shapes = np.array(["字字", "字字字", "aaaaa", "aaaa00", "字字0000"])[rng.integers(0, 5, n)]
    account = pd.DataFrame(
        {
            "account_id": names,
            "created_ms": START - age,
            "id_order": order,
            "name_shape": np.where(pool, "aaaa0000", shapes),
        }
    )
    profile = pd.DataFrame(
        {
            "account_id": names,
            "observed_ms": START,
            "followers": np.where(pool, 0, rng.poisson(40, n)),
            "following": np.where(pool, 300, rng.poisson(60, n)),
            "posts": np.where(pool, 0, rng.poisson(5, n)),
            "level": np.where(pool, 1, rng.integers(1, 7, n)),
            "has_avatar": ~pool & (rng.random(n) < 0.9),
            "bio_length": np.where(pool, 0, rng.poisson(3, n)),
            "region": np.where(pool, "云南", "广东"),
        }
    )
    stay = np.where(pool, rng.random(n) < 0.5, rng.random(n) < 0.98)
    again = profile[stay].assign(observed_ms=START + 9 * DAY)
    follow = pd.DataFrame(
        [
            {"source_id": name, "target_id": f"creator{c}", "created_ms": START - DAY}
            for name, pooled in zip(names, pool, strict=True)
            for c in rng.choice(10, 0 if pooled else 2, replace=False)
        ]
    )
    return account, pd.concat([profile, again], ignore_index=True), follow


def _marked(rng: np.random.Generator, acts: pd.DataFrame) -> pd.DataFrame:
    """Engagements with regions, referrers, devices and networks, some of them taken back."""
    n = len(acts)
    pool = acts.account_id.str.startswith("pool").to_numpy()
    home = np.array(["广东", "北京", "江苏"])[rng.integers(0, 3, n)]
    back = rng.random(n) < np.where(pool, 0.4, 0.02)
    delay = rng.integers(DAY, 5 * DAY, n) // 1000 * 1000
    gone = pd.Series(acts.ts_ms + delay).where(back).astype("Int64")
    return acts.assign(
        region=np.where(pool, "云南", home),
        referrer=np.where(pool, "search", np.array(["feed", "share"])[rng.integers(0, 2, n)]),
        device_hash=np.where(pool, "d-pool", "d-" + acts.account_id),
        address_hash=np.where(pool, "x-pool", "x-" + acts.account_id),
        network_hash=np.where(pool, "n-pool", "n-" + pd.Series(rng.integers(0, 40, n)).astype(str)),
        retracted_lo_ms=gone,
        retracted_hi_ms=gone,
    )


def _conversed(rng: np.random.Generator, frames: Frames) -> Frames:
    """Adds answers to earlier comments, question marks, and the likes and shares of the account
    that comments in most sections: it likes first, and shares last.
    """
    comment = frames["comment"].copy()
    n = len(comment)
    comment["text"] = comment.text + np.where(rng.random(n) < 0.2, "?", "")
    comment["by_creator"] = False
    comment["replied_by_creator"] = rng.random(n) < 0.1
    comment["parent_id"] = None
    for _, own in comment.groupby("section_id"):
        order = own.sort_values(["created_ms", "comment_id"]).index
        for j in np.flatnonzero(rng.random(len(order)) < 0.25):
            if j:
                earlier = comment.comment_id[order[rng.integers(j)]]
                comment.loc[order[j], "parent_id"] = earlier
    # One account alone, so that nobody gets a partner by it.
    sections = comment.groupby("account_id").section_id.nunique()
    busiest = sections.sort_index().sort_values(kind="stable").index[-1]
    theirs = comment[comment.account_id == busiest]
    ladder = theirs[["section_id", "account_id"]].assign(comment_id=None)
    before, behind = rng.integers(1, 90, (2, len(theirs))) * MINUTE
    acts = frames["engagement"].assign(kind="like")
    likes = ladder.assign(kind="like", ts_ms=theirs.created_ms - before)
    shares = ladder.assign(kind="share", ts_ms=theirs.created_ms + behind)
    added = pd.concat([acts, likes, shares], ignore_index=True)
    key = ["kind", "section_id", "comment_id", "account_id"]
    return {**frames, "comment": comment, "engagement": added.drop_duplicates(key)}


def _organic_likes(rng: np.random.Generator, s: int) -> list[dict[str, Any]]:
    times = np.sort(rng.exponential(1.5 * DAY, 150)).clip(max=6 * DAY) // 1000 * 1000
    people = rng.choice(3500, 150, replace=False)
    return [
        {"section_id": f"s{s}", "comment_id": None, "account_id": f"a{a}", "ts_ms": int(START + t)}
        for a, t in zip(people, times, strict=True)
    ]


def _pool_likes(rng: np.random.Generator, s: int) -> list[dict[str, Any]]:
    start = START + (s + 1) * DAY // 2 + 3 * HOUR
    times = start + np.arange(20) * 45_000 + rng.integers(0, 4, 20) * 1000
    return [
        {"section_id": f"s{s}", "comment_id": None, "account_id": f"pool{p}", "ts_ms": int(t)}
        for p, t in zip(rng.permutation(20), times, strict=True)
    ]


def _organic_comments(rng: np.random.Generator, s: int) -> list[dict[str, Any]]:
    words = list("天气视频音乐老师作业手机电影朋友城市咖啡周末记得喜欢看到")
    out = []
    for k in range(40):
        text = "哈哈哈哈" if k % 10 == 0 else "".join(rng.choice(words, rng.integers(5, 16)))
        out.append({"section_id": f"s{s}", "account_id": f"a{rng.integers(300)}", "text": text})
    return out


def _pool_comments(rng: np.random.Generator, s: int) -> list[dict[str, Any]]:
    variants = ("支持!+1", "支持 +1", "支持+1👍")
    places = ("Paris", "Lyon", "Nice", "Lille")
    out = []
    for p in range(16):
        text = variants[p % 3] if p < 10 else f"What a lovely report about {places[p % 4]}, thanks"
        out.append({"section_id": f"s{s}", "account_id": f"pool{p}", "text": text})
    return out


def renamed(frames: Frames, new: Callable[[str], str]) -> Frames:
    """The same world under other names of accounts, sections, comments, creators, engagements."""
    columns = (
        "account_id", "section_id", "comment_id", "creator_id", "parent_id", "root_id",
        "source_id", "target_id", "device_hash", "address_hash", "network_hash",
    )  # fmt: skip
    return {
        name: frame.assign(
            **{c: frame[c].map(new, na_action="ignore") for c in columns if c in frame}
        )
        for name, frame in frames.items()
    }


def shifted(frames: Frames, by_ms: int) -> Frames:
    """The same world at another time."""
    return {
        name: frame.assign(**{c: frame[c] + by_ms for c in frame.columns if str(c).endswith("_ms")})
        for name, frame in frames.items()
    }


def shuffled(frames: Frames, seed: int) -> Frames:
    """The same rows in another order."""
    return {
        name: frame.sample(frac=1, random_state=seed).reset_index(drop=True)
        for name, frame in frames.items()
    }
