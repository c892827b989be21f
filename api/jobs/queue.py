"""The queue as callers see it: submit, look, cancel; rows, in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from zhenzan.api.ids import new_id
from zhenzan.api.jobs.request import JobRequest
from zhenzan.api.jobs.states import CANCELLED, OVER, QUEUED, RUNNING
from zhenzan.api.problems import Problem
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Job, JobEvent

__all__ = ["JobQueue", "note"]

_MOST_WAITING: Final = 200
"""Jobs of one tenant that wait; a caller in a loop meets a 429 and not a full disk."""


def note(session: Session, job: Job, kind: str, body: dict[str, Any], now_ms: int) -> None:
    """Adds a line to a job's progress.

    The job's row must be written first in the same session: its lock makes the lines of a job
    appear in the order of their numbers.
    """
    line = JobEvent(tenant_id=job.tenant_id, job_id=job.id, at_ms=now_ms, kind=kind, body=body)
    session.add(line)


class JobQueue:
    """Jobs of all tenants; every question names whose."""

    def submit(
        self,
        session: Session,
        principal: Principal,
        request: JobRequest,
        *,
        now_ms: int,
        job_id: str | None = None,
    ) -> str:
        """Queues a scan and returns the id of the job.

        Args:
            session: A transaction that writes; the job exists when it is committed.
            principal: Who asks.
            request: What for.
            now_ms: The present, which the scan takes as its own: a second run gives the same.
            job_id: Of an upload whose files lie there already.

        Raises:
            Problem: 429 where too many jobs of the tenant wait.
        """
        waiting = select(func.count()).select_from(Job)
        waiting = waiting.where(Job.tenant_id == principal.tenant_id, Job.status == QUEUED)
        if (session.scalar(waiting) or 0) >= _MOST_WAITING:
            detail = f"{_MOST_WAITING} jobs wait already; come back when some are done"
            raise Problem(429, "queue-full", detail, headers={"Retry-After": "60"})
        job = Job(
            id=job_id or new_id("job"),
            tenant_id=principal.tenant_id,
            owner=principal.key_id,
            kind="scan",
            status=QUEUED,
            request=request.model_dump(mode="json", exclude_defaults=True),
            share=0.0,
            created_ms=now_ms,
        )
        session.add(job)
        session.flush()
        note(session, job, "status", {"status": QUEUED}, now_ms)
        return job.id

    def find(self, session: Session, principal: Principal, job_id: str) -> Job:
        """The job, if the principal may see it.

        Raises:
            Problem: 404 otherwise, whatever the reason.
        """
        job = session.scalar(
            select(Job).where(Job.tenant_id == principal.tenant_id, Job.id == job_id)
        )
        if job is None or not principal.may_see(job.owner):
            raise Problem(404, "not-found", "there is no such job")
        return job

    def cancel(self, session: Session, principal: Principal, job_id: str, *, now_ms: int) -> Job:
        """Ends a job: at once where it waits, else as soon as its worker hears of it.

        A job that is over stays as it is. Asking again changes nothing.
        """
        job = self.find(session, principal, job_id)
        waiting = (
            update(Job)
            .where(Job.id == job.id, Job.status == QUEUED)
            .values(status=CANCELLED, cancel_ms=now_ms, finished_ms=now_ms, fence=Job.fence + 1)
        )
        if _n_rows(session, waiting):
            session.refresh(job)
            note(session, job, "status", {"status": CANCELLED}, now_ms)
            return job
        running = (
            update(Job)
            .where(Job.id == job.id, Job.status == RUNNING, Job.cancel_ms.is_(None))
            .values(cancel_ms=now_ms)
        )
        if _n_rows(session, running):
            session.refresh(job)
            note(session, job, "cancel_requested", {}, now_ms)
        session.refresh(job)
        return job

    def events(self, session: Session, job: Job, after: int, most: int) -> Sequence[JobEvent]:
        """Lines of a job's progress after the one of that number, the oldest first."""
        lines = select(JobEvent).where(JobEvent.job_id == job.id, JobEvent.id > after)
        return session.scalars(lines.order_by(JobEvent.id).limit(most)).all()

    def is_over(self, job: Job) -> bool:
        """Whether nothing will change any more."""
        return job.status in OVER


def _n_rows(session: Session, statement: Any) -> int:
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]
