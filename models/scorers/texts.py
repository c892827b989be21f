"""Comments whose text was looked at, as acts that may be in a surprising template."""

from __future__ import annotations

import numpy as np
import pandas as pd
from zhenzan.models.scorers.frames import column, surprising_texts

__all__ = ["template_counts", "template_rows"]


def template_rows(
    templates: pd.DataFrame | None, comments: pd.DataFrame | None, least_bits: float
) -> pd.DataFrame | None:
    """One row per comment whose text was looked at, with its time and whether it surprises.

    None where no text was looked at, or where it is not known which section a comment is in.
    """
    if templates is None or templates.empty:
        return None
    rows = templates
    if comments is not None:
        facts = [
            c for c in ("comment_id", "section_id", "account_id", "created_ms") if c in comments
        ]
        new = [c for c in facts if c == "comment_id" or c not in rows.columns]
        rows = rows.merge(comments[new].drop_duplicates("comment_id"), on="comment_id", how="left")
    if "section_id" not in rows.columns:
        return None
    return pd.DataFrame(
        {
            "section_id": rows["section_id"].to_numpy(dtype=object),
            "comment_id": rows["comment_id"].to_numpy(dtype=object),
            "template_id": rows["template_id"].to_numpy(dtype=object),
            "phrase_id": _known(rows, "phrase_id", "template_id"),
            "voice": _known(rows, "account_id", "comment_id"),
            "ts_lo_ms": column(rows, "created_ms"),
            "p_purchased": np.ones(len(rows)),
            "surprising": surprising_texts(rows, least_bits),
            "bits": np.nan_to_num(column(rows, "surprise"), nan=0.0),
        }
    )


def _known(rows: pd.DataFrame, name: str, instead: str) -> pd.Series:
    """A column of ids; where one is missing, another column's."""
    if name not in rows:
        return rows[instead].reset_index(drop=True)
    return rows[name].where(rows[name].notna(), rows[instead]).reset_index(drop=True)


def template_counts(texts: pd.DataFrame | None) -> pd.DataFrame | None:
    """What the surprising templates of each section amount to.

    Returns:
        By section: `n_template_comments`; `text_bits` of these templates, each once; `n_voices`,
        accounts that wrote a text (one each where they are unknown); `n_template_voices`, those in
        surprising templates; `n_other_voices`, those that wrote another phrase than the most used
        one. None where no text was looked at.
    """
    if texts is None:
        return None
    surprising = texts[texts["surprising"]]
    counts = texts.groupby("section_id")["surprising"].sum().to_frame("n_template_comments")
    once = surprising.drop_duplicates(["section_id", "template_id"])
    counts["text_bits"] = once.groupby("section_id")["bits"].sum()
    counts["n_voices"] = texts.groupby("section_id")["voice"].nunique()
    counts["n_template_voices"] = surprising.groupby("section_id")["voice"].nunique()
    phrases = surprising.groupby(["section_id", "phrase_id"])["voice"].nunique()
    most = phrases.groupby("section_id").max()
    counts["n_other_voices"] = counts["n_template_voices"] - most.reindex(counts.index)
    return counts.fillna({"text_bits": 0.0, "n_template_voices": 0.0, "n_other_voices": 0.0})
