"""What sellers ask for an act, from public price lists.

Figures are the 10th and 90th percentile of 1,656 public offers for five platforms, all qualities
(`market_rent.csv`, Russian sellers; 336 offers of likes), at 72 roubles a dollar, the mean of
2019-2021. They agree with what likes cost elsewhere: 15-190 dollars a thousand in 2014 (De
Cristofaro et al., IMC 2014), 0.05-0.10 yuan paid to a worker on a Chinese task market (peers.md).
A price is what such an order would cost on the open market, not what anybody paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

__all__ = ["OTHER", "PRICES_USD", "cost"]

PRICES_USD: Final = MappingProxyType(
    {
        "like": (0.00125, 0.0261),
        "comment": (0.0040, 0.110),
        "share": (0.0022, 0.0057),
        "view": (0.00024, 0.0091),
        "follow": (0.0027, 0.0208),
        "vote": (0.0013, 0.0118),
    }
)
"""US dollars for one act, low and high."""

OTHER: Final = (0.00125, 0.0386)
"""For a kind that no list names (a star, a rating): from the low price of a like to the high one of
a joined group, the dearest simple act."""


def cost(delivered: Iterable[tuple[str, float, float]], over: float) -> tuple[float, float]:
    """US dollars, low and high, that these acts would cost.

    Sellers deliver up to `over` more than was paid for, so that the low end pays for fewer.

    Args:
        delivered: `(kind, fewest, most)` acts.
        over: Largest share delivered beyond the order.
    """
    low = high = 0.0
    for kind, fewest, most in delivered:
        cheap, dear = PRICES_USD.get(kind, OTHER)
        low += cheap * fewest / (1 + over)
        high += dear * most
    return low, high
