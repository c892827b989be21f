"""Numbers, spans and times as people read them; no percentage stands on fewer than 20 acts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhenzan.detector.report.texts import Texts

__all__ = ["MIN_FOR_SHARE", "Wording", "finite", "zone_of"]

MIN_FOR_SHARE: Final = 20
"""No percentages below this many acts: report.md, fair wording."""

# Strength is a log10 likelihood ratio; Jeffreys (Theory of Probability, 1961, appendix B) calls
# 10^1 strong and 10^2 decisive. We speak one step more softly.
_STRONG: Final = 2.0
_MODERATE: Final = 1.0

_EARLIEST_MS: Final = -62_135_596_800_000  # year 1, the first that datetime can show
_LATEST_MS: Final = 253_402_300_799_000  # year 9999, the last


def finite(value: object) -> float | None:
    """A number, or None for what is missing in any of pandas' ways."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def zone_of(name: str | None) -> tuple[tzinfo, str, bool]:
    """A time zone, its name, and whether it was known; UTC where it was not."""
    if name:
        try:
            return ZoneInfo(name), name, True
        except (ZoneInfoNotFoundError, ValueError):
            pass
    return UTC, "UTC", False


class Wording:
    """Formats for one language and time zone.

    Args:
        texts: The sentences, for units.
        zone: In which times are shown.
    """

    def __init__(self, texts: Texts, zone: tzinfo) -> None:
        self.texts = texts
        self.zone = zone

    def count(self, value: float | None) -> str:
        """`1,240`; expected counts below ten keep one decimal."""
        if value is None:
            return self.texts("none")
        if 0 < value < 0.05:
            return "<0.1"
        if value != round(value) and abs(value) < 9.95:
            return f"{value:.1f}"
        return f"{value:,.0f}"

    def figure(self, value: float | None) -> str:
        """A number in any unit, three significant digits."""
        if value is None:
            return self.texts("none")
        return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"

    def share(self, value: float | None) -> str:
        """`31%`; what is not nothing never shows as 0%, what is not all never as 100%."""
        if value is None:
            return self.texts("none")
        if 0 < value < 0.01:
            return "<1%"
        if 0.99 < value < 1:
            return ">99%"
        return f"{100 * value:.0f}%"

    def shares(self, low: float | None, high: float | None) -> str:
        """`18%–31%`; one figure where both ends read alike or all of it is below 1%."""
        first, last = self.share(low), self.share(high)
        return last if first == last or (high is not None and high < 0.01) else f"{first}–{last}"

    def ratio(self, value: float | None) -> str:
        """A figure between 0 and 1, two decimals."""
        return self.texts("none") if value is None else f"{value:.2f}"

    def when(self, ms: int | None, width_ms: int = 60_000) -> str:
        """`2024-11-22 14:02`; with seconds where spans of the table are below a minute."""
        if ms is None:
            return self.texts("none")
        return f"{self.local(ms):%Y-%m-%d {'%H:%M:%S' if width_ms < 60_000 else '%H:%M'}}"

    def day(self, ms: int | None) -> str:
        """`2024-11-22`."""
        return self.texts("none") if ms is None else f"{self.local(ms):%Y-%m-%d}"

    def span(self, start_ms: int, end_ms: int) -> str:
        """`2024-11-22 14:02–14:31`; seconds where the span is below two minutes."""
        first, last = self.local(start_ms), self.local(end_ms)
        clock = "%H:%M:%S" if end_ms - start_ms < 120_000 else "%H:%M"
        until = f"{last:{clock}}" if first.date() == last.date() else f"{last:%Y-%m-%d {clock}}"
        return f"{first:%Y-%m-%d {clock}}–{until}"

    def length(self, ms: float) -> str:
        """`29 min`, in the largest unit of which there are two."""
        for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
            if ms >= 2 * size or (ms >= size and ms % size == 0):
                return self.texts(f"unit.{unit}", n=f"{ms / size:.3g}")
        return self.texts("unit.ms", n=f"{ms:.0f}")

    def strength(self, value: float) -> str:
        """In a word."""
        name = "strong" if value >= _STRONG else "moderate" if value >= _MODERATE else "weak"
        return self.texts(f"strength.{name}")

    def local(self, ms: int) -> datetime:
        """The time in the zone of the report; far ones are moved to what can be shown."""
        inside = min(max(ms, _EARLIEST_MS + 86_400_000), _LATEST_MS - 86_400_000)
        return datetime.fromtimestamp(inside / 1000, UTC).astimezone(self.zone)
