"""The backbone: pairs that met too often for an exchanged set, as a graph, with their meetings.

It holds many more pairs than the partners (which are one false finding in the whole set), so that
shapes can be read from it: how tightly an account's company hangs together, across how many
creators, and whether it arrives in the same order again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from zhenzan.features.coengagement import chance, graphs
from zhenzan.features.coengagement.analysis import PLACES, WITHIN_MS, Network
from zhenzan.features.coengagement.permuted import backbone_pairs

__all__ = ["Backbone", "account_shapes", "backbone", "section_shapes"]

Codes = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Backbone:
    """Pairs above the threshold and their meetings.

    Attributes:
        lower, higher: Account codes of each pair.
        core: Core number by account, 0 outside.
        clustering: By account, NaN below two neighbours.
        pair, section: A meeting a row, once a section.
        order: 1 where the lower account came first there, -1 where the higher, 0 unknown.
        creators: Different known creators of a pair's meetings, by pair.
        most: Meetings with the most frequent of them, by pair.
        known: Meetings with a known creator, by pair.
        first, after: Meetings by pair in which the lower account came first, or second.
    """

    lower: Codes
    higher: Codes
    core: Codes
    clustering: Reals
    pair: Codes
    section: Codes
    order: Codes
    creators: Codes
    most: Codes
    known: Codes
    first: Codes
    after: Codes


def backbone(network: Network) -> Backbone:
    """Finds the backbone of an analysed set."""
    n = network.n_accounts
    factor, _ = chance.empirical_null(network.repeats, network.expected_repeats)
    kept = backbone_pairs(
        network.account, network.section, network.stream, network.at_ms, network.ranks,
        network.slots, network.met, network.met_in, factor, PLACES, WITHIN_MS,
    )  # fmt: skip
    pairs = network.met[kept]
    lower, higher = pairs // max(n, 1), pairs % max(n, 1)
    busy = np.zeros(n, dtype=np.bool_)
    busy[lower] = busy[higher] = True
    others, starts = graphs.neighbours(pairs, n, network.ranks)
    which, where, order = graphs.pair_visits(
        network.account, network.section, network.stream, network.at_ms, PLACES, WITHIN_MS, n,
        pairs, busy,
    )  # fmt: skip
    pair, section, order = _once_a_section(which, where, order)
    size = len(pairs)
    creators, most, known = _of_creators(pair, network.creator[section], size)
    return Backbone(
        lower, higher, graphs.core_numbers(others, starts),
        graphs.clustering(others, starts, pairs, network.ranks), pair, section, order,
        creators, most, known,
        np.bincount(pair[order > 0], minlength=size), np.bincount(pair[order < 0], minlength=size),
    )  # fmt: skip


def _once_a_section(pair: Codes, section: Codes, order: Codes) -> tuple[Codes, Codes, Codes]:
    """One row a pair and section; the order there is that of most of its streams."""
    rows = np.lexsort((section, pair))
    pair, section, order = pair[rows], section[rows], order[rows]
    changed = np.ones(len(pair), dtype=np.bool_)
    changed[1:] = (pair[1:] != pair[:-1]) | (section[1:] != section[:-1])
    starts = np.flatnonzero(changed)
    if not len(starts):
        return pair, section, order
    return pair[starts], section[starts], np.sign(np.add.reduceat(order, starts))


def _of_creators(pair: Codes, creator: Codes, size: int) -> tuple[Codes, Codes, Codes]:
    """By pair: different creators, meetings with the most frequent one, meetings with any known."""
    seen = creator >= 0
    found, counts = np.unique(
        np.stack([pair[seen], creator[seen]], axis=1), axis=0, return_counts=True
    )
    most = np.zeros(size, dtype=np.int64)
    np.maximum.at(most, found[:, 0], counts)
    known = np.bincount(pair[seen], minlength=size)
    return np.bincount(found[:, 0], minlength=size), most, known


def account_shapes(found: Backbone, network: Network) -> dict[str, Reals]:
    """The account features of the backbone, by account code; NaN where one abstains."""
    n = network.n_accounts
    ends = np.concatenate([found.lower, found.higher])

    def summed(values: Codes) -> Reals:
        return np.bincount(ends, np.concatenate([values, values]), n).astype(np.float64)

    both = found.first + found.after
    alike = _two_of(found.first) + _two_of(found.after)
    with np.errstate(divide="ignore", invalid="ignore"):
        strangers = summed((found.creators >= 2).astype(np.int64))
        return {
            "strangers": np.where((network.creator >= 0).any(), strangers, np.nan),
            "one_creator_share": summed(found.most) / summed(found.known),
            "clustering": found.clustering,
            "core": found.core.astype(np.float64),
            "order_agreement": summed(alike) / summed(_two_of(both)),
        }


def section_shapes(found: Backbone, network: Network) -> dict[str, Reals]:
    """The section features of the backbone, by section code; NaN where one abstains."""
    n, width = len(network.section_ids), max(network.n_accounts, 1)
    strange = found.creators[found.pair] >= 2
    here = _people(found, np.ones(len(found.pair), dtype=np.bool_), width)
    apart = _people(found, strange, width)
    known = ~np.isnan(found.clustering[here[1]])
    first, after = found.first[found.pair], found.after[found.pair]
    ordered = (found.order != 0) & (first + after >= 2)
    same = np.where(found.order > 0, first, after) - 1
    total = network.section_acts.astype(np.float64)
    creators = (network.creator >= 0).any()

    def sums(section: Codes, values: NDArray[np.float64] | Codes) -> Reals:
        return np.bincount(section, np.round(values, 9), n).astype(np.float64)

    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "stranger_share": np.where(
                creators, np.bincount(apart[0], minlength=n) / total, np.nan
            ),
            "one_creator_share": sums(found.section, found.most[found.pair])
            / sums(found.section, found.known[found.pair]),
            "clustering": sums(here[0][known], found.clustering[here[1][known]])
            / np.bincount(here[0][known], minlength=n),
            "core": sums(here[0], found.core[here[1]]) / total,
            "order_agreement": sums(found.section[ordered], same[ordered])
            / sums(found.section[ordered], (first + after - 1)[ordered]),
        }


def _people(found: Backbone, chosen: NDArray[np.bool_], width: int) -> tuple[Codes, Codes]:
    """Section and account of everybody in the chosen meetings, once a section."""
    pair, section = found.pair[chosen], found.section[chosen]
    ends = np.concatenate([found.lower[pair], found.higher[pair]])
    codes = np.unique(np.concatenate([section, section]) * width + ends)
    return codes // width, codes % width


def _two_of(count: Codes) -> Codes:
    """Pairs among that many."""
    pairs: Codes = count * (count - 1) // 2
    return pairs
