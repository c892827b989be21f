"""The one place of the service that asks what time it is; everything else is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Clock", "system_clock"]

Clock: TypeAlias = Callable[[], int]
"""Milliseconds since 1970 UTC; tests pass their own."""


def system_clock() -> int:
    """Milliseconds since 1970 UTC of this machine."""
    return time.time_ns() // 1_000_000
