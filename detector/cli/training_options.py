"""Options that `train` and `evaluate` share, and the record that both may keep."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from zhenzan.detector.cli.common import LEAST_SCALE

__all__ = [
    "Diary",
    "FirstWorld",
    "KeepRows",
    "LabelsFile",
    "TrackDir",
    "WorldScale",
]

LabelsFile = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="CSV, Parquet or JSON lines: id and outcome (unit, group and slice where known), "
        "or rows of the table decision.",
    ),
]
FirstWorld = Annotated[
    int, typer.Option("--first-world", metavar="SEED", min=0, help="Seed of the first world.")
]
WorldScale = Annotated[
    int,
    typer.Option(
        "--scale", metavar="N", min=LEAST_SCALE, help="About how many engagements a world has."
    ),
]
KeepRows = Annotated[
    Path | None,
    typer.Option("--keep", metavar="DIR", help="Keep the rows of worlds there, to use again."),
]
TrackDir = Annotated[
    Path | None,
    typer.Option(
        "--track",
        metavar="DIR",
        help="Put parameters, figures and files on record in a file store of MLflow.",
    ),
]


@dataclass(frozen=True, slots=True)
class Diary:
    """Keeps the record of a run where one was asked for.

    Attributes:
        folder: Of the store; None keeps nothing.
        start_ms: When the run began.
    """

    folder: Path | None
    start_ms: int

    @classmethod
    def begin(cls, folder: Path | None) -> Self:
        """Fails at once where a record is asked for and MLflow is absent."""
        if folder is not None:
            from zhenzan.detector.training.track import needed

            needed()
        return cls(folder, time.time_ns() // 1_000_000)

    def write(
        self,
        kind: str,
        name: str,
        *,
        parameters: Mapping[str, Any],
        figures: Mapping[str, Any],
        files: Sequence[Path] = (),
    ) -> None:
        """Puts the run on record."""
        if self.folder is None:
            return
        from zhenzan.detector.training.track import Recorded, record

        now = time.time_ns() // 1_000_000
        run = Recorded(kind, name, self.start_ms, now, parameters, figures, files)
        typer.echo(f"on record in {self.folder}: run {record(self.folder, run)}", err=True)
