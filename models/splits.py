"""How a model fares on what its training did not hold: later days, and pools of another kind.

Folds by world keep operators and pools apart, yet each fold has met every kind of them. Here trees
are grown once without the rows in question and judged on those alone, beside rows on which nothing
was delivered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.models.held_out import RATE
from zhenzan.models.metrics import auc, recall_at

__all__ = ["split_figures"]

Flags = NDArray[np.bool_]
Grown = Callable[[NDArray[np.intp]], Any]

# Of each group the first three fifths of its rows by time are learnt from, the others judged.
_EARLY: Final = 0.6
_LEAST: Final = 20
"""Positives on either side from which a split is judged."""


def split_figures(facts: pd.DataFrame, frame: pd.DataFrame, grown: Grown) -> list[dict[str, Any]]:
    """Splits by time and by kind of pool, where rows tell them and hold enough.

    Args:
        facts: As of `Rows`, with `time_ms`, `pool` (that delivered most) and `pools` (kinds of all
            that delivered, joined by commas). Where only the first is known, what a kind delivered
            less of than another is still learnt from; `complete` says which.
        frame: What the trees read, in the same order.
        grown: Trees grown on rows of these positions, with `decision_function`.
    """
    found = facts["positive"].to_numpy(bool)
    made = []
    for split, name, learnt, judged in _splits(facts):
        if min(found[learnt].sum(), found[judged].sum()) < _LEAST or found[judged].all():
            continue
        raw = grown(np.flatnonzero(learnt)).decision_function(frame[judged])
        made.append(
            {
                "split": split,
                "name": name,
                "n": int(judged.sum()),
                "n_positive": int(found[judged].sum()),
                "auc": round(auc(raw, found[judged]), 6),
                "recall_at_0.5pct": round(recall_at(raw, found[judged], RATE), 6),
                **({"complete": True} if split == "pool" and "pools" in facts else {}),
            }
        )
    return made


def _splits(facts: pd.DataFrame) -> list[tuple[str, str, Flags, Flags]]:
    """Name of each split, what is learnt from, what is judged."""
    made: list[tuple[str, str, Flags, Flags]] = []
    if "time_ms" in facts and facts["time_ms"].notna().any():
        rank = facts.groupby("group")["time_ms"].rank(pct=True).to_numpy(np.float64)
        made.append(("time", "later days", rank <= _EARLY, rank > _EARLY))
    if "pool" in facts:
        kinds = facts["pool"].fillna("").to_numpy(str)
        every = facts["pools" if "pools" in facts else "pool"].fillna("").str.split(",")
        code = np.unique(facts["group"].to_numpy(str), return_inverse=True)[1]
        learnt, judged = code % 2 == 0, code % 2 == 1
        for kind in sorted(set(kinds.tolist()) - {""}):
            held = np.array([kind in names for names in every], bool)
            among = (kinds == kind) | (kinds == "")
            made.append(("pool", kind, learnt & ~held, judged & among))
    return made
