"""The registry of families and third-party entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from zhenzan.features import families as registry
from zhenzan.features.errors import UsageError
from zhenzan.features.timing import TimingFamily


class Renamed(TimingFamily):
    name = "hours"


class Shouting(TimingFamily):
    name = "Hours!"


class NotAFamily:
    name = "nothing"


def installed(monkeypatch, value):
    module, _, attribute = value.partition(":")
    point = EntryPoint("hours", f"{module}:{attribute}", registry.ENTRY_POINT_GROUP)
    target = globals().get(attribute)

    def load(self):
        if target is None:
            raise ImportError("no such thing")
        return target

    monkeypatch.setattr(EntryPoint, "load", load)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])


def test_built_in_families_in_report_order():
    assert [f.name for f in registry.families()][:3] == ["timing", "coengagement", "template"]
    assert registry.get_family("timing").name == "timing"


def test_unknown_family_names_the_known_ones():
    with pytest.raises(UsageError, match=r"karma.*timing"):
        registry.get_family("karma")


def test_installed_family_comes_last(monkeypatch):
    installed(monkeypatch, "theirs:Renamed")
    assert [f.name for f in registry.families()][-1] == "hours"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("theirs:Shouting", "snake case"),
        ("theirs:NotAFamily", "not a feature family"),
        ("theirs:TimingFamily", "exists already"),
        ("theirs:Missing", "no such thing"),
    ],
)
def test_bad_family_is_named_in_the_message(monkeypatch, value, words):
    installed(monkeypatch, value)
    with pytest.raises(UsageError, match=words):
        registry.families()
