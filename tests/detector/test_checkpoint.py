"""The work folder: what is finished stays finished, and nothing else is trusted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from zhenzan.detector.checkpoint import Checkpoint, changed_inputs, file_digest, partial_of
from zhenzan.features.errors import UsageError

PLAN = {"timezone": None, "versions": {"zhenzan": "1"}}


def begin(folder: Path, steps: int = 0) -> Checkpoint:
    checkpoint = Checkpoint(folder, PLAN)
    with checkpoint:
        checkpoint.clear()
        checkpoint.tables.mkdir()
        for number in range(steps):
            path = checkpoint.tables / f"t{number}.parquet"
            path.write_bytes(bytes([number]) * 3_000_000)
            checkpoint.record(f"step{number}", [path], 0.5, {"answer": (1, 2)})
    return checkpoint


def test_finished_steps_come_back(tmp_path: Path) -> None:
    begin(tmp_path / "x.partial", 3)
    again = Checkpoint(tmp_path / "x.partial", PLAN)
    with again:
        assert again.restore() is None
    assert [step.name for step in again.steps] == ["step0", "step1", "step2"]
    assert again.steps[1].info == {"answer": [1, 2]}
    assert again.finished("step2") is not None
    assert again.finished("step3") is None


def test_what_was_recorded_reads_the_same_now_and_after_a_resume(tmp_path: Path) -> None:
    first = begin(tmp_path / "x.partial", 1)
    again = Checkpoint(tmp_path / "x.partial", PLAN)
    with again:
        again.restore()
    assert again.steps == first.steps


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_damaged_table_ends_what_is_trusted(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "x.partial"
    begin(folder, 3)
    table = folder / "tables" / "t1.parquet"
    if damage == "gone":
        table.unlink()
    else:
        content = bytearray(table.read_bytes())
        content[-1] ^= 1
        table.write_bytes(bytes(content) if damage == "changed" else content[:-1])
    again = Checkpoint(folder, PLAN)
    with again:
        assert again.restore() is None
    assert [step.name for step in again.steps] == ["step0"]


def test_other_settings_are_named(tmp_path: Path) -> None:
    begin(tmp_path / "x.partial", 2)
    other = Checkpoint(tmp_path / "x.partial", {**PLAN, "timezone": "Asia/Shanghai"})
    with other:
        assert "timezone" in (other.restore() or "")
    assert other.steps == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"plan": {}, "steps": [{"name": 1}]}'])
def test_a_broken_record_is_not_trusted(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "x.partial"
    begin(folder, 1)
    (folder / "checkpoint.json").write_text(content)
    again = Checkpoint(folder, PLAN)
    with again:
        assert "cannot be read" in (again.restore() or "")


def test_nothing_to_continue(tmp_path: Path) -> None:
    fresh = Checkpoint(tmp_path / "x.partial", PLAN)
    with fresh:
        assert "no earlier run" in (fresh.restore() or "")


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "x.partial"
    folder.mkdir()
    (folder / "thesis.docx").write_text("years of work")
    with pytest.raises(UsageError, match="move it away"), Checkpoint(folder, PLAN):
        pass
    assert (folder / "thesis.docx").read_text() == "years of work"


def test_a_plain_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.partial").write_text("mine")
    with pytest.raises(UsageError), Checkpoint(tmp_path / "x.partial", PLAN):
        pass
    assert (tmp_path / "x.partial").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="no flock")
def test_two_runs_cannot_share_a_work_folder(tmp_path: Path) -> None:
    folder = tmp_path / "x.partial"
    with Checkpoint(folder, PLAN):
        code = (
            "import sys; from pathlib import Path\n"
            "from zhenzan.detector.checkpoint import Checkpoint\n"
            "Checkpoint(Path(sys.argv[1]), {}).__enter__()\n"
        )
        other = subprocess.run(
            [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
        )
        assert "another run holds" in other.stderr
    with Checkpoint(folder, PLAN):  # and it is free again
        pass


def test_inputs_are_compared_by_content(tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("a")
    two.write_text("b")
    listed = [{"path": str(p), "sha256": file_digest(p)} for p in (one, two)]
    assert changed_inputs(listed, [two, one]) is None
    assert "b.csv" in (changed_inputs(listed, [one]) or "")
    (tmp_path / "c.csv").write_text("c")
    assert "c.csv" in (changed_inputs(listed, [one, two, tmp_path / "c.csv"]) or "")
    two.write_text("B")
    assert "b.csv has changed" in (changed_inputs(listed, [one, two]) or "")


def test_the_work_folder_is_beside_the_result() -> None:
    assert partial_of(Path("/data/out")) == Path("/data/out.partial")


def test_spill_of_a_killed_run_is_emptied(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "x.partial", PLAN) as checkpoint:
        (checkpoint.clear_spill() / "left").write_text("x")
        assert list(checkpoint.clear_spill().iterdir()) == []
