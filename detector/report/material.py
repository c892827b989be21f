"""What building a report needs at hand: the scan's frames cut to what is shown, and the formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.detector.report.records import Statement
from zhenzan.detector.report.redact import Redactor
from zhenzan.detector.report.texts import Texts
from zhenzan.detector.report.wording import Wording
from zhenzan.detector.results import Scan
from zhenzan.features.family import Evidence

__all__ = ["Material", "by_section", "integer", "listed", "read_acts", "records", "text"]

_ACTS = ("section_id", "comment_id", "account_id", "kind", "ts_lo_ms", "ts_hi_ms", "p_purchased")


@dataclass(frozen=True, slots=True)
class Material:
    """Shared by all builders of one report.

    Attributes:
        anchors: Section id to the anchor of its description, for those described in full.
        titles: Section id to its title as it may be shown.
        spoken: `(kind, id)` to the statements about it, strongest first.
    """

    scan: Scan
    texts: Texts
    wording: Wording
    redactor: Redactor
    anchors: dict[str, str]
    titles: dict[str, str]
    spoken: dict[tuple[str, str], list[tuple[str, Evidence]]]

    def title(self, section_id: str) -> str:
        """The title of a section, or its id."""
        return self.titles.get(section_id) or self.redactor.section(section_id)

    def statements(self, kind: str, entity_id: str) -> tuple[Statement, ...]:
        """The statements about an entity, strongest first."""
        found = self.spoken.get((kind, entity_id), [])
        return tuple(self._statement(key, evidence) for key, evidence in found)

    def _statement(self, key: str, evidence: Evidence) -> Statement:
        zh = self.texts.language == "zh"
        refs = evidence.refs
        start, end = evidence.start_ms, evidence.end_ms
        return Statement(
            id=key,
            reason=evidence.reason,
            text=self.redactor.sentence(
                evidence.statement.zh if zh else evidence.statement.en, refs
            ),
            observed=_shown(self.wording, evidence.observed),
            expected=_shown(self.wording, evidence.expected),
            span=None if start is None or end is None else (start, end),
            strength=evidence.strength,
            counter=tuple(
                self.redactor.sentence(said.zh if zh else said.en, refs)
                for said in evidence.counter_evidence
            ),
            n_refs=len(refs),
        )


def read_acts(scan: Scan, *, sections: Sequence[str], accounts: Sequence[str] = ()) -> pd.DataFrame:
    """Timed acts on these sections, by these accounts if any are named; read from disk, cut early.

    Returns:
        The columns of `engagements.parquet` that charts need, in no promised order.
    """
    wanted = pc.field("section_id").isin(list(sections))
    if accounts:
        wanted = wanted & pc.field("account_id").isin(list(accounts))
    wanted = wanted & pc.field("ts_hi_ms").is_valid()
    table = pq.read_table(scan.path / "engagements.parquet", columns=list(_ACTS), filters=wanted)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def by_section(frame: pd.DataFrame, ids: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The rows of each of these sections; sections without rows have no key."""
    if frame.empty:
        return {}
    chosen = frame[frame["section_id"].isin(list(ids))]
    return {str(key): rows for key, rows in chosen.groupby("section_id", sort=False)}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as mappings from column to cell."""
    return [{str(key): cell for key, cell in row.items()} for row in frame.to_dict("records")]


def integer(value: Any) -> int | None:
    """An integer, or None for what is missing in any of pandas' ways."""
    return None if value is None or pd.isna(value) else int(value)


def text(value: Any) -> str | None:
    """A text, or None for what is missing in any of pandas' ways."""
    return value if isinstance(value, str) else None


def listed(value: Any) -> tuple[str, ...]:
    """A list column's cell; missing is empty."""
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else ()


def _shown(wording: Wording, value: float | None) -> str | None:
    return None if value is None else wording.figure(value)
