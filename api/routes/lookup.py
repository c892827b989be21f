"""Look-up of one section, account, comment or campaign."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from zhenzan.api.context import Service, service
from zhenzan.api.decisions.log import history
from zhenzan.api.problems import Problem, responses
from zhenzan.api.results.lookup import look_up
from zhenzan.api.results.stored import open_scan
from zhenzan.api.schemas.decisions import DecisionOut
from zhenzan.api.schemas.lookup import LookupOut, SubjectKind
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1/scans/{scan_id}", tags=["scans"])


@router.get("/lookup", operation_id="look_up", response_model=LookupOut, responses=responses(404))
def look_up_subject(
    scan_id: RowId,
    kind: Annotated[SubjectKind, Query(description="What is looked for.")],
    id: Annotated[Identifier, Query(description="Its id, as the scan spells it.")],
    who: Annotated[Principal, require("results:read")],
    held: Annotated[Service, Depends(service)],
) -> Any:
    """Everything that a scan says about one thing: row, evidence, counter-evidence, decisions."""
    found = look_up(open_scan(held, who, scan_id), kind, id)
    if found is None:
        raise Problem(404, "not-found", f"the scan has no {kind} of that id")
    with held.database.reading() as session:
        lines = history(session, who, scan_id, kind, id)
        return {**found, "decisions": [DecisionOut.of(line, who) for line in lines]}
