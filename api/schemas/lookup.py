"""What a scan says about one thing."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, Field
from zhenzan.api.schemas.decisions import DecisionOut

__all__ = ["EvidenceOut", "LookupOut", "SubjectKind", "Texts"]

SubjectKind: TypeAlias = Literal["section", "account", "comment", "campaign"]


class Texts(BaseModel):
    """One sentence in two languages."""

    zh: str
    en: str


class SubjectOut(BaseModel):
    """What a statement is about."""

    kind: str
    id: str


class EvidenceOut(BaseModel):
    """One checkable statement, with what else could explain it."""

    evidence_id: str
    reason: str = Field(examples=["timing.burst@1"])
    statement: Texts
    subject: SubjectOut
    refs: list[str] = Field(description="Rows that it rests on, at most 50.")
    observed: float | None
    expected: float | None
    unit: str
    start_ms: int | None
    end_ms: int | None
    strength: float | None = Field(description="Log10 likelihood ratio or an equivalent surprise.")
    counter_evidence: list[Texts]


class LookupOut(BaseModel):
    """A row, what speaks for and against, and where it belongs."""

    kind: SubjectKind
    id: str
    record: dict[str, Any] = Field(description="Its row in the table of its kind.")
    text: str | None = Field(description="Of a comment.")
    about: dict[str, Any] | None = Field(
        description="Of a section: platform, kind, creator, title, and what could be checked."
    )
    evidence: list[EvidenceOut] = Field(description="Strongest first.")
    campaign_evidence: list[EvidenceOut]
    members: list[dict[str, Any]]
    related: list[dict[str, Any]] = Field(description="Earlier campaigns that it continues.")
    insights: list[dict[str, Any]]
    decisions: list[DecisionOut] = Field(description="What people decided, oldest first.")
