"""A batch from the wire to the log: written, then promised."""

from __future__ import annotations

import hashlib
import logging
import math
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import anyio.to_thread
from zhenzan.api.context import Service
from zhenzan.api.ids import new_id
from zhenzan.api.problems import Problem
from zhenzan.api.storage.models import Stream, StreamBatch
from zhenzan.api.streams.appended import (
    backlog,
    commit_batch,
    find_batch,
    find_stream,
    stream_folder,
)
from zhenzan.api.streams.intake import MEDIA_TYPES, Body, take_in
from zhenzan.api.streams.leftovers import is_gone

__all__ = ["media_type", "receive_batch"]

_log: Final = logging.getLogger("zhenzan.api.streams")
# Nobody waits longer, however long the backlog: by then a pass has been made.
_LONGEST_WAIT_S: Final = 60


def media_type(content_type: str, content_encoding: str) -> Body:
    """What a body is.

    Raises:
        Problem: 415.
    """
    found = MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())
    if found is None or content_encoding.strip().lower() not in ("", "identity"):
        expected = ", ".join(MEDIA_TYPES)
        raise Problem(415, "media-type", f"send {expected}, without Content-Encoding")
    return found


async def receive_batch(
    held: Service, tenant_id: str, name: str, batch_id: str, kind: Body, table: str,
    chunks: AsyncIterator[bytes],
) -> tuple[StreamBatch, bool]:  # fmt: skip
    """Appends a batch.

    Args:
        held: The service.
        tenant_id: Whose stream.
        name: Of the stream.
        batch_id: Of the batch; the same again appends nothing.
        kind: What the body is.
        table: Of rows that do not name theirs.
        chunks: The body.

    Returns:
        Its row, and whether it is new.

    Raises:
        Problem: 404 no such stream, or none any more; 413 too large; 422 unreadable, or an id used
            for another body; 503 with `Retry-After` while too much waits to be judged.
    """
    stream = await anyio.to_thread.run_sync(_admitted, held, tenant_id, name, batch_id)
    folder = stream_folder(held.settings.data_dir, tenant_id, stream.id)
    token = new_id("seg")
    body = folder / "arriving" / token
    try:
        digest = await _written(chunks, body, held.settings.stream_batch_bytes)
        return await anyio.to_thread.run_sync(
            _append, held, stream, batch_id, kind, table, body, digest
        )
    except FileNotFoundError:  # its files go with the stream
        if await anyio.to_thread.run_sync(is_gone, held.database, stream.id):
            raise Problem(404, "no-stream", "the stream was deleted") from None
        raise
    finally:
        await anyio.to_thread.run_sync(lambda: body.unlink(missing_ok=True))


def _admitted(held: Service, tenant_id: str, name: str, batch_id: str) -> Stream:
    """The stream, where it takes a batch; one that was taken before is always answered."""
    with held.database.reading() as session:
        stream = find_stream(session, tenant_id, name)
        if find_batch(session, stream.id, batch_id, None) is not None:
            return stream
        waiting = backlog(session, stream)
    limit = held.settings.stream_backlog_rows
    if waiting.n_rows >= limit:
        last = stream.state.get("last_pass", {})
        wait = min(max(math.ceil(last.get("seconds", 5.0)), 1), _LONGEST_WAIT_S)
        raise Problem(
            503, "stream-backlog", f"{waiting.n_rows} rows wait to be judged, {limit} may",
            headers={"Retry-After": str(wait)}, n_rows=waiting.n_rows, limit_rows=limit,
        )  # fmt: skip
    return stream


async def _written(chunks: AsyncIterator[bytes], body: Path, limit: int) -> str:
    """The body on disk; its digest."""
    body.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with body.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise Problem(413, "too-large", f"a batch has at most {limit} bytes")
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _append(
    held: Service, stream: Stream, batch_id: str, kind: Body, table: str, body: Path, digest: str
) -> tuple[StreamBatch, bool]:
    digest = f"{digest}:{kind}:{table}"
    with held.database.reading() as session:
        earlier = find_batch(session, stream.id, batch_id, digest)
    if earlier is not None:
        return earlier, False
    now = held.clock()
    place = body.parent.parent / "pending" / body.name
    new = False
    try:
        taken = take_in(body, kind, table, place, now)
        row, new = commit_batch(held.database, stream, batch_id, digest, taken, now, place.name)
    finally:
        if not new:
            shutil.rmtree(place, ignore_errors=True)
    _log.info("batch", extra={"stream": stream.id, "rows": taken.n_rows})
    return row, new
