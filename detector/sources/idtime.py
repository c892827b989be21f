"""Times that platforms build into their ids: they fill what is missing and check what is told.

Each reads one kind of id and returns milliseconds since 1970 UTC, or None where the id is of
another kind or its time is none. The layouts were read off samples (inputs.md, finding 9): that of
Weibo was seen to give plausible dates and was not checked against a told time.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Final, TypeAlias

__all__ = ["FAR_S", "IdTime", "douyin_ms", "is_far", "tid_ms", "weibo_ms", "xiaohongshu_ms"]

IdTime: TypeAlias = Callable[[str], int | None]
"""Reads the time out of an id."""

FAR_S: Final = 120
"""Seconds between an id's time and the told one that are worth a note (inputs.md §2)."""

_EARLIEST_S: Final = 1_104_537_600  # 2005-01-01, as everywhere in ingest
_LATEST_S: Final = 4_102_444_800  # 2100-01-01: what is later was no time
_WEIBO_EPOCH_S: Final = 515_483_463  # what the site's own page scripts add to an id's upper bits
_DIGITS: Final = string.digits + string.ascii_lowercase[:22]  # those of `int(…, 32)`
# The sortable alphabet of atproto to these; what is not of it becomes no digit at all.
_FROM_TID: Final = dict.fromkeys(range(128), "~") | {
    ord(c): d for c, d in zip("234567" + string.ascii_lowercase, _DIGITS, strict=True)
}


def tid_ms(rkey: str) -> int | None:
    """Bluesky record keys: 13 characters, microseconds in the upper 53 of 63 bits."""
    if len(rkey) != 13 or rkey[0] > "j" or not rkey.isascii():
        return None
    try:
        value = int(rkey.translate(_FROM_TID), 32)
    except ValueError:
        return None
    return _plausible((value >> 10) // 1000)


def douyin_ms(cid: str) -> int | None:
    """Douyin and TikTok ids: seconds in the upper 32 of 64 bits."""
    value = _whole(cid)
    return None if value is None else _plausible((value >> 32) * 1000)


def xiaohongshu_ms(note: str) -> int | None:
    """Xiaohongshu ids: 24 hex digits, of which the first eight are seconds."""
    if len(note) != 24:
        return None
    try:
        return _plausible(int(note[:8], 16) * 1000)
    except ValueError:
        return None


def weibo_ms(mid: str) -> int | None:
    """Weibo ids: seconds since an epoch of their own above the lowest 22 bits."""
    value = _whole(mid)
    return None if value is None else _plausible(((value >> 22) + _WEIBO_EPOCH_S) * 1000)


def is_far(told_ms: int | None, id_ms: int | None) -> bool:
    """Whether both times are there and more than `FAR_S` apart."""
    return told_ms is not None and id_ms is not None and abs(told_ms - id_ms) > FAR_S * 1000


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 15 <= len(text) <= 20 else None


def _plausible(ms: int) -> int | None:
    return ms if _EARLIEST_S * 1000 <= ms < _LATEST_S * 1000 else None
