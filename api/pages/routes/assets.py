"""Style and script of the console: the two files that its pages load."""

from __future__ import annotations

from importlib import resources
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from zhenzan.api.etags import etag_of, has, unchanged
from zhenzan.api.problems import Problem

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False)

_TYPES: Final = {"console.css": "text/css", "console.js": "text/javascript"}


@router.get("/static/{name}")
def asset(name: str, request: Request) -> Response:
    """One of the files."""
    if name not in _TYPES:
        raise Problem(404, "not-found", "there is no such file")
    content = (resources.files("zhenzan.api.pages") / "static" / name).read_bytes()
    tag = etag_of(name, content)
    if has(request, tag):
        return unchanged(tag)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    return Response(content, headers=headers, media_type=_TYPES[name])
