"""The known scorers by name: the rules, what was trained, and those that others install.

A scorer of your own: a distribution with an entry point in the group `zhenzan.scorers` whose value
is called without arguments and gives a `Scorer`, e.g. `hours = "my_package.scorer:HoursScorer"`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from zhenzan.features.errors import UsageError
from zhenzan.models.scorers.base import Scorer
from zhenzan.models.scorers.rules import RulesScorer

__all__ = ["DEFAULT", "ENTRY_POINT_GROUP", "get_scorer", "scorer_names"]

ENTRY_POINT_GROUP: Final = "zhenzan.scorers"
DEFAULT: Final = RulesScorer.name
"""Until a bundle is shipped whose figures on fresh worlds are better and known."""


def scorer_names() -> tuple[str, ...]:
    """The rules, then third-party scorers by name; a bundle is named by its folder."""
    return (DEFAULT, *sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)}))


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
    if not Path(name).is_dir():
        raise UsageError(
            f"no scorer or bundle {name!r}; scorers: {', '.join(scorer_names())}, or the folder of "
            "a bundle that `zhenzan train` wrote"
        )
    from zhenzan.models.bundle import Bundle
    from zhenzan.models.scorers.trained import TrainedScorer

    return TrainedScorer(Bundle.load(name), base_rate=base_rate)


def _installed(name: str, value: str, load: Callable[[], Callable[[], Scorer]]) -> Scorer:
    try:
        made = load()()
    except Exception as error:
        raise UsageError(f"scorer {name!r} ({value}) fails: {error!r}") from error
    if not callable(getattr(made, "score", None)):
        raise UsageError(f"{value} is no scorer; see zhenzan.models.scorers.base")
    return made
