"""Fetches what allowed addresses name, into files of ours.

A name is resolved once, its addresses are checked, and the connection goes to the address that was
checked: a name server that answers differently the next time gains nothing. Redirects are followed
only to what is allowed itself. Proxies of the environment are not asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final, TypeAlias
from urllib.parse import urljoin

from zhenzan.api.jobs.urls import Address, allowed_url
from zhenzan.features.errors import InputError, MissingDependencyError

__all__ = ["Tell", "check_public", "download"]

Tell: TypeAlias = Callable[[int, int], None]
"""Told bytes that have arrived and bytes that are expected, 0 where nobody said."""

_PIECE: Final = 1 << 20
_TIMEOUT_S: Final = 60.0
"""Longest silence of a server."""

_HOPS: Final = 3
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""What may be gone a minute later: the job is tried again."""


def download(
    address: Address, prefixes: Sequence[Address], target: Path, *, limit: int, tell: Tell
) -> None:
    """Writes what the address holds; the file appears under its name when it is complete.

    Args:
        address: From `allowed_url`.
        prefixes: What redirects may lead to.
        target: The file; one that is there already is kept.
        limit: Most bytes.
        tell: Told how far it is.

    Raises:
        InputError: It is not there, larger than the limit, or stands on a private address.
        MissingDependencyError: The server does not answer now, or a library for the scheme is
            missing.
    """
    if target.exists():
        return
    opened = _http(address, prefixes) if address.is_http else _store(address)
    # A folder of its own: another process may be at the same file.
    with opened as (stream, size), TemporaryDirectory(prefix=".part-", dir=target.parent) as own:
        draft = Path(own) / "file"
        with draft.open("wb") as file:
            done = _copied(address, stream, file, size, limit, tell)
        if size and done != size:
            raise MissingDependencyError(
                f"{address.shown} broke off after {done:,} of {size:,} bytes"
            )
        draft.rename(target)


def _copied(
    address: Address, stream: IO[bytes], file: IO[bytes], size: int, limit: int, tell: Tell
) -> int:
    """Copies all there is and returns how much that was."""
    _check_size(address, size, limit)
    done = 0
    while piece := _read(address, stream):
        done += len(piece)
        _check_size(address, done, limit)
        file.write(piece)
        tell(done, size)
    return done


def _read(address: Address, stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_PIECE)
    except (OSError, http.client.HTTPException) as error:
        raise MissingDependencyError(f"{address.shown} broke off") from error


def _check_size(address: Address, size: int, limit: int) -> None:
    if size > limit:
        raise InputError(f"{address.shown} holds more than {limit:,} bytes, the most that is taken")


@contextmanager
def _http(address: Address, prefixes: Sequence[Address]) -> Iterator[tuple[IO[bytes], int]]:
    for _ in range(_HOPS + 1):
        connection = _connection(address)
        with closing(connection), closing(_asked(connection, address)) as answer:
            if answer.status in _MOVED:
                goal = urljoin(address.text, answer.headers.get("Location", ""))
                address = allowed_url(goal, prefixes)  # says why not
                continue
            if answer.status in _PASSING:
                raise MissingDependencyError(f"{address.shown} answers {answer.status}")
            if answer.status != http.client.OK:
                raise InputError(f"{address.shown} answers {answer.status}")
            yield answer, answer.length or 0
            return
    raise InputError(f"{address.shown} leads on and on")


def _asked(connection: http.client.HTTPConnection, address: Address) -> http.client.HTTPResponse:
    query = f"?{address.query}" if address.query else ""
    headers = {"Accept-Encoding": "identity", "User-Agent": "zhenzan"}
    try:
        connection.request("GET", address.path + query, headers=headers)
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise MissingDependencyError(f"{address.shown} does not answer") from error


def _connection(address: Address) -> http.client.HTTPConnection:
    """A connection whose socket goes to an address that was checked."""
    name = address.host.strip("[]")
    numbers = _resolved(address, name)
    if not address.inner:
        check_public(address, numbers)
    connection: http.client.HTTPConnection
    if address.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(name, address.port, context=context)
    else:
        connection = http.client.HTTPConnection(name, address.port)
    try:
        sock = socket.create_connection((numbers[0], address.port), timeout=_TIMEOUT_S)
        if address.scheme == "https":
            sock = context.wrap_socket(sock, server_hostname=name)
    except OSError as error:
        raise MissingDependencyError(f"{address.shown} cannot be reached") from error
    connection.sock = sock
    return connection


def _resolved(address: Address, name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise MissingDependencyError(f"{address.shown}: the name is not known") from error
    return [str(entry[4][0]) for entry in found]


def check_public(address: Address, numbers: Sequence[str]) -> None:
    """Refuses names that lead into this machine or its network.

    Raises:
        InputError: At least one address is not a public one.
    """
    for number in numbers:
        plain = ipaddress.ip_address(number.partition("%")[0])
        mapped = getattr(plain, "ipv4_mapped", None)
        if not (mapped or plain).is_global or plain.is_multicast:
            raise InputError(f"{address.shown} leads to a private address, which is not read")


@contextmanager
def _store(address: Address) -> Iterator[tuple[IO[bytes], int]]:
    """Through fsspec: `s3://`, `gs://`, … with the credentials of the environment."""
    import fsspec

    try:
        system: Any
        system, path = fsspec.core.url_to_fs(address.text)
    except (ImportError, ValueError) as error:
        raise MissingDependencyError(
            f"{address.scheme}: addresses need a library that is not installed, such as s3fs"
        ) from error
    try:
        size = int(system.size(path) or 0)
        stream = system.open(path, "rb")
    except FileNotFoundError as error:
        raise InputError(f"{address.shown} is not there") from error
    except OSError as error:
        raise MissingDependencyError(f"{address.shown} cannot be read now") from error
    with stream:
        yield stream, size
