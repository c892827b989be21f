"""Where the rows of a key stand in a file that is sorted by it.

Beside each segment lies an array of 24 bytes a run of equal keys: 64 bits of a digest of the key,
the first row, the number of rows, sorted by digest. It is mapped, not read, so that looking for a
few thousand sections in files of ten million takes some pages and no memory. Two keys of one
digest are two runs; who reads the rows sees which of them was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["RowIndex", "Runs", "digests", "runs_of"]

Runs = NDArray[np.uint64]
"""Three rows: digests, first rows, numbers of rows; one column a run."""

_BYTES: Final = 8  # 10^7 keys meet with probability 3e-6, and a meeting is only looked at twice


def digests(keys: Iterable[str]) -> NDArray[np.uint64]:
    """64 bits of each key, the same in every process and version."""
    made = b"".join(blake2b(key.encode(), digest_size=_BYTES).digest() for key in keys)
    return np.frombuffer(made, dtype="<u8")


def runs_of(keys: pa.ChunkedArray, first: int) -> Runs:
    """The runs of a sorted column whose first value is row `first` of its file."""
    coded = keys.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    own = digests(coded.dictionary.to_pylist())
    found = np.empty((3, len(starts)), dtype=np.uint64)
    found[0] = own[codes[starts]]
    found[1] = starts + first
    found[2] = np.diff(starts, append=len(codes))
    return found


class RowIndex:
    """The index of one file.

    Args:
        path: As `save` wrote it.

    Raises:
        OSError: There is none.
        ValueError: It is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._runs: Runs = np.load(path, mmap_mode="r", allow_pickle=False)

    @staticmethod
    def save(path: Path, runs: Sequence[Runs]) -> None:
        """Writes runs, whatever their order."""
        whole = np.concatenate([np.empty((3, 0), np.uint64), *runs], axis=1)
        with path.open("wb") as file:
            np.save(file, whole[:, np.argsort(whole[0], kind="stable")])

    def find(self, wanted: NDArray[np.uint64]) -> tuple[NDArray[np.intp], Runs]:
        """All runs of the digests, and which of the digests each is of."""
        known = self._runs[0]
        left = np.searchsorted(known, wanted, "left")
        n = np.searchsorted(known, wanted, "right") - left
        which = np.repeat(np.arange(len(wanted)), n)
        within = np.arange(len(which)) - np.repeat(np.cumsum(n) - n, n)
        return which, np.asarray(self._runs[:, left[which] + within])
