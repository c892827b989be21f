"""The bulk of a world: organic acts, drawn and merged a run of sections at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import DELIVERED, Acts, Comments
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.organic import likes_of_comments, organic_counts
from zhenzan.detector.simulate.stage import Stage

__all__ = ["CHUNK", "likes_among", "second_thoughts", "settle", "stream"]

LIKES_OF_COMMENTS: Final = 0.30
SHARES: Final = 0.05
"""Per organic like of a section [H]."""
SHARE_TAKEN_BACK: Final = 0.02
"""Of organic acts: slips of the thumb, tidying up [H]."""
CHUNK: Final = 150_000
"""Expected engagements written at a time: bounds memory, whatever the size of the world."""
PILOT_STEP: Final = 10
SMALLEST_PILOT: Final = 500
"""Every tenth section, at least so many, is drawn once more to learn how many acts get lost."""


def likes_among(engagements: float) -> float:
    """Likes of sections among so many organic engagements."""
    return engagements / (1 + LIKES_OF_COMMENTS + SHARES)


def settle(stage: Stage, comments: Comments, scale: int) -> None:
    """Sets the organic sizes so that the world holds about `scale` engagements.

    Doubles (the same person, the same target) and what falls after the window are lost; a pilot
    over every tenth section tells how many that is.
    """
    extra = Acts.concat(stage.acts)
    planned = len(_merge(stage, extra))
    wanted = max(scale - planned, 0.3 * scale)
    stage.sections.size *= likes_among(wanted) / stage.sections.size.sum()
    rng = stage.rng("pilot")
    # Evenly over sections by size: big ones lose most to doubles.
    step = max(1, min(PILOT_STEP, stage.n_sections // SMALLEST_PILOT))
    by_size = np.argsort(-stage.sections.size, kind="stable")
    chosen = np.sort(by_size[step // 2 :: step])
    rows = np.flatnonzero(np.isin(comments.section, chosen))
    rows = rows[np.argsort(comments.section[rows], kind="stable")]
    extra = extra.take(np.isin(extra.section, chosen))
    organic = _organic_acts(stage, rng, chosen, comments, rows)
    kept = len(_merge(stage, Acts.concat([extra, organic]))) - len(_merge(stage, extra))
    expected = stage.sections.size[chosen].sum() * (1 + LIKES_OF_COMMENTS + SHARES)
    stage.sections.size *= expected / max(kept, 1)


def stream(stage: Stage, comments: Comments) -> Iterator[Acts]:
    """All acts of the world, a run of sections at a time, in order of section and time."""
    extra = Acts.concat(stage.acts)
    extra = extra.take(np.argsort(extra.section, kind="stable"))
    by_section = np.argsort(comments.section, kind="stable")
    ends = np.cumsum(stage.sections.size * (1 + LIKES_OF_COMMENTS + SHARES))
    cuts = np.searchsorted(ends, np.arange(CHUNK, ends[-1] + CHUNK, CHUNK), side="right")
    edges = np.unique(np.r_[0, np.minimum(cuts + 1, stage.n_sections), stage.n_sections])
    for part, (low, high) in enumerate(itertools.pairwise(edges.tolist())):
        left, right = np.searchsorted(extra.section, (low, high))
        mine = by_section[slice(*np.searchsorted(comments.section[by_section], (low, high)))]
        organic = _organic_acts(
            stage, stage.rng("acts", part), np.arange(low, high), comments, mine
        )
        acts = Acts.concat([extra.take(slice(left, right)), organic])
        yield _merge(stage, acts)


def _organic_acts(
    stage: Stage,
    rng: np.random.Generator,
    chosen: NDArray[np.intp],
    comments: Comments,
    rows: NDArray[np.intp],
) -> Acts:
    """Organic likes, likes of comments and shares of the chosen sections (ascending)."""
    s = stage.sections
    blocks = []
    for kind, rate in ((0, 1.0), (1, SHARES)):
        section = np.repeat(chosen, organic_counts(rng, s.size[chosen] * rate))
        account = stage.visitors(rng, section)
        ts = stage.organic_times(rng, section, account)
        blocks.append(Acts.make(section, account, ts, kind=kind, scenario=s.scenario[section]))
    total = np.zeros(stage.n_sections, np.int64)
    total[chosen] = organic_counts(rng, s.size[chosen] * LIKES_OF_COMMENTS)
    home = comments.section[rows]
    liked = likes_of_comments(
        rng, stage.clock, stage.audience, stage.people, rows, home, comments.ts[rows],
        comments.pull[rows], total[home],
    )  # fmt: skip
    liked.scenario = s.scenario[liked.section]
    acts = Acts.concat([*blocks, liked])
    second_thoughts(rng, acts)
    return acts


def second_thoughts(rng: np.random.Generator, acts: Acts) -> None:
    """Lets some people take back what nobody ordered; fills `retracted` in place."""
    changed = (rng.random(len(acts)) < SHARE_TAKEN_BACK) & (acts.label != DELIVERED)
    wait = np.floor(rng.exponential(2.0 * DAY_MS, len(acts))).astype(np.int64)
    acts.retracted = np.where(changed, acts.ts + wait, acts.retracted)


def _merge(stage: Stage, acts: Acts) -> Acts:
    """One like of one target a person: delivered acts stay, doubles and late ones go; sorted."""
    acts = acts.take((acts.ts >= stage.start_ms) & (acts.ts < stage.end_ms))
    acts = acts.take(np.argsort(-acts.label, kind="stable"))
    target = acts.section.astype(np.int64)
    target = np.where(acts.comment >= 0, stage.n_sections + acts.comment, target)
    target += acts.kind.astype(np.int64) * (stage.n_sections + stage.n_comments)
    _, first = np.unique(target * stage.n_accounts + acts.account, return_index=True)
    acts = _recorded(stage, acts.take(first))
    return acts.take(np.lexsort((acts.account, acts.comment, acts.kind, acts.ts, acts.section)))


def _recorded(stage: Stage, acts: Acts) -> Acts:
    """The acts as the platform keeps them: purged, shifted, rounded (H19, H20)."""
    acts.retracted[acts.retracted >= stage.end_ms] = -1
    if stage.purge_ms >= 0:
        gone = stage.purged[acts.account] & (acts.ts < stage.purge_ms)
        gone &= (acts.retracted < 0) | (acts.retracted > stage.purge_ms)
        # Within two hours, each account's likes at one moment.
        moment = stage.purge_ms + acts.account.astype(np.int64) * 7919 % (2 * HOUR_MS)
        acts.retracted = np.where(gone, moment, acts.retracted)
    acts.ts = acts.ts + stage.sections.shift_ms[acts.section]
    width = stage.sections.precision_ms[acts.section]
    acts.precision = np.maximum(width, 0)
    silent = np.maximum(-width, 1).astype(np.int64)
    acts.ts = acts.ts // silent * silent
    return acts
