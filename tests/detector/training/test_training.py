"""Labels in, a bundle out, a scan with probabilities, figures: on files of a few kilobytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from zhenzan.detector import Scan, scan
from zhenzan.detector.cli.main import app
from zhenzan.detector.training.evaluate import evaluate_bundle, evaluate_scan, flip_rate
from zhenzan.detector.training.labels import read_labels, world_labels
from zhenzan.detector.training.train import Data, train
from zhenzan.features.errors import InputError, SchemaError, UsageError
from zhenzan.models.bundle import Bundle

RUNNER = CliRunner()
START_MS = 1_700_000_000_000
DAY_MS = 86_400_000
NOW_MS = START_MS + 400 * DAY_MS


def written(folder: Path, name: str) -> Path:
    """Forty sections; in every other one the same sixty accounts arrive within minutes."""
    folder.mkdir(parents=True, exist_ok=True)
    likes = [
        {"kind": "like", "section_id": f"x:{name}{s}",
         "account_id": f"x:w{i}" if s % 2 and i < 60 else f"x:a{(s * 31 + i * 7) % 900}",
         "ts_ms": START_MS + s * DAY_MS
         + (3 * 3_600_000 + i * 4_000 if s % 2 and i < 60 else i * 700_000 + (i * i) % 9_973)}
        for s in range(40) for i in range(110)
    ]  # fmt: skip
    lines = (json.dumps(row) + "\n" for row in likes)
    (folder / "engagement.jsonl").write_text("".join(lines), "utf-8")
    rows = ["unit,id,outcome,group,slice"]
    rows += [
        f"section,x:{name}{s},{'confirmed_inauthentic' if s % 2 else 'no_action'},"
        f"{name}g{s % 8},made up"
        for s in range(40)
    ]
    (folder.parent / "labels.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("first") / "files", "s")


@pytest.fixture(scope="module")
def labels(files: Path) -> Path:
    return files.parent / "labels.csv"


@pytest.fixture(scope="module")
def bundle(files: Path, labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "mine"
    train(out, Data(paths=[files], labels=labels, now_ms=NOW_MS))
    return out


@pytest.fixture(scope="module")
def scans(files: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Scan]:
    out = tmp_path_factory.mktemp("scans")
    return [
        scan(files, out / "rules", now_ms=NOW_MS),
        scan(files, out / "trees", now_ms=NOW_MS, model=bundle),
    ]


def test_own_labels_train_a_bundle_that_a_scan_uses(bundle: Path, scans: list[Scan]) -> None:
    made = Bundle.load(bundle)
    assert set(made.units) == {"section"}  # nothing was said of accounts or comments
    assert made.training["labels"] == {"section": {"positive": 20, "negative": 20}}
    assert made.training["held_out"]["section"]["auc"] > 0.95
    rules, trees = scans
    assert trees.run["model"]["bundle_digest"] == made.digest
    assert trees.run["model"]["id"] == "mine" and rules.run["model"]["id"] == "rules@1"
    paid = trees.sections["section_id"].str[-1].isin(list("13579"))
    assert trees.sections.loc[paid, "score"].min() > trees.sections.loc[~paid, "score"].max()
    assert list(trees.sections["band"]) == list(rules.sections["band"])
    # Forty rows are too few for a probability, and the scan says so row by row.
    assert trees.sections["probability"].isna().all()
    assert set(trees.reference("model_rows")["why_not"]) == {"class"}
    assert len(trees.reference("contributions")) and rules.reference("contributions").empty


def test_a_scan_is_judged_by_labels_and_against_another(scans: list[Scan], labels: Path) -> None:
    rules, trees = scans
    made = evaluate_scan(trees, labels=labels, against=rules)
    section = made["units"]["section"]
    assert section["auc"][0] > 0.95 and section["n_positive"] == 20 and section["n_groups"] == 8
    assert made["flip_rate"]["section"] == {"n": 40, "band": 0.0, "top_band": 0.0}
    assert made["drift"]["section"]
    assert flip_rate(rules, rules, "account")["band"] == 0.0
    with pytest.raises(UsageError, match="nothing to judge"):
        evaluate_scan(trees)


def test_commands_print_figures_and_refuse_what_cannot_be(
    files: Path, labels: Path, scans: list[Scan], tmp_path: Path
) -> None:
    done = RUNNER.invoke(app, ["evaluate", str(scans[1].path), "--labels", str(labels),
                               "--against", str(scans[0].path)])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "auc" in done.stdout and "flip rate of sections" in done.stdout
    words = ["evaluate", str(scans[1].path), "--labels", str(labels), "--json"]
    data: Any = json.loads(RUNNER.invoke(app, words).stdout)
    assert data["units"]["section"]["slices"][0]["slice"] == "made up"
    for words in (["train", "--out", str(tmp_path / "b")],
                  ["train", str(files), "--out", str(tmp_path / "b")],
                  ["train", "--worlds", "1", "--out", str(tmp_path / "b"), "--warm-start", "x"],
                  ["evaluate", "--model", "nowhere"],
                  ["evaluate"], ["evaluate", str(scans[0].path)]):  # fmt: skip
        assert RUNNER.invoke(app, words).exit_code == 2
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("id\nx\n", SchemaError),
        ("id,outcome\nx,perhaps\n", InputError),
        ("id,outcome,unit\nx,yes,nobody\n", InputError),
        ("id,outcome\nx,yes\nx,no\n", InputError),
        ("", InputError),
    ],
)
def test_labels_that_cannot_be_read_are_refused(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    (tmp_path / "labels.csv").write_text(text, "utf-8")
    with pytest.raises(error):
        read_labels(tmp_path / "labels.csv")


def test_labels_that_wait_for_data_are_left_out_and_strangers_refused(
    files: Path, tmp_path: Path
) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("id,outcome\nx:s1,needs_more_data\nnobody,1\nnobody2,0\n", "utf-8")
    made = read_labels(file)
    assert list(made["id"]) == ["nobody", "nobody2"] and list(made["positive"]) == [True, False]
    with pytest.raises(InputError, match="none of the labelled ids"):
        train(tmp_path / "b", Data(paths=[files], labels=file, now_ms=NOW_MS))


def test_no_world_no_truth(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no simulated world"):
        world_labels(tmp_path, "x")


def test_a_bundle_is_continued_and_put_on_record_by_command(bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `track`")
    out, store = tmp_path / "next", tmp_path / "runs"
    newer = written(tmp_path / "files", "t")
    words = ["train", str(newer), "--labels", str(tmp_path / "labels.csv"), "--warm-start",
             str(bundle), "--folds", "2", "--out", str(out), "--track", str(store),
             "--json"]  # fmt: skip
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 0, done.output
    made, base = Bundle.load(out), Bundle.load(bundle)
    assert json.loads(done.stdout)["digest"] == made.digest
    assert made.training["warm_start"]["digest"] == base.digest
    assert made.units["section"].columns == base.units["section"].columns
    (kept,) = store.rglob("artifacts/next/bundle.json")
    assert kept.read_bytes() == (out / "bundle.json").read_bytes()
    assert [f.read_text("utf-8").split()[1] for f in store.rglob("metrics/section.auc")] == [
        str(made.training["held_out"]["section"]["auc"])
    ]


def test_worlds_that_were_trained_on_judge_nothing() -> None:
    trained = Bundle("x", {}, {}, {"worlds": {"first": 10, "count": 5, "scale": 20_000}})
    with pytest.raises(UsageError, match=r"trained on worlds \[14\]"):
        evaluate_bundle(trained, [14, 15], 20_000)
    continued = Bundle("y", {}, {}, {"warm_start": dict(trained.training)})
    with pytest.raises(UsageError, match=r"trained on worlds \[14\]"):
        evaluate_bundle(continued, [14, 15], 20_000)


def test_nothing_that_the_base_was_trained_on_judges_what_continues_it(
    files: Path, labels: Path, bundle: Path, tmp_path: Path
) -> None:
    base = Bundle.load(bundle)
    assert "x:s1" not in (bundle / "bundle.json").read_text("utf-8")
    with pytest.raises(UsageError, match="positives in 0 groups"):
        train(tmp_path / "b", Data(paths=[files], labels=labels, now_ms=NOW_MS, base=base))
    of_worlds = replace(base, training={"worlds": {"first": 999, "count": 5, "scale": 5_000}})
    of_worlds.save(tmp_path / "base")
    words = ["train", "--worlds", "24", "--warm-start", str(tmp_path / "base"), "--out",
             str(tmp_path / "c")]  # fmt: skip
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 2 and not (tmp_path / "c").exists()
    assert "worlds 1000, 1001, 1002, 1003:" in done.output
    assert "--first-world 1004" in done.output


def test_options_of_the_other_kind_of_evaluation_are_refused(
    scans: list[Scan], labels: Path, bundle: Path, tmp_path: Path
) -> None:
    scan_, told = str(scans[1].path), ["--labels", str(labels)]
    for words, names in (
        ([scan_, *told, "--truth", str(tmp_path)], "--labels and --truth"),
        (["--model", str(bundle), *told], "--labels"),
        (["--model", str(bundle), "--against", scan_, "--truth", "x"], "--truth, --against"),
        ([scan_, *told, "--worlds", "8"], "--worlds"),
        ([scan_, *told, "--first-world", "5000", "--scale", "20000"], "--first-world, --scale"),
        ([scan_, *told, "--keep", str(tmp_path)], "--keep"),
        ([scan_, *told, "--card"], "--card"),
    ):  # fmt: skip
        done = RUNNER.invoke(app, ["evaluate", *words])
        assert done.exit_code == 2 and f"error: {names}" in done.output, done.output


@pytest.mark.parametrize("place", ["full", "file", "below a file"])
def test_a_place_that_cannot_be_used_is_refused_before_anything_is_made(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "zhenzan.detector.training.train.gather_worlds", lambda *_: pytest.fail("gathered")
    )
    (tmp_path / "full").mkdir()
    for mine in (tmp_path / "full" / "mine.txt", tmp_path / "file"):
        mine.write_text("mine", "utf-8")
    out = {"below a file": tmp_path / "file" / "b"}.get(place, tmp_path / place)
    with pytest.raises(UsageError, match="choose another"):
        train(out, Data(worlds=2))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "full", "mine.txt"]


def test_scores_of_a_bundle_are_told_in_figures_that_can_be_looked_up(scans: list[Scan]) -> None:
    rules, trees = scans
    mine = trees.evidence[trees.evidence["reason"].str.startswith("model.")]
    assert len(mine) and not rules.evidence["reason"].str.startswith("model.").any()
    parts = trees.reference("contributions").set_index(["id", "family"])
    for row in mine.itertuples():
        family = row.reason.removeprefix("model.").removesuffix("@1")
        part = parts.loc[(row.subject_id, family)]
        assert row.observed == part["value"]
        assert ("raises" in row.statement_en) == (part["log_odds"] > 0)
        assert row.counter_evidence_zh and row.statement_zh.endswith("。")
