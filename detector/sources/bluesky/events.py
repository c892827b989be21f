"""Jetstream events, version 1 and 2: what repositories of records do, one event a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zhenzan.detector.sources.bluesky.acts import Acts
from zhenzan.detector.sources.bluesky.names import account_of, declared_ms
from zhenzan.detector.sources.bluesky.records import Records, dict_of, text_of

__all__ = ["Events", "is_event"]

_V2: Final = "network.bsky.jetstream"
_LATEST_US: Final = 4_102_444_800_000_000  # 2100-01-01: what is later was no time
_GONE: Final = frozenset({"takendown", "suspended", "deleted", "deactivated"})


def is_event(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an event of either version."""
    if value.get("kind") in ("commit", "identity", "account"):
        return "did" in value and "time_us" in value
    return _V2 in str(dict_of(value.get("payload")).get("$type"))


class Events:
    """Reads events into rows."""

    def __init__(self, acts: Acts, records: Records) -> None:
        self._acts = acts
        self._records = records

    def take(self, line: int, event: Mapping[str, Any]) -> None:
        """Takes one event of either version."""
        kind = event.get("kind")
        if kind is None:
            payload = dict_of(event.get("payload"))
            kind = str(payload.get("$type")).rpartition("#")[2]
            when = declared_ms(payload.get("time"))
            event, body = payload, payload
        else:
            when = _micros_ms(event.get("time_us"))
            body = event.get(kind) if isinstance(kind, str) else None  # type: ignore[assignment]
        did = event.get("did")
        if kind in ("sync", "info"):
            self._acts.skip("messages of the stream itself")
        elif not isinstance(did, str) or not did or not isinstance(body, dict):
            self._acts.reject("engagement", line, "an event without did or body")
        elif when < 0:
            self._acts.reject("engagement", line, "an event without a time")
        elif kind == "commit":
            self._commit(line, did, when, body)
        elif kind == "identity":
            self._identity(line, did, body)
        elif kind == "account":
            self._account(line, did, when, body)
        else:
            self._acts.skip("events of other kinds")

    def _commit(self, line: int, did: str, when: int, commit: Mapping[str, Any]) -> None:
        operation, collection = commit.get("operation"), commit.get("collection")
        rkey, record = commit.get("rkey"), commit.get("record")
        if not isinstance(collection, str) or not isinstance(rkey, str) or not rkey:
            self._acts.reject("engagement", line, "a commit without collection or rkey")
        elif operation == "delete":
            self._records.deleted(line, did, collection, rkey, when)
        elif isinstance(record, dict):
            self._records.take(line, did, collection, rkey, record, when, operation == "update")
        elif operation in ("create", "update"):
            self._acts.reject("engagement", line, "a commit without its record")
        else:
            self._acts.skip("commits of other kinds")

    def _identity(self, line: int, did: str, body: Mapping[str, Any]) -> None:
        handle = text_of(body.get("handle"))
        if handle is None:
            self._acts.skip("identities without a handle")
        else:
            self._acts.gather.add("account", line, {"account_id": account_of(did), "name": handle})

    def _account(self, line: int, did: str, when: int, body: Mapping[str, Any]) -> None:
        """An account that the host took down, or that was left, is told beside its snapshot."""
        status = body.get("status")
        if body.get("active") is not False or status not in _GONE:
            self._acts.skip("accounts that are active again")
            return
        extra = f'{{"account_status": "{status}"}}'
        values = {"account_id": account_of(did), "observed_ms": when, "extra": extra}
        self._acts.gather.add("account_snapshot", line, values)


def _micros_ms(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return -1
    return int(value) // 1000 if 0 < value < _LATEST_US else -1
