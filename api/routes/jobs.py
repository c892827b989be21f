"""Jobs: scans that take longer than a request."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from zhenzan.api import cursors
from zhenzan.api.context import Service, service
from zhenzan.api.ids import new_id
from zhenzan.api.jobs.admission import admitted
from zhenzan.api.jobs.event_stream import EventStreams
from zhenzan.api.jobs.places import Places
from zhenzan.api.jobs.queue import JobQueue
from zhenzan.api.jobs.request import JobRequest
from zhenzan.api.jobs.uploading import UPLOAD_BODY, digest_of_upload, receive_upload
from zhenzan.api.once import Once
from zhenzan.api.problems import responses
from zhenzan.api.schemas.jobs import JobIn, JobOut, JobPage, JobStatus
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.text import RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Job

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_Held = Annotated[Service, Depends(service)]
_Writer = Annotated[Principal, require("jobs:write")]
_Reader = Annotated[Principal, require("jobs:read")]
_queue: Final = JobQueue()


@router.post("", operation_id="create_job", status_code=202, responses=responses(404, 409))
def create_job(
    body: JobIn, who: _Writer, held: _Held, once: Annotated[Once, Depends(Once)], request: Request
) -> JobOut:
    """Queues a scan of files below configured roots or at configured prefixes."""
    with held.database.reading() as session:
        asked = admitted(session, who, body.request(), held.settings)
    return _submit(held, who, once, request, asked, body.model_dump_json())


@router.post(
    "/upload",
    operation_id="upload_job",
    status_code=202,
    responses=responses(404, 409, 415),
    openapi_extra=UPLOAD_BODY,
)
async def upload_job(
    request: Request,
    who: _Writer,
    held: _Held,
    once: Annotated[Once, Depends(Once)],
    filename: Annotated[
        str | None, Query(max_length=255, description="Of a body that is one file.")
    ] = None,
    title: Annotated[
        str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="Its name.")
    ] = None,
    options: Annotated[
        str | None,
        Query(max_length=65_536, description="`JobOptions` as JSON; in a form, a part of it."),
    ] = None,
) -> JobOut:
    """Queues a scan of what is sent: one file as the body, or several as a form.

    The body goes to disk as it arrives. An archive counts as the files that it holds.
    """
    job_id = new_id("job")
    folder = Places.below(held.settings.data_dir).of(who.tenant_id, job_id)

    def submit(asked: JobRequest) -> JobOut:
        with held.database.reading() as session:
            allowed = admitted(session, who, asked, held.settings)
        return _submit(held, who, once, request, allowed, digest_of_upload(asked), job_id)

    kept = False
    try:
        asked = await receive_upload(request, folder, held, filename, title, options)
        made = await run_in_threadpool(submit, asked)
        kept = made.id == job_id  # else it is the answer to an earlier, equal upload
        return made
    finally:
        if not kept:
            folder.remove()


def _submit(
    held: Service,
    who: Principal,
    once: Once,
    request: Request,
    asked: JobRequest,
    digest: str,
    job_id: str | None = None,
) -> JobOut:
    now_ms = held.clock()

    def work(session: Session) -> JobOut:
        made = _queue.submit(session, who, asked, now_ms=now_ms, job_id=job_id)
        counts = {"files": len(asked.files), "paths": len(asked.paths), "urls": len(asked.urls)}
        request_id = getattr(request.state, "request_id", None)
        record(session, who, "job.create", made, counts, now_ms=now_ms, request_id=request_id)
        return JobOut.of(_queue.find(session, who, made))

    return once.run(who, digest, JobOut, work)


@router.get("", operation_id="list_jobs")
def list_jobs(
    who: _Reader,
    held: _Held,
    status: Annotated[JobStatus | None, Query(description="Only those.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JobPage:
    """Jobs, the newest first; a creator sees those of the own key."""
    query = ("jobs", status, who.tenant_id)
    chosen = select(Job).where(Job.tenant_id == who.tenant_id)
    if not who.sees_all:
        chosen = chosen.where(Job.owner == who.key_id)
    if status is not None:
        chosen = chosen.where(Job.status == status)
    if cursor is not None:
        place = cursors.decode(cursor, (int, str), *query)
        chosen = chosen.where(tuple_(Job.created_ms, Job.id) < tuple_(*place))
    chosen = chosen.order_by(Job.created_ms.desc(), Job.id.desc()).limit(limit + 1)
    with held.database.reading() as session:
        rows = session.scalars(chosen).all()
        items = [JobOut.of(job) for job in rows[:limit]]
    more = len(rows) > limit
    last = items[-1] if more else None
    following = cursors.encode((last.created_ms, last.id), *query) if last else None
    return JobPage(items=items, next_cursor=following)


@router.get("/{job_id}", operation_id="get_job", responses=responses(404))
def get_job(job_id: RowId, who: _Reader, held: _Held) -> JobOut:
    """One job."""
    with held.database.reading() as session:
        return JobOut.of(_queue.find(session, who, job_id))


@router.post("/{job_id}/cancel", operation_id="cancel_job", responses=responses(404, 409))
def cancel_job(
    job_id: RowId, who: _Writer, held: _Held, once: Annotated[Once, Depends(Once)], request: Request
) -> JobOut:
    """Ends a job: at once where it waits, within seconds where it runs.

    A job that is over stays as it is, and asking twice is no error.
    """
    now_ms = held.clock()

    def work(session: Session) -> JobOut:
        asked_ms = _queue.find(session, who, job_id).cancel_ms
        job = _queue.cancel(session, who, job_id, now_ms=now_ms)
        if job.cancel_ms != asked_ms:  # else it is over, or was asked for before
            request_id = getattr(request.state, "request_id", None)
            record(session, who, "job.cancel", job_id, now_ms=now_ms, request_id=request_id)
        return JobOut.of(job)

    done = once.run(who, job_id, JobOut, work)
    if done.status == "cancelled":
        Places.below(held.settings.data_dir).of(who.tenant_id, job_id).remove()
    return done


@router.get(
    "/{job_id}/events",
    operation_id="stream_job_events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **responses(404),
    },
)
def stream_job_events(
    job_id: RowId,
    who: _Reader,
    held: _Held,
    last_event_id: Annotated[
        str | None,
        Header(description="Number of the last line that was seen.", pattern=r"^\d{1,18}$"),
    ] = None,
) -> StreamingResponse:
    """Progress as server-sent events until the job is over: `status`, `step`, `finished`, `share`.

    Each numbered line comes once; after a broken connection send `Last-Event-ID`.
    """
    streams = held.part(EventStreams)
    with held.database.reading() as session:
        _queue.find(session, who, job_id)
    streams.check_room(who)
    return StreamingResponse(
        streams.lines(who, job_id, int(last_event_id or 0)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
