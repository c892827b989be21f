"""Times of comments that are told relative to the collection: `3 weeks ago`, `6小时前`."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.ago import time_ago

__all__ = ["with_relative_times"]

_TOLD: Final = "relative_text"


def with_relative_times(data: pa.RecordBatch, seen_ms: int, timezone: str | None) -> pa.RecordBatch:
    """Replaces relative texts in `created_ms` by milliseconds, and says how coarse they are.

    Args:
        data: Rows of comments under canonical names.
        seen_ms: When they were collected, where `observed_ms` of the row does not say it.
        timezone: Of clock times such as `昨天 12:30`; None: UTC.

    Returns:
        The rows as they were where no time is relative.
    """
    names = data.schema.names
    if "created_ms" not in names or not pa.types.is_string(data.column("created_ms").type):
        return data
    coded = data.column("created_ms").dictionary_encode()
    zone = ZoneInfo(timezone) if timezone else None
    told = [time_ago(text) for text in coded.dictionary.to_pylist()]
    if not any(told):
        return data
    moments = [None if ago is None else ago.moment(seen_ms, zone) for ago in told]
    ms, precision = (
        pa.array([None if m is None else m[end] for m in moments], pa.int64()).take(coded.indices)
        for end in (0, 1)
    )
    written = pc.coalesce(ms.cast(pa.string()), data.column("created_ms"))
    basis = pc.if_else(ms.is_valid(), pa.scalar(_TOLD), pa.scalar(None, pa.string()))
    made = {"created_ms": written, "created_precision_s": precision, "created_basis": basis}
    kept = {name: data.column(name) for name in names if name not in made}
    return pa.RecordBatch.from_pydict({**kept, **made})
