"""The audit log: who did what, to what, when. Written in the transaction of the act itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import AuditEvent

__all__ = ["record"]


def record(
    session: Session,
    principal: Principal,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
    *,
    now_ms: int,
    request_id: str | None = None,
) -> None:
    """Adds a line; it stands if, and only if, the act does.

    Args:
        session: That of the act.
        principal: Who.
        action: Such as `job.create`.
        target: The id of what was acted on.
        detail: Further facts; never comment text, never a secret.
        now_ms: The time.
        request_id: As in the logs.
    """
    session.add(
        AuditEvent(
            tenant_id=principal.tenant_id,
            at_ms=now_ms,
            actor=principal.key_id,
            action=action,
            target=target,
            detail=detail or {},
            request_id=request_id,
        )
    )
