"""ETags: a caller that has the newest answer is told so instead of being sent it again.

tag = etag_of(scan.id, section_id)
if has(request, tag):
return unchanged(tag)
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from fastapi import Request, Response

__all__ = ["KEEP", "etag_of", "has", "unchanged"]

KEEP: Final = "private, no-cache"
"""`Cache-Control` of answers with an ETag: kept by the caller alone, asked for each time."""


def etag_of(*parts: object) -> str:
    """The tag of whatever these parts (texts, numbers, lists of them) decide."""
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def has(request: Request, tag: str) -> bool:
    """Whether the caller says in `If-None-Match` that it has this answer."""
    given = request.headers.get("if-none-match", "")
    tags = {part.strip().removeprefix("W/") for part in given.split(",")}
    return "*" in tags or tag in tags


def unchanged(tag: str) -> Response:
    """The answer 304."""
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": KEEP})
