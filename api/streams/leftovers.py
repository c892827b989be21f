"""Folders of streams that were deleted while something was still written into them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from sqlalchemy import select
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import AuditEvent, Stream
from zhenzan.api.streams.follow import held_alone

__all__ = ["DELETED", "is_gone", "remove_folder", "sweep_deleted"]

DELETED: Final = "stream.delete"
"""The line of the audit log that says that a stream was deleted."""


def is_gone(database: Database, stream_id: str) -> bool:
    """Whether the stream was deleted."""
    with database.reading() as session:
        return session.get(Stream, stream_id) is None


def remove_folder(folder: Path) -> bool:
    """Removes the rows of a deleted stream, unless a pass is under way: then the sweep does it."""
    with held_alone(folder) as alone:
        if alone:
            shutil.rmtree(folder, ignore_errors=True)
    return alone


def sweep_deleted(database: Database, data_dir: Path) -> int:
    """Removes what passes and late batches wrote for deleted streams; says how many there were.

    Only streams of which the audit log says so: the folder may belong to another database.
    """
    folders = {place.name: place for place in (data_dir / "streams").glob("*/*") if place.is_dir()}
    with database.reading() as session:  # read after the folders: a new stream is known by now
        unknown = set(folders) - set(session.scalars(select(Stream.id)))
        told = select(AuditEvent.target).where(
            AuditEvent.action == DELETED, AuditEvent.target.in_(unknown)
        )
        deleted = set(session.scalars(told)) if unknown else set()
    return sum(remove_folder(folders[name]) for name in sorted(deleted))
