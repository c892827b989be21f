"""Clues from canonical tables: each where its table is, none where it is not, in any order."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.engine import open_engine
from zhenzan.features.family import FeatureConfig
from zhenzan.features.template import templates
from zhenzan.models.attribution import AttributionConfig, attribute
from zhenzan.models.attribution.clues import clues, declared_automation
from zhenzan.models.attribution.events import prepare

MINUTE, DAY = 60_000, 86_400_000
Frames = dict[str, pd.DataFrame]


def peopled(world: Frames, seed: int, against: set[str]) -> Frames:
    """Accounts, profiles, follows, comments and removals beside a world of likes.

    Some accounts have everything against them: opened in one week, empty, following others only,
    taking their likes back after three weeks. The others follow half of the creators.
    """
    rng = np.random.default_rng(seed)
    likes = world["engagement"].copy()
    names = sorted(set(likes["account_id"].dropna()))
    start = int(likes["ts_ms"].min())
    strange = np.array([name in against for name in names])
    n = len(names)
    born = start - rng.integers(100, 3000, n) * DAY - rng.integers(0, DAY, n)
    account = pd.DataFrame(
        {
            "account_id": names,
            "created_ms": np.where(strange, start - 200 * DAY + rng.integers(0, 3 * DAY, n), born),
            "created_basis": "field",
            "declared_bot": False,
        }
    )
    full = np.where(strange, 0, rng.integers(5, 500, n))
    profile = pd.DataFrame(
        {
            "account_id": names,
            "observed_ms": start,
            "followers": full,
            "posts": full,
            "bio_length": full,
            "has_avatar": ~strange,
        }
    )
    creators = sorted(set(world["section"]["creator_id"].dropna()))
    follows = [
        (name, str(c), start - 50 * DAY)
        for name, is_odd in zip(names, strange, strict=True)
        for c in (["elsewhere"] if is_odd else rng.choice(creators, len(creators) // 2, False))
    ] + [("a guest", c, start - DAY) for c in creators]
    follow = pd.DataFrame(follows, columns=["source_id", "target_id", "created_ms"])
    section = pd.concat(
        [
            world["section"],
            pd.DataFrame(
                {"section_id": ["s-x"], "creator_id": ["elsewhere"], "published_ms": [start]}
            ),
        ],
        ignore_index=True,
    )
    gone = likes["account_id"].isin(against) | (rng.random(len(likes)) < 0.01)
    likes["retracted_lo_ms"] = (likes["ts_ms"] + rng.integers(15, 30, len(likes)) * DAY).where(gone)
    said = likes[~likes["account_id"].isin(against)].iloc[::9]
    comment = pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(len(said))],
            "section_id": said["section_id"].to_numpy(),
            "account_id": said["account_id"].to_numpy(),
            "created_ms": said["ts_ms"].to_numpy() + 30_000,
            "text": [f"what I think, number {i}" for i in range(len(said))],
        }
    )
    return {"engagement": likes, "section": section, "account": account, "comment": comment,
            "account_snapshot": profile, "follow": follow.assign(kind="follow")}  # fmt: skip


def odd(world: Frames) -> set[str]:
    """Twenty who like one section (and more); nobody else is any different."""
    likes = world["engagement"]
    return set(likes.loc[likes["section_id"] == "s003", "account_id"].head(20))


@pytest.fixture(scope="module")
def world(streams: ModuleType) -> Frames:
    made: Frames = streams.organic(1, sections=24, mean=50.0, population=1200)
    return peopled(made, 1, odd(made))


@pytest.fixture(scope="module")
def codes(canonical: ModuleType) -> Any:
    """`codes(frames) -> {clue: codes by engagement id}` without the columns only tests know."""

    def run(frames: Frames) -> dict[str, pd.Series]:
        frames = {**frames, "engagement": frames["engagement"].drop(columns="origin")}
        with open_engine() as engine:
            tables = canonical.load(engine, frames)
            events = prepare(engine, tables)
            found = clues(engine, tables, events)
        ids = events.acts["engagement_id"].slice(0, events.n).to_pylist()
        return {c.name: pd.Series(c.codes, index=ids).sort_index() for c in found}

    return run


@pytest.fixture(scope="module")
def plain(world: Frames, codes: Any) -> dict[str, pd.Series]:
    found: dict[str, pd.Series] = codes(world)
    return found


def test_every_clue_speaks_of_the_odd(world: Frames, plain: dict[str, pd.Series]) -> None:
    assert list(plain) == ["age", "birth", "profile", "follow", "gone", "talk"]
    acts = world["engagement"].set_index("engagement_id").loc[plain["age"].index]
    them = acts["account_id"].isin(odd(world)).to_numpy()
    assert plain["age"][them].median() < plain["age"][~them].median()
    assert plain["profile"][them].median() < plain["profile"][~them].median()
    here = acts["section_id"].eq("s003").to_numpy()
    assert plain["birth"][them & here].min() >= 5
    assert (plain["birth"][~them] <= 1).mean() > 0.97
    assert (plain["follow"][them] == 0).all()
    assert (plain["follow"][~them] == 1).mean() == pytest.approx(0.5, abs=0.1)
    assert (plain["gone"][them] == 4).all()
    assert (plain["gone"][~them] == 0).mean() > 0.97
    assert (plain["talk"][them] == 0).all()
    # Thirty seconds after the like, in words of one's own.
    assert (plain["talk"][~them] == 1).mean() == pytest.approx(1 / 9, abs=0.02)


@pytest.mark.parametrize(
    ("absent", "lost"),
    [
        ("account", {"age", "birth", "profile"}),
        ("account_snapshot", {"profile"}),
        ("follow", {"follow"}),
        ("section", {"follow"}),
        ("comment", {"talk"}),
    ],
)
def test_a_missing_table_is_no_clue(
    world: Frames, plain: dict[str, pd.Series], codes: Any, absent: str, lost: set[str]
) -> None:
    left = codes({name: frame for name, frame in world.items() if name != absent})
    assert set(plain) - set(left) == lost
    for name in {"age", "profile", "gone", "talk"} & set(left):
        pd.testing.assert_series_equal(left[name], plain[name])


def test_empty_columns_are_no_clue(world: Frames, codes: Any) -> None:
    """Tables without what counts: no ages, nobody's follows, no removal, no comment of a liker."""
    bare = {
        **world,
        "account": world["account"].drop(columns="created_ms"),
        "follow": world["follow"].assign(kind="blocks"),
        "engagement": world["engagement"].drop(columns="retracted_lo_ms"),
        "comment": world["comment"].assign(account_id=None),
    }
    found = codes(bare)
    assert set(found) <= {"talk"}
    assert set(codes({**bare, "engagement": bare["engagement"].assign(account_id=None)})) == set()


def test_ages_merely_seen_or_too_coarse_are_unknown(world: Frames, codes: Any) -> None:
    for column, value in (("created_basis", "first_seen"), ("created_precision_s", 40 * 86_400)):
        vague = world["account"].assign(**{column: value})
        assert not {"age", "birth", "profile"} & set(codes({**world, "account": vague}))


def test_an_account_nobody_looked_at_is_unknown_and_not_a_stranger(
    world: Frames, codes: Any
) -> None:
    """Follows of half of the accounts were collected; the rest follows we know not whom."""
    names = sorted(set(world["engagement"]["account_id"]))
    dropped = set(names[1::2])
    follow = world["follow"][~world["follow"]["source_id"].isin(dropped)]
    found = codes({**world, "follow": follow})["follow"]
    who = world["engagement"].set_index("engagement_id")["account_id"].loc[found.index]
    assert (found[who.isin(dropped)] == -1).all()
    assert (found[~who.isin(dropped)] >= 0).all()


def test_order_names_and_weeks_do_not_matter(
    world: Frames, plain: dict[str, pd.Series], codes: Any, canonical: ModuleType
) -> None:
    def new(name: str) -> str:
        return f"{sum(map(ord, name)) % 97:02d}{name[::-1]}"

    renamed = canonical.renamed(world, new)
    both = ["source_id", "target_id"]
    renamed["follow"] = world["follow"].assign(**{c: world["follow"][c].map(new) for c in both})
    variants = {
        "order": canonical.shuffled(world, 5),
        "names": renamed,
        "weeks": canonical.shifted(world, -60 * canonical.WEEK),
    }
    for variant, frames in variants.items():
        found = codes(frames)
        assert set(found) == set(plain), variant
        for name, expected in plain.items():
            pd.testing.assert_series_equal(found[name].loc[expected.index], expected)


def test_words_come_from_the_template_family(world: Frames, canonical: ModuleType) -> None:
    """Twelve accounts with one sentence that is written nowhere else."""
    likes = world["engagement"].drop(columns="origin")
    here = likes[likes["section_id"] == "s003"].head(40)
    rng = np.random.default_rng(4)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    other = ["".join(rng.choice(letters, 14)) for _ in range(28)]
    comment = pd.DataFrame({
        "comment_id": [f"t{i}" for i in range(len(here))], "section_id": "s003",
        "account_id": here["account_id"].to_numpy(), "created_ms": here["ts_ms"].to_numpy() + 1000,
        "text": [*["the very best value, order again today"] * 12, *other][: len(here)],
    })  # fmt: skip
    with open_engine() as engine:
        tables = canonical.load(engine, {**world, "engagement": likes, "comment": comment})
        events = prepare(engine, tables)
        tables["comment_template"] = templates(engine, tables, FeatureConfig())
        (talk,) = (c for c in clues(engine, tables, events) if c.name == "talk")
    ids = events.acts["engagement_id"].slice(0, events.n).to_pylist()
    said = pd.Series(talk.codes, index=ids).loc[here["engagement_id"]]
    assert (said.iloc[:12] >= 2).all() and (said.iloc[:12] <= 3).all()
    assert not said.iloc[12:].isin([3, 6, 9]).any()


def test_declared_automation(world: Frames, canonical: ModuleType) -> None:
    likes = world["engagement"].drop(columns="origin")
    busiest = str(likes["account_id"].mode()[0])
    account = world["account"].assign(declared_bot=world["account"]["account_id"] == busiest)
    with open_engine() as engine:
        tables = canonical.load(engine, {**world, "engagement": likes, "account": account})
        events = prepare(engine, tables)
        flagged = declared_automation(engine, tables, events)
        del tables["account"]
        assert not declared_automation(engine, tables, events).any()
    who = np.array(events.acts["account_id"].slice(0, events.n).to_pylist())
    np.testing.assert_array_equal(flagged, who == busiest)


def test_without_excess_the_worst_accounts_are_not_called_delivered(
    streams: ModuleType, canonical: ModuleType
) -> None:
    """Twenty of the likers of each third section have everything against them; nobody ordered."""
    world = streams.organic(3, sections=60, mean=60.0, population=3000)
    likes = world["engagement"]
    worst = likes[likes["section_id"].isin([f"s{i:03d}" for i in range(0, 60, 3)])]
    against = set(worst.groupby("section_id").head(20)["account_id"])
    frames = peopled(world, 3, against)
    frames["engagement"] = frames["engagement"].drop(columns="origin")
    p = {}
    for name in ("without", "with"):
        shown = frames if name == "with" else {k: frames[k] for k in ("engagement", "section")}
        if name == "without":
            shown["engagement"] = shown["engagement"].drop(columns="retracted_lo_ms")
        with open_engine() as engine:
            found = attribute(engine, canonical.load(engine, shown), AttributionConfig())
        acts = found.engagements.to_pandas().set_index("engagement_id")
        p[name] = acts["p_purchased"]
    theirs = acts["account_id"].isin(against)
    assert theirs.sum() > 400
    quiet = p["without"] < 0.005
    assert (quiet & theirs).sum() > 300
    assert p["with"][quiet].max() < 0.1
    assert p["with"][theirs].mean() < p["without"][theirs].mean() + 0.02
    assert (p["with"] > 0.5).sum() <= (p["without"] > 0.5).sum() + 2
