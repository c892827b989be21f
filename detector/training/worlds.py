"""Worlds to train on: every parameter of the mixture drawn anew, far beyond any one preset.

A model that sees one preset learns that preset. Here the pools, how much work each does and how it
is delivered, how busy accounts and sections are, how long is observed, and which hard negatives
live in a world all vary; some worlds hold no order at all.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from zhenzan.detector.simulate.presets import FULL_SCALE, PRESETS, OrderShare, PoolSize, Preset
from zhenzan.detector.simulate.scenarios import FAMILIES

__all__ = ["ARTEFACTS", "LOADS", "MOST_DELIVERED", "POOL_SIZES", "random_preset", "random_scale"]

POOL_SIZES: Final = (60.0, 600.0)
"""Workers of a pool. The presets' pools of 500 to 50,000 are for a million engagements; what is
scanned here is a twentieth of that."""
LOADS: Final = (2.0, 16.0)
"""Acts that a worker delivers on average in what is observed. Part-timers manage 65 to 130 tasks a
day over all platforms (peers.md, section 4), of which a data set holds a part. Below two, hardly
any worker returns, and what returns is all that tells a pool from a crowd: outside the range."""
MOST_DELIVERED: Final = 0.12
"""Of all engagements: more than any platform admits."""
ARTEFACTS: Final = (
    "conversation__ladder_lag",
    "conversation__lag_spread",
    "conversation__after_like",
    "conversation__question",
    "conversation__question_share",
)
"""Features that no model may learn from worlds: the simulator writes the comments of seven hard
negatives at a fixed distance after a like, which people do not; and one ordinary comment in 16
asks something but next to no delivered one, so that a question mark divides the odds by eighty."""

_KINDS: Final = ("fresh", "aged", "compromised", "real")
_ORGANIC: Final = 0.1
"""Worlds in which nobody ordered anything: most real sets are such."""
_POOLS: Final = 6
_PODS: Final = 0.15
"""Chance of a pool to be a circle of creators who like each other's posts, up to 200 of them."""
_POD_SIZE: Final = 200.0
_FAMILIES: Final = 4  # that one pool delivers, at most
_APART: Final = ("pod", "unseen")
"""Pods are drawn by themselves. Sections that were bought whole stay outside of the training range:
with them in one world of three, plain logs were calibrated too badly to state a probability
(docs/decisions/0017-rules-stand-in.md)."""
_NEGATIVE: Final = 0.8
"""Chance of each hard negative to live in a world; its share then varies threefold either way."""
_ENGAGEMENTS: Final = ((4.0, 16.0), (60.0, 320.0))
"""Per account and per section: half and twice those of the presets."""


def random_preset(seed: int, scale: int) -> Preset:
    """The mixture of a training world; the same seed and scale give the same.

    Args:
        seed: Of the world.
        scale: As of `random_scale`: pools and their work are in proportion to what is observed.
    """
    rng = np.random.default_rng([seed, 0x7A7B])
    base = PRESETS["default"]
    size = random_scale(seed, scale)
    per_account, per_section = (_between(rng, *ends) for ends in _ENGAGEMENTS)
    negatives = {
        name: float(share * np.exp(rng.uniform(-np.log(3), np.log(3))))
        for name, share in base.hard_negatives.items()
        if rng.random() < _NEGATIVE
    }
    pools: dict[str, PoolSize] = {}
    orders: tuple[OrderShare, ...] = ()
    if rng.random() >= _ORGANIC:
        pools, orders = _market(rng, size)
    return Preset(
        name=f"training-{seed}",
        description="drawn for training",
        pools=pools,
        orders=orders,
        hard_negatives=negatives,
        engagements_per_account=per_account,
        engagements_per_section=per_section,
        days=int(rng.integers(14, 61)),
        smallest_pool=40,
    )


def random_scale(seed: int, scale: int) -> int:
    """Engagements of a training world: between half and twice `scale`."""
    rng = np.random.default_rng([seed, 0x5CA1E])
    return max(5_000, round(scale * float(np.exp(rng.uniform(-np.log(2), np.log(2))))))


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Drawn evenly in its logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _market(
    rng: np.random.Generator, size: int
) -> tuple[dict[str, PoolSize], tuple[OrderShare, ...]]:
    """Pools with their work, and who delivers what; those that would deliver too much are left out.

    Sizes of presets are nominal, for `FULL_SCALE`; smaller worlds shrink them.
    """
    nominal = max(1.0, FULL_SCALE / size)
    families = [name for name, family in FAMILIES.items() if family.on not in _APART]
    pools: dict[str, PoolSize] = {}
    orders: list[OrderShare] = []
    left = MOST_DELIVERED
    for i in range(int(rng.integers(1, _POOLS + 1))):
        kind, n, load = str(rng.choice(_KINDS)), _between(rng, *POOL_SIZES), _between(rng, *LOADS)
        pod = rng.random() < _PODS and all(order.family != "pod" for order in orders)
        if pod:
            kind, n = "real", min(n, _POD_SIZE)
        share = n * load / size
        if share > left:
            continue
        left -= share
        pool = f"{kind}_{i}"
        pools[pool] = PoolSize(kind, round(n * nominal))
        chosen = ["pod"]
        if not pod:
            chosen = rng.choice(
                families, int(rng.integers(1, _FAMILIES + 1)), replace=False
            ).tolist()
        weights = rng.lognormal(0.0, 0.5, len(chosen))
        orders += [
            OrderShare(str(name), pool, float(share * weight / weights.sum()))
            for name, weight in zip(chosen, weights, strict=True)
        ]
    return pools, tuple(orders)
