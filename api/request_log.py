"""One line a request, with an id that the answer and every problem carry.

Logged are the route's pattern, never the address as it was sent; of an error its type and where it
arose, never its message: either may hold what people wrote.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from zhenzan.api.ids import new_id
from zhenzan.api.problems import Problem, problem_response

__all__ = ["HEADER", "Observer", "RequestLog", "RequestSeen", "where"]

HEADER: Final = "X-Request-Id"
_HUNG_UP: Final = 499
"""Told of a request whose caller went before the answer; nobody is left to be sent it."""
_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log: Final = logging.getLogger("zhenzan.api.requests")


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """What is told about a request once it is answered.

    Attributes:
        method: Such as `GET`; `other` for what is none of HTTP's.
        route: The pattern, such as `/v1/jobs/{job_id}`; `none` where no route fits.
        status: Of the answer; 499 where the caller hung up before there was one.
        seconds: Until the answer was sent.
    """

    method: str
    route: str
    status: int
    seconds: float


Observer: TypeAlias = Callable[[RequestSeen], None]
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class RequestLog:
    """Middleware around what may fail: ids, the log, and the answer to what nobody foresaw.

    Args:
        app: What answers.
        observers: Told about every request, such as metrics; read anew each time.
    """

    def __init__(self, app: ASGIApp, observers: Sequence[Observer] = ()) -> None:
        self._app = app
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Gives the request an id, passes it on, writes the line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, with_id)
        except ClientDisconnect:
            status = status or _HUNG_UP
        except Exception as error:
            facts = where(error)
            told = facts["error"], facts["at"][-1]
            _log.error("failed: %s at %s", *told, extra={"request_id": request_id, **facts})
            if status:  # half an answer is out; the server must cut the connection
                raise
            problem = Problem(500, "internal", "the request failed inside; see the logs")
            await problem_response(request_id, problem)(scope, receive, with_id)
        finally:
            self._tell(scope, request_id, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        seen = RequestSeen(method, _pattern(scope), status or 500, seconds)
        for observe in self._observers:
            observe(seen)
        who = scope["state"].get("principal")
        _log.info(
            "request",
            extra={
                "request_id": request_id,
                "method": seen.method,
                "route": seen.route,
                "status": seen.status,
                "ms": round(seconds * 1000, 1),
                "tenant": who.tenant_id if who else None,
                "key": who.key_id if who else None,
            },
        )


def _pattern(scope: Scope) -> str:
    """As it is documented: `{batch_id}`, also where the route takes a path for it."""
    return str(getattr(scope.get("route"), "path_format", None) or "none")


def where(error: BaseException) -> dict[str, Any]:
    """The type of an error and the frames it passed, for logs; not its message."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
