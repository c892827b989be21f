"""HEAD wherever GET is: the same answer without its body (RFC 9110, 9.3.2)."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Heads"]


class Heads:
    """Middleware: what is inside answers GET; of that, the head is sent.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on; the method is put back for the log."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        over = False

        async def head_alone(message: Message) -> None:
            nonlocal over
            if message["type"] == "http.response.start":
                await send(message)
            elif not over:  # the first piece ends it, also where pieces would come without end
                over = True
                await send({"type": "http.response.body"})

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, head_alone)
        finally:
            scope["method"] = "HEAD"
