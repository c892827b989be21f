"""Arrow streams from anybody: nothing in them may unpack to more than was sent.

Compressed buffers, dictionaries, views and nested types can all stand for far more than their
bytes; what a batch of rows needs is plain columns. Offsets and texts are validated before use.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
from zhenzan.features.errors import InputError

__all__ = ["arrow_batches"]

_MOST_ROWS: Final = 1_000_000
"""Rows of a batch: columns of nothing but NULLs take no bytes."""

# Message.fbs of the Arrow format: where in a message its kind and its header stand, and where in
# the header of a batch of rows the table of its compression.
_KIND, _HEADER, _COMPRESSION = 1, 2, 3
_DICTIONARY: Final = 2


def arrow_batches(body: Path) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow stream.

    Raises:
        InputError: It is none, is packed, or holds columns that are not plain.
    """
    try:
        _check_messages(body)
        rows = 0
        with body.open("rb") as file, pa.ipc.open_stream(file) as reader:
            for field in reader.schema:
                if not _plain(field.type):
                    raise _refused(f"column of type {field.type}", "plain texts, numbers, times")
            for batch in reader:
                batch.validate(full=True)
                rows += batch.num_rows
                if rows > _MOST_ROWS:
                    raise _refused(f"more than {_MOST_ROWS} rows", "a smaller batch")
                yield batch
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        raise _refused(str(error), "an Arrow IPC stream") from error


def _check_messages(body: Path) -> None:
    """Before anything is unpacked: no dictionaries, no compression."""
    with body.open("rb") as file:
        messages = pa.ipc.MessageReader.open_stream(file)
        while True:
            try:
                message = messages.read_next_message()
            except StopIteration:
                return
            if _byte_of(message.metadata) == _DICTIONARY:
                raise _refused("a dictionary", "plain columns")
            if message.type == "record batch" and _is_packed(message.metadata):
                raise _refused("compressed buffers", "uncompressed ones")


def _plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_null(kind)
    )


def _refused(found: str, expected: str) -> InputError:
    return InputError("the Arrow body cannot be read", found=found, expected=expected)


def _byte_of(metadata: pa.Buffer) -> int:
    """The kind of a message."""
    data = metadata.to_pybytes()
    table = struct.unpack_from("<I", data)[0]
    place = _field(data, table, _KIND)
    return data[place] if place else 0


def _is_packed(metadata: pa.Buffer) -> bool:
    data = metadata.to_pybytes()
    message = struct.unpack_from("<I", data)[0]
    place = _field(data, message, _HEADER)
    if not place:
        return False
    header = place + struct.unpack_from("<I", data, place)[0]
    return bool(_field(data, header, _COMPRESSION))


def _field(data: bytes, table: int, number: int) -> int:
    """Where a field of a FlatBuffers table stands; 0 where it is left out."""
    names = table - struct.unpack_from("<i", data, table)[0]
    size = struct.unpack_from("<H", data, names)[0]
    slot = 4 + 2 * number
    if slot + 2 > size:
        return 0
    offset = struct.unpack_from("<H", data, names + slot)[0]
    return table + offset if offset else 0
