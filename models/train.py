"""From labelled rows to a bundle: group-aware folds, early stopping, calibration out of fold.

Every figure and every calibration rests on scores that a model gave to groups (worlds, operators,
creators) which it had not seen. The final trees are then grown on all rows, as many as the folds
found best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from zhenzan.features.errors import UsageError
from zhenzan.models.applicability import see
from zhenzan.models.bundle import Bundle, UnitModel
from zhenzan.models.by_class import class_calibrations, cross_calibrated, silent_classes
from zhenzan.models.calibration import LOUD, fit_conformal
from zhenzan.models.held_out import class_figures, main_class, sliced
from zhenzan.models.intervals import Amounts, fit_widening
from zhenzan.models.lineage import (
    labelled_record,
    lineage,
    refuse_seen_worlds,
    seeds_of,
    seen_by_base,
)
from zhenzan.models.scorers.amounts import LEAST, attributed_ends, grow_amounts, log_amounts
from zhenzan.models.scorers.attributed import ATTRIBUTION
from zhenzan.models.scorers.inputs import Known
from zhenzan.models.scorers.trees import TreeScorer
from zhenzan.models.splits import split_figures
from zhenzan.models.stand_ins import fit_stand_ins

__all__ = ["Rows", "TrainSettings", "train_bundle"]

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled rows of a unit.

    Attributes:
        frame: Columns `family__feature`, indexed by id.
        facts: In the same order: `positive`, `group`, `class`, `slice`, `rules` (their score), and
            of sections `amount`, `n_engagements`, `n_purchased`, `n_purchased_lo`,
            `n_purchased_hi`; `labelled` (not of a simulated world) where rows can come again.
    """

    frame: pd.DataFrame
    facts: pd.DataFrame


# What attribution found may only speak for an order. What a family says of a whole section points
# one way where nothing else is known, but not beside the rest: bound as well, its directions cost
# four hundredths of the recall on fresh worlds (.90 instead of .945; docs/decisions/0010).
_BINDING: Final = frozenset({ATTRIBUTION})


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How a bundle is trained.

    Attributes:
        folds: Of the groups; at most as many as there are.
        most_trees, patience: Early stopping on held-out log loss.
        learning_rate, n_leaves, min_leaf, l2, columns_share, random_cuts: Of the trees, as of
            `TreeScorer`. On 28 fresh worlds, after training on 28 others, recall of sections at
            0.5 % false positives is .88 with all cuts and all columns, .90 with these.
        gaps: Share of rows that are repeated with one family blanked, so that a missing family is
            something the trees have met. Such rows get a probability, too: on ten fresh worlds with
            one family blanked in all rows calibration errors were .04 to .055 for sections and
            .02 to .04 for accounts, with none .05 and .02.
        least_positive, least_rows: With fewer rows of the rarer outcome, or fewer in all, a
            capability class is not calibrated.
        most_error: A class with a larger calibration error out of fold gets no probability, as of
            `silent_classes`. Of 60 worlds, classes of at most 0.018 out of fold had 0.014 to 0.08
            on 60 fresh ones; those of 0.027 and more had 0.08 to 0.2 on 28.
        monotone: Whether directions of attribution's figures bind.
        seed: Of folds and blanks.
    """

    folds: int = 5
    most_trees: int = 600
    patience: int = 40
    learning_rate: float = 0.1
    n_leaves: int = 15
    min_leaf: float = 1.0
    l2: float = 1.0
    columns_share: float = 0.5
    random_cuts: bool = True
    gaps: float = 0.2
    least_positive: int = 20
    least_rows: int = 200
    most_error: float = 0.02
    monotone: bool = True
    seed: int = 0


@dataclass(slots=True)
class _Unit:
    """A unit in training: its columns, its rows in content order, what binds."""

    rows: Rows
    columns: list[str]
    monotone: dict[str, int]
    settings: TrainSettings
    start: str | None = None
    group: NDArray[np.intp] = field(init=False)
    positive: Flags = field(init=False)
    seen: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.seen = self.rows.facts["seen"].to_numpy(bool)
        self.group = np.unique(self.rows.facts["group"].to_numpy(str), return_inverse=True)[1]
        self.positive = self.rows.facts["positive"].to_numpy(bool)


def train_bundle(
    rows: Mapping[str, Rows],
    known: Known,
    name: str,
    settings: TrainSettings | None = None,
    *,
    base: Bundle | None = None,
    told: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] | None = None,
    step: Callable[[int, int, str], None] | None = None,
) -> Bundle:
    """Trains the units that have both outcomes in two groups at least.

    Trees of a base are continued, over its columns; ranges and calibrations are those of the new
    rows alone, since scores have moved. Rows that the base has seen are learnt from again, and
    neither calibrate nor judge. A unit that the rows cannot train stays the base's, whole.

    Args:
        rows: Unit to labelled rows.
        known: Features of this installation; what may bind monotonically.
        name: Of the bundle.
        settings: How.
        base: A bundle whose trees are continued.
        told: What to remember of the data.
        tell: Called with a line for each unit.
        step: Called with done, total and a word before each growing of trees.

    Raises:
        UsageError: No unit can be trained, or the base reads other features or was trained on the
            same worlds.
    """
    s = settings or TrainSettings()
    units: dict[str, UnitModel] = {}
    figures: dict[str, dict[str, Any]] = {}
    if base is not None:
        base.check_versions(known.versions, known.specs)
        refuse_seen_worlds(seeds_of(told or {}), base.training)
    growths = 2 * s.folds + 1  # of a unit: watched, out of fold, and the last
    for number, (unit, given) in enumerate(rows.items()):
        old = None if base is None else base.units.get(unit)
        seen = seen_by_base(unit, given.facts, None if old is None or base is None
                            else base.training)  # fmt: skip
        part = Rows(given.frame, given.facts.assign(seen=seen))
        why = _untrainable(part.facts[~seen])
        if why is not None:
            figures[unit] = {"skipped": why}
            continue

        def grown(done: int, unit: str = unit, before: int = number * growths) -> None:
            if step is not None:
                step(before + done, len(rows) * growths, unit)

        units[unit], figures[unit] = _train_unit(unit, _prepared(unit, part, known, s, old), grown)
        if tell is not None:
            tell(f"{unit}: {figures[unit]['n']} rows, AUC {figures[unit]['auc']:.4f} out of fold")
    if not units:
        why = "; ".join(f"{unit}: {figure['skipped']}" for unit, figure in figures.items())
        raise UsageError(f"nothing can be trained: {why}")
    labelled = labelled_record({unit: rows[unit].facts for unit in units if unit in rows})
    if base is not None:
        units = {**base.units, **units}
    versions = {c.split("__")[0] for model in units.values() for c in model.columns}
    training = {
        "settings": asdict(s), "held_out": figures, **(told or {}), **labelled, **lineage(base)
    }  # fmt: skip
    return Bundle(name, {f: known.versions[f] for f in sorted(versions)}, units, training)


def _untrainable(facts: pd.DataFrame) -> str | None:
    for outcome in (True, False):
        groups = facts.loc[facts["positive"] == outcome, "group"].nunique()
        if groups < 2:
            return f"{'positives' if outcome else 'negatives'} in {groups} groups; 2 are needed"
    return None


def _prepared(
    unit: str, rows: Rows, known: Known, s: TrainSettings, old: UnitModel | None = None
) -> _Unit:
    """Columns that vary and are known here, or those of the trees that are continued.

    Rows come in an order of their content.
    """
    usable = [
        name for name in known.specs[unit]
        if name in rows.frame and rows.frame[name].nunique(dropna=False) > 1
    ] if old is None else list(old.columns)  # fmt: skip
    frame = rows.frame.reindex(columns=usable).astype(np.float64)
    order = frame.reset_index(drop=True).assign(
        _group=rows.facts["group"].to_numpy(str), _found=rows.facts["positive"].to_numpy(bool)
    )
    at = order.sort_values(list(order.columns), kind="stable").index.to_numpy()
    directions = known.directions(unit) if s.monotone else {}
    directions = {c: d for c, d in directions.items() if c.split("__")[0] in _BINDING}
    return _Unit(
        Rows(frame.iloc[at], rows.facts.iloc[at]),
        usable,
        {name: directions[name] for name in usable if name in directions},
        s,
        None if old is None else old.trees,
    )


def _train_unit(
    unit: str, u: _Unit, grown: Callable[[int], None]
) -> tuple[UnitModel, dict[str, Any]]:
    s, folds, watched = u.settings, _folds(u), []
    for done, (train, held) in enumerate(folds):
        grown(done)
        watched.append(_grown(u, train, None, held))
    n_trees = max(1, int(np.median([made.n_grown_ for made in watched])))
    raw = np.full(len(u.positive), np.nan)
    for done, (long, (train, held)) in enumerate(zip(watched, folds, strict=True), len(folds)):
        grown(done)
        aside = u.rows.frame.iloc[held]
        found = long.first(aside, n_trees)  # the same trees, already grown
        if found is None:
            found = _grown(u, train, n_trees).decision_function(aside)
        raw[held] = found
    everything = np.arange(len(u.positive))
    met, _ = _blanked(u.rows.frame, u.positive, s)
    final = _grown(u, everything, n_trees)
    kinds, least = u.rows.facts["class"].to_numpy(str), (s.least_positive, s.least_rows)
    calibrations = class_calibrations(kinds, raw, u.positive, *least)
    stated = cross_calibrated(kinds, raw, u.positive, folds, calibrations)
    amounts, ends = (None, None) if unit != "section" else _amounts(u, stated, folds)
    model = UnitModel(
        tuple(u.columns),
        final.booster_.model_to_string(),
        see(u.rows.frame, met, u.rows.frame[kinds == main_class(kinds)]),
        calibrations,
        _conformal(u.rows.facts),
        amounts,
        silent_classes(kinds, stated, u.positive, s.most_error, main_class(kinds)),
        fit_stand_ins(kinds, u.rows.facts["rules"].to_numpy(np.float64), u.positive, *least),
    )
    made = {"n_trees": n_trees, **_figures(u, raw, stated, ends)}
    if u.seen.any():
        made["seen_by_base"] = int(u.seen.sum())
    if unit == "section":
        made["splits"] = _splits(u, n_trees)
    return model, made


def _splits(u: _Unit, n_trees: int) -> list[dict[str, Any]]:
    """Later days and other pools, among the rows of the main class."""
    kinds = u.rows.facts["class"].to_numpy(str)
    mine = np.flatnonzero((kinds == main_class(kinds)) & ~u.seen)
    return split_figures(
        u.rows.facts.iloc[mine],
        u.rows.frame.iloc[mine],
        lambda at: _grown(u, mine[at], n_trees),
    )


def _folds(u: _Unit) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """What is learnt from and what is held in each fold; rows that the base has seen only teach."""
    new, old = np.flatnonzero(~u.seen), np.flatnonzero(u.seen)
    group, positive = u.group[new], u.positive[new]
    groups = min(len(np.unique(group[positive])), len(np.unique(group)))
    split = StratifiedGroupKFold(
        max(2, min(u.settings.folds, groups)), shuffle=True, random_state=u.settings.seed
    )
    parts = split.split(u.rows.frame.iloc[new], positive, group)
    made = [(np.sort(np.append(new[a], old)), new[b]) for a, b in parts]
    return [(a, b) for a, b in made if len(np.unique(u.positive[a])) == 2 and len(b)]


def _grown(
    u: _Unit,
    train: NDArray[np.intp],
    n_trees: int | None,
    held: NDArray[np.intp] | None = None,
) -> TreeScorer:
    """Trees on these rows and their blanked copies; watched by the held rows where there are."""
    s = u.settings
    made = TreeScorer(
        n_trees=n_trees or s.most_trees, learning_rate=s.learning_rate, n_leaves=s.n_leaves,
        min_leaf=s.min_leaf, l2=s.l2, monotone=u.monotone, columns_share=s.columns_share,
        random_cuts=s.random_cuts, seed=s.seed, start=u.start,
    )  # fmt: skip
    frame, found = _blanked(u.rows.frame.iloc[train], u.positive[train], s)
    if held is None:
        return made.fit(frame, found)
    aside = u.rows.frame.iloc[held]
    return made.fit_watched(frame, found, aside, u.positive[held], patience=s.patience)


def _blanked(frame: pd.DataFrame, found: Flags, s: TrainSettings) -> tuple[pd.DataFrame, Flags]:
    """The rows, and copies of some in which one family is not computable."""
    families = np.array([str(c).split("__")[0] for c in frame.columns])
    names = np.unique(families)
    if s.gaps <= 0 or len(names) < 2:
        return frame, found
    rng = np.random.default_rng(s.seed)
    picked = np.flatnonzero(rng.random(len(frame)) < s.gaps)
    gone = rng.integers(0, len(names), len(picked))
    values = frame.to_numpy(np.float64)[picked]
    values[families[None, :] == names[gone][:, None]] = np.nan
    copies = pd.DataFrame(values, columns=frame.columns)
    return pd.concat([frame, copies], ignore_index=True), np.append(found, found[picked])


def _conformal(facts: pd.DataFrame) -> dict[str, float]:
    """By class, the widening of intervals, learnt where attribution finds something.

    Elsewhere nearly all begin and end near 0, and would hide that the others are too narrow; what
    attribution misses altogether no width around its estimate can mend.
    """
    known = facts["amount"].notna() & facts["n_purchased_lo"].notna()
    known &= facts["n_purchased"] >= LOUD
    made = {}
    for kind, part in facts[known].groupby("class"):
        if len(part) >= _LEAST_INTERVALS:
            made[str(kind)] = fit_conformal(
                part["n_purchased_lo"], part["n_purchased_hi"], part["amount"]
            )
    return made


# Rows from which the nine tenths of their misses are worth a number: five lie above it.
_LEAST_INTERVALS: Final = 50


def _amounts(
    u: _Unit, stated: Reals, folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]]
) -> tuple[Amounts | None, tuple[Reals, Reals] | None]:
    """Trees for the number purchased, and the interval of each row as other folds would state it.

    Ends and probabilities are out of fold; the two numbers of a widening come from all folds.
    """
    facts, values = u.rows.facts, u.rows.frame.to_numpy(np.float64)
    amount = facts["amount"].to_numpy(np.float64)
    ordered = (amount > 0) & facts["n_purchased_lo"].notna().to_numpy()
    low, high = np.full(len(facts), np.nan), np.full(len(facts), np.nan)
    for train, held in folds:
        own = train[ordered[train]]
        if len(own) < LEAST:
            return None, None
        trees = grow_amounts(values[own], amount[own])
        low[held], high[held] = log_amounts(trees, values[held])
    kinds, made = facts["class"].to_numpy(str), {}
    ends = [facts[f"n_purchased{end}"].to_numpy(np.float64).copy() for end in ("_lo", "_hi")]
    for kind in np.unique(kinds):
        mine = (kinds == kind) & ~np.isnan(low)
        if (mine & ordered).sum() >= LEAST and not np.isnan(stated[mine]).all():
            rows = [
                attributed_ends(facts[m], low[m], high[m], stated[m])
                for m in (mine & ordered, mine)
            ]
            made[str(kind)] = fit_widening(rows[0], amount[mine & ordered])
            ends[0][mine], ends[1][mine] = rows[1].interval(made[str(kind)])
    if not made:
        return None, None
    trees = grow_amounts(values[ordered], amount[ordered])
    return Amounts(trees, made), (ends[0], ends[1])


def _figures(
    u: _Unit, raw: Reals, stated: Reals, ends: tuple[Reals, Reals] | None
) -> dict[str, Any]:
    """Out of fold, by capability class; at the top those of the main class."""
    facts, kinds = u.rows.facts, u.rows.facts["class"].to_numpy(str)
    classes = {}
    for kind in np.unique(kinds):
        mine = (kinds == kind) & ~np.isnan(raw)
        if mine.any():
            own = None if ends is None else (ends[0][mine], ends[1][mine])
            classes[str(kind)] = class_figures(facts[mine], raw[mine], stated[mine], own)
    main = main_class(kinds[~np.isnan(raw)])
    mine = (kinds == main) & ~np.isnan(raw)
    slices = sliced(facts[mine], raw[mine], stated[mine])
    return {**classes[main], "class": main, "classes": classes, "slices": slices}
