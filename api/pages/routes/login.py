"""Log-in with a key, and log-out."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from zhenzan.api.context import Service, service
from zhenzan.api.pages.texts import console_texts, language_of
from zhenzan.api.pages.visitor import PageRoute, Visitor, page, posted, see
from zhenzan.api.security.access import FORGED_COST, address_of, slow_down
from zhenzan.api.security.audit import record
from zhenzan.api.security.keys import principal_of
from zhenzan.api.security.login import COOKIE, log_in, log_out, set_cookie
from zhenzan.api.storage.models import ApiKey

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

_Held = Annotated[Service, Depends(service)]
_Next = Annotated[str, Query(alias="next", max_length=2048)]


@router.get("/login")
def login_page(request: Request, goal: _Next = "/") -> Response:
    """Asks for a key."""
    texts = console_texts(language_of(request))
    return page(request, texts, "login.j2", goal=_own(goal), wrong=False)


@router.post("/login")
def login(
    request: Request,
    held: _Held,
    key: Annotated[str, Form(max_length=512)],
    goal: Annotated[str, Form(alias="next", max_length=2048)] = "/",
) -> Response:
    """Gives the cookie, or says that the key does not hold."""
    address = f"address {address_of(request)}"
    slow_down(held, address)
    now_ms = held.clock()
    with held.database.session() as session:
        made = log_in(session, key.strip(), now_ms=now_ms, hours=held.settings.session_hours)
        if made is not None:
            owner = session.get_one(ApiKey, made[0].key_id)
            facts = {"login": made[0].id}
            record(session, principal_of(owner), "login", owner.id, facts, now_ms=now_ms)
    if made is None:
        slow_down(held, address, FORGED_COST)
        texts = console_texts(language_of(request))
        return page(request, texts, "login.j2", 401, goal=_own(goal), wrong=True)
    row, cookie = made
    answer = see(_own(goal))
    seconds = max((row.expires_ms - now_ms) // 1000, 1)
    set_cookie(answer, cookie, seconds=seconds, https=held.settings.https)
    return answer


@router.post("/logout")
def logout(request: Request, visitor: Annotated[Visitor, posted()]) -> Response:
    """Ends the log-in."""
    held, cookie = visitor.held, request.cookies.get(COOKIE)
    with held.database.session() as session:
        if cookie:
            log_out(session, cookie, held.clock())
    answer = see("/login")
    set_cookie(answer, "", seconds=0, https=held.settings.https)
    return answer


def _own(goal: str) -> str:
    """A page of ours: no other site, whatever the address says."""
    ours = goal.startswith("/") and not goal.startswith("//") and "\\" not in goal
    return goal if ours and goal.isprintable() else "/"
