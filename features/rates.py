"""How far a section's share lies beyond that of all others, where sections differ by nature."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from zhenzan.features.people import Reals

__all__ = ["beyond_others", "usual_distance"]

_LEAST_Z: Final = 3.0  # one in 740: less is not worth a sentence among many sections
_MAD: Final = 1.4826  # standard deviations a median absolute deviation, normal distribution


def beyond_others(some: NDArray[Any], whole: NDArray[Any], least: int) -> tuple[Reals, Reals]:
    """Counts against the rate of all other sections.

    Sections differ by nature, so that their usual distance is the unit of surprise.

    Args:
        some: Counts by section.
        whole: Of how many, by section.
        least: Smaller wholes are not judged.

    Returns:
        Expected counts, NaN where not judged (too few here, or more here than elsewhere); and bits
        beyond them, 0 where within three units.
    """
    rest = whole.sum() - whole
    judged = (whole >= max(least, 1)) & (rest >= whole)
    rate = np.clip((some.sum() - some + 0.5) / (rest + 1.0), 0.0, 1.0)
    expected = np.where(judged, whole * rate, np.nan)
    z = (some - expected) / np.sqrt(expected * (1 - rate) + 1.0)
    unit = usual_distance(z[judged])
    z = np.nan_to_num(z / unit, nan=0.0)
    bits = np.where(z > _LEAST_Z, -norm.logsf(z) / np.log(2), 0.0)
    return expected, bits


def usual_distance(z: Reals) -> float:
    """How far sections usually are from each other (median absolute deviation), at least 1."""
    return max(1.0, _MAD * float(np.median(np.abs(z - np.median(z))))) if len(z) else 1.0
