"""Contexts that were declared in the tenant, as a scan takes them.

A creator's contexts hold for the creator's own scans; those of reviewers for all of the tenant.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import DeclaredContext

__all__ = ["MOST_DECLARED", "declared_for", "said", "seen_contexts"]

MOST_DECLARED = 1000
"""Of one key or one section: more explain nothing."""


def seen_contexts(who: Principal) -> Select[DeclaredContext]:
    """Contexts that this principal sees."""
    rows = select(DeclaredContext).where(DeclaredContext.tenant_id == who.tenant_id)
    return rows if who.sees_all else rows.where(DeclaredContext.declared_by == who.key_id)


def declared_for(session: Session, who: Principal, section_id: str | None = None) -> list[str]:
    """What a scan that this principal asks for is told: `KIND@START..END@SECTION`, oldest first.

    Args:
        session: A transaction that reads.
        who: Who asks for the scan.
        section_id: Only about this section.
    """
    rows = select(DeclaredContext).where(
        DeclaredContext.tenant_id == who.tenant_id, DeclaredContext.withdrawn_ms.is_(None)
    )
    if section_id is not None:
        rows = rows.where(DeclaredContext.section_id == section_id)
    by_reviewer = DeclaredContext.body["declared_as"].as_string() == "reviewer"
    rows = rows.where(or_(DeclaredContext.declared_by == who.key_id, by_reviewer))
    ordered = rows.order_by(DeclaredContext.created_ms, DeclaredContext.id)
    return [said(row) for row in session.scalars(ordered)]


def said(row: DeclaredContext) -> str:
    """As `zhenzan scan --context` takes it."""
    return f"{row.kind}@{_time(row.start_ms)}..{_time(row.end_ms)}@{row.section_id}"


def _time(at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
