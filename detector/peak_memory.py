"""The largest resident memory of this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

__all__ = ["peak_memory"]

_STATUS: Final = Path("/proc/self/status")


def peak_memory() -> int | None:
    """Largest resident memory of this process in bytes; None where the system does not tell.

    On Linux `ru_maxrss` outlives exec(2): a process that a larger one started begins with the peak
    of that one. `VmHWM` in proc(5) is that of the running program alone.
    """
    try:
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return _by_usage()
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return _by_usage()


def _by_usage() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes everywhere else
