"""Stopped, killed and resumed runs; and where a run may write."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector import Scan, scan, steps
from zhenzan.detector.progress import LineProgress
from zhenzan.detector.scan import STEPS
from zhenzan.features.errors import NothingToReadError, ScanInterruptedError, UsageError

NOW_MS = 1_790_000_000_000
START_MS = 1_700_000_000_000


def digests(directory: Path) -> dict[str, str]:
    """Of every file but run.json, which alone may know the clock."""
    return {
        p.relative_to(directory).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(directory.rglob("*"))
        if p.is_file() and p.name != "run.json"
    }


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sections with 60 likes each, two of them in one burst by the same accounts."""
    folder = tmp_path_factory.mktemp("input")
    likes: list[dict[str, object]] = []
    for section in range(6):
        for i in range(60):
            spread = 20_000 if section < 2 else 3_000_000 + 7_919 * ((i * 37) % 101)
            account = f"x:p{i}" if section < 2 else f"x:a{section}_{i}"
            likes.append({"kind": "like", "section_id": f"x:s{section}", "account_id": account,
                          "ts_ms": START_MS + section * 86_400_000 + i * spread})  # fmt: skip
    comments: list[dict[str, object]] = [
        {"comment_id": f"x:c{i}", "section_id": f"x:s{i % 2}", "account_id": f"x:p{i}",
         "text": "支持!+1" if i % 2 else f"第{i}次来,写得好", "created_ms": START_MS + i * 60_000}
        for i in range(40)
    ]  # fmt: skip
    write_rows(folder / "engagement.jsonl", likes)
    write_rows(folder / "comment.jsonl", comments)
    return folder


@pytest.fixture(scope="module")
def whole(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """An unbroken run."""
    return scan(world, tmp_path_factory.mktemp("whole") / "out", now_ms=NOW_MS)


class Log(LineProgress):
    """Progress whose lines can be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def _write(self, line: str) -> None:
        self.lines.append(line)

    @property
    def n_reused(self) -> int:
        return sum("done in the earlier run" in line for line in self.lines)


def stop_at(
    monkeypatch: pytest.MonkeyPatch, step: str, world: Path, out: Path, **options: Any
) -> Log:
    """A run that the user stops when `step` begins; what it said."""
    log = Log()

    def stopped(_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, f"{step}_step", stopped)
        with pytest.raises(ScanInterruptedError, match="--resume"):
            scan(world, out, now_ms=NOW_MS, progress=log, **options)
    assert not out.exists()
    return log


@pytest.mark.parametrize("number", [1, 6, 9])
def test_a_stopped_run_resumes_to_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, world: Path, whole: Scan, tmp_path: Path, number: int
) -> None:
    log, out = Log(), tmp_path / "out"
    stop_at(monkeypatch, STEPS[number].name, world, out)
    out.mkdir()  # an empty directory is no obstacle
    resumed = scan(world, out, now_ms=NOW_MS, resume=True, progress=log)
    assert log.n_reused == number
    assert digests(resumed.path) == digests(whole.path)
    assert not (tmp_path / "out.partial").exists()
    assert sorted(resumed.run["seconds"]) == sorted(step.name for step in STEPS)


def test_a_resumed_run_may_be_stopped_again(
    monkeypatch: pytest.MonkeyPatch, world: Path, tmp_path: Path
) -> None:
    stop_at(monkeypatch, "capability", world, tmp_path / "out")
    assert stop_at(monkeypatch, "templates", world, tmp_path / "out", resume=True).n_reused == 1
    again = stop_at(
        monkeypatch, "families", world, tmp_path / "out", resume=True, memory="1GB", threads=1
    )
    assert again.n_reused == 2, "how much of the machine may be used changes nothing"


def test_without_resume_the_old_run_is_replaced(
    monkeypatch: pytest.MonkeyPatch, world: Path, tmp_path: Path
) -> None:
    stop_at(monkeypatch, "families", world, tmp_path / "out")
    assert stop_at(monkeypatch, "families", world, tmp_path / "out").n_reused == 0


def test_other_options_start_anew(
    monkeypatch: pytest.MonkeyPatch, world: Path, tmp_path: Path
) -> None:
    stop_at(monkeypatch, "families", world, tmp_path / "out")
    log = stop_at(monkeypatch, "families", world, tmp_path / "out", resume=True, ids="keep")
    assert "not the same as in the earlier run: ids" in log.lines[0]
    assert log.n_reused == 0


def test_changed_inputs_start_anew(
    monkeypatch: pytest.MonkeyPatch, world: Path, tmp_path: Path
) -> None:
    source = Path(shutil.copytree(world, tmp_path / "input"))
    stop_at(monkeypatch, "families", source, tmp_path / "out")
    text = (source / "engagement.jsonl").read_text("utf-8")
    (source / "engagement.jsonl").write_text(text.replace("x:a5_1", "x:a5_2", 1), "utf-8")
    log = stop_at(monkeypatch, "families", source, tmp_path / "out", resume=True)
    assert "engagement.jsonl has changed" in log.lines[0]
    assert log.n_reused == 0
    write_rows(source / "section.jsonl", [{"section_id": "x:s9", "title": "new"}])
    log = stop_at(monkeypatch, "families", source, tmp_path / "out", resume=True)
    assert "section.jsonl" in log.lines[0]
    assert log.n_reused == 0


def test_a_damaged_table_is_made_again(
    monkeypatch: pytest.MonkeyPatch, world: Path, tmp_path: Path
) -> None:
    stop_at(monkeypatch, "templates", world, tmp_path / "out")
    (tmp_path / "out.partial" / "tables" / "capability.parquet").write_bytes(b"PAR1")
    assert stop_at(monkeypatch, "templates", world, tmp_path / "out", resume=True).n_reused == 1


KILL = """
import os, signal, sys, time
# A shell starts what it puts into the background deaf to Ctrl-C, and tests inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from zhenzan.detector import steps
name, late, number = sys.argv[1], sys.argv[2] == "late", int(sys.argv[3])
real = getattr(steps, f"{name}_step")
def dies(work):
    if late:
        real(work)
    os.kill(os.getpid(), number)
    for _ in range(1000):  # any thread may take the signal; the main one hears of it a bit later
        time.sleep(0.01)
setattr(steps, f"{name}_step", dies)
sys.argv = ["zhenzan", *sys.argv[4:]]
from zhenzan.detector.cli.main import main
main()
"""


def run_and_signal(
    step: str, when: str, number: int, *words: str
) -> subprocess.CompletedProcess[str]:
    """A real process that gets a signal before a step, or after its work and before its record."""
    return subprocess.run(
        [sys.executable, "-c", KILL, step, when, str(number), *words],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_leaves_nothing_under_the_name(
    world: Path, whole: Scan, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    killed = run_and_signal("write", "late", signal.SIGKILL, "scan", str(world), "--out", str(out))
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    log = Log()
    resumed = scan(world, out, now_ms=NOW_MS, resume=True, progress=log)
    assert log.n_reused == len(STEPS) - 1
    assert digests(resumed.path) == digests(whole.path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_says_how_to_go_on(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stopped = run_and_signal(
        "capability", "early", signal.SIGINT, "scan", str(world), "--out", str(out)
    )
    assert stopped.returncode == 130
    assert "--resume" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert stopped.stdout == ""
    assert not out.exists()


class TestPlace:
    def test_a_scan_is_replaced_only_on_request(
        self, world: Path, whole: Scan, tmp_path: Path
    ) -> None:
        out = Path(shutil.copytree(whole.path, tmp_path / "out"))
        (out / "mine.txt").write_text("x")
        with pytest.raises(UsageError, match="--overwrite"):
            scan(world, out, now_ms=NOW_MS)
        assert (out / "mine.txt").exists()
        done = scan(world, out, overwrite=True, now_ms=NOW_MS)
        assert digests(done.path) == digests(whole.path)

    def test_other_directories_are_never_replaced(self, world: Path, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.docx").write_text("years")
        with pytest.raises(UsageError, match="not a scan"):
            scan(world, tmp_path / "out", overwrite=True)
        assert (tmp_path / "out" / "thesis.docx").read_text() == "years"

    def test_a_file_is_refused(self, world: Path, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("x")
        with pytest.raises(UsageError, match="is a file"):
            scan(world, tmp_path / "out")

    def test_inside_the_input_is_refused(self, world: Path) -> None:
        with pytest.raises(UsageError, match="inside the input"):
            scan(world, world / "out")
        with pytest.raises(UsageError, match="inside the input"):
            scan(world, world, overwrite=True)
        with pytest.raises(UsageError, match="replace the input"):
            scan(world / "engagement.jsonl", world, overwrite=True)
        assert not (world / "out.partial").exists()


def test_results_are_never_input(world: Path, whole: Scan, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(world, folder / "may")
    shutil.copytree(whole.path, folder / "results")
    done = scan(folder, tmp_path / "out", now_ms=NOW_MS)
    assert len(done.engagements) == len(whole.engagements)
    left_out = [i for i in done.run["inputs"] if i["note"] == "in the results of a scan"]
    assert len(left_out) == len([p for p in whole.path.rglob("*") if p.is_file()])
    with pytest.raises(NothingToReadError, match="results"):
        scan(folder / "results", tmp_path / "again", now_ms=NOW_MS)
