"""The benign explanations of a section, and what they changed."""

from __future__ import annotations

import pandas as pd
from zhenzan.detector.report.material import Material, integer, records, text
from zhenzan.detector.report.records import Explained, ExplainedRow
from zhenzan.detector.report.wording import finite

__all__ = ["build_explained"]

_MOST = 8  # rows; declarations for a whole account can repeat
_WHO = ("auto", "creator", "reviewer", "platform")


def build_explained(rows: pd.DataFrame | None, made: Material) -> Explained | None:
    """The panel of one section; None where nothing was declared or found.

    Args:
        rows: Its rows of `reference/contexts.parquet`.
        made: What is at hand.
    """
    if rows is None or rows.empty:
        return None
    found = records(rows)
    first = found[0]
    shown = tuple(
        ExplainedRow(
            name=made.texts.optional(f"context.{row['kind']}", str(row["kind"])),
            who=str(row["declared_by"]) if row["declared_by"] in _WHO else "reviewer",
            when=_when(integer(row["start_ms"]), integer(row["end_ms"]), made),
            quote=made.redactor.text(text(row["quote"]), shared_by=_own_words(row["quote"])),
            counted=bool(row["counted"]),
        )
        for row in found[:_MOST]
    )
    return Explained(
        rows=shown,
        more=max(0, len(found) - _MOST),
        band_before=text(first["band_before"]),
        band_after=text(first["band_after"]),
        score_before=finite(first["score_before"]),
        score_after=finite(first["score_after"]),
    )


def _own_words(quote: object) -> int:
    """A quote is the creator's own or a phrase that many share: it may be shown."""
    return 0 if quote is None else 1 << 20


def _when(start: int | None, end: int | None, made: Material) -> str:
    w = made.wording
    if start is not None and end is not None:
        return w.span(start, end)
    if start is not None:
        return made.texts("explained.from", start=w.when(start))
    if end is not None:
        return made.texts("explained.until", end=w.when(end))
    return made.texts("explained.always")
