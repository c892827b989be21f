"""zstd files with windows longer than Arrow unpacks, such as Reddit's dumps (2 GiB).

Arrow's decoder refuses windows above 128 MiB. The library zstandard takes them; it is asked for
only where a file needs it.
"""

from __future__ import annotations

import io
from typing import IO, Any, Final

from zhenzan.features.errors import MissingDependencyError

__all__ = ["ARROW_WINDOW", "LongZstd", "window_of"]

ARROW_WINDOW: Final = 1 << 27
"""What Arrow's decoder takes at most: the default limit of the zstd library."""

_LARGEST_WINDOW: Final = 1 << 31
# One packed byte may stand for 32 KiB; so little at once keeps a bomb below 128 MiB.
_STEP: Final = 1 << 12
_SIZES: Final = (0, 2, 4, 8)


def window_of(head: bytes) -> int:
    """Bytes of history that a zstd frame needs, from its first 18 bytes (RFC 8878, 3.1.1.1)."""
    if len(head) < 6:
        return 0
    described = head[4]
    if not described & 0x20:
        exponent, mantissa = head[5] >> 3, head[5] & 7
        base = 1 << (10 + exponent)
        return base + base // 8 * mantissa
    at = 5 + (0, 1, 2, 4)[described & 3]
    size = _SIZES[described >> 6] or 1
    return int.from_bytes(head[at : at + size], "little") + (256 if size == 2 else 0)


class LongZstd(io.RawIOBase):
    """The unpacked bytes of a file, whatever its window.

    Raises:
        MissingDependencyError: The library zstandard is not installed.
        OSError: The file is broken; EOFError: it ends before its last frame does.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingDependencyError(
                "this zstd file needs a window of more than 128 MiB, which the library zstandard "
                "unpacks: pip install 'zhenzan[zstd]'"
            ) from error
        self._raw = raw
        self._factory = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._fault: type[Exception] = zstandard.ZstdError
        self._frame: Any = None
        self._packed = b""
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills a part of the buffer; 0 at the end."""
        while not self._held:
            self._packed = self._packed or self._raw.read(_STEP)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError("the last frame is not closed")
                return 0
            if self._frame is None:
                self._frame = self._factory.decompressobj()
            try:
                self._held = memoryview(self._frame.decompress(self._packed))
            except self._fault as error:
                raise OSError(str(error)) from error
            self._packed = b""
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
        n = min(len(buffer), len(self._held))
        buffer[:n] = self._held[:n]
        self._held = self._held[n:]
        return n
