"""The scan directory: the public contract that reports, the API and users' notebooks read.

sections.parquet   accounts.parquet   comments.parquet   engagements.parquet
campaigns.parquet  campaign_members.parquet   evidence.jsonl   insights.jsonl   run.json
reference/         curves, windows and streams of the attribution, capability, and the canonical
sections and comments that the report shows (not part of the contract)

Every file but `run.json` is the same byte for byte for the same input, settings, key and version:
rows are sorted by id, Parquet options are fixed, and no clock is read.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.detector.statements import read_evidence, read_lines, write_evidence, write_json
from zhenzan.features.errors import InputError
from zhenzan.features.family import Evidence

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BANDS",
    "CAMPAIGN_TABLES",
    "OUTPUTS",
    "REFERENCE",
    "SORT_KEYS",
    "STATUSES",
    "Scan",
    "as_table",
    "is_scan",
    "read_evidence",
    "write_evidence",
    "write_json",
    "write_scan",
    "write_table",
]

STATUSES: Final = ("scored", "insufficient_data", "not_applicable")
BANDS: Final = (
    "insufficient_data",
    "organic",
    "unusual_explained",
    "unusual",
    "likely_purchased",
)

_TEXT: Final = pa.string()
_LIST: Final = pa.list_(pa.string())
_INT: Final = pa.int64()
_REAL: Final = pa.float64()
_FLAG: Final = pa.bool_()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


OUTPUTS: Final[Mapping[str, pa.Schema]] = MappingProxyType(
    {
        "sections": _schema(
            section_id=_TEXT, score=_REAL, probability=_REAL, band=_TEXT, coordinated=_FLAG,
            automated=_FLAG, status=_TEXT, n_engagements=_INT, n_purchased=_REAL,
            n_purchased_lo=_REAL, n_purchased_hi=_REAL, share_purchased=_REAL,
            share_purchased_lo=_REAL, share_purchased_hi=_REAL, n_comments=_INT,
            n_template_comments=_INT, families_used=_LIST, families_missing=_LIST, reasons=_LIST,
            contexts=_LIST, campaign_ids=_LIST,
        ),
        "accounts": _schema(
            account_id=_TEXT, score=_REAL, probability=_REAL, band=_TEXT, coordinated=_FLAG,
            automated=_FLAG, status=_TEXT, n_engagements=_INT, n_attributed=_REAL,
            n_sections=_INT, audience_coherence=_REAL, reasons=_LIST, campaign_ids=_LIST,
        ),
        "comments": _schema(
            comment_id=_TEXT, section_id=_TEXT, account_id=_TEXT, score=_REAL, probability=_REAL,
            band=_TEXT, status=_TEXT, template_id=_TEXT, n_likes=_INT, n_likes_purchased=_REAL,
            n_likes_genuine=_REAL, reasons=_LIST, reply_priority=_REAL,
        ),
        "engagements": _schema(
            engagement_id=_TEXT, section_id=_TEXT, comment_id=_TEXT, account_id=_TEXT, kind=_TEXT,
            ts_lo_ms=_INT, ts_hi_ms=_INT, p_purchased=_REAL,
        ),
        "campaigns": _schema(
            campaign_id=_TEXT, kind=_TEXT, n_accounts=_INT, n_sections=_INT, n_engagements=_INT,
            first_ms=_INT, last_ms=_INT, coordination=_REAL, confidence=_REAL, order_size=_INT,
            delivery=_TEXT, estimated_cost_lo=_REAL, estimated_cost_hi=_REAL, algorithm=_TEXT,
            evidence_ids=_LIST,
        ),
        "campaign_members": _schema(
            campaign_id=_TEXT, member_kind=_TEXT, member_id=_TEXT, weight=_REAL,
        ),
    }
)  # fmt: skip

CAMPAIGN_TABLES: Final[Mapping[str, pa.Schema]] = MappingProxyType(
    {
        "orders": _schema(
            campaign_id=_TEXT, section_id=_TEXT, comment_id=_TEXT, kind=_TEXT, first_ms=_INT,
            last_ms=_INT, n_engagements=_INT, mass=_REAL, error=_REAL, size=_INT,
            size_probability=_REAL, delivery=_TEXT, n_dropped=_INT,
        ),
        "shared": _schema(
            campaign_id=_TEXT, other_id=_TEXT, n_shared=_INT, expected=_REAL, p_value=_REAL,
        ),
        "related": _schema(
            campaign_id=_TEXT, previous_id=_TEXT, relation=_TEXT, likeness=_REAL, share=_REAL,
        ),
    }
)  # fmt: skip
"""`reference/campaign_*.parquet`: deliveries, accounts in common, and the earlier scan."""

SORT_KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sections": ("section_id",),
        "accounts": ("account_id",),
        "comments": ("comment_id",),
        "engagements": ("engagement_id",),
        "campaigns": ("campaign_id",),
        "campaign_members": ("campaign_id", "member_kind", "member_id"),
    }
)
"""The order of rows in each file: identity, so that it depends on nothing else."""

REFERENCE: Final = (
    "curves", "windows", "streams", "capability", "campaign_orders", "campaign_shared",
    "campaign_related", "section_info", "comment_text", "contexts", "model_rows", "contributions",
)  # fmt: skip
"""Tables under `reference/`; what the report draws, free to change between versions."""

# Fixed so that the same rows give the same bytes; 2^17 rows a group keeps readers' memory bounded.
_PARQUET: Final[Mapping[str, Any]] = MappingProxyType(
    {"compression": "zstd", "compression_level": 3, "version": "2.6", "row_group_size": 1 << 17}
)


def as_table(rows: pa.Table | pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """The rows in exactly this schema; NaN becomes NULL, columns not in it are left out.

    Raises:
        KeyError: A column of the schema is missing.
    """
    if isinstance(rows, pa.Table):
        return rows.select(schema.names).cast(schema).replace_schema_metadata(None)
    missing = [name for name in schema.names if name not in rows.columns]
    if missing:
        raise KeyError(f"columns missing: {', '.join(missing)}")
    if rows.empty:  # pandas gives empty columns any type it likes
        return schema.empty_table()
    table = pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)
    return table.replace_schema_metadata(None)


def write_table(path: Path, table: pa.Table, *, sort_by: Sequence[str] = ()) -> None:
    """Writes Parquet with fixed options, sorted; an order that stands already is not redone."""
    rows = table.combine_chunks() if table.num_rows else table
    if sort_by and not _is_sorted(rows, sort_by):
        rows = rows.sort_by([(name, "ascending") for name in sort_by])
    pq.write_table(rows, path, **_PARQUET)


def _is_sorted(table: pa.Table, keys: Sequence[str]) -> bool:
    """Whether one text key ascends; several keys are simply sorted again (small tables)."""
    if table.num_rows < 2:
        return True
    if len(keys) > 1:
        return False
    column = table.column(keys[0])
    ordered = pc.less_equal(column.slice(0, table.num_rows - 1), column.slice(1))
    return bool(pc.all(ordered, skip_nulls=False).as_py())


def write_scan(
    directory: Path,
    *,
    outputs: Mapping[str, pa.Table | pd.DataFrame],
    evidence: Iterable[tuple[str, Evidence]],
    reference: Mapping[str, pa.Table],
    run: Mapping[str, Any] | None = None,
) -> None:
    """Writes a whole scan directory; the caller moves it into place.

    Args:
        directory: Created; must not exist.
        outputs: A table for every key of `OUTPUTS`.
        evidence: `(evidence_id, statement)`, strongest first.
        reference: Tables of `REFERENCE`; those absent are left out.
        run: What goes to `run.json`; None leaves it to the caller, who writes it last.
    """
    (directory / "reference").mkdir(parents=True)
    for name, schema in OUTPUTS.items():
        table = as_table(outputs[name], schema)
        write_table(directory / f"{name}.parquet", table, sort_by=SORT_KEYS[name])
    for name in REFERENCE:
        if name in reference:
            write_table(directory / "reference" / f"{name}.parquet", reference[name])
    write_evidence(directory / "evidence.jsonl", evidence)
    if run is not None:
        write_json(directory / "run.json", run)


def is_scan(directory: Path) -> bool:
    """Whether the directory is a finished scan of ours."""
    return (directory / "run.json").is_file() and (directory / "sections.parquet").is_file()


class Scan:
    """A finished scan; every frame is read when it is first asked for.

    Args:
        path: The scan directory.
        temporary: Owner of the directory, where it should vanish with this object.

    Example:
        >>> scan = Scan.load("results")                           # doctest: +SKIP
        >>> scan.sections.sort_values("score", ascending=False)   # doctest: +SKIP
    """

    def __init__(self, path: Path, temporary: TemporaryDirectory[str] | None = None) -> None:
        self.path = path
        if temporary is not None:
            weakref.finalize(self, temporary.cleanup)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Opens a scan directory.

        Raises:
            InputError: It is none, or one that a killed run left.
        """
        directory = Path(path)
        if not directory.is_dir():
            raise InputError("no such scan directory", path=path)
        if not is_scan(directory):
            raise InputError(
                "not a scan directory",
                path=path,
                expected="what `zhenzan scan` wrote, with run.json and sections.parquet",
            )
        return cls(directory)

    @cached_property
    def sections(self) -> pd.DataFrame:
        """One row per section."""
        return self._frame("sections")

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per account."""
        return self._frame("accounts")

    @cached_property
    def comments(self) -> pd.DataFrame:
        """One row per comment."""
        return self._frame("comments")

    @cached_property
    def engagements(self) -> pd.DataFrame:
        """One row per engagement, with `p_purchased`."""
        return self._frame("engagements")

    @cached_property
    def campaigns(self) -> pd.DataFrame:
        """One row per campaign."""
        return self._frame("campaigns")

    @cached_property
    def campaign_members(self) -> pd.DataFrame:
        """One row per campaign and member."""
        return self._frame("campaign_members")

    @cached_property
    def statements(self) -> tuple[tuple[str, Evidence], ...]:
        """`(evidence_id, statement)`, strongest first."""
        return tuple(read_evidence(self.path / "evidence.jsonl"))

    @cached_property
    def insights(self) -> tuple[dict[str, Any], ...]:
        """The lines of `insights.jsonl`; none in a scan of an earlier version."""
        path = self.path / "insights.jsonl"
        return tuple(read_lines(path)) if path.is_file() else ()

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """One row per statement, with the columns of `evidence.jsonl`; subject and texts split."""
        import pandas as pd

        columns = {
            "evidence_id": [key for key, _ in self.statements],
            "reason": [e.reason for _, e in self.statements],
            "subject_kind": [e.subject[0] for _, e in self.statements],
            "subject_id": [e.subject[1] for _, e in self.statements],
            "statement_zh": [e.statement.zh for _, e in self.statements],
            "statement_en": [e.statement.en for _, e in self.statements],
            "refs": [list(e.refs) for _, e in self.statements],
            "observed": [e.observed for _, e in self.statements],
            "expected": [e.expected for _, e in self.statements],
            "unit": [e.unit for _, e in self.statements],
            "start_ms": pd.array([e.start_ms for _, e in self.statements], dtype="Int64"),
            "end_ms": pd.array([e.end_ms for _, e in self.statements], dtype="Int64"),
            "strength": [e.strength for _, e in self.statements],
            "counter_evidence_zh": [[t.zh for t in e.counter_evidence] for _, e in self.statements],
            "counter_evidence_en": [[t.en for t in e.counter_evidence] for _, e in self.statements],
        }
        return pd.DataFrame(columns)

    @cached_property
    def run(self) -> dict[str, Any]:
        """What `run.json` holds."""
        path = self.path / "run.json"
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"cannot be read: {error}", path=path) from error
        return content

    @property
    def learnt(self) -> Path:
        """The folder of the reference that the scan learnt.

        Raises:
            InputError: It learnt none: nothing was timed, or it was itself made under one.
        """
        folder = self.path / "reference" / "attribution"
        if not (folder / "reference.json").is_file():
            raise InputError(
                "the scan holds no reference: nothing in it was timed, it was made under another"
                " reference, or by an earlier version",
                path=self.path,
            )
        return folder

    def record(self, kind: str, entity_id: str) -> dict[str, Any] | None:
        """The row of one section, account, comment or campaign; None where there is none.

        Only that row is read, so that it is quick however large the scan is.
        """
        path = self.path / f"{kind}s.parquet"
        found = _read(path, [(f"{kind}_id", "=", entity_id)]).to_pylist()
        return found[0] if found else None

    def members(self, campaign_id: str) -> list[dict[str, Any]]:
        """The members of a campaign, those with the greatest weight first."""
        path = self.path / "campaign_members.parquet"
        rows = _read(path, [("campaign_id", "=", campaign_id)]).to_pylist()
        return sorted(rows, key=lambda r: (-(r["weight"] or 0.0), r["member_kind"], r["member_id"]))

    def reference(self, name: str) -> pd.DataFrame:
        """A table of `reference/`; an empty frame where this scan has none.

        Raises:
            KeyError: The name is not one of `REFERENCE`.
        """
        import pandas as pd

        if name not in REFERENCE:
            raise KeyError(f"unknown reference table {name!r}; known: {', '.join(REFERENCE)}")
        path = self.path / "reference" / f"{name}.parquet"
        return _read_frame(path) if path.is_file() else pd.DataFrame()

    def _frame(self, name: str) -> pd.DataFrame:
        return _read_frame(self.path / f"{name}.parquet")

    def __repr__(self) -> str:
        return f"Scan({str(self.path)!r})"


def _read(path: Path, filters: list[tuple[str, str, str]] | None = None) -> pa.Table:
    try:
        return pq.read_table(path, filters=filters)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"cannot be read: {error}", path=path) from error


def _read_frame(path: Path) -> pd.DataFrame:
    """Parquet to pandas; lists arrive as Python lists, so that `if row.reasons:` works."""
    table = _read(path)
    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type):
            frame[field.name] = table.column(field.name).to_pylist()
    return frame
