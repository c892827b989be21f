"""The routes, one file a resource and one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from zhenzan.api.routes import health

__all__ = ["ROUTERS"]

ROUTERS: Final[tuple[APIRouter, ...]] = (health.router,)
