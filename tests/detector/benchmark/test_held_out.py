"""p-values of streams that taught nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from zhenzan.detector.benchmark.held_out import held_out_rows
from zhenzan.detector.benchmark.truth import read_sections
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES
from zhenzan.models.attribution import attribute


@pytest.mark.slow
def test_half_of_the_creators_judges_the_other(world: Path) -> None:
    """Against the same by hand: files cut in two, one half under the reference of the other."""
    sections = read_sections(world)
    files = {name: world / f"{name}.parquet" for name in TABLES}
    with open_engine() as engine:
        tables = {name: engine.load(name, path) for name, path in files.items() if path.exists()}
        rows = list(held_out_rows(engine, tables, sections))
        assert list(held_out_rows(engine, tables, sections)) == rows
    about = pd.read_parquet(files["section"]).sort_values("section_id")
    names = list(dict.fromkeys(about["creator_id"]))
    halves = [set(about.loc[about["creator_id"].isin(names[n::2]), "section_id"]) for n in (0, 1)]
    assert not halves[0] & halves[1]
    with open_engine() as engine:
        parts = []
        for n, half in enumerate(halves):
            part = {name: engine.load(f"{name}_{n}", path) for name, path in files.items()
                    if path.exists()}  # fmt: skip
            for name in ("section", "comment", "engagement"):
                table = pq.read_table(files[name])
                table = table.filter(pc.is_in(table["section_id"], pa.array(sorted(half))))
                part[name] = engine.load(f"{name}_{n}", table)
            parts.append(part)
        reference = attribute(engine, parts[0], remember=True).reference
        streams = attribute(engine, parts[1], reference=reference).streams.to_pandas()
    everyday = sections[~sections["ordered"] & (sections["scenario"] == "organic")]
    p = streams[streams["section_id"].isin(everyday["section_id"])]["p_value"].dropna()
    assert len(p) > 20
    found = {(metric, group): value for metric, group, value in rows}
    assert found["p_below_5pct_held_out", "organic"] == pytest.approx((p < 0.05).mean())


def test_without_sections_nothing_is_stated(world: Path) -> None:
    with open_engine() as engine:
        acts = engine.load("engagement", world / "engagement.parquet")
        assert list(held_out_rows(engine, {"engagement": acts}, pd.DataFrame())) == []


@pytest.fixture
def world(tmp_path: Path) -> Path:
    from zhenzan.detector.simulate import simulate

    simulate(tmp_path, scenario="default", scale=20_000, seed=3)
    return tmp_path
