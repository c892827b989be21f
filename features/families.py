"""The feature families in report order: the built-in ones, then those that others install.

A family of your own: a distribution with an entry point in the group `zhenzan.families` whose
value is the family's class or an instance of it, e.g. `hours = "my_package.hours:HoursFamily"`.
"""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import Final

from zhenzan.features.account import AccountFamily
from zhenzan.features.audience import AudienceFamily
from zhenzan.features.coengagement import CoengagementFamily
from zhenzan.features.conversation import ConversationFamily
from zhenzan.features.errors import UsageError
from zhenzan.features.family import FeatureFamily
from zhenzan.features.template import TemplateFamily
from zhenzan.features.timing import TimingFamily

__all__ = ["ENTRY_POINT_GROUP", "families", "get_family"]

ENTRY_POINT_GROUP: Final = "zhenzan.families"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def families() -> tuple[FeatureFamily, ...]:
    """Built-in families, then third-party ones by name.

    Raises:
        UsageError: A third-party family cannot be loaded, or takes a name that is in use.
    """
    found: list[FeatureFamily] = [
        TimingFamily(),
        CoengagementFamily(),
        TemplateFamily(),
        AccountFamily(),
        AudienceFamily(),
        ConversationFamily(),
    ]
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
        try:
            loaded = point.load()
            family = loaded() if isinstance(loaded, type) else loaded
        except Exception as error:
            raise UsageError(f"family {point.name!r} ({point.value}) fails: {error!r}") from error
        _check(family, point.value, taken={f.name for f in found})
        found.append(family)
    return tuple(found)


def get_family(name: str) -> FeatureFamily:
    """The family of that name.

    Raises:
        UsageError: No family has it.
    """
    known = {family.name: family for family in families()}
    if name not in known:
        raise UsageError(f"unknown feature family {name!r}; known: {', '.join(known)}")
    return known[name]


def _check(family: object, value: str, taken: set[str]) -> None:
    if not isinstance(family, FeatureFamily):
        raise UsageError(f"{value} is not a feature family; see zhenzan.features.family")
    if not _NAME.fullmatch(family.name) or "__" in family.name:
        raise UsageError(f"{value}: {family.name!r} is not a family name (snake case)")
    if family.name in taken:
        raise UsageError(f"{value}: a family named {family.name!r} exists already")
