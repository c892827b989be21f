"""How counts are written in statements, zh and en."""

from __future__ import annotations

from typing import Final

from zhenzan.features.family import Text

__all__ = ["MIN_FOR_SHARE", "about", "count"]

MIN_FOR_SHARE: Final = 20
"""No percentages below this many acts: fair wording of the report."""


def count(value: float) -> str:
    """Whole from ten on, one decimal below; what is not nothing never reads as 0.0."""
    if 0 < value < 0.05:
        return "<0.1"
    if value == 0:
        return "0"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def about(value: float) -> Text:
    """An estimated count with its "about": `约 3.2`, `about 3.2`; a bare ` <0.1` in Chinese.

    Chinese sets it right behind the verb (`预计约 3.2 次`), so the bound brings its own space.
    """
    number = count(value)
    if number.startswith("<"):
        return Text(f" {number}", number)
    return Text(f"约 {number}", f"about {number}")
