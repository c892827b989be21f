"""What attribution returns: a posterior for every timed engagement, and its sums.

A *stream* is `(kind, comment_id or else section_id)`: the likes of one comment are a stream of
their own. Every figure of a section adds its streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from zhenzan.models.attribution.reference import Reference

__all__ = [
    "ACCOUNTS",
    "COMMENTS",
    "CURVES",
    "ENGAGEMENTS",
    "SECTIONS",
    "STREAMS",
    "WINDOWS",
    "Attribution",
]

_TEXT: Final = pa.string()
_INT: Final = pa.int64()
_REAL: Final = pa.float64()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


ENGAGEMENTS: Final = _schema(
    engagement_id=_TEXT, section_id=_TEXT, comment_id=_TEXT, account_id=_TEXT, kind=_TEXT,
    ts_lo_ms=_INT, ts_hi_ms=_INT,
    p_purchased=_REAL,   # posterior that the act was delivered by an order
    excess=_REAL,        # ln likelihood ratio of its time: delivered vs organic intensity
    propensity=_REAL,    # ln likelihood ratio of what else its account does, this stream left out
    company=_REAL,       # ln likelihood ratio of who arrives beside it; NULL if not looked at
)  # fmt: skip
COMMENTS: Final = _schema(
    comment_id=_TEXT, section_id=_TEXT, account_id=_TEXT, ts_lo_ms=_INT, ts_hi_ms=_INT,
    p_purchased=_REAL, excess=_REAL, propensity=_REAL, company=_REAL,  # of writing it
)  # fmt: skip
STREAMS: Final = _schema(
    section_id=_TEXT, comment_id=_TEXT, kind=_TEXT, n_engagements=_INT,
    n_purchased=_REAL, n_purchased_lo=_REAL, n_purchased_hi=_REAL,
    p_value=_REAL,       # of the stream's largest excess under its organic null; NULL if too small
    significant=pa.bool_(),  # after false-discovery control over all streams
)  # fmt: skip
SECTIONS: Final = _schema(
    section_id=_TEXT, n_engagements=_INT, n_timed=_INT, n_accounts=_INT,
    n_purchased=_REAL, n_purchased_lo=_REAL, n_purchased_hi=_REAL,
    p_value=_REAL, significant=pa.bool_(),
    excess_bits=_REAL,       # how much the arrival times alone speak for delivery, log2, summed
    company_bits=_REAL,      # how much the company alone does
    propensity_bits=_REAL,   # how much the accounts' other acts alone do
    audience_coherence=_REAL,  # q-weighted mean coherence of its attributed accounts; NULL if none
)  # fmt: skip
ACCOUNTS: Final = _schema(
    account_id=_TEXT, n_engagements=_INT, n_sections=_INT, n_attributed=_REAL,
    propensity=_REAL,          # share of its acts that fall into delivered intensity, shrunk
    audience_coherence=_REAL,  # 1: one fandom; 0: serves strangers; NULL: undefined
)  # fmt: skip
WINDOWS: Final = _schema(
    section_id=_TEXT, comment_id=_TEXT, kind=_TEXT, start_ms=_INT, end_ms=_INT,
    observed=_INT, expected=_REAL, attributed=_REAL,
    strength=_REAL,  # log10 likelihood ratio of the window against the organic null
)  # fmt: skip
CURVES: Final = _schema(
    section_id=_TEXT, comment_id=_TEXT, kind=_TEXT, start_ms=_INT, end_ms=_INT,
    observed=_INT, expected=_REAL, expected_lo=_REAL, expected_hi=_REAL, attributed=_REAL,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribution:
    """The result; every table has the schema of the constant of the same name.

    Attributes:
        engagements: One row per engagement, untimed ones too, in engagement_id order. In a set
            without any, the comments are the engagements: kind `comment`, named by comment_id.
        streams: One row per stream; the comments of a section are a stream too.
        sections: One row per section that received an engagement.
        accounts: One row per account that acted.
        windows: The significant windows of excess, strongest first within a stream.
        curves: At most 200 equal bins a stream, of streams with 20 acts or more: observed acts,
            organic expectation with its 90 % band, and the attributed part. Half-open bins.
        info: Fitted figures for `run.json`: dispersion, prior, rounds, skipped work.
        comments: One row per comment by somebody else than the creator: was it delivered itself?
            In comment_id order. Where a section holds engagements, its sums leave these acts out.
        reference: What the run learnt, where it was asked to remember it.
    """

    engagements: pa.Table
    streams: pa.Table
    sections: pa.Table
    accounts: pa.Table
    windows: pa.Table
    curves: pa.Table
    info: Mapping[str, object] = field(default_factory=dict)
    comments: pa.Table = field(default_factory=COMMENTS.empty_table)
    reference: Reference | None = None

    def from_counts(self) -> frozenset[tuple[str, str]]:
        """`(section_id, kind)` of the streams of which only polled counts are known."""
        if "counts" not in self.info:
            return frozenset()
        keys = ["section_id", "kind"]
        every = _pairs(self.streams.select(keys)) - _pairs(self.engagements.select(keys))
        written = {(section, "comment") for section in self.comments["section_id"].to_pylist()}
        return frozenset(every - written)


def _pairs(table: pa.Table) -> set[tuple[str, str]]:
    distinct = table.group_by(table.column_names, use_threads=False).aggregate([])
    return set(zip(*(distinct[name].to_pylist() for name in table.column_names), strict=True))
