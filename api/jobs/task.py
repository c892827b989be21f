"""One scan in the process of its own: prepare the files, scan them, publish the result."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from zhenzan.api.jobs.places import JobFolder
from zhenzan.api.jobs.request import JobOptions
from zhenzan.detector.checkpoint import partial_of
from zhenzan.detector.progress import Progress
from zhenzan.features.errors import MissingDependencyError

if TYPE_CHECKING:
    from zhenzan.api.jobs.store import StoreBase
    from zhenzan.detector.options import ScanOptions

__all__ = ["Task", "Told", "run_task"]


_TRIES: Final = 50
_PAUSE_S: Final = 0.2


class Told(Progress, Protocol):
    """What a task reports to: the scan's progress, and its own phases."""

    def phase(self, name: str) -> None:
        """A phase begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything that the process is told.

    Attributes:
        folder: Of the job (`JobFolder`).
        tenant_id, scan_id: Where the scan goes in the store.
        files: Names in the folder of inputs.
        paths: Files and folders under roots.
        roots: The roots, with links resolved.
        urls: What to download.
        prefixes: What may be downloaded.
        limit: Most bytes of one download.
        options: Of the scan (`JobOptions`).
        declared: Contexts of sections that the data may hold.
        reference, previous: Scans in the store, by id.
        model: Folder of a bundle, or name of a scorer.
        key_file: Key of hashed ids, one a tenant.
        now_ms: The present, to the scan.
        memory: Limit of the engine; None for its own choice.
        threads: Of the engine; None for one a core.
        store_url, cache: Of the store.
    """

    folder: str
    tenant_id: str
    scan_id: str
    key_file: str
    now_ms: int
    store_url: str
    cache: str
    files: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    limit: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    reference: str | None = None
    previous: str | None = None
    model: str | None = None
    memory: str | None = None
    threads: int | None = None

    @classmethod
    def read(cls, line: bytes) -> Self:
        """From a line of JSON."""
        return cls(**json.loads(line))

    def line(self) -> bytes:
        """As a line of JSON."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    def hidden(self) -> tuple[str, ...]:
        """Folders whose names are nobody's business outside, the longest first."""
        own = JobFolder(Path(self.folder))
        found = (str(own.inputs), self.folder, self.cache, self.store_url)
        return tuple(sorted(found, key=len, reverse=True))


def run_task(task: Task, told: Told) -> dict[str, Any]:
    """Does all of it; what an earlier process finished is not done again.

    Returns:
        `n_sections`, `n_engagements`, `size_bytes`, `title` and `summary` for the row of the scan.

    Raises:
        ZhenzanError: It cannot be done, or (503) not now.
    """
    from zhenzan.api.jobs.store import open_store

    folder = JobFolder(Path(task.folder))
    folder.make()
    os.chdir(folder.inputs)  # results name files as their owners do, not where we keep them
    store = open_store(task.store_url, Path(task.cache))
    if store.holds(task.tenant_id, task.scan_id):  # and nobody could say so any more
        return _row(store.local(task.tenant_id, task.scan_id))
    done = next((scan for scan in folder.scans() if scan.exists()), None)
    if done is None:
        told.phase("prepare")
        paths = _prepare(task, told)
        done = _free_place(folder)
        _scan(task, store, done, paths, told)
    told.phase("publish")
    row = _row(done)
    store.publish(done, task.tenant_id, task.scan_id)
    return row


def _prepare(task: Task, told: Told) -> list[Path]:
    """Every input, allowed and bounded; looked at again, because time has passed."""
    from zhenzan.api.jobs.packed import check_unpacked
    from zhenzan.api.jobs.roots import allowed_path

    uploaded = [Path(name) for name in task.files]
    uploaded += _downloaded(task, told)
    for path in uploaded:
        check_unpacked(path)
    roots = [Path(root) for root in task.roots]
    return [*uploaded, *(allowed_path(path, roots) for path in task.paths)]


def _downloaded(task: Task, told: Told) -> list[Path]:
    from zhenzan.api.jobs.download import download
    from zhenzan.api.jobs.names import safe_name
    from zhenzan.api.jobs.urls import allowed_url, parse_prefix

    prefixes = [parse_prefix(prefix, task.tenant_id) for prefix in task.prefixes]
    taken = {name.lower() for name in task.files}
    found = []
    for url in task.urls:
        address = allowed_url(url, prefixes)
        target = Path(safe_name(address.name, taken))
        taken.add(target.name.lower())
        download(
            address,
            prefixes,
            target,
            limit=task.limit,
            tell=lambda done, size: told.update(done, size, ""),
        )
        os.utime(target, ns=(task.now_ms * 1_000_000, task.now_ms * 1_000_000))
        found.append(target)
    return found


def _scan(task: Task, store: StoreBase, out: Path, paths: list[Path], told: Progress) -> None:
    """The run itself, which continues what an earlier process left in the same place."""
    from zhenzan.detector.contexts.declare import parse_context
    from zhenzan.detector.scan import run_scan

    options = _options(task, store)
    for text in options.contexts:
        parse_context(text, options.timezone)  # says what is wrong before anything is read
    run_scan(paths, out, options, told, resume=True, overwrite=False)


def _free_place(folder: JobFolder, tries: int = _TRIES) -> Path:
    """Where the run goes: the first place that no other process holds.

    One that lost its lease ends within moments and is waited for, so that its work is continued.
    One that is frozen may wake up at any time and write on: it keeps its place, and we begin anew
    in another.

    Raises:
        MissingDependencyError: All places are held.
    """
    for scan in folder.scans():
        for _ in range(tries):
            if not _held(partial_of(scan) / "lock"):
                return scan
            time.sleep(_PAUSE_S)
    raise MissingDependencyError("other processes still hold the files of this job")


def _held(lock: Path) -> bool:
    try:
        import fcntl
    except ImportError:  # as in the run itself: no such lock on Windows
        return False
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _options(task: Task, store: StoreBase) -> ScanOptions:
    from zhenzan.detector.options import ScanOptions

    asked = JobOptions.model_validate(task.options)

    def scan_of(scan_id: str | None) -> Path | None:
        return None if scan_id is None else store.local(task.tenant_id, scan_id)

    return ScanOptions(
        now_ms=task.now_ms,
        source=asked.source,
        map_file=asked.map,
        ids=asked.ids,
        key_file=Path(task.key_file),
        timezone=asked.timezone,
        observed_at_ms=asked.observed_at_ms,
        section_id=asked.section_id,
        memory=task.memory,
        threads=task.threads,
        previous=scan_of(task.previous),
        reference=scan_of(task.reference),
        contexts=asked.contexts,
        known_contexts=tuple(task.declared),
        model=task.model,
        base_rate=asked.base_rate,
    )


def _row(scan: Path) -> dict[str, Any]:
    """What the database keeps of a scan: sizes and counts, nothing of its content."""
    run: Mapping[str, Any] = json.loads((scan / "run.json").read_text("utf-8"))
    files = [path for path in scan.rglob("*") if path.is_file()]
    counts = dict(run["counts"])
    return {
        "n_sections": int(counts["sections"]),
        "n_engagements": int(counts["engagements"]),
        "size_bytes": sum(path.stat().st_size for path in files),
        "summary": {"counts": counts, "rows": run["rows"], "model": run["model"]["id"]},
    }
