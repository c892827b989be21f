"""Files that nobody will ask for again.

They are those of jobs that are over, of uploads that broke off, and scans that were published for a
job that ended otherwise.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from zhenzan.api.jobs.places import Places
from zhenzan.api.jobs.states import OVER
from zhenzan.api.jobs.store import StoreBase
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import Job, StoredScan

__all__ = ["remove_leftovers"]

_UPLOAD_MS: Final = 3_600_000
"""An upload without a row in which nothing changed for so long has broken off."""

_DRAFT_MS: Final = 24 * _UPLOAD_MS
"""Copying a scan to another file system takes minutes."""

_SCAN: Final = re.compile(r"scan_([0-9a-f]+)")


def remove_leftovers(session: Session, settings: Settings, store: StoreBase, now_ms: int) -> int:
    """Removes them and returns how many there were.

    Args:
        session: A transaction that reads.
        settings: Of the service.
        store: With the scans.
        now_ms: The present.
    """
    gone = _of_jobs(session, settings, now_ms) + _of_scans(session, store)
    return gone + store.remove_drafts(now_ms - _DRAFT_MS)


def _of_jobs(session: Session, settings: Settings, now_ms: int) -> int:
    places, gone = Places.below(settings.data_dir), 0
    for _, job_id, folder in places.all():
        status = session.scalar(select(Job.status).where(Job.id == job_id))
        broken_off = status is None and now_ms - places.newest_ms(folder) > _UPLOAD_MS
        if broken_off or status in OVER:
            folder.remove()
            gone += 1
    return gone


def _of_scans(session: Session, store: StoreBase) -> int:
    """Scans whose job was cancelled or failed; those of unknown jobs are not ours to judge."""
    gone = 0
    for tenant_id, scan_id in store.all():
        named = _SCAN.fullmatch(scan_id)
        if named is None:
            continue
        job = session.get(Job, f"job_{named[1]}")
        if job is not None and job.status in OVER and session.get(StoredScan, scan_id) is None:
            store.delete(tenant_id, scan_id)
            gone += 1
    return gone
