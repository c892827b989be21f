from __future__ import annotations

import time
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.features.engine import open_engine

STARS = Path(__file__).parents[2].parent / "shared" / "data" / "stars" / "stars.parquet"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not STARS.exists(), reason=f"no real stars at {STARS}"),
]


def test_stars_load_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("0123456789abcdef")
    options = IngestOptions(now_ms=1_793_000_000_000, key_file=tmp_path / "k")
    native = pq.read_table(STARS)
    with open_engine() as engine:
        done = ingest([STARS], engine, options, work_dir=tmp_path / "w")
        acts = engine.fetch(done.tables["engagement"])
        sections = engine.fetch(done.tables["section"])
        accounts = engine.fetch(done.tables["account"])
    assert done.rows.read == done.rows.kept == native.num_rows == acts.num_rows
    assert not done.rejections
    assert sections.num_rows == pc.count_distinct(native["repo"]).as_py()
    assert accounts.num_rows == pc.count_distinct(native["actor"]).as_py()
    assert sections["creator_id"].null_count == 0
    expected = pc.sort_indices(native["starred_at"].cast("int64"))
    times = pc.divide(native["starred_at"].cast("int64").take(expected), 1000)
    assert acts["ts_lo_ms"].take(pc.sort_indices(acts["ts_lo_ms"])).equals(times)


def test_cost_grows_with_the_stars(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("0123456789abcdef")
    options = IngestOptions(now_ms=1_793_000_000_000, key_file=tmp_path / "k")
    native = pq.read_table(STARS)

    def cost(rows: int) -> float:
        path, work = tmp_path / f"{rows}.parquet", tmp_path / f"work{rows}"
        pq.write_table(native.slice(0, rows), path)
        begin = time.process_time()
        with open_engine() as engine:
            ingest([path], engine, options, work_dir=work)
        return time.process_time() - begin

    cost(1_000)  # loads code
    assert cost(native.num_rows) < 8**1.5 * cost(native.num_rows // 8)
