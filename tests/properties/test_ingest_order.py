"""The same rows in another order, twice over, or in other files are the same tables."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.features.engine import Engine, open_engine

BASE = 1_700_000_000_000
TIME = st.integers(0, 5).map(lambda t: BASE + t)
SMALL = st.sampled_from(["a", "b", "c"])
ACT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["like", "unlike"]), "section_id": SMALL, "account_id": SMALL,
        "comment_id": st.one_of(st.none(), SMALL), "ts_ms": TIME,
        "region": st.one_of(st.none(), SMALL),
    }
)  # fmt: skip
COMMENT = st.fixed_dictionaries(
    {
        "comment_id": SMALL, "section_id": SMALL, "account_id": st.one_of(st.none(), SMALL),
        "text": st.one_of(st.none(), st.sampled_from(["支持", "+1"])), "created_ms": TIME,
        "observed_ms": st.one_of(st.none(), TIME), "like_count": st.one_of(st.none(), TIME),
    }
)  # fmt: skip
SECTION = st.fixed_dictionaries(
    {"section_id": SMALL, "kind": SMALL, "title": st.one_of(st.none(), SMALL)}
)
TYPES = {"ts_ms": pa.int64(), "created_ms": pa.int64(), "observed_ms": pa.int64(),
         "like_count": pa.int64()}  # fmt: skip


def tables_of(
    files: list[tuple[str, list[dict[str, Any]]]], folder: Path, engine: Engine
) -> dict[str, Any]:
    """Canonical tables without what names the file."""
    paths = []
    for place, (table, rows) in enumerate(files):
        if not rows:
            continue
        path = folder / str(place) / f"{table}.parquet"
        path.parent.mkdir(parents=True)
        schema = pa.schema([(n, TYPES.get(n, pa.string())) for n in rows[0]])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
        os.utime(path, (BASE / 1000,) * 2)
        paths.append(path)
    done = ingest(paths, engine, IngestOptions(now_ms=2 * BASE), work_dir=folder / "work")
    return {
        name: engine.fetch(relation).drop_columns(["dataset_id"]).to_pylist()
        for name, relation in done.tables.items()
        if name != "dataset"
    }


@settings(max_examples=6, deadline=None)
@given(
    acts=st.lists(ACT, min_size=1, max_size=15),
    comments=st.lists(COMMENT, max_size=8),
    sections=st.lists(SECTION, max_size=5),
    seed=st.integers(0, 2**32),
)
def test_order_repetition_and_files_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory,
    acts: list[dict[str, Any]],
    comments: list[dict[str, Any]],
    sections: list[dict[str, Any]],
    seed: int,
) -> None:
    acts = [{**acts[0], "kind": "like"}, *acts]
    whole = [("engagement", acts), ("comment", comments), ("section", sections)]
    dice = random.Random(seed)
    shuffled = [(table, dice.sample(rows, len(rows))) for table, rows in whole]
    twice = [(table, rows + rows) for table, rows in whole]
    split = [
        (table, part)
        for table, rows in shuffled
        for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :])
    ]
    with open_engine() as engine:
        expected = tables_of(whole, tmp_path_factory.mktemp("whole"), engine)
        for other in (shuffled, twice, split):
            assert tables_of(other, tmp_path_factory.mktemp("other"), engine) == expected
