"""`reference`: a scan judged against what an earlier one learnt."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from zhenzan.detector import Scan, scan
from zhenzan.detector.cli.main import app
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError
from zhenzan.models.attribution import Reference

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=8_000, seed=4).path


@pytest.fixture(scope="module")
def first(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(world, tmp_path_factory.mktemp("first") / "out", now_ms=NOW_MS)


@pytest.fixture(scope="module")
def again(world: Path, first: Scan, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    out = tmp_path_factory.mktemp("again") / "out"
    done = CliRunner().invoke(
        app, ["scan", str(world), "--out", str(out), "--reference", str(first.path), "--json"]
    )
    assert done.exit_code == 0, done.output
    return Scan.load(out)


def test_the_run_names_the_reference(first: Scan, again: Scan) -> None:
    learnt = Reference.load(first.learnt)
    assert first.run["attribution"]["learnt_reference"] == learnt.digest
    assert again.run["attribution"]["reference"]["digest"] == learnt.digest
    assert "learnt_reference" not in again.run["attribution"]
    with pytest.raises(InputError, match="holds no reference"):
        _ = again.learnt
    assert len(again.sections) == len(first.sections)


def test_one_section_is_scored_as_in_the_batch(
    world: Path, first: Scan, again: Scan, tmp_path: Path
) -> None:
    busy = again.sections.nlargest(1, "n_purchased")["section_id"].item()
    (tmp_path / "one").mkdir()
    for name in ("engagement", "comment", "section"):
        table = pq.read_table(world / f"{name}.parquet")
        part = table.filter(pc.equal(table["section_id"], busy))
        pq.write_table(part, tmp_path / "one" / f"{name}.parquet")
    alone = scan(tmp_path / "one", tmp_path / "out", reference=first.path, now_ms=NOW_MS)
    whole = again.engagements[again.engagements["section_id"] == busy].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.engagements, whole, check_exact=True)
    columns = ["section_id", "n_purchased", "n_purchased_lo", "n_purchased_hi"]
    one = again.sections[again.sections["section_id"] == busy].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.sections[columns], one[columns], check_exact=True)


def test_what_cannot_serve_is_refused_before_anything_is_done(
    world: Path, again: Scan, tmp_path: Path
) -> None:
    for place, why in ((world, "not a scan directory"), (again.path, "holds no reference")):
        with pytest.raises(InputError, match=why):
            scan(world, tmp_path / "out", reference=place, now_ms=NOW_MS)
    assert not (tmp_path / "out.partial").exists()


def test_another_reference_is_another_run(first: Scan, again: Scan) -> None:
    record = json.loads((first.learnt / "reference.json").read_text("utf-8"))
    assert record["counts"]["accounts"] > 100
    assert again.run["config_digest"] != first.run["config_digest"]
