"""One section scored at once, in memory, against what an earlier scan learnt.

The figures are those of a batch scan of the same rows under the same reference; the tests compare
every column. Only the answer is smaller: no report, and evidence and insights where asked for.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from zhenzan.features.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from zhenzan.detector.memory_workspace import MemoryWorkspace
    from zhenzan.detector.options import ScanOptions
    from zhenzan.features.engine.base import Engine
    from zhenzan.features.family import Evidence
    from zhenzan.models.attribution import Reference

__all__ = ["PARTS", "SectionScore", "SectionScorer", "score_section", "write_section"]

PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "comments": "comment",
        "engagements": "engagement",
        "accounts": "account",
        "account_snapshots": "account_snapshot",
        "counts": "count_snapshot",
        "coverage": "coverage",
        "contexts": "context",
        "follows": "follow",
    }
)
"""Parts of a payload beside `section`, and the canonical table that each is."""

_OF_A_SECTION: Final = frozenset({"comments", "engagements", "counts", "coverage", "contexts"})
_STEPS: Final = (
    "ingest", "capability", "templates", "families", "attribution", "contexts", "scores",
    "campaigns",
)  # fmt: skip
# Memory where the system has it: the few files of ingest never reach a disk there.
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 — folders in it are made by tempfile


@dataclass(frozen=True, slots=True)
class SectionScore:
    """What was found.

    Attributes:
        tables: As in a scan directory: `sections` (one row), `accounts`, `comments`,
            `engagements`, `campaigns`, `campaign_members`.
        statements: `(evidence_id, statement)`, strongest first; none unless asked for.
        insights: Lines of `insights.jsonl`; none unless asked for.
        rejections: Rows that could not be used, by table and reason.
        notes: What lost no row and should be known.
        reference: Digest of the reference.
    """

    tables: Mapping[str, pa.Table]
    statements: tuple[tuple[str, Evidence], ...]
    insights: tuple[Mapping[str, Any], ...]
    rejections: tuple[Mapping[str, Any], ...]
    notes: tuple[Mapping[str, Any], ...]
    reference: str

    @property
    def section(self) -> dict[str, Any]:
        """The row of the section."""
        row: dict[str, Any] = self.tables["sections"].to_pylist()[0]
        return row


def write_section(payload: Mapping[str, Any], folder: Path) -> str:
    """Writes a payload as canonical files, one a table; returns the section's id.

    Raises:
        InputError: It has no section, another shape, or rows of another section.
    """
    section = payload.get("section")
    if not isinstance(section, Mapping) or not section.get("section_id"):
        raise InputError("the payload names no section", expected='"section": {"section_id": …}')
    section_id = section["section_id"]
    unknown = sorted(set(payload) - set(PARTS) - {"section"})
    if unknown:
        raise InputError(
            "the payload has parts that nothing reads",
            found=", ".join(map(str, unknown)),
            expected=", ".join(("section", *PARTS)),
        )
    _write(folder / "section.jsonl", [section])
    for part, table in PARTS.items():
        rows = payload.get(part) or ()
        if part in _OF_A_SECTION:
            rows = [_placed(row, section_id, part) for row in rows]
        if rows:
            _write(folder / f"{table}.jsonl", rows)
    return str(section_id)


def _placed(row: Any, section_id: str, part: str) -> Mapping[str, Any]:
    """The row with its section, which it need not repeat."""
    if not isinstance(row, Mapping):
        raise InputError(f"a row of {part} is no object", found=type(row).__name__)
    named = row.get("section_id", section_id)
    if named != section_id:
        raise InputError(
            f"a row of {part} is of another section", found=str(named), expected=str(section_id)
        )
    return row if "section_id" in row else {**row, "section_id": section_id}


def _write(path: Path, rows: Sequence[Any]) -> None:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")


class SectionScorer:
    """A warm engine and a loaded reference, for section after section; one thread at a time.

    Args:
        reference: A scan directory that learnt a reference.
        model: A bundle or scorer, as for `scan`; None scores by the rules.
        base_rate: As for `scan`.
        ids: As for `scan`; None keeps ids, as for canonical files.
        key_file: As for `scan`.

    Raises:
        InputError: The scan holds no reference.

    Example:
        >>> with SectionScorer("results") as scorer:                        # doctest: +SKIP
        ...     scorer.score({"section": {"section_id": "x:1"}}, now_ms=1_790_000_000_000)
    """

    def __init__(
        self,
        reference: Path | str,
        *,
        model: str | None = None,
        base_rate: float | None = None,
        ids: Literal["keep", "hash"] | None = None,
        key_file: Path | None = None,
    ) -> None:
        from zhenzan.detector.results import Scan
        from zhenzan.features.engine.registry import EngineOptions, open_engine
        from zhenzan.models.attribution import Reference

        self._place = Path(reference)
        self._reference: Reference = Reference.load(Scan.load(self._place).learnt)
        self._said: dict[str, Any] = {
            "model": model, "base_rate": base_rate, "ids": ids, "key_file": key_file,
            "reference": self._place,
        }  # fmt: skip
        _ = self._reference.tables  # takes a third of a second, once
        # One thread: small sections leave a second nothing to do, and scorers run side by side.
        self._engine: Engine = open_engine(options=EngineOptions(threads=1, in_memory=True))

    @property
    def reference(self) -> str:
        """Digest of the reference."""
        return self._reference.digest

    def score(
        self,
        payload: Mapping[str, Any],
        *,
        now_ms: int,
        timezone: str | None = None,
        contexts: Sequence[str] = (),
        known_contexts: Sequence[str] = (),
        include: Collection[str] = (),
    ) -> SectionScore:
        """Scores a section.

        Args:
            payload: `section` with `section_id`, and rows under the names of `PARTS`, in the
                columns of the canonical tables; rows need not repeat the section.
            now_ms: The present: when the rows were collected; later times are rejected.
            timezone: Of times that name none; None means UTC.
            contexts: Benign explanations, as for `scan`.
            known_contexts: The same, left out where they are of another section.
            include: `evidence`, `insights` or both.

        Raises:
            InputError: The payload cannot be used.
            UsageError: An option cannot be right.
        """
        from zhenzan.detector.options import ScanOptions

        options = ScanOptions(
            now_ms=now_ms, observed_at_ms=now_ms, source="canonical", timezone=timezone,
            contexts=tuple(contexts), known_contexts=tuple(known_contexts), **self._said,
        )  # fmt: skip
        with _folder() as folder:
            given = folder / "given"
            given.mkdir()
            write_section(payload, given)
            try:
                return _score(self._workspace(folder, given, options), include)
            finally:
                self._engine.clear()

    def _workspace(self, folder: Path, given: Path, options: ScanOptions) -> MemoryWorkspace:
        from zhenzan.detector.memory_workspace import MemoryWorkspace

        tables = folder / "tables"
        tables.mkdir()
        return MemoryWorkspace(
            engine=self._engine,
            options=options,
            paths=[given],
            tables=tables,
            result=folder / "result",
            tell=lambda _done, _total, _note: None,
            reference=self._reference,
            told=False,
        )

    def close(self) -> None:
        """Ends the engine's session."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def score_section(
    payload: Mapping[str, Any],
    reference: Path | str,
    *,
    now_ms: int,
    include: Collection[str] = (),
    model: str | None = None,
) -> SectionScore:
    """Scores one section; whoever has several keeps a `SectionScorer`.

    Raises:
        InputError: The payload cannot be used, or the scan holds no reference.
    """
    with SectionScorer(reference, model=model) as scorer:
        return scorer.score(payload, now_ms=now_ms, include=include)


@contextmanager
def _folder() -> Iterator[Path]:
    place = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="zhenzan-", dir=place) as folder:
        yield Path(folder)


def _score(work: MemoryWorkspace, include: Collection[str]) -> SectionScore:
    from zhenzan.detector import steps
    from zhenzan.detector.assemble import output_tables
    from zhenzan.detector.results import OUTPUTS, SORT_KEYS, as_table
    from zhenzan.detector.statements import read_evidence, read_lines

    wanted = [name for name in ("evidence", "insights") if name in include]
    for name in (*_STEPS, *wanted):
        step: Callable[[Any], dict[str, Any]] = getattr(steps, f"{name}_step")
        work.info[name] = json.loads(json.dumps(step(work)))
    statements: tuple[tuple[str, Evidence], ...] = ()
    insights: tuple[Mapping[str, Any], ...] = ()
    if "evidence" in wanted:
        statements = tuple(read_evidence(work.tables / "evidence.jsonl"))
    if "insights" in wanted:
        insights = tuple(read_lines(work.tables / "insights.jsonl"))
    tables = {
        name: as_table(table, OUTPUTS[name]).sort_by([(k, "ascending") for k in SORT_KEYS[name]])
        for name, table in output_tables(work, statements).items()
    }
    ingest = work.info["ingest"]
    return SectionScore(
        tables=tables,
        statements=statements,
        insights=insights,
        rejections=tuple(ingest["rejections"]),
        notes=tuple(ingest["notes"]),
        reference=work.reference.digest if work.reference is not None else "",
    )
