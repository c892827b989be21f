"""When a group delivered where: one line a section, one bar a delivery."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.parquet as pq
from zhenzan.detector.results import Scan

__all__ = ["Bar", "Timeline", "timeline"]

_ROWS: Final = 40
WIDTH: Final = 1000.0
_ROW: Final = 18.0
_LEAST: Final = 3.0  # pixels: a burst of a minute within a month stays visible


@dataclass(frozen=True, slots=True)
class Bar:
    """A delivery, in pixels; `n` acts from `first_ms` to `last_ms`."""

    x: float
    y: float
    width: float
    height: float
    n: int
    section_id: str
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture; `left_out` sections received less than those that are drawn."""

    bars: tuple[Bar, ...]
    sections: tuple[str, ...]
    height: float
    first_ms: int
    last_ms: int
    left_out: int


def timeline(scan: Scan, campaign_id: str) -> Timeline | None:
    """The deliveries of a group; None where the scan keeps none.

    The 40 sections that received most are drawn, in order of their first delivery; the height of a
    bar grows with the logarithm of its acts.
    """
    path = scan.path / "reference" / "campaign_orders.parquet"
    if not path.is_file():
        return None
    rows = pq.read_table(path, filters=[("campaign_id", "=", campaign_id)]).to_pylist()
    rows = [row for row in rows if row["first_ms"] is not None]
    if not rows:
        return None
    received: dict[str, int] = {}
    for row in rows:
        received[row["section_id"]] = received.get(row["section_id"], 0) + row["n_engagements"]
    kept = set(sorted(received, key=lambda section: (-received[section], section))[:_ROWS])
    drawn = sorted(
        (row for row in rows if row["section_id"] in kept),
        key=lambda row: (row["first_ms"], row["section_id"], row["comment_id"] or ""),
    )
    order = {section: i for i, section in enumerate(dict.fromkeys(r["section_id"] for r in drawn))}
    first = min(row["first_ms"] for row in drawn)
    last = max(row["last_ms"] for row in drawn)
    scale = WIDTH / max(last - first, 1)
    most = max(row["n_engagements"] for row in drawn)
    bars = tuple(_bar(row, order[row["section_id"]], first, scale, most) for row in drawn)
    return Timeline(bars, tuple(order), len(order) * _ROW, first, last, len(received) - len(kept))


def _bar(row: dict[str, Any], place: int, first: int, scale: float, most: int) -> Bar:
    width = max((row["last_ms"] - row["first_ms"]) * scale, _LEAST)
    tall = 4.0 + 10.0 * math.log1p(row["n_engagements"]) / math.log1p(most)
    x = min((row["first_ms"] - first) * scale, WIDTH - width)
    return Bar(
        round(x, 1), round((place + 1) * _ROW - tall - 1, 1), round(width, 1), round(tall, 1),
        row["n_engagements"], row["section_id"], row["first_ms"], row["last_ms"],
    )  # fmt: skip
