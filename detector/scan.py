"""The run: files in, a scan directory out. The only module that knows the order of the steps.

`<out>` appears by one rename at the very end. Until then the run lives in `<out>.partial/`, and
`resume=True` continues after its last finished step if settings, versions and inputs agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal

from zhenzan.features.errors import ScanInterruptedError, ZhenzanError

if TYPE_CHECKING:
    from zhenzan.detector.checkpoint import Checkpoint
    from zhenzan.detector.options import ScanOptions
    from zhenzan.detector.progress import Progress
    from zhenzan.detector.results import Scan
    from zhenzan.detector.workspace import Workspace
    from zhenzan.features.engine.base import Engine

__all__ = ["STEPS", "Step", "prefix", "run_scan", "scan"]


@dataclass(frozen=True, slots=True)
class Step:
    """A named step; `function` names a function of `steps.py`, which is loaded when it runs."""

    name: str
    title: str

    def function(self) -> Callable[[Workspace], dict[str, Any]]:
        """The code of the step."""
        from zhenzan.detector import steps

        found: Callable[[Workspace], dict[str, Any]] = getattr(steps, f"{self.name}_step")
        return found


STEPS: Final = (
    Step("ingest", "reading files"),
    Step("capability", "what can be checked"),
    Step("templates", "comment templates"),
    Step("families", "features"),
    Step("attribution", "attributing engagements"),
    Step("contexts", "benign explanations"),
    Step("scores", "scores"),
    Step("campaigns", "campaigns"),
    Step("evidence", "evidence"),
    Step("insights", "insights for creators"),
    Step("write", "writing results"),
)


def scan(
    paths: Path | str | Iterable[Path | str],
    out: Path | str | None = None,
    *,
    source: str | None = None,
    map_file: str | Path | None = None,
    ids: Literal["keep", "hash"] | None = None,
    key_file: Path | None = None,
    timezone: str | None = None,
    observed_at_ms: int | None = None,
    section_id: str | None = None,
    engine: str = "duckdb",
    memory: str | None = None,
    spill_dir: Path | None = None,
    threads: int | None = None,
    previous: Path | str | None = None,
    reference: Path | str | None = None,
    contexts: Sequence[str] = (),
    model: Path | str | None = None,
    base_rate: float | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    now_ms: int | None = None,
) -> Scan:
    """Scans files and returns the results.

    Args:
        paths: A file or directory, or several, of any mix of supported formats.
        out: The scan directory to write; None keeps it in a temporary folder that vanishes with
            the returned object.
        source: Force this source; None recognises each file by its content.
        map_file: A map (TOML file, or the name of a built-in one) for files that it fits.
        ids: `keep` or `hash` account ids; None leaves it to the source.
        key_file: Key of the hashes; None uses the one kept per user.
        timezone: Of times that name none; None means UTC.
        observed_at_ms: When the files were collected, milliseconds since 1970 UTC.
        section_id: Section of files that do not name theirs.
        engine: `duckdb` or `spark`.
        memory: Limit of the engine, such as `2GB`.
        spill_dir: Where the engine spills past it.
        threads: Of the engine.
        previous: An earlier scan directory: campaigns that go on keep the ids they have there.
        reference: An earlier scan directory: every section is judged by itself, against what that
            scan learnt; None learns anew, from all sections together.
        contexts: Benign explanations that the creator declares, such as
            `giveaway@2024-05-01..2024-05-03` or, for one section, `push@2024-05-01@ID`.
        model: `pretrained` for the shipped bundle, the folder of a bundle that `train` wrote, or
            the name of an installed scorer; None scores by rules. Bands stay those of the rules.
        base_rate: Share of sections (accounts, comments) to which the stated event happened in
            data like this; None keeps that of the bundle's training.
        resume: Continue a run that was stopped, after its last finished step.
        overwrite: Replace an existing scan directory.
        progress: Told where the run is; None is silent.
        now_ms: The present; None asks the clock. Later times are rejected.

    Returns:
        The scan, with `.sections`, `.accounts`, `.comments`, `.campaigns` as pandas frames.

    Raises:
        InputError: Nothing could be read, or a named file cannot be.
        UsageError: An option cannot be right, or `out` is in the way.
        MissingDependencyError: The engine is not part of this installation.
        ScanInterruptedError: The run was stopped; `resume` continues it.

    Example:
        >>> from zhenzan.detector import scan                               # doctest: +SKIP
        >>> found = scan("likes.parquet")                                   # doctest: +SKIP
        >>> found.sections.nlargest(10, "score")                            # doctest: +SKIP
    """
    from zhenzan.detector.contexts.declare import parse_context
    from zhenzan.detector.options import ScanOptions
    from zhenzan.detector.progress import Silent

    for text in contexts:
        parse_context(text, timezone)  # says what is wrong before anything is read
    options = ScanOptions(
        now_ms=time.time_ns() // 1_000_000 if now_ms is None else now_ms,
        source=source,
        map_file=None if map_file is None else str(map_file),
        ids=ids,
        key_file=key_file,
        timezone=timezone,
        observed_at_ms=observed_at_ms,
        section_id=section_id,
        engine=engine,
        memory=memory,
        spill_dir=spill_dir,
        threads=threads,
        previous=None if previous is None else Path(previous),
        reference=None if reference is None else Path(reference),
        contexts=tuple(contexts),
        model=None if model is None else str(model),
        base_rate=base_rate,
    )
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    listed = [Path(path) for path in given]
    told = progress or Silent()
    if out is not None:
        return run_scan(listed, Path(out), options, told, resume=resume, overwrite=overwrite)
    from zhenzan.detector.results import Scan

    folder = TemporaryDirectory(prefix="zhenzan-scan-")
    done = run_scan(listed, Path(folder.name) / "scan", options, told)
    return Scan(done.path, temporary=folder)


def run_scan(
    paths: Sequence[Path],
    out: Path,
    options: ScanOptions,
    progress: Progress,
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> Scan:
    """Like `scan`, with everything said."""
    from zhenzan.detector.checkpoint import Checkpoint, partial_of
    from zhenzan.detector.output import check_out, finish
    from zhenzan.detector.results import Scan
    from zhenzan.features.engine.registry import EngineOptions, open_engine

    check_out(out, paths, overwrite=overwrite)
    if options.previous is not None:
        Scan.load(options.previous)  # says that it is none before anything is done
    if options.reference is not None:
        _ = Scan.load(options.reference).learnt  # likewise
    if options.model is not None:
        from zhenzan.models.scorers.registry import get_scorer

        get_scorer(options.model)  # likewise
    if options.engine != "duckdb":
        open_engine(options.engine).close()  # says what is missing before anything is written
    with Checkpoint(partial_of(out), _plan(options)) as checkpoint:
        _take_over(checkpoint, paths, progress, resume=resume)
        spill = options.spill_dir or checkpoint.clear_spill()
        try:
            settings = EngineOptions(options.memory, spill, options.threads)
            with open_engine(options.engine, settings) as engine:
                work = _workspace(engine, options, paths, checkpoint, progress)
                _run_steps(STEPS, work, checkpoint, progress)
            finish(checkpoint, out, options, overwrite=overwrite)
        except KeyboardInterrupt as stop:
            raise ScanInterruptedError(_interrupted(checkpoint)) from stop
        except ZhenzanError:
            if not checkpoint.steps:
                checkpoint.remove()  # nothing is worth keeping
            raise
    return Scan(out)


@contextmanager
def prefix(
    paths: Sequence[Path], options: ScanOptions, progress: Progress, *, last: str
) -> Iterator[Workspace]:
    """Runs the steps up to `last` in a temporary folder and lends what they wrote.

    Raises:
        ZhenzanError: As `scan` does.
    """
    from zhenzan.detector.checkpoint import Checkpoint
    from zhenzan.features.engine.registry import EngineOptions, open_engine

    names = [step.name for step in STEPS]
    steps = STEPS[: names.index(last) + 1]
    with (
        TemporaryDirectory(prefix="zhenzan-") as folder,
        Checkpoint(Path(folder) / "work", {}) as checkpoint,
    ):
        settings = EngineOptions(options.memory, checkpoint.clear_spill(), options.threads)
        with open_engine(options.engine, settings) as engine:
            work = _workspace(engine, options, paths, checkpoint, progress)
            _run_steps(steps, work, checkpoint, progress)
            yield work


def _plan(options: ScanOptions) -> dict[str, Any]:
    """What must agree for finished steps to be of use; keys are shown to the user."""
    from zhenzan.detector.ingest.pseudonyms import Pseudonyms, read_key
    from zhenzan.detector.versions import versions

    key = None if options.key_file is None else Pseudonyms(read_key(options.key_file)).key_id
    return {
        **options.meaning(),
        "key_file": key,
        "map_file": _map_digest(options),
        "previous": _members_digest(options),
        "reference": _reference_digest(options),
        "model": _model_digest(options),
        "versions": versions(),
        "steps": [step.name for step in STEPS],
    }


def _map_digest(options: ScanOptions) -> str | None:
    """What the map says, wherever its file stands."""
    from zhenzan.detector.options import digest_of
    from zhenzan.detector.sources.mapped import load_map

    if options.map_file is None:
        return None
    return digest_of({"map": repr(load_map(options.map_file))})


def _members_digest(options: ScanOptions) -> str | None:
    """What the earlier scan contributes: its members, wherever its directory stands."""
    from zhenzan.detector.checkpoint import file_digest

    if options.previous is None:
        return None
    return file_digest(options.previous / "campaign_members.parquet")


def _reference_digest(options: ScanOptions) -> str | None:
    """What the reference is, wherever its directory stands."""
    from zhenzan.detector.checkpoint import file_digest
    from zhenzan.detector.results import Scan

    if options.reference is None:
        return None
    return file_digest(Scan.load(options.reference).learnt / "reference.json")


def _model_digest(options: ScanOptions) -> str | None:
    """What the bundle is, wherever its folder stands; the name of an installed scorer."""
    from zhenzan.detector.checkpoint import file_digest
    from zhenzan.models.scorers.registry import bundle_folder

    if options.model is None:
        return None
    file = (bundle_folder(options.model) or Path()) / "bundle.json"
    return file_digest(file) if file.is_file() else options.model


def _take_over(
    checkpoint: Checkpoint, paths: Sequence[Path], progress: Progress, *, resume: bool
) -> None:
    """Restores the finished steps of an earlier run, or says why not and begins anew."""
    from zhenzan.detector.checkpoint import changed_inputs
    from zhenzan.detector.ingest.discover import discover

    if resume:
        files = [item.path for item in discover(paths)]
        why = checkpoint.restore()
        if why is None:
            why = changed_inputs(checkpoint.steps[0].info["inputs"], files)
        if why is None:
            return
        progress.say(f"starting from the beginning: {why}")
    checkpoint.clear()


def _workspace(
    engine: Engine,
    options: ScanOptions,
    paths: Sequence[Path],
    checkpoint: Checkpoint,
    progress: Progress,
) -> Workspace:
    from zhenzan.detector.workspace import Workspace

    checkpoint.tables.mkdir(exist_ok=True)
    return Workspace(
        engine=engine,
        options=options,
        paths=paths,
        tables=checkpoint.tables,
        result=checkpoint.result,
        tell=progress.update,
    )


def _run_steps(
    steps: Sequence[Step], work: Workspace, checkpoint: Checkpoint, progress: Progress
) -> None:
    """Runs what is not done yet; after each step the run can be continued from there."""
    for number, step in enumerate(steps, start=1):
        progress.begin(step.title, number, len(steps))
        done = checkpoint.finished(step.name)
        if done is not None:
            progress.end(done.seconds, "done in the earlier run")
        else:
            work.written.clear()
            started = time.perf_counter()
            info = step.function()(work)
            seconds = round(time.perf_counter() - started, 3)
            done = checkpoint.record(step.name, work.written, seconds, info)
            progress.end(seconds)
        work.info[step.name] = dict(done.info)


def _interrupted(checkpoint: Checkpoint) -> str:
    done = len(checkpoint.steps)
    if not done:
        return "stopped before the first step was finished; nothing was written"
    return (
        f"stopped after {done} of {len(STEPS)} steps ({checkpoint.steps[-1].name}); "
        "the same command with --resume continues from there"
    )
