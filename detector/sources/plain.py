"""Arrow columns of any kind as the few kinds that sources and ingest look at.

Parquet files bring what their writers liked: ids as UUIDs or as raw bytes, texts as views. They
become text here, once, so that nobody behind has to know of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["is_bytes", "names_something", "plain", "spelled", "texts_of"]

_HEX: Final = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(-1, 2)
# Bytes 4, 6, 8 and 10 of a UUID have a hyphen before them.
_HYPHENS: Final = (8, 13, 18, 23)
_UUID_BYTES: Final = 16
_UUID_TEXT: Final = 36
_INDEXED: Final = 1 << 31  # bytes that offsets of 32 bits can tell apart


def plain(values: pa.Array) -> pa.Array:
    """The same values; what has no plain kind is left as it is.

    UUIDs become their canonical text, other bytes of fixed size what `spelled` makes of them. Bytes
    of any size may be texts or ids: who knows their column tells.
    """
    kind = values.type
    if isinstance(kind, pa.UuidType):
        return _uuids(values.storage)
    if isinstance(kind, pa.BaseExtensionType):
        return plain(values.storage)
    if pa.types.is_dictionary(kind):
        coded = plain(values.dictionary)
        return values if coded is values.dictionary else coded.take(values.indices)
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return values if values.nbytes >= _INDEXED else values.cast(pa.string())
    if pa.types.is_fixed_size_binary(kind):
        return spelled(values)
    if pa.types.is_binary_view(kind):
        return values.cast(pa.large_binary())
    return values


def is_bytes(values: pa.Array) -> bool:
    """Whether these are bytes that `plain` left, texts or ids."""
    return bool(pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type))


def names_something(column: str) -> bool:
    """Whether a canonical column holds ids or digests, whose bytes need not be text."""
    return column.endswith(("_id", "_hash"))


def texts_of(values: pa.Array) -> pa.Array | None:
    """Bytes as text; None where some are none."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return None


def spelled(values: pa.Array) -> pa.Array:
    """Bytes that are ids: each that is printable text as this text, the others as hex digits.

    Told value by value, so that an id is spelled alike in every batch and every file. White space
    at an end would be cut off later, and two ids be one.
    """
    texts: list[str | None] = []
    coded = values.dictionary_encode()
    for value in coded.dictionary.to_pylist():
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = "\n"
        told = text.isprintable() and text == text.strip()
        texts.append(text if told else value.hex())
    return pa.array(texts, pa.string()).take(coded.indices)


def _uuids(storage: pa.Array) -> pa.Array:
    """8-4-4-4-12 hex digits, in lower case."""
    n = len(storage)
    held = np.frombuffer(storage.buffers()[1] or b"", np.uint8)
    held = held[storage.offset * _UUID_BYTES :][: n * _UUID_BYTES]
    digits = _HEX[held].reshape(n, 2 * _UUID_BYTES)
    text: NDArray[Any] = np.full((n, _UUID_TEXT), ord("-"), np.uint8)
    text[:, [i for i in range(_UUID_TEXT) if i not in _HYPHENS]] = digits
    offsets = pa.py_buffer(np.arange(n + 1, dtype=np.int32) * _UUID_TEXT)
    made = pa.Array.from_buffers(pa.string(), n, [None, offsets, pa.py_buffer(text)])
    if not storage.null_count:
        return made
    return pc.if_else(storage.is_valid(), made, pa.scalar(None, pa.string()))
