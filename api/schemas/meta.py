"""What this installation knows: models, families, sources."""

from __future__ import annotations

from pydantic import BaseModel, Field
from zhenzan.api.schemas.lookup import Texts
from zhenzan.api.schemas.page import Page

__all__ = [
    "FamilyOut",
    "FamilyPage",
    "FeatureOut",
    "ModelOut",
    "ModelPage",
    "SourceOut",
    "SourcePage",
]


class ModelOut(BaseModel):
    """What `model` may name."""

    name: str
    is_default: bool
    is_bundle: bool = Field(description="A trained bundle, with calibrated probabilities.")


class ModelPage(Page[ModelOut]):
    """All models."""


class FeatureOut(BaseModel):
    """One number of a family."""

    name: str
    entity: str
    unit: str
    low: float | None = Field(description="Smallest possible value; null where unbounded.")
    high: float | None
    direction: int = Field(
        description="1 where more is more suspicious, -1 where less is, 0 neither."
    )
    text: Texts
    source: str


class FamilyOut(BaseModel):
    """A family of features."""

    name: str
    version: int
    title: Texts
    needs: dict[str, list[str]] = Field(description="Columns by table.")
    substitute: Texts | None = Field(description="What is done where they are missing.")
    features: list[FeatureOut]


class FamilyPage(Page[FamilyOut]):
    """All families."""


class SourceOut(BaseModel):
    """A format that can be read."""

    name: str
    version: str
    title: Texts
    platform: str | None
    hashes_ids: bool
    tables: list[str]
    looked_for: list[str]


class SourcePage(Page[SourceOut]):
    """All sources."""
