"""The files of a scan: tables as Parquet and CSV, statements as JSON lines, the report."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    Response,
    StreamingResponse,
)
from zhenzan.api.context import Service, service
from zhenzan.api.etags import KEEP, etag_of, has, unchanged
from zhenzan.api.problems import Problem, responses
from zhenzan.api.results.rows import revision
from zhenzan.api.results.run_record import read_run_record
from zhenzan.api.results.stored import open_scan
from zhenzan.api.results.tabular import csv_of
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal
from zhenzan.detector.versions import versions
from zhenzan.features.errors import UsageError

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1/scans/{scan_id}", tags=["scans"])

_Held = Annotated[Service, Depends(service)]
_Reader = Annotated[Principal, require("results:read")]
_FileName = Literal[
    "sections.parquet", "sections.csv", "accounts.parquet", "accounts.csv", "comments.parquet",
    "comments.csv", "engagements.parquet", "engagements.csv", "campaigns.parquet",
    "campaigns.csv", "campaign_members.parquet", "campaign_members.csv", "evidence.jsonl",
    "insights.jsonl", "run.json",
]  # fmt: skip
_TYPES: Final = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "json": "application/json",
}
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind.partition(";")[0]: _BYTES for kind in _TYPES.values()}},
    206: {"description": "The part that `Range` asks for."},
    304: {"description": "`If-None-Match` names the newest answer."},
    **responses(404, 416),
}
_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
_POLICY: Final = re.compile(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"')


@router.get(
    "/files/{name}",
    operation_id="get_scan_file",
    response_class=Response,
    responses=_FILES,
)
def get_scan_file(
    scan_id: RowId, name: _FileName, who: _Reader, held: _Held, request: Request
) -> Response:
    """A file of the scan directory; CSV is made from Parquet, safe to open in a spreadsheet."""
    scan = open_scan(held, who, scan_id)
    stem, _, kind = name.partition(".")
    file = scan.path / (f"{stem}.parquet" if kind == "csv" else name)
    if not file.is_file():
        raise Problem(404, "not-found", "this scan has no such file")
    tag = etag_of(scan_id, name, revision(file))
    if has(request, tag):
        return unchanged(tag)
    headers = {
        "ETag": tag,
        "Cache-Control": KEEP,
        "Content-Disposition": f'attachment; filename="{scan_id}-{name}"',
    }
    if kind == "json":
        return JSONResponse(read_run_record(file), headers=headers)
    if kind == "csv":
        return StreamingResponse(csv_of(file), headers=headers, media_type=_TYPES[kind])
    _one_range(request, file.stat().st_size)
    return FileResponse(file, headers=headers, media_type=_TYPES[kind])


def _one_range(request: Request, size: int) -> None:
    """Lets through a range of one piece; leaves out what is no such range, as RFC 9110 allows.

    Raises:
        Problem: 416, it begins behind the end.
    """
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        kept = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
        request.scope["headers"] = kept
    elif int(found[1]) >= size:
        told = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "range", f"the file has {size} bytes", headers=told)


@router.get(
    "/report.html",
    operation_id="get_scan_report",
    response_class=HTMLResponse,
    responses={304: {"description": "`If-None-Match` names the newest answer."}, **responses(404)},
)
def get_scan_report(
    scan_id: RowId,
    who: _Reader,
    held: _Held,
    request: Request,
    lang: Annotated[Literal["zh", "en"], Query(description="Of the report.")] = "zh",
    section_id: Annotated[Identifier | None, Query(description="Only this section.")] = None,
    redact: Annotated[bool, Query(description="Short names instead of ids.")] = True,
) -> Response:
    """The report as one page that loads nothing from elsewhere."""
    from zhenzan.detector.report import render_report

    scan = open_scan(held, who, scan_id)
    told = revision(scan.path / "run.json")  # replaced with whatever else is
    tag = etag_of(scan_id, told, "report", lang, section_id, redact, versions())
    if has(request, tag):
        return unchanged(tag)
    try:
        page = render_report(scan, language=lang, section=section_id, redact=redact)
    except UsageError:
        raise Problem(404, "not-found", "the scan has no such section") from None
    headers = {"ETag": tag, "Cache-Control": KEEP}
    policy = _POLICY.search(page)
    if policy is not None:  # its own style and script, by their digests
        headers["Content-Security-Policy"] = f"{policy.group(1)}; frame-ancestors 'none'".replace(
            "&#39;", "'"
        )
    return HTMLResponse(page, headers=headers)
