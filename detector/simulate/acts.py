"""Columns of acts and comments under construction: plain arrays, appended in blocks.

An account, a section and a comment are row numbers until the writer turns them into ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DELIVERED", "FOLLOW_ON", "KINDS", "LABELS", "ORGANIC", "Acts", "Comments"]

KINDS: Final = ("like", "share")
LABELS: Final = ("organic", "follow_on", "delivered")
ORGANIC: Final = 0
FOLLOW_ON: Final = 1
DELIVERED: Final = 2

_ACT_TYPES: Final = {
    "section": np.int32,
    "account": np.int32,
    "ts": np.int64,
    "comment": np.int32,
    "kind": np.int8,
    "label": np.int8,
    "order": np.int32,
    "scenario": np.int16,
    "retracted": np.int64,
    "precision": np.int32,
}


@dataclass(slots=True)
class Acts:
    """Timed acts, one element each: who, where, when, and the truth about why.

    `comment` is -1 for an act on the section itself, `order` -1 where nobody ordered it,
    `retracted` -1 where it stands, `precision` 0 for exact times, else the width in ms of the
    interval in which the time is known.
    """

    section: NDArray[np.int32]
    account: NDArray[np.int32]
    ts: NDArray[np.int64]
    comment: NDArray[np.int32]
    kind: NDArray[np.int8]
    label: NDArray[np.int8]
    order: NDArray[np.int32]
    scenario: NDArray[np.int16]
    retracted: NDArray[np.int64]
    precision: NDArray[np.int32]

    @classmethod
    def make(
        cls,
        section: ArrayLike,
        account: ArrayLike,
        ts: ArrayLike,
        *,
        comment: ArrayLike = -1,
        kind: ArrayLike = 0,
        label: ArrayLike = ORGANIC,
        order: ArrayLike = -1,
        scenario: ArrayLike = 0,
        retracted: ArrayLike = -1,
        precision: ArrayLike = 0,
    ) -> Acts:
        """Builds a block; scalars are repeated, real-valued times floored to milliseconds."""
        values = (
            section, account, np.floor(ts), comment, kind, label, order, scenario, retracted,
            precision,
        )  # fmt: skip
        shaped = np.broadcast_arrays(*values)
        return cls(
            *(
                np.array(a, dtype=t).reshape(-1)
                for a, t in zip(shaped, _ACT_TYPES.values(), strict=True)
            )
        )

    @classmethod
    def concat(cls, blocks: Sequence[Acts]) -> Acts:
        """Joins blocks in order; none gives an empty block."""
        if not blocks:
            return cls.make([], [], [])
        return cls(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(cls)))

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Acts:
        """The chosen rows."""
        return Acts(*(getattr(self, f.name)[index] for f in fields(self)))


@dataclass(slots=True)
class Comments:
    """Comments, one element each; `pull` is how strongly organic readers like them.

    `parent` is the row number of the comment answered, -1 for none; `pack` names the template pack
    of ordered texts, "" for none.
    """

    section: NDArray[np.int32]
    account: NDArray[np.int32]
    ts: NDArray[np.int64]
    text: NDArray[np.object_]
    pull: NDArray[np.float64]
    parent: NDArray[np.int32]
    label: NDArray[np.int8]
    order: NDArray[np.int32]
    scenario: NDArray[np.int16]
    pack: NDArray[np.object_]
    pinned: NDArray[np.bool_]

    @classmethod
    def make(
        cls,
        section: ArrayLike,
        account: ArrayLike,
        ts: ArrayLike,
        text: Sequence[str],
        *,
        pull: ArrayLike = 1.0,
        parent: ArrayLike = -1,
        label: ArrayLike = ORGANIC,
        order: ArrayLike = -1,
        scenario: ArrayLike = 0,
        pack: str = "",
        pinned: ArrayLike = False,
    ) -> Comments:
        """Builds a block; scalars are repeated."""
        n = len(text)
        texts = np.empty(n, dtype=object)
        texts[:] = text
        packs = np.full(n, pack, dtype=object)

        def column(value: ArrayLike, kind: type[np.generic]) -> Any:
            return np.array(np.broadcast_to(value, n), dtype=kind)

        return cls(
            section=column(section, np.int32),
            account=column(account, np.int32),
            ts=column(np.floor(ts), np.int64),
            text=texts,
            pull=column(pull, np.float64),
            parent=column(parent, np.int32),
            label=column(label, np.int8),
            order=column(order, np.int32),
            scenario=column(scenario, np.int16),
            pack=packs,
            pinned=column(pinned, np.bool_),
        )

    @classmethod
    def concat(cls, blocks: Sequence[Comments]) -> Comments:
        """Joins blocks in order; none gives an empty block."""
        if not blocks:
            return cls.make([], [], [], [])
        return cls(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(cls)))

    def __len__(self) -> int:
        return len(self.ts)
