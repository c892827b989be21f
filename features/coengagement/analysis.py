"""From acts to partners: pairs of accounts that meet in more sections than their activity explains.

Chance is defined in `chance.py`: a pair are partners if it met too often for all pairs that met at
all, or if both accounts have too many repeated meetings and this pair met too often for two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.capability import complete
from zhenzan.features.coengagement import chance, kernels
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Tables

__all__ = ["PLACES", "WITHIN_MS", "Network", "analyse"]

# Twenty places before and after and at most a day away: the cost stays linear however popular a
# section is. Thirty places were tried in sketch_attribution.py, ten more bought nothing on stars.
PLACES: Final = 20
WITHIN_MS: Final = 86_400_000
_PAIRS_AT_ONCE: Final = 1 << 23  # 64 MB of pair codes

Codes = NDArray[np.int64]

# The first act of an account in a stream; comments are acts of a stream of their own. Accounts of
# one section only can have no partner and take nobody's place.
_ACTS: Final = """
WITH acts AS (
  SELECT section_id, kind, COALESCE(comment_id, '') AS target, account_id, ts_lo_ms AS at_ms
  FROM {engagement}
  WHERE account_id IS NOT NULL AND ts_lo_ms IS NOT NULL AND ts_hi_ms - ts_lo_ms <= $within_ms
  UNION ALL
  SELECT section_id, 'comment' AS kind, '' AS target, account_id, created_ms AS at_ms
  FROM {comment}
  WHERE account_id IS NOT NULL AND created_ms IS NOT NULL
        AND COALESCE(by_creator, FALSE) = FALSE
)
SELECT section_id, kind, target, account_id, MIN(at_ms) AS at_ms
FROM acts GROUP BY section_id, kind, target, account_id
"""
_ACCOUNTS: Final = """
SELECT account_id, ROW_NUMBER() OVER (ORDER BY account_id NULLS LAST) - 1 AS account
FROM coengagement_acts GROUP BY account_id HAVING COUNT(DISTINCT section_id) >= 2
"""
_STREAMS: Final = """
WITH sizes AS (
  SELECT section_id, kind, target, COUNT(*) AS n_acts
  FROM coengagement_acts GROUP BY section_id, kind, target
)
SELECT s.section_id, s.kind, s.target, s.n_acts,
       DENSE_RANK() OVER (ORDER BY s.section_id NULLS LAST) - 1 AS section,
       ROW_NUMBER() OVER (
         ORDER BY s.section_id NULLS LAST, s.kind NULLS LAST, s.target NULLS LAST) - 1 AS stream,
       CASE WHEN i.creator_id IS NULL THEN -1
            ELSE DENSE_RANK() OVER (ORDER BY i.creator_id NULLS LAST) - 1 END AS creator
FROM sizes s LEFT JOIN {section} i ON i.section_id = s.section_id
"""
_CODED: Final = """
SELECT s.section, s.stream, a.account, x.at_ms
FROM coengagement_acts x
JOIN coengagement_accounts a ON a.account_id = x.account_id
JOIN coengagement_streams s
  ON s.section_id = x.section_id AND s.kind = x.kind AND s.target = x.target
"""


@dataclass(frozen=True, slots=True)
class Network:
    """Acts of accounts that act in two sections or more, as codes, and their partners.

    Attributes:
        section, stream, account, at_ms: The acts, sorted by stream and time.
        beside: Whether a partner is among an act's neighbours.
        section_ids, account_ids: Ids by code.
        section_acts: Acts a section received from any account, by section code.
        creator: Creator code a section, -1 where unknown.
        pairs: Codes `lower * accounts + higher` of the partners, sorted.
        meetings: Sections in which each pair met.
        expected: Sections in which it would meet by chance.
        bits: -log2 of the chance of each pair to meet that often.
        repeats: By account, meetings beyond the first with each other account.
        expected_repeats: By account, how many of them chance predicts.
        surprise: By account, -log2 of the chance of that many repeats.
        slots: By account, its neighbours over all of its acts.
        ranks: By account, a number that comes from what it did, by which ties break.
        met: Codes of all pairs that met in two sections or more, sorted.
        met_in: In how many.
    """

    section: Codes
    stream: Codes
    account: Codes
    at_ms: Codes
    beside: NDArray[np.bool_]
    section_ids: pa.Array
    account_ids: pa.Array
    section_acts: Codes
    creator: Codes
    pairs: Codes
    meetings: Codes
    expected: NDArray[np.float64]
    bits: NDArray[np.float64]
    repeats: Codes
    expected_repeats: NDArray[np.float64]
    surprise: NDArray[np.float64]
    slots: Codes
    ranks: NDArray[np.uint64]
    met: Codes
    met_in: Codes

    @property
    def n_accounts(self) -> int:
        """Accounts that act in two sections or more."""
        return len(self.account_ids)


def analyse(engine: Engine, tables: Tables) -> Network:
    """Finds the partners.

    Args:
        engine: Where the tables live.
        tables: Engagements and comments; `section` adds creators.
    """
    names = {name: relation.name for name, relation in complete(engine, tables).items()}
    step, params = "coengagement", {"within_ms": WITHIN_MS}
    acts = engine.sql(_ACTS.format(**names), into="coengagement_acts", step=step, params=params)
    accounts = engine.sql(_ACCOUNTS, into="coengagement_accounts", step=step)
    streams = engine.sql(_STREAMS.format(**names), into="coengagement_streams", step=step)
    coded = engine.sql(_CODED, into="coengagement_coded", step=step)
    table = engine.fetch(coded)
    rows = {name: table[name].to_numpy().astype(np.int64) for name in coded.columns}
    account_ids = engine.fetch(accounts, order_by=["account"])["account_id"].combine_chunks()
    by_stream = engine.fetch(streams, order_by=["stream"])
    for relation in (acts, accounts, streams, coded):
        engine.drop(relation)
    return _network(rows, account_ids, by_stream)


def _network(rows: dict[str, Codes], account_ids: pa.Array, by_stream: pa.Table) -> Network:
    n, n_streams = len(account_ids), by_stream.num_rows
    section, stream = rows["section"], rows["stream"]
    account, at_ms = rows["account"], rows["at_ms"]
    ranks = kernels.content_ranks(account, stream, at_ms, n, n_streams)
    order = np.lexsort((ranks[account], at_ms, stream))
    section, stream, account, at_ms = (x[order] for x in (section, stream, account, at_ms))
    slots = kernels.count_slots(account, stream, at_ms, PLACES, WITHIN_MS, n)
    pairs, meetings, tested = _repeated(account, section, stream, at_ms, int(slots.sum()), n)
    lower, higher = pairs // max(n, 1), pairs % max(n, 1)
    kept, surprise, repeats = chance.partners(slots, lower, higher, meetings, tested)
    expected = chance.expected_meetings(slots, lower, higher)[kept]
    met, met_in = pairs, meetings
    pairs, meetings = pairs[kept], meetings[kept]
    bits = chance.surprise(meetings, expected)
    busy = np.zeros(n, dtype=np.bool_)
    busy[lower[kept]] = busy[higher[kept]] = True
    beside = kernels.mark_acts(account, stream, at_ms, PLACES, WITHIN_MS, n, pairs, busy)
    of_stream = by_stream["section"].to_numpy().astype(np.int64)
    first = np.unique(of_stream, return_index=True)[1]
    section_acts = np.bincount(of_stream, by_stream["n_acts"].to_numpy()).astype(np.int64)
    section_ids = by_stream["section_id"].combine_chunks().take(pa.array(first))
    creator = by_stream["creator"].to_numpy().astype(np.int64)[first]
    return Network(
        section, stream, account, at_ms, beside, section_ids, account_ids, section_acts, creator,
        pairs, meetings, expected, bits, repeats, chance.expected_repeats(slots), surprise,
        slots, ranks, met, met_in,
    )  # fmt: skip


def _repeated(
    account: Codes, section: Codes, stream: Codes, at_ms: Codes, slots: int, n: int
) -> tuple[Codes, Codes, int]:
    """Pairs that met in two sections or more, how often, and how many pairs met at all."""
    parts = max(1, -(-slots // (2 * _PAIRS_AT_ONCE)))
    found: list[Codes] = [np.empty(0, dtype=np.int64)]
    counts: list[Codes] = [np.empty(0, dtype=np.int64)]
    tested = 0
    # Parts hold equal shares, but for pairs that meet everywhere: each once a stream at most.
    rooms = [slots // 2]
    if parts > 1:
        rooms = kernels.count_parts(account, stream, at_ms, PLACES, WITHIN_MS, n, parts).tolist()
    for part, room in enumerate(rooms):
        codes = kernels.section_pairs(
            account, section, stream, at_ms, PLACES, WITHIN_MS, n, part, parts, room
        )
        codes.sort()
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) if len(codes) else codes
        often = np.diff(np.r_[starts, len(codes)]) if len(codes) else codes
        tested += len(starts)
        found.append(codes[starts[often >= 2]])
        counts.append(often[often >= 2])
    pairs, meetings = np.concatenate(found), np.concatenate(counts)
    order = np.argsort(pairs)
    return pairs[order], meetings[order], tested
