"""The run, end to end on a simulated world: every contract of the scan directory."""

from __future__ import annotations

import gc
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from zhenzan.detector import Scan, scan
from zhenzan.detector.results import BANDS, OUTPUTS, REFERENCE, STATUSES
from zhenzan.detector.scan import STEPS
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import (
    MissingDependencyError,
    NothingToReadError,
    UnknownFormatError,
)

NOW_MS = 1_790_000_000_000  # after every simulated act


def digests(directory: Path) -> dict[str, str]:
    """Of every file but run.json, which alone may know the clock."""
    return {
        p.relative_to(directory).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(directory.rglob("*"))
        if p.is_file() and p.name != "run.json"
    }


LEARNT = (
    "accounts.parquet", "acts.parquet", "creators.parquet", "groups.parquet", "ratios.parquet",
    "reference.json", "sections.parquet",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=5_000, seed=5).path


@pytest.fixture(scope="module")
def done(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(world, tmp_path_factory.mktemp("done") / "out", now_ms=NOW_MS)


def test_all_files_with_their_schemas(done: Scan) -> None:
    for name, schema in OUTPUTS.items():
        assert pq.read_schema(done.path / f"{name}.parquet").equals(schema)
    assert set(digests(done.path)) == {
        *(f"{name}.parquet" for name in OUTPUTS),
        *(f"reference/{name}.parquet" for name in REFERENCE),
        *(f"reference/attribution/{name}" for name in LEARNT),
        "evidence.jsonl",
        "insights.jsonl",
    }
    assert not done.path.with_name("out.partial").exists()


def test_every_input_entity_has_its_row(done: Scan, world: Path) -> None:
    engagements = pq.read_table(world / "engagement.parquet")
    assert set(done.engagements.engagement_id) == set(engagements["engagement_id"].to_pylist())
    assert done.engagements.engagement_id.is_unique
    sections = pq.read_table(world / "section.parquet")["section_id"].to_pylist()
    assert set(done.sections.section_id) >= set(engagements["section_id"].to_pylist())
    assert set(done.sections.section_id) <= set(sections)
    comments = pq.read_table(world / "comment.parquet")["comment_id"].to_pylist()
    assert sorted(done.comments.comment_id) == sorted(comments)


def test_posteriors_add_up_to_the_sections(done: Scan) -> None:
    added = done.engagements.groupby("section_id").p_purchased.sum()
    told = done.sections.set_index("section_id").n_purchased.dropna()
    np.testing.assert_allclose(added.reindex(told.index).to_numpy(), told.to_numpy(), atol=1e-6)


def test_closed_vocabularies(done: Scan) -> None:
    for frame in (done.sections, done.accounts, done.comments):
        assert set(frame.band) <= set(BANDS)
        assert set(frame.status) <= set(STATUSES)
        scored = frame[frame.status == "scored"]
        assert scored.score.between(0, 1).all()
        assert frame.probability.isna().all(), "rules are not calibrated"


def test_campaigns_point_to_their_members_and_evidence(done: Scan) -> None:
    ids = set(done.campaigns.campaign_id)
    assert set(done.campaign_members.campaign_id) == ids
    for kind, frame in (("section", done.sections), ("account", done.accounts)):
        members = done.campaign_members[done.campaign_members.member_kind == kind]
        pairs = set(zip(members.campaign_id, members.member_id, strict=True))
        listed = {(c, r) for r, cs in zip(frame.iloc[:, 0], frame.campaign_ids, strict=True)
                  for c in cs}  # fmt: skip
        assert listed == {pair for pair in pairs if pair[1] in set(frame.iloc[:, 0])}
    known = {key for key, _ in done.statements}
    assert len(known) == len(done.statements)
    for evidence_ids in done.campaigns.evidence_ids:
        assert set(evidence_ids) <= known


def test_run_record(done: Scan, world: Path) -> None:
    run = done.run
    assert list(run["seconds"]) == sorted(step.name for step in STEPS)
    assert run["rows"]["read"] == sum(i["rows_read"] for i in run["inputs"])
    engagement = next(i for i in run["inputs"] if i["path"] == str(world / "engagement.parquet"))
    assert (
        engagement["sha256"]
        == hashlib.sha256((world / "engagement.parquet").read_bytes()).hexdigest()
    )
    assert run["model"]["id"].startswith("rules@")
    assert run["counts"]["engagements"] == len(done.engagements)
    assert [family["name"] for family in run["families"]["used"]][:3] == [
        "timing", "coengagement", "template",
    ]  # fmt: skip
    assert run["now_ms"] == NOW_MS


def test_again_gives_the_same_bytes_and_leaves_no_files(
    done: Scan, world: Path, tmp_path: Path
) -> None:
    again = scan([world], now_ms=NOW_MS + 86_400_000, threads=1, memory="400MB",
                 spill_dir=tmp_path / "spill")  # fmt: skip
    assert digests(again.path) == digests(done.path)
    assert again.run["config_digest"] == done.run["config_digest"]
    path = again.path
    del again
    gc.collect()
    assert not path.exists()
    assert list((tmp_path / "spill").iterdir()) == []


def test_the_key_of_the_hashes_changes_names_only(world: Path, tmp_path: Path) -> None:
    found = []
    for key in ("a", "b"):
        (tmp_path / key).write_text(key * 32)
        found.append(scan(world, tmp_path / f"out_{key}", ids="hash", key_file=tmp_path / key,
                          now_ms=NOW_MS))  # fmt: skip
    one, two = (digests(done.path) for done in found)
    assert one["accounts.parquet"] != two["accounts.parquet"]
    for name in ("sections", "campaigns", "reference/curves", "reference/windows"):
        assert one[f"{name}.parquet"] == two[f"{name}.parquet"]


def test_row_order_gives_the_same_bytes(done: Scan, world: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    mixed = tmp_path / world.name
    mixed.mkdir()
    for file in world.glob("*.parquet"):
        table = pq.read_table(file)
        pq.write_table(table.take(rng.permutation(table.num_rows)), mixed / file.name)
        os.utime(mixed / file.name, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    assert digests(scan(mixed, tmp_path / "out", now_ms=NOW_MS).path) == digests(done.path)


@pytest.mark.parametrize(
    ("paths", "error"),
    [
        ("absent.csv", NothingToReadError),
        ("noise.csv", UnknownFormatError),
    ],
)
def test_a_run_that_cannot_begin_leaves_nothing(
    tmp_path: Path, paths: str, error: type[Exception]
) -> None:
    (tmp_path / "noise.csv").write_text("a,b\n1,2\n")
    with pytest.raises(error, match=paths):
        scan(tmp_path / paths, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["noise.csv"]


def test_spark_is_said_to_be_absent(world: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingDependencyError, match="duckdb"):
        scan(world, tmp_path / "out", engine="spark")
    assert list(tmp_path.iterdir()) == []


LIKES = [
    {"kind": "like", "section_id": f"x:s{i % 2}", "account_id": f"x:a{i}", "ts_ms": T}
    for i, T in enumerate(range(1_700_000_000_000, 1_700_003_000_000, 100_000))
]
COMMENTS = [
    {"comment_id": f"x:c{i}", "section_id": "x:s0", "account_id": f"x:a{i}", "text": "支持!+1"}
    for i in range(20)
]


@pytest.mark.parametrize(
    ("tables", "counts"),
    [
        ({"engagement": LIKES}, {"sections": 2, "engagements": 30, "comments": 0}),
        ({"engagement": LIKES[:1]}, {"sections": 1, "engagements": 1, "accounts": 1}),
        # Where there is nothing else, comments are the engagements.
        ({"comment": COMMENTS}, {"sections": 1, "engagements": 20, "comments": 20}),
        (
            {"engagement": [{**row, "ts_ms": None} for row in LIKES]},
            {"sections": 2, "engagements": 30},
        ),
        (
            {"engagement": [{**row, "account_id": None} for row in LIKES]},
            {"sections": 2, "engagements": 30},
        ),
        ({"section": [{"section_id": "x:s"}]}, {"sections": 1, "engagements": 0}),
    ],
)
def test_small_and_lopsided_inputs_abstain(
    tmp_path: Path, tables: dict[str, list[dict[str, Any]]], counts: dict[str, int]
) -> None:
    source = tmp_path / "input"
    source.mkdir()
    for name, rows in tables.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (source / f"{name}.jsonl").write_text(lines, "utf-8")
    found = scan(source, tmp_path / "out", now_ms=NOW_MS)
    assert {name: found.run["counts"][name] for name in counts} == counts
    assert "likely_purchased" not in set(found.sections.band)
