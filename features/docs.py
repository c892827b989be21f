"""The table of features in the documentation, written from the specs."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from zhenzan.features.family import Entity, FeatureFamily

__all__ = ["families_table"]

_DIRECTION = {1: "more is more suspicious", -1: "less is more suspicious", 0: "describes"}


def families_table(families: Iterable[FeatureFamily]) -> str:
    """A Markdown section a family: what it needs, then a row a feature.

    Args:
        families: In report order.

    Returns:
        Markdown, with a newline at its end.
    """
    return "\n".join(_section(family) for family in families)


def _section(family: FeatureFamily) -> str:
    needs = "; ".join(
        f"`{table}` with {', '.join(f'`{column}`' for column in columns)}"
        for table, columns in family.requires.columns.items()
    )
    substitute = family.requires.substitute
    lines = [
        f"### `{family.name}`: {family.title.en} / {family.title.zh}",
        "",
        f"Needs {needs}. " + ("Without it: abstains." if substitute is None else substitute.en),
        "",
        "| feature | of | unit | range | direction | meaning | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for entity in Entity:
        for spec in family.specs:
            if spec.entity is entity:
                cells = (
                    f"`{family.name}__{spec.name}`",
                    entity.value,
                    spec.unit,
                    f"{_number(spec.low)} to {_number(spec.high)}",
                    _DIRECTION[spec.direction],
                    f"{spec.text.en} {spec.text.zh}",
                    spec.source,
                )
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _number(value: float) -> str:
    return "−∞" if value == -inf else "∞" if value == inf else f"{value:g}"
