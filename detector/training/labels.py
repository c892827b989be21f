"""What happened: stated events of each section, account and comment, from a world or a file.

The events are those of the scan directory: a section of which at least max(20, 5 %) of the
engagements, or of the comments, were purchased; an account that delivered two at least; a comment
of which at least max(10, 20 %) of the likes, or which itself, were purchased.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.records import BadRecord, read_records
from zhenzan.detector.training.decisions import DECIDED, latest_outcomes
from zhenzan.detector.training.facets import FACETS, world_facets
from zhenzan.features.errors import InputError, SchemaError
from zhenzan.models.scorers.inputs import UNITS

__all__ = ["LABELS", "VIEWS", "View", "read_labels", "world_labels"]

View = Literal["events", "acts", "likes", "counts", "comments"]
VIEWS: Final[tuple[View, ...]] = ("events", "acts", "likes", "counts", "comments")
"""How a world may be held: every act with its time, and what is known of the accounts; acts and
comments alone; likes alone; readings of counters beside comments without authors; only comments."""

LABELS: Final = ("unit", "id", "positive", "group", "slice", "amount")
"""Columns: `group` keeps together what must not be split (operator, pool or creator), `slice` names
what the row is an example of, `amount` how many engagements were delivered (NaN = unknown)."""

_YES: Final = frozenset({"1", "true", "yes", "purchased", "confirmed_inauthentic",
                         "likely_inauthentic"})  # fmt: skip
_NO: Final = frozenset({"0", "false", "no", "organic", "no_action", "benign_explained",
                        "overturned"})  # fmt: skip
_WAITS: Final = "needs_more_data"


def world_labels(world: Path, name: str, view: View = "events") -> pd.DataFrame:
    """Every section, account and comment of a simulated world; the world is the group.

    Pools live in one world only, so whole worlds keep operators, pools and times apart. Where
    comments or likes alone are held, the stated events are about these alone.

    Returns:
        Columns `LABELS` and `FACETS`.

    Raises:
        InputError: The directory is no simulated world.
    """
    sections, accounts, comments = (_truth(world, unit) for unit in UNITS)
    n, bought = sections["n_engagements"].to_numpy(), sections["n_delivered"].to_numpy()
    texts, ordered = sections["n_comments"].to_numpy(), sections["n_comments_delivered"].to_numpy()
    likes, paid = comments["n_likes"].to_numpy(), comments["n_likes_delivered"].to_numpy()
    acts = (accounts["n_delivered"] + accounts["n_comments_delivered"]).to_numpy()
    wrote = (comments["label"] == "delivered").to_numpy()
    if view == "likes":
        ordered, wrote = np.zeros_like(ordered), np.zeros_like(wrote)
        acts = accounts["n_delivered"].to_numpy()
    if view == "comments":
        n, bought, acts = texts, ordered, accounts["n_comments_delivered"].to_numpy()
        likes, paid = np.zeros_like(likes), np.zeros_like(paid)
    kinds = sections["families"].fillna("").str.partition(",")[0].to_numpy(str)
    scenario = sections["scenario"].to_numpy(str)
    parts = [
        _rows(
            sections,
            "section",
            (bought >= np.maximum(20, 0.05 * n)) | (ordered >= np.maximum(20, 0.05 * texts)),
            np.where(bought + ordered > 0, np.char.add("order:", kinds), scenario),
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
    facets = world_facets(world)
    parts = [p.join(facets[u], on="id") for u, p in zip(UNITS, parts, strict=True)]
    made = pd.concat(parts, ignore_index=True)
    made["group"] = name
    return made[[*LABELS, *FACETS]]


def read_labels(file: Path) -> pd.DataFrame:
    """Labels of one's own: CSV, Parquet or JSON lines, in one of two shapes.

    Either `id` and `outcome`, and optionally `unit`, `group`, `slice`; or the columns of the table
    `decision`, of which the latest outcome of each target counts. `outcome` is yes or no in the
    words of a decision (`confirmed_inauthentic`, `no_action`, …), in the first shape 1 or 0 too.
    What waits for data (`needs_more_data`) is left out. Without `group` each row is its own
    (training then keeps what is under one creator together);
    say there who ordered or who delivered, where you know it.

    Raises:
        InputError: The file cannot be read, or an outcome is in no known word.
        SchemaError: A column is missing.
    """
    table = _read(file)
    if set(DECIDED) <= set(table.columns):
        table = latest_outcomes(table, file)
    absent = [name for name in ("id", "outcome") if name not in table.columns]
    if absent:
        raise SchemaError(
            f"has no column {', '.join(absent)}", path=file,
            expected=f"columns id and outcome, or {', '.join(DECIDED)}",
        )  # fmt: skip
    table = table.reset_index(drop=True)
    said = table["outcome"].str.strip().str.lower()
    _refuse(file, table, ~said.isin(_YES | _NO | {_WAITS}), "outcome", sorted(_YES | _NO))
    if "unit" not in table:
        table["unit"] = "section"
    _refuse(file, table, ~table["unit"].isin(UNITS), "unit", UNITS)
    made = pd.DataFrame(
        {
            "unit": table["unit"],
            "id": table["id"],
            "positive": said.isin(_YES),
            "group": table["group"] if "group" in table else table["id"],
            "slice": table.get("slice", ""),
            "amount": np.nan,
        }
    )
    made["group"] = made["group"].where(made["group"] != "", made["id"])
    kept = made[said != _WAITS].reset_index(drop=True)
    if kept.duplicated(["unit", "id"]).any():
        twice = kept.loc[kept.duplicated(["unit", "id"]), "id"].iloc[0]
        raise InputError("labels something twice", path=file, found=str(twice))
    if kept.empty:
        raise InputError("labels no section, account or comment", path=file)
    return kept[list(LABELS)]


def _refuse(
    file: Path, table: pd.DataFrame, wrong: pd.Series[bool], name: str, known: Sequence[str]
) -> None:
    if wrong.any():
        row = table[wrong].iloc[0]
        raise InputError(
            f"an unknown {name}", path=file, line=int(row["line"]), found=str(row[name]),
            expected=", ".join(known),
        )  # fmt: skip


def _read(file: Path) -> pd.DataFrame:
    """All columns as text, "" where nothing stands, and the line of each row."""
    parts = []
    seen = probe(file)
    for record in read_records(seen, text=seen.columns):
        if isinstance(record, BadRecord):
            raise InputError(record.reason, path=file, line=record.line)
        lines = record.lines
        first = np.arange(record.data.num_rows) + (lines if isinstance(lines, int) else 0)
        part = pd.DataFrame(
            {
                name: column.cast(pa.string()).fill_null("").to_pylist()
                for name, column in zip(record.data.schema.names, record.data.columns, strict=True)
                if not pa.types.is_nested(column.type)
            }
        )
        part["line"] = first if isinstance(lines, int) else lines.to_numpy()
        parts.append(part)
    if not parts:
        raise InputError("holds no rows", path=file, expected="CSV, Parquet or JSON lines")
    return pd.concat(parts, ignore_index=True).fillna("")


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
