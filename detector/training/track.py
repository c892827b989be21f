"""Runs on record in MLflow's file store: parameters, figures, and the files that were written.

One folder, no server: `mlflow ui` and its Python client read it. MLflow is the extra `track`; it
is loaded here alone, and asked neither to report its use nor for anything over a network.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from zhenzan.detector.statements import plain
from zhenzan.features.errors import MissingDependencyError, UsageError

__all__ = ["EXPERIMENT", "Recorded", "needed", "record"]

EXPERIMENT: Final = "zhenzan"
"""Name of the experiment that all runs belong to."""
# MLflow keeps its file store for those who ask for it, and reports its use unless asked not to.
_ASKED: Final = {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
_BATCH: Final = 100  # at once; its interface takes no more parameters, and more figures
_LONGEST: Final = 250  # characters of a name
_ODD: Final = re.compile(r"[^\w.\- ]")  # what its names may not hold


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is put on record of one run.

    Attributes:
        kind: `train` or `evaluate`.
        name: Of the run, such as that of the bundle.
        start_ms, end_ms: Of the run.
        parameters: Nested; leaves become `part.name`.
        figures: Nested; numbers become `part.name`, intervals three of them, the rest stays in
            `figures.json` among the files.
        files: Folders and files to keep.
    """

    kind: str
    name: str
    start_ms: int
    end_ms: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Path] = ()


def needed() -> None:
    """Asks for MLflow, before work begins whose record could not be kept.

    Raises:
        MissingDependencyError: MLflow is not installed.
    """
    with _asked():
        try:
            import mlflow.tracking  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError(
                "--track needs MLflow, which is not installed: pip install 'zhenzan[track]'"
            ) from error


def record(folder: Path, run: Recorded) -> str:
    """Puts a run on record.

    Args:
        folder: Of the store; made where it is absent.
        run: What to keep.

    Returns:
        MLflow's id of the run.

    Raises:
        MissingDependencyError: MLflow is not installed.
        UsageError: The folder cannot be a store.
    """
    needed()
    import mlflow.tracking

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder; choose another for --track")
    with _asked():
        client = mlflow.tracking.MlflowClient(tracking_uri=folder.resolve().as_uri())
        known = client.get_experiment_by_name(EXPERIMENT)
        experiment = client.create_experiment(EXPERIMENT) if known is None else known.experiment_id
        begun = client.create_run(
            experiment, start_time=run.start_ms, run_name=run.name, tags={"kind": run.kind}
        )
        run_id: str = begun.info.run_id
        params = [mlflow.entities.Param(k, str(v)) for k, v in _named(_leaves(run.parameters))]
        for at in range(0, len(params), _BATCH):
            client.log_batch(run_id, params=params[at : at + _BATCH])
        numbers = _named(_numbers(run.figures))
        metrics = [mlflow.entities.Metric(k, v, run.end_ms, 0) for k, v in numbers]
        for at in range(0, len(metrics), _BATCH):
            client.log_batch(run_id, metrics=metrics[at : at + _BATCH])
        for path in run.files:
            if path.is_dir():
                client.log_artifacts(run_id, str(path), path.name)
            else:
                client.log_artifact(run_id, str(path))
        with TemporaryDirectory(prefix="zhenzan-") as aside:
            file = Path(aside) / "figures.json"
            text = json.dumps(plain(run.figures), ensure_ascii=False, indent=1, sort_keys=True)
            file.write_text(text + "\n", "utf-8", newline="\n")
            client.log_artifact(run_id, str(file))
        client.set_terminated(run_id, "FINISHED", end_time=run.end_ms)
    return run_id


@contextmanager
def _asked() -> Iterator[None]:
    """What is asked of MLflow while it works; the environment is then as it was."""
    before = {name: os.environ.get(name) for name in _ASKED}
    os.environ.update(_ASKED)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _leaves(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        if isinstance(part, Mapping):
            yield from _leaves(part, f"{before}{name}.")
        else:
            yield f"{before}{name}", part


def _named(leaves: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Under names that MLflow takes; the whole stays readable in the files."""
    made: dict[str, Any] = {}
    for name, value in leaves:
        made.setdefault(_ODD.sub("_", name).lstrip(".")[:_LONGEST] or "_", value)
    return list(made.items())


def _numbers(figures: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, part in _leaves(figures):
        if isinstance(part, bool | str) or part is None:
            continue
        if isinstance(part, int | float):
            yield name, float(part)
        elif isinstance(part, list) and len(part) == 3 and _all_numbers(part):
            for end, number in zip(("", ".low", ".high"), part, strict=True):
                if number is not None:
                    yield name + end, float(number)


def _all_numbers(part: Sequence[Any]) -> bool:
    return all(v is None or (isinstance(v, int | float) and v is not True) for v in part)
