"""Texts of three videos, each judged from the two others: the target of the text part."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector.benchmark.youtube_text import (
    Setting,
    leave_one_video_out,
    read_videos,
    summarize_text,
)

pytestmark = [pytest.mark.real, pytest.mark.slow]
VIDEOS = Path(__file__).parents[2].parent / "shared/data/youtube"


@pytest.fixture(scope="module")
def comments() -> pd.DataFrame:
    if not VIDEOS.is_dir():
        pytest.skip("no youtube/ beside the checkout")
    return read_videos(VIDEOS)


def test_auc_reaches_its_target_with_duplicates_apart(comments: pd.DataFrame) -> None:
    found = summarize_text(leave_one_video_out(comments, Setting()))
    auc = found.set_index("video")["auc"]
    assert auc["mean"] >= 0.985
    assert auc.min() >= 0.97, "no video is carried by the others"
    assert found["kept_out"].sum() > 0


def test_there_are_duplicates_across_videos(comments: pd.DataFrame) -> None:
    """Were there none, keeping them apart would mean nothing."""
    videos = comments.groupby("form")["video"].nunique()
    assert (videos > 1).sum() >= 5
