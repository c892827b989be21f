"""Jobs and what happened to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Counted, Key, Tenanted

__all__ = ["Job", "JobEvent"]


class Job(Tenanted, Base):
    """A scan that was asked for: `queued`, `running`, `succeeded`, `failed` or `cancelled`.

    `owner` is the key (or `local`) that asked. A worker holds a job by `lease_until_ms`; `fence`
    rises with every lease, so that a worker that lost its lease cannot write.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "tenant_id", "created_ms", "id"),
        Index(None, "status", "created_ms"),
    )

    id: Mapped[Key]
    owner: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="scan")
    status: Mapped[str]
    request: Mapped[dict[str, Any]]
    step: Mapped[str | None]
    share: Mapped[float] = mapped_column(server_default=text("0"))
    error: Mapped[dict[str, Any] | None]
    scan_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    cancel_ms: Mapped[int | None]
    worker: Mapped[str | None]
    lease_until_ms: Mapped[int | None]
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    created_ms: Mapped[int]
    started_ms: Mapped[int | None]
    finished_ms: Mapped[int | None]


class JobEvent(Tenanted, Base):
    """One line of a job's progress; the id is what `Last-Event-ID` names."""

    __tablename__ = "job_event"
    __table_args__ = (Index(None, "job_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[Counted]
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    at_ms: Mapped[int]
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
