"""Families on real data beside the checkout: what they find in a known ring, and what in the wild.

Bounds are loose on purpose: they catch a family that breaks, and are no tuning target.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from zhenzan.features.coengagement import CoengagementFamily
from zhenzan.features.family import Entity, FeatureConfig
from zhenzan.features.template import templates
from zhenzan.features.timing import TimingFamily

pytestmark = pytest.mark.real
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} beside the checkout")
    return path


@pytest.fixture(scope="module")
def stars() -> pd.DataFrame:
    frame = pd.read_parquet(real("stars/stars.parquet"))
    return frame.assign(ms=frame.starred_at.astype("datetime64[ms, UTC]").astype("int64"))


def star_tables(engine, canonical, stars):
    acts = pd.DataFrame(
        {
            "section_id": stars.repo,
            "account_id": stars.actor,
            "ts_lo_ms": stars.ms,
            "ts_hi_ms": stars.ms,
            "kind": "star",
        }
    )
    sections = stars.drop_duplicates("repo")
    sections = pd.DataFrame({"section_id": sections.repo, "creator_id": sections.owner})
    return canonical.load(engine, {"engagement": acts, "section": sections})


def by_origin(engine, relation, stars, entity):
    column = {Entity.SECTION: "repo", Entity.ACCOUNT: "actor"}[entity]
    ring = stars.origin.ne("organic").groupby(stars[column]).mean() > 0.5
    frame = engine.fetch(relation).to_pandas().set_index(entity.key)
    known = ring.reindex(frame.index)
    return frame[known], frame[~known]


def test_partners_of_a_known_ring(engine, canonical, stars):
    made = CoengagementFamily().compute(
        engine, star_tables(engine, canonical, stars), FeatureConfig()
    )
    ring, organic = by_origin(engine, made[Entity.SECTION], stars, Entity.SECTION)
    assert ring.partner_share.median() > 0.9
    assert organic.partner_share.mean() < 0.03 and (organic.partner_share > 0.2).sum() == 0
    ring, organic = by_origin(engine, made[Entity.ACCOUNT], stars, Entity.ACCOUNT)
    assert (ring.partners > 0).mean() > 0.9 and (organic.partners > 0).mean() < 0.01


def test_timing_of_a_known_ring(engine, canonical, stars):
    made = TimingFamily().compute(engine, star_tables(engine, canonical, stars), FeatureConfig())
    ring, organic = by_origin(engine, made[Entity.SECTION], stars, Entity.SECTION)
    assert ring.densest_share.median() > 4 * organic.densest_share.median()
    assert ring.even_share.median() > organic.even_share.quantile(0.9)
    assert organic.gap_cv.quantile(0.05) > 0.5, "organic runs are no timers"


def template_shares(engine, canonical, comments: pd.DataFrame, creators: bool) -> pd.Series:
    comments = comments[comments.text.fillna("") != ""].reset_index(drop=True)
    comments["comment_id"] = [f"c{i}" for i in range(len(comments))]
    frames = {"comment": comments}
    if creators:
        ids = comments.section_id.unique()
        frames["section"] = pd.DataFrame({"section_id": ids, "creator_id": ids})
    made = templates(engine, canonical.load(engine, frames), FeatureConfig())
    frame = engine.fetch(made).to_pandas().dropna(subset=["surprise"])
    return frame.surprising.astype(float).groupby(frame.section_id).mean()


def test_templates_under_media_pages(engine, canonical):
    rows = pd.read_parquet(real("vk/comments.parquet"))
    comments = pd.DataFrame(
        {"section_id": rows.page, "account_id": rows.user_id_hashed, "text": rows.text}
    )
    shares = template_shares(engine, canonical, comments, creators=True)
    assert len(shares) > 10 and shares.max() < 0.02


def test_templates_under_a_popular_video(engine, canonical):
    rows = json.loads(next(real("bilibili").glob("*.json")).read_text("utf-8"))
    comments = pd.DataFrame({"section_id": "v", "account_id": None, "text": rows["text"]})
    shares = template_shares(engine, canonical, comments, creators=False)
    assert shares.max() < 0.15, "lyrics and congratulations repeat, most comments do not"


def test_templates_under_reposted_posts(engine, canonical):
    rows = pd.read_parquet(real("weibo_sections/reposts.parquet")).head(60_000)
    comments = pd.DataFrame({"section_id": rows.post, "account_id": rows.uid, "text": rows.text})
    shares = template_shares(engine, canonical, comments, creators=False)
    assert shares.median() < 0.05 and (shares > 0.3).mean() < 0.1


def test_spam_of_one_video_is_a_template(engine, canonical):
    files = sorted(real("youtube").glob("*.csv"))
    rows = pd.concat([pd.read_csv(f).assign(section_id=f.stem) for f in files])
    comments = pd.DataFrame(
        {"section_id": rows.section_id, "account_id": rows.AUTHOR, "text": rows.CONTENT}
    ).reset_index(drop=True)
    comments["comment_id"] = [f"c{i}" for i in range(len(comments))]
    made = templates(engine, canonical.load(engine, {"comment": comments}), FeatureConfig())
    frame = engine.fetch(made).to_pandas().set_index("comment_id")
    spam = pd.Series(rows.CLASS.to_numpy(), index=comments.comment_id).reindex(frame.index)
    assert spam[frame.surprising.astype(bool)].mean() > 0.9
