"""How many requests a caller may make: a token bucket for each, in this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

__all__ = ["Rates"]

_MOST_CALLERS: Final = 10_000
"""Buckets kept; the one unused for longest goes, and by then it is full again or forged."""


class Rates:
    """A caller may make `per_minute` requests at once, and so many again each minute.

    Args:
        per_minute: Of one caller; 0 for no limit.
        timer: Seconds that never go back.
    """

    def __init__(self, per_minute: int, timer: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._timer = timer
        self._lock = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str, cost: float = 1) -> float:
        """Takes `cost` from the caller's bucket; 0, or the seconds until there is as much.

        Args:
            caller: A key's id, or an address.
            cost: In requests; more than the bucket holds counts as all that it holds.
        """
        if not self._size:
            return 0
        now, cost = self._timer(), min(cost, self._size)
        with self._lock:
            left, since = self._buckets.pop(caller, (self._size, now))
            left = min(self._size, left + (now - since) * self._size / 60)
            allowed = left >= cost
            self._buckets[caller] = (left - cost if allowed else left, now)
            while len(self._buckets) > _MOST_CALLERS:
                self._buckets.popitem(last=False)
        return 0 if allowed else (cost - left) * 60 / self._size
