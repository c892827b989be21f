"""Finished scans, and the rows of their tables by page."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import tuple_
from zhenzan.api import cursors
from zhenzan.api.context import Service, service
from zhenzan.api.etags import KEEP, etag_of, has, unchanged
from zhenzan.api.problems import responses
from zhenzan.api.results.rows import Asked, ResultPages, revision
from zhenzan.api.results.stored import find_scan, open_scan, seen_by
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.results import Band, ScanOut, ScanPage, page_of
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import StoredScan

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1/scans", tags=["scans"])

_Held = Annotated[Service, Depends(service)]
_Reader = Annotated[Principal, require("results:read")]
_Bands: TypeAlias = Annotated[Band | None, Query(description="Only this band.")]
_Least: TypeAlias = Annotated[
    float | None, Query(ge=0, le=1, allow_inf_nan=False, description="Only scores from this on.")
]
_Campaign: TypeAlias = Annotated[
    Identifier | None, Query(description="Only members of this campaign.")
]
_Section: TypeAlias = Annotated[Identifier | None, Query(description="Only of this section.")]
_Account: TypeAlias = Annotated[Identifier | None, Query(description="Only of this account.")]
_ROWS: Final[dict[int | str, dict[str, Any]]] = {
    **responses(404),
    304: {"description": "`If-None-Match` names the newest answer."},
}


@router.get("", operation_id="list_scans")
def list_scans(who: _Reader, held: _Held, limit: Limit = 50, cursor: Cursor = None) -> ScanPage:
    """Scans, the newest first; a creator sees those of the own key."""
    query = ("scans", who.tenant_id, who.sees_all, who.key_id)
    chosen = seen_by(who)
    if cursor is not None:
        place = cursors.decode(cursor, (int, str), *query)
        chosen = chosen.where(tuple_(StoredScan.created_ms, StoredScan.id) < tuple_(*place))
    chosen = chosen.order_by(StoredScan.created_ms.desc(), StoredScan.id.desc())
    with held.database.reading() as session:
        rows = session.scalars(chosen.limit(limit + 1)).all()
        items = [ScanOut.model_validate(row, from_attributes=True) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    following = cursors.encode((last.created_ms, last.id), *query) if last else None
    return ScanPage(items=items, next_cursor=following)


@router.get("/{scan_id}", operation_id="get_scan", responses=responses(404))
def get_scan(scan_id: RowId, who: _Reader, held: _Held) -> ScanOut:
    """One scan."""
    with held.database.reading() as session:
        return ScanOut.model_validate(find_scan(session, who, scan_id), from_attributes=True)


class _Pager:
    """What the routes of rows share: who asks for which scan, and for which part of the list."""

    def __init__(
        self,
        scan_id: RowId,
        who: _Reader,
        held: _Held,
        request: Request,
        response: Response,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> None:
        self._scan_id, self._who, self._held = scan_id, who, held
        self._request, self._response = request, response
        self._limit, self._cursor = limit, cursor

    def page(
        self,
        table: str,
        sort: str,
        least: dict[str, float | None] | None = None,
        **equal: str | bool | None,
    ) -> Any:
        """The page, or 304."""
        asked = Asked(
            table,
            tuple((name, value) for name, value in equal.items() if value is not None),
            tuple((n, v) for n, v in (least or {}).items() if v is not None),
            None if sort == "id" else sort,
        )
        query = (table, self._scan_id, asked.equal, asked.least, asked.sort)
        offset = 0
        if self._cursor is not None:
            (place,) = cursors.decode(self._cursor, (int,), *query)
            offset = max(place, 0)
        scan = open_scan(self._held, self._who, self._scan_id)
        told = revision(scan.path / f"{table}.parquet")
        tag = etag_of(query, told, offset, self._limit)
        if has(self._request, tag):
            return unchanged(tag)
        pages = self._held.part(ResultPages)
        rows, total = pages.page(self._scan_id, scan.path, asked, offset, self._limit)
        end = offset + len(rows)
        self._response.headers.update({"ETag": tag, "Cache-Control": KEEP})
        following = cursors.encode((end,), *query) if rows and end < total else None
        return {"items": rows, "total": total, "next_cursor": following}


_Paged: TypeAlias = Annotated[_Pager, Depends(_Pager)]


@router.get(
    "/{scan_id}/sections",
    operation_id="list_sections",
    response_model=page_of("sections"),
    responses=_ROWS,
)
def list_sections(
    paged: _Paged,
    band: _Bands = None,
    min_score: _Least = None,
    campaign_id: _Campaign = None,
    context: Annotated[Identifier | None, Query(description="Only with this context.")] = None,
    sort: Literal["score", "n_purchased", "n_engagements", "id"] = "score",
) -> Any:
    """Sections of a scan, by default those with the highest score first."""
    return paged.page(
        "sections", sort, {"score": min_score},
        band=band, campaign_ids=campaign_id, contexts=context,
    )  # fmt: skip


@router.get(
    "/{scan_id}/accounts",
    operation_id="list_accounts",
    response_model=page_of("accounts"),
    responses=_ROWS,
)
def list_accounts(
    paged: _Paged,
    band: _Bands = None,
    min_score: _Least = None,
    campaign_id: _Campaign = None,
    sort: Literal["score", "n_attributed", "n_engagements", "id"] = "score",
) -> Any:
    """Accounts of a scan; what they did, not who they are."""
    return paged.page("accounts", sort, {"score": min_score}, band=band, campaign_ids=campaign_id)


@router.get(
    "/{scan_id}/comments",
    operation_id="list_comments",
    response_model=page_of("comments"),
    responses=_ROWS,
)
def list_comments(
    paged: _Paged,
    band: _Bands = None,
    min_score: _Least = None,
    section_id: _Section = None,
    account_id: _Account = None,
    template_id: Annotated[Identifier | None, Query(description="Only of this template.")] = None,
    sort: Literal["score", "n_likes", "reply_priority", "id"] = "score",
) -> Any:
    """Comments of a scan; their texts are found by look-up."""
    return paged.page(
        "comments", sort, {"score": min_score},
        band=band, section_id=section_id, account_id=account_id, template_id=template_id,
    )  # fmt: skip


@router.get(
    "/{scan_id}/campaigns",
    operation_id="list_campaigns",
    response_model=page_of("campaigns"),
    responses=_ROWS,
)
def list_campaigns(
    paged: _Paged,
    kind: Annotated[Identifier | None, Query(description="Only of this kind.")] = None,
    sort: Literal["n_engagements", "coordination", "confidence", "id"] = "n_engagements",
) -> Any:
    """Campaigns of a scan, by default the largest first."""
    return paged.page("campaigns", sort, kind=kind)


@router.get(
    "/{scan_id}/campaigns/{campaign_id}/members",
    operation_id="list_members",
    response_model=page_of("campaign_members"),
    responses=_ROWS,
)
def list_members(
    paged: _Paged,
    campaign_id: Identifier,
    member_kind: Annotated[Literal["account", "section", "comment"] | None, Query()] = None,
    sort: Literal["weight", "id"] = "weight",
) -> Any:
    """Members of a campaign, those with the greatest weight first."""
    return paged.page("campaign_members", sort, campaign_id=campaign_id, member_kind=member_kind)


@router.get(
    "/{scan_id}/engagements",
    operation_id="list_engagements",
    response_model=page_of("engagements"),
    responses=_ROWS,
)
def list_engagements(
    paged: _Paged,
    section_id: _Section = None,
    comment_id: Annotated[Identifier | None, Query(description="Only on this comment.")] = None,
    account_id: _Account = None,
    kind: Annotated[Identifier | None, Query(description="Only of this kind.")] = None,
    min_p: Annotated[
        float | None,
        Query(ge=0, le=1, allow_inf_nan=False, description="Only `p_purchased` from this on."),
    ] = None,
    sort: Literal["id", "p_purchased"] = "id",
) -> Any:
    """Acts of a scan; of a large one ask for one section or account."""
    return paged.page(
        "engagements", sort, {"p_purchased": min_p},
        section_id=section_id, comment_id=comment_id, account_id=account_id, kind=kind,
    )  # fmt: skip
