"""Labelled rows: files are run through the steps of a scan up to the scores, and labels joined."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.detector.options import ScanOptions, digest_of
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.scan import prefix
from zhenzan.detector.simulate import simulate
from zhenzan.detector.simulate.poorer import degrade
from zhenzan.detector.steps import kept_attribution
from zhenzan.detector.training.facets import FACETS
from zhenzan.detector.training.labels import VIEWS, View, world_labels
from zhenzan.detector.training.worlds import ARTEFACTS, random_preset, random_scale
from zhenzan.detector.workspace import Workspace
from zhenzan.features.errors import InputError
from zhenzan.features.families import families
from zhenzan.models.scorers.inputs import (
    UNITS,
    capability_class,
    known_features,
    scorer_inputs,
    unit_classes,
)
from zhenzan.models.train import Rows

__all__ = ["FAR_MS", "gather", "gather_world", "gather_worlds", "stack", "views_of"]

FAR_MS: Final = 4_102_444_800_000
"""2100-01-01: after every simulated world, so that no act is rejected as lying in the future."""


def gather(paths: Sequence[Path], labels: pd.DataFrame, options: ScanOptions) -> dict[str, Rows]:
    """Rows of the labelled sections, accounts and comments among the files.

    Args:
        paths: Files of any supported format.
        labels: Columns `LABELS`.
        options: As of a scan.

    Raises:
        InputError: No labelled id is in the files.
    """
    with prefix(paths, options, Silent(), last="scores") as work:
        found = kept_attribution(work)
        inputs = scorer_inputs(found, {unit: work.frame(f"matrix_{unit}") for unit in UNITS})
        classes = capability_class(work.frame("capability"))
        scored = {unit: work.frame(f"scored_{unit}s") for unit in UNITS}
        creators = _creators(work)
    comments = scored["comment"]
    homes = dict(zip(comments["comment_id"], comments["section_id"], strict=True))
    made = {}
    for unit in UNITS:
        judged = scored[unit][scored[unit]["status"] == "scored"].set_index(f"{unit}_id")
        known = labels[labels["unit"] == unit].set_index("id")
        ids = judged.index.intersection(known.index).intersection(inputs[unit].index)
        ids = ids.sort_values()
        truth, rules = known.loc[ids], judged.loc[ids]
        told = [name for name in FACETS if name in truth]
        facts = truth[["positive", "group", "slice", "amount", *told]].copy()
        facts["positive"] = facts["positive"].astype(bool)
        facts["group"] = _grouped(unit, facts["group"], creators, homes)
        facts["class"] = unit_classes(unit, ids, found, classes, homes)
        facts["rules"] = rules["score"].to_numpy(np.float64)
        ends = ("n_engagements", "n_purchased", "n_purchased_lo", "n_purchased_hi")
        for name in ends:
            has = name in rules
            facts[name] = rules[name].to_numpy(np.float64) if has else np.nan
        made[unit] = Rows(inputs[unit].loc[ids], facts)
    if not any(len(rows.facts) for rows in made.values()):
        raise InputError(
            "none of the labelled ids is in the files, or none has enough data to be judged",
            path=paths[0] if paths else None,
        )
    return made


def _creators(work: Workspace) -> dict[str, str]:
    """Section to creator, of those that name one."""
    if "section" not in work.canonical():
        return {}
    rows = work.arrow("section", ("section_id", "creator_id")).to_pandas().dropna()
    return dict(zip(rows["section_id"], rows["creator_id"], strict=True))


def _grouped(
    unit: str, groups: pd.Series[str], creators: Mapping[str, str], homes: Mapping[str, str]
) -> pd.Series[str]:
    """Rows that are groups of their own join the others of their creator.

    What one creator ordered is no independent witness of itself, whether or not labels say so.
    """
    if unit == "account" or not creators:
        return groups
    ids = groups.index.to_series()
    sections = ids if unit == "section" else ids.map(homes)
    owner = sections.map({section: f"creator {who}" for section, who in creators.items()})
    return groups.where((groups != ids) | owner.isna(), owner)


def gather_world(world: Path, name: str, view: View = "events") -> dict[str, Rows]:
    """Rows of a simulated world, labelled by its truth, without what is no truth of people.

    Args:
        world: Directory of `zhenzan simulate`.
        name: Group of the rows.
        view: How the world is held: whole, as counts, or as comments alone.
    """
    labels, options = world_labels(world, name, view), ScanOptions(now_ms=FAR_MS, ids="keep")
    with TemporaryDirectory(prefix="zhenzan-") as folder:
        held = world
        if view != "events":
            held = Path(folder) / view
            degrade(world, held, view)
        made = gather([held], labels, options)
    return {
        unit: Rows(rows.frame.drop(columns=list(ARTEFACTS), errors="ignore"), rows.facts)
        for unit, rows in made.items()
    }


def gather_worlds(
    seeds: Sequence[int],
    scale: int,
    progress: Progress | None = None,
    keep: Path | None = None,
) -> dict[str, Rows]:
    """Rows of randomised worlds, made one after the other and thrown away.

    Args:
        seeds: Of the worlds; each is a group.
        scale: About how many engagements each has, between half and twice as many.
        progress: Told of each world.
        keep: Folder in which rows are kept by seed, and found again instead of being made; damaged
            ones are made anew.
    """
    report, parts = progress or Silent(), []
    made = [(seed, view) for seed in seeds for view in views_of(seed)]
    for done, (seed, view) in enumerate(made):
        report.update(done, len(made), f"world {seed}, {view}")
        parts.append(_kept(keep, seed, scale, view))
    return {unit: stack([part[unit] for part in parts]) for unit in UNITS}


def views_of(seed: int) -> tuple[View, ...]:
    """How a training world is held: one in three also as counts and as comments alone.

    Another one in three is also held as acts and as likes alone. All of one world have its group,
    so that no fold knows a world from another side.
    """
    return (VIEWS[:1] + VIEWS[3:], VIEWS[:3], VIEWS[:1])[seed % 3]


def stack(parts: Sequence[Rows]) -> Rows:
    """Rows one below the other; a column that a part lacks is not computable there."""
    frames = [part.frame for part in parts]
    facts = [part.facts for part in parts]
    return Rows(pd.concat(frames), pd.concat(facts))


def _made(seed: int, scale: int, view: View) -> dict[str, Rows]:
    with TemporaryDirectory(prefix="zhenzan-") as folder:
        world = Path(folder) / "world"
        simulate(
            world, scenario=random_preset(seed, scale), scale=random_scale(seed, scale), seed=seed
        )
        return gather_world(world, f"world-{seed}", view)


def _kept(keep: Path | None, seed: int, scale: int, view: View) -> dict[str, Rows]:
    """Rows from the folder where they are there, else made and put there.

    Files are named by what the columns mean, too: rows of other features are no rows of these.
    """
    if keep is None:
        return _made(seed, scale, view)
    known = known_features(families())
    meaning = {
        "versions": dict(known.versions),
        "columns": {u: list(known.specs[u]) for u in UNITS},
        "facets": FACETS,
    }
    stem = f"{digest_of(meaning)[:12]}-{scale}-{seed}-{view}"
    files = {u: [keep / f"{stem}-{u}-{part}.parquet" for part in ("x", "y")] for u in UNITS}
    if (found := _found(files)) is not None:
        return found
    keep.mkdir(parents=True, exist_ok=True)
    made = _made(seed, scale, view)
    for unit, (x, y) in files.items():
        _put(made[unit].frame, x)
        _put(made[unit].facts, y)
    return made


def _found(files: Mapping[str, Sequence[Path]]) -> dict[str, Rows] | None:
    """Rows of all files; None where one is absent or damaged, so that all are made anew."""
    try:
        found = {u: Rows(pd.read_parquet(x), pd.read_parquet(y)) for u, (x, y) in files.items()}
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None
    whole = all(rows.frame.index.equals(rows.facts.index) for rows in found.values())
    return found if whole else None


def _put(table: pd.DataFrame, file: Path) -> None:
    """Under its name once it is whole: a run that ends early leaves no half of it there."""
    new = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        table.to_parquet(new)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
