"""Decisions of people, appeals against them, rulings on appeals."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from zhenzan.api.schemas.page import Page
from zhenzan.api.schemas.text import Identifier, Label, Sentence
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Decision

__all__ = [
    "AppealIn",
    "DecisionIn",
    "DecisionKind",
    "DecisionOut",
    "DecisionPage",
    "Outcome",
    "RulingIn",
]

Outcome: TypeAlias = Literal[
    "no_action", "benign_explained", "needs_more_data", "likely_inauthentic",
    "confirmed_inauthentic",
]  # fmt: skip
DecisionKind: TypeAlias = Literal["decision", "appeal", "ruling"]


class DecisionIn(BaseModel):
    """What a reviewer decides; a person gives the reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "scan_id": "scan_0123456789abcdef01234567",
                    "subject_kind": "section",
                    "subject_id": "weibo:4991",
                    "outcome": "benign_explained",
                    "reason": "A giveaway ended at the hour of the burst; the post says so.",
                }
            ]
        },
    )

    scan_id: str = Field(pattern=r"^scan_[0-9a-f]{24}$")
    subject_kind: Literal["section", "account", "comment", "campaign"]
    subject_id: Identifier
    outcome: Outcome
    reason: Sentence = Field(description="Why; whoever is concerned may be shown it.")
    policy: Label | None = Field(None, description="The rule that it rests on.")
    note: Sentence | None = Field(None, description="For colleagues.")


class AppealIn(BaseModel):
    """Why a decision should not stand."""

    model_config = ConfigDict(extra="forbid")

    reason: Sentence


class RulingIn(BaseModel):
    """What becomes of a decision that was appealed."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["upheld", "overturned"]
    reason: Sentence


class DecisionOut(BaseModel):
    """A line of the log; lines are added, never changed."""

    id: str
    kind: DecisionKind
    scan_id: str
    subject_kind: str
    subject_id: str
    verdict: str | None = Field(
        description="Of a decision its outcome, of a ruling `upheld` or `overturned`."
    )
    reason: str
    appeal_of: str | None = Field(
        description="Of an appeal the decision, of a ruling the appeal that it answers."
    )
    policy: str | None
    note: str | None = Field(description="Told to reviewers and administrators only.")
    band: str | None = Field(description="Of the subject in the scan, when it was decided.")
    score: float | None
    model_id: str | None
    shadow: bool = Field(description="Made while nothing was acted on.")
    made_by: str = Field(description="Id of the key.")
    created_ms: int

    @classmethod
    def of(cls, row: Decision, who: Principal) -> DecisionOut:
        """From the row, as this principal is shown it."""
        body: dict[str, Any] = row.body
        return cls(
            id=row.id,
            kind=row.kind,  # type: ignore[arg-type]
            scan_id=row.scan_id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            verdict=row.verdict,
            reason=row.reason,
            appeal_of=row.appeal_of,
            policy=body.get("policy"),
            note=body.get("note") if who.sees_all else None,
            band=body.get("band"),
            score=body.get("score"),
            model_id=body.get("model_id"),
            shadow=row.shadow,
            made_by=row.made_by,
            created_ms=row.created_ms,
        )


class DecisionPage(Page[DecisionOut]):
    """A page of the log."""
