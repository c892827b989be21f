"""A job while it runs."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import Response
from zhenzan.api.jobs.states import OVER
from zhenzan.api.pages.visitor import PageRoute, Visitor, allowed, posted, see
from zhenzan.api.routes.jobs import cancel_job, get_job
from zhenzan.api.schemas.text import RowId
from zhenzan.detector.scan import STEPS

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/jobs/{job_id}")
def job_page(job_id: RowId, visitor: Annotated[Visitor, allowed("jobs:read")]) -> Response:
    """Where the job is; the page follows it by itself."""
    job = get_job(job_id, visitor.who, visitor.held)
    return visitor.page("job.j2", job=job, steps=STEPS, over=job.status in OVER)


@router.post("/jobs/{job_id}/cancel")
def cancel(
    job_id: RowId,
    visitor: Annotated[Visitor, posted("jobs:write")],
    send_key: Annotated[str, Form(max_length=64, pattern="^[0-9a-f]*$")] = "",
) -> Response:
    """Ends the job."""
    cancel_job(job_id, visitor.who, visitor.held, visitor.once(send_key), visitor.request)
    return see(f"/jobs/{job_id}")
