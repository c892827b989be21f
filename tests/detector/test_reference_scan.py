"""`reference`: a scan judged against what an earlier one learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
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


def _served(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty sections, of which sixty workers served the first six."""
    hour, acts, made = 3_600_000, [], []
    for s in range(40):
        born = 1_700_000_000_000 + int(rng.integers(0, 480)) * hour
        made.append((f"s{s}", f"c{s}", born, "video"))
        likes = [(f"p{a}", born + rng.lognormal(2, 1.2) * hour)
                 for a in rng.choice(2500, int(rng.integers(80, 200)), replace=False)]  # fmt: skip
        if s < 6:
            workers = rng.choice(60, 30, replace=False)
            likes += [(f"w{a}", born + (10 + rng.random()) * hour) for a in workers]
        acts += [("like", f"s{s}", who, int(at)) for who, at in likes]
    return (
        pd.DataFrame(acts, columns=["kind", "section_id", "account_id", "ts_ms"]),
        pd.DataFrame(made, columns=["section_id", "creator_id", "published_ms", "kind"]),
    )


def test_a_bought_section_is_told_alone_as_in_company(tmp_path: Path) -> None:
    acts, sections = _served(np.random.default_rng(1))
    chosen = {"old": [f"s{i}" for i in range(1, 39)], "alone": ["s0"], "two": ["s0", "s39"]}
    for name, ids in chosen.items():
        (tmp_path / name).mkdir()
        for table, rows in (("engagement", acts), ("section", sections)):
            own = rows[rows["section_id"].isin(ids)]
            own.to_csv(tmp_path / name / f"{table}.csv", index=False)
    old = scan(tmp_path / "old", tmp_path / "learnt", now_ms=NOW_MS).path
    told = []
    for name in ("alone", "two"):
        made = scan(tmp_path / name, tmp_path / f"{name}_out", reference=old, now_ms=NOW_MS)
        told.append(made.sections.set_index("section_id").loc["s0"])
    for column in ("score", "band", "coordinated", "n_purchased", "n_purchased_lo"):
        assert told[0][column] == told[1][column], column
    assert told[0]["band"] == "likely_purchased" and told[0]["coordinated"]
    assert list(told[0]["reasons"]) == list(told[1]["reasons"])


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
