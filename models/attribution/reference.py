"""The versioned reference: what one fit learnt, frozen, against which sections are judged alone.

A fit lets all sections of a set speak for one another. Under a reference none does: a section is
judged by its own acts, by the frozen figures, and by the lives that the reference remembers, so
that it gets the same figures alone, in a batch, and beside sections that came later.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.errors import UsageError
from zhenzan.models.attribution.coherence import Coherence
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.curve import N_AGES, Curves
from zhenzan.models.attribution.events import Arrivals, Events
from zhenzan.models.attribution.fit import Fit
from zhenzan.models.attribution.learnt import Learnt
from zhenzan.models.attribution.lives import by_creators
from zhenzan.models.attribution.memory import Memory, remember
from zhenzan.models.attribution.null import default_multipliers
from zhenzan.models.attribution.placement import learn_arrival
from zhenzan.models.attribution.scan import FIRST_AGREEMENT, Null, NullTables, null_tables

__all__ = ["FORMAT", "Reference", "learn_reference"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# Counts up when what is kept, or how it is read, changes: figures of another format would be read
# as something that they are not.
FORMAT: Final = 1
_HOURS: Final = 168


@dataclass(frozen=True)
class Reference:
    """What a fit learnt. The arrays of groups have one row more, for groups it has not seen.

    Attributes:
        config: Of the fit; sections are judged with the same.
        groups: Names (platform, kind, target) and when their observation ended; placement.
        curves: Organic arrival by group.
        agreement: (scales, groups) agreement with the curves.
        multipliers: (scales, groups, grid) distribution of the rate multiplier.
        learnt: How acts of accounts are to be read; `learnt.act` is empty (`memory` has it).
        cut: Largest p-value that is significant.
        by_creator: Whether accounts of several creators meet by creator (`lives.py`).
        memory: What the accounts did.
    """

    config: AttributionConfig
    groups: Arrivals
    curves: Curves
    agreement: Reals
    multipliers: Reals
    learnt: Learnt
    cut: float
    by_creator: bool
    memory: Memory

    @cached_property
    def null(self) -> Null:
        """Agreement and multipliers as a scan takes them."""
        return Null(self.agreement, self.multipliers)

    @cached_property
    def tables(self) -> NullTables:
        """The null tables: made at first use, then kept."""
        return null_tables(self.null, keep=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of all that it holds: its name."""
        found = hashlib.sha256(f"attribution reference {FORMAT}".encode())
        _feed(found, self)
        return found.hexdigest()

    def check_config(self, config: AttributionConfig | None) -> AttributionConfig:
        """The settings to judge with.

        Raises:
            UsageError: Others than those of the reference were asked for.
        """
        if config is None:
            return self.config
        theirs, ours = asdict(self.config), asdict(config)
        differ = sorted(k for k in ours if k != "threads" and ours[k] != theirs[k])
        if differ:
            raise UsageError(
                f"the reference was learnt with other settings: {', '.join(differ)}; leave them as"
                " they were, or scan without it"
            )
        return config

    def save(self, folder: Path) -> list[Path]:
        """Writes it to a folder; returns the files."""
        from zhenzan.models.attribution.reference_files import write_reference

        return write_reference(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote; runs no code that it finds there.

        Raises:
            InputError: There is none, it is of another format, or it was changed.
        """
        from zhenzan.models.attribution.reference_files import read_reference

        return read_reference(folder, cls)


def learn_reference(
    events: Events,
    found: Fit,
    creator: Ints,
    creators: pa.Array,
    coherent: Coherence,
    p: Reals,
    config: AttributionConfig,
) -> Reference:
    """Freezes a fit.

    Args:
        events: The acts.
        found: The fit, made with `remember`.
        creator: Creator code by section code.
        creators: Id of each creator code, NULL for that of a section of an unknown creator.
        coherent: Coherence of accounts and creators.
        p: P-values of the streams that were tested.
        config: Settings of the fit.

    Raises:
        UsageError: The fit was not made to be remembered.
    """
    if found.learnt is None:
        raise UsageError("the fit kept nothing to learn a reference from; fit with remember=True")
    learnt = found.learnt
    first = pa.array(events.offsets[:-1])
    of_stream = events.acts["group_name"].take(first).cast(pa.string()).to_numpy()
    n = events.n_groups
    names = [""] * n
    end = np.zeros(n, np.int64)
    horizon = events.origin_ms + np.rint((events.horizon_s - 1.0) * 1e3).astype(np.int64)
    for name, group, at in zip(of_stream.tolist(), events.group.tolist(), horizon, strict=True):
        names[group], end[group] = name, max(end[group], at)
    arrival = learn_arrival(events.age_s, events.stream, events.group[events.stream], n)
    memory = remember(events, found.q, learnt.act, creator, creators, coherent)
    other = np.full((len(found.agreement), 1), FIRST_AGREEMENT)
    prior = np.tile(default_multipliers(), (len(found.agreement), 1, 1))
    return Reference(
        config=config,
        groups=Arrivals(tuple(names), end, arrival, memory.accounts),
        curves=Curves(
            _with_mean(found.curves.age, np.arange(N_AGES + 1) / N_AGES),
            _with_mean(found.curves.week, np.arange(_HOURS + 1, dtype=np.float64)),
        ),
        agreement=np.concatenate([found.agreement, other], axis=1),
        multipliers=np.concatenate([found.multipliers, prior], axis=1),
        learnt=Learnt(np.zeros(0), learnt.chance, learnt.company, learnt.level, learnt.typical,
                      learnt.clues),
        cut=_cut(p, config.fdr),
        by_creator=by_creators(events, creator),
        memory=memory,
    )  # fmt: skip


def _with_mean(rows: Reals, none: Reals) -> Reals:
    """The curves, and their mean for groups that are not among them."""
    mean = rows.mean(axis=0) if len(rows) else none
    return np.concatenate([rows.reshape(-1, len(none)), mean[None]])


def _cut(p: Reals, rate: float) -> float:
    """Largest p-value that Benjamini & Hochberg 1995 pass; where none does, what one would need."""
    n = max(len(p), 1)
    ranked = np.sort(p)
    allowed = rate * (np.arange(len(p)) + 1) / n
    return float(ranked[ranked <= allowed].max(initial=rate / n))


def _feed(found: Any, value: Any) -> None:
    """Adds a value, its type and its shape to a digest."""
    if hasattr(value, "__dataclass_fields__"):
        for item in fields(value):
            if item.name != "threads":  # changes no figure
                found.update(item.name.encode())
                _feed(found, getattr(value, item.name))
    elif isinstance(value, np.ndarray):
        found.update(f"{value.dtype.str} {value.shape}".encode())
        found.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, pa.Array):
        _feed(found, value.to_pylist())
    elif isinstance(value, dict):
        for key in sorted(value):
            _feed(found, key)
            _feed(found, value[key])
    elif isinstance(value, (frozenset, set)):
        _feed(found, sorted(value))
    elif isinstance(value, (list, tuple)):
        found.update(f"{len(value)} items".encode())
        found.update("\x00".join(map(repr, value)).encode())
    else:
        found.update(repr(value).encode())
