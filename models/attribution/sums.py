"""Sums of the posteriors by stream, section and account, with intervals (step 8)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.models.attribution.codes import first_places
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events, pairs
from zhenzan.models.attribution.fit import Fit
from zhenzan.models.attribution.result import ACCOUNTS, SECTIONS, STREAMS

__all__ = ["interval", "sum_accounts", "sum_sections", "sum_streams"]

Reals = NDArray[np.float64]

_Z90: Final = 1.645  # two-sided 90 %
# Acts of one window rise and fall together: the variance of independent acts times four, plus three
# tenths of the sum for what the null does not know. On diluted stars (shares .10, .03, .01, seeds
# 0-2) the interval then covers the truth of .91 / .92 / .88 of the hosts and .90 of the rest; with
# a tenth it covered .71 / .77 / .80.
_CLUMPING: Final = 4.0
_MODEL_ERROR: Final = 0.30
_LEAST: Final = 1.0  # even a section without a trace may have received one
_LOG2: Final = np.log(2.0)


def interval(total: Reals, variance: Reals, n: Reals) -> tuple[Reals, Reals]:
    """90 % posterior interval of a sum of posteriors, inside [0, n]."""
    deviation = np.sqrt(_CLUMPING * variance + (_MODEL_ERROR * total) ** 2)
    low = np.clip(total - _Z90 * deviation, 0.0, n)
    high = np.clip(total + _Z90 * deviation + _LEAST, 0.0, n)
    return low, high


def _sum_by(codes: NDArray[np.int64], values: Reals, size: int) -> Reals:
    return np.asarray(np.bincount(codes, values, size), np.float64)


def p_values(fit: Fit) -> Reals:
    """Of each stream's largest excess: its smallest tail probability among its filled windows."""
    tail = np.exp(np.minimum(fit.tail, 0.0))
    windows = np.maximum(fit.n_windows, 1)
    return np.asarray(-np.expm1(windows * np.log1p(-np.minimum(tail, 1.0 - 1e-12))))


def significant(p: Reals, rate: float) -> NDArray[np.bool_]:
    """Benjamini & Hochberg 1995: which streams are significant at a false-discovery rate."""
    order = np.argsort(p, kind="stable")
    passed = p[order] <= rate * (np.arange(len(p)) + 1) / max(len(p), 1)
    last = np.flatnonzero(passed).max(initial=-1)
    found = np.zeros(len(p), bool)
    found[order[: last + 1]] = True
    return found


def sum_streams(
    events: Events,
    fit: Fit,
    purchased: Reals,
    config: AttributionConfig,
    cut: float | None = None,
) -> tuple[pa.Table, Reals, NDArray[np.bool_]]:
    """The streams table, and each stream's p-value and significance.

    With a `cut`, significant is what is not above it; else the streams decide together.
    """
    first = events.offsets[:-1]
    n = np.diff(events.offsets).astype(np.float64)
    total = _sum_by(events.stream, purchased, events.n_streams)
    spread = _sum_by(events.stream, purchased * (1.0 - purchased), events.n_streams)
    low, high = interval(total, spread, n)
    p = p_values(fit)
    tested = n >= config.curve_min_acts
    found = np.zeros(len(p), bool)
    found[tested] = significant(p[tested], config.fdr) if cut is None else p[tested] <= cut
    ids = events.acts.select(["section_id", "comment_id", "kind"]).take(pa.array(first))
    table = pa.table(
        {
            **{name: ids[name] for name in ids.column_names},
            "n_engagements": n.astype(np.int64),
            "n_purchased": total,
            "n_purchased_lo": low,
            "n_purchased_hi": high,
            "p_value": pa.array(p, mask=~tested),
            "significant": found,
        }
    ).cast(STREAMS)
    return table, np.where(tested, p, 1.0), found


def sum_sections(
    acts: pa.Table,
    posterior: dict[str, Reals],
    n_timed: int,
    stream_section: NDArray[np.int64],
    p: Reals,
    found: NDArray[np.bool_],
    coherence: Reals,
) -> pa.Table:
    """The sections table from all acts; `posterior` holds per-act figures, timed acts first."""
    section = acts["section"].to_numpy()
    size = int(section.max(initial=-1)) + 1
    first = first_places(section)
    purchased = posterior["p_purchased"]

    def add(values: Reals) -> Reals:
        return _sum_by(section, values, size)

    n, total = add(np.ones(len(section))), add(purchased)
    low, high = interval(total, add(purchased * (1.0 - purchased)), n)
    timed = np.zeros(len(section))
    timed[:n_timed] = 1.0
    smallest = np.ones(size)
    np.minimum.at(smallest, stream_section, p)
    streams = np.maximum(np.bincount(stream_section, minlength=size), 1)
    smallest = np.minimum(smallest * streams, 1.0)  # Bonferroni over a section's streams
    any_found = np.zeros(size, bool)
    np.logical_or.at(any_found, stream_section, found)
    known = ~np.isnan(coherence)
    weight = np.where(known, posterior["suspicion"], 0.0)
    coherent = add(weight * np.nan_to_num(coherence)) / np.maximum(add(weight), 1e-9)
    timed_section = np.bincount(section[:n_timed], minlength=size) > 0
    return pa.table(
        {
            "section_id": acts["section_id"].take(pa.array(first)),
            "n_engagements": n.astype(np.int64),
            "n_timed": add(timed).astype(np.int64),
            "n_accounts": np.bincount(
                pairs(acts["account"].to_numpy(), section)[1], minlength=size
            ),
            "n_purchased": total,
            "n_purchased_lo": low,
            "n_purchased_hi": high,
            "p_value": pa.array(smallest, mask=~timed_section),
            "significant": any_found,
            "excess_bits": np.where(timed_section, -np.log2(np.maximum(smallest, 1e-300)), np.nan),
            "company_bits": add(purchased * np.nan_to_num(posterior["company"])) / _LOG2,
            "propensity_bits": add(purchased * posterior["propensity"]) / _LOG2,
            "audience_coherence": pa.array(coherent, mask=add(weight) < 1.0),
        }
    ).cast(SECTIONS)


def sum_accounts(
    acts: pa.Table, posterior: dict[str, Reals], n_sections: NDArray[np.int64], coherence: Reals
) -> pa.Table:
    """The accounts table, in id order."""
    account = acts["account"].to_numpy()
    known = np.flatnonzero(account >= 0)
    size = len(n_sections)
    code = account[known]
    first = np.zeros(size, np.int64)
    first[code[::-1]] = known[::-1]
    n = np.bincount(code, minlength=size)
    attributed = np.bincount(code, posterior["p_purchased"][known], size)
    # Shrunk toward half an act in ten: one attributed act proves nothing.
    share: Any = (attributed + 0.05) / (n + 0.5)
    table = pa.table(
        {
            "account_id": acts["account_id"].take(pa.array(first)),
            "n_engagements": n,
            "n_sections": n_sections,
            "n_attributed": attributed,
            "propensity": np.minimum(share, 1.0),
            "audience_coherence": pa.array(coherence, mask=np.isnan(coherence)),
        }
    )
    return table.cast(ACCOUNTS).sort_by("account_id")
