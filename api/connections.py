"""HTTP connections that send something: the head of a request may take ten seconds.

The server alone waits for a head as long as the connection stands, so that a thousand of them that
never say anything would keep everybody else out. Bodies have a limit of their own
(`security/bodies.py`), idle connections after an answer have the server's.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_S", "PunctualProtocol"]

HEAD_S: Final = 10.0
"""Seconds for a head: it is some kilobytes; the slowest honest lines need one or two."""


class PunctualProtocol(H11Protocol):
    """Closes a connection whose next head is begun, or expected, and does not come."""

    head_s = HEAD_S
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for the first head."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Goes on waiting while the head is not complete."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        waits = self.conn.their_state is h11.IDLE and not self.transport.is_closing()
        if not waits:
            self._forget()
        elif self._timer is None:  # one that trickles does not begin anew with each byte
            self._timer = self.loop.call_later(self.head_s, self.transport.close)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
