"""What every reader of flat records yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

__all__ = ["BadRecord", "Record", "Records"]


@dataclass(frozen=True, slots=True)
class Records:
    """A batch as it stands in the file, and the line of each row (see `base.Rows`)."""

    data: pa.RecordBatch
    lines: int | pa.Int64Array


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A row that cannot be read, or where the file breaks off."""

    line: int
    reason: str


Record: TypeAlias = Records | BadRecord
