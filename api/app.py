"""The service put together: middleware, routes, parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any, Final

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware import Middleware
from zhenzan.api import problems
from zhenzan.api.clock import Clock, system_clock
from zhenzan.api.context import Service
from zhenzan.api.heads import Heads
from zhenzan.api.openapi import described, document
from zhenzan.api.pages.routes import PAGE_ROUTERS
from zhenzan.api.parts import PARTS
from zhenzan.api.request_log import RequestLog
from zhenzan.api.routes import ROUTERS
from zhenzan.api.security.bodies import Bodies
from zhenzan.api.security.headers import SecurityHeaders
from zhenzan.api.security.origins import Origins
from zhenzan.api.settings import Settings

__all__ = ["create_app"]

_EVERYWHERE: Final = problems.responses(400, 401, 403, 408, 413, 421, 422, 429, 500, 503)


def create_app(settings: Settings | None = None, *, clock: Clock = system_clock) -> FastAPI:
    """An application; it touches disk and database when it is started, not before.

    Args:
        settings: What the operator chose; default: from the environment.
        clock: Milliseconds since 1970 UTC.
    """
    chosen = settings or Settings.read()
    held = Service(chosen, clock=clock, parts=PARTS)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(held.start)
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(held.stop)

    app = FastAPI(
        lifespan=lifespan,
        middleware=[
            Middleware(SecurityHeaders, https=chosen.https),  # outside: a 500 needs them as well
            Middleware(RequestLog, observers=held.observers),
            Middleware(Origins, settings=chosen),
            Middleware(Bodies, settings=chosen),
            Middleware(Heads),
        ],
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        **described(),
    )
    app.state.service = held
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, responses=_copy(_EVERYWHERE))
    for pages in PAGE_ROUTERS:
        app.include_router(pages)
    app.openapi = lru_cache(maxsize=1)(partial(document, app))  # type: ignore[method-assign]
    return app


def _copy(answers: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    return {status: dict(answer) for status, answer in answers.items()}
