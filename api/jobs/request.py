"""What a job is asked to do, as it is kept in the database."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

__all__ = ["FileTold", "JobOptions", "JobRequest"]

_Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
_LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01: no log is younger


class JobOptions(BaseModel):
    """Options of a scan; all may be left out. They mean what those of `zhenzan scan` mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: _Name | None = Field(default=None, description="Read all files as this source.")
    map: _Name | None = Field(default=None, description="Name of a built-in map for unknown files.")
    ids: Literal["keep", "hash"] | None = Field(
        default=None, description="Keep account ids or hash them with the tenant's key."
    )
    timezone: _Line | None = Field(
        default=None, description="Of times that name none.", examples=["Asia/Shanghai"]
    )
    observed_at_ms: int | None = Field(
        default=None,
        ge=0,
        le=_LATEST_MS,
        description="When the files were collected. Default: now.",
    )
    section_id: _Line | None = Field(default=None, description="Of files that do not name theirs.")
    contexts: tuple[_Line, ...] = Field(
        default=(),
        max_length=1000,
        description="Benign explanations that you declare.",
        examples=[["giveaway@2024-05-01..2024-05-03"]],
    )
    reference: _Name | None = Field(
        default=None,
        description="An earlier scan, or a named reference, to judge every section against.",
    )
    previous: _Name | None = Field(
        default=None, description="An earlier scan; campaigns that go on keep their ids."
    )
    model: _Name | None = Field(
        default=None, description="Name of an installed model. Default: rules."
    )
    base_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of purchased ones in data like this, for a model.",
    )

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        from zoneinfo import ZoneInfo

        if name is not None:
            try:
                ZoneInfo(name)
            except (KeyError, ValueError, OSError) as error:
                raise ValueError("unknown time zone; expected one such as Asia/Shanghai") from error
        return name


class FileTold(BaseModel):
    """A file that was uploaded with the job."""

    name: str = Field(examples=["engagement.parquet"])
    size: int = Field(description="Bytes.", ge=0)
    sha256: str = Field(description="Of its bytes, in hex.")


class JobRequest(BaseModel):
    """Everything that a worker needs to know.

    Attributes:
        title: What people call the job.
        files: What was uploaded.
        paths: Below configured roots.
        urls: Below configured prefixes.
        options: Of the scan.
        declared: Contexts that were declared in the tenant, for sections that the data may hold.
    """

    model_config = ConfigDict(frozen=True)

    title: str = ""
    files: tuple[FileTold, ...] = ()
    paths: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    options: JobOptions = JobOptions()
    declared: tuple[str, ...] = ()
