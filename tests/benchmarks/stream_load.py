"""Load on one stream: rows appended over HTTP at a rate, judged meanwhile; memory over time.

    python tests/benchmarks/stream_load.py --rate 20000 --seconds 600 --out FILE.json

Starts a service of its own on 127.0.0.1 with an empty folder, learns a reference from a simulated
world, and sends batches on schedule. A section is new, lives for `--life` seconds and receives the
same share of acts as every other that lives: what is judged again at each pass is what real streams
have at their peak, sections that grow.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np
import pyarrow as pa
from sqlalchemy import insert
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import NamedReference, StoredScan
from zhenzan.detector import scan
from zhenzan.detector.simulate import simulate

__all__ = ["Loaded", "load", "main"]

_BATCHES_A_SECOND: Final = 4
_ACCOUNTS: Final = 400_000


@dataclass
class Loaded:
    """What was measured; times in seconds, memory in MB."""

    rate: float
    seconds: float
    rows_sent: int = 0
    rows_judged: int = 0
    refused: int = 0
    late_p50: float = 0.0
    late_p99: float = 0.0
    late_max: float = 0.0
    append_p50: float = 0.0
    append_p99: float = 0.0
    behind_schedule: float = 0.0
    passes: int = 0
    sections: int = 0
    cpu_seconds: float = 0.0
    memory: list[tuple[float, float, float]] = field(default_factory=list)


def load(folder: Path, *, rate: int, seconds: float, life_s: float, per_section: int) -> Loaded:
    """Runs the whole of it in a folder.

    Args:
        folder: Empty.
        rate: Acts a second.
        seconds: How long.
        life_s: How long a section receives acts.
        per_section: Acts that a section receives in its life.
    """
    settings = Settings.read(
        data_dir=folder, port=_free_port(), workers=0, rate_per_minute=0, stream_every_s=10
    )
    _learn(settings)
    environment = {**os.environ, "ZHENZAN_DATA_DIR": str(folder), "ZHENZAN_WORKERS": "0",
                   "ZHENZAN_RATE_PER_MINUTE": "0", "ZHENZAN_STREAM_EVERY_S": "10"}  # fmt: skip
    command = [sys.executable, "-m", "zhenzan.detector.cli.main", "serve",
               "--port", str(settings.port)]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stderr=log)
        try:
            return _drive(settings, server, rate, seconds, life_s, per_section)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def _learn(settings: Settings) -> None:
    """A scan of a small world, named `small`."""
    with tempfile.TemporaryDirectory() as place:
        world = simulate(Path(place) / "w", scenario="default", scale=20_000, seed=1).path
        target = Path(settings.store_url) / "default" / "scan_small"
        target.parent.mkdir(parents=True)
        scan(world, target, now_ms=1_900_000_000_000)
    database = Database(settings.database_url)
    database.migrate()
    with database.session() as session:
        session.execute(insert(StoredScan).values(
            id="scan_small", tenant_id="default", owner="local", title="", n_sections=1,
            n_engagements=1, size_bytes=1, summary={}, created_ms=1))  # fmt: skip
        session.execute(insert(NamedReference).values(
            id="ref_small", tenant_id="default", name="small", scan_id="scan_small",
            created_ms=1, created_by="local"))  # fmt: skip
    database.close()


def _drive(
    settings: Settings,
    server: subprocess.Popen[bytes],
    rate: int,
    seconds: float,
    life_s: float,
    per_section: int,
) -> Loaded:
    found = Loaded(rate, seconds)
    with httpx2.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=120) as client:
        _wait_until_up(client)
        client.put("/v1/streams/load", json={"reference": "small"}).raise_for_status()
        sent: list[tuple[int, float]] = []  # number of the batch, when it was answered
        stop = threading.Event()
        watch = threading.Thread(target=_watch, args=(server.pid, found, stop))
        watch.start()
        late = _Late(settings.port, sent, stop)
        late.start()
        taken = _send(client, found, rate, seconds, life_s, per_section, sent)
        deadline = time.monotonic() + 180
        while late.judged < len(sent) and time.monotonic() < deadline:
            time.sleep(0.2)
        stop.set()
        watch.join()
        late.join()
        state = client.get("/v1/streams/load").json()
    times = np.array(list(late.after.values()) or [float("nan")])
    found.late_p50, found.late_p99, found.late_max = (
        round(float(v), 2) for v in (*np.quantile(times, [0.5, 0.99]), times.max())
    )
    found.append_p50, found.append_p99 = (
        round(float(v), 3) for v in np.quantile(np.array(taken), [0.5, 0.99])
    )
    found.rows_judged = found.rows_sent if late.judged >= len(sent) else -1
    found.sections = state["last_pass"]["sections"]
    found.passes = late.passes
    found.cpu_seconds = round(_cpu_seconds(server.pid), 1)
    return found


class _Late(threading.Thread):
    """Notes when each batch is judged."""

    def __init__(self, port: int, sent: list[tuple[int, float]], stop: threading.Event) -> None:
        super().__init__()
        self._url, self._sent, self._stop_it = f"http://127.0.0.1:{port}", sent, stop
        self.judged, self.passes = 0, 0
        self.after: dict[int, float] = {}

    def run(self) -> None:
        with httpx2.Client(base_url=self._url, timeout=60) as client:
            while not self._stop_it.wait(0.25):
                told = client.get("/v1/streams/load")
                if told.status_code != 200:
                    continue
                judged, now = told.json()["judged"], time.monotonic()
                self.passes += judged > self.judged
                for seq, at in list(self._sent):
                    if self.judged < seq <= judged:
                        self.after[seq] = now - at
                self.judged = max(self.judged, judged)


def _send(
    client: httpx2.Client,
    found: Loaded,
    rate: int,
    seconds: float,
    life_s: float,
    per_section: int,
    sent: list[tuple[int, float]],
) -> list[float]:
    """Batches on schedule, whatever the answers take; refused ones again after the wait."""
    rng = np.random.default_rng(0)
    size = rate // _BATCHES_A_SECOND
    alive = max(int(rate * life_s / per_section), 1)
    began, taken = time.monotonic(), []
    for number in range(int(seconds * _BATCHES_A_SECOND)):
        due = began + number / _BATCHES_A_SECOND
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        found.behind_schedule = round(max(found.behind_schedule, -wait), 2)
        body = _body(rng, number, size, alive, life_s)
        headers = {
            "Content-Type": "application/vnd.apache.arrow.stream",
            "X-Batch-Id": f"b{number}",
        }
        while True:
            at = time.monotonic()
            answer = client.post("/v1/engagements?stream=load", content=body, headers=headers)
            taken.append(time.monotonic() - at)
            if answer.status_code != 503:
                answer.raise_for_status()
                break
            found.refused += 1
            time.sleep(float(answer.headers["retry-after"]))
        sent.append((answer.json()["seq"], at))
        found.rows_sent += answer.json()["n_rows"]
    return taken


def _body(rng: Any, number: int, size: int, alive: int, life_s: float) -> bytes:
    """Acts of one moment, spread over the sections that live then."""
    at = number / _BATCHES_A_SECOND
    slot = rng.integers(0, alive, size)
    # Sections begin evenly over a life, so that as many end as begin at any time.
    generation = np.floor(at / life_s + slot / alive).astype(np.int64)
    now = time.time_ns() // 1_000_000
    table = pa.table(
        {
            "kind": pa.array(["like"] * size),
            "section_id": [f"load:s{s}g{g}" for s, g in zip(slot, generation, strict=True)],
            "account_id": [f"load:a{a}" for a in rng.integers(0, _ACCOUNTS, size)],
            "ts_ms": now - 250 + np.sort(rng.integers(0, 250, size)),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _watch(pid: int, found: Loaded, stop: threading.Event) -> None:
    began = time.monotonic()
    while not stop.wait(2.0):
        memory = [_memory_mb(each) for each in _family(pid)]
        found.memory.append(
            (round(time.monotonic() - began, 1), round(memory[0], 1), round(sum(memory[1:]), 1))
        )


def _family(pid: int) -> list[int]:
    """The process and all that it started, and what those started."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(word) for word in task.read_text().split()]
            except OSError:  # it has just ended
                continue
    return found


def _memory_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(li.split()[1]) / 1024 for li in lines if li.startswith("VmRSS")), 0.0)


def _cpu_seconds(pid: int) -> float:
    ticks = 0
    for each in _family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait_until_up(client: httpx2.Client) -> None:
    for _ in range(300):
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError("the service did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--life", type=float, default=120)
    parser.add_argument("--per-section", type=int, default=600)
    parser.add_argument("--out", type=Path)
    said = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="zhenzan-load-") as folder:
        found = load(
            Path(folder), rate=said.rate, seconds=said.seconds, life_s=said.life,
            per_section=said.per_section,
        )  # fmt: skip
    text = json.dumps(asdict(found), indent=1)
    if said.out:
        said.out.write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
