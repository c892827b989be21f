"""What pool accounts do between orders, to look like anybody."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import Acts, Comments
from zhenzan.detector.simulate.organic import DECAY
from zhenzan.detector.simulate.population import pick
from zhenzan.detector.simulate.stage import Stage

__all__ = ["camouflage"]

PER_DELIVERED: Final = 1.2
"""Organic acts per delivered one: at least half of a bought account's acts must be camouflage
(issue 3, validity of the presets)."""
SHARE_OWN_LIFE: Final = 0.7
"""Of the organic acts expected of an account by its activity are counted on; the rest is margin."""
SHARE_ON_COMMENTS: Final = 0.22
"""As of everybody's acts (`bulk.LIKES_OF_COMMENTS` among all organic ones)."""


def camouflage(
    stage: Stage, delivered: NDArray[np.int64], n_organic: float, comments: Comments
) -> Acts:
    """Organic-looking acts of accounts that delivered, where their own life has too few.

    They like what is popular, posts and comments (FRAUDAR's third camouflage, peers.md section 3;
    hard-negatives.md H22), in the hours in which everybody does.

    Args:
        stage: The world.
        delivered: Delivered acts of each account.
        n_organic: Expected organic acts of the whole world.
        comments: All comments.
    """
    rng = stage.rng("camouflage")
    workers = np.flatnonzero(delivered)
    share = stage.people.activity[workers] / stage.people.activity.sum()
    missing = np.ceil(PER_DELIVERED * delivered[workers]) - SHARE_OWN_LIFE * share * n_organic
    account = np.repeat(workers, rng.poisson(np.maximum(missing, 0)))
    account = rng.permutation(account)
    n_comments = int(SHARE_ON_COMMENTS * len(account)) if len(comments) else 0
    section = np.sort(pick(rng, stage.sections.size, len(account) - n_comments))
    who = account[n_comments:]
    posts = Acts.make(section, who, stage.organic_times(rng, section, who))
    if not n_comments:
        return posts
    return Acts.concat([posts, _on_comments(stage, rng, account[:n_comments], comments)])


def _on_comments(
    stage: Stage, rng: np.random.Generator, account: NDArray[np.intp], comments: Comments
) -> Acts:
    """Likes of popular comments under popular posts."""
    s = stage.sections
    row = pick(rng, comments.pull * s.size[comments.section], len(account))
    section = comments.section[row]
    group = stage.clock.group(s.vertical[section], stage.people.zone[account])
    lag = s.scale_h[section] * ((1.0 - rng.random(len(row))) ** (-1.0 / DECAY) - 1.0)
    ts = stage.clock.advance(comments.ts[row].astype(float), lag, group)
    return Acts.make(section, account, ts, comment=row)
