"""Attribution from end to end: canonical tables in, posteriors and their sums out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Tables
from zhenzan.models.attribution.clues import clues, declared_automation
from zhenzan.models.attribution.coherence import coherence
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.countsums import with_counts
from zhenzan.models.attribution.curves import draw_curves, list_windows
from zhenzan.models.attribution.events import Events, prepare
from zhenzan.models.attribution.fit import Fit, fit
from zhenzan.models.attribution.received import basis, comment_rows, received
from zhenzan.models.attribution.result import (
    ACCOUNTS,
    COMMENTS,
    CURVES,
    ENGAGEMENTS,
    SECTIONS,
    STREAMS,
    WINDOWS,
    Attribution,
)
from zhenzan.models.attribution.sums import sum_accounts, sum_sections, sum_streams
from zhenzan.models.attribution.untimed import Untimed, untimed, untimed_factor
from zhenzan.models.attribution.weaker import section_factor, stream_factor, widened

__all__ = ["attribute"]

Reals = NDArray[np.float64]

_STEP: Final = "attribution"


def attribute(
    engine: Engine,
    tables: Tables,
    config: AttributionConfig | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Says of every engagement how likely it was delivered by an order.

    Times enter exactly where `ts_lo_ms` = `ts_hi_ms`; acts with an interval are spread over it as
    their audience arrives (`placement.py`), and the bounds of the sums widen. Untimed acts are
    judged by who else went where their accounts went (`untimed.py`), with wider bounds. Without any
    engagement all tables are empty.

    Args:
        engine: Holds the tables.
        tables: `engagement`, `comment` or both; comments are acts of their authors
            (`written.py`). `count_snapshot` where acts are not known (`snapshots.py`). With
            `section` (platform, creator, publication) where known.
        config: Defaults serve every data set.
        progress: Called as `progress(done, rounds)`.
    """
    config = config or AttributionConfig()
    return with_counts(_by_acts(engine, tables, config, progress), engine, tables, config)


def _by_acts(
    engine: Engine,
    tables: Tables,
    config: AttributionConfig,
    progress: Callable[[int, int], None] | None,
) -> Attribution:
    if "engagement" not in tables and "comment" not in tables:
        return _nothing()
    events = prepare(engine, tables, comments=True)
    if not events.acts.num_rows:
        return _nothing()
    creator = _creators(engine, tables, events)
    hints = () if "corroboration" in config.without else clues(engine, tables, events)
    found = _even(events, fit(events, config, progress, hints, creator))
    coherent = coherence(events, found.q, creator, config)
    discount = 0.0 if "coherence" in config.without else coherent.community
    # Who says that it is automated was not bought; the coordination is reported as automation.
    automated = declared_automation(engine, tables, events)
    purchased = np.where(automated, 0.0, found.q * (1.0 - discount))
    late = untimed(events, purchased, creator, config)
    posterior = _all_acts(events, found, purchased, late, config)
    by_account = np.where(np.isnan(coherent.account), late.coherence, coherent.account)
    own = _by_act(events.acts, by_account)
    streams, p, significant = sum_streams(events, found, purchased, config)
    wider = stream_factor(events)
    counted = received(events, posterior)
    sections = sum_sections(
        counted.acts, counted.posterior, counted.n_timed, counted.stream_section,
        p[counted.streams], significant[counted.streams], own[counted.rows],
    )  # fmt: skip
    sizes = np.diff(events.offsets).astype(np.float64)
    wide = section_factor(
        counted.stream_section, sizes[counted.streams], wider[counted.streams], sections.num_rows
    )
    blind = untimed_factor(counted.acts["section"].to_numpy(), counted.n_timed)
    return Attribution(
        engagements=_engagements(counted.acts, counted.posterior),
        streams=widened(streams, wider).sort_by([("section_id", "ascending"), ("kind", "ascending"),
                                 ("comment_id", "ascending")]),
        sections=widened(sections, np.maximum(wide, blind)).sort_by("section_id"),
        accounts=sum_accounts(
            counted.acts, counted.posterior, counted.n_sections, by_account[counted.account]
        ),
        windows=list_windows(events, found, purchased, math.log(config.window_prior)),
        curves=draw_curves(events, found, purchased, config),
        info=_info(events, found, purchased, significant, late, posterior["p_purchased"])
        | basis(events),
        comments=comment_rows(events, posterior, COMMENTS),
    )  # fmt: skip


def _nothing() -> Attribution:
    return Attribution(
        engagements=ENGAGEMENTS.empty_table(),
        streams=STREAMS.empty_table(),
        sections=SECTIONS.empty_table(),
        accounts=ACCOUNTS.empty_table(),
        windows=WINDOWS.empty_table(),
        curves=CURVES.empty_table(),
        info={"timed_engagements": 0, "rounds": 0},
    )


def _even(events: Events, found: Fit) -> Fit:
    """One posterior for acts that cannot be told apart: their order is not known."""
    n = np.bincount(events.twin, minlength=events.n)
    if n.max(initial=0) <= 1:
        return found
    mean_q = np.bincount(events.twin, found.q, events.n) / np.maximum(n, 1)
    mean_timing = np.bincount(events.twin, found.timing, events.n) / np.maximum(n, 1)
    return replace(found, q=mean_q[events.twin], timing=mean_timing[events.twin])


def _creators(engine: Engine, tables: Tables, events: Events) -> NDArray[np.int64]:
    """Creator code by section code; a section without a known creator is its own."""
    section = events.acts["section"].to_numpy()
    codes, first = np.unique(section, return_index=True)
    ids = events.acts["section_id"].take(pa.array(first)).to_pylist()
    known: dict[str, str] = {}
    if "section" in tables:
        rows = engine.fetch(tables["section"], columns=("section_id", "creator_id")).to_pydict()
        pairs = zip(rows["section_id"], rows["creator_id"], strict=True)
        known = {s: c for s, c in pairs if c is not None}
    labels: dict[tuple[str, str], int] = {}
    creator = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    for code, section_id in zip(codes, ids, strict=True):
        label = ("creator", known[section_id]) if section_id in known else ("section", section_id)
        creator[code] = labels.setdefault(label, len(labels))
    return creator


def _all_acts(
    events: Events, found: Fit, purchased: Reals, late: Untimed, config: AttributionConfig
) -> dict[str, Reals]:
    """Per-act figures, timed acts first."""
    discount = 0.0 if "coherence" in config.without else late.community
    return {
        "p_purchased": np.concatenate([purchased, late.q * (1.0 - discount)]),
        "suspicion": np.concatenate([found.q, late.q]),
        "excess": np.concatenate([found.timing, np.full(len(late.q), np.nan)]),
        "propensity": np.concatenate([found.propensity, late.mark]),
        "company": np.concatenate(
            [np.where(np.isnan(found.company_value), np.nan, found.company), late.ratio]
        ),
    }


def _by_act(acts: pa.Table, values: Reals) -> Reals:
    account = acts["account"].to_numpy()
    return np.where(account >= 0, values[account] if len(values) else np.nan, np.nan)


def _engagements(acts: pa.Table, posterior: dict[str, Reals]) -> pa.Table:
    columns = {name: acts[name] for name in ENGAGEMENTS.names[:7]}
    for name in ENGAGEMENTS.names[7:]:
        values = posterior[name]
        columns[name] = pa.array(values, mask=np.isnan(values))
    return pa.table(columns).cast(ENGAGEMENTS).sort_by("engagement_id")


def _info(
    events: Events,
    found: Fit,
    purchased: Reals,
    significant: NDArray[np.bool_],
    late: Untimed,
    every: Reals,
) -> dict[str, object]:
    return {
        "timed_engagements": events.n,
        "untimed_engagements": events.acts.num_rows - events.n,
        "streams": events.n_streams,
        "streams_with_coarse_times": int((events.resolution_s > 60.0).sum()),
        "significant_streams": int(significant.sum()),
        "rounds": len(found.sums),
        "sum_of_posteriors_by_round": [round(v, 3) for v in found.sums],
        "n_purchased": round(float(every.sum()), 3),
        "n_purchased_untimed": round(float(every[events.n :].sum()), 3),
        "explained_by_communities": round(float((found.q - purchased).sum()), 3),
        "acts_with_company": int((~np.isnan(found.company_value)).sum()),
        **late.info,
    }
