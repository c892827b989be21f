"""The scan directory: the public contract that reports, the API and users' notebooks read.

sections.parquet   accounts.parquet   comments.parquet   engagements.parquet
campaigns.parquet  campaign_members.parquet   evidence.jsonl   run.json
reference/         curves and windows of the attribution, canonical sections and comments that
the report shows (not part of the contract)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa

__all__ = ["BANDS", "OUTPUTS", "STATUSES"]

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
