"""Seconds and peak memory of one piece of work, as the machine saw it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from zhenzan.detector.peak_memory import peak_memory

__all__ = ["Meter"]

_RESET: Final = Path("/proc/self/clear_refs")
_RESET_PEAK: Final = "5"  # proc(5): resets the peak resident set size ("high water mark")


class Meter:
    """Measures what happens inside the `with` block.

    Attributes:
        seconds: Elapsed time.
        cpu_seconds: Of all threads of the process; what others run on the machine adds less to it.
        peak_bytes: Largest resident memory of the whole process while inside; None where the
            system cannot reset its high water mark (anything but Linux).
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.peak_bytes: int | None = None

    def __enter__(self) -> Self:
        self._resets = _reset_peak()
        self._started = time.perf_counter()
        self._cpu = time.process_time()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._started
        self.cpu_seconds = time.process_time() - self._cpu
        self.peak_bytes = peak_memory() if self._resets else None


def _reset_peak() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        _RESET.write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True
