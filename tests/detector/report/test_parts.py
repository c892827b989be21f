"""Sections in full: lists hold what the sentences beside them say."""

from __future__ import annotations

from zhenzan.detector.insights.reply_first import SHOWN
from zhenzan.detector.report import render_report
from zhenzan.detector.report.build import build_report
from zhenzan.detector.report.texts import load_texts
from zhenzan.detector.results import Scan


def test_as_many_comments_are_listed_to_answer_first_as_the_insight_lists(usual: Scan) -> None:
    parts = build_report(usual, load_texts("en"), section=None, redact=True).parts
    assert {len(p.replies) for p in parts if p.row.band == "organic"} == {SHOWN}


def test_without_enough_data_no_amount_is_told(usual: Scan) -> None:
    report = build_report(usual, load_texts("en"), section=None, redact=True)
    short = next(p for p in report.parts if p.row.band == "insufficient_data")
    assert short.row.n_engagements
    html = render_report(usual, language="en", section=short.row.id)
    assert "There is not enough data to say anything about this section." in html
    assert "engagements received do not fit" not in html
    assert "All 3 comments, the highest scores first." in html
