"""From the name of a reference to the scan directory that learnt it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from zhenzan.api.context import Service
from zhenzan.api.problems import Problem
from zhenzan.api.results.stored import place_of, seen_by
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import NamedReference, StoredScan

__all__ = ["reference_place"]


def reference_place(held: Service, who: Principal, name: str) -> Path:
    """The directory of the scan of that name or id.

    A name was given by an administrator, for everybody of the tenant; an id is of a scan that the
    principal sees.

    Raises:
        Problem: 404.
    """
    named = select(NamedReference.scan_id).where(
        NamedReference.tenant_id == who.tenant_id, NamedReference.name == name
    )
    with held.database.reading() as session:
        scan_id = session.scalar(named)
        if scan_id is None:
            scan_id = session.scalar(
                seen_by(who).with_only_columns(StoredScan.id).where(StoredScan.id == name)
            )
    if scan_id is None:
        detail = "there is no such reference; GET /v1/references lists them"
        raise Problem(404, "no-reference", detail)
    return place_of(held, who.tenant_id, scan_id)
