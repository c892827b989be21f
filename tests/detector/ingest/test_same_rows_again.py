"""Rows that were sent twice, with equal times, are one act, however many tie."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.features.engine import Engine

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(("n", "repeated", "times"), [(500, 300, 5), (6_000, 200, 1)])
def test_a_row_sent_again_is_no_other_act(
    engine: Engine, tmp_path: Path, n: int, repeated: int, times: int
) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {
            "engagement_id": f"e{i}",
            "kind": "like",
            "section_id": f"s{i % 40}",
            "account_id": f"a{i}",
            "ts_ms": 1_780_000_000_000 + int(rng.integers(10**9)),
        }
        for i in range(n)
    ]
    lines = [json.dumps(row) for row in rows]
    again = [lines[i] for i in rng.permutation(n)[:repeated]] * times
    mixed = [[*lines, *again][i] for i in rng.permutation(n + len(again))]
    files = [tmp_path / f"engagement{k}.jsonl" for k in range(9)]
    for k, path in enumerate(files):
        path.write_text("\n".join(mixed[k::9]) + "\n", "utf-8")
    work = tmp_path / "work"
    work.mkdir()
    done = ingest(files, engine, IngestOptions(now_ms=NOW_MS), work_dir=work)
    kept = engine.fetch(done.tables["engagement"], columns=["engagement_id", "occurrence"])
    assert set(kept["occurrence"].to_pylist()) == {1}
    assert sorted(kept["engagement_id"].to_pylist()) == sorted(row["engagement_id"] for row in rows)
    assert (done.rows.kept, done.rows.merged) == (n, len(again))
