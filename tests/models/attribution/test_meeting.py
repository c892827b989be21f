"""What counting meetings costs: steps through lives, for accounts that are everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from zhenzan.models.attribution import company, meeting
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events, visits


class Counted(np.ndarray[Any, Any]):
    """An array that counts how often one of its values is read."""

    reads = 0

    def __getitem__(self, at: Any) -> Any:
        Counted.reads += 1
        return super().__getitem__(at)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meetings are counted uncompiled, and reads of lives with them."""
    kernel = meeting.count_meetings.py_func
    for name in ("meet", "meet_marked", "_closer", "_first_at"):
        monkeypatch.setattr(meeting, name, getattr(meeting, name).py_func)

    def run(*arguments: Any) -> None:
        lives = 6  # life_stream
        kernel(*arguments[:lives], arguments[lives].view(Counted), *arguments[lives + 1 :])

    monkeypatch.setattr(company, "count_meetings", run)


def world(sections: int, everywhere: int) -> Events:
    """The first accounts come to all sections, beside others who come to six."""
    rng = np.random.default_rng(0)
    rest = everywhere + rng.permutation(np.arange((4 - everywhere) * sections) // 6)
    always = np.tile(np.arange(everywhere), (sections, 1))
    account = np.hstack([always, rest.reshape(sections, -1)]).ravel()
    stream = np.repeat(np.arange(sections), 4)
    pairs = np.unique(np.stack([account, stream]), axis=1)
    return Events(
        stream=stream, section=stream, account=account, age_s=np.tile(np.arange(4.0), sections),
        offsets=np.arange(0, 4 * sections + 1, 4), origin_week_s=np.zeros(sections),
        horizon_s=np.full(sections, 10.0), group=np.zeros(sections, np.int64),
        resolution_s=np.full(sections, 1e-3), stream_section=np.arange(sections),
        n_sections=np.bincount(pairs[0]), visit=visits(account, stream),
        origin_ms=np.zeros(sections, np.int64), acts=pa.table({}), n_groups=1,
    )  # fmt: skip


def steps(sections: int, everywhere: int) -> int:
    Counted.reads = 0
    company.meet_neighbours(world(sections, everywhere), AttributionConfig(threads=1))
    return Counted.reads


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("everywhere", [1, 2])
def test_accounts_in_all_sections_cost_what_the_acts_do(
    everywhere: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the sections take twice the steps: four times where lives are walked for each act."""
    monkeypatch.setattr(meeting, "_MARKED", 64, raising=False)
    few, many = steps(200, everywhere), steps(400, everywhere)
    assert few > 200
    assert many < 2.6 * few


def test_meetings_do_not_depend_on_how_they_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marked at once, after some neighbours, or never."""
    monkeypatch.setattr(company, "count_meetings", meeting.count_meetings.py_func)
    config, found = AttributionConfig(threads=1), []
    for longest, longer in ((1 << 12, 1 << 12), (1 << 12, 8), (1 << 12, 1), (0, 8)):
        monkeypatch.setattr(meeting, "_MARKED", longest)
        monkeypatch.setattr(meeting, "_LONGER", longer)
        found.append(company.meet_neighbours(world(60, 2), config))
    for other in found[1:]:
        np.testing.assert_array_equal(other.met, found[0].met)
        np.testing.assert_array_equal(other.exposure, found[0].exposure)
    assert found[0].met.max() > 0
