"""Log-in and log-out of the console: what its pages call."""

from __future__ import annotations

from fastapi import Request, Response
from zhenzan.api.context import Service
from zhenzan.api.security.access import FORGED_COST, address_of, slow_down
from zhenzan.api.security.audit import record
from zhenzan.api.security.login import COOKIE, find_login, log_in, log_out, set_cookie
from zhenzan.api.security.principal import Principal

__all__ = ["is_https", "sign_in", "sign_out"]


def sign_in(request: Request, response: Response, held: Service, secret: str) -> Principal | None:
    """Begins a log-in with a key and gives the browser its cookie; None where the key is none.

    Args:
        request: The form that was sent.
        response: What will be answered; the cookie goes there.
        held: The service.
        secret: What was typed in.

    Raises:
        Problem: 429, too many wrong keys from this address.
    """
    now = held.clock()
    with held.database.session() as session:
        begun = log_in(session, secret.strip(), now_ms=now, hours=held.settings.session_hours)
        if begun is not None:
            row, value = begun
            session.flush()
            who = find_login(session, value, now)
            if who is not None:
                request_id = request.state.request_id
                record(session, who, "session.begin", row.id, now_ms=now, request_id=request_id)
                seconds = max(1, (row.expires_ms - now) // 1000)
                set_cookie(response, value, seconds=seconds, https=is_https(request, held))
                return who
    slow_down(held, f"address {address_of(request)}", FORGED_COST)
    return None


def sign_out(request: Request, response: Response, held: Service, who: Principal) -> None:
    """Ends the log-in of this browser and takes its cookie away.

    Args:
        request: The form that was sent, its token checked already.
        response: What will be answered.
        held: The service.
        who: Whose log-in it is.
    """
    now, value = held.clock(), request.cookies.get(COOKIE)
    if value:
        with held.database.session() as session:
            log_out(session, value, now)
            request_id = request.state.request_id
            record(session, who, "session.end", who.key_id, now_ms=now, request_id=request_id)
    set_cookie(response, "", seconds=0, https=is_https(request, held))


def is_https(request: Request, held: Service) -> bool:
    """Whether the browser came over TLS, ended here or by a proxy before us."""
    return held.settings.https or request.url.scheme == "https"
