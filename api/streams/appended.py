"""The log of a stream in the database: which batches were taken, and what is not judged yet.

A batch is written to disk first and committed second. What is on disk without a row was never
promised to anybody and is swept; a row is promised, and its file is there. The unique id of a
batch makes that it counts once, however often and through whichever process it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from zhenzan.api.ids import new_id
from zhenzan.api.problems import Problem
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import NamedReference, Stream, StreamBatch
from zhenzan.api.streams.intake import Taken

__all__ = [
    "Backlog", "Pending", "backlog", "commit_batch", "find_batch", "find_stream", "forget_stream",
    "name_stream", "pending", "stream_folder",
]  # fmt: skip

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_BATCH_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a stream holds that nobody has judged yet.

    Attributes:
        n_rows: Rows.
        n_batches: Batches.
        oldest_ms: When the first of them came; None without any.
    """

    n_rows: int
    n_batches: int
    oldest_ms: int | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch that is not judged yet."""

    seq: int
    segment: str
    n_rows: int
    received_ms: int


def stream_folder(data_dir: Path, tenant_id: str, stream_id: str) -> Path:
    """Where the rows of a stream are."""
    return data_dir / "streams" / tenant_id / stream_id


def name_stream(
    session: Session, tenant_id: str, name: str, reference: str | None, now_ms: int
) -> tuple[Stream, bool]:
    """Makes a stream, or judges an existing one by another reference from here on.

    Returns:
        The stream, and whether it is new.

    Raises:
        Problem: 422 where the name cannot be one; 404 where no reference has that name.
    """
    if not _NAME.fullmatch(name):
        detail = "a stream's name is up to 64 of a-z 0-9 . _ -, and begins with a letter or digit"
        raise Problem(422, "stream-name", detail)
    if reference is not None and not _has_reference(session, tenant_id, reference):
        raise Problem(404, "no-reference", "no reference of that name; GET /v1/references")
    found = _stream(session, tenant_id, name)
    if found is not None:
        if found.reference != reference:
            found.reference = reference
            found.state = {**found.state, "anew": True}  # every section, by the new reference
        return found, False
    made = Stream(
        id=new_id("strm"), tenant_id=tenant_id, name=name, reference=reference, state={},
        appended=0, judged=0, n_rows=0, created_ms=now_ms,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made, True


def find_stream(session: Session, tenant_id: str, name: str) -> Stream:
    """The stream of that name.

    Raises:
        Problem: 404; streams of other tenants do not exist.
    """
    found = _stream(session, tenant_id, name)
    if found is None:
        raise Problem(404, "no-stream", "no stream of that name; PUT /v1/streams/NAME makes one")
    return found


def find_batch(
    session: Session, stream_id: str, batch_id: str, digest: str | None
) -> StreamBatch | None:
    """The batch that was taken under this id.

    Raises:
        Problem: 422 where the id cannot be one, or was used for another body.
    """
    if not _BATCH_ID.fullmatch(batch_id):
        raise Problem(422, "batch-id", "a batch id is up to 200 visible ASCII characters")
    where = StreamBatch.stream_id == stream_id, StreamBatch.batch_id == batch_id
    found = session.scalars(select(StreamBatch).where(*where)).one_or_none()
    if found is not None and digest is not None and found.digest != digest:
        detail = "this batch id was used for other rows; nothing was appended"
        raise Problem(422, "batch-id-reused", detail)
    return found


def commit_batch(
    database: Database, stream: Stream, batch_id: str, digest: str, taken: Taken, now_ms: int,
    segment: str,
) -> tuple[StreamBatch, bool]:  # fmt: skip
    """Promises a batch whose rows are on disk.

    Returns:
        Its row, and whether it is new; an earlier one of the same id where two came at once.

    Raises:
        Problem: As `find_batch`; 404 where the stream went meanwhile.
    """
    try:
        with database.session() as session:
            # The row of the stream is locked first, so that numbers are committed in their order.
            numbered = session.execute(
                update(Stream).where(Stream.id == stream.id)
                .values(appended=Stream.appended + 1, n_rows=Stream.n_rows + taken.n_rows)
                .returning(Stream.appended)
            ).scalar_one_or_none()  # fmt: skip
            if numbered is None:
                raise Problem(404, "no-stream", "the stream was deleted")
            row = StreamBatch(
                id=new_id("batch"), tenant_id=stream.tenant_id, stream_id=stream.id,
                batch_id=batch_id, seq=numbered, digest=digest, n_rows=taken.n_rows,
                n_rejected=taken.n_rejected, rejections=_told(taken), segment=segment,
                received_ms=now_ms,
            )  # fmt: skip
            session.add(row)
            session.flush()
        return row, True
    except IntegrityError:
        with database.reading() as session:
            earlier = find_batch(session, stream.id, batch_id, digest)
            gone = session.get(Stream, stream.id) is None
        if gone:
            raise Problem(404, "no-stream", "the stream was deleted") from None
        if earlier is None:
            raise
        return earlier, False


def _told(taken: Taken) -> dict[str, Any]:
    return {"items": [asdict(rejection) for rejection in taken.rejections]}


def backlog(session: Session, stream: Stream) -> Backlog:
    """What is not judged yet."""
    counted = session.execute(
        select(
            func.coalesce(func.sum(StreamBatch.n_rows), 0),
            func.count(),
            func.min(StreamBatch.received_ms),
        ).where(
            StreamBatch.stream_id == stream.id,
            StreamBatch.seq > stream.judged,
            StreamBatch.scored_ms.is_(None),
        )
    ).one()
    return Backlog(int(counted[0]), int(counted[1]), counted[2])


def pending(session: Session, stream: Stream, after: int, most_rows: int) -> Sequence[Pending]:
    """Batches after a number, in order, up to about so many rows."""
    query = (
        select(StreamBatch)
        .where(StreamBatch.stream_id == stream.id, StreamBatch.seq > after)
        .order_by(StreamBatch.seq)
    )
    found, rows = [], 0
    for batch in session.scalars(query.execution_options(yield_per=500)):
        found.append(Pending(batch.seq, batch.segment or "", batch.n_rows, batch.received_ms))
        rows += batch.n_rows
        if rows >= most_rows:
            break
    return found


def forget_stream(session: Session, stream: Stream) -> None:
    """Deletes a stream and all that is known of it; its files go afterwards."""
    session.execute(delete(Stream).where(Stream.id == stream.id))


def _stream(session: Session, tenant_id: str, name: str) -> Stream | None:
    where = Stream.tenant_id == tenant_id, Stream.name == name
    return session.scalars(select(Stream).where(*where)).one_or_none()


def _has_reference(session: Session, tenant_id: str, name: str) -> bool:
    where = NamedReference.tenant_id == tenant_id, NamedReference.name == name
    return session.scalars(select(NamedReference.id).where(*where)).first() is not None
