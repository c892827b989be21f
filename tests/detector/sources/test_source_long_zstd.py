"""zstd with windows that Arrow refuses, as Reddit's dumps have."""

from __future__ import annotations

import builtins
import random
from pathlib import Path
from typing import Any

import pytest
import zstandard
from zhenzan.detector.sources.files import Pieces, byte_chunks
from zhenzan.detector.sources.longzstd import ARROW_WINDOW, window_of
from zhenzan.features.errors import MissingDependencyError

LINES = b"".join(b'{"id": "%d"}\n' % i for i in range(20_000))


def packed(data: bytes, log: int = 31) -> bytes:
    """As a stream of unknown length, whose header tells the whole window."""
    chosen = zstandard.ZstdCompressionParameters.from_level(1, window_log=log)
    stream = zstandard.ZstdCompressor(compression_params=chosen).compressobj()
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize("log", [10, 17, 23, 27, 28, 31])
def test_windows_are_read_from_the_header(log: int) -> None:
    frame = packed(b"x", log)
    assert window_of(frame[:18]) == zstandard.get_frame_parameters(frame).window_size == 1 << log


@pytest.mark.parametrize("n", [1, 255, 300, 70_000, 1 << 20])
def test_frames_of_known_length_need_their_length(n: int) -> None:
    frame = zstandard.ZstdCompressor().compress(random.Random(n).randbytes(n))
    assert window_of(frame[:18]) >= zstandard.get_frame_parameters(frame).window_size


def test_long_windows_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "RC.zst"
    path.write_bytes(packed(LINES) + packed(LINES))
    assert window_of(path.read_bytes()[:18]) > ARROW_WINDOW
    assert b"".join(byte_chunks(path)) == LINES * 2


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_cut_file_gives_its_beginning_and_says_so(tmp_path: Path, kept: float) -> None:
    data = packed(random.Random(1).randbytes(1 << 20).hex().encode())
    (tmp_path / "a.zst").write_bytes(data[: int(kept * len(data))])
    pieces = Pieces(tmp_path / "a.zst")
    got = b"".join(pieces)
    assert pieces.cut and len(got) > (kept - 0.25) * (2 << 20)


def test_without_the_library_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zst").write_bytes(packed(LINES))
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name == "zstandard":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"zhenzan\[zstd\]"):
        next(byte_chunks(tmp_path / "a.zst"))
