"""The scan that a request names, if whoever asks may see it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from zhenzan.api.context import Service
from zhenzan.api.jobs.store import open_store
from zhenzan.api.jobs.tasks import cache_of
from zhenzan.api.problems import Problem
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import StoredScan
from zhenzan.detector.results import Scan
from zhenzan.features.errors import InputError

__all__ = ["find_scan", "open_scan", "place_of", "seen_by"]


def seen_by(who: Principal) -> Select[StoredScan]:
    """All scans that this principal sees."""
    scans = select(StoredScan).where(
        StoredScan.tenant_id == who.tenant_id, StoredScan.deleted_ms.is_(None)
    )
    return scans if who.sees_all else scans.where(StoredScan.owner == who.key_id)


def find_scan(session: Session, who: Principal, scan_id: str) -> StoredScan:
    """The row of the scan.

    Raises:
        Problem: 404 where there is none, whatever the reason.
    """
    row = session.scalar(seen_by(who).where(StoredScan.id == scan_id))
    if row is None:
        raise Problem(404, "not-found", "there is no such scan")
    return row


def place_of(held: Service, tenant_id: str, scan_id: str) -> Path:
    """The scan directory on this machine.

    Raises:
        Problem: 404, retention or an operator removed it meanwhile.
    """
    store = open_store(held.settings.store_url, cache_of(held.settings))
    try:
        return store.local(tenant_id, scan_id)
    except InputError:
        raise Problem(404, "not-found", "the scan is no longer kept") from None


def open_scan(held: Service, who: Principal, scan_id: str) -> Scan:
    """The scan directory, opened.

    Raises:
        Problem: 404.
    """
    with held.database.reading() as session:
        row = find_scan(session, who, scan_id)
    return Scan(place_of(held, row.tenant_id, row.id))
