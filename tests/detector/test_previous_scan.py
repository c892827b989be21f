"""`previous`: campaigns of a later scan bear the ids of the earlier one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector import Scan, scan
from zhenzan.detector.cli.explain import _lines
from zhenzan.detector.explain import explain
from zhenzan.detector.results import CAMPAIGN_TABLES
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=12_000, seed=2).path


@pytest.fixture(scope="module")
def first(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(world, tmp_path_factory.mktemp("first") / "out", now_ms=NOW_MS)


@pytest.fixture(scope="module")
def earlier(first: Scan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first scan as if its campaigns had had other names."""
    copy = tmp_path_factory.mktemp("earlier") / "out"
    copy.mkdir()
    for file in first.path.glob("*.*"):
        (copy / file.name).write_bytes(file.read_bytes())
    for name in ("campaigns", "campaign_members"):
        frame = pd.read_parquet(copy / f"{name}.parquet")
        frame["campaign_id"] += "_then"
        frame.to_parquet(copy / f"{name}.parquet")
    return copy


def test_campaigns_keep_the_ids_of_the_earlier_scan(
    world: Path, first: Scan, earlier: Path, tmp_path: Path
) -> None:
    assert len(first.campaigns) >= 1
    assert first.reference("campaign_related").empty
    then = scan(world, tmp_path / "out", previous=earlier, now_ms=NOW_MS)
    wanted = set(first.campaigns.campaign_id + "_then")
    assert set(then.campaigns.campaign_id) == wanted
    assert set(then.campaign_members.campaign_id) == wanted
    named = {c for ids in then.sections.campaign_ids for c in ids}
    assert named <= wanted and named
    told = then.reference("campaign_related")
    assert set(told[told.relation == "same"].previous_id) == wanted
    assert set(told.columns) == set(CAMPAIGN_TABLES["related"].names)
    (found,) = explain(then, min(wanted))
    for lang, said in (("en", "continues"), ("zh", "延续")):
        assert any(said in line for line in _lines(found, lang))


def test_what_is_no_scan_is_refused_before_anything_is_done(world: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a scan directory"):
        scan(world, tmp_path / "out", previous=world, now_ms=NOW_MS)
    assert not (tmp_path / "out.partial").exists()
