"""The work folder of a run, `<out>.partial/`: finished steps with their digests.

A killed run leaves no half result, and `--resume` continues after the last finished step.

    <out>.partial/
      checkpoint.json   the plan (settings, versions) and the finished steps, replaced at each step
      tables/           one file per named table
      result/           the scan directory to be, moved to `<out>` at the very end
      spill/            of the engine; emptied when a run begins
      lock              held while a run is alive
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Self

from zhenzan.features.errors import UsageError

__all__ = ["Checkpoint", "Finished", "changed_inputs", "file_digest", "partial_of"]

_FILE: Final = "checkpoint.json"
_CHUNK: Final = 1 << 20  # a megabyte at a time: as fast as larger reads, and bounded


@dataclass(frozen=True, slots=True)
class Finished:
    """A step that is done.

    Attributes:
        name: Of the step.
        files: Its files below the work folder, with the SHA-256 of each.
        seconds: How long it took.
        info: What it has to say to later steps and to `run.json`; JSON types only.
    """

    name: str
    files: Mapping[str, str]
    seconds: float
    info: Mapping[str, Any] = field(default_factory=dict)


def partial_of(out: Path) -> Path:
    """The work folder of a scan directory, beside it, so that the last move is one rename."""
    return out.with_name(f"{out.name}.partial")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


class Checkpoint:
    """The finished steps of one run; use as a context manager, which holds the lock.

    Args:
        folder: The work folder.
        plan: What must be equal for finished steps to be of use: settings and versions.
    """

    def __init__(self, folder: Path, plan: Mapping[str, Any]) -> None:
        self.folder = folder
        self.plan = dict(plan)
        self.steps: list[Finished] = []
        self._lock: IO[bytes] | None = None

    @property
    def tables(self) -> Path:
        """Where the named tables are."""
        return self.folder / "tables"

    @property
    def result(self) -> Path:
        """What becomes the scan directory."""
        return self.folder / "result"

    def __enter__(self) -> Self:
        if self.folder.exists() and not _ours(self.folder):
            raise UsageError(
                f"{self.folder} exists and is no work folder of ours; move it away, or choose "
                "another --out"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder / "lock")
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def restore(self) -> str | None:
        """Takes over the steps that an earlier run finished; says why where there are none."""
        try:
            kept = json.loads((self.folder / _FILE).read_text(encoding="utf-8"))
            steps = [Finished(**step) for step in kept["steps"]]
            plan = kept["plan"]
        except FileNotFoundError:
            return "there is no earlier run to continue"
        except (ValueError, KeyError, TypeError):
            return "the record of the earlier run cannot be read"
        changed = sorted(
            key for key in plan.keys() | self.plan.keys() if plan.get(key) != self.plan.get(key)
        )
        if changed:
            return f"not the same as in the earlier run: {', '.join(changed)}"
        for step in steps:
            if not self._whole(step):
                break
            self.steps.append(step)
        return None if self.steps else "the earlier run finished no step"

    def _whole(self, step: Finished) -> bool:
        """Whether all files of a step are there, unchanged."""
        return all(
            (self.folder / name).is_file() and file_digest(self.folder / name) == digest
            for name, digest in step.files.items()
        )

    def clear(self) -> None:
        """Removes everything but the lock and begins an empty record."""
        self.steps = []
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()
        self._save()

    def clear_spill(self) -> Path:
        """Empties the engine's folder, where a killed run may have left files."""
        spill = self.folder / "spill"
        shutil.rmtree(spill, ignore_errors=True)
        spill.mkdir()
        return spill

    def finished(self, name: str) -> Finished | None:
        """The record of a step, if it is done."""
        return next((step for step in self.steps if step.name == name), None)

    def record(
        self, name: str, files: Iterable[Path], seconds: float, info: Mapping[str, Any]
    ) -> Finished:
        """Notes a step as done; from here on a killed run continues after it."""
        digests = {p.relative_to(self.folder).as_posix(): file_digest(p) for p in sorted(files)}
        told = json.loads(json.dumps(info))  # what a resumed run will read: JSON types
        step = Finished(name, digests, seconds, told)
        self.steps.append(step)
        self._save()
        return step

    def _save(self) -> None:
        draft = self.folder / f"{_FILE}.new"
        content = {"plan": self.plan, "steps": [asdict(step) for step in self.steps]}
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / _FILE)

    def remove(self) -> None:
        """Deletes the work folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        shutil.rmtree(self.folder)


def _ours(folder: Path) -> bool:
    """Whether a folder holds nothing but what a run leaves there."""
    known = {_FILE, f"{_FILE}.new", "tables", "result", "replaced", "spill", "lock"}
    return folder.is_dir() and all(entry.name in known for entry in folder.iterdir())


def _locked(path: Path) -> IO[bytes]:
    """Holds the work folder while the process lives; the system lets go when it dies.

    Raises:
        UsageError: Another run holds it.
    """
    file = path.open("wb")
    try:
        import fcntl
    except ImportError:  # no such lock on Windows: two runs at once are then the user's care
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise UsageError(
            f"another run holds {path.parent}; wait for it, or choose another --out"
        ) from error
    return file


def changed_inputs(listed: Sequence[Mapping[str, Any]], paths: Sequence[Path]) -> str | None:
    """Which input differs from the record of an earlier run; None where all agree.

    Args:
        listed: Records with `path` and `sha256`.
        paths: The files of this run.
    """
    # What a bundle holds is as it was where the bundle is.
    listed = [record for record in listed if not record.get("bundle")]
    then, now = {record["path"] for record in listed}, {str(path) for path in paths}
    if then != now:
        return f"other input files than in the earlier run: {min(then ^ now)}"
    for record in listed:
        read = bool(record["sha256"])  # a file that was left out has no digest
        if read and file_digest(Path(record["path"])) != record["sha256"]:
            return f"{record['path']} has changed since the earlier run"
    return None
