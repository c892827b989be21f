"""A finished scan: its sections and groups, and the report as a frame."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from zhenzan.api.pages.visitor import PageRoute, Visitor, allowed
from zhenzan.api.results.rows import Asked, ResultPages
from zhenzan.api.results.stored import open_scan
from zhenzan.api.routes.files import get_scan_report
from zhenzan.api.routes.scans import get_scan
from zhenzan.api.schemas.results import Band
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.detector.results import BANDS, OUTPUTS

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

_SHOWN: Final = 50
_KINDS: Final = {
    "sections": ("section", "score"),
    "campaigns": ("campaign", "n_engagements"),
    "accounts": ("account", "score"),
    "comments": ("comment", "score"),
}


@router.get("/scans/{scan_id}")
def scan_page(
    scan_id: RowId,
    visitor: Annotated[Visitor, allowed("results:read")],
    table: Annotated[
        Literal["sections", "campaigns", "accounts", "comments"], Query()
    ] = "sections",
    band: Annotated[Band | None, Query()] = None,
    start: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> Response:
    """Rows of one table, highest first, by page and band."""
    told = get_scan(scan_id, visitor.who, visitor.held)
    scan = open_scan(visitor.held, visitor.who, scan_id)
    kind, sort = _KINDS[table]
    chosen = (("band", band),) if band and "band" in OUTPUTS[table].names else ()
    asked = Asked(table, chosen, sort=sort)
    pages = visitor.held.part(ResultPages)
    rows, total = pages.page(scan_id, scan.path, asked, start, _SHOWN)
    return visitor.page(
        "scan.j2", scan=told, rows=rows, total=total, start=start, shown=_SHOWN, table=table,
        tables=tuple(_KINDS), kind=kind, band=band, bands=BANDS[::-1],
        files=[name for name in OUTPUTS if (scan.path / f"{name}.parquet").is_file()],
    )  # fmt: skip


@router.get("/scans/{scan_id}/report")
def report_frame(
    scan_id: RowId,
    visitor: Annotated[Visitor, allowed("results:read")],
    section_id: Annotated[Identifier | None, Query()] = None,
) -> Response:
    """The report, allowed inside of our own pages; nothing else about it changes."""
    language: Literal["zh", "en"] = "zh" if visitor.texts.language == "zh" else "en"
    answer = get_scan_report(
        scan_id, visitor.who, visitor.held, visitor.request, language, section_id, False
    )
    policy = answer.headers.get("content-security-policy", "")
    answer.headers["Content-Security-Policy"] = policy.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer
