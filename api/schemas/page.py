"""Lists: `{"items": […], "next_cursor": …}`."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field
from zhenzan.api.cursors import LONGEST

__all__ = ["Cursor", "Limit", "Page"]

_Item = TypeVar("_Item")

Limit = Annotated[int, Query(ge=1, le=1000, description="Rows of a page.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=LONGEST, description="`next_cursor` of the page before; absent for the first."
    ),
]


class Page(BaseModel, Generic[_Item]):
    """A part of a list; subclass it, so that its schema has a name: `JobPage(Page[JobOut])`."""

    items: list[_Item]
    next_cursor: str | None = Field(
        None, description="Give it as `cursor` for the next page; null at the end of the list."
    )
