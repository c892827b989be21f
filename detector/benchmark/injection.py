"""FRAUDAR's injection: a block planted into a graph of who went where, without any times.

The experiment of Hooi et al. (KDD 2016, section 5): 200 accounts visit 200 objects at a density of
.05 to .5, in a background the size of their Amazon graph (24,000 accounts, 4,000 objects, 126,000
visits), with four kinds of camouflage. Their background is not public in this form, so one is made
up here that is harder than a random graph: popularity and activity have heavy tails, three visits
of five go to an account's own topic, and fan clubs are organic blocks, denser than the planted one.

Every method sees the same visits. Ours gets them without times, and names an account for two acts
with a posterior above one half; nothing is tuned to the truth. Baselines that never look at times
get one moment for all, because they code timed acts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.detector.benchmark.methods import OURS, Outcome, run_method
from zhenzan.detector.progress import Progress, Silent
from zhenzan.features.engine import open_engine
from zhenzan.features.engine.base import Engine
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import UsageError
from zhenzan.features.family import Tables

__all__ = [
    "DENSITIES",
    "KINDS",
    "METHODS",
    "Injection",
    "Visits",
    "inject",
    "make_background",
    "run_injection",
    "summarize_injection",
]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Reals = NDArray[np.floating[Any]]

DENSITIES: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
# Camouflage: none; as many visits again to random other objects; to popular ones; none by new
# accounts but by hijacked ones, which keep their own life; and twice as many random visits, which
# the authors' program has and the paper does not name.
KINDS: Final = ("none", "random", "biased", "hijacked", "double")
# Ours and the baselines that do without times.
METHODS: Final = (OURS, "fraudar", "d-cube", "catchsync", "degree")
_ONE_MOMENT_MS: Final = 1_600_000_000_000
_NAMED_FROM: Final = 2  # acts above one half, as the event behind an account's probability has it
_OUTLIER: Final = 3.0  # standard deviations beyond the mean, CatchSync's own threshold


@dataclass(frozen=True, slots=True)
class Visits:
    """Distinct (account, object) pairs, in that order, and how many of each there could be."""

    account: Ints
    object: Ints
    n_accounts: int
    n_objects: int


@dataclass(frozen=True, slots=True)
class Injection:
    """A background with a planted block.

    Attributes:
        visits: All visits.
        delivered: Which of them are the block's; camouflage is not.
        workers: By account code, whether it delivered.
    """

    visits: Visits
    delivered: Flags
    workers: Flags


def make_background(
    seed: int,
    *,
    n_accounts: int = 24_000,
    n_objects: int = 4_000,
    n_visits: int = 126_000,
    topics: int = 20,
    clubs: int = 8,
) -> Visits:
    """Organic visits only.

    Activity is Pareto distributed with exponent 1.6, the popularity of the k-th object falls as
    (k + 5)^-0.75. A topic holds a Dirichlet share of accounts and objects; an account spends three
    visits of five in its own. A fan club is 60 to 160 accounts of a topic that visit each of 10 to
    30 of its 60 most popular objects with a probability of .2 to .6, besides what else they do.

    Args:
        seed: Of every draw.
        n_accounts: How many could act.
        n_objects: How many could be visited.
        n_visits: Met within some per cent.
        topics: 1 for a world without interests.
        clubs: Number of fan clubs.
    """
    rng = np.random.default_rng([seed, 1])
    activity = np.minimum(rng.pareto(1.6, n_accounts) + 1.0, 300.0)
    popularity = (np.arange(n_objects) + 5.0) ** -0.75
    rng.shuffle(popularity)
    share = rng.dirichlet(np.full(topics, 3.0))
    topic_of = rng.choice(topics, n_accounts, p=share)
    topic = rng.choice(topics, n_objects, p=share)
    parts = _clubs(rng, clubs, topic_of, topic, popularity)
    rest = max(n_visits - sum(len(part) for part in parts), 0)
    degree = np.maximum(rng.poisson(activity * rest * 1.02 / activity.sum()), 1)
    account = np.repeat(np.arange(n_accounts), degree)
    visited = rng.choice(n_objects, len(account), p=popularity / popularity.sum())
    at_home = rng.random(len(account)) < 0.6
    for t in range(topics):
        own = np.flatnonzero(topic == t)
        mine = np.flatnonzero(at_home & (topic_of[account] == t))
        if len(own):
            visited[mine] = rng.choice(own, len(mine), p=popularity[own] / popularity[own].sum())
    pairs = np.concatenate([np.stack([account, visited], axis=1), *parts])
    pairs = np.unique(pairs, axis=0)
    return Visits(pairs[:, 0], pairs[:, 1], n_accounts, n_objects)


def _clubs(
    rng: np.random.Generator, clubs: int, topic_of: Ints, topic: Ints, popularity: Reals
) -> list[Ints]:
    parts = []
    for _ in range(clubs):
        t = int(rng.integers(topic.max() + 1))
        objects = np.flatnonzero(topic == t)
        objects = objects[np.argsort(-popularity[objects], kind="stable")][:60]
        people = np.flatnonzero(topic_of == t)
        size, width = int(rng.integers(60, 160)), int(rng.integers(10, 30))
        density = rng.uniform(0.2, 0.6)
        people = rng.choice(people, min(len(people), size), replace=False)
        objects = rng.choice(objects, min(len(objects), width), replace=False)
        i, j = np.nonzero(rng.random((len(people), len(objects))) < density)
        parts.append(np.stack([people[i], objects[j]], axis=1))
    return parts


def inject(
    background: Visits, kind: str, density: float, seed: int, *, size: tuple[int, int] = (200, 200)
) -> Injection:
    """Plants a block into a background.

    Its objects are drawn from all of the background's and keep their audience. Its accounts are
    new, or, hijacked, drawn from those of the background and keep their own visits.

    Raises:
        UsageError: The kind is unknown, the density no share, or the block too large.
    """
    n_workers, n_targets = size
    if kind not in KINDS:
        raise UsageError(f"unknown camouflage {kind!r}; known: {', '.join(KINDS)}")
    if not 0.0 < density <= 1.0:
        raise UsageError(f"density {density:g} is no share above 0")
    present = np.unique(background.account)
    if n_targets >= background.n_objects or (kind == "hijacked" and n_workers > len(present)):
        raise UsageError(f"a block of {n_workers} x {n_targets} does not fit the background")
    rng = np.random.default_rng([seed, 2, KINDS.index(kind)])
    target = rng.choice(background.n_objects, n_targets, replace=False)
    worker = background.n_accounts + np.arange(n_workers)
    if kind == "hijacked":
        worker = rng.choice(present, n_workers, replace=False)
    i, j = np.nonzero(rng.random((n_workers, n_targets)) < density)
    block = np.stack([worker[i], target[j]], axis=1)
    hidden = _camouflage(rng, background, kind, target, worker, np.bincount(i, minlength=n_workers))
    own = np.stack([background.account, background.object], axis=1)
    pairs, at = np.unique(np.concatenate([own, hidden, block]), axis=0, return_inverse=True)
    delivered = np.zeros(len(pairs), bool)
    delivered[at.ravel()[len(own) + len(hidden) :]] = True
    workers = np.zeros(background.n_accounts + n_workers, bool)
    workers[pairs[delivered, 0]] = True
    visits = Visits(pairs[:, 0], pairs[:, 1], len(workers), background.n_objects)
    return Injection(visits, delivered, workers)


def _camouflage(
    rng: np.random.Generator, background: Visits, kind: str, target: Ints, worker: Ints, n: Ints
) -> Ints:
    """As many visits to other objects as each worker delivers; twice as many for `double`."""
    if kind in ("none", "hijacked"):
        return np.zeros((0, 2), np.int64)
    others = np.setdiff1d(np.arange(background.n_objects), target)
    weight: Reals = np.ones(len(others))
    if kind == "biased":
        degree = np.bincount(background.object, minlength=background.n_objects)
        weight = degree[others] + 1e-9
    many = np.minimum(n * (2 if kind == "double" else 1), len(others))
    parts = [rng.choice(others, m, replace=False, p=weight / weight.sum()) for m in many]
    return np.stack([np.repeat(worker, many), np.concatenate(parts)], axis=1)


def run_injection(
    *,
    kinds: Sequence[str] = KINDS,
    densities: Sequence[float] = DENSITIES,
    seeds: Sequence[int] = (0, 1, 2),
    names: Sequence[str] | None = None,
    background: Visits | None = None,
    options: EngineOptions | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Every method on every injection.

    Args:
        kinds: Of camouflage.
        densities: Of the planted block.
        seeds: Of background and block.
        names: Methods, of `METHODS`; all by default. Others are left out: they need times.
        background: To plant into, such as a real graph; made up from the seed by default.
        options: Of the engine.
        progress: Told of each injection.

    Returns:
        `method, kind, density, seed, f1, precision, recall, best_f1, act_f1, act_precision,
        act_recall, seconds, peak_bytes`. The first four over accounts, by the set that the method
        itself names (NaN for degree, which names none); `best_f1` is that of the best threshold on
        its scores, chosen with the truth at hand.

    Raises:
        UsageError: Nothing is left to run.
    """
    chosen = [name for name in METHODS if names is None or name in names]
    if not chosen or not kinds or not densities or not seeds:
        raise UsageError(f"nothing to run; methods without times: {', '.join(METHODS)}")
    report = progress or Silent()
    todo = [(seed, kind, density) for seed in seeds for kind in kinds for density in densities]
    rows: list[dict[str, object]] = []
    made, made_of = background, None
    _run(inject(_small(), "none", 0.5, 0, size=(20, 20)), chosen, options)  # compiles the kernels
    for number, (seed, kind, density) in enumerate(todo, 1):
        report.begin(f"{kind} camouflage, density {density:g}, seed {seed}", number, len(todo))
        if made is None or (background is None and made_of != seed):
            made, made_of = make_background(seed), seed
        planted = inject(made, kind, density, seed)
        done = _run(planted, chosen, options)
        for name, outcome in done.items():
            figures = _figures(name, outcome, planted)
            rows.append({"method": name, "kind": kind, "density": density, "seed": seed, **figures})
        report.end(sum(outcome.seconds for outcome in done.values()))
    return pd.DataFrame(rows)


def summarize_injection(runs: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, a row a density, kind and method."""
    figures = [c for c in runs.columns if c not in ("method", "kind", "density", "seed")]
    keys = ["density", "kind", "method"]
    groups = runs.astype(dict.fromkeys(figures, float)).groupby(keys, sort=False)
    return groups[figures].mean().reset_index()


def _small() -> Visits:
    return make_background(0, n_accounts=300, n_objects=60, n_visits=1500, topics=2, clubs=0)


def _run(planted: Injection, names: list[str], options: EngineOptions | None) -> dict[str, Outcome]:
    found = {}
    with open_engine(options=options or EngineOptions()) as engine:
        for name in names:
            tables = _tables(engine, planted.visits, timed=name != OURS)
            found[name] = run_method(name, engine, tables)
    return found


def _tables(engine: Engine, visits: Visits, *, timed: bool) -> Tables:
    """Canonical tables; ids sort in the order of the visits."""
    n = len(visits.account)
    times = pa.array(np.full(n, _ONE_MOMENT_MS)) if timed else pa.nulls(n, pa.int64())
    table = pa.table(
        {
            "engagement_id": pa.array([f"e{i:09d}" for i in range(n)]),
            "kind": pa.array(["like"] * n),
            "section_id": pa.array([f"s{i:07d}" for i in visits.object]),
            "comment_id": pa.nulls(n, pa.string()),
            "account_id": pa.array([f"a{i:09d}" for i in visits.account]),
            "ts_lo_ms": times,
            "ts_hi_ms": times,
        }
    )
    return {"engagement": engine.load("engagement", table)}


def _figures(name: str, outcome: Outcome, planted: Injection) -> dict[str, float | None]:
    """F, precision and recall of what a method names, over accounts and over acts."""
    found = outcome.found
    code = np.array([int(a[1:]) for a in found.accounts.index])
    score = found.accounts.to_numpy(float)
    if found.attribution is not None:
        named_acts = found.attribution.engagements["p_purchased"].to_numpy() > 0.5
        count = np.bincount(planted.visits.account[named_acts], minlength=len(planted.workers))
        named = count >= _NAMED_FROM
    else:
        named_acts = _own_set(name, found.acts)
        named = np.zeros(len(planted.workers), bool)
        named[code] = _own_set(name, score)
    f1, precision, recall = _agreement(named, planted.workers)
    acts = _agreement(named_acts, planted.delivered)
    figures = {"f1": f1, "precision": precision, "recall": recall}
    if name == "degree":  # a count names nobody
        figures, acts = dict.fromkeys(figures, float("nan")), (float("nan"),) * 3
    return {
        **figures,
        "best_f1": _best(score, planted.workers[code]),
        "act_f1": acts[0], "act_precision": acts[1], "act_recall": acts[2],
        "seconds": outcome.seconds, "peak_bytes": outcome.peak_bytes,
    }  # fmt: skip


def _own_set(name: str, score: Reals) -> Flags:
    """Whom a baseline itself would name: its densest block, or its outliers."""
    if name == "catchsync":
        return np.asarray(score > score.mean() + _OUTLIER * score.std())
    return np.asarray((score > 0) & (score == score.max(initial=0.0)))


def _agreement(named: Flags, truth: Flags) -> tuple[float, float, float]:
    """F, precision and recall; all 0 where nothing right is named."""
    both = float((named & truth).sum())
    precision, recall = both / max(int(named.sum()), 1), both / max(int(truth.sum()), 1)
    return (2 * precision * recall / (precision + recall) if both else 0.0), precision, recall


def _best(score: Reals, truth: Flags) -> float:
    """Largest F over all thresholds; ties are taken whole."""
    if not len(score):
        return 0.0
    order = np.argsort(-score, kind="stable")
    right = np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    return float((2 * right[last] / (last + 1 + truth.sum())).max(initial=0.0))
