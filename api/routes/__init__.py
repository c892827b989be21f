"""The routes, one file a resource and one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from zhenzan.api.routes import (
    audit,
    contexts,
    decisions,
    files,
    health,
    jobs,
    lookup,
    me,
    meta,
    metrics,
    queue,
    references,
    scans,
    score,
    streams,
)

__all__ = ["ROUTERS"]

ROUTERS: Final[tuple[APIRouter, ...]] = (
    audit.router,
    contexts.router,
    decisions.router,
    files.router,
    health.router,
    jobs.router,
    lookup.router,
    me.router,
    meta.router,
    metrics.router,
    queue.router,
    references.router,
    scans.router,
    score.router,
    streams.router,
)
