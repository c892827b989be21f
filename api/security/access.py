"""From a request to its principal, and to the scopes that a route asks for.

    @router.get("/v1/jobs")
    def list_jobs(who: Annotated[Principal, require("jobs:read")]) -> …

A key comes as `Authorization: Bearer zz_…`. A log-in to the console counts as well; requests that
change something must then carry the form's token, so that no other site can send them.
"""

from __future__ import annotations

import ipaddress
import math
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import update
from zhenzan.api.context import Service, service
from zhenzan.api.problems import Problem
from zhenzan.api.security.keys import any_key, find_key, is_stale, principal_of
from zhenzan.api.security.login import COOKIE, FORM_HEADER, find_login, same
from zhenzan.api.security.principal import LOCAL, SCOPES, Principal
from zhenzan.api.storage.models import ApiKey

__all__ = [
    "FORGED_COST",
    "address_of",
    "bearer",
    "find_principal",
    "principal",
    "require",
    "slow_down",
]

bearer: Final = HTTPBearer(auto_error=False, scheme_name="key", description="`zz_…`")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FORGED_COST: Final = 20
"""An unknown key costs its address as much as so many requests."""


def principal(
    request: Request,
    held: Annotated[Service, Depends(service)],
    given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)] = None,
) -> Principal:
    """Who asks.

    Raises:
        Problem: 401 where nobody is known, 403 without the token of forms, 429 too often.
    """
    claimed = "" if "authorization" in request.headers else None  # a claim of another kind is none
    who = find_principal(request, held, given.credentials if given else claimed)
    if who is None:
        slow_down(held, f"address {address_of(request)}", FORGED_COST)
        raise Problem(
            401,
            "unauthenticated",
            "send a key: Authorization: Bearer zz_…; `zhenzan keys create` makes one",
            headers={"WWW-Authenticate": "Bearer"},
        )
    slow_down(held, who.key_id)
    if who.form_token and request.method not in _SAFE:
        token = request.headers.get(FORM_HEADER, "")
        if not same(token, who.form_token):
            raise Problem(403, "form-token", f"a log-in needs {FORM_HEADER} to change anything")
    request.state.principal = who
    return who


def find_principal(request: Request, held: Service, secret: str | None) -> Principal | None:
    """Whoever is known by a key, by the cookie of a log-in, or by sitting at the machine."""
    now = held.clock()
    cookie = request.cookies.get(COOKIE)
    with held.database.reading() as session:
        if secret is not None:
            row = find_key(session, secret, now)
            stale = row is not None and is_stale(row, now)
            who = principal_of(row) if row is not None else None
        else:
            stale = False
            who = find_login(session, cookie, now) if cookie else None
            held.has_keys = held.has_keys or any_key(session)
    if who is not None and stale:
        with held.database.session() as session:
            used = update(ApiKey).where(ApiKey.id == who.key_id)
            session.execute(used.values(used_ms=now))
    if who is None and secret is None and not held.has_keys and _is_local(request, held):
        return LOCAL
    return who


def require(*scopes: str) -> Any:
    """A dependency: the principal, who must have all these scopes.

    Raises:
        KeyError: A scope that does not exist (when the route is defined).
    """
    needed = {scope: SCOPES[scope] for scope in scopes}

    def check(who: Annotated[Principal, Depends(principal)]) -> Principal:
        missing = sorted(set(needed) - who.scopes)
        if missing:
            raise Problem(
                403, "missing-scope", f"the key lacks {', '.join(missing)}", missing=missing
            )
        return who

    return Depends(check)


def _is_local(request: Request, held: Service) -> bool:
    """From this machine itself, to an address that only it reaches, through no proxy."""
    if not held.settings.is_loopback:
        return False
    if {"forwarded", "x-forwarded-for", "x-real-ip"} & set(request.headers):
        return False
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


def address_of(request: Request) -> str:
    """Where the connection comes from; empty where there is no address."""
    return request.client.host if request.client else ""


def slow_down(held: Service, caller: str, cost: float = 1) -> None:
    """Counts a request of this caller.

    Raises:
        Problem: 429, with `Retry-After` in seconds.
    """
    wait = held.rates.wait_s(caller, cost)
    if wait:
        raise Problem(
            429,
            "too-many-requests",
            f"at most {held.settings.rate_per_minute} requests a minute",
            headers={"Retry-After": str(math.ceil(wait))},
        )
