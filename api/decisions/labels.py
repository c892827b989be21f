"""Decisions as labels: the columns of the canonical table `decision`, as `zhenzan train` reads it.

A ruling that upholds repeats the outcome that it upholds; one that overturns says `overturned`.
Appeals are no outcomes and stay out. Accounts keep the ids that they have in the scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from zhenzan.api.results.tabular import flat
from zhenzan.api.storage.models import Decision
from zhenzan.features.tables import TABLES

__all__ = ["labels_as"]


def labels_as(lines: Sequence[Decision], kind: str) -> tuple[bytes, str]:
    """The file's bytes and its media type.

    Args:
        lines: In the order in which they were added.
        kind: `csv` or `parquet`.
    """
    table = _table(lines)
    out = BytesIO()
    if kind == "parquet":
        pq.write_table(table, out, compression="zstd")
        return out.getvalue(), "application/vnd.apache.parquet"
    pyarrow.csv.write_csv(flat(table), out)
    return out.getvalue(), "text/csv; charset=utf-8"


def _table(lines: Sequence[Decision]) -> pa.Table:
    by_id = {line.id: line for line in lines}
    rows = []
    for line in lines:
        outcome = line.verdict
        if line.kind == "appeal":
            continue
        if line.kind == "ruling" and line.verdict == "upheld":
            decided = by_id.get(by_id[line.appeal_of or ""].appeal_of or "")
            outcome = decided.verdict if decided is not None else None
        if outcome is None:
            continue
        rows.append(
            {
                "decision_id": line.id,
                "target_kind": line.subject_kind,
                "target_id": line.subject_id,
                "outcome": outcome,
                "reason": line.reason,
                "note": line.body.get("note"),
                "decided_by": line.made_by,
                "decided_ms": line.created_ms,
                "appeal_of": _contested(line, by_id),
                "model_id": line.body.get("model_id"),
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["decision"].schema)


def _contested(line: Decision, by_id: dict[str, Decision]) -> str | None:
    """Of a ruling the decision that it is about: in the table an answer names what it answers."""
    if line.appeal_of is None:
        return None
    return by_id[line.appeal_of].appeal_of
