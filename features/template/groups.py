"""Groups of near-duplicate normal forms, each around one leader, whatever the order of the input.

Bands propose pairs, an edit distance verifies them, and a form joins the first leader that it is
verified against. Members are alike because each resembles the leader; they never chain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist
from zhenzan.features.template.kernels import agreement, minhash

__all__ = ["SIMILAR", "group_forms", "is_wide"]

# Indel similarity in percent: a slot of two characters in a text of eight, or one word in six. On
# synthetic packs 0.7 lost a quarter of the pairs and 0.5 joined strangers (stack.md, Text).
SIMILAR: Final = 75.0
# Shorter forms mean something else when a single character changes: exact matches only.
_SHORTEST: Final = 5
# Pairs that share fewer hashes than this are hopeless at 75 %: Jaccard of a two-character slot in
# eight is about 0.3.
_LEAST_AGREEMENT: Final = 0.2
# A band shared by thousands (a stock phrase inside) is compared with its most used forms only:
# linear, and leaders are the most used forms anyway.
_BUCKET_LEADERS: Final = 40
_PAIRS_AT_ONCE: Final = 1 << 18
_WIDE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def is_wide(form: str) -> bool:
    """Whether at least half of a text is Chinese, Japanese or Korean."""
    wide = sum(map(len, _WIDE.findall(form)))
    return 2 * wide >= len(form)


def group_forms(forms: Sequence[str], weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Assigns every form to the form that leads its group.

    Args:
        forms: Distinct normal forms, not empty.
        weight: How many accounts use each; the most used lead, ties by length, then by text.

    Returns:
        int64 positions of the leaders; a form on its own leads itself.
    """
    leader = np.arange(len(forms), dtype=np.int64)
    rank_order = sorted(range(len(forms)), key=lambda i: (-weight[i], len(forms[i]), forms[i]))
    long = np.array([i for i in rank_order if len(forms[i]) >= _SHORTEST], dtype=np.int64)
    if len(long) < 2:
        return leader
    left, right = _verified(*_candidates([forms[i] for i in long]), [forms[i] for i in long])
    # Positions are ranks now: a pair's smaller end is the one that may lead.
    taken = np.zeros(len(long), dtype=bool)
    leads = np.arange(len(long))
    starts = np.searchsorted(left, np.arange(len(long) + 1))
    for a in range(len(long)):
        if taken[a]:
            continue
        followers = right[starts[a] : starts[a + 1]]
        free = followers[~taken[followers]]
        leads[free] = a
        taken[free] = True
    leader[long] = long[leads]
    return leader


Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]


def _candidates(ranked: Sequence[str]) -> Pairs:
    """Pairs (better rank, worse rank) that share a band, sorted and distinct; with signatures."""
    offsets = np.zeros(len(ranked) + 1, dtype=np.int64)
    np.cumsum([len(f) for f in ranked], out=offsets[1:])
    points = np.frombuffer("".join(ranked).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    wide = np.array([is_wide(f) for f in ranked])
    signatures, keys = minhash(points, offsets, wide)
    found = [_bucket_pairs(keys[:, b], len(ranked)) for b in range(keys.shape[1])]
    codes = np.unique(np.concatenate(found))
    return codes // len(ranked), codes % len(ranked), signatures


def _bucket_pairs(key: NDArray[np.uint64], n: int) -> NDArray[np.int64]:
    """Each form of a bucket with the bucket's most used forms, as better * n + worse."""
    order = np.argsort(key, kind="stable")  # inside a bucket by rank
    first = np.flatnonzero(np.r_[True, key[order][1:] != key[order][:-1]])
    start = np.repeat(first, np.diff(np.r_[first, n]))
    place = np.arange(n) - start
    codes = []
    for lead in range(min(_BUCKET_LEADERS, int(place.max()))):
        behind = np.flatnonzero(place > lead)
        codes.append(order[start[behind] + lead] * n + order[behind])
    return np.concatenate(codes) if codes else np.empty(0, dtype=np.int64)


def _verified(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    signatures: NDArray[np.uint32],
    ranked: Sequence[str],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The candidate pairs whose texts are alike, in the same order."""
    likely = agreement(signatures, left, right) >= _LEAST_AGREEMENT
    left, right = left[likely], right[likely]
    alike = np.zeros(len(left), dtype=bool)
    for at in range(0, len(left), _PAIRS_AT_ONCE):
        piece = slice(at, at + _PAIRS_AT_ONCE)
        scores = cpdist(
            [ranked[i] for i in left[piece]],
            [ranked[i] for i in right[piece]],
            scorer=fuzz.ratio,
            score_cutoff=SIMILAR,
        )
        alike[piece] = scores >= SIMILAR
    return left[alike], right[alike]
