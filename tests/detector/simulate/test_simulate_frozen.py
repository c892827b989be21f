"""The presets are frozen: no figure of ours may be improved by changing what it is measured on.

A change of a preset is a decision of its own: check `validity` on five seeds at full scale, write
the figures into docs/simulation.md, measure every model and baseline anew, and only then set the
digest.
"""

from __future__ import annotations

import hashlib

import pytest
from zhenzan.detector.simulate.presets import PRESETS
from zhenzan.detector.simulate.scenarios import FAMILIES

FROZEN = {
    "default": "f37a4d7905088284",
    "organic": "b4ea63d1d731063f",
}


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_presets_are_as_they_were_frozen(name):
    preset = PRESETS[name]
    families = [repr(FAMILIES[item.family]) for item in preset.orders]
    text = repr(preset) + "".join(families)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == FROZEN[name]
