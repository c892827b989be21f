"""Files in, canonical tables out: validated, de-duplicated, pseudonymised, every row accounted."""

from zhenzan.detector.ingest.contract import (
    Ingested,
    IngestOptions,
    InputRecord,
    Rejection,
    RowCounts,
)
from zhenzan.detector.ingest.run import ingest

__all__ = ["IngestOptions", "Ingested", "InputRecord", "Rejection", "RowCounts", "ingest"]
