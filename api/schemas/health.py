"""Health."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = ["HealthOut"]


class HealthOut(BaseModel):
    """The service is well."""

    status: Literal["ok"]
