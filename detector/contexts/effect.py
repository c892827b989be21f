"""What explanations changed: bands and scores of the same sections with and without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.features.tables import TABLES
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.base import Scorer

__all__ = ["EFFECTS", "effects", "in_order", "tally", "without_contexts"]

EFFECTS: Final = pa.schema(
    [
        *TABLES["context"].schema,
        ("counted", pa.bool_()),  # False: strangers' company speaks, so a rule is not heard
        ("band_before", pa.string()),  # of the section, no explanation heard
        ("band_after", pa.string()),
        ("score_before", pa.float64()),
        ("score_after", pa.float64()),
    ]
)
"""`reference/contexts.parquet`: the explanations of each section and what they changed."""


def in_order(parts: Sequence[pa.Table]) -> pa.Table:
    """Rows of the canonical table, put together in an order that comes from their content."""
    joined = pa.concat_tables(parts)
    return joined.sort_by([(name, "ascending") for name in joined.column_names])


def tally(rows: pa.Table, company: frozenset[str]) -> dict[str, Any]:
    """How many explanations of which kind were found and declared, for `run.json`.

    Args:
        rows: Of the canonical table.
        company: Sections in which rules are not heard.
    """
    frame = rows.select(["section_id", "kind", "declared_by"]).to_pandas()
    auto = frame["declared_by"].eq("auto")
    return {
        "n_contexts": len(frame),
        "found": _counts(frame.loc[auto, "kind"]),
        "declared": _counts(frame.loc[~auto, "kind"]),
        "n_set_aside": int((auto & frame["section_id"].isin(company)).sum()),
    }


def _counts(kinds: pd.Series) -> dict[str, int]:
    return {str(kind): int(n) for kind, n in kinds.value_counts().sort_index().items()}


def without_contexts(
    scorer: Scorer,
    ids: Sequence[str],
    attribution: Attribution,
    matrices: Mapping[str, pd.DataFrame],
    capability: pd.DataFrame,
    templates: pd.DataFrame | None,
) -> pd.DataFrame:
    """Scores some sections as if nothing explained anything.

    Args:
        scorer: The one that scored them with their contexts.
        ids: The sections that have contexts.
        attribution: Of the whole scan.
        matrices: As the scorer took them; rows of accounts and comments are not needed.
        capability: As the scorer took it.
        templates: Likewise.

    Returns:
        `section_id, band_before, score_before`.
    """
    chosen, keys = pa.array(ids, pa.string()), set(ids)
    less = replace(
        attribution,
        engagements=attribution.engagements.schema.empty_table(),
        comments=attribution.comments.schema.empty_table(),
        accounts=attribution.accounts.schema.empty_table(),
        sections=_of(attribution.sections, chosen),
        streams=_of(attribution.streams, chosen),
        windows=_of(attribution.windows, chosen),
        curves=_of(attribution.curves, chosen),
    )
    section = matrices["section"]
    own = section[section["section_id"].isin(keys)] if len(section) else section
    texts = None if templates is None else templates[templates["section_id"].isin(keys)]
    scored = scorer.score(
        less, {**matrices, "section": own}, capability[capability["section_id"].isin(keys)], texts
    ).sections[["section_id", "band", "score"]]
    return scored.rename(columns={"band": "band_before", "score": "score_before"})


def _of(table: pa.Table, ids: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["section_id"], ids))


def effects(
    rows: pd.DataFrame, company: frozenset[str], before: pd.DataFrame, after: pd.DataFrame
) -> pa.Table:
    """Every explanation beside what its section was without and is with all of them.

    Args:
        rows: Of the canonical table.
        company: Sections in which rules are not heard.
        before: From `without_contexts`.
        after: The scored sections.

    Returns:
        Columns `EFFECTS`; rows in the order given, those of no section left out.
    """
    told = after[["section_id", "band", "score"]].rename(
        columns={"band": "band_after", "score": "score_after"}
    )
    kept = rows[rows["section_id"].notna()]
    silent = kept["declared_by"].eq("auto") & kept["section_id"].isin(company)
    joined = (
        kept.assign(counted=~silent)
        .merge(before, on="section_id", how="left")
        .merge(told, on="section_id", how="left")
    )
    if joined.empty:
        return EFFECTS.empty_table()
    table = pa.Table.from_pandas(joined[EFFECTS.names], schema=EFFECTS, preserve_index=False)
    return table.replace_schema_metadata(None)
