"""Names of the AT protocol: addresses of records, the ids we make of them, times in their keys."""

from __future__ import annotations

import string
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

__all__ = ["BY_ID", "Address", "account_of", "address_of", "declared_ms", "keys_ms", "post_id"]

Ints: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

BY_ID: Final = "~by-id"
"""Stands for the section of an act taken back whose section only the act itself tells."""

_POST: Final = "app.bsky.feed.post"
_DIGIT: Final = np.full(256, -1, np.int64)
for _value, _letter in enumerate("234567" + string.ascii_lowercase):
    _DIGIT[ord(_letter)] = _value
_WEIGHT: Final = np.left_shift(np.int64(1), np.arange(60, -1, -5, dtype=np.int64))
_TID: Final = 13  # characters of a time-based record key
_EARLIEST_MS: Final = 1_104_537_600_000  # 2005-01-01, as everywhere in ingest
_LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01: what is later was no time


class Address(NamedTuple):
    """`at://did/collection/rkey`."""

    did: str
    collection: str
    rkey: str


def address_of(uri: object) -> Address | None:
    """The parts of an `at://` address; None for anything else."""
    if not isinstance(uri, str) or not uri.startswith("at://"):
        return None
    parts = uri[5:].split("/")
    return Address(*parts) if len(parts) == 3 and all(parts) else None


def post_id(address: Address) -> str:
    """Id of a section or comment: its record key, which finds it again, and 12 bits of the author.

    The address names the author, so it cannot be an id of ours. Keys of two authors are the same
    now and then (scripts that backdate write whole seconds), which the bits tell apart.
    """
    did, collection, rkey = address
    kind = "" if collection == _POST else collection.rpartition(".")[2] + "/"
    return f"{kind}{rkey}~{zlib.crc32(did.encode('utf-8', 'replace')) & 0xFFF:03x}"


def account_of(did: str) -> str:
    """Id of an account: a DID has colons of its own, so that its platform must be said."""
    return f"bluesky:{did}"


def declared_ms(value: object) -> int:
    """A time as clients write it; -1 where it is none or names no zone."""
    if not isinstance(value, str):
        return -1
    try:
        moment = datetime.fromisoformat(value)
        ms = int(moment.timestamp() * 1000) if moment.tzinfo else -1
    except (ValueError, OverflowError):
        return -1
    return max(ms, -1)


def keys_ms(rkeys: Sequence[str]) -> Ints:
    """Milliseconds in record keys, -1 where a key holds no time; `idtime.tid_ms` for many."""
    found = np.full(len(rkeys), -1, np.int64)
    usable = [i for i, key in enumerate(rkeys) if len(key) == _TID and key.isascii()]
    if not usable:
        return found
    text = "".join([rkeys[i] for i in usable]).encode("ascii")
    digits = _DIGIT[np.frombuffer(text, np.uint8)].reshape(-1, _TID)
    good = (digits >= 0).all(axis=1) & (digits[:, 0] < 8)
    # The first digit holds three bits only, so that the sum fits 63 bits.
    ms = np.where(good, (digits * _WEIGHT).sum(axis=1) >> 10, -1) // 1000
    found[usable] = np.where((ms >= _EARLIEST_MS) & (ms < _LATEST_MS), ms, -1)
    return found
