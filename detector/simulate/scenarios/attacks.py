"""Families of orders: which quantities, in which shape, from which pools, for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import DELIVERED, Comments
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.orders import QUANTITIES, SMALL_QUANTITIES, Request, fulfil
from zhenzan.detector.simulate.pools import Pool
from zhenzan.detector.simulate.stage import Campaign, Order, Stage
from zhenzan.detector.simulate.texts import ordered_texts

__all__ = ["FAMILIES", "Family", "Market", "run_family"]

SHARE_OF_BUYERS: Final = 0.25
"""Of creators would buy [H]."""
MAX_ORDERS_PER_SECTION: Final = 2
SHARE_IN_PODS: Final = 0.03
MEDIAN_SIZE_RATIO: Final = 2.0
SPREAD_OF_SIZE_RATIO: Final = 1.5
"""Organic likes of the target per like ordered: sections from 2 % to over 80 % bought [H]."""
COMMENTS_PER_LIKE: Final = (0.02, 0.15)
SHARES_PER_LIKE: Final = (0.0, 0.03)
LADDER_LAG_H: Final = (1 / 6, 6.0)
"""Like, then comment, then share (peers.md section 4)."""


@dataclass(frozen=True, slots=True)
class Family:
    """One way of delivering; `late_h` is the mean delay from publication to the order."""

    name: str
    deliveries: tuple[str, ...]
    quantities: tuple[int, ...] = QUANTITIES
    target: str = "section"
    late_h: float = 12.0
    match: float = 0.0
    ladder: bool = False
    paraphrase: bool = False
    on: str = "organic"


FAMILIES: Final = {
    f.name: f
    for f in (
        Family("flash", ("flash",)),
        Family("steps", ("steps",)),
        Family("drip", ("linear", "linear", "constant"), late_h=24.0, match=2.0),
        Family("small", ("flash", "diurnal"), SMALL_QUANTITIES),
        Family("part_time", ("diurnal",), match=4.0),
        Family("curve", ("curve",), late_h=2.0, match=4.0),
        Family("comment_likes", ("flash", "diurnal"), (20, 30, 50, 100), target="comment"),
        Family("ladder", ("diurnal", "flash"), ladder=True, match=2.0),
        Family("texts", ("diurnal",), (20, 25, 30, 50), target="texts"),
        Family("paraphrase", ("diurnal",), (20, 25, 30, 50), target="texts", paraphrase=True),
        Family("mixed", ("diurnal", "flash"), on="push"),
        # A circle of creators who like each other's posts within the hour (hard-negatives.md P4).
        Family("pod", ("hour",), tuple(range(18, 61)), late_h=0.05, on="pod"),
        Family("sabotage", ("flash", "steps"), (200, 300, 500), on="anybody"),
    )
}


class Market:
    """Who buys: hands out target sections of about the wanted size."""

    def __init__(self, stage: Stage) -> None:
        rng = stage.rng("market")
        s = stage.sections
        shuffled = rng.permutation(int(s.creator_rank.max()) + 1)
        n_buyers = max(1, round(SHARE_OF_BUYERS * len(shuffled)))
        n_pods = max(1, round(SHARE_IN_PODS * len(shuffled)))
        buyer, pod = np.zeros((2, len(shuffled)), dtype=bool)
        buyer[shuffled[:n_buyers]] = True
        pod[shuffled[n_buyers : n_buyers + n_pods]] = True
        self._buyer = buyer[s.creator_rank]
        self._pod = pod[s.creator_rank]
        self._stage = stage
        self._orders = np.zeros(len(s), dtype=np.int64)
        self._options: dict[str, NDArray[np.intp]] = {}

    def _candidates(self, on: str) -> NDArray[np.intp]:
        s = self._stage.sections
        if on == "organic":
            chosen = self._buyer & (s.scenario == 0)
        elif on == "anybody":
            chosen = ~self._buyer & ~self._pod & (s.scenario == 0)
        elif on == "pod":
            chosen = self._pod & (s.scenario == 0)
        else:
            chosen = s.scenario == self._stage.scenario(on)
        index = np.flatnonzero(chosen)
        return index[np.argsort(s.size[index], kind="stable")]

    def target(self, rng: np.random.Generator, quantity: int, on: str) -> int | None:
        """A section whose organic size suits an order; None when nobody is left."""
        if on not in self._options:
            self._options[on] = self._candidates(on)
        options = self._options[on]
        options = options[self._orders[options] < MAX_ORDERS_PER_SECTION]
        if not len(options):
            return None
        wanted = quantity * MEDIAN_SIZE_RATIO * rng.lognormal(0.0, SPREAD_OF_SIZE_RATIO)
        place = int(np.searchsorted(self._stage.sections.size[options], wanted))
        near = np.clip(place + rng.integers(-8, 9), 0, len(options) - 1)
        section = int(options[near])
        self._orders[section] += 1
        return section


def _comment_target(
    stage: Stage, rng: np.random.Generator, section: int, by_section: dict[int, NDArray[np.intp]]
) -> int | None:
    rows = by_section.get(section)
    return None if rows is None else int(rng.choice(rows))


def _deliver_texts(
    stage: Stage,
    rng: np.random.Generator,
    pool: Pool,
    family: Family,
    request: Request,
) -> int:
    """Delivers a comment order: workers and times as for likes, texts from one template bank."""
    acts = fulfil(stage, rng, pool, request)
    acts = acts.take(acts.retracted < 0)
    bank = int(rng.integers(0, 4))
    language = int(stage.sections.language[request.section])
    text = ordered_texts(rng, language, bank, len(acts), paraphrase=family.paraphrase)
    block = Comments.make(
        acts.section, acts.account, acts.ts, text,
        pull=0.3, label=DELIVERED, order=acts.order, scenario=request.scenario,
        pack=f"{bank}{'p' if family.paraphrase else ''}",
    )  # fmt: skip
    stage.add_comments(block)
    order: Order = stage.orders[-1]
    order.kind, order.delivered, order.refilled = "comment", len(acts), 0
    return len(acts)


def _ladder(
    stage: Stage, rng: np.random.Generator, pool: Pool, family: Family, likes: Request
) -> int:
    """The comments and shares that follow a like order."""
    done = 0
    placed = likes.placed_ms
    for kind, (low, high) in (("comment", COMMENTS_PER_LIKE), ("share", SHARES_PER_LIKE)):
        placed += rng.uniform(*LADDER_LAG_H) * HOUR_MS
        quantity = round(likes.quantity * rng.uniform(low, high))
        if quantity < 2:
            continue
        request = Request(
            likes.campaign, likes.scenario, likes.section, quantity, "flash", placed,
            kind="like" if kind == "comment" else "share", match=likes.match,
        )  # fmt: skip
        if kind == "comment":
            _deliver_texts(stage, rng, pool, family, request)
        else:
            acts = fulfil(stage, rng, pool, request)
            stage.acts.append(acts)
            done += len(acts)
    return done


def run_family(
    stage: Stage,
    market: Market,
    family: Family,
    pool: Pool,
    budget: int,
    by_section: dict[int, NDArray[np.intp]],
) -> int:
    """Places and delivers orders until about `budget` acts are delivered.

    Args:
        stage: The world.
        market: Who buys.
        family: Of orders.
        pool: Who delivers.
        budget: Delivered acts (comments, where the family delivers texts).
        by_section: Rows of the organic comments of each section, for orders on comments.

    Returns:
        The number delivered.
    """
    rng = stage.rng("family", family.name, pool.name)
    code = stage.scenario(family.name)
    campaign = len(stage.campaigns)
    stage.campaigns.append(Campaign(family.name, pool.name, pool.kind, len(pool.members)))
    limit = max(20, len(pool.members) * 3 // 5)
    quantities = [q for q in family.quantities if q <= max(limit, min(family.quantities))]
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
        comment = -1
        if family.target == "comment":
            found = _comment_target(stage, rng, section, by_section)
            if found is None:
                continue
            comment = found
        placed = stage.sections.published_ms[section] + rng.exponential(family.late_h) * HOUR_MS
        if placed > stage.end_ms - DAY_MS:
            continue
        request = Request(
            campaign, code, section, quantity, str(rng.choice(family.deliveries)), float(placed),
            comment=comment, match=family.match,
        )  # fmt: skip
        if family.target == "texts":
            done += _deliver_texts(stage, rng, pool, family, request)
            continue
        acts = fulfil(stage, rng, pool, request)
        stage.acts.append(acts)
        done += len(acts)
        if family.ladder:
            done += _ladder(stage, rng, pool, family, request)
    return done
