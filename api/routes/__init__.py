"""The routes, one file a resource and one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from zhenzan.api.routes import audit, health, jobs, me, metrics, streams

__all__ = ["ROUTERS"]

ROUTERS: Final[tuple[APIRouter, ...]] = (
    audit.router,
    health.router,
    jobs.router,
    me.router,
    metrics.router,
    streams.router,
)
