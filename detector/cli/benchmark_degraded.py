"""`zhenzan benchmark degraded`: poor inputs, and how their table reads on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from zhenzan.detector.cli.common import columns

if TYPE_CHECKING:
    import pandas as pd
    from zhenzan.detector.progress import Progress
    from zhenzan.features.engine.registry import EngineOptions

__all__ = ["degraded_lines", "degraded_tables"]

_HEAD: Final = (
    "input", "judged", "ordered", "recall at 1 %", "unusual or above", "no score",
    "others", "unusual or above", "no score",
)  # fmt: skip
_FIGURES: Final = (
    "ordered", "recall", "ordered_odd", "ordered_blind", "free", "free_odd", "free_blind",
)  # fmt: skip


def degraded_tables(
    seeds: int, scale: int, options: EngineOptions, progress: Progress
) -> dict[str, pd.DataFrame]:
    """Runs the benchmark; libraries load here. The summary adds seeds up."""
    from zhenzan.detector.benchmark.degraded import run_degraded, summarize_degraded

    runs = run_degraded(scale=scale, seeds=range(seeds), options=options, progress=progress)
    return {"summary": summarize_degraded(runs), "runs": runs}


def degraded_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a kind of input and target."""
    body = [[row["mode"], row["target"], *(_cell(row[name]) for name in _FIGURES)] for row in rows]
    yield from columns([_HEAD, *body], right=range(2, len(_HEAD)))


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
