"""What must hold between the columns of a row; a row where it does not is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.ingest.columns import Mask, mask_of

__all__ = ["ROW_CHECKS"]

_Check: TypeAlias = Callable[[Mapping[str, pa.Array]], tuple[Mask, str]]


def _interval(out: Mapping[str, pa.Array]) -> tuple[Mask, str]:
    return mask_of(pc.greater(out["ts_lo_ms"], out["ts_hi_ms"])), "ts_lo_ms is after ts_hi_ms"


def _half(out: Mapping[str, pa.Array]) -> tuple[Mask, str]:
    half = pc.not_equal(out["ts_lo_ms"].is_null(), out["ts_hi_ms"].is_null())
    return mask_of(half), "only one of ts_lo_ms and ts_hi_ms is there"


def _counts(out: Mapping[str, pa.Array]) -> tuple[Mask, str]:
    return mask_of(pc.greater(out["value_lo"], out["value_hi"])), "value_lo is above value_hi"


def _span(out: Mapping[str, pa.Array]) -> tuple[Mask, str]:
    return mask_of(pc.greater(out["start_ms"], out["end_ms"])), "start_ms is after end_ms"


ROW_CHECKS: Final[Mapping[str, tuple[_Check, ...]]] = MappingProxyType(
    {
        "engagement": (_half, _interval),
        "count_snapshot": (_counts,),
        "context": (_span,),
    }
)
"""By table: each check gives the rows that fail, and why."""
