"""`evidence.jsonl` and `run.json`: the text files of a scan; same content, same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from zhenzan.features.errors import InputError
from zhenzan.features.family import Evidence, Text

__all__ = [
    "evidence_record",
    "plain",
    "read_evidence",
    "read_lines",
    "write_evidence",
    "write_json",
    "write_lines",
]


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes indented JSON with sorted keys; numbers that JSON does not know become null."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def plain(value: Any) -> Any:
    """JSON types only; NumPy scalars are unwrapped, infinities and NaN become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, str) or value is None:
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def write_evidence(path: Path, statements: Iterable[tuple[str, Evidence]]) -> None:
    """Writes one JSON object a line: `(evidence_id, statement)` in the order given."""
    write_lines(path, (plain(evidence_record(key, evidence)) for key, evidence in statements))


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Writes one JSON object a line, in the order given; JSON types only (`plain`)."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Reads what `write_lines` wrote.

    Raises:
        InputError: A line is no JSON object; names file and line.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise InputError("not JSON", path=path, line=number, found=line) from error
            if not isinstance(record, dict):
                raise InputError("not a JSON object", path=path, line=number, found=line)
            yield record


def evidence_record(evidence_id: str, evidence: Evidence) -> dict[str, Any]:
    """The line of `evidence.jsonl`; texts become JSON with `plain`."""
    return {
        "evidence_id": evidence_id,
        "reason": evidence.reason,
        "statement": evidence.statement,
        "subject": {"kind": evidence.subject[0], "id": evidence.subject[1]},
        "refs": evidence.refs,
        "observed": evidence.observed,
        "expected": evidence.expected,
        "unit": evidence.unit,
        "start_ms": evidence.start_ms,
        "end_ms": evidence.end_ms,
        "strength": evidence.strength,
        "counter_evidence": evidence.counter_evidence,
    }


def read_evidence(path: Path) -> Iterator[tuple[str, Evidence]]:
    """Reads what `write_evidence` wrote.

    Raises:
        InputError: A line is no statement; names file and line.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _evidence_of(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    "not an evidence statement", path=path, line=number, found=line
                ) from error


def _evidence_of(record: Mapping[str, Any]) -> tuple[str, Evidence]:
    return record["evidence_id"], Evidence(
        reason=record["reason"],
        subject=(record["subject"]["kind"], record["subject"]["id"]),
        statement=Text(**record["statement"]),
        refs=tuple(record["refs"]),
        observed=record["observed"],
        expected=record["expected"],
        unit=record["unit"],
        start_ms=record["start_ms"],
        end_ms=record["end_ms"],
        strength=float(record["strength"] or 0.0),
        counter_evidence=tuple(Text(**text) for text in record["counter_evidence"]),
    )
