"""Rows of worlds that are kept: found again, made anew where they are damaged."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector.training import gather
from zhenzan.models.scorers.inputs import UNITS
from zhenzan.models.train import Rows


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seeds of the worlds that were made, in turn; a world is three rows here."""
    seeds: list[int] = []

    def make(seed: int, scale: int, view: str) -> dict[str, Rows]:
        seeds.append(seed)
        frame = pd.DataFrame({"timing__x": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
        facts = pd.DataFrame({"group": f"world-{seed}", "positive": True}, index=frame.index)
        return {unit: Rows(frame, facts) for unit in UNITS}

    monkeypatch.setattr(gather, "_made", make)
    return seeds


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "shorter", "gone"])
def test_kept_rows_are_found_and_damaged_ones_made_anew(
    tmp_path: Path, made: list[int], damage: str
) -> None:
    first = gather.gather_worlds([11], 20_000, keep=tmp_path)
    names = sorted(p.name for p in tmp_path.iterdir())
    again = gather.gather_worlds([11], 20_000, keep=tmp_path)
    assert made == [11] and len(names) == 2 * len(UNITS)
    pd.testing.assert_frame_equal(again["section"].facts, first["section"].facts)
    file = tmp_path / names[0]
    if damage == "shorter":
        pd.read_parquet(file).head(1).to_parquet(file)
    elif damage == "gone":
        file.unlink()
    else:
        whole = file.read_bytes()
        file.write_bytes({"cut": whole[: len(whole) // 2], "empty": b""}.get(damage, b"mine" * 9))
    gather.gather_worlds([11], 20_000, keep=tmp_path)
    gather.gather_worlds([11], 20_000, keep=tmp_path)
    assert made == [11, 11] and sorted(p.name for p in tmp_path.iterdir()) == names


def test_what_fails_while_it_is_written_leaves_nothing(
    tmp_path: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: pd.DataFrame, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fails)
    with pytest.raises(KeyboardInterrupt):
        gather.gather_worlds([11], 20_000, keep=tmp_path)
    assert not list(tmp_path.iterdir())
