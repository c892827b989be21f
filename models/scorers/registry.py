"""The known scorers by name: the rules, the shipped bundle, and those that others install.

A scorer of your own: a distribution with an entry point in the group `zhenzan.scorers` whose value
is called without arguments and gives a `Scorer`, e.g. `hours = "my_package.scorer:HoursScorer"`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zhenzan.features.errors import UsageError
from zhenzan.models.pretrained import PRETRAINED, shipped_folder
from zhenzan.models.scorers.base import Scorer
from zhenzan.models.scorers.rules import RulesScorer

if TYPE_CHECKING:
    from zhenzan.models.bundle import Bundle

__all__ = [
    "DEFAULT",
    "ENTRY_POINT_GROUP",
    "bundle_folder",
    "get_bundle",
    "get_scorer",
    "scorer_names",
]

ENTRY_POINT_GROUP: Final = "zhenzan.scorers"
DEFAULT: Final = RulesScorer.name
"""The shipped bundle is an offer: its figures are those of simulated worlds (docs/training.md)."""


def scorer_names() -> tuple[str, ...]:
    """The rules, the shipped bundle, then third-party scorers; others are named by their folder."""
    shipped = () if shipped_folder() is None else (PRETRAINED,)
    others = sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)})
    return (DEFAULT, *shipped, *others)


def bundle_folder(name: str) -> Path | None:
    """The folder of the bundle that a name stands for; None for scorers that are none."""
    if name == PRETRAINED:
        return shipped_folder()
    return Path(name) if Path(name).is_dir() else None


def get_scorer(name: str = DEFAULT, *, base_rate: float | None = None) -> Scorer:
    """The scorer of that name, or the one that a bundle's folder holds.

    Args:
        name: Of `scorer_names`, or the folder of a bundle of `zhenzan train`.
        base_rate: Share of positives in the data at hand, where a bundle scores.

    Raises:
        UsageError: There is no such scorer, it fails to load, or the bundle does not fit.
        InputError: The folder holds no whole bundle.
    """
    if name == DEFAULT:
        return RulesScorer()
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.value):
        if point.name == name:
            return _installed(point.name, point.value, point.load)
    bundle = get_bundle(name)
    from zhenzan.models.scorers.trained import TrainedScorer

    return TrainedScorer(bundle, base_rate=base_rate)


def get_bundle(name: str) -> Bundle:
    """The shipped bundle by its name, or the one in a folder.

    Raises:
        UsageError: There is none.
        InputError: The folder holds no whole bundle.
    """
    from zhenzan.models.bundle import Bundle

    folder = bundle_folder(name)
    if folder is None:
        raise UsageError(
            f"no scorer or bundle {name!r}; scorers: {', '.join(scorer_names())}, or the folder of "
            "a bundle that `zhenzan train` wrote"
        )
    return Bundle.load(folder)


def _installed(name: str, value: str, load: Callable[[], Callable[[], Scorer]]) -> Scorer:
    try:
        made = load()()
    except Exception as error:
        raise UsageError(f"scorer {name!r} ({value}) fails: {error!r}") from error
    if not callable(getattr(made, "score", None)):
        raise UsageError(f"{value} is no scorer; see zhenzan.models.scorers.base")
    return made
