"""Refuses what a browser was tricked into: other sites' requests, and rebound host names.

Without keys whoever can reach the port is let in, and that is every page open in the user's
browser. So the host called must be one of ours, and a request that changes something must not come
from another site. Programs send neither `Origin` nor `Sec-Fetch-Site` and are not concerned.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from zhenzan.api.problems import Problem, problem_response
from zhenzan.api.settings import LOOPBACK, Settings

__all__ = ["Origins"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Origins:
    """Middleware: 421 for a strange host, 403 for another site, 400 for a NUL in the address.

    Args:
        app: What answers the rest.
        settings: Names under which the service may be called.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        own = {settings.host, *settings.hosts}
        any_host = "*" in own or (not settings.is_loopback and not settings.hosts)
        self._hosts = None if any_host else frozenset({*own, *LOOPBACK})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers or passes on."""
        problem = self._refuse(scope) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
            return
        request_id = scope.get("state", {}).get("request_id")
        await problem_response(request_id, problem)(scope, receive, send)

    def _refuse(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        host = _name(headers.get("host", ""))
        if self._hosts is not None and host not in self._hosts:
            return Problem(421, "unknown-host", "name it in ZHENZAN_HOSTS if it is yours")
        if b"%00" in scope.get("raw_path", b"") or b"%00" in scope.get("query_string", b""):
            return Problem(400, "nul", "the address holds a NUL character")
        if scope["method"] not in _SAFE and _is_foreign(headers):
            return Problem(403, "cross-site", "another site's page may not change anything here")
        return None


def _is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:  # the browser itself says so; no page can
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).netloc != headers.get("host", "")
    except ValueError:  # what cannot be read is not ours
        return True


def _name(host: str) -> str:
    """The host without its port; brackets of IPv6 addresses removed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
