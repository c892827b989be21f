"""The life of a job: queued → running → succeeded, failed or cancelled; and back to queued."""

from __future__ import annotations

from typing import Final

__all__ = ["CANCELLED", "FAILED", "OVER", "QUEUED", "RUNNING", "STATUSES", "SUCCEEDED"]

QUEUED: Final = "queued"
RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

STATUSES: Final = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
OVER: Final = frozenset({SUCCEEDED, FAILED, CANCELLED})
"""Nothing changes in a job that is in one of these."""
