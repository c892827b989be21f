"""The deliveries of one group: how many acts each stream got, in which size and shape."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.campaigns.config import CampaignConfig
from zhenzan.models.campaigns.graph import Graph
from zhenzan.models.campaigns.shapes import shape
from zhenzan.models.campaigns.sizes import named_sizes, size_posterior

__all__ = ["ORDER_COLUMNS", "deliveries"]

Array: TypeAlias = np.ndarray[Any, Any]

ORDER_COLUMNS: Final = (
    "section_id", "comment_id", "kind", "first_ms", "last_ms", "n_engagements", "mass", "error",
    "size", "size_probability", "delivery", "n_dropped",
)  # fmt: skip

# Delivered acts from which a stream reads as an order; below it a stray act looks like one.
_ORDER: Final = 10.0
# Half the width of a 90 % interval in standard errors.
_HALF_WIDTH: Final = 1.645


def deliveries(graph: Graph, rows: Array, config: CampaignConfig) -> tuple[pd.DataFrame, Array]:
    """One row per stream with ten delivered acts or more, and the posterior of their sizes.

    `mass` is what the group delivered there, `error` its standard error: of the posteriors, and of
    the stream's own interval as far as the group made it up; `n_dropped` of it was taken back.

    Args:
        graph: The attributed acts.
        rows: Those of the group, ascending.
        config: Settings.
    """
    starts = np.flatnonzero(np.r_[True, np.diff(graph.stream[rows]) != 0])
    told = []
    for part in np.split(rows, starts[1:]):
        p, at = graph.p[part], graph.at_ms[part]
        if float(p.sum()) < _ORDER:
            continue
        stream = int(graph.stream[part[0]])
        mass, error = _amount(graph, stream, p)
        timed = at >= 0
        told.append(
            {
                "stream": stream,
                "first_ms": int(at[timed].min()) if timed.any() else None,
                "last_ms": int(at[timed].max()) if timed.any() else None,
                "n_engagements": len(part),
                "mass": mass,
                "error": error,
                "delivery": shape(at[timed], p[timed]),
                "n_dropped": int(np.count_nonzero(graph.dropped[part] & (p >= 0.5))),
            }
        )
    frame = pd.DataFrame(told, columns=["stream", *ORDER_COLUMNS[3:]])
    names = graph.streams.iloc[frame.pop("stream").astype(np.int64)].reset_index(drop=True)
    for place, name in enumerate(ORDER_COLUMNS[:3]):
        frame.insert(place, name, names[name])
    delivered, errors = frame["mass"].to_numpy(np.float64), frame["error"].to_numpy(np.float64)
    posterior = size_posterior(delivered, errors, config.over_delivery)
    named = named_sizes(posterior)
    frame["size"] = pd.array([one and one[0] for one in named], dtype="Int64")
    frame["size_probability"] = np.array([one[1] if one else np.nan for one in named], np.float64)
    return frame[list(ORDER_COLUMNS)].astype({"first_ms": "Int64", "last_ms": "Int64"}), posterior


def _amount(graph: Graph, stream: int, p: Array) -> tuple[float, float]:
    """Acts the group delivered to one stream, and the standard error.

    Attribution's own sum for the stream counts the unlikely acts as well; the group gets as much of
    it as of the acts that the graph keeps.
    """
    own = float(p.sum())
    variance = float(np.sum(p * (1 - p)))
    low, high, whole, kept = (
        graph.streams[name].to_numpy()[stream] for name in ("lo", "hi", "mass", "kept")
    )
    if not np.isfinite(high - low) or kept <= 0:
        return own, float(np.sqrt(variance))
    part = min(1.0, own / float(kept))
    wide = part * (high - low) / (2 * _HALF_WIDTH)
    return max(own, part * float(whole)), float(np.hypot(np.sqrt(variance), wide))
