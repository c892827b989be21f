"""What a baseline is: it ranks acts and accounts of coded events, and nothing more.

A baseline is written from its paper, for comparison; no result of a scan depends on one. Higher is
more suspicious. Whom a method does not report shares the lowest score: ties stay ties, since a
method that names a set must not gain from an order which it never gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.events import Events

__all__ = ["Baseline", "Edges", "Ranking", "by_act", "distinct_edges"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores of one method; none is NaN.

    Attributes:
        acts: Of each timed act, in the order of the events.
        accounts: Of each account, by code.
        info: What the run is worth knowing of: sizes of groups, skipped work.
    """

    acts: Reals
    accounts: Reals
    info: dict[str, int | float] = field(default_factory=dict)


@runtime_checkable
class Baseline(Protocol):
    """One method; its parameters are fields with the paper's values as defaults."""

    name: ClassVar[str]
    source: ClassVar[str]

    def rank(self, events: Events) -> Ranking:
        """Scores every timed act and every account; deterministic."""
        ...


@dataclass(frozen=True, slots=True)
class Edges:
    """Distinct (account, stream) pairs of known accounts, in that order.

    Attributes:
        account: Left end.
        stream: Right end.
        edge: Edge of each timed act; -1 where the account is unknown.
        n_accounts: Number of account codes.
        n_streams: Number of stream codes.
    """

    account: Ints
    stream: Ints
    edge: Ints
    n_accounts: int
    n_streams: int


def distinct_edges(events: Events) -> Edges:
    """The bipartite graph of who acted where."""
    known = np.flatnonzero(events.account >= 0)
    n_streams = max(events.n_streams, 1)
    key = events.account[known] * n_streams + events.stream[known]
    distinct, inverse = np.unique(key, return_inverse=True)
    edge = np.full(events.n, -1, np.int64)
    edge[known] = inverse
    return Edges(
        distinct // n_streams, distinct % n_streams, edge, len(events.n_sections), events.n_streams
    )


def by_act(events: Events, accounts: Reals) -> Reals:
    """The score of each act's account; the lowest for unknown ones."""
    lowest = float(accounts.min(initial=0.0))
    known = events.account >= 0
    values = np.full(events.n, lowest)
    values[known] = accounts[events.account[known]]
    return values
