"""Parts judged side by side are judged as in turn; what fails is told, and ends nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from zhenzan.api.streams.intake import take_in
from zhenzan.api.streams.judge import References, in_turn, parts
from zhenzan.api.streams.judges import Judges, JudgingFailedError
from zhenzan.api.streams.segments import Segments
from zhenzan.models.attribution import Reference

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="module")
def folder(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream whose rows were sorted in."""
    place = tmp_path_factory.mktemp("stream")
    (place / "body").write_text("\n".join(lines) + "\n", "utf-8")
    taken = take_in(place / "body", "json", "engagement", place / "taken", NOW_MS)
    Segments(place).add({name: [path] for name, path in taken.pieces.items()}, 1)
    return place


@pytest.fixture(scope="module")
def ids(small_world: dict[str, pd.DataFrame]) -> list[str]:
    found: list[str] = sorted(small_world["section"].section_id)
    return found


def cut(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[n : n + size] for n in range(0, len(ids), size))


def rows_of(told: Any) -> dict[str, dict[str, Any]]:
    return {row["section_id"]: row for part in told for row in part.sections.to_pylist()}


@pytest.mark.slow
def test_side_by_side_is_as_in_turn(
    folder: Path, ids: list[str], reference: Reference, learnt: Path
) -> None:
    whole = list(in_turn(reference)(folder, [ids]))
    judges = Judges(2)
    try:
        for size in (7, 25):  # the second time with what is warm
            told = list(judges.by(learnt)(folder, cut(ids, size)))
            assert rows_of(told) == rows_of(whole)
            assert sum(part.rows for part in told) == sum(part.rows for part in whole)
    finally:
        judges.close()
    assert not list(folder.glob("pass-*"))


@pytest.mark.slow
def test_what_fails_is_told_without_its_message(
    folder: Path,
    ids: list[str],
    learnt: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    judges = Judges(2)
    try:
        with pytest.raises(JudgingFailedError) as caught:
            list(judges.by(tmp_path / "nowhere")(folder, cut(ids, 20)))
        assert "nowhere" not in str(caught.value)
        told: Any = caplog.records[-1]  # the type of the error, and where it arose in its process
        assert told.message == "part failed" and told.error.endswith("Error")
        assert any("judge_part" in place or "_judge" in place for place in told.at)
        assert len(rows_of(judges.by(learnt)(folder, cut(ids, 20)))) == len(ids)
        pool: Any = judges._pool
        for pid in pool._processes:  # as when memory runs out
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            list(judges.by(learnt)(folder, cut(ids, 20)))
        assert len(rows_of(judges.by(learnt)(folder, cut(ids, 20)))) == len(ids)
        early = judges.by(learnt)(folder, cut(ids, 5))
        next(early)
        early.close()
        assert not list(folder.glob("pass-*"))  # nobody works on when it returns
    finally:
        judges.close()


@pytest.mark.slow
def test_they_end_with_their_follower(folder: Path, ids: list[str], learnt: Path) -> None:
    code = f"""
import os, sys
from dataclasses import replace
from pathlib import Path
from zhenzan.api.streams.judges import Judges
if __name__ == "__main__":
    judges = Judges(2)
    ids = {ids!r}
    list(judges.by(Path({str(learnt)!r}))(Path({str(folder)!r}), [ids[:5], ids[5:9]]))
    print(*judges._pool._processes, flush=True)
    os.kill(os.getpid(), 9)
"""
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_one_process_needs_no_other(folder: Path, ids: list[str], learnt: Path) -> None:
    judges = Judges(1)
    assert len(rows_of(judges.by(learnt)(folder, cut(ids, 30)))) == len(ids)
    assert judges._pool is None
    judges.close()
    few = Judges(2)
    assert len(rows_of(few.by(learnt)(folder, [ids[:3]]))) == 3
    assert few._pool is None  # a small stream stays with its follower
    few.close()


def test_parts_hold_every_section_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhenzan.api.streams.judge._PART_ROWS", 100)
    monkeypatch.setattr("zhenzan.api.streams.judge._PART_SECTIONS", 8)
    sizes = {
        "large": 500,
        **{f"s{n:02d}": 30 for n in range(9)},
        **{f"t{n:02d}": 1 for n in range(20)},
    }
    ids = [key for key, n in sizes.items() for _ in range(n)]
    pq.write_table(pa.table({"section_id": ids}), tmp_path / "rows.parquet")
    held = Segments(tmp_path)
    held.add({"engagement": [tmp_path / "rows.parquet"]}, 1)
    made = list(parts(held, sorted([*sizes, "unknown"])))
    assert [key for some in made for key in some] == sorted([*sizes, "unknown"])
    assert ["large"] in made
    for some in made:
        rows = sum(sizes.get(key, 0) for key in some)
        assert len(some) <= 8 and (rows <= 100 or len(some) == 1)


def test_a_reference_that_was_replaced_is_read_again(
    reference: Reference, learnt: Path, tmp_path: Path
) -> None:
    place, held = tmp_path / "learnt", References()
    shutil.copytree(learnt, place)
    assert held.get(place) is held.get(place)
    replace(reference, cut=reference.cut / 2).save(place)
    assert held.get(place).cut == reference.cut / 2
