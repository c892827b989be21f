"""The known baselines, in the order of tables. To add one: a file beside this, a line here."""

from __future__ import annotations

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

__all__ = ["baselines", "get_baseline"]


def baselines() -> tuple[Baseline, ...]:
    """All of them, with their default parameters."""
    return (
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
    )


def get_baseline(name: str) -> Baseline:
    """The baseline of that name.

    Raises:
        UsageError: No baseline has it.
    """
    known = {baseline.name: baseline for baseline in baselines()}
    if name not in known:
        raise UsageError(f"unknown baseline {name!r}; known: {', '.join(known)}")
    return known[name]
