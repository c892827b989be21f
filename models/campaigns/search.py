"""Groups of accounts and streams: dense blocks, partitioned into pools, then filled up.

1. Blocks: what survives of the attributed graph after its thin parts are pruned is peeled; the
   densest block is taken out, and so on. A stream's acts weigh 1 / ln(degree + 5) of all its acts,
   so that camouflage on popular streams buys nothing. Streams with a significant excess of likely
   acts, too thin for a block, stand beside the blocks.
2. Pools: the deliveries of all blocks (a stream's acts, parted at long silences) are put together
   as far as their common accounts say. A stream that two pools served is divided between them: an
   act goes with its account's other acts. Groups are parted at long silences with few accounts in
   common.
3. Filling: accounts outside the dense core whose attributed acts mostly lie in the group's streams
   and delivery times belong to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from zhenzan.models.campaigns.config import CampaignConfig
from zhenzan.models.campaigns.fill import Filler
from zhenzan.models.campaigns.graph import Graph
from zhenzan.models.campaigns.homes import groups_of_acts
from zhenzan.models.campaigns.kernels import core, peel

__all__ = ["Group", "find_groups"]

Array: TypeAlias = np.ndarray[Any, Any]

_DAY_MS: Final = 86_400_000
# Edges that all peels together may look at, as a multiple of the graph: a bound on time.
_MOST_PASSES: Final = 30


@dataclass(frozen=True, slots=True)
class Group:
    """The acts of one group: row numbers of the graph, ascending."""

    rows: Array


def find_groups(graph: Graph, significant: Array, config: CampaignConfig) -> list[Group]:
    """All groups, those of several streams first, then single deliveries.

    Args:
        graph: The attributed acts.
        significant: By stream code: its excess passed the false-discovery control.
        config: Settings.
    """
    if not len(graph.p):
        return []
    dense = _dense(graph, config)
    alone = _single_streams(graph, significant, config)
    likely = alone[graph.stream] & (graph.p >= 0.5)
    thin = np.bincount(graph.stream[dense], minlength=len(alone)) == 0
    chosen = np.flatnonzero(dense | (likely & thin[graph.stream]))
    found: list[Group] = []
    filler = Filler(graph, config)
    for part in _parts(graph, chosen, config):
        if not _large_enough(graph, part, config):
            continue
        rows = filler.fill(part)
        if _large_enough(graph, rows, config) and _supported(graph, rows, alone, config):
            found.append(Group(rows))
            filler.take(rows)
    _left_over(graph, np.flatnonzero(likely & filler.free), found, alone, config)
    return found


def _left_over(
    graph: Graph, rows: Array, found: list[Group], alone: Array, config: CampaignConfig
) -> None:
    """Supported acts of accounts seen once: with the group that leads their stream, else alone."""
    if not len(rows):
        return
    leader = _leaders(graph, found)
    joined: dict[int, list[Array]] = {}
    for part in np.split(rows, np.flatnonzero(np.diff(graph.stream[rows])) + 1):
        if not _large_enough(graph, part, config) or not _supported(graph, part, alone, config):
            continue
        group = leader.get(int(graph.stream[part[0]]))
        if group is None:
            found.append(Group(part))
        else:
            joined.setdefault(group, []).append(part)
    for group, parts in joined.items():
        found[group] = Group(np.sort(np.concatenate([found[group].rows, *parts])))


def _leaders(graph: Graph, found: list[Group]) -> dict[int, int]:
    """By stream, the group that delivered two thirds or more of what groups delivered there."""
    if not found:
        return {}
    rows = np.concatenate([group.rows for group in found])
    owner = np.repeat(np.arange(len(found)), [len(group.rows) for group in found])
    key, place = np.unique(graph.stream[rows] * np.int64(len(found)) + owner, return_inverse=True)
    mass = np.bincount(place, graph.p[rows])
    stream = key // len(found)
    total = np.bincount(stream, mass)
    return {int(k // len(found)): int(k % len(found)) for k in key[3 * mass >= 2 * total[stream]]}


def _dense(graph: Graph, config: CampaignConfig) -> Array:
    """Marks the acts of all dense blocks, the densest taken first."""
    n_accounts = len(graph.accounts)
    pair, inverse = np.unique(
        graph.stream * np.int64(n_accounts) + graph.account, return_inverse=True
    )
    stream, account = pair // n_accounts, pair % n_accounts
    best = np.zeros(len(pair))
    np.maximum.at(best, inverse, graph.p)
    degree = graph.streams["n"].to_numpy(dtype=np.float64)[stream]
    weight = best / np.log(degree + config.column_constant)
    inside = np.zeros(len(pair), dtype=bool)
    left = np.arange(len(pair))
    budget = _MOST_PASSES * len(pair)
    for _ in range(config.max_blocks):
        used_a, a = np.unique(account[left], return_inverse=True)
        used_s, s = np.unique(stream[left], return_inverse=True)
        kept = core(a, s, len(used_a), len(used_s), 2, config.min_accounts)
        if not kept.any() or budget < 0:
            break
        left, a, s = left[kept], a[kept], s[kept]
        marked = peel(a, s, weight[left], len(used_a), len(used_s))
        block = marked[a] & marked[len(used_a) + s]
        # Where most acts are likelier organic, being dense says only that people meet.
        if best[left[block]].mean() >= config.min_confidence:
            inside[left[block]] = True
        budget -= len(left)
        left = left[~block]
    result: Array = inside[inverse]
    return result


def _single_streams(graph: Graph, significant: Array, config: CampaignConfig) -> Array:
    """Marks streams whose likely acts alone would be an order."""
    likely = graph.p >= 0.5
    mass = np.bincount(graph.stream[likely], graph.p[likely], minlength=len(graph.streams))
    result: Array = (mass >= config.min_single) & significant
    return result


def _parts(graph: Graph, rows: Array, config: CampaignConfig) -> Iterator[Array]:
    """The rows, put together by shared accounts and parted by time; several streams first."""
    if not len(rows):
        return
    cell = _cells(graph, rows, config)
    group = groups_of_acts(cell, graph.account[rows], graph.p[rows], config)
    order = np.argsort(group, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(group[order])) + 1)
    alone = []
    for part in parts:
        for piece in _by_time(graph, part, config):
            if graph.stream[piece[0]] == graph.stream[piece[-1]]:
                alone.append(piece)
            else:
                yield piece
    yield from alone


def _cells(graph: Graph, rows: Array, config: CampaignConfig) -> Array:
    """Numbers the deliveries: a stream's acts, parted at silences that may end a campaign.

    Rows come in stream, account, time order; deliveries are numbered in stream and time order.
    """
    order = np.lexsort((graph.at_ms[rows], graph.stream[rows]))
    stream, at = graph.stream[rows][order], graph.at_ms[rows][order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(stream) != 0) | (np.diff(at) > config.pause_days * _DAY_MS)
    cell = np.empty(len(rows), dtype=np.int64)
    cell[order] = np.cumsum(new) - 1
    return cell


def _by_time(graph: Graph, rows: Array, config: CampaignConfig) -> Iterator[Array]:
    """Parts before and after long silences, unless enough accounts are on both sides."""
    rows = np.sort(rows)
    if (graph.at_ms[rows] < 0).any():
        yield rows
        return
    cell = _cells(graph, rows, config)
    in_cell = np.lexsort((graph.at_ms[rows], cell))
    starts = np.flatnonzero(np.r_[True, np.diff(cell[in_cell]) != 0])
    ends = np.r_[starts[1:], len(rows)]
    middle = graph.at_ms[rows][in_cell[(starts + ends) // 2]]
    order = np.argsort(middle, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    cuts = np.flatnonzero(np.diff(middle[order]) > config.pause_days * _DAY_MS) + 1
    place, start = rank[cell], 0
    for cut in cuts:
        before, after = rows[(place >= start) & (place < cut)], rows[place >= cut]
        left, right = np.unique(graph.account[before]), np.unique(graph.account[after])
        common = len(np.intersect1d(left, right, assume_unique=True))
        if common < config.stay * min(len(left), len(right)):
            yield before
            start = int(cut)
    yield rows[place >= start]


def _large_enough(graph: Graph, rows: Array, config: CampaignConfig) -> bool:
    if len(np.unique(graph.account[rows])) < config.min_accounts:
        return False
    mass = float(graph.p[rows].sum())
    if graph.stream[rows[0]] == graph.stream[rows[-1]]:
        return mass >= config.min_single
    return mass >= config.min_mass


def _supported(graph: Graph, rows: Array, alone: Array, config: CampaignConfig) -> bool:
    """A single delivery needs an excess of its own, by accounts that are known from elsewhere."""
    if graph.stream[rows[0]] != graph.stream[rows[-1]]:
        return True
    if not alone[graph.stream[rows[0]]]:
        return False
    support = np.average(graph.support[rows], weights=graph.p[rows])
    return bool(support >= config.single_support)
