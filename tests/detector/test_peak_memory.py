"""The peak is that of the program that asks, not of the one that started it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from zhenzan.detector.peak_memory import peak_memory

_ASKS = "from zhenzan.detector.peak_memory import peak_memory; print(peak_memory())"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells it of a program")
def test_a_large_parent_does_not_count() -> None:
    held = bytearray(b"x") * (300 << 20)
    own = peak_memory()
    assert own is not None
    assert own > len(held)
    done = subprocess.run([sys.executable, "-c", _ASKS], capture_output=True, text=True, check=True)
    assert 1 << 20 < int(done.stdout) < 200 << 20
