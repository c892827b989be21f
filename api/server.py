"""`zhenzan serve` without its command line: checks, logs, the HTTP server."""

from __future__ import annotations

from types import FrameType
from typing import Final

import uvicorn
from zhenzan.api.app import create_app
from zhenzan.api.connections import PunctualProtocol
from zhenzan.api.context import Service, opened
from zhenzan.api.jobs.reach import check_reach
from zhenzan.api.logs import begin
from zhenzan.api.security.keys import any_key
from zhenzan.api.settings import Settings
from zhenzan.features.errors import UsageError

__all__ = ["check_address", "run", "server"]

_GRACE_S: Final = 30
"""Requests that run may end before a stop; jobs are handed back by their own part."""
_HEAD_BYTES: Final = 32 << 10
_AT_ONCE: Final = 1000
"""Connections; what comes beyond is told 503, so that slow ones cannot pile up."""


def check_address(settings: Settings) -> None:
    """Refuses to listen where others can connect while anybody would be let in.

    Raises:
        UsageError: The address is not loopback, and no key was ever made.
    """
    if settings.is_loopback:
        return
    database = opened(settings)
    try:
        with database.reading() as session:
            guarded = any_key(session)
    finally:
        database.close()
    if not guarded:
        raise UsageError(
            f"others can reach {settings.host}, and there is no key yet: make one first with "
            "`zhenzan keys create --role admin`, or listen on 127.0.0.1"
        )


def server(settings: Settings) -> uvicorn.Server:
    """The server, ready to run; `should_exit` stops it."""
    app = create_app(settings)
    return _Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=PunctualProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # ours has ids and no addresses
            proxy_headers=False,  # whoever sits before us does not say who asks: keys do
            server_header=False,
            limit_concurrency=_AT_ONCE,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=_GRACE_S,
        ),
        app.state.service,
    )


class _Server(uvicorn.Server):
    """Tells the service at once that it is to stop, so that streams of progress do not hold it."""

    def __init__(self, config: uvicorn.Config, held: Service) -> None:
        super().__init__(config)
        self._held = held

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._held.stopping.set()
        super().handle_exit(sig, frame)


def run(settings: Settings) -> None:
    """Serves until it is stopped by a signal.

    Raises:
        UsageError: A setting cannot be right; folder or database cannot be used; the address needs
            keys, or cannot be listened on.
        MissingDependencyError: The database cannot be reached.
    """
    begin(settings)
    check_reach(settings)
    opened(settings).close()  # the server's own log would say where it failed, not why
    check_address(settings)
    running = server(settings)
    try:
        running.run()
    except SystemExit as error:  # uvicorn's way to say that it did not come up
        raise UsageError(
            f"cannot serve on {settings.host}:{settings.port}; the log says why"
        ) from error
