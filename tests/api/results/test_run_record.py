"""What a run record says to those who may not know the server's folders."""

from __future__ import annotations

import json
from pathlib import Path

from zhenzan.api.results.run_record import handed_out, read_run_record


def test_places_are_left_out_and_everything_else_stays(tmp_path: Path) -> None:
    record = {
        "config": {"key_file": "/srv-x/keys/a.key", "model": None, "seed": 0, "ids": "hash"},
        "inputs": [
            {"path": "/srv-x/uploads/likes.jsonl", "rows_read": 3, "sha256": "ab/cd"},
            {"path": "https://host.example/secret/likes.parquet?token=t", "rows_read": 1},
        ],
        "notes": ["a/b"],
    }
    told = handed_out(record)
    assert told["config"] == {"key_file": "a.key", "model": None, "seed": 0, "ids": "hash"}
    assert [i["path"] for i in told["inputs"]] == ["likes.jsonl", "likes.parquet"]
    assert told["inputs"][0]["sha256"] == "ab/cd" and told["notes"] == ["a/b"]
    file = tmp_path / "run.json"
    file.write_text(json.dumps(record), "utf-8")
    assert read_run_record(file) == told
    assert "srv-x" not in json.dumps(told) and "token" not in json.dumps(told)
