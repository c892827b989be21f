"""Bluesky: Jetstream streams, lists of likes, repositories, threads, profiles, in any mix.

A post that replies to none is a section, a reply is a comment under the post that its thread began
with. A like names only the address of its post, so that it is a like of a section until ingest
knows from some file that the post is a reply. Deletions name a key alone, and are resolved there
too, whatever files the like and its deletion are in; see `zhenzan.detector.ingest.settle`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from zhenzan.detector.sources.base import Item, Match, ReadOptions, Source
from zhenzan.detector.sources.bluesky.acts import Acts
from zhenzan.detector.sources.bluesky.events import Events, is_event
from zhenzan.detector.sources.bluesky.names import address_of, post_id
from zhenzan.detector.sources.bluesky.records import Records
from zhenzan.detector.sources.bluesky.views import Views, view_of
from zhenzan.detector.sources.bluesky.wire import wire_act
from zhenzan.detector.sources.cutoff import begun_values, values_and_rest
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.jsonlines import json_lines
from zhenzan.detector.sources.jsonvalues import JsonProblem

__all__ = ["Bluesky"]

_decode: Final = json.JSONDecoder().decode  # a third faster than `json.loads` of bytes
_TAKEN: Final = object()  # stands for a line whose act is taken already
_OFTEN: Final = 255  # values between looks for what is ripe, as a mask


class Bluesky(Source):
    """See the module; accounts are known by DID, which is hashed like any other id."""

    name: ClassVar[str] = "bluesky"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "Bluesky: Jetstream (1, 2), getLikes, feeds, threads, listRecords, profiles",
            "zh": "Bluesky：Jetstream（1、2 版）、getLikes、动态、讨论串、listRecords、账号资料",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "Jetstream lines: kind, did, time_us; or payload.$type network.bsky.jetstream…",
        "getLikes: likes with actor.did; getProfiles: profiles with did and handle",
        "listRecords: records with an at:// uri and a value; feeds and threads of such posts",
    )
    platform: ClassVar[str | None] = "bluesky"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "engagement": {"basis": "list_timed"},
            "account": {"id_kind": "native"},
            "section": {"kind": "post"},
            "count_snapshot": {"scene": "all"},
            "follow": {"kind": "follow"},
        }
    )
    table_names: ClassVar[tuple[str, ...]] = (
        "engagement", "comment", "section", "account", "account_snapshot", "count_snapshot",
        "follow", "coverage",
    )  # fmt: skip

    def sniff(self, probe: Probe) -> Match | None:
        """By the keys of the first JSON value, or of what is whole of it."""
        shape = _shape(probe.first)
        if shape is None:
            shape = next((s for value in begun_values(probe) if (s := _shape(value))), None)
        return None if shape is None else Match(3, shape)

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams a file of events, answers, or both."""
        acts = Acts()
        records = Records(acts)
        events = Events(acts, records)
        views = Views(
            acts, records, _section(probe, options), options.observed_ms, options.observed_basis,
        )  # fmt: skip
        pieces = Pieces(probe.path)
        values = _values(probe, pieces, acts)
        for n, (line, value) in enumerate(values):
            if value is _TAKEN:
                pass
            elif isinstance(value, dict) and is_event(value):
                events.take(line, value)
            elif isinstance(value, dict) and (view := view_of(value)) is not None:
                views.take(line, view, value)
            elif isinstance(value, JsonProblem):
                acts.reject("engagement", line, value.reason)
            else:
                acts.reject("engagement", line, "no event, list or record of Bluesky")
            if not n & _OFTEN:
                yield from acts.ready()
        if pieces.cut:
            acts.reject("engagement", pieces.newlines + 1, "the packed file is cut off here")
        views.close()
        yield from acts.rest()


def _shape(value: object) -> str | None:
    """What a JSON value is: `events`, the name of an answer, or None."""
    if not isinstance(value, dict):
        return None
    return "events" if is_event(value) else view_of(value)


def _values(probe: Probe, pieces: Pieces, acts: Acts) -> Iterator[tuple[int, Any]]:
    if probe.one_a_line and isinstance(probe.first, dict):
        return _lines(pieces, acts)
    return values_and_rest(probe, pieces, lambda value: _shape(value) is not None)


def _lines(pieces: Pieces, acts: Acts) -> Iterator[tuple[int, Any]]:
    """JSON lines; plain likes go straight to the acts, and a broken line costs itself."""
    for first, lines in json_lines(pieces):
        for number, raw in enumerate(lines, first):
            try:
                text = raw.decode("utf-8")
                act = wire_act(number, text)
                if act is None:
                    yield number, _decode(text)
                else:
                    acts.act(act)
                    yield number, _TAKEN
            except UnicodeDecodeError:
                yield number, JsonProblem("the text is not UTF-8")
            except (ValueError, RecursionError) as error:
                if raw.strip():
                    yield number, JsonProblem(f"not JSON: {str(error).split(':')[0]}")


def _section(probe: Probe, options: ReadOptions) -> str | None:
    """Post of lists that name none: as the user says, an address or the id that we would make."""
    named = options.section_id or (probe.stem if "~" in probe.stem else None)
    address = address_of(named)
    return named if address is None else post_id(address)
