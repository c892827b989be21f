"""The pages, one file a group and one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from zhenzan.api.pages.routes import (
    assets,
    filing,
    home,
    jobs,
    login,
    records,
    scans,
    subjects,
    work,
)

__all__ = ["PAGE_ROUTERS"]

PAGE_ROUTERS: Final[tuple[APIRouter, ...]] = (
    assets.router,
    filing.router,
    home.router,
    jobs.router,
    login.router,
    records.router,
    scans.router,
    subjects.router,
    work.router,
)
