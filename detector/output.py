"""Where a scan goes: what may be replaced, `run.json`, and the one rename that makes it appear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from zhenzan.detector.checkpoint import Checkpoint
from zhenzan.detector.options import ScanOptions, digest_of
from zhenzan.detector.peak_memory import peak_memory
from zhenzan.detector.results import OUTPUTS, is_scan
from zhenzan.detector.statements import write_json
from zhenzan.detector.versions import versions
from zhenzan.features.errors import UsageError

__all__ = ["check_out", "finish"]

_SCHEMA: Final = 1  # of run.json; changes when a key changes its meaning


def check_out(out: Path, paths: Sequence[Path], *, overwrite: bool) -> None:
    """Refuses a place that would lose something, or that the run would read itself.

    Raises:
        UsageError: Says what to do instead.
    """
    place = out.resolve()
    for path in paths:
        if path.is_dir() and (place == path.resolve() or path.resolve() in place.parents):
            raise UsageError(
                f"--out {out} lies inside the input {path}, so the results would be read as input; "
                "choose a place outside it"
            )
        if path.resolve().is_relative_to(place):
            raise UsageError(f"--out {out} would replace the input {path}; choose another place")
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"--out {out} is a file; name a directory")
    if not any(out.iterdir()):
        return
    if not is_scan(out):
        raise UsageError(f"--out {out} is not empty and not a scan; choose another place")
    if not overwrite:
        raise UsageError(f"--out {out} holds a scan already; --overwrite replaces it")


def finish(checkpoint: Checkpoint, out: Path, options: ScanOptions, *, overwrite: bool) -> None:
    """Writes `run.json` and moves the result into place; the work folder goes."""
    write_json(checkpoint.result / "run.json", _run_record(checkpoint, options))
    check_out(out, (), overwrite=overwrite)  # it may have appeared while the run went on
    if out.exists():
        if any(out.iterdir()):
            out.rename(checkpoint.folder / "replaced")
        else:
            out.rmdir()
    checkpoint.result.rename(out)
    checkpoint.remove()


def _run_record(checkpoint: Checkpoint, options: ScanOptions) -> dict[str, Any]:
    info: Mapping[str, Mapping[str, Any]] = {step.name: step.info for step in checkpoint.steps}
    model = info["scores"]["info"]
    config = {**options.meaning(), **{n: i["config"] for n, i in info.items() if "config" in i}}
    return {
        "schema": _SCHEMA,
        "versions": versions(),
        "engine": options.engine,
        "config": config,
        "config_digest": digest_of(config),
        "now_ms": options.now_ms,
        "model": {
            "id": model.get("bundle")
            or f"{model.get('scorer', 'unknown')}@{model.get('version', 0)}",
            "digest": model.get("bundle_digest") or digest_of(model),
            **model,
        },
        **{key: info["ingest"][key] for key in ("inputs", "rows", "rejections", "notes")},
        "families": {key: info["families"][key] for key in ("used", "skipped")},
        "attribution": info["attribution"]["info"],
        "contexts": info["contexts"],
        "counts": _counts(checkpoint.result),
        "seconds": {step.name: step.seconds for step in checkpoint.steps},
        "peak_memory_bytes": peak_memory(),
    }


def _counts(result: Path) -> dict[str, int]:
    """Rows of each table, read from the Parquet footers."""
    import pyarrow.parquet as pq

    return {name: pq.read_metadata(result / f"{name}.parquet").num_rows for name in OUTPUTS}
