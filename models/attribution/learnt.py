"""What a fit learnt of accounts and their acts, as plain figures that can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.company import Neighbours, company, learn_chance
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.ratios import (
    apply_company,
    company_table,
    log_level,
    other_visits,
    settled_propensity,
    typical_mark,
)

__all__ = ["MARK_RANGE", "Learnt", "learn_ratios"]

Reals = NDArray[np.float64]

# Log ratio of an account at least and at most, whatever speaks for it.
MARK_RANGE: Final = (-6.0, 9.0)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Figures that say how the acts of accounts are to be read.

    Attributes:
        act: Log ratio of each act: what it says of its account.
        chance: Log mean meetings by distance and exposure (`learn_chance`).
        company: Log ratio by bin of company (`company_table`).
        level: Log mean of propensity over organic acts.
        typical: Mean mark (`typical_mark`).
        clues: Log ratios of the codes of each clue.
    """

    act: Reals
    chance: Reals
    company: Reals
    level: float
    typical: float
    clues: Mapping[str, Reals]


def learn_ratios(
    events: Events,
    q: Reals,
    act: Reals,
    hint: Reals,
    weight: Reals,
    beside: Sequence[Neighbours],
    clues: Mapping[str, Reals],
    config: AttributionConfig,
    home: NDArray[np.int64],
) -> Learnt:
    """What a round of the fit uses.

    Args:
        events: The acts.
        q: Their posteriors before the round.
        act: What each says of its account.
        hint: What clues say of each.
        weight: Of `act_weights`.
        beside: Meetings counted.
        clues: Tables learnt.
        config: What is left out.
        home: Of `homes`.
    """
    chance = learn_chance(beside, q, weight)
    value = company(events.n, beside, q, weight, chance)
    table = company_table(value, q, weight)
    level, mark = 0.0, apply_company(value, table)
    if events.n and "propensity" not in config.without:
        ratio = other_visits(events, act, home)
        level = log_level(ratio, q, weight)
        mark = mark + settled_propensity(ratio, level)
    typical = typical_mark(np.clip(mark + hint, *MARK_RANGE), weight) if events.n else 1.0
    return Learnt(act, chance, table, level, typical, clues)
