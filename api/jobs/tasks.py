"""From a leased job to what the process that scans is told."""

from __future__ import annotations

from pathlib import Path

from zhenzan.api.jobs.leases import Lease
from zhenzan.api.jobs.models import model_place
from zhenzan.api.jobs.places import Places
from zhenzan.api.jobs.roots import roots_of
from zhenzan.api.jobs.task import Task
from zhenzan.api.jobs.tenant_key import tenant_key
from zhenzan.api.settings import Settings

__all__ = ["cache_of", "task_of"]


def cache_of(settings: Settings) -> Path:
    """Where copies of a remote store's scans lie."""
    return settings.data_dir / "cache"


def task_of(lease: Lease, settings: Settings) -> Task:
    """The task of one lease.

    Raises:
        UsageError: The job asks for a model that is no longer installed.
    """
    asked = lease.request
    options = asked.options
    folder = Places.below(settings.data_dir).of(lease.tenant_id, lease.job_id)
    return Task(
        folder=str(folder.path),
        tenant_id=lease.tenant_id,
        scan_id=lease.scan_id,
        files=[file.name for file in asked.files],
        paths=list(asked.paths),
        roots=[str(root) for root in roots_of(settings.roots, lease.tenant_id)],
        urls=list(asked.urls),
        prefixes=list(settings.url_prefixes),
        limit=settings.max_upload_bytes,
        options=options.model_dump(mode="json", exclude_defaults=True),
        declared=list(asked.declared),
        reference=options.reference,
        previous=options.previous,
        model=model_place(settings.data_dir, options.model),
        key_file=str(tenant_key(settings.data_dir, lease.tenant_id)),
        now_ms=lease.created_ms,
        memory=settings.job_memory,
        threads=settings.job_threads,
        store_url=settings.store_url,
        cache=str(cache_of(settings)),
    )
