"""Which addresses a job may read: those that begin with a configured prefix, part by part.

    https://data.example.com/exports/        that host, port 443, below /exports/
    s3://bucket/{tenant}/                    a store of fsspec; `{tenant}` is the tenant's id
    http://10.0.0.7:9000/                    a private address, because the prefix names it

Comparing texts would let `https://data.example.com.evil.example/` or `…/exports/../` through, so
addresses are taken apart and anything that two programs could read in two ways is refused.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from zhenzan.features.errors import UsageError, printable

__all__ = ["Address", "allowed_url", "parse_prefix"]

_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 2048
_HOST: Final = re.compile(r"[a-z0-9._-]{1,253}|\[[0-9a-f:.]+\]")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
# fsspec reads files of this machine, other programs' memory or a chain of stores by these.
_NEVER: Final = frozenset(
    {"file", "local", "memory", "data", "reference", "filecache", "simplecache", "blockcache",
     "cached", "dir", "zip", "tar", "libarchive", "dask", "git", "github", "jupyter", "root",
     "async_wrapper", "ftp", "sftp", "ssh", "smb", "generic", "asynclocal"}
)  # fmt: skip
_INNER_NAMES: Final = (".internal", ".local", ".lan", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart.

    Attributes:
        text: As it is to be asked for.
        scheme, host, port: Host in lower case; port 0 where the scheme has none of its own.
        path: With a leading `/`; escapes as they were written.
        query: Without `?`; empty where there is none.
        inner: Addresses of private networks are meant, because the prefix names one.
    """

    text: str
    scheme: str
    host: str
    port: int
    path: str
    query: str = ""
    inner: bool = False

    @property
    def shown(self) -> str:
        """Without its query, which may hold a secret."""
        return self.text.partition("?")[0]

    @property
    def is_http(self) -> bool:
        """Whether it is asked for by ourselves and not through fsspec."""
        return self.scheme in _PORTS

    @property
    def name(self) -> str:
        """The last part of its path: what the file is called."""
        return unquote(posixpath.basename(self.path)) or "download"


def parse_prefix(text: str, tenant_id: str) -> Address:
    """A configured prefix.

    Raises:
        UsageError: It cannot be one, such as a `file:` address.
    """
    found = _parse(text.replace("{tenant}", tenant_id))
    if not found.path.endswith("/"):
        path = f"{found.path}/"
        found = Address(found.text, found.scheme, found.host, found.port, path)
    return found


def allowed_url(given: str, prefixes: Sequence[Address]) -> Address:
    """The address, if it begins with one of the prefixes.

    Raises:
        UsageError: It does not, or is written in a way that could be read in two.
    """
    found = _parse(given)
    for prefix in prefixes:
        same = (found.scheme, found.host, found.port) == (prefix.scheme, prefix.host, prefix.port)
        if same and found.path.startswith(prefix.path) and found.path != prefix.path:
            return Address(
                found.text, found.scheme, found.host, found.port, found.path, found.query,
                inner=_is_inner(prefix.host),
            )  # fmt: skip
    raise UsageError(
        f"{printable(given, 200)!r} does not begin with a prefix that this service may read"
    )


def _parse(text: str) -> Address:
    refused = UsageError(f"{printable(text, 200)!r} is no address that can be read unambiguously")
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable():
        raise refused
    if any(mark in text for mark in ("\\", " ", "#")):
        raise refused  # read as "/" by some, cut off by others
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise refused from error
    host = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
    host = host.lower()
    if not _SCHEME.fullmatch(parts.scheme) or parts.scheme in _NEVER:
        raise refused
    if not _HOST.fullmatch(host) or host.endswith("."):
        raise refused  # among them user names and passwords, which contain "@"
    if parts.scheme not in _PORTS and (parts.query or "::" in text):
        raise refused  # "::" chains stores in fsspec
    path = parts.path or "/"
    plain = unquote(path)
    twice = unquote(plain)
    for form in (plain, twice):
        if "\\" in form or not form.isprintable() or "//" in form:
            raise refused
        if any(part in (".", "..") for part in form.split("/")):
            raise refused
    if plain.count("/") != path.count("/"):
        raise refused  # an escaped slash
    return Address(text, parts.scheme, host, port, path, parts.query)


def _is_inner(host: str) -> bool:
    """Whether a prefix's host names a private network: by number, or by a name of no domain."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or host.endswith(_INNER_NAMES)
