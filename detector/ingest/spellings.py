"""Spellings of a time that are not ISO 8601 to the one that is.

Weibo, X and mail name the month (`Sat Dec 23 17:12:54 +0800 2023`); Excel in Chinese writes
`2023/1/5 9:05`, and pages `2023年1月5日`.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["as_iso"]

_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_MONTH: Final = "|".join(_MONTHS)
_NAMED: Final = (
    # Sat Dec 23 17:12:54 +0800 2023
    (rf"^[A-Z][a-z]{{2}} ({_MONTH}) +([0-9]{{1,2}}) ([0-9:]{{8}}) ([+-][0-9]{{4}}) ([0-9]{{4}})$",
     r"\5-\1-\2 \3\4"),
    # Sat, 23 Dec 2023 17:12:54 +0800
    (rf"^(?:[A-Z][a-z]{{2}}, )?([0-9]{{1,2}}) ({_MONTH}) ([0-9]{{4}}) ([0-9:]{{8}}) "
     r"([+-][0-9]{4}|GMT|UTC|Z)$", r"\3-\2-\1 \4\5"),
)  # fmt: skip
_DATE: Final = r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
_PLAIN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:|$)"


def as_iso(texts: pa.Array) -> pa.Array:
    """Rewrites what it knows and leaves the rest as it is, at Arrow's speed."""
    plain = pc.match_substring_regex(texts, _PLAIN)
    if pc.all(pc.fill_null(plain, True)).as_py():
        return texts
    if pc.any(pc.match_substring_regex(texts, rf"\b({_MONTH})\b")).as_py():
        for spelling, iso in _NAMED:
            texts = pc.replace_substring_regex(texts, spelling, iso)
        for number, month in enumerate(_MONTHS, 1):
            texts = pc.replace_substring_regex(
                texts, rf"^([0-9]{{4}})-{month}-", rf"\1-{number:02d}-"
            )
    dated = pc.match_substring_regex(texts, _DATE)
    if not pc.any(dated).as_py():
        return texts
    padded = pc.replace_substring_regex(texts, _DATE, r"\1-0\2-0\3")
    padded = pc.replace_substring_regex(padded, r"^([0-9]{4})-0([0-9]{2})-", r"\1-\2-")
    padded = pc.replace_substring_regex(padded, r"^([0-9]{4}-[0-9]{2})-0([0-9]{2})", r"\1-\2")
    padded = pc.replace_substring_regex(padded, r"^([-0-9]{10})[T ]+([0-9]):", r"\1 0\2:")
    return pc.if_else(dated, padded, texts)
