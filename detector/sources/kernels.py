"""Finds the records of delimited text byte by byte, as RFC 4180 and Arrow's parser see them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

__all__ = ["Bytes", "Ints", "find_records"]

Bytes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"
Ints: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


@njit(cache=True)
def find_records(
    data: Bytes, start: int, delimiter: int, at_end: bool, found: Ints
) -> tuple[int, int, int]:
    """Cuts `data[start:]` into records.

    A quote opens a quoted field only where the field begins; inside, two quotes are one. A quote
    that closes and is followed by neither delimiter nor line end was not meant to close: over
    several lines, that is a stray quote further up.

    Args:
        data: Bytes of the text.
        start: Where a record begins.
        delimiter: Byte between fields.
        at_end: No bytes follow, so that the last record needs no line end.
        found: Filled with a row a record: its begin, number of fields (0: empty line), of lines.

    Returns:
        How many records were found; where the search stopped, which is where a record begins; and
        why: 0 all was read or the last record is unfinished, 1 the next record goes over several
        lines because of a stray quote, 2 the text ends inside quotes, 3 `found` is full.
    """
    size = len(data)
    n, i, begin, field_count, line_count = 0, start, start, 1, 0
    field_begins, quoted, stray = True, False, False
    while i < size:
        if n == len(found):
            return n, begin, 3
        c = data[i]
        ends_line = c == 10 or (c == 13 and not (i + 1 < size and data[i + 1] == 10))
        if c == 13 and i + 1 == size and not at_end:
            break  # the line feed may come with the next piece
        if quoted:
            if c == 34:
                if i + 1 < size and data[i + 1] == 34:
                    i += 1
                else:
                    quoted = False
                    if i + 1 < size:
                        after = data[i + 1]
                        stray |= after != delimiter and after != 10 and after != 13
            elif ends_line:
                line_count += 1
        elif c == 34 and field_begins:
            quoted = True
            field_begins = False
        elif c == delimiter:
            field_count += 1
            field_begins = True
        elif ends_line:
            if stray and line_count > 0:
                return n, begin, 1
            empty = i == begin or (i == begin + 1 and c == 10 and data[begin] == 13)
            found[n, 0], found[n, 1] = begin, 0 if empty else field_count
            found[n, 2] = line_count + 1
            n += 1
            begin = i + 1
            field_count, line_count, field_begins, stray = 1, 0, True, False
        elif c != 13:
            field_begins = False
        i += 1
    if at_end and begin < size:
        if quoted:
            return n, begin, 2
        if stray and line_count > 0:
            return n, begin, 1
        if n == len(found):
            return n, begin, 3
        found[n, 0], found[n, 1], found[n, 2] = begin, field_count, line_count + 1
        n, begin = n + 1, size
    return n, begin, 0
