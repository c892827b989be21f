"""Groups of near-duplicate normal forms, each around one leader, whatever the order of the input.

Bands propose leaders, an edit distance verifies them, and a form joins the first leader that it is
verified against. Members are alike because each resembles the leader; they never chain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.features.template.joining import join_alike, join_reworded
from zhenzan.features.template.kernels import minhash

__all__ = ["SIMILAR", "Groups", "group_forms", "grouped", "is_wide"]

# Indel similarity in percent: a slot of two characters in a text of eight, or one word in six. On
# synthetic packs 0.7 lost a quarter of the pairs and 0.5 joined strangers (stack.md, Text).
SIMILAR: Final = 75.0
# Shorter forms mean something else when a single character changes: exact matches only.
_SHORTEST: Final = 5
# A band shared by thousands (a stock phrase inside) is compared with its most used leaders only,
# so that the cost stays linear.
_BUCKET_LEADERS: Final = 40
_WIDE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class Groups:
    """Who leads whom; one entry a form.

    Attributes:
        leader: Position of the near-duplicates' leader; a form on its own leads itself.
        kept: Characters of the leader that the form keeps, in order.
        wording: Position of the leader of those that say the same in another order: groups whose
            rare pairs of characters (or stretches of four) are mostly the same.
    """

    leader: NDArray[np.int64]
    kept: NDArray[np.int64]
    wording: NDArray[np.int64]


def is_wide(form: str) -> bool:
    """Whether at least half of a text is Chinese, Japanese or Korean."""
    wide = sum(map(len, _WIDE.findall(form)))
    return 2 * wide >= len(form)


def group_forms(forms: Sequence[str], weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Assigns every form to the form that leads its group: `grouped`, the leaders alone."""
    return grouped(forms, weight).leader


def grouped(forms: Sequence[str], weight: NDArray[np.int64]) -> Groups:
    """Groups near-duplicates, and groups that are reworded versions of each other.

    Args:
        forms: Distinct normal forms, not empty.
        weight: How many accounts use each; the most used lead, ties by length, then by text.
    """
    leader = np.arange(len(forms), dtype=np.int64)
    kept = np.array([len(f) for f in forms], dtype=np.int64)
    wording = leader.copy()
    rank_order = sorted(range(len(forms)), key=lambda i: (-weight[i], len(forms[i]), forms[i]))
    long = np.array([i for i in rank_order if len(forms[i]) >= _SHORTEST], dtype=np.int64)
    if len(long) < 2:
        return Groups(leader, kept, wording)
    # Positions are ranks from here on: of two forms the smaller is the one that may lead.
    ranked = [forms[i] for i in long]
    offsets = np.zeros(len(ranked) + 1, dtype=np.int64)
    np.cumsum(kept[long], out=offsets[1:])
    points = np.frombuffer("".join(ranked).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    wide = np.array([is_wide(f) for f in ranked])
    signatures, keys = minhash(points, offsets, wide)
    buckets, starts = _buckets(keys)
    del keys
    leads, common, beside = join_alike(points, offsets, signatures, buckets, starts, SIMILAR)
    says = join_reworded(points, offsets, wide, leads, beside)
    leader[long], kept[long], wording[long] = long[leads], common, long[says]
    return Groups(leader, kept, wording)


def _buckets(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The bucket of each form and band, -1 where it is alone; where each bucket's leaders go."""
    n, bands = keys.shape
    buckets = np.full((n, bands), -1, dtype=np.int32)
    sizes: list[NDArray[np.int64]] = []
    known = 0
    for band in range(bands):
        order = np.argsort(keys[:, band])
        key = keys[order, band]
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        size = np.diff(np.r_[first, n])
        shared = size > 1
        name = np.where(shared, known + np.cumsum(shared) - 1, -1).astype(np.int32)
        buckets[order, band] = np.repeat(name, size)
        sizes.append(np.minimum(size[shared], _BUCKET_LEADERS))
        known += int(shared.sum())
    return buckets, np.r_[0, np.cumsum(np.concatenate(sizes))].astype(np.int64)
