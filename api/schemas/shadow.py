"""Precision as people measured it."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = ["BandPrecision", "PrecisionOut"]


class BandPrecision(BaseModel):
    """How subjects of one band were decided."""

    band: str
    n_decided: int = Field(description="Subjects with a last word that is yes or no.")
    n_agreed: int = Field(description="Of these, held likely or confirmed to be inauthentic.")
    n_waiting: int = Field(description="Subjects that wait for more data, or for a ruling.")
    precision: float | None = Field(description="Share that agreed; null below 20 subjects.")
    precision_lo: float | None = Field(description="Lower end of its 90 % interval (Wilson).")
    precision_hi: float | None


class PrecisionOut(BaseModel):
    """By band; only what people looked at counts, which is no sample of everything."""

    items: list[BandPrecision]
