"""Prefixes and roots that cannot be right are told when a process starts, not to callers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from zhenzan.api import server
from zhenzan.api.jobs.reach import check_reach
from zhenzan.api.settings import Settings
from zhenzan.features.errors import UsageError

GOOD = "https://data.example.com/{tenant}/"


@pytest.mark.parametrize(
    "prefix",
    [
        "data.example.com",
        "file:///etc/",
        "https://u:hunter2@a.example/",
        "https://",
        "s3:///x",
        "//a",
    ],
)
def test_a_prefix_that_cannot_be_one_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setattr(server, "begin", lambda _: None)
    chosen = Settings.read(data_dir=tmp_path / "data", workers=0, url_prefixes=(GOOD, prefix))
    with pytest.raises(UsageError, match="ZHENZAN_URL_PREFIXES: number 2") as caught:
        server.run(chosen)
    assert "hunter2" not in str(caught.value) and not (tmp_path / "data").exists()


def test_roots_that_are_not_there_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "here").mkdir()
    roots = [tmp_path / name for name in ("here", "nope", "here/{tenant}", "gone/{tenant}/x")]
    with caplog.at_level(logging.WARNING, "zhenzan"):
        check_reach(Settings.read(data_dir=tmp_path, roots=tuple(roots), url_prefixes=(GOOD,)))
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2 and all("ZHENZAN_ROOTS" in words for words in told)
    assert "nope is no folder" in told[0] and "gone is no folder" in told[1]


def test_an_upload_needs_no_prefix(run_service: Any, settings: Settings) -> None:
    wrong = settings.model_copy(update={"url_prefixes": ("data.example.com",)})
    with run_service(wrong) as client:
        answer = client.post("/v1/jobs/upload", params={"filename": "a.csv"}, content=b"a,b\n1,2\n")
    assert answer.status_code == 202, answer.text
