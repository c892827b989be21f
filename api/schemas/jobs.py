"""Jobs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from zhenzan.api.jobs.request import FileTold, JobOptions, JobRequest
from zhenzan.api.schemas.page import Page
from zhenzan.api.schemas.text import Label
from zhenzan.api.storage.models import Job

__all__ = ["JobIn", "JobOut", "JobPage", "JobStatus"]

JobStatus: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled"]

_Place: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class JobIn(BaseModel):
    """A scan of what the service can read by itself."""

    model_config = ConfigDict(extra="forbid")

    title: Label | None = Field(None, description="What people will call it.")
    paths: list[_Place] = Field(
        default_factory=list,
        max_length=1000,
        description="Files and folders below configured roots.",
        examples=[["/data/exports/2024-05"]],
    )
    urls: list[_Place] = Field(
        default_factory=list,
        max_length=1000,
        description="Files at configured prefixes.",
        examples=[["s3://exports/2024-05/engagement.parquet"]],
    )
    options: JobOptions = Field(default_factory=JobOptions)

    def request(self) -> JobRequest:
        """As it is kept."""
        return JobRequest(
            title=self.title or "",
            paths=tuple(self.paths),
            urls=tuple(self.urls),
            options=self.options,
        )


class JobError(BaseModel):
    """Why a job failed; the members of a problem."""

    status: int = Field(description="As HTTP would say it: 422 is the input, 500 is ours.")
    slug: str = Field(examples=["input"])
    detail: str


class JobOut(BaseModel):
    """A job and where it is."""

    id: str = Field(examples=["job_5f0c1a2b3c4d5e6f7a8b9c0d"])
    title: str
    status: JobStatus
    step: str | None = Field(description="The step that was last begun.", examples=["scores"])
    share: float = Field(description="How much is done, from 0 to 1.", ge=0, le=1)
    owner: str = Field(description="The key that asked.")
    scan_id: str | None = Field(description="The result, once there is one.")
    error: JobError | None
    cancel_requested: bool
    created_ms: int
    started_ms: int | None
    finished_ms: int | None
    files: list[FileTold]
    paths: list[str]
    urls: list[str] = Field(description="Without their queries, which may hold secrets.")
    options: JobOptions

    @classmethod
    def of(cls, job: Job) -> JobOut:
        """From its row."""
        asked = JobRequest.model_validate(job.request)
        error: dict[str, Any] | None = job.error
        return cls(
            id=job.id,
            title=asked.title,
            status=cast("JobStatus", job.status),
            step=job.step,
            share=min(max(job.share, 0.0), 1.0),
            owner=job.owner,
            scan_id=job.scan_id,
            error=None if error is None else JobError.model_validate(error),
            cancel_requested=job.cancel_ms is not None,
            created_ms=job.created_ms,
            started_ms=job.started_ms,
            finished_ms=job.finished_ms,
            files=list(asked.files),
            paths=list(asked.paths),
            urls=[url.partition("?")[0] for url in asked.urls],
            options=asked.options,
        )


class JobPage(Page[JobOut]):
    """A part of the list of jobs."""
