"""How fast JSON lines are read, as a share of a bare `json.loads` loop in the same run, and in how
much memory. Run as a script it writes `results/reading.json`; the test beside it holds the floor.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from zhenzan.detector.ingest import IngestOptions
from zhenzan.detector.ingest.pseudonyms import Pseudonyms
from zhenzan.detector.ingest.stage import stage
from zhenzan.detector.peak_memory import peak_memory
from zhenzan.detector.sources import ReadOptions, recognise
from zhenzan.detector.sources.files import probe

NOW_MS = 1_760_000_000_000


def write_likes(path: Path, rows: int) -> None:
    with path.open("w") as file:
        for i in range(rows):
            like = {
                "kind": "like", "section_id": f"s{i % 97}", "account_id": f"u{i * 7919 % 99991}",
                "ts_ms": 1_700_000_000_000 + i * 37,
            }  # fmt: skip
            file.write(json.dumps(like) + "\n")


def write_comments(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for i in range(rows):
            comment = {
                "comment_id": f"c{i}", "section_id": f"s{i % 97}", "text": f"真的不错，支持 {i}",
                "account_id": f"u{i * 7919 % 99991}", "created_ms": 1_700_000_000_000 + i * 37,
                "like_count": i % 50,
            }  # fmt: skip
            file.write(json.dumps(comment, ensure_ascii=False) + "\n")


def bare(path: Path) -> None:
    """The yardstick: parse every line and forget it."""
    with path.open("rb") as file:
        for line in file:
            json.loads(line)


def through_source(path: Path) -> None:
    """To batches under canonical names."""
    seen = probe(path)
    for _ in recognise(seen).read(seen, ReadOptions()):
        pass


def through_ingest(path: Path) -> None:
    """To checked rows on disk: types, units, ranges, hashed ids, digests."""
    seen = probe(path)
    with tempfile.TemporaryDirectory() as folder:
        key = Pseudonyms(b"0123456789abcdef")
        stage(seen, recognise(seen), key, IngestOptions(now_ms=NOW_MS), Path(folder))


def cost(work: Callable[[Path], None], path: Path) -> float:
    """Processor seconds, the better of two: the first may load or compile."""
    found = []
    for _ in range(2):
        began = time.process_time()
        work(path)
        found.append(time.process_time() - began)
    return min(found)


def ratios(folder: Path, rows: int) -> dict[str, dict[str, float]]:
    """Speed as a share of the bare loop, by file and by how far it is read."""
    found = {}
    for name, write in (("engagement", write_likes), ("comment", write_comments)):
        path = folder / f"{name}.jsonl"
        write(path, rows)
        yardstick = cost(bare, path)
        found[name] = {
            "source": round(yardstick / cost(through_source, path), 2),
            "ingest": round(yardstick / cost(through_ingest, path), 2),
        }
    return found


def peak_mb(path: Path) -> float:
    """Memory of a process of its own that reads the file through ingest."""
    done = subprocess.run(
        [sys.executable, __file__, "--peak", str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    if sys.argv[1:2] == ["--peak"]:
        through_ingest(Path(sys.argv[2]))
        sys.stdout.write(str((peak_memory() or 0) / 2**20))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        record = {"rows": 300_000, "speed_over_bare_json": ratios(folder, 300_000)}
        peaks = {}
        for rows in (250_000, 1_000_000):
            write_comments(folder / "comment.jsonl", rows)
            peaks[str(rows)] = round(peak_mb(folder / "comment.jsonl"))
        record["peak_mb_by_rows"] = peaks
    out = Path(__file__).parent / "results" / "reading.json"
    out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
