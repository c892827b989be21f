"""What ordinary readers write: comments, replies to them, and creators' answers."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import Comments
from zhenzan.detector.simulate.organic import organic_counts
from zhenzan.detector.simulate.stage import Stage
from zhenzan.detector.simulate.texts import organic_texts, replies

__all__ = ["TopComments", "organic_comments", "top_comments"]

TopComments: TypeAlias = dict[int, tuple[NDArray[np.intp], NDArray[np.int64]]]
"""Rows and times (ms) of comments, by section."""

COMMENTS: Final = 0.06
"""Comments per like of a section [H]."""
SHARE_REPLIES: Final = 0.2
SHARE_ANSWERS: Final = 0.25
"""Of comments are replies, of replies the creator's own [H]."""


def organic_comments(stage: Stage) -> None:
    """Comments of ordinary readers, some of them replies to earlier ones, and creators' answers."""
    rng = stage.rng("comments")
    s = stage.sections
    count = organic_counts(rng, s.size * s.pace * COMMENTS)
    section = np.repeat(np.arange(stage.n_sections), count)
    account = stage.visitors(rng, section)
    ts = stage.organic_times(rng, section, account)
    order = np.lexsort((ts, section))
    section, account, ts = section[order], account[order], ts[order]
    kept = ts < stage.end_ms
    section, account, ts = section[kept], account[kept], ts[kept]
    n = len(section)
    first = np.r_[True, section[1:] != section[:-1]] if n else np.zeros(0, bool)
    start = np.maximum.accumulate(np.where(first, np.arange(n), 0)) if n else np.zeros(0, int)
    top = first | (rng.random(n) >= SHARE_REPLIES)
    # A reply answers the last top-level comment or one before it, never another reply.
    level = np.cumsum(top) - 1
    tops = np.flatnonzero(top)
    oldest = level[start] if n else start
    back = oldest + np.floor((level - oldest + 1) * np.sqrt(rng.random(n))).astype(np.int64)
    parent = np.where(top, -1, tops[np.clip(back, 0, len(tops) - 1)] if n else -1)
    text = np.empty(n, dtype=object)
    text[:] = organic_texts(rng, s.language[section], s.vertical[section])
    text[~top] = replies(rng, s.language[section[~top]], s.vertical[section[~top]])
    answers = ~top & (rng.random(n) < SHARE_ANSWERS)
    account[answers] = s.creator[section[answers]]
    pull = rng.gamma(0.3, 1.0, n) * np.where(top, 1.0, 0.2) + 1e-6
    stage.add_comments(
        Comments.make(
            section, account, ts, text.tolist(),
            pull=pull, parent=np.where(top, -1, parent + stage.n_comments),
        )
    )  # fmt: skip


def top_comments(stage: Stage) -> TopComments:
    """The top-level organic comments so far, by section."""
    everything = Comments.concat(stage.comments)
    rows = np.flatnonzero((everything.scenario == 0) & (everything.parent < 0))
    rows = rows[np.argsort(everything.section[rows], kind="stable")]
    section = everything.section[rows]
    edges = np.flatnonzero(np.r_[True, section[1:] != section[:-1]]) if len(rows) else rows
    parts = np.split(rows, edges[1:]) if len(rows) else []
    return {
        int(section[edge]): (part, everything.ts[part])
        for edge, part in zip(edges, parts, strict=True)
    }
