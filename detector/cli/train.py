"""`zhenzan train`: a bundle from simulated worlds or labelled files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from zhenzan.detector.cli.common import (
    Ids,
    JsonFlag,
    KeyFile,
    MapFile,
    ObservedAt,
    SectionId,
    SourceName,
    Timezone,
    emit_json,
    moment,
    progress_bar,
    say,
)
from zhenzan.detector.cli.training_options import (
    Diary,
    FirstWorld,
    KeepRows,
    LabelsFile,
    TrackDir,
    WorldScale,
)

if TYPE_CHECKING:
    from zhenzan.models.bundle import Bundle

__all__ = ["train"]


def train(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The bundle to write.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files that --labels speaks of."),
    ] = None,
    labels: LabelsFile = None,
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", min=0, help="Simulate N randomised worlds.")
    ] = 0,
    first_world: FirstWorld = 1_000,
    scale: WorldScale = 20_000,
    keep: KeepRows = None,
    warm_start: Annotated[
        str | None,
        typer.Option(
            "--warm-start",
            metavar="BUNDLE",
            help="Continue the trees of a bundle: its folder, or pretrained where it is shipped.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the bundle. Default: of DIR.")
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", metavar="N", min=2, help="Of the groups, for calibration.")
    ] = 5,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Of folds and blanks.")
    ] = 0,
    track: TrackDir = None,
    source: SourceName = None,
    map_file: MapFile = None,
    ids: Ids = None,
    key_file: KeyFile = None,
    timezone: Timezone = None,
    observed_at: ObservedAt = None,
    section_id: SectionId = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a bundle for `zhenzan scan --model`.

    From simulated worlds of wide variety (--worlds), from files of your own (PATH with --labels),
    or from both. Groups (worlds; operators or creators, as the labels say) are never split
    between training and calibration. Labels name ids as a scan shows them: say --ids and
    --key-file here as you did there.
    """
    from zhenzan.detector.options import ScanOptions
    from zhenzan.detector.training.train import Data
    from zhenzan.detector.training.train import train as run
    from zhenzan.models.lineage import without_rows
    from zhenzan.models.scorers.registry import get_bundle
    from zhenzan.models.train import TrainSettings

    diary = Diary.begin(track)
    reading = ScanOptions(
        now_ms=diary.start_ms,
        source=source,
        map_file=map_file,
        ids=ids,
        key_file=key_file,
        timezone=timezone,
        observed_at_ms=moment(observed_at, timezone),
        section_id=section_id,
    )
    data = Data(
        paths=paths or (),
        labels=labels,
        worlds=worlds,
        first_world=first_world,
        scale=scale,
        keep=keep,
        reading=reading,
        base=None if warm_start is None else get_bundle(warm_start),
    )
    with progress_bar() as progress:
        made = run(out, data, TrainSettings(folds=folds, seed=seed), name=name, progress=progress)
    told = {k: v for k, v in without_rows(made.training).items() if k != "held_out"}
    figures = made.training["held_out"]
    diary.write("train", made.name, parameters={**told, "digest": made.digest}, figures=figures,
                files=[out])  # fmt: skip
    if as_json:
        emit_json({"bundle": str(out), "digest": made.digest, "held_out": figures})
    else:
        _show(made, out)


def _show(made: Bundle, out: Path) -> None:
    say(f"bundle {made.name} in {out}, digest {made.digest[:16]}")
    for unit, part in made.training["held_out"].items():
        if "skipped" in part:
            kept = "; that of the base is kept" if unit in made.units else ""
            say(f"{unit}: not trained, {part['skipped']}{kept}")
            continue
        calibrated = (
            ", ".join(
                kind
                for kind in made.units[unit].calibrations
                if kind not in made.units[unit].silent
            )
            or "nothing: no probabilities"
        )
        say(
            f"{unit}: {part['n']} rows, {part['n_positive']} positive, {part['groups']} groups; "
            f"out of fold AUC {part['auc']:.3f} (rules {part['auc_rules']:.3f}), recall at 0.5 % "
            f"{part['recall_at_0.5pct']:.2f} (rules {part['recall_at_0.5pct_rules']:.2f}); "
            f"calibrated: {calibrated}"
        )
        if seen := part.get("seen_by_base"):
            say(f"{unit}: {seen} rows that the base has seen are in none of these figures")
    say("Judge it on data it has not seen: zhenzan evaluate --model DIR --worlds N")
