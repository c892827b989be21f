"""Downloads from a real server on this machine, with everything that it may try."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from zhenzan.api.jobs.download import check_public, download
from zhenzan.api.jobs.urls import allowed_url, parse_prefix
from zhenzan.features.errors import InputError, MissingDependencyError, UsageError

CONTENT = b"like,x:s,x:a,1\n" * 1000


class Handler(BaseHTTPRequestHandler):
    """Good files below /open/, traps beside them."""

    def do_GET(self) -> None:
        moved = {
            "/open/moved": "/open/a.csv",
            "/open/out": "/secret/b.csv",
            "/open/away": "http://169.254.169.254/latest/",
            "/open/file": "file:///etc/passwd",
            "/open/round": "/open/round",
        }.get(self.path)
        if moved is not None:
            self.send_response(302)
            self.send_header("Location", moved)
            self.end_headers()
        elif self.path.startswith(("/open/a.csv", "/secret/b.csv")):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT)
        elif self.path == "/open/short":
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT) + 10))
            self.end_headers()
            self.wfile.write(CONTENT)
        elif self.path == "/open/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(CONTENT)
            except OSError:
                return
        else:
            self.send_error(503 if self.path == "/open/busy" else 404)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def get(port: int, tmp_path: Path) -> Callable[..., bytes]:
    """`get("a.csv")`: what is written to disk; nothing else may be there."""

    def one(name: str, *, limit: int = 1 << 20, host: str = "127.0.0.1") -> bytes:
        prefixes = [parse_prefix(f"http://{host}:{port}/open/", "t")]
        target = tmp_path / "got"
        address = allowed_url(f"http://{host}:{port}/open/{name}", prefixes)
        try:
            download(address, prefixes, target, limit=limit, tell=lambda done, size: None)
        except BaseException:
            assert not target.exists()
            raise
        assert [path.name for path in tmp_path.iterdir()] == ["got"]
        return target.read_bytes()

    return one


@pytest.mark.parametrize("name", ["a.csv", "moved", "a.csv?signature=1"])
def test_what_is_there_is_fetched(get: Callable[..., bytes], name: str) -> None:
    assert get(name) == CONTENT


@pytest.mark.parametrize("name", ["out", "away", "file"])
def test_redirects_off_the_prefix_are_not_followed(get: Callable[..., bytes], name: str) -> None:
    with pytest.raises(UsageError):
        get(name)


@pytest.mark.parametrize(("name", "said"), [("none", "404"), ("round", "on and on")])
def test_what_will_never_come_is_an_error_of_the_input(
    get: Callable[..., bytes], name: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        get(name)


@pytest.mark.parametrize("name", ["busy", "short"])
def test_what_may_come_later_is_told_apart(get: Callable[..., bytes], name: str) -> None:
    with pytest.raises(MissingDependencyError):
        get(name)


@pytest.mark.parametrize("name", ["a.csv", "endless"])
def test_sizes_are_bounded_whether_announced_or_not(get: Callable[..., bytes], name: str) -> None:
    with pytest.raises(InputError, match="more than"):
        get(name, limit=5000)


def test_a_server_that_is_gone_may_come_back(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        prefixes = [parse_prefix(f"http://127.0.0.1:{free.getsockname()[1]}/", "t")]
    address = allowed_url(f"{prefixes[0].text}a", prefixes)
    with pytest.raises(MissingDependencyError, match="cannot be reached"):
        download(address, prefixes, tmp_path / "got", limit=1, tell=lambda done, size: None)


def test_a_public_name_that_leads_to_this_machine_is_refused(
    get: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **options: real("127.0.0.1", *args, **options)
    )
    with pytest.raises(InputError, match="private"):
        get("a.csv", host="data.example.com")
    assert get("a.csv", host="store.internal") == CONTENT  # the prefix names such a network


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
     "224.0.0.1", "ff02::1"],
)  # fmt: skip
def test_private_addresses_are_known(number: str) -> None:
    address = allowed_url("http://h.example/a", [parse_prefix("http://h.example/", "t")])
    with pytest.raises(InputError):
        check_public(address, ["93.184.216.34", number])
    check_public(address, ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])


def test_stores_are_read_through_fsspec(tmp_path: Path) -> None:
    class Bucket(MemoryFileSystem):  # type: ignore[misc]
        protocol = "zz-bucket"

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return "/" + path.removeprefix("zz-bucket://").strip("/")

    fsspec.register_implementation("zz-bucket", Bucket, clobber=True)
    Bucket().pipe_file("/b/t/a.csv", CONTENT)
    prefixes = [parse_prefix("zz-bucket://b/{tenant}/", "t")]
    told = io.StringIO()
    address = allowed_url("zz-bucket://b/t/a.csv", prefixes)
    tell = lambda done, size: told.write(f"{done}/{size}")  # noqa: E731
    download(address, prefixes, tmp_path / "got", limit=1 << 20, tell=tell)
    assert (tmp_path / "got").read_bytes() == CONTENT
    assert told.getvalue() == f"{len(CONTENT)}/{len(CONTENT)}"
    with pytest.raises(InputError, match="not there"):
        download(
            allowed_url("zz-bucket://b/t/none.csv", prefixes), prefixes, tmp_path / "none",
            limit=1, tell=tell,
        )  # fmt: skip
    unknown = [parse_prefix("zz-none://b/", "t")]
    with pytest.raises(MissingDependencyError):
        download(
            allowed_url("zz-none://b/a", unknown), unknown, tmp_path / "none", limit=1, tell=tell
        )
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
