"""What is found when little is known: simulated worlds made poorer, and what a scan makes of them.

Each poorer input is made of a world, scanned like any files, and judged by the truth: recall of
orders at 1 % of what nobody ordered, by the score and by the band.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.scan import prefix
from zhenzan.detector.simulate import simulate
from zhenzan.detector.simulate.poorer import MODES, degrade
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import UsageError
from zhenzan.models.metrics import recall_at

__all__ = ["WORLDS", "run_degraded", "summarize_degraded"]

Frames = dict[str, pd.DataFrame]
Flags = NDArray[np.bool_]

_NOW_MS: Final = 4_102_444_800_000  # 2100-01-01, after every world
_RATE: Final = 0.01
_BOUGHT: Final = 100
"""Bought likes from which an order on a comment counts."""
_TEXTS: Final = 10
"""Delivered comments from which a section counts as one with an order of texts: half of the
smallest order."""
_ACTS: Final = 20
"""Delivered acts from which a section counts, as the stated event of sections has it."""
_ODD: Final = ("unusual", "likely_purchased")
_OF_ORDERED: Final = ("recall", "ordered_odd", "ordered_blind")
_OF_FREE: Final = ("free_odd", "free_blind")

WORLDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acts": "default",
        "likes": "default",
        "counts": "comment_likes",
        "comments": "texts",
        "names": "texts",
        "coarse": "default",
        "top": "texts",
    }
)
"""Which preset each mode is made of."""


def run_degraded(
    *,
    modes: Sequence[str] | None = None,
    scale: int = 60_000,
    seeds: Sequence[int] = (0,),
    options: EngineOptions | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Simulates, degrades, scans and judges.

    Args:
        modes: Of `MODES`; all by default.
        scale: About how many engagements a world has.
        seeds: Of the worlds.
        options: Of the engine.
        progress: Told of each world.

    Returns:
        A row a mode, seed and target (`comments` or `sections`): how many are ordered and how many
        are not, recall at 1 % of the latter that have a score, the share of both in `unusual` or
        above, and the share without a score.

    Raises:
        UsageError: A mode is unknown, or no seed is named.
    """
    chosen = list(MODES) if modes is None else list(modes)
    if unknown := [mode for mode in chosen if mode not in MODES]:
        raise UsageError(f"no mode {', '.join(unknown)}; there are {', '.join(MODES)}")
    if not chosen or not seeds:
        raise UsageError("nothing to run: name a mode and a seed at least")
    report, rows = progress or Silent(), []
    jobs = [(mode, seed) for mode in chosen for seed in seeds]
    for number, (mode, seed) in enumerate(jobs, 1):
        report.begin(f"{mode}, seed {seed}", number, len(jobs))
        with TemporaryDirectory(prefix="zhenzan-") as folder:
            world, poor = Path(folder) / "world", Path(folder) / "poor"
            simulate(world, scenario=WORLDS[mode], scale=scale, seed=seed)
            degrade(world, poor, mode)
            found = _scanned(poor, options)
            rows += [{"mode": mode, "seed": seed, **row} for row in _judged(world, mode, found)]
        report.end(0.0)
    return pd.DataFrame(rows)


def summarize_degraded(runs: pd.DataFrame) -> pd.DataFrame:
    """Over seeds: numbers added up, shares weighted by what they are shares of."""
    rows = []
    for (mode, target), own in runs.groupby(["mode", "target"], sort=False):
        row: dict[str, object] = {"mode": mode, "target": target, "seeds": len(own)}
        for number, shares in (("ordered", _OF_ORDERED), ("free", _OF_FREE)):
            weight = own[number].to_numpy(np.float64)
            row[number] = int(weight.sum())
            for name in shares:
                values = own[name].to_numpy(np.float64)
                known = np.isfinite(values) & (weight > 0)
                total = weight[known].sum()
                row[name] = float(values[known] @ weight[known] / total) if total else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def _scanned(folder: Path, engine: EngineOptions | None) -> Frames:
    """Scored sections and comments."""
    o = engine or EngineOptions()
    options = ScanOptions(
        now_ms=_NOW_MS, ids="keep", memory=o.memory, spill_dir=o.spill_dir, threads=o.threads
    )
    with prefix([folder], options, Silent(), last="scores") as work:
        return {name: work.frame(f"scored_{name}") for name in ("sections", "comments")}


def _judged(world: Path, mode: str, found: Frames) -> Iterator[dict[str, object]]:
    """A row a target of the mode."""
    comments = pd.read_parquet(world / "truth" / "comment.parquet").set_index("comment_id")
    sections = pd.read_parquet(world / "truth" / "section.parquet").set_index("section_id")
    likes = comments["n_likes_delivered"]
    written = comments["label"] == "delivered"
    texts = sections["n_comments_delivered"]
    if mode == "counts":
        yield _row("comments", found["comments"], likes >= _BOUGHT, (likes == 0) & ~written)
    elif mode == "coarse":
        acts = sections["n_delivered"]
        yield _row("sections", found["sections"], acts >= _ACTS, (acts == 0) & (texts == 0))
    else:
        free = (sections["n_delivered"] == 0) & (texts == 0)
        yield _row("sections", found["sections"], texts >= _TEXTS, free)
        yield _row("comments", found["comments"], written, ~written)


def _row(
    target: str, found: pd.DataFrame, ordered: pd.Series[bool], free: pd.Series[bool]
) -> dict[str, object]:
    """Of those that the scan was given; what has no score ranks last, and is no organic one.

    Else many sections too small to be judged would lower the threshold for the others.
    """
    ids = found[f"{target[:-1]}_id"]
    score = np.nan_to_num(found["score"].to_numpy(np.float64, na_value=np.nan), nan=-1.0)
    odd = found["band"].isin(_ODD).to_numpy()
    blind = (found["status"] != "scored").to_numpy()
    bought, not_bought = (
        ids.map(truth).fillna(False).to_numpy(dtype=bool) for truth in (ordered, free)
    )
    both = bought | (not_bought & ~blind)
    return {
        "target": target,
        "ordered": int(bought.sum()),
        "recall": recall_at(score[both], bought[both], _RATE) if bought.any() else np.nan,
        "ordered_odd": _share(odd[bought]),
        "ordered_blind": _share(blind[bought]),
        "free": int(not_bought.sum()),
        "free_odd": _share(odd[not_bought]),
        "free_blind": _share(blind[not_bought]),
    }


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else float("nan")
