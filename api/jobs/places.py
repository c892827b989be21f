"""Where the files of a job lie while it lives: `<data_dir>/jobs/<tenant>/<job>/`.

    inputs/          what was uploaded or downloaded, under names of ours or made safe
    scan.partial/    the run under way, which resumes after its last finished step
    scan/            the finished scan, until it is in the store
    scan-2/, …       the same, where a frozen process holds the first

The folder goes as a whole once the job is over; what a killed process left is found by `leftovers`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenzan.features.errors import UsageError

__all__ = ["JobFolder", "Places"]

_PLACES: Final = 5
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job.

    Attributes:
        path: Their folder.
    """

    path: Path

    @property
    def inputs(self) -> Path:
        """What is to be read, apart from what stands under configured roots."""
        return self.path / "inputs"

    def scans(self) -> Iterator[Path]:
        """Where the scan directory appears when it is complete: the first place that is free."""
        yield self.path / "scan"
        yield from (self.path / f"scan-{number}" for number in range(2, _PLACES + 1))

    def make(self) -> None:
        """Makes the folder, for this user alone."""
        self.inputs.mkdir(parents=True, exist_ok=True, mode=0o700)

    def remove(self) -> None:
        """Deletes all files of the job; none is left where another process does so as well."""
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of all jobs.

    Attributes:
        root: The folder that holds one folder a tenant.
    """

    root: Path

    @classmethod
    def below(cls, data_dir: Path) -> Places:
        """Those of a service that keeps its data in `data_dir`."""
        return cls(data_dir / "jobs")

    def of(self, tenant_id: str, job_id: str) -> JobFolder:
        """The folder of one job; it need not exist.

        Raises:
            UsageError: A name could lead out of the folder.
        """
        for name in (tenant_id, job_id):
            if not _NAME.fullmatch(name):
                raise UsageError("a name of a tenant or job holds what no folder of ours does")
        return JobFolder(self.root / tenant_id / job_id)

    def all(self) -> Iterator[tuple[str, str, JobFolder]]:
        """Tenant, job and folder of each folder that exists."""
        if not self.root.is_dir():
            return
        for tenant in sorted(self.root.iterdir()):
            for job in sorted(tenant.iterdir()) if tenant.is_dir() else ():
                yield tenant.name, job.name, JobFolder(job)

    def newest_ms(self, folder: JobFolder) -> int:
        """When anything in the folder last changed, milliseconds since 1970 UTC; 0 if it is gone.

        An upload under way has no row yet: its files say that it lives.
        """
        newest = 0
        for path in (folder.path, *folder.path.rglob("*")):
            try:
                newest = max(newest, path.lstat().st_mtime_ns // 1_000_000)
            except FileNotFoundError:
                continue
        return newest
