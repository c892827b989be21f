"""Whole scans of real organic sections at default settings: how many stand out.

The bars: at most 0.5 % of the sections with 30 comments and more in the top band, at most 2 % in
`unusual` or above. What is flagged, and why, is in `tests/benchmarks/results/organic.json`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from zhenzan.detector.benchmark.organic import ORGANIC_SETS, OrganicResult, run_organic

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"no real data at {DATA}"),
]


@pytest.fixture(scope="module")
def found() -> OrganicResult:
    return run_organic(DATA)


def test_few_organic_sections_stand_out(found: OrganicResult) -> None:
    rows = found.summary.set_index("dataset")
    assert [*rows.index] == [*ORGANIC_SETS, "all"]
    every = rows.loc["all"]
    assert every["sections"] > 900
    assert every["top_share"] <= 0.005 and every["top_hi"] <= 0.01
    assert every["unusual_or_above_share"] <= 0.02
    for name, row in rows.iterrows():
        assert row["top"] <= max(0.005 * row["sections"], 1), name
        assert row["unusual_or_above"] <= max(0.02 * row["sections"], 1), name


def test_sections_are_judged_and_not_abstained_from(found: OrganicResult) -> None:
    rows = found.summary.set_index("dataset")
    assert (rows["abstention_rate"] <= 0.05).all()


def test_what_is_flagged_says_why(found: OrganicResult) -> None:
    assert len(found.flagged) == found.summary.iloc[-1]["unusual_or_above"]
    assert all(len(reasons) for reasons in found.flagged["reasons"])
