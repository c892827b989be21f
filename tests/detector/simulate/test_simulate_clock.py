"""Active hours: invertible, true to the verticals, the same every week."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.simulate.clock import (
    DAY_MS,
    HOUR_MS,
    TIME_ZONES,
    VERTICALS,
    Clock,
    week_profile,
)

START = 1_740_960_000_000
CLOCK = Clock(START, START + 35 * DAY_MS)
GROUPS = st.integers(0, len(VERTICALS) * len(TIME_ZONES) - 1)


@given(hours=st.floats(0, 34 * 24), group=GROUPS)
def test_wall_undoes_active(hours, group):
    ts, g = np.array([START + hours * HOUR_MS]), np.array([group])
    assert CLOCK.wall(CLOCK.active(ts, g), g) == pytest.approx(ts, abs=5)


@given(hours=st.floats(0, 20 * 24), first=st.floats(0, 50), more=st.floats(0, 50), group=GROUPS)
def test_advance_adds_up(hours, first, more, group):
    ts, g = np.array([START + hours * HOUR_MS]), np.array([group])
    at_once = CLOCK.advance(ts, np.array([first + more]), g)
    in_steps = CLOCK.advance(CLOCK.advance(ts, np.array([first]), g), np.array([more]), g)
    assert in_steps == pytest.approx(at_once, abs=10)
    assert at_once[0] >= ts[0] - 1


def test_a_week_of_wall_time_is_a_week_of_active_time():
    g = np.arange(len(VERTICALS) * len(TIME_ZONES))
    ts = np.full(len(g), START + 3 * DAY_MS + 5 * HOUR_MS, float)
    assert CLOCK.advance(ts, np.full(len(g), 168.0), g) == pytest.approx(ts + 7 * DAY_MS, abs=10)


@pytest.mark.parametrize("vertical", VERTICALS)
def test_profiles_have_mean_one_and_quiet_nights(vertical):
    week = week_profile(vertical).reshape(7, 24)
    assert week.mean() == pytest.approx(1)
    assert (week > 0).all()
    assert week[:, 2:5].mean() < 0.5 * week[:, 9:22].mean()


def test_work_reads_on_weekday_noons_and_parents_on_weekend_mornings():
    work, parenting = (week_profile(v).reshape(7, 24) for v in ("work", "parenting"))
    assert work[:5, 12].min() > 1.5 * work[5:, 12].max()
    assert parenting[5:, 9].min() > 2 * parenting[:5, 9].max()


def test_time_zones_shift_the_hours():
    ts = np.full(2, float(START + DAY_MS))
    g = CLOCK.group(np.array([0, 0]), np.array([0, 1]))
    east, west = (
        CLOCK.active(ts[:1] + np.arange(25) * HOUR_MS, np.full(25, k)) for k in g.tolist()
    )
    shift = TIME_ZONES[0] - TIME_ZONES[1]
    assert np.roll(np.diff(east), shift) == pytest.approx(np.diff(west), abs=0.6)
    assert np.argmax(np.diff(east)) == (np.argmax(np.diff(west)) - shift) % 24
