"""`zhenzan families`: what is computed."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from zhenzan.detector.cli.common import JsonFlag, Lang, emit_json, language, say

if TYPE_CHECKING:
    from zhenzan.features.family import FeatureFamily

__all__ = ["families"]


def families(lang: Lang = None, as_json: JsonFlag = False) -> None:
    """List the feature families.

    Every signal, what it means and what it needs.
    """
    from zhenzan.features.families import families as known

    if as_json:
        emit_json([_plain(family) for family in known()])
        return
    spoken = language(lang)
    for family in known():
        say(f"{family.name} (version {family.version})  {getattr(family.title, spoken)}")
        for table, columns in family.requires.columns.items():
            say(f"    needs {table}: {', '.join(columns) or 'any row'}")
        for spec in family.specs:
            bounds = f"{_bound(spec.low)} … {_bound(spec.high)}"
            say(f"    {family.name}__{spec.name}  [{spec.entity.value}, {spec.unit}, {bounds}]")
            say(f"        {getattr(spec.text, spoken)}")


def _bound(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else ("-∞" if value < 0 else "∞")


def _plain(family: FeatureFamily) -> dict[str, Any]:
    return {
        "name": family.name,
        "version": family.version,
        "title": family.title,
        "requires": {table: list(names) for table, names in family.requires.columns.items()},
        "substitute": family.requires.substitute,
        "features": [asdict(spec) for spec in family.specs],
    }
