"""`zhenzan scan`: files in, a scan directory out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from zhenzan.detector.cli.common import (
    EngineName,
    Ids,
    JsonFlag,
    KeyFile,
    Lang,
    MapFile,
    Memory,
    ObservedAt,
    Paths,
    SectionId,
    SourceName,
    SpillDir,
    Threads,
    Timezone,
    emit_json,
    language,
    moment,
    progress_bar,
)
from zhenzan.features.errors import UsageError

if TYPE_CHECKING:
    from zhenzan.detector.results import Scan

__all__ = ["scan", "show"]


def scan(
    paths: Paths,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The scan directory to write.")],
    source: SourceName = None,
    map_file: MapFile = None,
    engine: EngineName = "duckdb",
    ids: Ids = None,
    key_file: KeyFile = None,
    timezone: Timezone = None,
    observed_at: ObservedAt = None,
    section_id: SectionId = None,
    memory: Memory = None,
    spill_dir: SpillDir = None,
    threads: Threads = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            metavar="DIR",
            help="An earlier scan; campaigns that go on keep their ids.",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="DIR",
            help="An earlier scan; each section is judged by itself against what it learnt.",
        ),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="KIND@START..END[@ID]",
            help="A benign explanation that you declare, such as giveaway@2024-05-01..2024-05-03; "
            "repeatable.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="BUNDLE",
            help="For scores and probabilities: `pretrained` (the shipped bundle) or the folder of "
            "a bundle of `zhenzan train`. Default: rules.",
        ),
    ] = None,
    base_rate: Annotated[
        float | None,
        typer.Option(
            "--base-rate",
            metavar="SHARE",
            help="Share of purchased ones in data like this, for the probabilities of a bundle.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue a stopped run after its last finished step."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the scan that is in DIR.")
    ] = False,
    lang: Lang = None,
    as_json: JsonFlag = False,
) -> None:
    """Scan files and write the results to DIR.

    The results are sections, accounts, comments, campaigns and evidence. DIR appears only when
    the run is complete; until then the run lives in DIR.partial.
    """
    from zhenzan.detector.scan import scan as run

    if base_rate is not None and model is None:
        raise UsageError("--base-rate goes with --model: rules give no probabilities")
    with progress_bar() as progress:
        done = run(
            paths,
            out,
            source=source,
            map_file=map_file,
            ids=ids,
            key_file=key_file,
            timezone=timezone,
            observed_at_ms=moment(observed_at, timezone),
            section_id=section_id,
            engine=engine,
            memory=memory,
            spill_dir=spill_dir,
            threads=threads,
            previous=previous,
            reference=reference,
            contexts=context or (),
            model=model,
            base_rate=base_rate,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    show(done, language(lang), as_json=as_json)


def show(done: Scan, lang: str, *, as_json: bool) -> None:
    """The outcome in a screenful, or as JSON."""
    from zhenzan.detector.summary import summarise

    found = summarise(done)
    if as_json:
        emit_json(found)
        return
    from zhenzan.detector.cli.overview import print_overview

    print_overview(found, lang)
