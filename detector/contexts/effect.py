"""What explanations changed: bands and scores of the same sections without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.base import Scorer

__all__ = ["without_contexts"]


def without_contexts(
    scorer: Scorer,
    ids: list[str],
    attribution: Attribution,
    matrices: Mapping[str, pd.DataFrame],
    capability: pd.DataFrame,
    templates: pd.DataFrame | None,
    comments: pd.DataFrame | None,
) -> pd.DataFrame:
    """Scores some sections as if nothing explained anything.

    Args:
        scorer: The one that scored them with their contexts.
        ids: The sections that have contexts.
        attribution: Of the whole scan.
        matrices: As the scorer took them.
        capability: Likewise.
        templates: Likewise.
        comments: Likewise.

    Returns:
        `section_id, band_before, score_before`, in id order.
    """
    chosen = pa.array(ids, pa.string())
    empty = attribution.engagements.schema.empty_table()
    less = replace(
        attribution,
        engagements=empty,
        comments=attribution.comments.schema.empty_table(),
        accounts=attribution.accounts.schema.empty_table(),
        sections=_of(attribution.sections, chosen),
        streams=_of(attribution.streams, chosen),
        windows=_of(attribution.windows, chosen),
        curves=_of(attribution.curves, chosen),
    )
    keys = set(ids)
    own = None if comments is None else comments[comments["section_id"].isin(keys)]
    scored = scorer.score(
        less,
        {name: _rows(frame, keys, name) for name, frame in matrices.items()},
        capability[capability["section_id"].isin(keys)],
        _texts(templates, own, keys),
        None,
        comments=own,
    ).sections
    found = scored[["section_id", "band", "score"]]
    return found.rename(columns={"band": "band_before", "score": "score_before"}).reset_index(
        drop=True
    )


def _of(table: pa.Table, ids: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["section_id"], ids))


def _rows(frame: pd.DataFrame, keys: set[str], name: str) -> pd.DataFrame:
    return frame[frame["section_id"].isin(keys)] if name == "section" and len(frame) else frame


def _texts(
    templates: pd.DataFrame | None, comments: pd.DataFrame | None, keys: set[str]
) -> pd.DataFrame | None:
    if templates is None:
        return None
    if "section_id" in templates.columns:
        return templates[templates["section_id"].isin(keys)]
    ids: Any = () if comments is None else comments["comment_id"]
    return templates[templates["comment_id"].isin(set(ids))]
