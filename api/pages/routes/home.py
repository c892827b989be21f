"""The first page: upload, what runs, what is done."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter
from fastapi.responses import Response
from zhenzan.api.pages.visitor import PageRoute, Visitor, allowed
from zhenzan.api.routes.jobs import list_jobs
from zhenzan.api.routes.scans import list_scans
from zhenzan.detector.contexts.kinds import KINDS

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

_SHOWN: Final = 20


@router.get("/")
def home(visitor: Annotated[Visitor, allowed()]) -> Response:
    """Upload form, jobs and scans, as far as the visitor may."""
    who, held = visitor.who, visitor.held
    jobs = list_jobs(who, held, None, _SHOWN, None).items if visitor.may("jobs:read") else []
    scans = list_scans(who, held, _SHOWN, None).items if visitor.may("results:read") else []
    return visitor.page(
        "home.j2", jobs=jobs, scans=scans, kinds=sorted(KINDS),
        most=held.settings.max_upload_bytes,
    )  # fmt: skip
