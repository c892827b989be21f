"""Bluesky rows on their way into batches: acts in columns, posts, people, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from zhenzan.detector.sources.base import Item, Noted, Rejected, Rows, Skipped
from zhenzan.detector.sources.bluesky.clock import Ints, believed
from zhenzan.detector.sources.bluesky.names import (
    BY_ID,
    account_of,
    address_of,
    declared_ms,
    keys_ms,
    post_id,
)
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.idtime import tid_ms
from zhenzan.detector.sources.jsonvalues import without_surrogates

__all__ = ["Act", "Acts"]

_ROWS: Final = 1 << 14
_UNDO: Final = frozenset({"unlike", "unshare"})
_NOTES: Final = {
    "shifted": "the witness's clock is off by the same span for most: the clients' is taken",
    "backfilled": "witnessed long after the clients say, as in a backfill: times are intervals",
}
_DOUBTED: Final = "the client's clock and the witness disagree by more than two minutes"


class Act(NamedTuple):
    """One like, share or taking back; times in milliseconds, -1 where there is none."""

    line: int
    kind: str
    account: str
    section: str
    rkey: str
    witness_ms: int
    declared: str | None = None
    creator: str | None = None
    referrer: str | None = None
    basis: str = "stream"
    rank: int | None = None


class _Post(NamedTuple):
    line: int
    table: str
    values: dict[str, object]
    rkey: str
    witness_ms: int
    declared_ms: int


class Acts:
    """Collects what the readers find and hands it out in batches.

    Attributes:
        gather: Of rows without clocks: people, follows, counts.
    """

    def __init__(self) -> None:
        self.gather = Gather()
        self._acts: list[Act] = []
        self._posts: list[_Post] = []
        self._skipped: Counter[str] = Counter()
        self._now: list[Item] = []

    def act(self, act: Act) -> None:
        """Takes an act whose post is known."""
        self._acts.append(act)

    def like(
        self, line: int, kind: str, did: str, record: Mapping[str, Any], rkey: str, witness_ms: int,
        basis: str = "stream",
    ) -> None:  # fmt: skip
        """Takes a like or repost record."""
        subject = record.get("subject")
        address = address_of(subject.get("uri")) if isinstance(subject, dict) else None
        if address is None:
            self.reject("engagement", line, "a like or share without the post it is of")
            return
        declared = record.get("createdAt") or record.get("created_at")
        if witness_ms < 0 and tid_ms(rkey) is None:
            witness_ms = declared_ms(declared)  # all that is known of a key made by hand
            basis = basis if witness_ms >= 0 else "list_untimed"
        self._acts.append(
            Act(
                line, kind, did, post_id(address), rkey, witness_ms,
                declared if isinstance(declared, str) else None, address.did,
                "repost" if isinstance(record.get("via"), dict) else None, basis,
            )
        )  # fmt: skip

    def undo(self, line: int, kind: str, did: str, rkey: str, witness_ms: int) -> None:
        """Takes the deletion of an act, of which only the key is told; ingest finds the act."""
        self._acts.append(Act(line, f"un{kind}", did, BY_ID, rkey, witness_ms))

    def post(
        self, line: int, table: str, values: dict[str, object], rkey: str, witness_ms: int,
        declared_ms: int = -1,
    ) -> None:  # fmt: skip
        """Takes a section or comment row, whose time is still to be chosen."""
        self._posts.append(_Post(line, table, values, rkey, witness_ms, declared_ms))

    def skip(self, reason: str, count: int = 1) -> None:
        """Counts records that are none of our business."""
        self._skipped[reason] += count

    def reject(self, table: str, line: int, reason: str) -> None:
        """Tells of a record that cannot be read."""
        self._now.append(Rejected(table, line, reason))

    def note(self, table: str, line: int, reason: str) -> None:
        """Tells something that loses no row."""
        self._now.append(Noted(table, line, reason))

    def ready(self) -> Iterator[Item]:
        """What is ripe."""
        if self._now:
            yield from self._now
            self._now = []
        if len(self._acts) >= _ROWS or len(self._posts) >= _ROWS:
            yield from self._flushed()
        yield from self.gather.full()

    def rest(self) -> Iterator[Item]:
        """All that is held, then the count of what was left out."""
        yield from self._now
        self._now = []
        yield from self._flushed()
        yield from self.gather.rest()
        for reason in sorted(self._skipped):
            yield Skipped(self._skipped[reason], reason)

    def _flushed(self) -> Iterator[Item]:
        """Weighs the clocks of acts and posts together, so that few posts follow many acts."""
        acts, self._acts = self._acts, []
        posts, self._posts = self._posts, []
        if not acts and not posts:
            return
        witness = [a.witness_ms for a in acts] + [p.witness_ms for p in posts]
        # The key of a deletion is the act's that it takes back: no clock of the deletion itself.
        keys = keys_ms(["" if a.kind in _UNDO else a.rkey for a in acts] + [p.rkey for p in posts])
        # Lists of likes hold no keys: what the client declares is its only clock there.
        own = [-1 if a.rkey else declared_ms(a.declared) for a in acts]
        declared = np.array(own + [p.declared_ms for p in posts], np.int64)
        told = believed(np.array(witness, np.int64), np.where(keys >= 0, keys, declared))
        if acts:
            yield from _of_acts(acts, told.lo_ms[: len(acts)], told.hi_ms[: len(acts)])
        for n, post in enumerate(posts, len(acts)):
            lo, hi = int(told.lo_ms[n]), int(told.hi_ms[n])
            name = "created" if post.table == "comment" else "published"
            if lo >= 0:
                post.values[f"{name}_ms"] = lo
                post.values[f"{name}_precision_s"] = max(1, -(-(hi - lo) // 1000))
            self.gather.add(post.table, post.line, post.values)
        if told.verdict in _NOTES:
            table, line = ("engagement", acts[0].line) if acts else ("comment", posts[0].line)
            yield Noted(table, line, _NOTES[told.verdict])
        for n in told.doubted:
            act = n < len(acts)
            line = acts[n].line if act else posts[n - len(acts)].line
            yield Noted("engagement" if act else "comment", line, _DOUBTED)


def _of_acts(acts: Sequence[Act], lo_ms: Ints, hi_ms: Ints) -> Iterator[Rows]:
    (
        lines, kinds, accounts, sections, rkeys, _, declared, creators, via, bases, ranks,
    ) = zip(*acts, strict=True)  # fmt: skip
    columns = {
        "kind": pa.array(kinds, pa.string()),
        "section_id": _texts(sections),
        "account_id": _texts([account_of(did) for did in accounts]),
        "ts_lo_ms": pa.array(lo_ms, mask=lo_ms < 0),
        "ts_hi_ms": pa.array(hi_ms, mask=hi_ms < 0),
        "declared_ms": _texts(declared),
        "referrer": pa.array(via, pa.string()),
        "list_rank": pa.array(ranks, pa.int64()),
        "basis": pa.array(bases, pa.string()),
        "engagement_id": _ids(kinds, rkeys),
    }
    where = pa.array(lines, pa.int64())
    yield Rows("engagement", pa.RecordBatch.from_pydict(columns), where)
    yield from _sections(lines, sections, creators)


def _texts(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if v is None else without_surrogates(v) for v in values], pa.string())


def _ids(kinds: Sequence[str], rkeys: Sequence[str]) -> pa.Array:
    """`like/<key>`: with the account it finds the act again that a deletion names."""
    return _texts(
        [
            f"bluesky:{k.removeprefix('un')}/{r}" if r else None
            for k, r in zip(kinds, rkeys, strict=True)
        ]
    )


def _sections(
    lines: Sequence[int], sections: Sequence[str], creators: Sequence[str | None]
) -> Iterator[Rows]:
    """Whose posts the acts are on; the address says it, so that no file need describe the post."""
    named = zip(sections, creators, lines, strict=True)
    first = {s: (c, n) for s, c, n in named if c is not None}
    if first:
        batch = pa.RecordBatch.from_pydict(
            {
                "section_id": _texts(list(first)),
                "creator_id": _texts([account_of(c) for c, _ in first.values()]),
            }
        )
        where = pa.array([n for _, n in first.values()], pa.int64())
        yield Rows("section", batch, where, derived=True)
