"""Sections judged under a reference, each by itself: its acts, the frozen figures, the memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from zhenzan.models.attribution.coherence import Coherence, explained
from zhenzan.models.attribution.company import company
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.corroboration import Clue, apply
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.fit import Fit, rescan
from zhenzan.models.attribution.learnt import MARK_RANGE
from zhenzan.models.attribution.ratios import (
    apply_company,
    level_by_stream,
    settled_propensity,
)
from zhenzan.models.attribution.recall import (
    Seats,
    other_life,
    own_audience,
    remembered_neighbours,
)
from zhenzan.models.attribution.reference import Reference
from zhenzan.models.attribution.untimed import Untimed, prior_by_stream

__all__ = [
    "CLUES",
    "CLUE_TABLES",
    "even_steps",
    "judge_alone",
    "recalled_coherence",
    "remembered_untimed",
]

Reals = NDArray[np.float64]

# Other clues compare an act with its batch: ranks among those of the day, removals elsewhere.
CLUES: Final = ("talk",)
CLUE_TABLES: Final = ("comment", "engagement", "section")
# Posteriors in whole steps of 4e-9: sums of them are exact below 3e7 acts, whatever else is summed,
# so that a section gets the same bytes alone and in a batch.
_STEPS: Final = float(1 << 28)


def even_steps(q: Reals) -> Reals:
    """Posteriors rounded so that their sums are exact."""
    return np.asarray(np.rint(q * _STEPS) / _STEPS)


def judge_alone(
    events: Events,
    seats: Seats,
    clues: Sequence[Clue],
    reference: Reference,
    config: AttributionConfig,
) -> Fit:
    """What a fit would say of each act, with nothing learnt from these acts.

    Args:
        events: Acts of `prepare(..., known=reference.groups)`, seated.
        seats: Of the acts.
        clues: Of the acts; only those of `CLUES` are looked at.
        reference: What is known.
        config: Settings.
    """
    learnt, memory = reference.learnt, reference.memory
    parts = (seats.account, seats.section, seats.creator, seats.visit)
    timed = Seats(*(part[: events.n] for part in parts))
    none = np.zeros(events.n)
    beside = (
        ()
        if "company" in config.without
        else remembered_neighbours(events, seats, memory, config, by_creator=reference.by_creator)
    )
    value = company(events.n, beside, none, none, learnt.chance)
    together = apply_company(value, learnt.company)
    propensity = none
    if "propensity" not in config.without:
        life = other_life(timed, memory, by_creator=reference.by_creator)
        propensity = settled_propensity(life, learnt.level)
    used = [_where_seen(clue, events) for clue in clues if clue.name in CLUES]
    hint = apply(used, learnt.clues) if used else none
    mark = np.clip(propensity + together + hint, *MARK_RANGE)
    mark = level_by_stream(events, mark, none, learnt.typical)
    frozen = (reference.curves, reference.null, reference.tables, config)
    q, sums, settled = none, list[float](), False
    while len(sums) < config.rounds:
        if not settled:
            before = q
            q, found = rescan(events, before, mark, *frozen)
            q = even_steps(q)
            settled = np.array_equal(q, before)  # another round would say the same again
        sums.append(float(q.sum()))
    return replace(
        found, q=q, propensity=propensity, company=together, company_value=value, sums=tuple(sums)
    )


def _where_seen(clue: Clue, events: Events) -> Clue:
    """Unknown in sections where nobody talks: whether talk was collected there is not known."""
    talked = np.bincount(events.section, clue.codes > 0, int(events.section.max(initial=0)) + 1)
    codes = np.where(talked[events.section] > 0, clue.codes, np.int16(-1))
    return replace(clue, codes=codes.astype(np.int16))


def recalled_coherence(
    events: Events, q: Reals, seats: Seats, reference: Reference, config: AttributionConfig
) -> Coherence:
    """Coherence of accounts as remembered, and how far communities explain each act."""
    code = events.acts["account"].to_numpy()
    known = np.flatnonzero(code >= 0)
    account = np.full(len(events.n_sections), np.nan)
    account[code[known]] = np.append(reference.memory.coherence, np.nan)[seats.account[known]]
    own = own_audience(events, q, seats, reference.memory, config.coherence_min)
    return Coherence(account, explained(events, q, own))


def remembered_untimed(
    events: Events,
    purchased: Reals,
    seats: Seats,
    reference: Reference,
    config: AttributionConfig,
) -> Untimed:
    """Acts without times, by what their accounts are remembered for and by their own stream.

    Who else went where their accounts went needs the whole graph, so it is not looked at.
    """
    late = slice(events.n, None)
    n = events.acts.num_rows - events.n
    mark = np.zeros(n)
    if n and "propensity" not in config.without:
        parts = (seats.account, seats.section, seats.creator, seats.visit)
        late_seats = Seats(*(part[late] for part in parts))
        mark = other_life(late_seats, reference.memory, by_creator=reference.by_creator)
    prior = prior_by_stream(events, purchased, config.background)
    return Untimed(
        np.asarray(even_steps(expit(mark + logit(prior)))), np.zeros(n), np.full(n, np.nan),
        np.full(len(events.n_sections), np.nan), {}, mark,
    )  # fmt: skip
