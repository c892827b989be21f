"""The block on the method says of families what the sections say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from zhenzan.detector.report import render_report
from zhenzan.detector.results import Scan


def test_a_family_that_some_section_used_was_not_left_out(
    make_scan: Callable[..., Scan], tmp_path: Path
) -> None:
    made = make_scan(tmp_path / "scan", quiet=True)
    assert any("timing" in cell for cell in made.sections["families_used"])
    run = json.loads((made.path / "run.json").read_text("utf-8"))
    why = {"zh": "没有逐条互动", "en": "no acts one by one"}
    run["families"]["skipped"]["timing"] = why
    run["families"]["used"] = [f for f in run["families"]["used"] if f["name"] != "timing"]
    (made.path / "run.json").write_text(json.dumps(run), "utf-8")
    html = render_report(Scan.load(made.path), language="en")
    assert "Nothing unusual was found by: arrival times" in html
    assert why["en"] not in html
    assert "no account profiles" in html
