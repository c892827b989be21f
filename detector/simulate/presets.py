"""Named mixtures of organic life, hard negatives and orders.

A preset is valid only while easy methods fail on it (`validity.py`); it is chosen without looking
at what our own models make of it, and frozen in a commit of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.scenarios import FAMILIES, HARD_NEGATIVES
from zhenzan.features.errors import UsageError

__all__ = ["FULL_SCALE", "PRESETS", "OrderShare", "PoolSize", "Preset", "find_preset"]

FULL_SCALE: Final = 1_000_000
"""Engagements at which pools have their nominal sizes; smaller worlds have smaller pools."""
START_MS: Final = 1_740_960_000_000
"""2025-03-03 00:00 UTC, a Monday."""


@dataclass(frozen=True, slots=True)
class PoolSize:
    """A pool: kind and nominal number of workers."""

    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class OrderShare:
    """Orders of a family from a pool, delivering `share` of all engagements."""

    family: str
    pool: str
    share: float


@dataclass(frozen=True, slots=True)
class Preset:
    """A mixture; shares of sections for hard negatives, shares of engagements for orders."""

    name: str
    description: str
    pools: Mapping[str, PoolSize] = field(default_factory=dict)
    orders: tuple[OrderShare, ...] = ()
    hard_negatives: Mapping[str, float] = field(default_factory=dict)
    engagements_per_account: float = 8.0
    engagements_per_section: float = 140.0
    days: int = 35
    smallest_pool: int = 180
    start_ms: int = START_MS

    @property
    def end_ms(self) -> int:
        """When the observation ends."""
        return self.start_ms + self.days * DAY_MS


_POOLS: Final = {
    "fresh_500": PoolSize("fresh", 500),
    "fresh_500_b": PoolSize("fresh", 500),
    "aged_500": PoolSize("aged", 500),
    "aged_500_b": PoolSize("aged", 500),
    "real_500": PoolSize("real", 500),
    "real_500_b": PoolSize("real", 500),
    "aged_5000": PoolSize("aged", 5_000),
    "compromised_5000": PoolSize("compromised", 5_000),
    "real_5000": PoolSize("real", 5_000),
    "real_50000": PoolSize("real", 50_000),
    "pod_200": PoolSize("real", 200),
}
# Shares of likes add up to 4.5 %: at most one like in twenty is bought (issue 3).
_ORDERS: Final = (
    OrderShare("flash", "fresh_500", 0.0030),
    OrderShare("flash", "aged_5000", 0.0030),
    OrderShare("steps", "aged_500", 0.0020),
    OrderShare("drip", "aged_500_b", 0.0030),
    OrderShare("drip", "compromised_5000", 0.0040),
    OrderShare("small", "fresh_500_b", 0.0020),
    OrderShare("part_time", "real_500", 0.0045),
    OrderShare("part_time", "real_5000", 0.0045),
    OrderShare("part_time", "real_50000", 0.0050),
    OrderShare("curve", "aged_500", 0.0020),
    OrderShare("curve", "compromised_5000", 0.0025),
    OrderShare("comment_likes", "real_500_b", 0.0020),
    OrderShare("ladder", "aged_5000", 0.0025),
    OrderShare("subscription", "compromised_5000", 0.0010),
    OrderShare("mixed", "real_5000", 0.0020),
    OrderShare("sabotage", "aged_5000", 0.0010),
    OrderShare("pod", "pod_200", 0.0008),
    OrderShare("texts", "real_500_b", 0.0008),
    OrderShare("paraphrase", "real_5000", 0.0004),
)
# Shares of sections. At a million engagements each case has 40 sections or more, so that two of a
# hundred can be told from none; together they are a sixth of the world [H].
_NEGATIVES: Final = {
    "giveaway": 0.008,
    "vote_prompt": 0.008,
    "like_contest": 0.008,
    "fan_ritual": 0.021,
    "news": 0.008,
    "push": 0.020,
    "assignment": 0.008,
    "livestream": 0.008,
    "external_link": 0.008,
    "meme": 0.008,
    "formula": 0.008,
    "friends_family": 0.010,
    "featured": 0.008,
    "daily_ritual": 0.006,
    "regional": 0.008,
    "new_users": 0.006,
    "declared_bot": 0.008,
    "commerce_praise": 0.008,
    "measurement_artefact": 0.008,
    "platform_purge": 0.008,
    "advert": 0.008,
}

PRESETS: Final = {
    p.name: p
    for p in (
        Preset(
            "default",
            "organic life, every family of orders, every hard negative; 4-5 % of likes bought",
            _POOLS,
            _ORDERS,
            _NEGATIVES,
        ),
        Preset(
            "demo",
            "a small world that shows something of everything within seconds",
            {
                "fresh_500": PoolSize("fresh", 500),
                "aged_500": PoolSize("aged", 500),
                "real_500": PoolSize("real", 700),
            },
            (
                OrderShare("flash", "fresh_500", 0.014),
                OrderShare("drip", "aged_500", 0.014),
                OrderShare("small", "fresh_500", 0.008),
                OrderShare("part_time", "real_500", 0.016),
                OrderShare("comment_likes", "real_500", 0.006),
                OrderShare("texts", "real_500", 0.006),
            ),
            {name: max(0.008, share) for name, share in _NEGATIVES.items()} | {"fan_ritual": 0.04},
            smallest_pool=150,
        ),
        Preset(
            "organic",
            "organic life and every hard negative, nothing bought",
            hard_negatives=_NEGATIVES,
        ),
    )
}


def find_preset(name: str) -> Preset:
    """A preset by its name, or a world with one hard negative or one family of orders only.

    A hard negative alone gets a twentieth of the sections; a family alone delivers 3 % of the
    engagements, half of them from a pool of 500, half from one of 5,000.

    Raises:
        UsageError: If nothing has that name.
    """
    if name in PRESETS:
        return PRESETS[name]
    if name in HARD_NEGATIVES:
        return Preset(name, f"organic life and {name}", hard_negatives={name: 0.05})
    if name in FAMILIES:
        pools = {key: _POOLS[key] for key in ("real_500", "compromised_5000")}
        family = FAMILIES[name]
        negatives = {family.on: 0.05} if family.on in HARD_NEGATIVES else {}
        orders = tuple(OrderShare(name, pool, 0.015) for pool in pools)
        return Preset(name, f"organic life and {name}", pools, orders, negatives)
    known = sorted([*PRESETS, *HARD_NEGATIVES, *FAMILIES])
    raise UsageError(f"no scenario {name!r}; there are: {', '.join(known)}")
