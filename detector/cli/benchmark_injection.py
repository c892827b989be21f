"""`zhenzan benchmark injection`: the planted blocks, and how their table reads on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zhenzan.detector.cli.common import columns

if TYPE_CHECKING:
    import pandas as pd
    from zhenzan.detector.progress import Progress
    from zhenzan.features.engine.registry import EngineOptions

__all__ = ["injection_lines", "injection_tables"]

_FIGURES = ("f1", "precision", "recall", "best_f1", "act_f1")


def injection_tables(
    seeds: int,
    densities: list[float],
    names: list[str] | None,
    options: EngineOptions,
    progress: Progress,
) -> dict[str, pd.DataFrame]:
    """Runs the benchmark; libraries load here. The summary holds means over the seeds."""
    from zhenzan.detector.benchmark.injection import run_injection, summarize_injection

    runs = run_injection(
        densities=densities, seeds=range(seeds), names=names, options=options, progress=progress
    )
    return {"summary": summarize_injection(runs), "runs": runs}


def injection_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a method, kind of camouflage and density."""
    head = ["density", "camouflage", "method", "F of accounts", "precision", "recall", "best F",
            "F of acts", "seconds"]  # fmt: skip
    body = [
        [f"{row['density']:g}", row["kind"], row["method"],
         *("–" if row[name] is None else f"{row[name]:.3f}" for name in _FIGURES),
         f"{row['seconds']:.1f}"]
        for row in rows
    ]  # fmt: skip
    yield from columns([head, *body], right=range(3, len(head)))
