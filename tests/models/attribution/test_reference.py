"""The reference: sections judged alone, in any batch, with the same figures; kept and read back."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import InputError, UsageError
from zhenzan.models.attribution import Attribution, AttributionConfig, Reference, attribute

World = dict[str, pd.DataFrame]
FEW = settings(max_examples=4, deadline=None, derandomize=True, database=None)
BY_SECTION = ("engagements", "streams", "sections", "windows", "curves", "comments")
POOL = [f"s{i:03d}" for i in range(10)]


@pytest.fixture(scope="module")
def world(streams: ModuleType) -> World:
    """Forty sections, ten served by a pool; words, days instead of times, and untimed likes too."""
    rng = np.random.default_rng(7)
    made = streams.organic(3, sections=40, mean=50.0, population=900)
    made = streams.delivered(made, rng, POOL, pool=40, size=25, camouflage=4)
    likes = made["engagement"]
    likes["ts_lo_ms"] = likes["ts_hi_ms"] = likes["ts_ms"].astype("Int64")
    vague = likes["section_id"].isin(["s001", "s020", "s021"]) & (rng.random(len(likes)) < 0.4)
    likes.loc[vague, "ts_lo_ms"] -= likes.loc[vague, "ts_lo_ms"] % streams.DAY
    likes.loc[vague, "ts_hi_ms"] = likes.loc[vague, "ts_lo_ms"] + streams.DAY
    never = likes["section_id"].isin(["s002", "s030"]) & (rng.random(len(likes)) < 0.3)
    likes.loc[never, ["ts_lo_ms", "ts_hi_ms"]] = pd.NA
    said = likes[likes["section_id"] < "s012"].sample(200, random_state=1)
    words = pd.DataFrame(
        {
            "comment_id": [f"w{i}" for i in range(len(said))],
            "section_id": said["section_id"].to_numpy(),
            "account_id": said["account_id"].to_numpy(),
            "created_ms": said["ts_ms"].to_numpy() + rng.integers(0, 10**6, len(said)),
            "text": "words",
        }
    )
    extra = words.iloc[:30].assign(  # a section that was commented on and nothing else
        comment_id=[f"x{i}" for i in range(30)], section_id="t000"
    )
    return {
        "engagement": likes.drop(columns="ts_ms"),
        "section": made["section"],
        "comment": pd.concat([words, extra], ignore_index=True),
    }


@pytest.fixture(scope="module")
def judge(canonical: ModuleType) -> Any:
    def run(frames: World, **options: Any) -> Attribution:
        with open_engine() as engine:
            return attribute(engine, canonical.load(engine, frames), **options)

    return run


def only(frames: World, sections: list[str]) -> World:
    """The part of a world about some sections; tables without rows are left out."""
    parts = {name: frame[frame["section_id"].isin(sections)] for name, frame in frames.items()}
    return {name: part.reset_index(drop=True) for name, part in parts.items() if len(part)}


@pytest.fixture(scope="module")
def reference(world: World, judge: Any) -> Reference:
    """Learnt from sections s000 to s029 and t000; the other ten are new to it."""
    known = [f"s{i:03d}" for i in range(30)]
    found = judge(only(world, [*known, "t000"]), remember=True)
    return found.reference


@pytest.fixture(scope="module")
def whole(world: World, judge: Any, reference: Reference) -> Attribution:
    return judge(world, reference=reference)


def rows(found: Attribution, name: str, section: str) -> Any:
    table = getattr(found, name)
    return table.filter(pc.equal(table["section_id"], section)).combine_chunks()


@pytest.mark.parametrize(
    "section", ["s000", "s001", "s002", "s015", "s021", "s030", "s035", "t000"]
)
def test_a_section_alone_is_what_it_is_in_a_batch(
    world: World, judge: Any, reference: Reference, whole: Attribution, section: str
) -> None:
    alone = judge(only(world, [section]), reference=reference)
    for name in BY_SECTION:
        assert rows(whole, name, section).equals(getattr(alone, name).combine_chunks()), name
    assert rows(whole, "sections", section).num_rows == 1


@FEW
@given(seed=st.integers(0, 10**6))
def test_any_batch_in_any_order(
    world: World, judge: Any, canonical: ModuleType, reference: Reference, whole: Attribution,
    seed: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    chosen = rng.choice(world["section"]["section_id"].unique(), 6, replace=False).tolist()
    part = judge(canonical.shuffled(only(world, chosen), seed), reference=reference)
    for section in chosen:
        for name in BY_SECTION:
            assert rows(whole, name, section).equals(rows(part, name, section)), name


def test_what_is_remembered_is_what_the_fit_used(
    streams: ModuleType, judge: Any, canonical: ModuleType
) -> None:
    """A fit judged again: company and propensity of every act as in its last round."""
    made = streams.organic(5, sections=30, mean=50.0, population=900)
    made = streams.delivered(made, np.random.default_rng(5), POOL, pool=40, size=25)
    first = judge(made, remember=True)
    again = judge(made, reference=first.reference)
    for name in ("propensity", "company"):
        one, two = (found.engagements[name].to_pandas() for found in (first, again))
        np.testing.assert_array_equal(one.isna(), two.isna())
        np.testing.assert_allclose(one, two, atol=1e-4)
    assert again.accounts["n_sections"].equals(first.accounts["n_sections"])
    p = [found.engagements["p_purchased"].to_numpy() for found in (first, again)]
    assert np.corrcoef(*p)[0, 1] > 0.9


def test_a_known_pool_is_found_in_new_sections(
    streams: ModuleType, judge: Any, canonical: ModuleType
) -> None:
    """Orders to five sections of which the reference knows nothing; their fellows are not hit."""
    made = streams.organic(11, sections=60, mean=70.0, population=1500)
    targets = [f"s{i:03d}" for i in range(20)]
    made = streams.delivered(made, np.random.default_rng(11), targets, pool=60, size=40)
    new = [f"s{i:03d}" for i in (*range(15, 20), *range(50, 60))]
    old = sorted(set(made["section"]["section_id"]) - set(new))
    reference = judge(only(made, old), remember=True).reference
    found = judge(only(made, new), reference=reference).engagements.to_pandas()
    acts = found.merge(made["engagement"][["engagement_id", "origin"]], on="engagement_id")
    likely = acts["p_purchased"] > 0.5
    delivered = acts["origin"] == "delivered"
    assert delivered.sum() == 200
    assert likely[delivered].mean() > 0.9
    assert likely[~delivered].mean() < 0.02
    # A single section of strangers says little; the memory of what its accounts did says much.
    blind = judge(only(made, new[:1])).engagements.to_pandas()
    known = found[found["section_id"] == new[0]].set_index("engagement_id")["p_purchased"]
    assert known.sum() > 2 * blind["p_purchased"].sum()


def test_other_names_change_nothing(
    world: World, judge: Any, canonical: ModuleType, whole: Attribution
) -> None:
    def new(name: str) -> str:
        return f"{sum(map(ord, name)) * 2654435761 % 9973:04d}{name[::-1]}"

    other = canonical.renamed(world, new)
    known = [new(f"s{i:03d}") for i in range(30)]
    learnt = judge(only(other, [*known, new("t000")]), remember=True).reference
    again = judge(other, reference=learnt).engagements.to_pandas().set_index("engagement_id")
    for name in ("p_purchased", "propensity"):
        one = whole.engagements.to_pandas().set_index("engagement_id")[name]
        one = one[one.index.str.startswith("e")]  # comments were renamed
        np.testing.assert_allclose(one, again.loc[one.index, name], rtol=1e-6, atol=1e-7)


def test_unknown_platforms_are_judged_and_named(
    world: World, judge: Any, reference: Reference
) -> None:
    frames = only(world, ["s031", "s032"])
    frames["section"] = frames["section"].assign(platform="elsewhere")
    found = judge(frames, reference=reference)
    assert found.info["reference"]["streams_of_unknown_groups"] == 2
    assert found.engagements["p_purchased"].null_count == 0


def test_it_is_kept_and_read_back(
    world: World, judge: Any, reference: Reference, whole: Attribution, tmp_path: Path
) -> None:
    files = reference.save(tmp_path / "one")
    read = Reference.load(tmp_path / "one")
    assert read.digest == reference.digest == whole.info["reference"]["digest"]
    found = judge(world, reference=read)
    assert found.engagements.equals(whole.engagements)
    assert found.curves.equals(whole.curves)
    again = read.save(tmp_path / "two")
    assert [p.read_bytes() for p in files] == [p.read_bytes() for p in again]
    other = judge(only(world, POOL), remember=True).reference
    assert other.digest != reference.digest


def test_what_is_not_a_reference_is_refused(reference: Reference, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no reference"):
        Reference.load(tmp_path)
    reference.save(tmp_path)
    record = json.loads((tmp_path / "reference.json").read_text("utf-8"))
    (tmp_path / "reference.json").write_text(json.dumps({**record, "format": 0}), "utf-8")
    with pytest.raises(InputError, match="another format"):
        Reference.load(tmp_path)
    for broken in ("{", "[]", json.dumps({"format": record["format"]})):
        (tmp_path / "reference.json").write_text(broken, "utf-8")
        with pytest.raises(InputError):
            Reference.load(tmp_path)
    (tmp_path / "reference.json").write_text(json.dumps(record), "utf-8")
    acts = pq.read_table(tmp_path / "acts.parquet")
    raised = pc.add(acts["q"], pc.cast(0.1, "float32"))
    pq.write_table(acts.set_column(2, "q", raised), tmp_path / "acts.parquet")
    with pytest.raises(InputError, match="not what was written"):
        Reference.load(tmp_path)
    (tmp_path / "acts.parquet").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        Reference.load(tmp_path)


def test_settings_are_those_of_the_reference(
    world: World, judge: Any, reference: Reference, whole: Attribution
) -> None:
    with pytest.raises(UsageError, match="other settings: background, rounds"):
        judge(world, reference=reference, config=AttributionConfig(rounds=2, background=0.1))
    with pytest.raises(UsageError, match="nothing is learnt"):
        judge(world, reference=reference, remember=True)
    same = judge(world, reference=reference, config=AttributionConfig(threads=1))
    assert same.engagements.equals(whole.engagements)


def test_without_times_there_is_nothing_to_remember(world: World, judge: Any) -> None:
    likes = world["engagement"].assign(ts_lo_ms=pd.NA, ts_hi_ms=pd.NA)
    assert judge({"engagement": likes}, remember=True).reference is None


def test_ablations_are_kept(world: World, judge: Any) -> None:
    config = AttributionConfig(without=frozenset({"company", "corroboration"}))
    learnt = judge(only(world, POOL), config=config, remember=True).reference
    found = judge(only(world, POOL[:2]), reference=learnt)
    assert found.engagements["company"].null_count == found.engagements.num_rows
