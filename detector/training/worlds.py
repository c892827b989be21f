"""Worlds to train on: every parameter of the mixture drawn anew, far beyond any one preset.

A model that sees one preset learns that preset. Here the number of orders, who delivers them and
how, how busy accounts and sections are, how long is observed, and which hard negatives live in a
world all vary; some worlds hold no order at all.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from zhenzan.detector.simulate.presets import PRESETS, OrderShare, PoolSize, Preset
from zhenzan.detector.simulate.scenarios import FAMILIES

__all__ = ["random_preset", "random_scale"]

_KINDS: Final = ("fresh", "aged", "compromised", "real")
_ORGANIC: Final = 0.1
"""Worlds in which nobody ordered anything: most real sets are such."""
_SHARE: Final = (0.002, 0.12)
"""Of all engagements that are delivered: from one order to more than any platform admits, so that
what is met lies between. Drawn evenly in its logarithm."""
_NEGATIVE: Final = 0.8
"""Chance of each hard negative to live in a world; its share then varies threefold either way."""
_ENGAGEMENTS: Final = ((4.0, 16.0), (60.0, 320.0))
"""Per account and per section: half and twice those of the presets."""


def random_preset(seed: int) -> Preset:
    """The mixture of a training world; the same seed gives the same."""
    rng = np.random.default_rng([seed, 0x7A7A])
    base = PRESETS["default"]
    per_account, per_section = (float(np.exp(rng.uniform(*np.log(r)))) for r in _ENGAGEMENTS)
    negatives = {
        name: float(share * np.exp(rng.uniform(-np.log(3), np.log(3))))
        for name, share in base.hard_negatives.items()
        if rng.random() < _NEGATIVE
    }
    pools = {
        f"{kind}_{i}": PoolSize(kind, int(np.exp(rng.uniform(np.log(400), np.log(40_000)))))
        for i, kind in enumerate(rng.choice(_KINDS, int(rng.integers(2, 7))).tolist())
    }
    pools["pod_0"] = PoolSize("real", 200)
    orders: tuple[OrderShare, ...] = ()
    if rng.random() >= _ORGANIC:
        orders = _orders(rng, [name for name in pools if name != "pod_0"])
    return Preset(
        name=f"training-{seed}",
        description="drawn for training",
        pools=pools if orders else {},
        orders=orders,
        hard_negatives=negatives,
        engagements_per_account=per_account,
        engagements_per_section=per_section,
        days=int(rng.integers(14, 61)),
        smallest_pool=int(rng.integers(60, 401)),
    )


def random_scale(seed: int, scale: int) -> int:
    """Engagements of a training world: between half and twice `scale`."""
    rng = np.random.default_rng([seed, 0x5CA1E])
    return max(5_000, round(scale * float(np.exp(rng.uniform(-np.log(2), np.log(2))))))


def _orders(rng: np.random.Generator, pools: list[str]) -> tuple[OrderShare, ...]:
    """Families of orders with their pools; shares of a lognormal spread add up to the drawn one."""
    names = list(FAMILIES)
    chosen = rng.choice(names, int(rng.integers(3, len(names) + 1)), replace=False).tolist()
    total = float(np.exp(rng.uniform(*np.log(_SHARE))))
    weights = rng.lognormal(0.0, 0.7, len(chosen))
    return tuple(
        OrderShare(
            name,
            "pod_0" if FAMILIES[name].on == "pod" else pools[int(rng.integers(len(pools)))],
            float(total * weight / weights.sum()),
        )
        for name, weight in zip(chosen, weights, strict=True)
    )
