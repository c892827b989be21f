"""The attributed graph: accounts, streams, and the acts between them, in an order by content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.models.attribution.result import Attribution

__all__ = ["Graph", "build_graph"]

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """Acts with a posterior worth an edge; one row an act, codes in content order.

    Attributes:
        account, stream: Codes of each act.
        p: Its posterior.
        at_ms: Its time; -1 where untimed.
        support: Ln likelihood ratio of its company and its account's other acts.
        act: Its row in the attribution's engagements.
        dropped: Whether it was taken back later.
        accounts: Account id by code.
        streams: By code: `section_id, comment_id, kind, n` (all acts of the stream), the stream's
            `key`, its name inside one scan, `kept` (posterior of its acts in the graph) and the
            attribution's `mass`, `lo` and `hi` for it.
        activity: All acts of each account, attributed or not.
        total: All acts of the scan that name an account.
    """

    account: Array
    stream: Array
    p: Array
    at_ms: Array
    support: Array
    act: Array
    dropped: Array
    accounts: Array
    streams: pd.DataFrame
    activity: Array
    total: int

    def take(self, rows: Array) -> Graph:
        """The same graph with some of its acts."""
        return Graph(
            self.account[rows], self.stream[rows], self.p[rows], self.at_ms[rows],
            self.support[rows], self.act[rows], self.dropped[rows], self.accounts, self.streams,
            self.activity, self.total,
        )  # fmt: skip


def build_graph(attribution: Attribution, min_p: float, retracted: Sequence[str] = ()) -> Graph:
    """Keeps named acts with `p_purchased >= min_p` and numbers accounts and streams by content.

    Ties of later steps break by code; codes order by attributed mass, number of acts and times
    relative to the first, and by id only where all of these agree.

    Args:
        attribution: Posteriors of the engagements.
        min_p: Posterior below which an act is no edge.
        retracted: Engagements that were taken back.
    """
    acts = attribution.engagements
    known = pc.is_valid(acts["account_id"])
    named = acts.filter(known)
    place = np.flatnonzero(known.to_numpy(zero_copy_only=False))
    stream_keys = _stream_keys(named)
    account_codes, account_ids = _encode(named["account_id"])
    stream_codes, stream_names = _encode(stream_keys)
    p = pc.fill_null(named["p_purchased"], 0.0).to_numpy()
    at = pc.fill_null(named["ts_lo_ms"], -1).to_numpy()
    support = pc.fill_null(named["company"], 0.0).to_numpy()
    support = support + pc.fill_null(named["propensity"], 0.0).to_numpy()
    kept = np.flatnonzero(p >= min_p)
    account_order, account_rank = _by_content(account_codes[kept], p[kept], at[kept], account_ids)
    stream_order, stream_rank = _by_content(stream_codes[kept], p[kept], at[kept], stream_names)
    activity = np.bincount(account_codes, minlength=len(account_ids))
    sizes = np.bincount(stream_codes, minlength=len(stream_names))
    account, stream = account_rank[account_codes[kept]], stream_rank[stream_codes[kept]]
    order = np.lexsort((at[kept], account, stream))
    dropped = pc.is_in(named["engagement_id"], pa.array(retracted, pa.string()))
    kept_mass = np.bincount(stream_codes[kept], p[kept], minlength=len(stream_names))
    streams = _streams(named, stream_codes, stream_names, sizes).assign(kept=kept_mass)
    return Graph(
        account[order],
        stream[order],
        p[kept][order],
        at[kept][order],
        support[kept][order],
        place[kept][order],
        dropped.to_numpy(zero_copy_only=False)[kept][order],
        account_ids[account_order],
        _with_sums(streams.iloc[stream_order].reset_index(drop=True), attribution),
        activity[account_order],
        len(p),
    )


def _stream_keys(acts: pa.Table) -> pa.ChunkedArray:
    """One text per act naming its stream; the separator cannot stand in an id (ingest)."""
    kind = pc.fill_null(acts["kind"], "")
    comment = pc.fill_null(acts["comment_id"], "")
    return pc.binary_join_element_wise(kind, acts["section_id"], comment, "\x1f")


def _encode(values: pa.ChunkedArray) -> tuple[Array, Array]:
    encoded = pc.dictionary_encode(values.combine_chunks())
    return (
        encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        encoded.dictionary.to_numpy(zero_copy_only=False),
    )


def _by_content(codes: Array, p: Array, at: Array, names: Array) -> tuple[Array, Array]:
    """Order of the codes, heaviest first, and each code's rank in it."""
    n = len(names)
    first = int(at[at >= 0].min()) if (at >= 0).any() else 0
    after = np.where(at >= 0, at - first, -1).astype(np.float64)
    mass = np.round(np.bincount(codes, p, minlength=n), 9)
    count = np.bincount(codes, minlength=n)
    times = np.bincount(codes, after, minlength=n)
    earliest = np.full(n, np.inf)
    np.minimum.at(earliest, codes, after)
    order = np.lexsort((_ranked(pc.sort_indices(_texts(names))), times, earliest, -count, -mass))
    return order, _ranked(order)


def _texts(names: Array) -> pa.Array | pa.ChunkedArray:
    """Names for sorting; NumPy would pad each to the longest, gigabytes where one id is long."""
    return pa.array(names, pa.large_string())


def _ranked(order: Array | pa.Array) -> Array:
    """The place of each entry in an order."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.asarray(order)] = np.arange(len(order))
    return rank


def _streams(acts: pa.Table, codes: Array, names: Array, sizes: Array) -> pd.DataFrame:
    first = np.full(len(names), len(codes), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    frame: pd.DataFrame = (
        acts.select(["section_id", "comment_id", "kind"]).take(pa.array(first)).to_pandas()
    )
    return frame.assign(n=sizes, key=names)


def _with_sums(streams: pd.DataFrame, attribution: Attribution) -> pd.DataFrame:
    """Adds what attribution says of each stream; NaN where it says nothing."""
    keys = ["section_id", "comment_id", "kind"]
    sums = {"n_purchased": "mass", "n_purchased_lo": "lo", "n_purchased_hi": "hi"}
    said = attribution.streams.select([*keys, *sums]).to_pandas().rename(columns=sums)
    joined: pd.DataFrame = streams.merge(said, on=keys, how="left", validate="one_to_one")
    return joined
