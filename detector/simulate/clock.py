"""When people are awake: each vertical's hours and weekdays, and a clock that runs on them.

Arrivals are drawn in *active hours*, a time that passes quickly when the audience is there and
slowly at night, and are mapped back to milliseconds. So a post of 02:00 gets its second hump next
morning, as real ones do (hard-negatives.md H6), and no night is ever quite empty.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_MS", "HOUR_MS", "TIME_ZONES", "VERTICALS", "Clock"]

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
TIME_ZONES: Final = (8, -5, 0, 5)
"""Hours ahead of UTC of the four groups in which accounts live."""

VERTICALS: Final = (
    "work", "parenting", "tech", "food", "entertainment", "news", "games", "local",
)  # fmt: skip

# Peaks (hour, height, width in hours) on weekdays and on weekends. Work reads at noon and in the
# evening of working days, parents on weekend mornings (issue 3); the rest are guesses of the same
# kind. The floor of 0.12 keeps the night plateau of 00-06 (hard-negatives.md H6) above nothing.
_FLOOR: Final = 0.12
_PEAKS: Final = {
    "work": (((8, 0.8, 1.0), (12.5, 1.6, 1.2), (20.5, 1.2, 2.0)), ((21, 0.6, 3.0),)),
    "parenting": (((21.5, 1.2, 1.3),), ((9.5, 2.2, 1.6), (21, 0.8, 2.0))),
    "tech": (((10.5, 1.1, 2.0), (15, 0.9, 2.0), (22, 1.2, 1.8)), ((15, 0.8, 4.0),)),
    "food": (((11.3, 1.6, 1.0), (17.8, 1.6, 1.2)), ((11.3, 1.5, 1.4), (18, 1.6, 1.6))),
    "entertainment": (((12.5, 0.8, 1.2), (21.5, 2.0, 1.8)), ((15, 1.0, 3.0), (22, 2.0, 2.0))),
    "news": (((7.8, 1.6, 1.2), (12.3, 1.1, 1.2), (19.5, 1.3, 2.0)), ((9, 1.2, 2.0),)),
    "games": (((19, 1.0, 2.0), (23, 1.8, 1.8)), ((15, 1.5, 3.0), (23, 1.8, 2.2))),
    "local": (((7.5, 1.0, 1.0), (18.5, 1.6, 1.6)), ((10, 1.4, 2.0), (19, 1.2, 2.0))),
}


def week_profile(vertical: str) -> NDArray[np.float64]:
    """Activity of each of the 168 local hours of a week from Monday 00:00, with mean 1."""
    weekday, weekend = _PEAKS[vertical]
    hours = np.arange(24) + 0.5
    days = []
    for day in range(7):
        peaks = weekday if day < 5 else weekend
        level = np.full(24, _FLOOR)
        for centre, height, width in peaks:
            distance = np.abs(hours - centre)
            distance = np.minimum(distance, 24 - distance)
            level += height * np.exp(-0.5 * (distance / width) ** 2)
        days.append(level)
    week = np.concatenate(days)
    return np.asarray(week / week.mean())


class Clock:
    """Maps wall time to active hours and back for every vertical in every time zone.

    Args:
        start_ms: A Monday, 00:00 UTC.
        end_ms: Last time of interest; a week is added for what falls later.
    """

    def __init__(self, start_ms: int, end_ms: int) -> None:
        self.start_ms = start_ms
        self.n_hours = (end_ms - start_ms) // HOUR_MS + 7 * 24
        hour_of_week = np.arange(self.n_hours) % 168
        rates = [
            np.roll(week_profile(v), -zone)[hour_of_week] for v in VERTICALS for zone in TIME_ZONES
        ]
        self._rate = np.array(rates)
        totals = np.concatenate([np.zeros((len(rates), 1)), np.cumsum(self._rate, axis=1)], axis=1)
        # Groups lie one after another on one axis, so that one search inverts all of them.
        self._step = float(totals.max() + 1.0)
        self._edges = (totals + self._step * np.arange(len(rates))[:, None]).ravel()

    def group(self, vertical: NDArray[np.integer], zone: NDArray[np.integer]) -> NDArray[np.int64]:
        """The row of a vertical and a time zone (both as positions in their tuples)."""
        return np.asarray(vertical, np.int64) * len(TIME_ZONES) + np.asarray(zone, np.int64)

    def active(self, ts: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
        """Active hours since the start at wall times `ts` (ms)."""
        hour = np.clip((ts - self.start_ms) / HOUR_MS, 0, self.n_hours - 1e-6)
        whole = hour.astype(np.int64)
        base = self._edges[group * (self.n_hours + 1) + whole] - self._step * group
        return np.asarray(base + (hour - whole) * self._rate[group, whole])

    def wall(self, active: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
        """Wall time (ms) at which `active` hours have passed; clipped to the clock's end."""
        first = group * (self.n_hours + 1)
        limit = self._edges[first + self.n_hours] - self._step * group
        value = np.clip(active, 0, limit * (1 - 1e-12)) + self._step * group
        at = np.clip(
            np.searchsorted(self._edges, value, side="right") - 1, first, first + self.n_hours - 1
        )
        whole = at - first
        part = (value - self._edges[at]) / self._rate[group, whole]
        return np.asarray(self.start_ms + (whole + np.clip(part, 0, 1)) * HOUR_MS)

    def advance(
        self, ts: NDArray[np.float64], hours: NDArray[np.float64], group: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Wall time (ms) once `hours` active hours have passed since `ts`."""
        return self.wall(self.active(ts, group) + hours, group)
