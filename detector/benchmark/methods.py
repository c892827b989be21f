"""Ours and the baselines as one list of methods: canonical tables in, a score for each act out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.detector.benchmark.meter import Meter
from zhenzan.features.engine.base import Engine
from zhenzan.features.errors import UsageError
from zhenzan.features.family import Tables
from zhenzan.models.attribution import attribute
from zhenzan.models.attribution.events import prepare
from zhenzan.models.baselines import Baseline, baselines

__all__ = ["OURS", "Outcome", "choose", "methods", "rank_acts", "run_method"]

Reals = NDArray[np.float64]

OURS: Final = "zhenzan"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method made of one input.

    Attributes:
        score: Of each engagement, in the order of `engagement_id`.
        n_purchased: Sum of posteriors; None for methods that do not estimate it.
        seconds: From canonical tables to scores.
        cpu_seconds: The same, of all threads.
        peak_bytes: Of the process meanwhile; None where it cannot be measured.
    """

    score: Reals
    n_purchased: float | None
    seconds: float
    cpu_seconds: float
    peak_bytes: int | None


Method = Callable[[Engine, Tables], tuple[Reals, float | None]]


def methods() -> dict[str, Method]:
    """Ours first, then the baselines in their order."""
    return {OURS: _ours, **{b.name: _runner(b) for b in baselines()}}


def choose(names: Sequence[str] | None) -> list[str]:
    """The named methods, each once; all of them for None.

    Raises:
        UsageError: A method is unknown, or none is named.
    """
    known = methods()
    chosen = list(known) if names is None else list(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        wrong = f"unknown methods {', '.join(unknown)}" if unknown else "no method named"
        raise UsageError(f"{wrong}; known: {', '.join(known)}")
    return chosen


def run_method(name: str, engine: Engine, tables: Tables) -> Outcome:
    """Runs one method from the tables to its scores, measured.

    Raises:
        UsageError: There is no such method.
    """
    (chosen,) = choose([name])
    with Meter() as meter:
        score, purchased = methods()[chosen](engine, tables)
    return Outcome(score, purchased, meter.seconds, meter.cpu_seconds, meter.peak_bytes)


def _ours(engine: Engine, tables: Tables) -> tuple[Reals, float | None]:
    acts = attribute(engine, tables).engagements
    return rank_acts(acts), float(acts["p_purchased"].to_numpy().sum())


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
    def run(engine: Engine, tables: Tables) -> tuple[Reals, float | None]:
        events = prepare(engine, tables)
        scores = baseline.rank(events).acts
        ids = events.acts["engagement_id"].to_numpy(zero_copy_only=False)
        every = np.full(len(ids), scores.min(initial=0.0))
        every[: len(scores)] = scores  # untimed acts come last and have no score of their own
        return every[np.argsort(ids, kind="stable")], None

    return run
