"""Figures as sentences show them; nothing is shown more exactly than it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zhenzan.features.family import Text

__all__ = ["both", "count", "hours", "quoted", "share", "times"]

_ALIKE: Final = 0.02  # far within every interval that is given


def share(value: float) -> str:
    """`34%`, `0.41%`; what is not nothing never shows as 0%, what is not all never as 100%."""
    percent = 100 * value
    if 0 < percent < 0.01:
        return "<0.01%"
    if 99 < percent < 100:
        return ">99%"
    return f"{percent:.2g}%" if percent < 10 else f"{percent:.0f}%"


def times(value: float) -> str:
    """A ratio or a mean, two digits: `2.1`, `37`."""
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.2g}"


def count(value: float) -> str:
    """`1,240`."""
    return f"{round(value):,}"


def hours(seconds: float) -> Text:
    """A span in the largest unit that fits: `35 min`, `6.5 h`, `3.2 d`."""
    if seconds < 7200:
        n = f"{seconds / 60:.0f}"
        return Text(f"{n} 分钟", f"{n} min")
    if seconds < 48 * 3600:
        n = f"{seconds / 3600:.3g}"
        return Text(f"{n} 小时", f"{n} h")
    n = f"{seconds / 86_400:.3g}"
    return Text(f"{n} 天", f"{n} d")


def both(genuine: float, raw: float, shown: Callable[[float], str]) -> Text:
    """The genuine figure, and the raw one where it differs by more than a fiftieth."""
    first, second = shown(genuine), shown(raw)
    if first == second or abs(genuine - raw) <= _ALIKE * abs(raw):
        return Text(first, first)
    return Text(f"{first}（原始 {second}）", f"{first} (raw: {second})")


def quoted(words: list[str]) -> Text:
    """Words in the quotation marks of either language."""
    return Text("、".join(f"“{w}”" for w in words), ", ".join(f"“{w}”" for w in words))
