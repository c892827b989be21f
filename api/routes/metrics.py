"""Metrics, for Prometheus."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from zhenzan.api.context import Service, service
from zhenzan.api.operations.metrics import CONTENT_TYPE, Metrics
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal

__all__ = ["router"]

router: Final = APIRouter(tags=["health"])
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/metrics", operation_id="get_metrics", response_class=Response, responses=_TEXT)
def metrics(
    who: Annotated[Principal, require("metrics:read")],
    held: Annotated[Service, Depends(service)],
) -> Response:
    """Requests, jobs, streams and scans in the form that Prometheus reads."""
    return Response(held.part(Metrics).text(), media_type=CONTENT_TYPE)
