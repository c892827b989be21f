"""From a scan to one self-contained HTML page: build (records) → charts → render."""

from __future__ import annotations

from zhenzan.detector.report.render import render_report

__all__ = ["render_report"]
