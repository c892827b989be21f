"""What a user may say about a run, and the digest of the part that changes its results."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from zhenzan.features.errors import UsageError

__all__ = ["ScanOptions", "digest_of"]


_SIZE: Final = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """Options of a scan; all but `now_ms` may be left out.

    Attributes:
        now_ms: The present, milliseconds since 1970 UTC; later times are rejected.
        source: Force this source; None recognises each file by its content.
        map_file: A map, by file or built-in name, for files whose columns it fits.
        ids: Keep account ids or replace them by keyed hashes; None leaves it to the source.
        key_file: Key of the hashes; None uses the one kept per user.
        timezone: Of times that name none; None means UTC.
        observed_at_ms: When the files were collected; None means their own time of change.
        section_id: Section of files that do not name theirs.
        engine: `duckdb` or `spark`.
        memory: Limit of the engine, such as `2GB`.
        spill_dir: Where the engine spills past it; None means beside the scan directory.
        threads: Of the engine; None means one a core.
        previous: An earlier scan directory, whose campaigns lend their ids to those that go on.
        reference: An earlier scan directory, under whose reference sections are judged.
        contexts: Benign explanations that the creator declares, as written.
        known_contexts: The same, for sections that the data may hold or not; those of sections
            that it does not hold are left out.
        model: Folder of a trained bundle, or name of a scorer; None means the rules.
        base_rate: Share of what is to be found in this data, where a bundle scores.
    """

    now_ms: int
    source: str | None = None
    map_file: str | None = None
    ids: Literal["keep", "hash"] | None = None
    key_file: Path | None = None
    timezone: str | None = None
    observed_at_ms: int | None = None
    section_id: str | None = None
    engine: str = "duckdb"
    memory: str | None = None
    spill_dir: Path | None = None
    threads: int | None = None
    previous: Path | None = None
    reference: Path | None = None
    contexts: tuple[str, ...] = ()
    known_contexts: tuple[str, ...] = ()
    model: str | None = None
    base_rate: float | None = None

    def __post_init__(self) -> None:
        if self.memory is not None and not _SIZE.fullmatch(self.memory):
            raise UsageError(
                f"memory {self.memory!r} is no size; expected one such as 500MB or 2GB"
            )
        if self.base_rate is not None and not 0 < self.base_rate < 1:
            raise UsageError(f"base rate must lie between 0 and 1, not {self.base_rate}")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads must be 1 or more, not {self.threads}")

    def meaning(self) -> dict[str, Any]:
        """What may change results: neither the present nor how much of a machine may be used.

        The present only rejects rows from the future; which rows those were is on record.
        """
        said = asdict(self)
        for name in ("now_ms", "memory", "spill_dir", "threads"):
            del said[name]
        said["contexts"] = list(self.contexts)  # what JSON gives back to a resumed run
        del said["known_contexts"]
        if self.known_contexts:
            said["known_contexts"] = list(self.known_contexts)
        return {name: str(v) if isinstance(v, Path) else v for name, v in said.items()}


def digest_of(value: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of plain settings; independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
