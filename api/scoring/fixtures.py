"""Two made-up sections for tests of integrations: one always suspicious, one always clean.

They need no reference and no rows, and their answers say `fixture: true`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from zhenzan.detector.results import OUTPUTS

__all__ = ["CLEAN", "SUSPICIOUS", "fixture_answer"]

SUSPICIOUS: Final = "zhenzan:always-suspicious"
CLEAN: Final = "zhenzan:always-clean"

_START_MS: Final = 1_714_572_000_000  # 2024-05-01 14:00 UTC
_WINDOW_MS: Final = 1_740_000  # 29 minutes
_SUSPICIOUS: Final = {
    "score": 0.93, "band": "likely_purchased", "coordinated": True, "n_purchased": 240.0,
    "n_purchased_lo": 205.0, "n_purchased_hi": 268.0, "share_purchased": 0.24,
    "share_purchased_lo": 0.205, "share_purchased_hi": 0.268, "n_template_comments": 31,
    "reasons": ["timing.excess@1", "coengagement.company@1"],
}  # fmt: skip
_CLEAN: Final = {
    "score": 0.04, "band": "organic", "coordinated": False, "n_purchased": 0.8,
    "n_purchased_lo": 0.0, "n_purchased_hi": 4.0, "share_purchased": 0.0008,
    "share_purchased_lo": 0.0, "share_purchased_hi": 0.004, "n_template_comments": 0,
    "reasons": [],
}  # fmt: skip


def fixture_answer(section_id: str, include: Collection[str]) -> dict[str, Any] | None:
    """The answer for a fixture; None for every other section."""
    told = {SUSPICIOUS: _SUSPICIOUS, CLEAN: _CLEAN}.get(section_id)
    if told is None:
        return None
    row = dict.fromkeys(OUTPUTS["sections"].names) | {
        "section_id": section_id, "automated": False, "status": "scored", "n_engagements": 1000,
        "n_comments": 120, "families_used": ["timing", "coengagement", "template"],
        "families_missing": ["audience"], "contexts": [], "campaign_ids": [], **told,
    }  # fmt: skip
    answer: dict[str, Any] = {
        "section": row, "fixture": True, "reference": None, "reference_digest": None,
        "rejections": [], "notes": [],
    }  # fmt: skip
    for name in ("comments", "accounts", "engagements", "campaigns", "campaign_members"):
        if name in include:
            answer[name] = []
    if "insights" in include:
        answer["insights"] = []
    if "evidence" in include:
        answer["evidence"] = [_statement()] if section_id == SUSPICIOUS else []
    return answer


def _statement() -> dict[str, Any]:
    return {
        "evidence_id": "0" * 16,
        "reason": "timing.excess@1",
        "statement": {
            "zh": "示例：29 分钟内收到 260 个赞，按该内容自身的节奏应约 20 个。",
            "en": "Example: 260 likes within 29 minutes, where its own rhythm leads to about 20.",
        },
        "subject": {"kind": "section", "id": SUSPICIOUS},
        "refs": [],
        "observed": 260.0,
        "expected": 20.0,
        "unit": "likes",
        "start_ms": _START_MS,
        "end_ms": _START_MS + _WINDOW_MS,
        "strength": 12.0,
        "counter_evidence": [
            {"zh": "也可能来自社群转发或抽奖截止。", "en": "A shared link or the end of a giveaway "
             "could explain it too."}
        ],
    }  # fmt: skip
