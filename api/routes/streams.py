"""Streams: batches that are appended exactly once, and what is found of their sections."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from zhenzan.api import cursors
from zhenzan.api.context import Service, service
from zhenzan.api.problems import Problem, responses
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.streams import (
    BacklogOut,
    BatchOut,
    RejectionOut,
    StreamIn,
    StreamOut,
    StreamPage,
    StreamSectionOut,
    StreamSectionPage,
)
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Stream, StreamBatch
from zhenzan.api.streams.appended import (
    backlog,
    find_batch,
    find_stream,
    forget_stream,
    name_stream,
    stream_folder,
)
from zhenzan.api.streams.embedded import EmbeddedFollower
from zhenzan.api.streams.leftovers import DELETED, remove_folder
from zhenzan.api.streams.queries import one_section, sections_page
from zhenzan.api.streams.receive import media_type, receive_batch
from zhenzan.detector.judge_sections import NOT_LOOKED_AT

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["streams"])

_Held = Annotated[Service, Depends(service)]
_Writer = Annotated[Principal, require("streams:write")]
_Reader = Annotated[Principal, require("results:read")]
_Name = Annotated[str, Path(max_length=64, description="Of the stream.")]
_BATCH: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"kind":"like","section_id":"s1","account_id":"a1","ts_ms":1}\n',
            },
            "application/vnd.apache.arrow.stream": {
                "schema": {"type": "string", "format": "binary"}
            },
        },
    }
}


@router.post(
    "/engagements",
    operation_id="append_engagements",
    status_code=202,
    responses=responses(404, 415),
    openapi_extra=_BATCH,
)
async def append_engagements(
    request: Request,
    response: Response,
    who: _Writer,
    held: _Held,
    stream: Annotated[str, Query(max_length=64, description="Name of the stream.")],
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Id of the batch.")
    ] = None,
    x_batch_id: Annotated[
        str | None, Header(max_length=200, description="The same under another name.")
    ] = None,
    table: Annotated[
        Literal["engagement", "comment", "section", "account", "count_snapshot"],
        Query(description="Of rows that do not name theirs."),
    ] = "engagement",
) -> BatchOut:
    """Appends a batch, once: the same id with the same body is answered again, not appended.

    Rows are canonical ones, as JSON lines (any may name its `table`) or as an Arrow stream. Those
    that cannot be used are told, the rest is kept. 503 with `Retry-After` means that too much waits
    to be judged: send the same batch again later.
    """
    batch_id = idempotency_key or x_batch_id
    if batch_id is None:
        raise Problem(422, "no-batch-id", "name the batch: Idempotency-Key or X-Batch-Id")
    kind = media_type(
        request.headers.get("content-type", ""), request.headers.get("content-encoding", "")
    )
    row, new = await receive_batch(
        held, who.tenant_id, stream, batch_id, kind, table, request.stream()
    )
    response.status_code = 202 if new else 200
    return _batch(stream, row, replayed=not new)


@router.get("/streams", operation_id="list_streams")
def list_streams(
    who: _Reader, held: _Held, limit: Limit = 100, cursor: Cursor = None
) -> StreamPage:
    """The tenant's streams by name, with how far they are judged."""
    _sees_streams(who)
    after = cursors.decode(cursor, [str], "streams")[0] if cursor else None
    query = select(Stream).where(Stream.tenant_id == who.tenant_id)
    if after is not None:
        query = query.where(Stream.name > after)
    with held.database.reading() as session:
        found = list(session.scalars(query.order_by(Stream.name).limit(limit + 1)))
        items = [_stream(session, row, held) for row in found[:limit]]
    more = len(found) > limit
    return StreamPage(
        items=items, next_cursor=cursors.encode([items[-1].name], "streams") if more else None
    )


@router.put(
    "/streams/{name}",
    operation_id="put_stream",
    responses={**responses(404), 201: {"description": "Made", "model": StreamOut}},
)
def put_stream(
    name: _Name, body: StreamIn, who: _Writer, held: _Held, request: Request, response: Response
) -> StreamOut:
    """Makes a stream, or names the reference that it is judged by from here on.

    Under another reference every section is judged anew.
    """
    now = held.clock()
    with held.database.session() as session:
        row, new = name_stream(session, who.tenant_id, name, body.reference, now)
        record(
            session, who, "stream.put", row.id, {"name": name, "reference": body.reference},
            now_ms=now, request_id=request.state.request_id,
        )  # fmt: skip
        session.flush()
        told = _stream(session, row, held)
    held.part(EmbeddedFollower).wake()
    response.status_code = 201 if new else 200
    return told


@router.get("/streams/{name}", operation_id="get_stream", responses=responses(404))
def get_stream(name: _Name, who: _Reader, held: _Held) -> StreamOut:
    """One stream: what was appended, what waits to be judged."""
    _sees_streams(who)
    with held.database.reading() as session:
        return _stream(session, find_stream(session, who.tenant_id, name), held)


@router.delete(
    "/streams/{name}", operation_id="delete_stream", status_code=204, responses=responses(404)
)
def delete_stream(name: _Name, who: _Writer, held: _Held, request: Request) -> None:
    """Deletes a stream with its rows and all that was found of them.

    Rows that are being judged leave the disk when that ends; late batches are answered 404.
    """
    now = held.clock()
    with held.database.session() as session:
        row = find_stream(session, who.tenant_id, name)
        folder = stream_folder(held.settings.data_dir, who.tenant_id, row.id)
        forget_stream(session, row)
        record(
            session, who, DELETED, row.id, {"name": name, "n_rows": row.n_rows},
            now_ms=now, request_id=request.state.request_id,
        )  # fmt: skip
    remove_folder(folder)


@router.get(
    "/streams/{name}/batches/{batch_id:path}", operation_id="get_batch", responses=responses(404)
)
def get_batch(
    name: _Name, batch_id: Annotated[str, Path(max_length=200)], who: _Writer, held: _Held
) -> BatchOut:
    """What became of a batch: for senders that do not know whether it arrived."""
    with held.database.reading() as session:
        stream = find_stream(session, who.tenant_id, name)
        row = find_batch(session, stream.id, batch_id, None)
    if row is None:
        raise Problem(404, "no-batch", "no batch of that id was taken")
    return _batch(name, row, replayed=True)


@router.get(
    "/streams/{name}/sections", operation_id="list_stream_sections", responses=responses(404)
)
def list_stream_sections(
    name: _Name,
    who: _Reader,
    held: _Held,
    band: Literal[
        "insufficient_data", "organic", "unusual_explained", "unusual", "likely_purchased"
    ]
    | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> StreamSectionPage:
    """The latest of each section, highest score first; those without a score come last."""
    _sees_streams(who)
    with held.database.reading() as session:
        stream = find_stream(session, who.tenant_id, name)
        rows, after = sections_page(session, stream, band, limit, cursor)
    items = [StreamSectionOut(**row.told, judged_ms=row.judged_ms) for row in rows]
    return StreamSectionPage(items=items, next_cursor=after, not_looked_at=list(NOT_LOOKED_AT))


@router.get("/streams/{name}/section", operation_id="get_stream_section", responses=responses(404))
def get_stream_section(
    name: _Name,
    who: _Reader,
    held: _Held,
    section_id: Annotated[str, Query(max_length=512)],
) -> StreamSectionOut:
    """The latest of one section."""
    _sees_streams(who)
    with held.database.reading() as session:
        row = one_section(session, find_stream(session, who.tenant_id, name), section_id)
    return StreamSectionOut(**row.told, judged_ms=row.judged_ms)


def _sees_streams(who: Principal) -> None:
    """A stream belongs to the whole tenant: creators see their own uploads only."""
    if not who.sees_all:
        raise Problem(403, "missing-role", "streams are shown to reviewers and admins")


def _stream(session: Session, row: Stream, held: Service) -> StreamOut:
    waiting = backlog(session, row)
    return StreamOut(
        name=row.name,
        reference=row.reference,
        n_rows=row.n_rows,
        appended=row.appended,
        judged=row.judged,
        backlog=BacklogOut(
            n_rows=waiting.n_rows,
            n_batches=waiting.n_batches,
            oldest_ms=waiting.oldest_ms,
            limit_rows=held.settings.stream_backlog_rows,
        ),
        last_pass=row.state.get("last_pass"),
        created_ms=row.created_ms,
        judged_ms=row.scored_ms,
    )


def _batch(stream: str, row: StreamBatch, *, replayed: bool) -> BatchOut:
    lost = (row.rejections or {}).get("items", [])
    return BatchOut(
        stream=stream,
        batch_id=row.batch_id,
        seq=row.seq,
        n_rows=row.n_rows,
        n_rejected=row.n_rejected,
        rejections=[RejectionOut(**one) for one in lost],
        replayed=replayed,
        received_ms=row.received_ms,
    )
