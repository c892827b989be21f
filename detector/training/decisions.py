"""`decision` rows as labels: what reviewers said last of each section, account and comment.

The latest outcome of a target counts, so that an appeal that overturned a decision makes its
target a clean one, and a target that waits for data is no example of anything. Of two outcomes at
one moment the answer to an appeal counts, then the milder one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
from zhenzan.features.errors import InputError
from zhenzan.features.tables import TABLES
from zhenzan.models.scorers.inputs import UNITS

__all__ = ["DECIDED", "latest_outcomes"]

DECIDED: Final = ("target_kind", "target_id", "outcome", "decided_ms")
"""The columns by which a file is one of decisions."""
# From the mildest on; the order settles ties in favour of who was judged.
_MILDEST: Final = (
    "overturned", "no_action", "benign_explained", "needs_more_data", "likely_inauthentic",
    "confirmed_inauthentic",
)  # fmt: skip


def latest_outcomes(rows: pd.DataFrame, file: Path) -> pd.DataFrame:
    """One row a target that is a section, an account or a comment.

    Args:
        rows: Text columns `DECIDED` and `line`; `appeal_of`, `group` and `slice` where known.
        file: Where they stand, for messages.

    Returns:
        Columns `unit, id, outcome, line`, and `group` and `slice` where given; decisions about
        campaigns and the like are left out.

    Raises:
        InputError: An outcome or a time is none.
    """
    made = rows[rows["target_kind"].isin(UNITS)].copy()
    made["outcome"] = made["outcome"].str.strip().str.lower()
    _refuse(
        made, ~made["outcome"].isin(TABLES["decision"].by_name["outcome"].choices), "outcome", file
    )
    made["at"] = pd.to_numeric(made["decided_ms"], errors="coerce")
    _refuse(made, made["at"].isna(), "decided_ms", file)
    made["answers"] = made["appeal_of"].ne("") if "appeal_of" in made else False
    made["mild"] = -made["outcome"].map(_MILDEST.index).astype("int64")
    order = ["at", "answers", "mild"]
    last = made.sort_values(order, kind="stable").drop_duplicates(
        ["target_kind", "target_id"], keep="last"
    )
    named = last.rename(columns={"target_kind": "unit", "target_id": "id"})
    wanted = ("unit", "id", "outcome", "line", "group", "slice")
    return named[[name for name in wanted if name in named]].sort_values(["unit", "id"])


def _refuse(rows: pd.DataFrame, wrong: pd.Series[bool], name: str, file: Path) -> None:
    if wrong.any():
        row = rows[wrong].iloc[0]
        expected = {"outcome": ", ".join(_MILDEST), "decided_ms": "milliseconds since 1970"}
        raise InputError(
            f"a decision without a usable {name}", path=file, line=int(row["line"]),
            found=str(row[name]), expected=expected[name],
        )  # fmt: skip
