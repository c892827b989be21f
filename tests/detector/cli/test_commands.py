"""The commands through their real entry point: what they print, and how they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner
from zhenzan.detector import Scan, scan
from zhenzan.detector.cli.common import LEAST_SCALE, Commands, columns, language, moment
from zhenzan.detector.cli.main import app
from zhenzan.detector.simulate.world import SMALLEST
from zhenzan.features.errors import (
    EngineError,
    InputError,
    MissingDependencyError,
    ScanInterruptedError,
    UsageError,
)

RUNNER = CliRunner()
START_MS = 1_700_000_000_000
HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202e支持!+1\x9b31m"


def zhenzan(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zhenzan.detector.cli.main", *words],
        capture_output=True, text=True, check=False, encoding="utf-8", env={**os.environ, **env},
    )  # fmt: skip


def printed(*words: str) -> str:
    done = RUNNER.invoke(app, list(words))
    assert done.exit_code == 0, (done.stdout, done.stderr, done.exception)
    return done.stdout


def data(*words: str) -> Any:
    return json.loads(printed(*words, "--json"))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sections of one burst by the same accounts, four calm ones; hostile ids and texts."""
    folder = tmp_path_factory.mktemp("input")
    likes = [
        {"kind": "like", "section_id": f"x:s{s}\x1b[31m" if s == 0 else f"x:s{s}",
         "account_id": f"x:p{i}\u202e" if s < 2 else f"x:a{s}_{i}",
         "ts_ms": START_MS + s * 86_400_000
         + i * (9_000 if s < 2 else 3_000_000 + 7_919 * ((i * 37) % 101))}
        for s in range(6) for i in range(80)
    ]  # fmt: skip
    comments = [
        {"comment_id": f"x:c{i}", "section_id": "x:s1", "account_id": f"x:p{i}\u202e",
         "text": HOSTILE, "created_ms": START_MS + 86_400_000 + i * 5_000}
        for i in range(40)
    ]  # fmt: skip
    for name, rows in (("engagement", likes), ("comment", comments)):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return folder


@pytest.fixture(scope="module")
def done(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(source, tmp_path_factory.mktemp("done") / "out")


def assert_harmless(text: str) -> None:
    """No control character but the line end, no direction override."""
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


class TestScan:
    def test_data_on_stdout_progress_on_stderr(self, source: Path, tmp_path: Path) -> None:
        done = zhenzan("scan", str(source), "--out", str(tmp_path / "out"), "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["scan"] == str(tmp_path / "out")
        assert found["counts"]["engagements"] == 480
        assert sum(found["bands"].values()) == found["counts"]["sections"]
        assert re.match(r"\[1/(\d+)\] .*\n(?s:.*)\n\[\1/\1\] ", done.stderr)  # from first to last
        assert_harmless(done.stderr)

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_overview(self, source: Path, tmp_path: Path, lang: str) -> None:
        text = printed("scan", str(source), "--out", str(tmp_path / "o"), "--lang", lang)
        assert ("指控" if lang == "zh" else "accusation") in text
        assert str(tmp_path / "o") in text
        assert_harmless(text)

    def test_bad_input_names_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "noise.bin").write_bytes(b"\x00\x01\x02")
        for name in ("noise.bin", "absent.parquet"):
            done = zhenzan("scan", str(tmp_path / name), "--out", str(tmp_path / "out"))
            assert done.returncode == 2
            assert name in done.stderr
            assert "Traceback" not in done.stderr
            assert done.stdout == ""
        assert [p.name for p in tmp_path.iterdir()] == ["noise.bin"]

    def test_spark_is_a_missing_dependency(self, source: Path, tmp_path: Path) -> None:
        done = zhenzan("scan", str(source), "--out", str(tmp_path / "o"), "--engine", "spark")
        assert done.returncode == 3
        assert "--engine duckdb" in done.stderr
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "words",
        [
            ["--observed-at", "yesterday"],
            ["--timezone", "Mars/Olympus"],
            ["--source", "carrier_pigeon"],
            ["--ids", "publish"],
            ["--engine", "abacus"],
            ["--threads", "0"],
            ["--memory", "plenty"],
            ["--no-such-option"],
        ],
    )
    def test_usage(self, source: Path, tmp_path: Path, words: list[str]) -> None:
        done = RUNNER.invoke(app, ["scan", str(source), "--out", str(tmp_path / "o"), *words])
        assert done.exit_code == 2
        assert words[0] in done.stderr or words[-1] in done.stderr
        assert not (tmp_path / "o").exists()
        assert not (tmp_path / "o.partial").exists()


class TestExplain:
    def test_every_kind(self, done: Scan) -> None:
        ids = [
            done.sections.section_id.iloc[-1],
            done.accounts.account_id.iloc[0],
            done.comments.comment_id.iloc[0],
            *done.campaigns.campaign_id.head(1),
        ]
        for entity in ids:
            (found,) = data("explain", str(done.path), entity)
            assert found["record"][f"{found['kind']}_id"] == entity

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_nothing_in_the_data_acts_on_the_terminal(self, done: Scan, lang: str) -> None:
        entities = [*done.sections.section_id, *done.comments.comment_id.head(5),
                    *done.accounts.account_id.head(5), *done.campaigns.campaign_id]  # fmt: skip
        for entity in entities:
            text = printed("explain", str(done.path), entity, "--lang", lang)
            assert_harmless(text)
            assert_harmless(
                RUNNER.invoke(app, ["explain", str(done.path), entity, "--json"]).stdout
            )
            assert ("不是对任何人的指控" if lang == "zh" else "no accusation") in text

    def test_an_unknown_id_suggests(self, done: Scan) -> None:
        said = RUNNER.invoke(app, ["explain", str(done.path), "x:s11"])
        assert said.exit_code == 2
        assert "did you mean x:s1" in said.stderr
        assert "hashes" not in said.stderr

    def test_an_unknown_id_of_a_hashed_scan_says_so(self, source: Path, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("5a" * 32)
        hashed = scan(source, tmp_path / "out", ids="hash", key_file=tmp_path / "key")
        said = RUNNER.invoke(app, ["explain", str(hashed.path), "x:p1"])
        assert said.exit_code == 2
        assert "account ids of this scan are keyed hashes" in said.stderr

    def test_other_directories_are_refused(self, tmp_path: Path) -> None:
        said = RUNNER.invoke(app, ["explain", str(tmp_path), "x"])
        assert said.exit_code == 2
        assert "not a scan directory" in said.stderr

    def test_a_damaged_scan_is_an_input_error(self, tmp_path: Path) -> None:
        (tmp_path / "run.json").write_text("{")
        (tmp_path / "sections.parquet").write_bytes(b"PAR1")
        said = RUNNER.invoke(app, ["explain", str(tmp_path), "x"])
        assert said.exit_code == 2
        assert "sections.parquet" in said.stderr


class TestReport:
    def test_writes_one_file(self, done: Scan, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "r.html"
        told = data("report", str(done.path), "--out", str(path), "--lang", "zh")
        assert told == {
            "report": str(path), "bytes": path.stat().st_size, "language": "zh", "redacted": True,
        }  # fmt: skip
        assert path.read_text("utf-8").lower().startswith("<!doctype html>")
        assert [p.name for p in path.parent.iterdir()] == ["r.html"]

    def test_to_stdout(self, done: Scan) -> None:
        assert "</html>" in printed("report", str(done.path), "--out", "-", "--section", "x:s1")

    def test_an_unknown_section(self, done: Scan) -> None:
        said = RUNNER.invoke(app, ["report", str(done.path), "--out", "-", "--section", "x:none"])
        assert said.exit_code == 2
        assert "x:none" in said.stderr


class TestDoctor:
    def test_installation(self) -> None:
        found = data("doctor")
        assert found["engine"] == {"duckdb": "works"}
        assert found["versions"]["duckdb"]
        assert "engine.duckdb" in printed("doctor")

    def test_data(self, source: Path) -> None:
        found = data("doctor", str(source))
        by_name = {check["family"]: check for check in found["families"]}
        assert by_name["timing"]["checked"] == 6
        assert by_name["template"]["checked"] == 1
        assert by_name["template"]["would_need"][0]["sections"] == 5
        assert "comment.text" in by_name["template"]["would_need"][0]["add"]["en"]
        assert len(found["sections"]) == 6
        assert_harmless(printed("doctor", str(source), "--lang", "zh"))


class TestLists:
    def test_sources(self) -> None:
        assert {"canonical", "github_stars"} <= {entry["name"] for entry in data("sources")}
        assert "canonical" in printed("sources", "--lang", "zh")

    def test_families(self) -> None:
        found = data("families")
        assert [family["name"] for family in found][:3] == ["timing", "coengagement", "template"]
        for family in found:
            for spec in family["features"]:
                assert f"{family['name']}__{spec['name']}" in printed("families")


class TestSimulate:
    def test_writes_a_world(self, tmp_path: Path) -> None:
        found = data("simulate", "--out", str(tmp_path / "w"), "--scale", "5000", "--seed", "3")
        assert found["seed"] == 3
        assert (tmp_path / "w" / "engagement.parquet").exists()
        again = RUNNER.invoke(app, ["simulate", "--out", str(tmp_path / "w"), "--scale", "5000"])
        assert again.exit_code == 0, "an earlier world may be replaced"

    @pytest.mark.parametrize("command", [
        "simulate --seed -1", "demo --seed -1", "train --seed -1", "train --first-world -1",
        "evaluate --first-world -1", "simulate --scale 4999", "train --scale 4999",
        "evaluate --scale 4999", "benchmark degraded --scale 4999",
    ])  # fmt: skip
    def test_worlds_that_cannot_be_are_refused(self, tmp_path: Path, command: str) -> None:
        out = ["--out", str(tmp_path / "w")]
        more = {"train": [*out, "--worlds", "2"], "simulate": out, "demo": out}
        words = command.split()
        said = RUNNER.invoke(app, [*words, *more.get(words[0], [])])
        assert said.exit_code == 2 and f"Invalid value for '{words[-2]}'" in said.stderr
        assert LEAST_SCALE == SMALLEST and not list(tmp_path.iterdir())

    def test_the_summary_counts_what_delivered(self, tmp_path: Path) -> None:
        words = ["simulate", "--scale", "5000", "--seed", "3", "--out", str(tmp_path / "w")]
        said = RUNNER.invoke(app, words).stdout
        truth = pd.read_parquet(tmp_path / "w" / "truth" / "engagement.parquet")
        acts = truth[truth["label"] == "delivered"]
        campaigns, orders = acts["campaign_id"].nunique(), acts["order_id"].nunique()
        every = json.loads((tmp_path / "w" / "truth" / "world.json").read_text("utf-8"))
        assert 1 < campaigns < every["n_campaigns"] and len(acts) == every["n_delivered"]
        assert f"{len(acts)} engagements delivered by {campaigns} campaigns in {orders} o" in said

    def test_other_directories_are_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.docx").write_text("years")
        said = RUNNER.invoke(app, ["simulate", "--out", str(tmp_path)])
        assert said.exit_code == 2
        assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]

    def test_unknown_scenario(self, tmp_path: Path) -> None:
        said = RUNNER.invoke(app, ["simulate", "--out", str(tmp_path / "w"), "--scenario", "mars"])
        assert said.exit_code == 2
        assert "demo" in said.stderr


ERRORS = {
    "input": (InputError("cannot be read", path="a\x1b.csv", line=3), 2, "a\\x1b.csv:3"),
    "usage": (UsageError("no"), 2, "error: no"),
    "missing": (MissingDependencyError("install x"), 3, "install x"),
    "engine": (EngineError("families", "SELECT 1", "boom"), 1, "SELECT 1"),
    "interrupted": (ScanInterruptedError("use --resume"), 130, "--resume"),
    "control-c": (KeyboardInterrupt(), 130, "stopped"),
    "disk-full": (OSError(28, "No space left on device"), 2, "No space"),
    "bug": (ValueError("oops"), 1, "internal error: ValueError: oops"),
}


@pytest.mark.parametrize("name", list(ERRORS))
@pytest.mark.parametrize("debug", [False, True])
def test_every_error_has_its_exit_code(name: str, debug: bool) -> None:
    error, code, text = ERRORS[name]
    failing = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @failing.callback()
    def options(debug: bool = False) -> None: ...

    @failing.command()
    def fail() -> None:
        raise error

    said = RUNNER.invoke(failing, [*(["--debug"] if debug else []), "fail"])
    assert said.exit_code == code
    assert text in said.stderr
    assert said.stdout == ""
    assert ("Traceback" in said.stderr) == debug


def test_options_that_cannot_be_right_end_with_2(source: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for words, told in (
        (("--base-rate", "0.1"), "--base-rate goes with --model"),
        (("--spill-dir", str(blocked / "x")), "--spill-dir"),
        (("--observed-at", "1700000000"), "--observed-at '1700000000' is before 2005"),
    ):
        done = RUNNER.invoke(app, ["scan", str(source), "--out", str(tmp_path / "out"), *words])
        assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
        assert not list(tmp_path.glob("out*"))


def test_moments() -> None:
    assert moment(None, None) is None
    for seconds in ("1714521600", "1970-01-01"):
        with pytest.raises(UsageError, match="before 2005"):
            moment(seconds, None)
    assert moment("1714521600000", None) == 1_714_521_600_000
    assert moment("2024-05-01T08:00:00+08:00", None) == 1_714_521_600_000
    assert moment("2024-05-01T08:00:00", "Asia/Shanghai") == 1_714_521_600_000
    assert moment("2024-05-01", None) == 1_714_521_600_000


@pytest.mark.parametrize(
    ("locale", "expected"), [("zh_CN.UTF-8", "zh"), ("en_GB", "en"), ("C", "en"), ("", "en")]
)
def test_language_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, locale: str, expected: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    for name in ("LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert language(None) == expected
    assert language("zh") == "zh"


def test_chinese_takes_two_cells() -> None:
    assert list(columns([["评论区", "1"], ["ab", "20"]], right=[1])) == ["评论区   1", "ab      20"]


def test_output_survives_a_narrow_encoding() -> None:
    done = zhenzan("sources", "--lang", "zh", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith("canonical")
    assert done.stderr == ""
