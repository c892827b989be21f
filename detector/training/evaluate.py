"""`evaluate`: a finished scan against labels or truth, a bundle on fresh worlds, a scan on another.

Thresholds are never chosen on what is judged but for stating recall at a rate of false positives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from zhenzan.detector.progress import Progress
from zhenzan.detector.results import Scan
from zhenzan.detector.training.figures import slice_figures, unit_figures
from zhenzan.detector.training.gather import gather_worlds
from zhenzan.detector.training.labels import read_labels, world_labels
from zhenzan.features.errors import InputError, UsageError
from zhenzan.models.applicability import drift
from zhenzan.models.bundle import Bundle, UnitModel
from zhenzan.models.held_out import main_class
from zhenzan.models.lineage import seen_worlds
from zhenzan.models.scorers.amounts import stated_interval
from zhenzan.models.scorers.inputs import UNITS
from zhenzan.models.scorers.trees import booster_from_text, raw_scores
from zhenzan.models.stand_ins import UNLIKE, stand_in
from zhenzan.models.train import Rows

__all__ = ["evaluate_bundle", "evaluate_scan", "flip_rate", "judged_rows"]

_DRIFTED: Final = 10


def evaluate_scan(
    scan: Scan,
    *,
    labels: Path | None = None,
    truth: Path | None = None,
    against: Scan | None = None,
) -> dict[str, Any]:
    """Figures of a scan.

    Args:
        scan: What is judged.
        labels: CSV as of `read_labels`.
        truth: The simulated world that was scanned.
        against: Another scan of the same data, for the flip rate.

    Raises:
        UsageError: There is nothing to judge it by, or both labels and truth.
        InputError: No label fits.
    """
    if labels is not None and truth is not None:
        raise UsageError("--labels and --truth both say what happened: name one of them")
    if labels is None and truth is None and against is None:
        raise UsageError("name --labels, --truth or --against: there is nothing to judge it by")
    made: dict[str, Any] = {"scan": str(scan.path), "model": scan.run["model"].get("id")}
    known = None
    if truth is not None:
        known = world_labels(truth, "world")
    elif labels is not None:
        known = read_labels(labels)
    if known is not None:
        made["units"] = _judged_units(scan, known)
    told = scan.run["model"].get("units")
    if told:
        made["drift"] = {unit: part["drift"] for unit, part in told.items()}
    if against is not None:
        made["flip_rate"] = {unit: flip_rate(scan, against, unit) for unit in UNITS}
    return made


def evaluate_bundle(
    bundle: Bundle,
    seeds: Sequence[int],
    scale: int,
    progress: Progress | None = None,
    keep: Path | None = None,
) -> dict[str, Any]:
    """Figures of a bundle and of the rules on randomised worlds; use seeds it was not trained on.

    Figures of a unit are those of full events; other capability classes stand under `classes`, and
    are never averaged with them.

    Args:
        bundle: What is judged.
        seeds: Of the worlds; each is a group.
        scale: About how many engagements each has.
        progress: Told of each world.
        keep: As of `gather_worlds`.

    Raises:
        UsageError: A world was trained on.
    """
    if overlap := seen_worlds(seeds, bundle.training):
        raise UsageError(f"the bundle was trained on worlds {overlap}; choose others")
    rows = gather_worlds(seeds, scale, progress, keep)
    made: dict[str, Any] = {"bundle": bundle.name, "digest": bundle.digest, "units": {}}
    for unit, model in bundle.units.items():
        part = rows[unit]
        kinds = part.facts["class"].to_numpy(str)
        main = main_class(kinds)
        every = judged_rows(unit, model, part)
        judged = every[kinds == main]
        by_rules = judged.assign(score=judged["rules"], probability=np.nan)
        frame = part.frame.reindex(columns=list(model.columns))[kinds == main]
        made["units"][unit] = {
            **unit_figures(judged),
            "class": main,
            "classes": {
                kind: unit_figures(every[kinds == kind])
                for kind in sorted(set(kinds.tolist()) - {main})
            },
            "rules": unit_figures(by_rules.drop(columns=["n_purchased_lo", "n_purchased_hi"])),
            "drift": {
                str(name): float(v) for name, v in drift(model.seen, frame).head(_DRIFTED).items()
            },
            "slices": slice_figures(judged),
        }
    return made


def judged_rows(unit: str, model: UnitModel, rows: Rows) -> pd.DataFrame:
    """What the model makes of labelled rows, as a scan would state it."""
    frame = rows.frame.reindex(columns=list(model.columns))
    raw = raw_scores(booster_from_text(model.trees), frame.to_numpy(np.float64))
    facts, kinds = rows.facts, rows.facts["class"].to_numpy(str)
    why = model.seen.outside(frame)
    fits, unlike = pd.isna(why), np.isin(why, UNLIKE)
    probability = np.full(len(frame), np.nan)
    ranked, _ = stand_in(raw, facts["rules"], kinds, unlike, model.stand_ins)
    made = facts.reset_index(names="id").assign(score=ranked)
    for kind, calibration in model.calibrations.items():
        mine = fits & (kinds == kind)
        probability[mine] = calibration.probability(raw[mine])
    if unit == "section":
        made["n_purchased_lo"], made["n_purchased_hi"] = stated_interval(
            model, frame.to_numpy(np.float64), facts, kinds, probability
        )
    probability[np.isin(kinds, list(model.silent))] = np.nan
    return made.assign(probability=probability)


def flip_rate(scan: Scan, other: Scan, unit: str) -> dict[str, float | int | None]:
    """How many that both scans judged changed their band, and how many entered or left the top.

    Args:
        scan: One scan.
        other: Another of the same data.
        unit: `section`, `account` or `comment`.
    """
    frames: list[pd.DataFrame] = [getattr(s, f"{unit}s") for s in (scan, other)]
    both = frames[0][[f"{unit}_id", "band"]].merge(
        frames[1][[f"{unit}_id", "band"]], on=f"{unit}_id", suffixes=("_a", "_b")
    )
    blind = both["band_a"].eq("insufficient_data") | both["band_b"].eq("insufficient_data")
    kept = both[~blind]
    n = len(kept)
    top = kept["band_a"].eq("likely_purchased") != kept["band_b"].eq("likely_purchased")
    return {
        "n": n,
        "band": float((kept["band_a"] != kept["band_b"]).mean()) if n else None,
        "top_band": float(top.mean()) if n else None,
    }


def _judged_units(scan: Scan, known: pd.DataFrame) -> Mapping[str, Any]:
    made = {}
    for unit in UNITS:
        frame: pd.DataFrame = getattr(scan, f"{unit}s")
        part = known[known["unit"] == unit]
        wanted = [c for c in ("score", "probability", "band", "n_purchased_lo", "n_purchased_hi")
                  if c in frame]  # fmt: skip
        rows = frame.rename(columns={f"{unit}_id": "id"})[["id", *wanted]].merge(part, on="id")
        if len(rows):
            rows["positive"] = rows["positive"].astype(bool)
            made[unit] = {**unit_figures(rows), "slices": slice_figures(rows)}
    if not made:
        raise InputError("no labelled id is in the scan", path=scan.path)
    return made
