"""Sections in full: lists hold what the sentences beside them say."""

from __future__ import annotations

from zhenzan.detector.insights.reply_first import SHOWN
from zhenzan.detector.report.build import build_report
from zhenzan.detector.report.texts import load_texts
from zhenzan.detector.results import Scan


def test_as_many_comments_are_listed_to_answer_first_as_the_insight_lists(usual: Scan) -> None:
    parts = build_report(usual, load_texts("en"), section=None, redact=True).parts
    assert {len(p.replies) for p in parts if p.row.band == "organic"} == {SHOWN}
