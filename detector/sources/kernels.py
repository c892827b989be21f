"""Finds the records of delimited text byte by byte, as RFC 4180 and Arrow's parser see them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

__all__ = ["find_records"]

_Bytes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"
_Ints: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


@njit(cache=True)
def find_records(
    data: _Bytes, start: int, delimiter: int, expected: int, at_end: bool
) -> tuple[_Ints, _Ints, _Ints, int, int]:
    """Cuts `data[start:]` into records.

    A quote opens a quoted field only where the field begins; inside, two quotes are one.

    Args:
        data: Bytes of the text.
        start: Where a record begins.
        delimiter: Byte between fields.
        expected: Number of fields a record should have; 0 accepts any.
        at_end: No bytes follow, so that the last record needs no line end.

    Returns:
        Begin of each record, its number of fields (0 for an empty line), its number of lines; where
        the search stopped; and why: 0 all was read or the last record is unfinished, 1 the next
        record goes over several lines and has the wrong number of fields, 2 the text ends inside
        quotes. The stop is the begin of the record at fault or unfinished.
    """
    size = len(data)
    room = 1
    for i in range(start, size):
        if data[i] == 10 or data[i] == 13:
            room += 1
    begins = np.empty(room, np.int64)
    fields = np.empty(room, np.int64)
    lines = np.empty(room, np.int64)
    n, i, begin, field_count, line_count = 0, start, start, 1, 0
    field_begins, quoted = True, False
    while i < size:
        c = data[i]
        if quoted:
            if c == 34:
                if i + 1 < size and data[i + 1] == 34:
                    i += 1
                else:
                    quoted = False
            elif c == 10 or (c == 13 and not (i + 1 < size and data[i + 1] == 10)):
                line_count += 1
        elif c == 34 and field_begins:
            quoted = True
            field_begins = False
        elif c == delimiter:
            field_count += 1
            field_begins = True
        elif c == 10 or c == 13:
            if c == 13 and i + 1 == size and not at_end:
                break  # the line feed may come with the next piece
            empty = i == begin
            if c == 13 and i + 1 < size and data[i + 1] == 10:
                i += 1
            line_count += 1
            if expected > 0 and not empty and field_count != expected and line_count > 1:
                return begins[:n], fields[:n], lines[:n], begin, 1
            begins[n], fields[n], lines[n] = begin, 0 if empty else field_count, line_count
            n += 1
            begin = i + 1
            field_count, line_count, field_begins = 1, 0, True
        else:
            field_begins = False
        i += 1
    if at_end and begin < size:
        if quoted:
            return begins[:n], fields[:n], lines[:n], begin, 2
        if expected > 0 and field_count != expected and line_count > 0:
            return begins[:n], fields[:n], lines[:n], begin, 1
        begins[n], fields[n], lines[n] = begin, field_count, line_count + 1
        n += 1
        begin = size
    return begins[:n], fields[:n], lines[:n], begin, 0
