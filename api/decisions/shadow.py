"""What the bands were worth, by the last word of people on each subject."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from zhenzan.api.schemas.shadow import BandPrecision, PrecisionOut
from zhenzan.api.storage.models import Decision
from zhenzan.detector.results import BANDS

__all__ = ["last_words", "precision", "wilson"]

_AGREED: Final = frozenset({"likely_inauthentic", "confirmed_inauthentic"})
_NOT: Final = frozenset({"no_action", "benign_explained", "overturned"})
_FEWEST: Final = 20
"""No share under n = 20: as in the report."""
_Z: Final = 1.6448536269514722  # 95 % quantile of the normal distribution: a 90 % interval


def last_words(lines: Iterable[Decision]) -> Mapping[tuple[str, str, str], tuple[str, str]]:
    """(scan, kind, id) → (band, outcome) by the last line; `open` while an appeal waits.

    Args:
        lines: In the order in which they were added.
    """
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    standing: dict[tuple[str, str, str], tuple[str, str]] = {}
    for line in lines:
        key = (line.scan_id, line.subject_kind, line.subject_id)
        band = line.body.get("band") or ""
        if line.kind == "decision":
            standing[key] = found[key] = (band, line.verdict or "")
        elif line.kind == "appeal":
            found[key] = (standing.get(key, (band, ""))[0], "open")
        elif line.verdict == "overturned":
            found[key] = (band, "overturned")
        else:
            found[key] = standing.get(key, (band, ""))
    return found


def precision(lines: Iterable[Decision]) -> PrecisionOut:
    """Counts and shares by band."""
    words = last_words(lines).values()
    items = []
    for band in BANDS:
        outcomes = [outcome for found, outcome in words if found == band]
        agreed = sum(outcome in _AGREED for outcome in outcomes)
        decided = agreed + sum(outcome in _NOT for outcome in outcomes)
        low, high = wilson(agreed, decided)
        told = decided >= _FEWEST
        items.append(
            BandPrecision(
                band=band,
                n_decided=decided,
                n_agreed=agreed,
                n_waiting=len(outcomes) - decided,
                precision=agreed / decided if told else None,
                precision_lo=low if told else None,
                precision_hi=high if told else None,
            )
        )
    return PrecisionOut(items=items)


def wilson(k: int, n: int) -> tuple[float, float]:
    """90 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not n:
        return 0.0, 1.0
    middle = (k + _Z * _Z / 2) / (n + _Z * _Z)
    half = _Z / (n + _Z * _Z) * math.sqrt(k * (n - k) / n + _Z * _Z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
