"""Comments alone and counters alone on real sections: organic life keeps nearly all of its acts.

Weibo: reposts and comments under 848 posts, as comments. VK: comments under pages of media; posts
are not told, so a page's day stands for a section. Bilibili: comments of one video, by nobody
known. Stars: 64 organic repositories, their launches included, as a counter read once a day.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Attribution, attribute

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.exists(), reason=f"no real data at {DATA}"),
]


def run(canonical: ModuleType, frames: dict[str, pd.DataFrame]) -> Attribution:
    with open_engine() as engine:
        return attribute(engine, canonical.load(engine, frames))


def comments(section: pd.Series, account: pd.Series | None, when: pd.Series) -> pd.DataFrame:
    at = pd.to_datetime(when, errors="coerce")
    known = at.notna()
    frame = pd.DataFrame({"section_id": section, "account_id": account})[known]
    frame["created_ms"] = at[known].astype("datetime64[ms]").astype("int64")
    return frame.assign(comment_id=[f"c{i:07d}" for i in range(len(frame))])


def attributed(found: Attribution) -> float:
    acts = found.sections["n_engagements"].to_numpy().sum()
    return float(found.sections["n_purchased"].to_numpy().sum() / acts)


def test_weibo_sections(canonical: ModuleType) -> None:
    """Measured 0.25 %, of which 0.2 % is the background; 0.9 % of the p-values below 0.05."""
    rows = pd.read_parquet(DATA / "weibo_sections" / "reposts.parquet")
    found = run(canonical, {"comment": comments(rows["post"], rows["uid"], rows["date"])})
    assert attributed(found) < 0.005
    p = found.streams["p_value"].drop_null().to_numpy()
    assert len(p) > 800 and (p < 0.05).mean() <= 0.06


def test_vk_comments(canonical: ModuleType) -> None:
    """Measured 0.83 %: regular commenters of the same few pages, and maybe some who are paid.

    Without the floor under propensity 0.52 %: their other comments speak for them, but not for all.
    """
    rows = pd.read_parquet(DATA / "vk" / "comments.parquet")
    day = pd.to_datetime(rows["datetime"]).dt.strftime("%Y%m%d")
    section = rows["page"] + " " + day
    about = pd.DataFrame({"section_id": section, "creator_id": rows["page"]})
    told = comments(section, rows["user_id_hashed"], rows["datetime"])
    found = run(canonical, {"comment": told, "section": about.drop_duplicates("section_id")})
    assert attributed(found) < 0.01
    assert not found.streams["significant"].to_numpy(zero_copy_only=False).any()


def test_bilibili_comments_of_nobody_known(canonical: ModuleType) -> None:
    (path,) = (DATA / "bilibili").glob("*.json")
    rows = pd.DataFrame(json.loads(path.read_text("utf-8")))
    told = comments(pd.Series("v", index=rows.index), None, rows["date"])
    found = run(canonical, {"comment": told})
    assert found.comments.num_rows == len(told) > 20_000 and found.accounts.num_rows == 0
    assert attributed(found) < 0.005


def test_organic_stars_as_daily_counters(canonical: ModuleType) -> None:
    """Measured 0.33 %, and 1.7 % of the p-values below 0.05 (21 % before they are eased)."""
    stars = pd.read_parquet(DATA / "stars" / "stars.parquet")
    stars = stars[stars["origin"] == "organic"]
    at = stars["starred_at"].astype("datetime64[ms, UTC]").astype("int64")
    parts = []
    for repo, times in at.groupby(stars["repo"]):
        days = np.arange(times.min() - 1, times.max() + 86_400_000, 86_400_000)
        value = np.searchsorted(np.sort(times.to_numpy()), days, side="right")
        parts.append(pd.DataFrame({"section_id": repo, "observed_ms": days, "value_lo": value}))
    rows = pd.concat(parts).assign(metric="like", scene="all", dataset_id="d")
    found = run(canonical, {"count_snapshot": rows.assign(value_hi=rows["value_lo"])})
    assert attributed(found) < 0.01
    p = found.streams["p_value"].drop_null().to_numpy()
    assert len(p) > 50 and (p < 0.05).mean() <= 0.08
    assert not found.streams["significant"].to_numpy(zero_copy_only=False).any()
