"""Every hard negative: honest, on sections of its own, and shaped as hard-negatives.md says."""

from __future__ import annotations

import numpy as np
import pytest
from zhenzan.detector.simulate.acts import ORGANIC, Acts, Comments
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.presets import PRESETS
from zhenzan.detector.simulate.scenarios import FAMILIES, HARD_NEGATIVES
from zhenzan.detector.simulate.stage import Stage
from zhenzan.features.tables import TABLES

START = 1_740_960_000_000
END = START + 35 * DAY_MS


def _play(name: str, n: int = 12) -> Stage:
    stage = Stage(21, 5_000, 500, START, END)
    stage.sections.size *= 100 * 500 / stage.sections.size.sum()
    HARD_NEGATIVES[name].stage(stage, stage.rng("scenario", name), n)
    return stage


def test_all_cases_are_there():
    cases = {s.case for s in HARD_NEGATIVES.values()}
    assert cases == {f"H{i}" for i in range(1, 22)}
    assert "sabotage" in FAMILIES  # H22
    assert set(PRESETS["default"].hard_negatives) == set(HARD_NEGATIVES)


def test_presets_name_what_exists():
    for preset in PRESETS.values():
        assert set(preset.hard_negatives) <= set(HARD_NEGATIVES)
        for item in preset.orders:
            assert item.family in FAMILIES
            assert item.pool in preset.pools
        texts = {"texts", "paraphrase"}
        bought = sum(o.share for o in preset.orders if o.family not in texts)
        assert bought <= (0.05 if preset.name == "default" else 0.08)


@pytest.mark.parametrize("name", sorted(HARD_NEGATIVES))
def test_hard_negatives_are_honest_and_declared_in_the_vocabulary(name):
    stage = _play(name)
    acts, comments = Acts.concat(stage.acts), Comments.concat(stage.comments)
    assert (acts.label == ORGANIC).all()
    assert (comments.label == ORGANIC).all()
    assert (acts.order == -1).all()
    assert not stage.orders
    code = stage.scenarios.index(name)
    touched = np.unique(np.r_[acts.section, comments.section])
    if name not in {"new_users"}:  # newcomers go everywhere
        assert (stage.sections.scenario[touched] == code).all()
    assert len(acts) or len(comments) or name in {"measurement_artefact", "platform_purge"}
    kinds = set(TABLES["context"].by_name["kind"].choices)
    bases = set(TABLES["context"].by_name["declared_by"].choices)
    for row in stage.contexts:
        assert row.kind in kinds
        assert row.declared_by in bases
        assert row.start_ms < row.end_ms
    linked = acts.comment >= 0
    assert (comments.section[acts.comment[linked]] == acts.section[linked]).all()


@pytest.mark.parametrize("name", sorted(HARD_NEGATIVES))
def test_hard_negatives_happen_after_publication(name):
    stage = _play(name)
    acts = Acts.concat(stage.acts)
    assert (acts.ts >= stage.sections.published_ms[acts.section] - 1).all()


@pytest.mark.parametrize("name", sorted(HARD_NEGATIVES))
def test_a_world_with_hardly_any_room_does_not_break_them(name):
    stage = Stage(3, 60, 9, START, END)
    HARD_NEGATIVES[name].stage(stage, stage.rng("scenario", name), 5)


def test_giveaway_ends_with_its_draw():
    stage = _play("giveaway")
    acts = Acts.concat(stage.acts)
    for section in np.unique(acts.section):
        ts = acts.ts[acts.section == section]
        deadline = ts.max()
        assert (deadline - START + 8 * HOUR_MS) % DAY_MS <= 20 * HOUR_MS
        assert ((deadline - ts) < 2 * HOUR_MS).mean() > 0.1
    hunters = stage.role == stage.roles.index("giveaway_hunter")
    creators = stage.sections.creator_rank[acts.section]
    visits = {
        int(a): set(creators[acts.account == a].tolist()) for a in np.flatnonzero(hunters)[:40]
    }
    assert np.median([len(v) for v in visits.values()]) >= 2


def test_fans_move_as_one_for_one_creator():
    stage = _play("fan_ritual", 20)
    acts = Acts.concat(stage.acts)
    assert len(np.unique(stage.sections.creator_rank[acts.section])) == 1
    fans = np.flatnonzero(stage.role == stage.roles.index("fan"))
    assert np.isin(acts.account, fans).all()
    per_post = np.bincount(acts.section)[np.unique(acts.section)]
    assert per_post.min() > 0.7 * len(fans)


def test_contest_likes_land_on_contestants_and_stop_at_the_deadline():
    stage = _play("like_contest")
    acts = Acts.concat(stage.acts)
    assert (acts.comment >= 0).all()
    last = {s: acts.ts[acts.section == s].max() for s in np.unique(acts.section).tolist()}
    sprint = np.mean([acts.ts[i] > last[s] - HOUR_MS for i, s in enumerate(acts.section.tolist())])
    assert sprint > 0.2


def test_livestreams_are_synchronous_to_the_second():
    stage = _play("livestream")
    acts = Acts.concat(stage.acts)
    section = np.argmax(np.bincount(acts.section))
    ts = np.sort(acts.ts[acts.section == section])
    assert np.median(np.diff(ts)) < 2_000


def test_purge_takes_effect_at_once_and_blindly():
    stage = _play("platform_purge")
    assert stage.purged.sum() > 50
    assert START < stage.purge_ms < END


def test_artefacts_are_of_three_sorts():
    s = _play("measurement_artefact").sections
    assert (s.precision_ms > 0).any()
    assert (s.precision_ms < 0).any()
    assert (s.shift_ms == 8 * HOUR_MS).any()


def test_regional_sections_have_one_region():
    stage = _play("regional")
    acts = Acts.concat(stage.acts)
    for section in np.unique(acts.section):
        regions = stage.people.region[acts.account[acts.section == section]]
        assert len(np.unique(regions)) == 1


def test_declared_bots_say_so():
    stage = _play("declared_bot")
    acts = Acts.concat(stage.acts)
    assert stage.people.declared_bot[acts.account].all()


def test_artefacts_and_purges_reach_the_tables(world):
    rows = world("engagement").merge(world.truth("section"), on="section_id")
    odd = rows[rows.scenario == "measurement_artefact"]
    assert (odd.ts_hi_ms > odd.ts_lo_ms).any()
    gone = world("engagement").dropna(subset="retracted_lo_ms")
    hour = (gone.retracted_lo_ms // (2 * HOUR_MS)).value_counts()
    assert hour.max() > 20 * hour.median()
