"""What a bundle, and those whose trees it continues, were trained on: nothing of it judges them.

Worlds are known by their seeds. Labelled rows are known by keyed digests of their ids and groups,
so that a bundle can tell a row again without holding a list of names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.features.errors import InputError, UsageError

__all__ = [
    "bundles_of",
    "labelled_record",
    "lineage",
    "refuse_seen_worlds",
    "seeds_of",
    "seen_by_base",
    "seen_worlds",
    "without_rows",
]

if TYPE_CHECKING:
    from zhenzan.models.bundle import Bundle

Training = Mapping[str, Any]

_BYTES: Final = 8  # of a digest: a million rows meet another by chance once in ten million times
_KEPT: Final = ("worlds", "labels", "labelled", "warm_start")


def bundles_of(training: Training | None) -> Iterator[Training]:
    """What was told of the training of a bundle, then of the one that it continues, and so on."""
    while training:
        yield training
        training = training.get("warm_start")


def lineage(base: Bundle | None) -> dict[str, Any]:
    """What a bundle tells of the one that it continues."""
    if base is None:
        return {}
    kept = {name: base.training[name] for name in _KEPT if name in base.training}
    return {"warm_start": {"name": base.name, "digest": base.digest, **kept}}


def seen_worlds(seeds: Iterable[int], training: Training) -> list[int]:
    """Which of these worlds the bundle saw, or those that it continues."""
    known = [seeds_of(told) for told in bundles_of(training)]
    return sorted({seed for seed in seeds if any(seed in one for one in known)})


def refuse_seen_worlds(seeds: Iterable[int], training: Training) -> None:
    """Refuses worlds on which trees that are to be continued were grown.

    Their scores there are no scores of unseen rows, and neither is anything fitted on them.

    Raises:
        UsageError: Names the worlds, and the first seed that is free.
    """
    if seen := seen_worlds(seeds, training):
        free = max(seeds_of(told).stop for told in bundles_of(training))
        shown = ", ".join(map(str, seen[:5])) + (f" … {seen[-1]}" if len(seen) > 5 else "")
        raise UsageError(
            f"the bundle that is continued was trained on worlds {shown}: figures and calibration "
            f"on them would be too good; choose others, as with --first-world {free}"
        )


def seeds_of(training: Training) -> range:
    """The worlds of a training by itself."""
    was = training.get("worlds", {})
    first = int(was.get("first", 0))
    return range(first, first + int(was.get("count", 0)))


def labelled_record(rows: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """By which the labelled rows of a training are known again; empty without labels.

    The salt follows from the rows, so that the same training writes the same bundle.

    Args:
        rows: Unit to facts as of `Rows`; those that are `labelled` count.
    """
    if not any("labelled" in facts for facts in rows.values()):
        return {}
    names = {
        unit: sorted({*_ids(mine), *_groups(mine)})
        for unit, facts in rows.items()
        if len(mine := _labelled(facts))
    }
    salt = hashlib.sha256(repr(sorted(names.items())).encode()).hexdigest()[:32]
    packed = {
        unit: base64.b64encode(b"".join(sorted(_digests(unit, salt, mine)))).decode("ascii")
        for unit, mine in names.items()
    }
    return {"labelled": {"salt": salt, "units": packed}}


def seen_by_base(unit: str, facts: pd.DataFrame, base: Training | None) -> NDArray[np.bool_]:
    """Rows in groups of which the trees that are continued have seen a row.

    What shares a group is no independent witness, so that a group is seen as a whole.

    Raises:
        UsageError: Labelled rows meet a base that does not tell which it was trained on.
        InputError: What the base tells of them cannot be read.
    """
    mine = _labelled(facts)
    known: set[str] = set()
    for told in bundles_of(base):
        if len(mine) and unit in told.get("labels", {}) and "labelled" not in told:
            raise UsageError(
                "the bundle that is continued does not tell which labelled rows it was trained on "
                "(an earlier version wrote it): train it again from its labels"
            )
        known |= _met(unit, told.get("labelled", {}), {*_ids(mine), *_groups(mine)})
    names = zip(_ids(mine), _groups(mine), strict=True)
    met = np.array([one in known or group in known for one, group in names], bool)
    return facts["group"].isin(mine.loc[met, "group"]).to_numpy(bool)


def _met(unit: str, record: Mapping[str, Any], names: set[str]) -> set[str]:
    """Of these names the ones on record."""
    if not names or unit not in record.get("units", {}):
        return set()
    try:
        held = base64.b64decode(record["units"][unit], validate=True)
        kept = {held[at : at + _BYTES] for at in range(0, len(held), _BYTES)}
        listed = sorted(names)
        digests = _digests(unit, str(record["salt"]), listed)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"the bundle's record of labelled rows is broken: {error!r}") from error
    return {name for name, digest in zip(listed, digests, strict=True) if digest in kept}


def _digests(unit: str, salt: str, names: Iterable[str]) -> list[bytes]:
    key = bytes.fromhex(salt)
    return [
        hashlib.blake2b(f"{unit} {name}".encode(), digest_size=_BYTES, key=key).digest()
        for name in names
    ]


def _labelled(facts: pd.DataFrame) -> pd.DataFrame:
    return facts[facts["labelled"].to_numpy(bool)] if "labelled" in facts else facts.iloc[:0]


def _ids(facts: pd.DataFrame) -> list[str]:
    return [f"id {name}" for name in facts.index]


def _groups(facts: pd.DataFrame) -> list[str]:
    return [f"group {name}" for name in facts["group"]]


def without_rows(training: Training) -> dict[str, Any]:
    """What was told of a training without the digests of its rows, for records that people read."""
    made = {name: value for name, value in training.items() if name != "labelled"}
    if "warm_start" in made:
        made["warm_start"] = without_rows(made["warm_start"])
    return made
