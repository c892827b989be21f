"""The real server on a real port: who is slow, who is strange, and how it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from zhenzan.api import server as api_server
from zhenzan.api.connections import PunctualProtocol
from zhenzan.api.context import opened
from zhenzan.api.security.keys import create_key
from zhenzan.api.server import check_address, server
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.features.errors import MissingDependencyError, UsageError


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    """The port of a server in a thread of its own."""
    running = server(settings)
    thread = Thread(target=running.run, daemon=True)
    thread.start()
    try:
        for _ in range(200):
            if running.started:
                break
            time.sleep(0.05)
        yield running.servers[0].sockets[0].getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    before, PunctualProtocol.head_s = PunctualProtocol.head_s, 0.6
    settings = Settings.read(
        data_dir=tmp_path_factory.mktemp("served"), port=0, workers=0, max_body_bytes=1024,
        body_grace_s=0.5, body_bytes_per_s=4096,
    )  # fmt: skip
    with serving(settings) as found:
        yield found
    PunctualProtocol.head_s = before


def talk(port: int, *pieces: bytes, pause: float = 0, limit: float = 5) -> tuple[bytes, float]:
    """Everything that comes back until the server closes, and after how many seconds."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=limit) as line:
        answer = b""
        try:
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
            while piece := line.recv(65536):
                answer += piece
        except (ConnectionError, BrokenPipeError):
            pass
        return answer, time.monotonic() - began


HEAD = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def test_a_body_that_trickles_is_cut_off(port: int) -> None:
    answer, seconds = talk(port, HEAD + b"Content-Length: 900\r\n\r\n", *[b"x"] * 6, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ") and b"slow-body" in answer
    assert seconds < 3


def test_a_head_that_trickles_is_cut_off(port: int) -> None:
    answer, seconds = talk(port, *[b"X: y\r\n" if n else HEAD for n in range(20)], pause=0.05)
    assert answer == b"" and 0.5 < seconds < 3


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    answer, seconds = talk(port)
    assert answer == b"" and 0.5 < seconds < 3


def test_a_connection_is_kept_between_requests(port: int) -> None:
    ask = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    last = ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer, _ = talk(port, ask, ask, last, pause=0.8)  # longer than a head may take
    assert answer.count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\n\r\n", 400),  # no host
        (b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 421),
        (b"GET http://rebound.example/v1/me HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 421),
        (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET /x" + b"a" * 400_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 2048\r\n\r\n" + b"x" * 2048, 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n5\r\n"
         b"xxxxx\r\n0\r\n\r\n", 413),
        (HEAD + b"Content-Length: 3\r\n\r\n{\xff}", 400),
    ],
    ids=range(14),
)  # fmt: skip
def test_strange_requests(port: int, request_bytes: bytes, status: int) -> None:
    sent = request_bytes.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    answer, seconds = talk(port, sent)
    assert answer.split(b"\r\n")[0].split(b" ")[1] == str(status).encode(), answer[:200]
    assert b"root:" not in answer and seconds < 3


def test_others_need_keys(tmp_path: Path) -> None:
    open_to_all = Settings.read(data_dir=tmp_path, host="0.0.0.0", port=0, workers=0)
    with pytest.raises(UsageError, match="zhenzan keys create"):
        check_address(open_to_all)
    database = Database(open_to_all.database_url)
    with database.session() as session:
        create_key(session, tenant_id="default", name="", roles=["admin"], now_ms=1)
    database.close()
    check_address(open_to_all)


def test_loopback_needs_none(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        check_address(Settings.read(data_dir=tmp_path / "absent", host=host))
    assert not (tmp_path / "absent").exists()


def test_why_it_does_not_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_server, "begin", lambda _: None)
    file, broken = tmp_path / "file", tmp_path / "broken"
    file.touch()
    broken.mkdir()
    (broken / "zhenzan.db").write_bytes(b"no database" * 1000)
    for folder, why in (
        (file, f"{file} cannot be used: File exists"),
        (file / "below", f"{file}/below cannot be used: Not a directory"),
        (Path("/proc/x"), "/proc/x cannot be used: No such file or directory"),
        (broken, f"{broken}/zhenzan.db: file is not a database"),
    ):
        with pytest.raises(UsageError) as caught:
            api_server.run(Settings.read(data_dir=folder, workers=0, port=free_port()))
        assert why in str(caught.value)


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "zhenzan.db").mkdir()
    with pytest.raises(MissingDependencyError, match=r"zhenzan\.db: unable to open"):
        opened(Settings.read(data_dir=tmp_path))


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    def start(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "zhenzan.detector.cli.main", "serve", "--data-dir",
             str(tmp_path), "--log-json", "--workers", "0", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
        )  # fmt: skip

    return start


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.mark.slow
def test_the_command_serves_and_stops(command: Callable[..., subprocess.Popen[str]]) -> None:
    chosen = free_port()
    running = command("--port", str(chosen))
    ask = b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    for _ in range(100):
        time.sleep(0.1)
        try:
            answer, _ = talk(chosen, ask)
            break
        except OSError:
            assert running.poll() is None, running.communicate()
    assert b"200 OK" in answer
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=20)
    assert out == "" and running.returncode in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in err.splitlines()]
    assert any(line.get("route") == "/health/ready" for line in lines)


@pytest.mark.slow
def test_the_command_refuses_other_addresses(
    command: Callable[..., subprocess.Popen[str]],
) -> None:
    refused = command("--host", "0.0.0.0", "--port", str(free_port()))
    _, err = refused.communicate(timeout=30)
    assert refused.returncode == 2 and "zhenzan keys create --role admin" in err


@pytest.mark.slow
def test_a_port_in_use_is_said(command: Callable[..., subprocess.Popen[str]]) -> None:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()
        refused = command("--port", str(line.getsockname()[1]))
        _, err = refused.communicate(timeout=30)
    assert refused.returncode == 2 and "cannot serve" in err
