"""Whether the service lives, and whether it can work."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from zhenzan.api.context import Service, service
from zhenzan.api.operations.readiness import check_ready
from zhenzan.api.schemas.health import HealthOut

__all__ = ["router"]

router: Final = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", operation_id="get_live")
def live() -> HealthOut:
    """The process answers; nothing else is looked at."""
    return HealthOut(status="ok")


@router.get("/ready", operation_id="get_ready")
def ready(held: Annotated[Service, Depends(service)]) -> HealthOut:
    """The database answers, and there is room on the disk; otherwise a problem with status 503."""
    check_ready(held)
    return HealthOut(status="ok")
