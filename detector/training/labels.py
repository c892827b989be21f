"""What happened: stated events of each section, account and comment, from a world or a CSV.

The events are those of the scan directory: a section of which at least max(20, 5 %) of the
engagements were purchased; an account that delivered two at least; a comment of which at least
max(10, 20 %) of the likes, or which itself, were purchased.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from zhenzan.features.errors import InputError, SchemaError
from zhenzan.models.scorers.inputs import UNITS

__all__ = ["LABELS", "read_labels", "world_labels"]

LABELS: Final = ("unit", "id", "positive", "group", "slice", "amount")
"""Columns: `group` keeps together what must not be split (operator, pool or creator), `slice` names
what the row is an example of, `amount` how many engagements were delivered (NaN = unknown)."""

_YES: Final = frozenset({"1", "true", "yes", "purchased", "confirmed_inauthentic",
                         "likely_inauthentic"})  # fmt: skip
_NO: Final = frozenset({"0", "false", "no", "organic", "no_action", "benign_explained",
                        "overturned"})  # fmt: skip


def world_labels(world: Path, name: str) -> pd.DataFrame:
    """Every section, account and comment of a simulated world; the world is the group.

    Pools live in one world only, so whole worlds keep operators, pools and times apart.

    Raises:
        InputError: The directory is no simulated world.
    """
    sections, accounts, comments = (_truth(world, unit) for unit in UNITS)
    n, bought = sections["n_engagements"].to_numpy(), sections["n_delivered"].to_numpy()
    likes, paid = comments["n_likes"].to_numpy(), comments["n_likes_delivered"].to_numpy()
    acts = (accounts["n_delivered"] + accounts["n_comments_delivered"]).to_numpy()
    wrote = (comments["label"] == "delivered").to_numpy()
    kinds = sections["families"].fillna("").str.partition(",")[0].to_numpy(str)
    scenario = sections["scenario"].to_numpy(str)
    parts = [
        _rows(
            sections,
            "section",
            bought >= np.maximum(20, 0.05 * n),
            np.where(bought > 0, np.char.add("order:", kinds), scenario),
            bought,
        ),
        _rows(
            accounts,
            "account",
            acts >= 2,
            np.where(acts > 0, "worker", accounts["scenario"].to_numpy(str)),
            acts,
        ),
        _rows(
            comments,
            "comment",
            wrote | ((paid > 0) & (paid >= np.maximum(10, 0.2 * likes))),
            np.where(wrote | (paid > 0), "ordered", comments["scenario"].to_numpy(str)),
            paid,
        ),
    ]
    made = pd.concat(parts, ignore_index=True)
    made["group"] = name
    return made[list(LABELS)]


def read_labels(file: Path) -> pd.DataFrame:
    """Labels of one's own: a CSV with `id` and `outcome`, and optionally `unit`, `group`, `slice`.

    `outcome` is yes or no in the words of a `decision` row (`confirmed_inauthentic`,
    `no_action`, …), 1 or 0. `needs_more_data` rows are left out. Without `group` each row is its
    own; say there who ordered or who delivered, where you know it.

    Raises:
        InputError: The file cannot be read, or an outcome is in no known word.
        SchemaError: A column is missing.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", path=file, expected="a CSV file") from error
    absent = [name for name in ("id", "outcome") if name not in table.columns]
    if absent:
        raise SchemaError(
            f"has no column {', '.join(absent)}", path=file, expected="columns id and outcome"
        )
    said = table["outcome"].str.strip().str.lower()
    odd = ~said.isin(_YES | _NO | {"needs_more_data"})
    if odd.any():
        line = int(np.flatnonzero(odd)[0])
        raise InputError(
            "an outcome in no known word", path=file, line=line + 2, found=table["outcome"][line],
            expected=", ".join(sorted(_YES | _NO)),
        )  # fmt: skip
    unit = table["unit"] if "unit" in table else pd.Series("section", index=table.index)
    if not unit.isin(UNITS).all():
        line = int(np.flatnonzero(~unit.isin(UNITS))[0])
        raise InputError("an unknown unit", path=file, line=line + 2, found=unit[line],
                         expected=", ".join(UNITS))  # fmt: skip
    made = pd.DataFrame(
        {
            "unit": unit,
            "id": table["id"],
            "positive": said.isin(_YES),
            "group": table["group"] if "group" in table else table["id"],
            "slice": table.get("slice", ""),
            "amount": np.nan,
        }
    )
    kept = made[said != "needs_more_data"].reset_index(drop=True)
    if kept.duplicated(["unit", "id"]).any():
        twice = kept.loc[kept.duplicated(["unit", "id"]), "id"].iloc[0]
        raise InputError("labels something twice", path=file, found=str(twice))
    return kept[list(LABELS)]


def _rows(
    table: pd.DataFrame, unit: str, positive: np.ndarray, kind: np.ndarray, amount: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {"unit": unit, "id": table[f"{unit}_id"], "positive": positive, "slice": kind,
         "amount": amount.astype(np.float64)}
    )  # fmt: skip


def _truth(world: Path, name: str) -> pd.DataFrame:
    file = world / "truth" / f"{name}.parquet"
    if not file.is_file():
        raise InputError(
            "is no simulated world", path=world, expected="a directory of `zhenzan simulate`"
        )
    return pd.read_parquet(file)
