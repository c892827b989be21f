"""Scores come back in the order of the engagements, ties and untimed acts included."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from zhenzan.detector.benchmark.methods import methods, rank_acts, run_method
from zhenzan.features.errors import UsageError


def load(engine, rows) -> dict:
    """Rows of (account, section, second or None); ids run against the order of time."""
    times = pa.array([None if r[2] is None else int(r[2] * 1000) for r in rows], pa.int64())
    table = pa.table(
        {
            "engagement_id": pa.array([f"{i:04d}" for i in range(len(rows))], pa.string()),
            "kind": pa.array(["like"] * len(rows), pa.string()),
            "section_id": pa.array([r[1] for r in rows], pa.string()),
            "comment_id": pa.nulls(len(rows), pa.string()),
            "account_id": pa.array([r[0] for r in rows], pa.string()),
            "ts_lo_ms": times,
            "ts_hi_ms": times,
        }
    )
    return {"engagement": engine.load("engagement", table)}


@pytest.mark.parametrize("name", methods())
def test_every_method_scores_every_engagement(engine, name) -> None:
    rows = [(f"a{i % 7}", f"s{i % 5}", float(1000 - 10 * i)) for i in range(35)]
    rows += [("late", "s1", None), (None, "s2", 5.0)]
    done = run_method(name, engine, load(engine, rows))
    assert done.score.shape == (37,)
    assert np.isfinite(done.score).all()
    assert done.seconds > 0
    assert (done.n_purchased is not None) == (name == "zhenzan")


def test_scores_stand_beside_their_engagements(engine) -> None:
    rows = [("busy", f"s{k}", float(100 - k)) for k in range(6)]
    rows += [(f"a{i}", "s0", float(i)) for i in range(20)] + [("untimed", "s1", None)]
    score = run_method("degree", engine, load(engine, rows)).score
    assert score.tolist() == [6.0] * 6 + [1.0] * 20 + [0.0]


def test_where_the_posterior_is_full_the_evidence_decides() -> None:
    nothing = [None] * 6
    acts = pa.table(
        {
            "p_purchased": [0.5, 1.0, 1.0, 0.9, 1.0, 0.5],
            "excess": [99.0, 40.0, 50.0, 0.0, 20.0, 0.0],
            "propensity": [0.0, 0.0, 0.0, 0.0, 20.0, 0.0],
            "company": pa.array(nothing, pa.float64()),
        }
    )
    # Equal posteriors below 1 stay a tie, and so does equal evidence.
    assert rank_acts(acts).tolist() == [0, 2, 3, 1, 2, 0]
    assert len(rank_acts(acts.slice(0, 0))) == 0


def test_unknown_methods_are_named(engine) -> None:
    with pytest.raises(UsageError, match="magic"):
        run_method("magic", engine, {})
