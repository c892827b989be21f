"""Texts of bodies: of bounded length, without what databases and lines of a log cannot bear."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Path
from pydantic import StringConstraints

__all__ = ["Identifier", "Label", "RowId", "Sentence"]

_PRINTED = r"^[^\x00-\x1f\x7f]+$"

Label: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTED)
]
"""A name that people give: one line."""

Identifier: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=512, pattern=_PRINTED)
]
"""An id of the data: section, account, comment, campaign."""

Sentence: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"^[^\x00]+$"),
]
"""A reason: several lines."""

RowId: TypeAlias = Annotated[
    str, Path(min_length=1, max_length=64, pattern=r"^[a-z]+_[0-9a-f]{24}$")
]
"""The id of a row in an address, such as `job_…`."""
