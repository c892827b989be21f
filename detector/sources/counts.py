"""Counts as platforms write them to intervals: `1.2万` is any number that is shown so."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from typing import Final

__all__ = ["count_interval"]

# Chinese, Japanese and Korean units, and those of the Latin alphabet (`1.2K`, `3.4w` for 万,
# Spanish `mil` and `M`/`mill`), as inputs.md §2 and the sites themselves show them.
_UNITS: Final = {
    "": 1,
    "k": 10**3, "千": 10**3, "천": 10**3, "mil": 10**3,
    "w": 10**4, "万": 10**4, "萬": 10**4, "만": 10**4,
    "m": 10**6, "百万": 10**6, "mill": 10**6, "mio": 10**6,
    "kw": 10**7, "千万": 10**7,
    "亿": 10**8, "億": 10**8, "억": 10**8,
    "b": 10**9,
}  # fmt: skip
_SHAPE: Final = re.compile(
    r"(?P<number>[0-9]+(?:[.,][0-9]+)*)\s*(?P<unit>[^\W\d_]*)\.?\s*(?P<more>\+?)"
)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[,.][0-9]{3})+")
# Labels of the button itself, shown where nobody has pressed it yet.
_ZERO: Final = frozenset({"赞", "点赞", "讚", "like", "评论", "回复", "收藏", "分享", "转发"})
# Follows a number now and then: "3 likes", "12 人", "5 次".
_TAIL: Final = re.compile(r"\s*(?:likes?|votes?|views?|replies|reply|points?|人|次|个赞|赞|個讚)$")
# What WeChat shows above 100,000; the page's own number for it is 100001 (inputs.md §1.7b).
_CENSORED: Final = "10万+"
_LARGEST: Final = 10**15  # no count on Earth is larger; ids written by mistake are


def count_interval(value: object) -> tuple[int, int | None] | None:
    """Smallest and largest count that is written so.

    Sites round or cut, and do not say which: the interval covers both.

    Args:
        value: A number or text: `12`, `"1,234"`, `"1.2万"` → (11500, 12999), `"1.2K"`,
            `"10万+"` → (100001, None), `"10+"` → (10, None), `"赞"` → (0, 0).

    Returns:
        None where nothing is said (`""`, None) or what stands there is no count. The upper end is
        None where the text sets none. The number 100001 stays what it is: only who knows that it
        comes from WeChat may read it as open.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _whole(value)
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFKC", value).strip().lower()
    if text in _ZERO:
        return 0, 0
    if text == _CENSORED:
        return 100_001, None
    found = _SHAPE.fullmatch(_TAIL.sub("", text))
    return None if found is None else _written(found["number"], found["unit"], bool(found["more"]))


def _whole(value: float) -> tuple[int, int] | None:
    if not math.isfinite(value) or value < 0 or value != int(value) or value > _LARGEST:
        return None
    return int(value), int(value)


def _written(number: str, unit: str, more: bool) -> tuple[int, int | None] | None:
    scale = _UNITS.get(unit)
    if scale is None:
        return None
    if scale == 1 and _GROUPED.fullmatch(number):
        number = number.replace(",", "").replace(".", "")
    figures, _, decimals = number.replace(",", ".").partition(".")
    if "." in decimals or len(number) > 18:
        return None
    if scale == 1 and decimals.strip("0"):
        return None  # there is no half like
    exact = Decimal(f"{figures}.{decimals or '0'}") * scale
    low = int(exact)
    if low > _LARGEST:
        return None
    if more:
        return low, None
    step = scale // 10 ** len(decimals) if scale > 1 else 1
    if step <= 1:
        return low, low
    # A site writes whole numbers below the unit, so rounding cannot have come from further down.
    return max(low - step // 2, min(low, scale)), low + step - 1
