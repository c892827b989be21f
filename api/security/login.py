"""Log-ins to the console: a cookie that no script reads and no other site sends."""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response
from zhenzan.api.ids import new_id
from zhenzan.api.security.keys import digest_of, find_key, holds, principal_of
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import ApiKey, LoginSession

__all__ = [
    "COOKIE", "FORM_FIELD", "FORM_HEADER", "find_login", "log_in", "log_out", "same", "set_cookie",
]  # fmt: skip

COOKIE: Final = "zhenzan_session"
FORM_FIELD: Final = "form_token"
"""The hidden field of every form."""
FORM_HEADER: Final = "X-Form-Token"
"""The same for requests by script."""


def log_in(
    session: Session, secret: str, *, now_ms: int, hours: float
) -> tuple[LoginSession, str] | None:
    """A log-in with a key: its row and the value of the cookie; None where the key does not hold.

    Args:
        session: May write.
        secret: The key.
        now_ms: The time.
        hours: How long it lasts, at most as long as the key.
    """
    key = find_key(session, secret, now_ms)
    if key is None:
        return None
    value = secrets.token_urlsafe(32)
    end = now_ms + round(hours * 3_600_000)
    row = LoginSession(
        id=new_id("login"),
        tenant_id=key.tenant_id,
        key_id=key.id,
        digest=digest_of(value),
        form_token=secrets.token_urlsafe(32),
        created_ms=now_ms,
        expires_ms=min(end, key.expires_ms or end),
    )
    session.add(row)
    return row, value


def find_login(session: Session, cookie: str, now_ms: int) -> Principal | None:
    """Whom the cookie stands for, if log-in and key both hold."""
    found = session.execute(
        select(LoginSession, ApiKey)
        .join(ApiKey, ApiKey.id == LoginSession.key_id)
        .where(LoginSession.digest == digest_of(cookie), LoginSession.expires_ms > now_ms)
    ).first()
    if found is None or not holds(found[1], now_ms):
        return None
    return principal_of(found[1], found[0].form_token)


def log_out(session: Session, cookie: str, now_ms: int) -> None:
    """Ends the log-in of this cookie, if there is one."""
    row = session.scalar(select(LoginSession).where(LoginSession.digest == digest_of(cookie)))
    if row is not None:
        row.expires_ms = min(row.expires_ms, now_ms)


def set_cookie(response: Response, value: str, *, seconds: int, https: bool) -> None:
    """Gives the browser the cookie; `seconds` 0 takes it away."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=seconds,
        path="/",
        secure=https,
        httponly=True,
        samesite="strict",
    )


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how far they agree."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
