"""Runs a family of orders against a pool until its budget is delivered."""

from __future__ import annotations

from typing import Final

import numpy as np
from zhenzan.detector.simulate.acts import DELIVERED, Acts, Comments
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.discussion import TopComments
from zhenzan.detector.simulate.orders import Request, follow_up, fulfil
from zhenzan.detector.simulate.pools import Pool
from zhenzan.detector.simulate.scenarios.families import Family
from zhenzan.detector.simulate.scenarios.market import Market
from zhenzan.detector.simulate.stage import Campaign, Stage
from zhenzan.detector.simulate.texts import ordered_texts

__all__ = ["run_family"]

COMMENTS_PER_LIKE: Final = (0.02, 0.15)
SHARES_PER_LIKE: Final = (0.0, 0.03)
"""What follows a like order in a ladder (peers.md section 4)."""
SHARE_OF_POOL: Final = 0.6
"""No order takes more of its pool than this [H]."""


def _write(stage: Stage, rng: np.random.Generator, family: Family, acts: Acts) -> int:
    """Turns the acts of the last order into comments, with texts of one template bank."""
    acts = acts.take(acts.retracted < 0)
    order = stage.orders[-1]
    bank = int(rng.integers(0, 4))
    language = int(stage.sections.language[order.section])
    text = ordered_texts(rng, language, bank, len(acts), paraphrase=family.paraphrase)
    block = Comments.make(
        acts.section, acts.account, acts.ts, text,
        pull=0.3, label=DELIVERED, order=acts.order, scenario=stage.scenario(family.name),
        pack=f"{bank}{'p' if family.paraphrase else ''}",
    )  # fmt: skip
    stage.add_comments(block)
    order.kind, order.delivered, order.refilled = "comment", len(acts), 0
    return len(acts)


def _ladder(stage: Stage, rng: np.random.Generator, family: Family, likes: Acts) -> int:
    """The comments and shares that some of a like order's workers add; counts the shares."""
    quantity = stage.orders[-1].quantity
    n_comments = round(quantity * rng.uniform(*COMMENTS_PER_LIKE))
    n_shares = round(quantity * rng.uniform(*SHARES_PER_LIKE))
    if not n_comments:
        return 0
    commented = follow_up(stage, rng, likes, n_comments, "like")
    _write(stage, rng, family, commented)
    if not n_shares or not len(commented):
        return 0
    shared = follow_up(stage, rng, commented, n_shares, "share")
    stage.acts.append(shared)
    return len(shared)


def run_family(
    stage: Stage, market: Market, family: Family, pool: Pool, budget: int, comments: TopComments
) -> int:
    """Places and delivers orders until about `budget` acts are delivered.

    Args:
        stage: The world.
        market: Who buys.
        family: Of orders.
        pool: Who delivers.
        budget: Delivered acts (comments, where the family delivers texts).
        comments: The organic comments, for orders on comments.

    Returns:
        The number delivered.
    """
    rng = stage.rng("family", family.name, pool.name)
    stage.scenario(family.name)
    stage.campaigns.append(Campaign(family.name, pool.name, pool.kind, len(pool.members)))
    limit = max(SHARE_OF_POOL * len(pool.members), min(family.quantities))
    quantities = [q for q in family.quantities if q <= limit]
    done = 0
    for _attempt in range(20 * (1 + budget // min(quantities))):
        if budget - done < min(quantities) / 2:
            break
        # The last order is small rather than far beyond the budget, and round all the same.
        open_ = [q for q in quantities if q <= budget - done] or [min(quantities)]
        quantity = int(rng.choice(open_))
        section = market.target(rng, quantity, family.on)
        if section is None:
            break
        request = _request(stage, rng, family, section, quantity, comments)
        if request is None:
            continue
        acts = fulfil(stage, rng, pool, request)
        if family.target == "texts":
            done += _write(stage, rng, family, acts)
            continue
        stage.acts.append(acts)
        done += len(acts)
        if family.ladder:
            done += _ladder(stage, rng, family, acts)
    return done


def _request(
    stage: Stage,
    rng: np.random.Generator,
    family: Family,
    section: int,
    quantity: int,
    comments: TopComments,
) -> Request | None:
    """An order of the last campaign for a section; None where it cannot be placed."""
    comment, after = -1, float(stage.sections.published_ms[section])
    if family.target == "comment":
        if section not in comments:
            return None
        rows, times = comments[section]
        at = int(rng.integers(0, len(rows)))
        comment, after = int(rows[at]), float(times[at])
    placed = after + rng.exponential(family.late_h) * HOUR_MS
    if placed > stage.end_ms - DAY_MS:
        return None
    return Request(
        campaign=len(stage.campaigns) - 1,
        scenario=stage.scenario(family.name),
        section=section,
        quantity=quantity,
        delivery=str(rng.choice(family.deliveries)),
        placed_ms=placed,
        comment=comment,
        match=family.match,
        by_region=bool(rng.random() < 0.5),
    )
