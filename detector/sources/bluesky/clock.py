"""The three clocks of a Bluesky act, and which of them is believed.

The client declares `createdAt`, builds its own microseconds into the record key, and a server
witnesses the act when it arrives. The witness is believed, because nobody sells a detour around it,
except where most clients of a batch agree that the witness itself was late:

- late by the same span for all: the witness's clock was set wrong, the clients' is taken;
- late by spans of all lengths: the records came with a backfill, and all that is known of each act
  is that it lies between what its client says and when it was witnessed.

A single client that disagrees stays where the witness saw it; its own word is in `declared_ms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from zhenzan.detector.sources.idtime import FAR_S

__all__ = ["Believed", "Ints", "believed"]

Ints: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"
"""Milliseconds of many acts."""

# Ten minutes: clients' clocks are off by seconds and queues by minutes, backfills by days. [H]
_LATE_MS: Final = 600_000
# Fewer acts than this cannot outvote the witness: they may be one operation's own clients. [H]
_VOTERS: Final = 20
# Lateness counts as one span where its middle half is no wider than this share of it. [H]
_SAME: Final = 0.1


@dataclass(frozen=True, slots=True)
class Believed:
    """Times of a batch of acts.

    Attributes:
        lo_ms: Earliest; -1 where no clock says anything.
        hi_ms: Latest; equal to `lo_ms` where the time is exact.
        doubted: Places of acts whose client disagrees with a witness that is believed.
        verdict: `live`, `shifted` or `backfilled`.
    """

    lo_ms: Ints
    hi_ms: Ints
    doubted: list[int]
    verdict: str


def believed(witness_ms: Ints, client_ms: Ints) -> Believed:
    """Weighs the clocks of one batch.

    Args:
        witness_ms: When each act was witnessed, -1 where nobody did.
        client_ms: What the record key says, else what is declared; -1 where neither does.
    """
    both = (witness_ms >= 0) & (client_ms >= 0)
    time = np.where(witness_ms >= 0, witness_ms, client_ms)
    late = witness_ms[both] - client_ms[both]
    far: list[int] = np.flatnonzero(both)[np.abs(late) > FAR_S * 1000].tolist()
    if len(late) < _VOTERS or abs(float(np.median(late))) <= _LATE_MS:
        return Believed(time, time.copy(), far, "live")
    low, middle, high = np.quantile(late, [0.25, 0.5, 0.75])
    if high - low <= _SAME * abs(middle):
        time = np.where(both, client_ms, time)
        return Believed(time, time.copy(), [], "shifted")
    lo = np.where(both, np.minimum(witness_ms, client_ms), time)
    hi = np.where(both, np.maximum(witness_ms, client_ms), time)
    return Believed(lo, hi, [], "backfilled")
