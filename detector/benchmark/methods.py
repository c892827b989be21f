"""Ours and the baselines as one list of methods: canonical tables in, scores out.

Beside them stand the ablations: our model without one part of its evidence, or with one part only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.detector.benchmark.account_score import account_score
from zhenzan.detector.benchmark.meter import Meter
from zhenzan.features.engine.base import Engine
from zhenzan.features.errors import UsageError
from zhenzan.features.family import Tables
from zhenzan.models.attribution import Attribution, AttributionConfig, attribute
from zhenzan.models.attribution.config import EVIDENCE
from zhenzan.models.attribution.events import Events, prepare
from zhenzan.models.baselines import Baseline, baselines

__all__ = [
    "OURS",
    "Found",
    "Outcome",
    "ablations",
    "choose",
    "engaged",
    "methods",
    "rank_acts",
    "run_method",
]

Reals = NDArray[np.float64]

OURS: Final = "zhenzan"


@dataclass(frozen=True, slots=True)
class Found:
    """What a method says of one input.

    Attributes:
        acts: Score of each engagement, in the order of `engagement_id`.
        accounts: Score by `account_id`, of every account that acted, in id order.
        attribution: The whole result of our model; None for the others.
    """

    acts: Reals
    accounts: pd.Series[float]
    attribution: Attribution | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method made of one input, and at what cost.

    Attributes:
        found: Its scores.
        seconds: From canonical tables to scores.
        cpu_seconds: The same, of all threads.
        peak_bytes: Of the process meanwhile; None where it cannot be measured.
    """

    found: Found
    seconds: float
    cpu_seconds: float
    peak_bytes: int | None

    @property
    def score(self) -> Reals:
        """Of each engagement, in the order of `engagement_id`."""
        return self.found.acts

    @property
    def n_purchased(self) -> float | None:
        """Sum of posteriors; None for methods that do not estimate it."""
        if self.found.attribution is None:
            return None
        return float(engaged(self.found.attribution)["p_purchased"].to_numpy().sum())


Method = Callable[[Engine, Tables], Found]


def methods() -> dict[str, Method]:
    """Ours first, then the baselines in their order."""
    return {OURS: _ours(), **{b.name: _runner(b) for b in baselines()}}


def ablations() -> dict[str, Method]:
    """Our model without each part of its evidence, then with each part alone."""
    every = frozenset(EVIDENCE)
    less = {f"without-{part}": _ours(frozenset({part})) for part in EVIDENCE}
    return less | {f"only-{part}": _ours(every - {part}) for part in EVIDENCE}


def choose(names: Sequence[str] | None) -> list[str]:
    """The named methods, each once; ours and all baselines for None.

    Raises:
        UsageError: A method is unknown, or none is named.
    """
    known = methods()
    chosen = list(known) if names is None else list(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in known and name not in ablations()]
    if unknown or not chosen:
        wrong = f"unknown methods {', '.join(unknown)}" if unknown else "no method named"
        raise UsageError(f"{wrong}; known: {', '.join([*known, *ablations()])}")
    return chosen


def run_method(name: str, engine: Engine, tables: Tables) -> Outcome:
    """Runs one method from the tables to its scores, measured.

    Raises:
        UsageError: There is no such method.
    """
    (chosen,) = choose([name])
    method = (methods() | ablations())[chosen]
    with Meter() as meter:
        found = method(engine, tables)
    return Outcome(found, meter.seconds, meter.cpu_seconds, meter.peak_bytes)


def _ours(without: frozenset[str] = frozenset()) -> Method:
    def run(engine: Engine, tables: Tables) -> Found:
        result = attribute(engine, tables, AttributionConfig(without=without))
        return Found(rank_acts(engaged(result)), account_score(result), result)

    return run


def engaged(found: Attribution) -> pa.Table:
    """The engagements without the comments that stand for them where a section has none."""
    acts = found.engagements
    return acts.filter(pc.not_equal(acts["kind"], "comment"))


def rank_acts(acts: pa.Table) -> Reals:
    """Ranks by the posterior; where it is 1 to the last digit, by the evidence behind it.

    Doubles end at log odds of 36, evidence does not.

    Args:
        acts: `p_purchased` and the log likelihood ratios of attribution's engagements.

    Returns:
        Rank of each act from 0 up; equal acts share one.
    """
    posterior = acts["p_purchased"].to_numpy()
    evidence = np.zeros(len(posterior))
    for name in ("excess", "propensity", "company"):
        evidence += acts[name].fill_null(0.0).to_numpy()
    evidence = np.where(posterior >= 1.0, evidence, 0.0)
    order = np.lexsort((evidence, posterior))
    keys: Any = np.stack([posterior[order], evidence[order]])
    step = np.append(0, np.cumsum((keys[:, 1:] != keys[:, :-1]).any(axis=0)))[: len(order)]
    rank = np.empty(len(order))
    rank[order] = step
    return rank


def _runner(baseline: Baseline) -> Method:
    def run(engine: Engine, tables: Tables) -> Found:
        events = prepare(engine, tables)
        ranking = baseline.rank(events)
        scores = ranking.acts
        ids = events.acts["engagement_id"].to_numpy(zero_copy_only=False)
        every = np.full(len(ids), scores.min(initial=0.0))
        every[: len(scores)] = scores  # untimed acts come last and have no score of their own
        return Found(every[np.argsort(ids, kind="stable")], _by_id(events, ranking.accounts))

    return run


def _by_id(events: Events, accounts: Reals) -> pd.Series[float]:
    """Scores by code as scores by id."""
    code = events.acts["account"].to_numpy()
    seen, first = np.unique(code[code >= 0], return_index=True)
    ids = events.acts["account_id"].take(pa.array(np.flatnonzero(code >= 0)[first]))
    by_id = pd.Series(accounts[seen], index=pd.Index(ids.to_pylist(), name="account_id"))
    return by_id.sort_index()
