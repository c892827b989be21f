"""Whether a job may be asked for at all: what it names is looked at before it is queued.

The worker looks again, because time passes; a caller should hear at once, not from a failed job.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from zhenzan.api.jobs.models import model_place
from zhenzan.api.jobs.request import JobRequest
from zhenzan.api.jobs.roots import allowed_path, roots_of
from zhenzan.api.jobs.urls import allowed_url, parse_prefix
from zhenzan.api.problems import Problem
from zhenzan.api.results.declared import declared_for
from zhenzan.api.security.principal import Principal
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import NamedReference, StoredScan

__all__ = ["admitted"]


def admitted(
    session: Session, principal: Principal, asked: JobRequest, settings: Settings
) -> JobRequest:
    """The request with paths resolved and scans by id.

    Args:
        session: A transaction that reads.
        principal: Who asks.
        asked: As it came.
        settings: What may be read.

    Raises:
        Problem: 403 for paths and addresses of a creator, who may only upload; 404 for a scan that
            the principal does not see; 422 where there is nothing to read.
        UsageError: Something that cannot be right.
    """
    if not (asked.files or asked.paths or asked.urls):
        raise Problem(422, "nothing-to-read", "name paths or urls, or upload files")
    if (asked.paths or asked.urls) and not principal.sees_all:
        detail = "a creator uploads files; paths and urls are for reviewers and administrators"
        raise Problem(403, "upload-only", detail)
    roots = roots_of(settings.roots, principal.tenant_id)
    paths = tuple(str(allowed_path(path, roots)) for path in asked.paths)
    if asked.urls:
        prefixes = [parse_prefix(text, principal.tenant_id) for text in settings.url_prefixes]
        for url in asked.urls:
            allowed_url(url, prefixes)
    _check_options(asked, settings)
    options = asked.options.model_copy(
        update={
            "reference": _scan(session, principal, asked.options.reference, named=True),
            "previous": _scan(session, principal, asked.options.previous, named=False),
        }
    )
    declared = tuple(declared_for(session, principal))
    return asked.model_copy(update={"paths": paths, "options": options, "declared": declared})


def _check_options(asked: JobRequest, settings: Settings) -> None:
    from zhenzan.detector.contexts.declare import parse_context
    from zhenzan.detector.sources import get_source
    from zhenzan.detector.sources.mapped import load_map

    options = asked.options
    model_place(settings.data_dir, options.model)
    for text in options.contexts:
        parse_context(text, options.timezone)
    if options.source is not None:
        get_source(options.source)
    if options.map is not None:
        load_map(options.map)


def _scan(session: Session, principal: Principal, given: str | None, *, named: bool) -> str | None:
    """The id of the scan that is meant, by id or by the name of a reference."""
    if given is None:
        return None
    tenant_id = principal.tenant_id
    scans = select(StoredScan).where(
        StoredScan.tenant_id == tenant_id, StoredScan.id == given, StoredScan.deleted_ms.is_(None)
    )
    scan = session.scalar(scans)
    if scan is not None and principal.may_see(scan.owner):
        return scan.id
    if named:  # a name was given by an administrator, for everybody
        reference = select(NamedReference.scan_id).where(
            NamedReference.tenant_id == tenant_id, NamedReference.name == given
        )
        scan_id = session.scalar(reference)
        if scan_id is not None:
            return scan_id
    raise Problem(404, "not-found", f"there is no such scan: {given}")
