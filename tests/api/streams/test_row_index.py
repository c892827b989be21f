"""The rows of a key are found without reading the file, whatever stands beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.api.streams import row_index, segments
from zhenzan.api.streams.row_index import RowIndex, digests, runs_of
from zhenzan.api.streams.segments import Segments

KEYS = st.lists(st.sampled_from(["a", "b", "ab", "是", "🙂", "", "a\x00b", "z" * 300]), max_size=60)


def piece(path: Path, ids: list[str], seed: int = 0) -> Path:
    """Rows of sections in any order, each row with a number of its own."""
    order = np.random.default_rng(seed).permutation(len(ids))
    rows = {"section_id": [ids[n] for n in order], "at": [seed * 1_000_000 + int(n) for n in order]}
    pq.write_table(pa.table(rows), path)
    return path


def filled(folder: Path, batches: list[list[str]]) -> Segments:
    """A stream of which each batch was a pass."""
    made = Segments(folder)
    folder.mkdir(exist_ok=True)
    for number, ids in enumerate(batches, start=1):
        made.add({"engagement": [piece(folder / f"{number}.parquet", ids, number)]}, number)
    return made


def every_row(held: Segments) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in held.files("engagement")])


@given(KEYS, KEYS)
def test_runs_are_found_where_they_stand(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], asked: list[str]
) -> None:
    keys = sorted(keys)
    path = tmp_path_factory.mktemp("index") / "rows.npy"
    half = len(keys) // 2  # a key may go on in the next part
    cut = [runs_of(pa.chunked_array([keys[:half]], pa.string()), 0),
           runs_of(pa.chunked_array([keys[half:]], pa.string()), half)]  # fmt: skip
    RowIndex.save(path, cut)
    which, runs = RowIndex(path).find(digests(asked))
    found = [
        (asked[w], row)
        for w, (_, first, n) in zip(which.tolist(), runs.T.tolist(), strict=True)
        for row in range(first, first + n)
    ]
    expected = [(key, row) for key in asked for row, other in enumerate(keys) if other == key]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("digest_bytes", [8, 1])
def test_what_is_read_is_what_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digest_bytes: int
) -> None:
    """Small groups, and digests of one byte, which several sections share."""
    monkeypatch.setattr(segments, "_GROUP_ROWS", 16)
    if digest_bytes == 1:
        monkeypatch.setattr(row_index, "_BYTES", 1)
        monkeypatch.setattr(
            segments, "digests", short := lambda keys: digests_of_one_byte(list(keys))
        )
        monkeypatch.setattr(row_index, "digests", short)
    rng = np.random.default_rng(3)
    names = [f"s{n}" for n in range(400)]
    batches = [rng.choice(names, rng.integers(1, 500)).tolist() for _ in range(11)]
    held = filled(tmp_path / "stream", batches)
    assert {s.level for s in held.live} == {0, 1}
    whole = every_row(held).to_pandas()
    for size in (1, 3, 60, 400):
        asked = rng.choice([*names, "never"], size, replace=False).tolist()
        found = held.read("engagement", asked)
        expected = whole[whole.section_id.isin(asked)]
        got = np.array([]) if found is None else found["at"].to_numpy()
        assert sorted(got.tolist()) == sorted(expected["at"].tolist())
        sizes = held.sizes(["engagement"], asked)
        counted = expected.groupby("section_id").size().reindex(asked, fill_value=0).to_numpy()
        assert (sizes >= counted).all()
        if digest_bytes == 8:
            assert (sizes == counted).all()


def digests_of_one_byte(keys: list[str]) -> np.ndarray:
    """As many collisions as there can be."""
    return np.array([sum(key.encode()) % 256 for key in keys], dtype=np.uint64)


def test_only_the_groups_that_hold_it_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "_GROUP_ROWS", 16)
    held = filled(tmp_path / "stream", [[f"s{n:03d}" for n in range(400)] * 2])
    asked: list[list[int]] = []
    real = pq.ParquetFile.read_row_groups

    def noted(self: pq.ParquetFile, groups: list[int], *args: object, **options: object) -> object:
        asked.append(groups)
        return real(self, groups, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noted)
    found = held.read("engagement", ["s000", "s008", "s399"])
    assert found is not None and found.num_rows == 6
    assert asked == [[0, 1, 49]]  # rows 0 and 1, 16 and 17, 798 and 799


@pytest.mark.parametrize("state", ["missing", "broken", "half"])
def test_an_index_that_is_gone_is_made_again(tmp_path: Path, state: str) -> None:
    filled(tmp_path / "stream", [["a", "b", "b"], ["b", "c"]])
    for path in (tmp_path / "stream" / "segments").glob("*.npy"):
        whole = path.read_bytes()
        path.unlink()
        if state != "missing":
            path.write_bytes(b"not an array" if state == "broken" else whole[: len(whole) // 2])
    held = Segments(tmp_path / "stream")
    found = held.read("engagement", ["b"])
    assert found is not None and found["section_id"].to_pylist() == ["b"] * 3
    held.sweep()
    names = {path.suffix for path in (tmp_path / "stream" / "segments").iterdir()}
    assert names == {".parquet", ".npy"}


def test_what_was_rewritten_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_GROUP_ROWS", 4)
    held = filled(tmp_path / "stream", [["a"] * 9 + ["b"] * 9 + ["c"] * 9])
    gone = held.rewrite(lambda _, rows: pa.array([n % 3 > 0 for n in rows["at"].to_pylist()]))
    assert gone == 9
    for key in "abc":
        found = held.read("engagement", [key])
        assert found is not None and set(found["section_id"].to_pylist()) == {key}
    assert held.sizes(["engagement"], ["a", "b", "c", "d"]).sum() == 18
