"""Many sections judged at once under a reference, each by itself: what a stream is told.

A scan also compares the sections of its input with one another (texts in common, who else went
where, audiences). Here nothing does: of each section its own acts are judged, by the frozen figures
and the lives that the reference remembers. So a section gets the same row alone, beside any others,
and whichever of them are judged again: sections that nobody touched need no second look.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import pyarrow as pa
from zhenzan.features.capability import capability
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Entity, FeatureConfig, Tables
from zhenzan.features.timing import TimingFamily
from zhenzan.models.attribution import Reference, attribute
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.sections import score_sections

__all__ = ["JUDGED", "JUDGED_BY", "NOT_LOOKED_AT", "judge_sections"]

JUDGED: Final = pa.schema(
    [
        ("section_id", pa.string()),
        ("score", pa.float64()),
        ("band", pa.string()),
        ("coordinated", pa.bool_()),
        ("automated", pa.bool_()),
        ("status", pa.string()),
        ("n_engagements", pa.int64()),
        ("n_purchased", pa.float64()),
        ("n_purchased_lo", pa.float64()),
        ("n_purchased_hi", pa.float64()),
        ("share_purchased", pa.float64()),
        ("share_purchased_lo", pa.float64()),
        ("share_purchased_hi", pa.float64()),
        ("n_comments", pa.int64()),
        ("families_used", pa.list_(pa.string())),
        ("reasons", pa.list_(pa.string())),
    ]
)
"""Columns of what is told of a section, with the meaning that they have in a scan."""

JUDGED_BY: Final = ("timing", "coengagement")
"""The families whose lines of evidence are heard."""
NOT_LOOKED_AT: Final = ("template", "account", "audience", "conversation", "contexts", "counts")
"""What only a scan looks at; declared contexts excuse nothing here."""


def judge_sections(engine: Engine, tables: Tables, reference: Reference) -> pa.Table:
    """Judges every section of the tables by itself.

    Args:
        engine: Holds the tables.
        tables: Canonical tables: `engagement`, `comment` or both, with `section` where known.
        reference: What an earlier scan learnt.

    Returns:
        One row a section in the columns of `JUDGED`, in the order of their ids.
    """
    found = attribute(engine, tables, reference=reference)
    facts: pd.DataFrame = engine.fetch(capability(engine, tables)).to_pandas()
    # How many sections stand beside it is chance; the reference knows where accounts can meet.
    facts["n_sections_in_set"] = None
    matrix: pd.DataFrame | None = None
    if "engagement" in tables:
        made = TimingFamily().compute(engine, tables, FeatureConfig())[Entity.SECTION]
        frame: pd.DataFrame = engine.fetch(made).to_pandas()
        matrix = frame.rename(columns=lambda c: c if c == "section_id" else f"timing__{c}")
    rows, _ = score_sections(found, matrix, facts, None, None, JUDGED_BY, Thresholds())
    rows = rows[JUDGED.names].sort_values("section_id", kind="stable")
    if rows.empty:
        return JUDGED.empty_table()
    return pa.Table.from_pandas(rows, schema=JUDGED, preserve_index=False)
