"""Worlds made poorer: what is left of what happened when only little of it is known.

A world knows who liked what and when. What people really hold is less: counts read every two hours,
comments without likes, dates instead of times, the best hundred comments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.features.errors import InputError, UsageError

__all__ = ["MODES", "degrade", "polls"]

Frames = dict[str, pd.DataFrame]

_HOUR_MS: Final = 3_600_000
_POLL_MS: Final = 2 * _HOUR_MS
"""How often a creator's export runs, as the project's bar says."""
_POLLED_MS: Final = 7 * 24 * _HOUR_MS
"""How long a section is read after its publication: most of what an article receives comes within
a week (`organic.DECAY`)."""
_TOP: Final = 100


def degrade(world: Path, out: Path, mode: str) -> None:
    """Writes what is left of a simulated world.

    Args:
        world: Directory of `zhenzan simulate`.
        out: Where canonical files go.
        mode: One of `MODES`.

    Raises:
        UsageError: There is no such mode.
        InputError: The directory is no simulated world.
    """
    if mode not in MODES:
        raise UsageError(f"no mode {mode!r}; there are {', '.join(MODES)}")
    frames = MODES[mode](_read(world))
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(out / f"{name}.parquet", index=False)


def _read(world: Path) -> Frames:
    tables = ("section", "comment", "engagement", "account")
    if not all((world / f"{name}.parquet").is_file() for name in (*tables, "truth/comment")):
        raise InputError(
            "is no simulated world", path=world, expected="a directory of `zhenzan simulate`"
        )
    return {name: pd.read_parquet(world / f"{name}.parquet") for name in tables}


def _acts(world: Frames) -> Frames:
    """Likes and comments by name; nothing is known of any account."""
    return {name: world[name] for name in ("section", "comment", "engagement")}


def _likes(world: Frames) -> Frames:
    """Likes by name, and nothing else: the plain log of who liked what when."""
    return {name: world[name] for name in ("section", "engagement")}


def _counts(world: Frames) -> Frames:
    """Sections and comments with the likes that were on display every two hours; nobody's name."""
    return {
        "section": world["section"],
        "comment": world["comment"].assign(account_id=None),
        "count_snapshot": polls(world),
    }


def _comments(world: Frames) -> Frames:
    """Comments with times and authors, no likes at all."""
    return {"section": world["section"], "comment": world["comment"]}


def _names(world: Frames) -> Frames:
    """Comments without authors, times to the minute: a page that somebody saved."""
    told = world["comment"].assign(account_id=None)
    told["created_ms"] -= told["created_ms"] % 60_000
    return {"section": world["section"], "comment": told}


def _coarse(world: Frames) -> Frames:
    """Likes and comments by name, known to the day."""
    day = 24 * _HOUR_MS
    told = {name: world[name].copy() for name in ("section", "comment", "engagement", "account")}
    for column in ("ts_lo_ms", "ts_hi_ms", "retracted_lo_ms", "retracted_hi_ms"):
        told["engagement"][column] -= told["engagement"][column] % day
    told["comment"]["created_ms"] -= told["comment"]["created_ms"] % day
    return told


def _top(world: Frames) -> Frames:
    """The hundred comments of each section with the most likes, and how many there are in all."""
    likes = world["engagement"]["comment_id"].value_counts()
    told = world["comment"].assign(n=world["comment"]["comment_id"].map(likes).fillna(0.0))
    order = ["section_id", "n", "created_ms", "comment_id"]
    told = told.sort_values(order, ascending=[True, False, True, True])
    total = told.groupby("section_id").size()
    told = told.groupby("section_id").head(_TOP).drop(columns="n")
    kept = told.groupby("section_id").size()
    coverage = pd.DataFrame(
        {"section_id": total.index, "object": "comment", "claimed_total": total.to_numpy(),
         "collected": kept.to_numpy(), "selection": "top"}
    )  # fmt: skip
    return {"section": world["section"], "comment": told, "coverage": coverage}


MODES: Final[Mapping[str, Callable[[Frames], Frames]]] = MappingProxyType(
    {
        "acts": _acts,
        "likes": _likes,
        "counts": _counts,
        "comments": _comments,
        "names": _names,
        "coarse": _coarse,
        "top": _top,
    }
)
"""Name of each mode to what makes it of a world's tables."""


def polls(world: Frames) -> pd.DataFrame:
    """Likes of each section and each comment as read every two hours for a week.

    A comment is first read at the first poll after it was written.
    """
    likes = world["engagement"][world["engagement"]["kind"] == "like"]
    published = world["section"].set_index("section_id")["published_ms"]
    last = int(likes["ts_hi_ms"].max())
    comment = world["comment"]
    columns = ["section_id", "comment_id", "since"]
    targets = pd.concat(
        [
            world["section"].assign(comment_id=None, since=0)[columns],
            comment.assign(since=comment["created_ms"])[columns],
        ],
        ignore_index=True,
    )
    start = targets["section_id"].map(published).to_numpy(np.int64)
    key = targets["comment_id"].where(targets["comment_id"].notna(), targets["section_id"])
    given, taken = _times(likes, "ts_hi_ms"), _times(likes, "retracted_lo_ms")
    where, when, values = [], [], []
    for i, name in enumerate(key):
        at = np.arange(start[i] + _POLL_MS, min(start[i] + _POLLED_MS, last) + 1, _POLL_MS)
        at = at[at > targets["since"].iat[i]]
        value = np.searchsorted(given.get(name, _NONE), at, side="right")
        value -= np.searchsorted(taken.get(name, _NONE), at, side="right")
        where.append(np.full(len(at), i))
        when.append(at)
        values.append(value)
    told = targets.iloc[np.concatenate(where)][["section_id", "comment_id"]]
    value = np.concatenate(values)
    return told.assign(
        metric="like", observed_ms=np.concatenate(when), value_lo=value, value_hi=value
    ).reset_index(drop=True)


_NONE: Final = np.empty(0, np.int64)


def _times(likes: pd.DataFrame, column: str) -> dict[str, NDArray[np.int64]]:
    """Sorted times by comment, else by section."""
    target = likes["comment_id"].where(likes["comment_id"].notna(), likes["section_id"])
    known = likes[column].notna()
    at = likes.loc[known, column].astype("int64")
    return {str(key): np.sort(own.to_numpy()) for key, own in at.groupby(target[known])}
