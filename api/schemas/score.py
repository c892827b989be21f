"""One section to be scored at once, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, create_model
from zhenzan.api.schemas.lookup import EvidenceOut
from zhenzan.api.schemas.references import ReferenceName
from zhenzan.api.schemas.results import ROWS
from zhenzan.api.schemas.text import Identifier

__all__ = ["EXAMPLE", "MOST_ROWS", "Part", "ScoreIn", "ScoreOut", "SectionIn"]

MOST_ROWS: Final = 50_000
"""Of each part: what takes longer than some seconds is a job."""

Part: TypeAlias = Literal[
    "comments", "accounts", "engagements", "campaigns", "campaign_members", "evidence", "insights"
]
_Rows: TypeAlias = list[dict[str, Any]]
_LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01


def _rows(about: str) -> Any:
    return Field(default_factory=list, max_length=MOST_ROWS, description=about)


class SectionIn(BaseModel):
    """The section; columns of the canonical table `section`."""

    model_config = ConfigDict(extra="forbid")

    section_id: Identifier
    platform: str | None = Field(None, max_length=64)
    kind: str | None = Field(None, max_length=64, description="`article`, `video`, `post`, …")
    creator_id: str | None = Field(None, max_length=512)
    published_ms: int | None = None
    title: str | None = None
    text: str | None = None
    language: str | None = Field(None, max_length=64)


EXAMPLE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "reference": "default",
        "section": {"section_id": "weibo:4991", "kind": "post", "published_ms": 1714521600000},
        "comments": [
            {
                "comment_id": "weibo:c1",
                "account_id": "weibo:77",
                "text": "第一！",
                "created_ms": 1714521660000,
            }
        ],
        "engagements": [
            {"kind": "like", "account_id": "weibo:78", "ts_ms": 1714521661000},
            {
                "kind": "like",
                "account_id": "weibo:79",
                "comment_id": "weibo:c1",
                "ts_ms": 1714521665000,
            },
        ],
        "include": ["comments", "evidence"],
    }
)


class ScoreIn(BaseModel):
    """A section with all that was collected of it, in the columns of the canonical tables.

    Rows need not repeat the section. Unknown columns are noted and not read; rows that cannot be
    used are told in `rejections`, as in a scan.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [dict(EXAMPLE)]})

    section: SectionIn
    comments: _Rows = _rows("`comment_id`, `account_id`, `text`, `created_ms`, …")
    engagements: _Rows = _rows("`kind`, `account_id`, `ts_ms`, `comment_id` where on a comment, …")
    accounts: _Rows = _rows("`account_id`, `created_ms`, …")
    account_snapshots: _Rows = _rows("`account_id`, `observed_ms`, `followers`, …")
    counts: _Rows = _rows("`metric`, `observed_ms`, `value`, `comment_id`, …")
    coverage: _Rows = _rows("`object`, `claimed_total`, `collected`, `selection`, …")
    contexts: _Rows = _rows("`kind`, `start_ms`, `end_ms`: benign explanations.")
    reference: ReferenceName = Field(
        "default", description="Name of a reference, or id of a scan, to judge against."
    )
    observed_at_ms: int | None = Field(
        None, ge=0, le=_LATEST_MS, description="When it was collected. Default: now."
    )
    timezone: str | None = Field(None, max_length=64, description="Of times that name none.")
    model: str | None = Field(None, max_length=80, description="As in `GET /v1/models`.")
    base_rate: float | None = Field(None, gt=0, lt=1)
    ids: Literal["keep", "hash"] | None = Field(None, description="Of accounts. Default: keep.")
    include: list[Part] = Field(
        default=["comments"],
        max_length=7,
        description="Parts of the answer beside the section; evidence and insights take longer.",
    )
    do_not_store: Literal[True] = Field(
        True, description="Nothing of a score is kept; what is to be kept is a job."
    )

    def payload(self) -> dict[str, Any]:
        """As `SectionScorer.score` takes it."""
        parts = ("comments", "engagements", "accounts", "account_snapshots", "counts",
                 "coverage", "contexts")  # fmt: skip
        section = self.section.model_dump(exclude_none=True)
        return {"section": section, **{part: getattr(self, part) for part in parts}}


class LostRows(BaseModel):
    """Rows that share a fate."""

    table: str
    reason: str
    count: int
    examples: list[str] = Field(description="Up to five, as `file:line`.")


class _Answer(BaseModel):
    reference: str | None = Field(description="The name or id that was asked for.")
    reference_digest: str | None = Field(description="What exactly it was.")
    fixture: bool = Field(False, description="A made-up answer for tests of integrations.")
    rejections: list[LostRows] = Field(description="Rows that could not be used.")
    notes: list[LostRows] = Field(description="What lost no row and should be known.")
    evidence: list[EvidenceOut] | None = None
    insights: list[dict[str, Any]] | None = None


ScoreOut: Final[type[_Answer]] = create_model(
    "ScoreOut",
    __base__=_Answer,
    __doc__="A scored section: the rows that a scan of it under the reference would hold.",
    section=(ROWS["sections"], ...),
    **{  # type: ignore[call-overload]
        name: (list[ROWS[name]] | None, None)  # type: ignore[valid-type]
        for name in ("comments", "accounts", "engagements", "campaigns", "campaign_members")
    },
)
