"""`train`: a bundle from simulated worlds, from labelled files, or from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.training.gather import gather, gather_worlds, stack
from zhenzan.detector.training.labels import read_labels
from zhenzan.detector.versions import versions
from zhenzan.features.errors import UsageError
from zhenzan.features.families import families
from zhenzan.models.bundle import Bundle, check_place
from zhenzan.models.card.write import write_card
from zhenzan.models.lineage import refuse_seen_worlds
from zhenzan.models.scorers.inputs import UNITS, known_features
from zhenzan.models.train import Rows, TrainSettings, train_bundle

__all__ = ["Data", "train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What a bundle is trained on.

    Attributes:
        paths: Files of any supported format; labelled by `labels`.
        labels: A file as of `read_labels`.
        worlds: How many randomised worlds to simulate; their seeds count up from `first_world`.
        first_world: Seed of the first; evaluate on others.
        scale: About how many engagements a world has.
        keep: Folder for the rows of worlds, so that a second training needs no simulation.
        now_ms: The present, for the files.
        reading: How the files are read; None: as they say themselves.
        base: A bundle whose trees are continued.
    """

    paths: Sequence[Path] = ()
    labels: Path | None = None
    worlds: int = 0
    first_world: int = 1_000
    scale: int = 20_000
    keep: Path | None = None
    now_ms: int = 0
    reading: ScanOptions | None = None
    base: Bundle | None = None


def train(
    out: Path,
    data: Data,
    settings: TrainSettings | None = None,
    *,
    name: str | None = None,
    progress: Progress | None = None,
) -> Bundle:
    """Trains a bundle and writes it to `out`, with its card.

    Args:
        out: The folder of the bundle.
        data: Worlds, labelled files, or both.
        settings: Of trees, folds and calibration.
        name: Of the bundle; that of the folder by default.
        progress: Told of each step.

    Raises:
        UsageError: There is nothing to train on, or too little of one outcome, or the base was
            trained on the same worlds, or `out` cannot be written to.
        InputError: Files or labels cannot be read, or do not fit.
    """
    if bool(data.paths) != (data.labels is not None):
        raise UsageError("files need --labels, and --labels needs files: name both or neither")
    if not data.paths and not data.worlds:
        raise UsageError("nothing to train on: name files with --labels, or --worlds")
    check_place(out)
    seeds = range(data.first_world, data.first_world + data.worlds)
    if data.base is not None:
        refuse_seen_worlds(seeds, data.base.training)
    report = progress or Silent()
    parts: list[dict[str, Rows]] = []
    told: dict[str, Any] = {"versions": versions()}
    if data.worlds:
        report.begin("worlds", 1, 2)
        parts.append(_marked(gather_worlds(seeds, data.scale, report, data.keep), labelled=False))
        told["worlds"] = {
            "first": data.first_world, "count": data.worlds, "scale": data.scale,
        }  # fmt: skip
    if data.paths and data.labels is not None:
        report.begin("labelled files", 1, 2)
        labels = read_labels(data.labels)
        reading = data.reading or ScanOptions(now_ms=data.now_ms)
        parts.append(_marked(gather(data.paths, labels, reading), labelled=True))
        told["labels"] = _tally(labels)
    report.begin("trees", 2, 2)
    rows = {unit: stack([part[unit] for part in parts]) for unit in UNITS}
    bundle = train_bundle(
        rows, known_features(families()), name or out.name, settings,
        base=data.base, told=told, tell=report.say, step=report.update,
    )  # fmt: skip
    bundle.save(out)
    write_card(bundle, out)
    return bundle


def _marked(rows: Mapping[str, Rows], *, labelled: bool) -> dict[str, Rows]:
    """Rows that say whether their ids can come again in another training."""
    return {u: Rows(part.frame, part.facts.assign(labelled=labelled)) for u, part in rows.items()}


def _tally(labels: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Labels by unit and outcome."""
    return {
        str(unit): {"positive": int(part.sum()), "negative": int((~part).sum())}
        for unit, part in labels.groupby("unit")["positive"]
    }
