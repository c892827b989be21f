"""Small files that would fill a disk."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from zhenzan.api.jobs.packed import check_declared, check_unpacked
from zhenzan.detector.ingest.bundles import Limits
from zhenzan.features.errors import InputError

LIMITS = Limits(total=1 << 20, ratio=20, free=1 << 16, members=10)
ZEROS = b"\0" * (1 << 21)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_bomb_is_refused_by_its_index(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refused"):
        check_declared(zipped(tmp_path / "a.zip", {"zeros.csv": ZEROS}), LIMITS)


def test_so_are_many_members(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refused"):
        check_declared(zipped(tmp_path / "a.zip", {f"{i}.csv": b"x" for i in range(11)}), LIMITS)


def test_a_packed_stream_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "likes.jsonl.gz"
    path.write_bytes(gzip.compress(ZEROS))
    with pytest.raises(InputError, match="refused"):
        check_unpacked(path, LIMITS)


def test_so_is_a_packed_tar(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        told = tarfile.TarInfo("zeros.csv")
        told.size = len(ZEROS)
        archive.addfile(told, io.BytesIO(ZEROS))
    with pytest.raises(InputError, match="refused"):
        check_unpacked(path, LIMITS)


def test_honest_files_pass(tmp_path: Path) -> None:
    text = "".join(f"account{i * 7919 % 1000},{i}\n" for i in range(2000)).encode()
    packed = tmp_path / "likes.csv.gz"
    packed.write_bytes(gzip.compress(text))
    plain = tmp_path / "likes.csv"
    plain.write_bytes(ZEROS)
    cut_off = tmp_path / "cut.csv.gz"
    cut_off.write_bytes(gzip.compress(text)[:-20])
    for path in (packed, plain, cut_off, zipped(tmp_path / "a.zip", {"likes.csv": text})):
        check_unpacked(path, LIMITS)


def test_what_only_begins_like_a_packed_file_is_for_the_reader_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "broken.gz"
    path.write_bytes(b"\x1f\x8b" + b"garbage" * 20)
    check_unpacked(path, LIMITS)
    path.write_bytes(b"PK\x03\x04 nothing")
    check_unpacked(path, LIMITS)
