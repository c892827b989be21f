"""Which acts the sums count: a section's engagements where it has some, else its comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.models.attribution.codes import compact, distinct
from zhenzan.models.attribution.events import Events, pairs

__all__ = ["Received", "basis", "comment_rows", "received"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# Of many acts a copy of what no sum looks at is not small.
_UNUSED: Final = ("stream", "written", "group_name")


@dataclass(frozen=True, slots=True)
class Received:
    """The acts that the sums count, coded without gaps.

    Attributes:
        acts, posterior: Timed acts first.
        n_timed: How many of them are timed.
        streams: Which streams count.
        stream_section: Section code of each of those.
        n_sections: Sections by account code.
        account: Old code of each account.
        rows: Places of the acts among all.
    """

    acts: pa.Table
    posterior: dict[str, Reals]
    n_timed: int
    streams: NDArray[np.bool_]
    stream_section: Ints
    n_sections: Ints
    account: Ints
    rows: Ints


def received(events: Events, posterior: dict[str, Reals]) -> Received:
    """Of each section its engagements alone, or its comments where it has no engagement.

    So the figures of a section do not depend on what other sections of the set hold.
    """
    written = _beside(events)
    n_accounts = len(events.n_sections)
    if not written.any():
        every = np.ones(events.n_streams, bool)
        return Received(
            events.acts, posterior, events.n, every, events.stream_section, events.n_sections,
            np.arange(n_accounts), np.arange(len(written)),
        )  # fmt: skip
    rows = np.flatnonzero(~written)
    acts = events.acts.drop_columns(list(_UNUSED)).take(pa.array(rows))
    streams = ~written[events.offsets[:-1]]
    old_section, section = compact(acts["section"].to_numpy())
    old_account, account = compact(acts["account"].to_numpy())
    if len(old_account) and old_account[0] < 0:  # unknown stays -1
        old_account, account = old_account[1:], account - 1
    for name, codes in (("section", section), ("account", account)):
        acts = acts.set_column(acts.schema.get_field_index(name), name, pa.array(codes))
    return Received(
        acts,
        {name: values[rows] for name, values in posterior.items()},
        int((rows < events.n).sum()),
        streams,
        np.searchsorted(old_section, events.stream_section[streams]),
        np.bincount(pairs(account, section)[0], minlength=len(old_account)),
        old_account,
        rows,
    )


def _beside(events: Events) -> NDArray[np.bool_]:
    """Which acts are comments of sections that hold engagements."""
    written = events.acts["written"].to_numpy().astype(bool)
    section = events.acts["section"].to_numpy()
    engaged = np.bincount(section, ~written, int(section.max(initial=-1)) + 1) > 0
    return np.asarray(written & engaged[section])


def basis(events: Events) -> dict[str, object]:
    """What the figures of sections rest on, for `run.json`."""
    written = events.acts["written"].to_numpy().astype(bool)
    section = events.acts["section"].to_numpy()
    counted = distinct(section[written & ~_beside(events)])
    n = len(distinct(section))
    rest = "engagements" if not len(counted) else "comments" if len(counted) == n else "either"
    return {
        "comments_as_acts": int(written.sum()),
        "sections_rest_on": rest,
        "sections_of_comments_alone": len(counted),
    }


def comment_rows(events: Events, posterior: dict[str, Reals], schema: pa.Schema) -> pa.Table:
    """One row per comment that was an act, in comment_id order."""
    written = np.flatnonzero(events.acts["written"].to_numpy())
    acts = events.acts.take(pa.array(written))
    columns: dict[str, Any] = {"comment_id": acts["engagement_id"]}
    for name in schema.names[1:]:
        if name in posterior:
            values = posterior[name][written]
            columns[name] = pa.array(values, mask=np.isnan(values))
        else:
            columns[name] = acts[name]
    return pa.table(columns).cast(schema).sort_by("comment_id")
