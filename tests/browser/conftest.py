"""Headless Chromium for pages that must be seen to work."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from zhenzan.detector.results import Scan

# A page is a file; the browser gets no network of its own accord.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--virtual-time-budget=2000",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine")


@pytest.fixture
def browse(chromium: str, tmp_path: Path) -> Callable[..., str]:
    """Opens a page and returns its document after the scripts ran."""

    def run(html: str, *options: str, fragment: str = "") -> str:
        page = tmp_path / "page.html"
        page.write_text(html, encoding="utf-8")
        profile = tmp_path / "profile"
        done = subprocess.run(
            [chromium, *_FLAGS, f"--user-data-dir={profile}", *options, "--dump-dom",
             page.as_uri() + fragment],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout.decode("utf-8")

    return run


@pytest.fixture(scope="session")
def make_scan() -> Callable[..., Scan]:
    path = Path(__file__).parents[1] / "detector" / "report" / "made_scan.py"
    spec = importlib.util.spec_from_file_location("zhenzan_tests_made_scan_browser", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., Scan] = module.make_scan
    return found
