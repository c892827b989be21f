"""Errors as RFC 9457 problems: `application/problem+json`, never with what is inside.

Raise `Problem` anywhere below a route. Errors of the layers below (`ZhenzanError`) become problems
by their HTTP status; what nobody foresaw becomes a 500 that names only the request.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope
from zhenzan.features.errors import InputError, ZhenzanError, printable

__all__ = [
    "MEDIA_TYPE", "Problem", "ProblemOut", "install", "no_space", "problem_response", "responses",
]  # fmt: skip

MEDIA_TYPE: Final = "application/problem+json"
_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_FULL: Final = re.compile(r"\bfull\b|disk I/O|no space left", re.IGNORECASE)
_FULL_S: Final = 60  # nobody frees a disk sooner
_log: Final = logging.getLogger("zhenzan.api.problems")
_MOST_FAULTS: Final = 20  # a body of a million wrong rows is told in one screen


class Problem(HTTPException):
    """An answer that is no success.

    Args:
        status: HTTP status.
        slug: What kind of problem, for programs: `urn:zhenzan:problem:<slug>`.
        detail: What was found, what was expected, what to do; never comment text or a secret.
        title: The kind in words; default: that of the status.
        headers: Such as `Retry-After`.
        extra: Further members of the answer.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str = "",
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.slug = slug
        self.title = title or HTTPStatus(status).phrase
        self.extra = extra


class FaultOut(BaseModel):
    """One thing that is wrong in a request."""

    where: str = Field(description="Path to it, such as `body.section.id`.", examples=["body.url"])
    message: str = Field(examples=["Field required"])


class ProblemOut(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(examples=["urn:zhenzan:problem:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404], ge=400, le=599)
    detail: str = ""
    request_id: str | None = Field(None, description="As in `X-Request-Id` and in the logs.")
    faults: list[FaultOut] = Field(default_factory=list)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: these statuses are problems."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def problem_response(request_id: str | None, problem: Problem) -> JSONResponse:
    """The answer."""
    body = {
        "type": f"urn:zhenzan:problem:{problem.slug}",
        "title": problem.title,
        "status": problem.status_code,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.extra,
    }
    return JSONResponse(body, problem.status_code, dict(problem.headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Makes the application answer all errors as problems."""

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        problem = _of_http(error)
        if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            problem.headers = {"Allow": ", ".join(_allowed(app, request.scope))}
        return problem_response(_id(request), problem)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem_response(_id(request), _of_validation(error))

    @app.exception_handler(ZhenzanError)
    async def _known(request: Request, error: ZhenzanError) -> JSONResponse:
        return problem_response(_id(request), _of_error(error))

    @app.exception_handler(DataError)
    async def _unstorable(request: Request, error: DataError) -> JSONResponse:
        detail = "a value cannot be stored: a NUL character, or a number out of range"
        return problem_response(_id(request), Problem(422, "not-storable", detail))

    @app.exception_handler(OSError)
    @app.exception_handler(OperationalError)
    async def _full(request: Request, error: OSError | OperationalError) -> JSONResponse:
        problem = no_space(error)
        if problem is None:
            raise error
        return problem_response(_id(request), problem)


def no_space(error: OSError | OperationalError) -> Problem | None:
    """503 where the disk is full, under our files or under the database; None for other errors."""
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    else:
        full = _FULL.search(str(error.orig)) is not None
    if not full:
        return None
    _log.error("the disk is full")
    detail = "the disk of the service is full; nothing was kept, send it again later"
    return Problem(503, "no-space", detail, headers={"Retry-After": str(_FULL_S)})


def _allowed(app: FastAPI, scope: Scope) -> list[str]:
    """All methods of an address; a route by itself knows only its own."""
    described = app.openapi()["paths"].get(scope["path"])
    if described:  # of `/v1/jobs/upload`, not of the job that would be named so
        return _with_head(method.upper() for method in described)
    asked = {key: scope[key] for key in ("type", "path", "root_path", "headers", "query_string")}
    return _with_head(
        method
        for method in _METHODS
        if any(r.matches({**asked, "method": method})[0] is Match.FULL for r in app.routes)
    )


def _with_head(methods: Iterable[str]) -> list[str]:
    """`Heads` answers HEAD wherever GET is answered."""
    found = set(methods)
    return sorted(found | {"HEAD"} if "GET" in found else found)


def _id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def _of_http(error: HTTPException) -> Problem:
    if isinstance(error, Problem):
        return error
    slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return Problem(error.status_code, slug, str(error.detail), headers=error.headers)


def _of_validation(error: RequestValidationError) -> Problem:
    """Where and why, without the value: it may be a comment's text."""
    parts = error.errors()
    faults = [
        {"where": printable(".".join(map(str, part["loc"])), 200), "message": str(part["msg"])}
        for part in parts[:_MOST_FAULTS]
    ]
    detail = f"{len(parts)} things in the request are not as expected; see `faults`"
    return Problem(422, "invalid-request", detail, faults=faults)


def _of_error(error: ZhenzanError) -> Problem:
    """Input errors are told; of internal ones nothing but that they happened."""
    status = error.http_status
    if status == 500:
        return Problem(500, "internal", "the request failed inside; see the logs")
    slug = "input" if isinstance(error, InputError) else HTTPStatus(status).phrase.lower()
    return Problem(status, slug.replace(" ", "-"), str(error))
