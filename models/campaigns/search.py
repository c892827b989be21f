"""Groups of accounts and streams: dense blocks, split where accounts or times part, then filled up.

1. Blocks: what survives of the attributed graph after its thin parts are pruned is peeled; the
   densest block is taken out, and so on. A stream's acts weigh 1 / ln(degree + 5) of all its acts,
   so that camouflage on popular streams buys nothing.
2. Splits: a block can unite groups that share nothing (equal densities add up), so its streams
   are linked by the accounts they share, and parted at long silences with few accounts in common.
3. Filling: accounts outside the dense core whose attributed acts mostly lie in the group's streams
   and delivery times belong to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from zhenzan.models.campaigns.config import CampaignConfig
from zhenzan.models.campaigns.graph import Graph
from zhenzan.models.campaigns.kernels import core, peel

__all__ = ["Group", "find_groups"]

Array: TypeAlias = np.ndarray[Any, Any]

_DAY_MS: Final = 86_400_000
# A stragglers' margin around a delivery: a tenth of its length, an hour at least. Polls of bought
# likes saw whole orders inside two hours (peers.md, De Cristofaro).
_MARGIN_SHARE: Final = 0.1
_MARGIN_MS: Final = 3_600_000
# Pairs of streams compared at most; above it a block is split by its parts without a common
# account only.
_MOST_PAIRS: Final = 50_000_000


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
    free = np.ones(len(graph.p), dtype=bool)
    found: list[Group] = []
    for _ in range(config.max_blocks):
        block = _densest(graph, np.flatnonzero(free), config)
        if len(block) == 0:
            break
        for part in _parts(graph, block, config):
            rows = _filled(graph, part, free, config)
            if _large_enough(graph, rows, config):
                found.append(Group(rows))
                free[rows] = False
        free[block] = False
    return found + list(_single(graph, np.flatnonzero(free), significant, config))


def _densest(graph: Graph, rows: Array, config: CampaignConfig) -> Array:
    """Rows of the densest block among the given ones; none if nothing is connected enough."""
    if len(rows) == 0:
        return rows
    n_accounts, n_streams = len(graph.accounts), len(graph.streams)
    pair = graph.stream[rows] * np.int64(n_accounts) + graph.account[rows]
    edges, inverse = np.unique(pair, return_inverse=True)
    stream, account = edges // n_accounts, edges % n_accounts
    p = np.zeros(len(edges))
    np.maximum.at(p, inverse, graph.p[rows])
    kept = core(account, stream, n_accounts, n_streams, 2, config.min_accounts)
    if not kept.any():
        return rows[:0]
    degree = graph.streams["n"].to_numpy(dtype=np.float64)
    weight = p / np.log(degree[stream] + config.column_constant)
    used_a, left = np.unique(account[kept], return_inverse=True)
    used_s, right = np.unique(stream[kept], return_inverse=True)
    inside = peel(left, right, weight[kept], len(used_a), len(used_s))
    block = np.zeros(len(edges), dtype=bool)
    block[np.flatnonzero(kept)] = inside[left] & inside[len(used_a) + right]
    result: Array = rows[block[inverse]]
    return result


def _parts(graph: Graph, block: Array, config: CampaignConfig) -> Iterator[Array]:
    """The block's rows, split by shared accounts and by time."""
    cell = _cells(graph, block, config)
    label = _linked(graph.account[block], cell, int(cell.max()) + 1, config)
    for one in range(int(label.max()) + 1):
        inside = label[cell] == one
        yield from _by_time(graph, block[inside], cell[inside], config)


def _cells(graph: Graph, rows: Array, config: CampaignConfig) -> Array:
    """Numbers the deliveries: a stream's acts, parted at silences that may end a campaign."""
    order = np.lexsort((graph.at_ms[rows], graph.stream[rows]))
    stream, at = graph.stream[rows][order], graph.at_ms[rows][order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(stream) != 0) | (np.diff(at) > config.pause_days * _DAY_MS)
    cell = np.empty(len(rows), dtype=np.int64)
    cell[order] = np.cumsum(new) - 1
    return cell


def _linked(account: Array, stream: Array, n_streams: int, config: CampaignConfig) -> Array:
    """Component of each delivery, linked where it shares nearly as many accounts as at best.

    Shared accounts count against the smaller one (containment), and a link asks for
    `config.link` of the lower of the two deliveries' best containments: pools of any density keep
    together, and two pools with some common accounts do not.
    """
    _, who = np.unique(account, return_inverse=True)
    data = np.ones(len(stream), dtype=np.int64)
    incidence = csr_array((data, (stream, who)), shape=(n_streams, int(who.max()) + 1))
    incidence.data[:] = 1
    per_account = np.asarray(incidence.sum(axis=0), dtype=np.float64)
    if float(np.sum(per_account**2)) > _MOST_PAIRS:
        _, both = connected_components(
            csr_array((data, (stream, n_streams + who)), shape=(n_streams + len(per_account),) * 2),
            directed=False,
        )
        return np.unique(both[:n_streams], return_inverse=True)[1]
    shared = (incidence @ incidence.T).tocoo()
    size = np.asarray(incidence.sum(axis=1), dtype=np.float64)
    i, j = shared.coords
    other = i != j
    i, j = i[other], j[other]
    contained = shared.data[other] / np.minimum(size[i], size[j])
    best = np.zeros(n_streams)
    np.maximum.at(best, i, contained)
    linked = contained >= config.link * np.minimum(best[i], best[j])
    links = csr_array((np.ones(int(linked.sum())), (i[linked], j[linked])), shape=(n_streams,) * 2)
    label: Array = connected_components(links, directed=False)[1]
    return label


def _by_time(graph: Graph, rows: Array, cell: Array, config: CampaignConfig) -> Iterator[Array]:
    """Parts before and after long silences, unless enough accounts are on both sides."""
    if len(rows) == 0 or (graph.at_ms[rows] < 0).any():
        yield rows
        return
    codes, local = np.unique(cell, return_inverse=True)
    middle = np.array([np.median(graph.at_ms[rows[local == s]]) for s in range(len(codes))])
    order = np.argsort(middle, kind="stable")
    cuts = np.flatnonzero(np.diff(middle[order]) > config.pause_days * _DAY_MS) + 1
    start = 0
    for cut in cuts:
        before = rows[np.isin(local, order[start:cut])]
        after = rows[np.isin(local, order[cut:])]
        left, right = np.unique(graph.account[before]), np.unique(graph.account[after])
        common = len(np.intersect1d(left, right, assume_unique=True))
        if common < config.stay * min(len(left), len(right)):
            yield before
            start = int(cut)
    yield rows[np.isin(local, order[start:])]


def _filled(graph: Graph, part: Array, free: Array, config: CampaignConfig) -> Array:
    """The part with the free acts of its members and of accounts that mostly act inside it."""
    low = np.full(len(graph.streams), np.iinfo(np.int64).max)
    high = np.full(len(graph.streams), np.iinfo(np.int64).min)
    np.minimum.at(low, graph.stream[part], graph.at_ms[part])
    np.maximum.at(high, graph.stream[part], graph.at_ms[part])
    chosen = low <= high
    margin = np.maximum(_MARGIN_MS, _MARGIN_SHARE * np.where(chosen, high - low, 0)).astype(
        np.int64
    )
    at, stream = graph.at_ms, graph.stream
    inside = chosen[stream] & free
    inside &= at >= np.where(chosen, low - margin, low)[stream]
    inside &= at <= np.where(chosen, high + margin, high)[stream]
    n = len(graph.accounts)
    mass_inside = np.bincount(graph.account[inside], graph.p[inside], minlength=n)
    mass = np.bincount(graph.account, graph.p, minlength=n)
    own = np.zeros(n, dtype=bool)
    own[graph.account[part]] = True
    joins = ~own & (mass_inside >= config.member_share * mass) & (mass_inside >= config.member_mass)
    # Who comes back for a second delivery belongs to the group; who came once may be a stranger
    # in its crowd, and is taken in only where the group makes up most of a delivery.
    own |= joins & (_streams_of(graph, np.flatnonzero(inside)) >= 2)
    led = _led(graph, inside & own[graph.account], inside & (joins & ~own)[graph.account], config)
    return np.flatnonzero(inside & (own | (joins & led))[graph.account])


def _streams_of(graph: Graph, rows: Array) -> Array:
    """Number of different streams of each account among the rows."""
    n = len(graph.accounts)
    pairs = np.unique(graph.stream[rows] * np.int64(n) + graph.account[rows])
    result: Array = np.bincount(pairs % n, minlength=n)
    return result


def _led(graph: Graph, core_acts: Array, others: Array, config: CampaignConfig) -> Array:
    """Accounts that act mostly in deliveries of which the dense core makes up enough."""
    n_accounts, n_streams = len(graph.accounts), len(graph.streams)
    core_mass = np.bincount(graph.stream[core_acts], graph.p[core_acts], minlength=n_streams)
    joining = np.bincount(graph.stream[others], graph.p[others], minlength=n_streams)
    led = (core_mass >= config.core_share * (core_mass + joining))[graph.stream[others]]
    account, p = graph.account[others], graph.p[others]
    inside_led = np.bincount(account[led], p[led], minlength=n_accounts)
    result: Array = 2 * inside_led >= np.bincount(account, p, minlength=n_accounts)
    return result


def _large_enough(graph: Graph, rows: Array, config: CampaignConfig) -> bool:
    mass = float(graph.p[rows].sum())
    if len(np.unique(graph.account[rows])) < config.min_accounts:
        return False
    if len(np.unique(graph.stream[rows])) < 2:
        return mass >= config.min_single
    return mass >= config.min_mass


def _single(
    graph: Graph, rows: Array, significant: Array, config: CampaignConfig
) -> Iterator[Group]:
    """Streams with a significant excess of free acts by accounts that are known from elsewhere."""
    likely = rows[(graph.p[rows] >= 0.5) & significant[graph.stream[rows]]]
    mass = np.bincount(graph.stream[likely], graph.p[likely], minlength=len(graph.streams))
    for stream in np.flatnonzero(mass >= config.min_single):
        own = likely[graph.stream[likely] == stream]
        if np.average(graph.support[own], weights=graph.p[own]) < config.single_support:
            continue
        if len(np.unique(graph.account[own])) >= config.min_accounts:
            yield Group(own)
