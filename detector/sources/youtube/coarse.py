"""Times that were shown as "2 weeks ago": the latest possible moment, and how coarse it is."""

from __future__ import annotations

from typing import Final

from zhenzan.detector.sources.ago import time_ago

__all__ = ["Shown", "shown_time"]

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
# The unit in which YouTube shows an age, by the age below which it does.
_UNITS: Final = (
    (_HOUR, _MINUTE), (_DAY, _HOUR), (7 * _DAY, _DAY), (30 * _DAY, 7 * _DAY),
    (365 * _DAY, 30 * _DAY),
)  # fmt: skip

Shown = tuple[int | None, int | None, bool | None]
"""Milliseconds, precision in seconds, and whether the text says that it was edited."""


def shown_time(words: str | None, stamp_ms: int | None, observed_ms: int | None) -> Shown:
    """The time that stands behind words of an age.

    The tools round their estimates to the nearest unit, so that hundreds share one and some lie
    after the download. Where it is known when the words were read, the time is counted back from
    there; else the estimate is kept. Either way the truth lies up to one unit further back.

    Args:
        words: `2 weeks ago (edited)`, in a language that `time_ago` knows.
        stamp_ms: The estimate of the tool.
        observed_ms: When the words were read.
    """
    ago = time_ago(words) if words else None
    edited = None if ago is None else ago.edited
    if ago is not None and observed_ms is not None:
        moment, precision = ago.moment(observed_ms)
        return moment, precision, edited
    if stamp_ms is None:
        return None, None, edited
    if observed_ms is not None:
        stamp_ms = min(stamp_ms, observed_ms)
    if ago is not None:
        return stamp_ms, ago.precision_s, edited
    age = 365 * _DAY if observed_ms is None else (observed_ms - stamp_ms) // 1000
    unit = next((unit for below, unit in _UNITS if age < below), 365 * _DAY)
    return stamp_ms, unit, edited
