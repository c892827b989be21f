"""Runs on record, with the real library and no server; what it is asked is taken back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.training.track import EXPERIMENT, Recorded, needed, record
from zhenzan.features.errors import MissingDependencyError, UsageError

RUN = Recorded(
    "train", "mine", 1_700_000_000_000, 1_700_000_060_000,
    parameters={"settings": {"folds": 5, "monotone": True}, "digest": "ab12"},
    figures={
        "section": {"auc": 0.9, "recall": [0.5, 0.4, None], "n": 7, "ok": True, "none": None,
                    "slices": [{"slice": "fan_ritual"}]},
        "account": {"skipped": "positives in 1 groups"},
    },
)  # fmt: skip


@pytest.fixture
def no_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)


def test_a_run_is_found_again_with_all_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `track`")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    before = dict(os.environ)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "section.txt").write_text("tree\n", "utf-8")
    store = tmp_path / "runs at 5 % 真赞"
    first = record(store, Recorded(**{**_plain(RUN), "files": [bundle]}))
    second = record(store, RUN)
    assert dict(os.environ) == before and first != second
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store.as_uri())
    found = client.get_experiment_by_name(EXPERIMENT)
    assert {r.info.run_id for r in client.search_runs([found.experiment_id])} == {first, second}
    run = client.get_run(first)
    assert run.info.status == "FINISHED" and run.info.run_name == "mine"
    assert (run.info.start_time, run.info.end_time) == (RUN.start_ms, RUN.end_ms)
    assert run.data.params == {"settings.folds": "5", "settings.monotone": "True", "digest": "ab12"}
    assert run.data.metrics == {
        "section.auc": 0.9, "section.recall": 0.5, "section.recall.low": 0.4, "section.n": 7.0,
    }  # fmt: skip
    assert run.data.tags["kind"] == "train"
    kept = Path(client.download_artifacts(first, "bundle/section.txt"))
    assert kept.read_text("utf-8") == "tree\n"
    figures = Path(client.download_artifacts(first, "figures.json")).read_text("utf-8")
    assert "fan_ritual" in figures
    assert not (tmp_path / "home").exists(), "nothing is kept outside the store"


def test_names_and_numbers_of_any_kind_are_taken(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `track`")
    odd = {"order:flash ≥ 5 %": 0.5, "../../up": 0.25, "区间/段": 1.0, "x" * 400: 2.0}
    many = {f"p{i}": "v" for i in range(250)}
    run = Recorded("train", "", 1, 2, parameters={**many, **odd}, figures={"a": odd, "b": {}})
    record(tmp_path / "runs", run)
    kept = {path.name: path.read_text("utf-8") for path in tmp_path.rglob("metrics/*")}
    assert len(kept) == 4 and kept["a.order_flash _ 5 _"].split()[1] == "0.5"
    assert len(list(tmp_path.rglob("params/*"))) == 254
    assert sorted(tmp_path.iterdir()) == [tmp_path / "runs"], "no name leads out of the store"


def _plain(run: Recorded) -> dict[str, object]:
    return {name: getattr(run, name) for name in Recorded.__slots__}


def test_a_file_is_no_store(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `track`")
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(UsageError, match="no folder"):
        record(tmp_path / "file", RUN)


@pytest.mark.usefixtures("no_mlflow")
def test_without_the_library_nothing_begins(tmp_path: Path) -> None:
    with pytest.raises(MissingDependencyError, match=r"zhenzan\[track\]"):
        needed()
    words = ["train", "--worlds", "1", "--out", str(tmp_path / "b"), "--track", str(tmp_path / "t")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 3 and "zhenzan[track]" in done.stderr
    assert not (tmp_path / "b").exists() and not (tmp_path / "t").exists()
