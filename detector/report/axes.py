"""Scales of the charts: round ticks for counts, and for times in the zone of the report."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from typing import Final

from zhenzan.detector.report.wording import Wording

__all__ = ["count_ticks", "nights", "time_ticks"]

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_STEPS: Final = (
    1000, 5000, 15_000, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR,
    12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY,
)  # fmt: skip
_MONTHS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000)
_MOST: Final = 5  # time labels that fit beside each other on a phone
# 1900 to 2200; ingest admits nothing near either end, and calendars end not far beyond.
_FIRST_MS: Final = -2_208_988_800_000
_LAST_MS: Final = 7_258_118_400_000
_NIGHTS_MOST: Final = 16  # more shaded nights than these are noise


def count_ticks(top: float) -> list[float]:
    """0 and two to four round numbers up to `top`."""
    if top <= 0:
        return [0.0]
    raw = top / 3
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)
    if step < 1 <= top:
        step = 1.0
    return [step * i for i in range(math.floor(top / step * 1.0001) + 1)]


def time_ticks(
    start_ms: int, end_ms: int, wording: Wording, most: int = _MOST
) -> list[tuple[int, str]]:
    """`(time, label)` at round local times, at most one more than `most`."""
    if not _drawable(start_ms, end_ms):
        return []
    span = max(1, end_ms - start_ms)
    step = next((s for s in _STEPS if span / s <= most), None)
    if step is None:
        return _month_ticks(start_ms, end_ms, wording)
    ticks = _days(start_ms, end_ms, step, wording) if step >= _DAY else None
    if ticks is None:
        offset = wording.local(start_ms).utcoffset() or timedelta()
        shift = int(offset.total_seconds() * 1000)
        first = -(-(start_ms + shift) // step) * step - shift
        ticks = list(range(first, end_ms, step))
    labels = []
    last_day = None
    for at in ticks:
        local = wording.local(at)
        clock = f"{local:%H:%M:%S}" if step < _MINUTE else f"{local:%H:%M}"
        if step >= _DAY:
            label = f"{local:%m-%d}"
        else:
            label = clock if local.date() == last_day else f"{local:%m-%d} {clock}"
        last_day = local.date()
        labels.append((at, label))
    return labels


def _days(start_ms: int, end_ms: int, step: int, wording: Wording) -> list[int]:
    """Local midnights, `step` apart, from the first after the start."""
    day = _midnight(wording.local(start_ms)) + timedelta(days=1)
    ticks = []
    while (at := _ms(day, wording.zone)) < end_ms:
        ticks.append(at)
        day += timedelta(days=step // _DAY)
    return ticks


def _month_ticks(start_ms: int, end_ms: int, wording: Wording) -> list[tuple[int, str]]:
    first, last = wording.local(start_ms), wording.local(end_ms)
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((m for m in _MONTHS if months / m <= _MOST), 24_000)
    at = (first.year * 12 + first.month - 1) // step * step + step
    ticks = []
    while at < 9999 * 12:
        when = _ms(datetime(at // 12, at % 12 + 1, 1, tzinfo=wording.zone), wording.zone)
        if when >= end_ms:
            break
        ticks.append(
            (when, f"{at // 12:04d}" if step % 12 == 0 else f"{at // 12:04d}-{at % 12 + 1:02d}")
        )
        at += step
    return ticks


def nights(start_ms: int, end_ms: int, wording: Wording) -> list[tuple[int, int]]:
    """Spans from 00 to 06 local time; none where there would be too many to read."""
    if end_ms - start_ms > _NIGHTS_MOST * _DAY or not _drawable(start_ms, end_ms):
        return []
    day = _midnight(wording.local(start_ms))
    spans = []
    while (start := _ms(day, wording.zone)) < end_ms:
        end = _ms(day + timedelta(hours=6), wording.zone)
        if end > start_ms:
            spans.append((max(start, start_ms), min(end, end_ms)))
        day += timedelta(days=1)
    return spans


def _drawable(start_ms: int, end_ms: int) -> bool:
    return start_ms >= _FIRST_MS and end_ms <= _LAST_MS


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _ms(local: datetime, zone: tzinfo) -> int:
    return int(local.replace(tzinfo=zone).timestamp() * 1000)
