"""Account ids: platform prefix, keyed hash, and the shape of a name instead of the name."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.features.errors import InputError, UsageError

__all__ = ["Pseudonyms", "make_key", "name_shape", "platform_of", "read_key", "user_key_path"]

_BYTES: Final = 16
_BLOCK: Final = 64  # of SHA-256, as RFC 2104 needs it
# Ids come again in the next batch and the next table; 2^18 of them are about 50 MB.
_REMEMBERED: Final = 1 << 18
_PREFIX: Final = r"(?s)^(?P<platform>[a-z][a-z0-9_]*):."
_HASHED: Final = r"^[0-9a-f]{16,64}$"


@dataclass(slots=True)
class Pseudonyms:
    """Turns native account ids into those of the tables.

    Attributes:
        key: Of the hashes; None keeps ids as they are.
    """

    key: bytes | None
    _pads: tuple[bytes, bytes] = field(init=False, repr=False)
    _known: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        key = self.key or b""
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._pads = bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)

    @property
    def key_id(self) -> str:
        """Says which key was used without telling it; `none` where ids are kept."""
        return "none" if self.key is None else hashlib.sha256(b"id:" + self.key).hexdigest()[:16]

    def ids(self, values: pa.Array, default: str) -> pa.Array:
        """`platform:id` → `platform:<32 hex>`; an id without platform is one of `default`."""
        if self.key is None:
            return values
        coded = values.dictionary_encode()
        native = coded.dictionary
        platforms = platform_of(native, default)
        full = pc.if_else(
            _is_prefixed(native), native, pc.binary_join_element_wise(platforms, native, ":")
        )
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        digests = [self._digest(text) for text in full.to_pylist()]
        hashed = pc.binary_join_element_wise(platforms, pa.array(digests, pa.string()), ":")
        return hashed.take(coded.indices)

    def _digest(self, text: str) -> str:
        """HMAC-SHA256, spelled out because two plain digests are thrice as fast as `hmac`."""
        known = self._known.get(text)
        if known is None:
            inner = hashlib.sha256(self._pads[0] + text.encode("utf-8")).digest()
            known = hashlib.sha256(self._pads[1] + inner).hexdigest()[: 2 * _BYTES]
            self._known[text] = known
        return known


def _is_prefixed(ids: pa.Array) -> pa.Array:
    return pc.match_substring_regex(ids, _PREFIX)


def platform_of(ids: pa.Array, default: str) -> pa.Array:
    """Platform named by each id, `default` where it names none."""
    named = pc.struct_field(pc.extract_regex(ids, _PREFIX), "platform")
    return pc.fill_null(named, default)


def name_shape(names: pa.Array) -> pa.Array:
    """Letters→a, digits→0, Chinese→字; NULL for what an exporter had hashed already."""
    shape = names
    for pattern, mark in ((r"\p{Han}", "字"), (r"\p{L}", "a"), (r"\p{N}", "0")):
        kept = shape if mark != "a" else pc.replace_substring(shape, "字", "\x00")
        shape = pc.replace_substring_regex(kept, pattern, mark)
    shape = pc.replace_substring(shape, "\x00", "字")
    hashed = pc.match_substring_regex(names, _HASHED)
    return pc.if_else(hashed, pa.scalar(None, pa.string()), shape)


def user_key_path() -> Path:
    """Where the key of this user is kept: `$XDG_CONFIG_HOME/zhenzan/pseudonym.key`."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "zhenzan" / "pseudonym.key"


def read_key(path: Path | None) -> bytes:
    """The key of `--key-file`, else the user's own, which is made once and kept for them alone.

    Raises:
        UsageError: The named file is absent.
        InputError: The key is too short to protect anyone.
    """
    if path is None:
        path = user_key_path()
        if not path.exists():
            make_key(path)
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"key file {path}: {error.strerror}") from error
    if len(key) < _BYTES:
        raise InputError("the key is too short", path=path, expected=f"{_BYTES} bytes or more")
    return key


def make_key(path: Path) -> None:
    """A key of 256 random bits, for this user alone; of two that begin at once the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A file of its own for each that asks, be it a process or a thread, and for this user alone.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
