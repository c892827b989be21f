"""The split of texts by video, on made-up comments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.benchmark.youtube_text import (
    Setting,
    _apart,
    leave_one_video_out,
    read_videos,
    summarize_text,
)
from zhenzan.features.errors import InputError

ASKING = ("check my channel", "subscribe to me", "visit my page", "watch my new video")
PRAISE = ("what a song", "i love the drums", "her voice is great", "best day of summer")


def write(folder: Path, *, informative: bool = True) -> Path:
    rng = np.random.default_rng(3)
    for video in range(3):
        rows = []
        for i in range(60):
            asks = i % 2 == 0
            stock = ASKING if (asks if informative else rng.random() < 0.5) else PRAISE
            words = " ".join(rng.choice(["really", "so", "yes", "ok", "hm"], 3))
            rows.append({"CONTENT": f"{rng.choice(stock)} {words} {i}{video}", "CLASS": int(asks)})
        rows += [
            {"CONTENT": "Check out THIS!!", "CLASS": 1},
            {"CONTENT": "first &amp; last", "CLASS": 0},
        ]
        pd.DataFrame(rows).to_csv(folder / f"v{video}.csv", index=False)
    return folder


def test_what_can_be_told_is_told(tmp_path: Path) -> None:
    found = summarize_text(leave_one_video_out(read_videos(write(tmp_path)), Setting()))
    mean = found.set_index("video").loc["mean"]
    assert mean.auc > 0.95
    assert mean.auc_lo <= mean.auc <= mean.auc_hi


def test_what_cannot_be_told_is_not(tmp_path: Path) -> None:
    comments = read_videos(write(tmp_path, informative=False))
    found = summarize_text(leave_one_video_out(comments, Setting(shape=False)))
    assert 0.3 < found["auc"].iloc[-1] < 0.7


def test_judged_texts_are_never_learnt_from(tmp_path: Path) -> None:
    comments = read_videos(write(tmp_path))
    judged, others = comments[comments.video == "v0"], comments[comments.video != "v0"]
    known = _apart(others, judged, Setting())
    assert not set(known["form"]) & set(judged["form"])
    assert len(known) <= len(others) - 4
    near = _apart(others, judged, Setting(near=True))
    assert not set(near["template"]) & set(judged["template"])
    assert set(near.index) <= set(known.index)


def test_entities_are_undone(tmp_path: Path) -> None:
    assert "first & last" in set(read_videos(write(tmp_path))["shown"])


def test_one_video_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two videos"):
        read_videos(tmp_path)
