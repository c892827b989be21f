"""The known baselines, in the order of tables; others plug in by entry point.

To add one here: a file beside this, a line below. From a distribution of your own: an entry point
in the group `zhenzan.baselines` whose value is called without arguments and gives a `Baseline`.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Final

from zhenzan.features.errors import UsageError
from zhenzan.models.baselines.base import Baseline
from zhenzan.models.baselines.catchsync import CatchSync
from zhenzan.models.baselines.company import Company
from zhenzan.models.baselines.copycatch import CopyCatch
from zhenzan.models.baselines.coshare import CoShare, WeightedCoShare
from zhenzan.models.baselines.dcube import DCube
from zhenzan.models.baselines.degree import Degree
from zhenzan.models.baselines.fraudar import Fraudar
from zhenzan.models.baselines.isolation import IsolationForest
from zhenzan.models.baselines.synchrotrap import SynchroTrap

__all__ = ["ENTRY_POINT_GROUP", "baselines", "get_baseline"]

ENTRY_POINT_GROUP: Final = "zhenzan.baselines"


def baselines() -> tuple[Baseline, ...]:
    """All of them, with their default parameters; third-party ones last, by name.

    Raises:
        UsageError: A third-party baseline cannot be loaded, or takes a name that is in use.
    """
    found: list[Baseline] = [
        Company(),
        WeightedCoShare(),
        CoShare(),
        SynchroTrap(),
        CopyCatch(),
        Fraudar(),
        DCube(),
        CatchSync(),
        IsolationForest(),
        Degree(),
    ]
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
        made = _installed(point)
        if made.name in {baseline.name for baseline in found}:
            raise UsageError(f"{point.value}: a baseline named {made.name!r} exists already")
        found.append(made)
    return tuple(found)


def _installed(point: EntryPoint) -> Baseline:
    try:
        made = point.load()()
    except Exception as error:
        raise UsageError(f"baseline {point.name!r} ({point.value}) fails: {error!r}") from error
    if not isinstance(made, Baseline):
        raise UsageError(f"{point.value} is no baseline; see zhenzan.models.baselines.base")
    return made


def get_baseline(name: str) -> Baseline:
    """The baseline of that name.

    Raises:
        UsageError: No baseline has it.
    """
    known = {baseline.name: baseline for baseline in baselines()}
    if name not in known:
        raise UsageError(f"unknown baseline {name!r}; known: {', '.join(known)}")
    return known[name]
