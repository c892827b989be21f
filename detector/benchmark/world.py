"""All methods on one simulated world: everything that the benchmark states about it.

Each method runs once. What our model found serves the ranking of acts and accounts, the sums of
sections, and the bands of the scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
from zhenzan.detector.benchmark.campaigns import campaign_figures
from zhenzan.detector.benchmark.figures import (
    Row,
    account_rows,
    act_rows,
    count_rows,
    purchase_rows,
)
from zhenzan.detector.benchmark.held_out import held_out_rows
from zhenzan.detector.benchmark.methods import OURS, Outcome, choose, run_method
from zhenzan.detector.benchmark.simulated import read_truth
from zhenzan.detector.benchmark.tidy import tidy
from zhenzan.detector.benchmark.top_band import band_rows
from zhenzan.detector.benchmark.truth import AccountTruth, read_accounts, read_sections
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.scan import prefix
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.models.attribution.result import Attribution

__all__ = ["run_world"]

# Worlds hold no act after it, so that none is rejected as lying in the future: 2100-01-01.
_NOW_MS: Final = 4_102_444_800_000


def run_world(
    world: Path,
    dataset: str,
    *,
    names: Sequence[str] | None = None,
    options: EngineOptions | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Runs the methods on a world, and a scan with what ours found.

    Args:
        world: Directory of `zhenzan simulate`.
        dataset: What to call it.
        names: Methods, ablations among them; ours and the baselines by default.
        options: Of the engine.
        progress: Told of each method.

    Returns:
        Tidy rows; those without a method say how many stand behind the others.

    Raises:
        InputError: The directory is no simulated world.
        UsageError: A method is unknown.
    """
    chosen = choose(names)
    acts, accounts, sections = read_truth(world), read_accounts(world), read_sections(world)
    o, report = options or EngineOptions(), progress or Silent()
    parts = [tidy(dataset, "", count_rows(accounts, acts, sections))]
    scan = ScanOptions(
        now_ms=_NOW_MS, ids="keep", memory=o.memory, spill_dir=o.spill_dir, threads=o.threads
    )
    with prefix([world], scan, Silent(), last="families") as work:
        for done, name in enumerate(chosen):
            report.update(done, len(chosen), f"{dataset}: {name}")
            outcome = run_method(name, work.engine, work.canonical())
            parts.append(tidy(dataset, name, _rows(outcome, acts, accounts, sections)))
            if name == OURS and outcome.found.attribution is not None:
                rows = band_rows(work, outcome.found.attribution, accounts, sections)
                parts.append(tidy(dataset, name, rows))
                rows = _campaign_rows(world, outcome.found.attribution)
                parts.append(tidy(dataset, name, rows))
                rows = held_out_rows(work.engine, work.canonical(), sections)
                parts.append(tidy(dataset, name, rows))
    return pd.concat(parts, ignore_index=True)


def _rows(
    outcome: Outcome, acts: pd.DataFrame, accounts: AccountTruth, sections: pd.DataFrame
) -> Iterable[Row]:
    yield from account_rows(outcome.found.accounts, accounts)
    yield from act_rows(outcome.score, acts)
    if outcome.found.attribution is not None:
        yield from purchase_rows(outcome.found.attribution, acts, sections)
    yield "seconds", "all", outcome.seconds
    if outcome.peak_bytes is not None:
        yield "peak_bytes", "all", float(outcome.peak_bytes)


def _campaign_rows(world: Path, found: Attribution) -> Iterator[Row]:
    """How the campaigns of the scan compare with the pools of the world."""
    for name, value in campaign_figures(world, found).items():
        if value is not None:
            yield f"campaign_{name.removeprefix('n_')}", "all", float(value)
