"""One section scored while the caller waits."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from zhenzan.api.context import Service, service
from zhenzan.api.jobs.models import model_place
from zhenzan.api.jobs.tenant_key import tenant_key
from zhenzan.api.problems import responses
from zhenzan.api.results.declared import declared_for
from zhenzan.api.results.references import reference_place
from zhenzan.api.schemas.score import ScoreIn, ScoreOut
from zhenzan.api.scoring.fixtures import fixture_answer
from zhenzan.api.scoring.pool import ScorePool
from zhenzan.api.scoring.worker import ScoreTask
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["score"])


@router.post(
    "/score",
    operation_id="score_section",
    response_model=ScoreOut,
    response_model_exclude_unset=True,
    responses=responses(404),
)
def score_section(
    body: ScoreIn,
    who: Annotated[Principal, require("score")],
    held: Annotated[Service, Depends(service)],
) -> Any:
    """Scores one section against a named reference, as a scan under that reference would.

    The section ids `zhenzan:always-suspicious` and `zhenzan:always-clean` answer without a
    reference, for tests of integrations.
    """
    section_id = body.section.section_id
    fixture = fixture_answer(section_id, body.include)
    if fixture is not None:
        return fixture
    place = reference_place(held, who, body.reference)
    with held.database.reading() as session:
        declared = declared_for(session, who, section_id)
    task = ScoreTask(
        place=str(place),
        payload=body.payload(),
        now_ms=body.observed_at_ms or held.clock(),
        key_file=str(tenant_key(held.settings.data_dir, who.tenant_id)),
        timezone=body.timezone,
        contexts=tuple(declared),
        include=tuple(body.include),
        model=model_place(held.settings.data_dir, body.model),
        base_rate=body.base_rate,
        ids=body.ids,
    )
    return {**held.part(ScorePool).score(task), "reference": body.reference}
