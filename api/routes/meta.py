"""Models, families and sources of this installation."""

from __future__ import annotations

import math
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from zhenzan.api.context import Service, service
from zhenzan.api.jobs.models import model_names
from zhenzan.api.schemas.lookup import Texts
from zhenzan.api.schemas.meta import (
    FamilyOut,
    FamilyPage,
    FeatureOut,
    ModelOut,
    ModelPage,
    SourceOut,
    SourcePage,
)
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal
from zhenzan.detector.sources.registry import sources
from zhenzan.features.families import families
from zhenzan.features.family import Text
from zhenzan.models.pretrained import PRETRAINED
from zhenzan.models.scorers.registry import DEFAULT, scorer_names

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["about"])

_Known = Annotated[Principal, require()]


@router.get("/models", operation_id="list_models")
def list_models(_: _Known, held: Annotated[Service, Depends(service)]) -> ModelPage:
    """What may be named as `model` of a job."""
    scorers = scorer_names()
    items = [
        ModelOut(
            name=name,
            is_default=name == DEFAULT,
            is_bundle=name == PRETRAINED or name not in scorers,
        )
        for name in model_names(held.settings.data_dir)
    ]
    return ModelPage(items=items, next_cursor=None)


@router.get("/families", operation_id="list_families")
def list_families(_: _Known) -> FamilyPage:
    """What is computed, with a sentence for each number."""
    items = [
        FamilyOut(
            name=family.name,
            version=family.version,
            title=_texts(family.title),
            needs={table: list(names) for table, names in family.requires.columns.items()},
            substitute=None
            if family.requires.substitute is None
            else _texts(family.requires.substitute),
            features=[
                FeatureOut(
                    name=spec.name,
                    entity=spec.entity.value,
                    unit=spec.unit,
                    low=_finite(spec.low),
                    high=_finite(spec.high),
                    direction=spec.direction,
                    text=_texts(spec.text),
                    source=spec.source,
                )
                for spec in family.specs
            ],
        )
        for family in families()
    ]
    return FamilyPage(items=items, next_cursor=None)


@router.get("/sources", operation_id="list_sources")
def list_sources(_: _Known) -> SourcePage:
    """What can be read, and by what it is recognised."""
    items = [
        SourceOut(
            name=source.name,
            version=source.version,
            title=Texts(zh=source.title["zh"], en=source.title["en"]),
            platform=source.platform,
            hashes_ids=source.hashes_ids,
            tables=list(source.table_names),
            looked_for=list(source.looked_for),
        )
        for source in sources()
    ]
    return SourcePage(items=items, next_cursor=None)


def _texts(text: Text) -> Texts:
    return Texts(zh=text.zh, en=text.en)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
