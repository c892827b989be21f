"""`zhenzan train`: a bundle from simulated worlds or labelled files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from zhenzan.detector.cli.common import JsonFlag, emit_json, progress_bar, say

__all__ = ["train"]


def train(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The bundle to write.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files that --labels speaks of."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="CSV with id and outcome; unit, group and slice where known.",
        ),
    ] = None,
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", min=0, help="Simulate N randomised worlds.")
    ] = 0,
    first_world: Annotated[
        int, typer.Option("--first-world", metavar="SEED", help="Seed of the first world.")
    ] = 1_000,
    scale: Annotated[
        int, typer.Option("--scale", metavar="N", help="About how many engagements a world has.")
    ] = 20_000,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Keep the rows of worlds there, to use again."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the bundle. Default: of DIR.")
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", metavar="N", min=2, help="Of the groups, for calibration.")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of folds and blanks.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Train a bundle for `zhenzan scan --model`.

    From simulated worlds of wide variety (--worlds), from files of your own (PATH with --labels),
    or from both. Groups (worlds; operators or creators, as the labels say) are never split
    between training and calibration.
    """
    from zhenzan.detector.training.train import Data
    from zhenzan.detector.training.train import train as run
    from zhenzan.models.train import TrainSettings

    data = Data(
        paths=paths or (),
        labels=labels,
        worlds=worlds,
        first_world=first_world,
        scale=scale,
        keep=keep,
        now_ms=time.time_ns() // 1_000_000,
    )
    with progress_bar() as progress:
        made = run(out, data, TrainSettings(folds=folds, seed=seed), name=name, progress=progress)
    figures = made.training["held_out"]
    if as_json:
        emit_json({"bundle": str(out), "digest": made.digest, "held_out": figures})
        return
    say(f"bundle {made.name} in {out}, digest {made.digest[:16]}")
    for unit, part in figures.items():
        if "skipped" in part:
            say(f"{unit}: not trained, {part['skipped']}")
            continue
        calibrated = ", ".join(made.units[unit].calibrations) or "nothing: no probabilities"
        say(
            f"{unit}: {part['n']} rows, {part['n_positive']} positive, {part['groups']} groups; "
            f"out of fold AUC {part['auc']:.3f} (rules {part['auc_rules']:.3f}), recall at 0.5 % "
            f"{part['recall_at_0.5pct']:.2f} (rules {part['recall_at_0.5pct_rules']:.2f}); "
            f"calibrated: {calibrated}"
        )
    say("Judge it on data it has not seen: zhenzan evaluate --model DIR --worlds N")
