"""Attribution from end to end: canonical tables in, posteriors and their sums out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine
from zhenzan.features.errors import UsageError
from zhenzan.features.family import Tables
from zhenzan.models.attribution.clues import clues, declared_automation
from zhenzan.models.attribution.codes import distinct, first_places
from zhenzan.models.attribution.coherence import Coherence, coherence
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.countsums import with_counts
from zhenzan.models.attribution.curves import draw_curves, list_windows
from zhenzan.models.attribution.events import Events, prepare
from zhenzan.models.attribution.fit import Fit, fit
from zhenzan.models.attribution.judged import (
    CLUE_TABLES,
    even_steps,
    judge_alone,
    recalled_coherence,
    remembered_untimed,
)
from zhenzan.models.attribution.memory import ids_by_code
from zhenzan.models.attribution.recall import by_account, seated
from zhenzan.models.attribution.received import basis, comment_rows, received
from zhenzan.models.attribution.reference import Reference, learn_reference
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
from zhenzan.models.attribution.scan import NO_WINDOW
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
    *,
    reference: Reference | None = None,
    remember: bool = False,
) -> Attribution:
    """Says of every engagement how likely it was delivered by an order.

    Times enter exactly where `ts_lo_ms` = `ts_hi_ms`; acts with an interval are spread over it as
    their audience arrives (`placement.py`), and the bounds of the sums widen. Untimed acts are
    judged by who else went where their accounts went (`untimed.py`), with wider bounds. Without any
    engagement all tables are empty.

    Under a `reference` nothing is learnt from these acts: every section is judged by itself, and
    gets the same figures alone and in any batch. What needs a batch is then left out and named in
    `info`: streams known by counts only, who else went where untimed acts went, and clues that
    compare an act with the others of its day.

    Args:
        engine: Holds the tables.
        tables: `engagement`, `comment` or both; comments are acts of their authors
            (`written.py`). `count_snapshot` where acts are not known (`snapshots.py`). With
            `section` (platform, creator, publication) where known.
        config: Defaults serve every data set; under a reference its own are used.
        progress: Called as `progress(done, rounds)`.
        reference: What an earlier run learnt.
        remember: Returns what this run learnt as `Attribution.reference`; without timed acts
            there is none.

    Raises:
        UsageError: Other settings than those of the reference; both options at once.
    """
    if reference is not None:
        if remember:
            raise UsageError("under a reference nothing is learnt, so there is nothing to remember")
        return _alone(engine, tables, reference.check_config(config), reference)
    config = config or AttributionConfig()
    found = _by_acts(engine, tables, config, progress, remember=remember)
    return with_counts(found, engine, tables, config)


def _by_acts(
    engine: Engine,
    tables: Tables,
    config: AttributionConfig,
    progress: Callable[[int, int], None] | None,
    *,
    remember: bool,
) -> Attribution:
    if "engagement" not in tables and "comment" not in tables:
        return _nothing()
    events = prepare(engine, tables, comments=True)
    if not events.acts.num_rows:
        return _nothing()
    creator = _creators(engine, tables, events)
    hints = () if "corroboration" in config.without else clues(engine, tables, events)
    found = _even(events, fit(events, config, progress, hints, creator, remember=remember))
    coherent = coherence(events, found.q, creator, config)
    purchased = _purchased(engine, tables, events, found, coherent, config)
    late = untimed(events, purchased, creator, config)
    result = _summed(events, found, purchased, coherent, late, config)
    if not remember or not events.n:
        return result
    p = result.streams["p_value"].drop_null().to_numpy()
    creators = _creator_ids(engine, tables, events)
    of_code = np.zeros(int(creator.max(initial=-1)) + 1, np.int64)
    of_code[creator] = np.arange(len(creator))
    kept = learn_reference(
        events, found, creator, creators.take(pa.array(of_code)), coherent, p, config
    )
    return replace(result, reference=kept)


def _alone(
    engine: Engine, tables: Tables, config: AttributionConfig, reference: Reference
) -> Attribution:
    """Every section by itself under a reference."""
    if "engagement" not in tables and "comment" not in tables:
        return _nothing()
    events = prepare(engine, tables, comments=True, known=reference.groups)
    if not events.acts.num_rows:
        return _nothing()
    creators = _creator_ids(engine, tables, events)
    events, seats = seated(events, creators, reference.memory)
    of_clues = {name: tables[name] for name in CLUE_TABLES if name in tables}
    hints = () if "corroboration" in config.without else clues(engine, of_clues, by_account(events))
    found = _even(events, judge_alone(events, seats, hints, reference, config))
    found = replace(found, q=even_steps(found.q))
    coherent = recalled_coherence(events, found.q, seats, reference, config)
    purchased = even_steps(_purchased(engine, tables, events, found, coherent, config))
    late = remembered_untimed(events, purchased, seats, reference, config)
    result = _summed(events, found, purchased, coherent, late, config, reference)
    told = {
        "digest": reference.digest,
        "acts_of_remembered_accounts": int((seats.account >= 0).sum()),
        "remembered_sections": len(np.unique(seats.section[seats.section >= 0])),
        "streams_of_unknown_groups": int((events.group == len(reference.groups.names)).sum()),
        "not_looked_at": ["counts", "untimed_company", "clues_of_the_batch"],
    }
    return replace(result, info={**result.info, "reference": told})


def _purchased(
    engine: Engine,
    tables: Tables,
    events: Events,
    found: Fit,
    coherent: Coherence,
    config: AttributionConfig,
) -> Reals:
    """Posterior of each timed act once communities and declared automation are taken out."""
    discount = 0.0 if "coherence" in config.without else coherent.community
    # Who says that it is automated was not bought; the coordination is reported as automation.
    automated = declared_automation(engine, tables, events)
    return np.where(automated, 0.0, found.q * (1.0 - discount))


def _summed(
    events: Events,
    found: Fit,
    purchased: Reals,
    coherent: Coherence,
    late: Untimed,
    config: AttributionConfig,
    reference: Reference | None = None,
) -> Attribution:
    """All tables from the posteriors."""
    posterior = _all_acts(events, found, purchased, late, config)
    of_account = np.where(np.isnan(coherent.account), late.coherence, coherent.account)
    own = _by_act(events.acts, of_account)
    cut = None if reference is None else reference.cut
    streams, p, significant = sum_streams(events, found, purchased, config, cut)
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
    accounts = (counted.acts, counted.n_sections, of_account[counted.account])
    if reference is not None:
        accounts = _by_id(counted.acts, of_account[counted.account])
    return Attribution(
        engagements=_engagements(counted.acts, counted.posterior),
        streams=widened(streams, wider).sort_by([("section_id", "ascending"), ("kind", "ascending"),
                                 ("comment_id", "ascending")]),
        sections=widened(sections, np.maximum(wide, blind)).sort_by("section_id"),
        accounts=sum_accounts(accounts[0], counted.posterior, accounts[1], accounts[2]),
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
    first = first_places(section)
    codes = section[first]
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
    timing = np.where(found.timing > NO_WINDOW, found.timing, np.nan)
    return {
        "p_purchased": np.concatenate([purchased, late.q * (1.0 - discount)]),
        "suspicion": np.concatenate([found.q, late.q]),
        "excess": np.concatenate([timing, np.full(len(late.q), np.nan)]),
        "propensity": np.concatenate([found.propensity, late.mark]),
        "company": np.concatenate(
            [np.where(np.isnan(found.company_value), np.nan, found.company), late.ratio]
        ),
    }


def _by_id(acts: pa.Table, values: Reals) -> tuple[pa.Table, NDArray[np.int64], Reals]:
    """Acts coded by account where they were coded by (account, section); sections, and values.

    The values of an account are the same wherever it acts.
    """
    old = acts["account"].to_numpy()
    known = np.flatnonzero(old >= 0)
    ids = acts["account_id"].take(pa.array(known)).cast(pa.string()).combine_chunks()
    ids = ids.dictionary_encode()
    new = np.full(len(old), -1, np.int64)
    new[known] = ids.indices.to_numpy()
    place = acts.schema.get_field_index("account")
    width = int(old.max(initial=0)) + 1
    pairs = distinct(new[known] * width + old[known])
    of_code = np.zeros(len(ids.dictionary))
    of_code[pairs // width] = values[pairs % width]
    sections = np.bincount(pairs // width, minlength=len(of_code))
    return acts.set_column(place, "account", pa.array(new)), sections, of_code


def _creator_ids(engine: Engine, tables: Tables, events: Events) -> pa.Array:
    """Creator id by section code; NULL where it is unknown."""
    ids = ids_by_code(events.acts, "section", "section_id")
    if "section" not in tables:
        return pa.nulls(len(ids), pa.string())
    rows = engine.fetch(tables["section"], columns=("section_id", "creator_id"))
    place = pc.index_in(ids, value_set=rows["section_id"].cast(pa.string()).combine_chunks())
    return rows["creator_id"].cast(pa.string()).combine_chunks().take(place)


def _by_act(acts: pa.Table, values: Reals) -> Reals:
    account = acts["account"].to_numpy()
    return np.where(account >= 0, values[account] if len(values) else np.nan, np.nan)


def _engagements(acts: pa.Table, posterior: dict[str, Reals]) -> pa.Table:
    order = pc.sort_indices(acts["engagement_id"])
    columns: list[pa.Array | pa.ChunkedArray] = []
    for column in ENGAGEMENTS:  # one after the other: all at once would stand here twice
        if column.name in posterior:
            values = posterior[column.name][order.to_numpy()]
            columns.append(pa.array(values, mask=np.isnan(values)).cast(column.type))
        else:
            columns.append(acts[column.name].take(order).cast(column.type))
    return pa.Table.from_arrays(columns, schema=ENGAGEMENTS)


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
