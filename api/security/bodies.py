"""Limits of bodies: how large, and how slowly they may come."""

from __future__ import annotations

import time
from typing import Final

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from zhenzan.api.problems import Problem, problem_response
from zhenzan.api.settings import Settings

__all__ = ["STREAMED", "Bodies"]

STREAMED: Final = ("/v1/jobs/upload", "/v1/engagements", "/upload")
"""Paths whose routes write the body to disk as it comes; the larger limit is theirs."""


class Bodies:
    """Middleware: 413 for a body that is too large, 408 for one that comes too slowly.

    A body may take a grace, and beyond it as long as it arrives at a least rate on average: whoever
    sends a byte a second occupies nobody for long, whoever sends gigabytes is not cut off.

    Args:
        app: What answers the rest.
        settings: The limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watches what is received."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        set_ = self._settings
        limit = set_.max_upload_bytes if scope["path"] in STREAMED else set_.max_body_bytes
        problem = _refuse(Headers(scope=scope), limit)
        if problem is not None:
            request_id = scope.get("state", {}).get("request_id")
            await problem_response(request_id, problem)(scope, receive, send)
            return
        watched = _Watched(receive, limit, set_.body_grace_s, set_.body_bytes_per_s)
        await self._app(scope, watched, send)


class _Watched:
    """`receive` that counts bytes and time until the body has ended."""

    def __init__(self, receive: Receive, limit: int, grace_s: float, rate: int) -> None:
        self._receive = receive
        self._limit = limit
        self._grace_s = grace_s
        self._rate = rate
        self._began = time.monotonic()
        self._seen = 0
        self._ended = False

    async def __call__(self) -> Message:
        if self._ended:  # what comes now is the end of the connection, however late
            return await self._receive()
        left = self._began + self._grace_s + self._seen / self._rate - time.monotonic()
        try:
            with anyio.fail_after(max(left, 0)):
                message = await self._receive()
        except TimeoutError:
            raise Problem(
                408,
                "slow-body",
                f"the body came at less than {self._rate} bytes a second",
                headers={"Connection": "close"},
            ) from None
        self._seen += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._seen > self._limit:
            raise _too_large(self._limit)
        return message


def _refuse(headers: Headers, limit: int) -> Problem | None:
    told = headers.get("content-length", "")
    if told and "transfer-encoding" in headers:  # a proxy may see another end than we do
        return Problem(400, "ambiguous-length", "two lengths of one body")
    return _too_large(limit) if told.isdigit() and int(told) > limit else None


def _too_large(limit: int) -> Problem:
    return Problem(
        413,
        "too-large",
        f"the body has more than {limit} bytes",
        headers={"Connection": "close"},
        limit_bytes=limit,
    )
