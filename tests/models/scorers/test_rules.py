"""Bands, abstention, caps and monotone behaviour of the rules scorer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.scorers import EXCUSES, RulesScorer, Scores

ORDER = ("organic", "unusual_explained", "unusual", "likely_purchased")
LOUD = {
    "n_engagements": 140,
    "n_purchased": 40.0,
    "n_purchased_lo": 30.0,
    "n_purchased_hi": 50.0,
    "significant": True,
    "p_value": 1e-6,
    "excess_bits": 80.0,
    "company_bits": 60.0,
    "propensity_bits": 50.0,
}


def capability(*ids: str, **values: Any) -> pd.DataFrame:
    row = {
        "n_likes": 100, "n_timed": 100, "n_accounts": 90, "n_comments": 0, "n_texts": 0,
        "coverage_share": np.nan, "selection": "all", "n_sections_in_set": 10,
    }  # fmt: skip
    rows = [{"section_id": i, **row, **values} for i in ids]
    return pd.DataFrame(rows, columns=["section_id", *row])


@pytest.fixture(scope="module")
def one(made_up: Any) -> Any:
    """Scores one section whose attributed figures are given."""
    base = made_up.acts(
        [
            {"section_id": "s", "account_id": f"a{i}", "ts_ms": made_up.START + i * 1000}
            for i in range(30)
        ]
    )

    def score(
        figures: dict[str, Any],
        *,
        cap: dict[str, Any] | None = None,
        templates: pd.DataFrame | None = None,
        contexts: pd.DataFrame | None = None,
        matrix: pd.DataFrame | None = None,
    ) -> pd.Series:
        result = RulesScorer().score(
            made_up.attribution(base, {"s": figures}),
            {"section": matrix if matrix is not None else pd.DataFrame({"section_id": ["s"]})},
            capability("s", **(cap or {})),
            templates,
            contexts,
        )
        return result.sections.iloc[0]

    return score


def texts(surprising: int, plain: int, phrases: int = 2) -> pd.DataFrame:
    n = surprising + plain
    return pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(n)],
            "section_id": ["s"] * n,
            "template_id": [f"t{i % phrases}" for i in range(surprising)] + [None] * plain,
            "template_size": [surprising] * surprising + [1] * plain,
            "surprise": [25.0] * surprising + [0.0] * plain,
        }
    )


def excuse(family: str, amount: float, **values: Any) -> pd.DataFrame:
    row = dict.fromkeys(EXCUSES) | {
        "section_id": "s", "kind": "giveaway", "family": family, "excuse": amount, "review": False,
        "own_word": False,
    }  # fmt: skip
    return pd.DataFrame([row | values], columns=list(EXCUSES))


def test_two_families_reach_the_top_band(one: Any) -> None:
    row = one(LOUD)
    assert row.band == "likely_purchased"
    assert row.score > 0.5
    assert row.coordinated is True
    assert np.isnan(row.probability)
    assert row.reasons[:2] == ["timing.excess@1", "coengagement.company@1"]
    assert row.share_purchased == pytest.approx(40 / 140)
    assert row.share_purchased_lo <= row.share_purchased <= row.share_purchased_hi


@pytest.mark.parametrize("family", ["timing", "coengagement"])
def test_leaving_out_either_family_leaves_less_than_the_top_band(one: Any, family: str) -> None:
    mute = {
        "timing": {
            "significant": False,
            "p_value": 0.3,
            "excess_bits": -1.0,
            "propensity_bits": -1.0,
        },
        "coengagement": {"company_bits": -1.0, "propensity_bits": -1.0},
    }[family]
    assert one(LOUD | mute).band == "unusual"


def test_an_excess_that_company_points_at_needs_no_correction_for_all_streams(one: Any) -> None:
    small = LOUD | {"significant": False, "p_value": 0.005, "propensity_bits": -1.0}
    assert one(small).band == "likely_purchased"
    assert one(small | {"p_value": 0.05}).band == "unusual"
    assert one(small | {"company_bits": -1.0, "n_purchased_lo": 19.0}).band == "organic"


def test_a_section_with_a_stated_event_even_at_the_least_is_not_called_organic(one: Any) -> None:
    figures = LOUD | {"significant": False, "p_value": 0.5, "company_bits": -1.0}
    quiet = figures | {"propensity_bits": -1.0}
    row = one(quiet)
    assert row.band == "unusual" and list(row.reasons) == ["timing.excess@1"]
    assert one(quiet | {"n_purchased_lo": 19.9}).band == "organic"  # twenty acts at least
    assert one(quiet | {"n_purchased_lo": 30.0, "n_engagements": 700}).band == "organic"  # a share


def test_propensity_shares_the_excess_and_counts_once_with_it(one: Any) -> None:
    row = one(LOUD | {"company_bits": -1.0})
    assert row.band == "unusual"
    assert "coengagement.propensity@1" in row.reasons
    # With company beside it, the excess elsewhere is enough of an excess.
    assert one(LOUD | {"significant": False, "p_value": 0.9}).band == "likely_purchased"


def test_texts_are_a_family_of_their_own(one: Any) -> None:
    figures = LOUD | {"company_bits": -1.0, "propensity_bits": -1.0}
    cap = {"n_comments": 60, "n_texts": 60}
    assert one(figures, cap=cap, templates=texts(25, 35)).band == "likely_purchased"
    assert one(figures, cap=cap, templates=texts(3, 57)).band == "unusual"


def test_one_phrase_is_a_quotation_unless_another_line_speaks(one: Any) -> None:
    cap = {"n_comments": 60, "n_texts": 60}
    calm = {"n_engagements": 60}
    assert one(calm, cap=cap, templates=texts(25, 35)).band == "unusual"
    row = one(calm, cap=cap, templates=texts(25, 35, phrases=1))
    assert row.band == "organic" and "template.surprise@1" not in row.reasons
    figures = LOUD | {"company_bits": -1.0, "propensity_bits": -1.0}
    row = one(figures, cap=cap, templates=texts(25, 35, phrases=1))
    assert row.band == "likely_purchased"


def test_accounts_count_and_not_their_comments(made_up: Any) -> None:
    world = made_up.acts([{"section_id": "s", "account_id": "a", "ts_ms": made_up.START}])
    written = texts(40, 20)
    who = [f"a{i % 4}" if i < 40 else f"b{i}" for i in range(60)]
    facts = written[["comment_id", "section_id"]].assign(
        account_id=who, text="x", created_ms=made_up.START + np.arange(60) * made_up.HOUR
    )
    cap = capability("s", n_comments=60, n_texts=60)
    found = RulesScorer().score(made_up.attribution(world), {}, cap, written, comments=facts)
    assert found.sections.band.iloc[0] == "organic"
    assert found.sections.n_template_comments.iloc[0] == 40


def test_a_hundredth_of_a_large_section_is_no_company(one: Any) -> None:
    large = {"n_engagements": 5000, "significant": False, "p_value": 0.9}
    assert one(LOUD | large).band == "organic"


def test_what_accounts_do_elsewhere_does_not_speak_alone(one: Any) -> None:
    alone = LOUD | {"company_bits": -1.0, "significant": False}
    assert one(alone | {"p_value": 0.5}).band == "organic"
    assert one(alone | {"p_value": 0.005}).band == "unusual"


def test_small_amounts_stay_below_the_top_band(one: Any) -> None:
    small = {"n_purchased": 12.0, "n_purchased_lo": 8.0, "n_purchased_hi": 16.0}
    assert one(LOUD | small).band == "unusual"
    large = {"n_engagements": 2000, "n_purchased": 60.0}  # under 5 % of the section
    assert one(LOUD | large).band == "unusual"


def test_one_fandom_is_coordinated_and_explained(one: Any) -> None:
    row = one(LOUD | {"audience_coherence": 0.9})
    assert (row.band, row.coordinated) == ("unusual_explained", True)
    assert "coengagement.one_audience@1" in row.reasons
    assert row.score < one(LOUD).score


def test_a_fandom_explains_its_slogans_too(one: Any) -> None:
    row = one(
        LOUD | {"audience_coherence": 0.9},
        cap={"n_comments": 60, "n_texts": 60},
        templates=texts(25, 35),
    )
    assert row.band == "unusual_explained"
    assert row.n_template_comments == 25


def test_unknown_coherence_is_not_one_fandom(one: Any) -> None:
    assert one(LOUD | {"audience_coherence": np.nan}).band == "likely_purchased"


def test_likes_that_nothing_could_look_at_are_not_judged(one: Any) -> None:
    quiet = {"n_engagements": 100, "n_timed": 0, "n_purchased": 0.2, "n_purchased_hi": 2.7}
    row = one(quiet, cap={"n_timed": 0})
    assert (row.band, row.status) == ("insufficient_data", "insufficient_data")
    assert row.families_used == [] and row.coordinated is None
    assert np.isnan(row.score) and np.isnan(row.share_purchased)
    assert row.reasons == ["timing.untimed@1", "capability.too_little@1"]


@pytest.mark.parametrize("cap", [{"n_sections_in_set": 1}, {"n_likes": 0, "n_accounts": 0}])
def test_company_is_not_said_to_be_checked_where_nobody_can_meet(
    one: Any, cap: dict[str, Any]
) -> None:
    row = one({"n_engagements": 100}, cap=cap)
    assert row.band == "organic"
    assert row.families_used == ["timing"] and "coengagement" in row.families_missing
    assert row.coordinated is None


def test_too_little_data_abstains_and_keeps_the_counts(made_up: Any) -> None:
    few = made_up.acts(
        [
            {"section_id": "s", "account_id": f"a{i}", "ts_ms": made_up.START + i, "p_purchased": 1}
            for i in range(19)
        ]
    )
    result = RulesScorer().score(
        made_up.attribution(few, {"s": {k: v for k, v in LOUD.items() if "bits" in k}}),
        {},
        capability("s", "empty", n_comments=14),
    )
    assert result.sections["status"].tolist() == ["insufficient_data"] * 2
    assert result.sections["band"].tolist() == ["insufficient_data"] * 2
    assert result.sections["score"].isna().all()
    assert result.sections["share_purchased"].isna().all()
    row = result.sections.set_index("section_id").loc["s"]
    assert (row.n_engagements, row.n_purchased) == (19, 19.0)
    assert row.coordinated is None


def test_partial_samples_state_no_shares(one: Any) -> None:
    for cap in ({"coverage_share": 0.4}, {"selection": "top"}):
        row = one(LOUD, cap=cap)
        assert np.isnan(row.share_purchased) and np.isnan(row.share_purchased_hi)
        assert "coverage.partial@1" in row.reasons
        assert row.n_purchased == 40.0


def test_a_missing_family_is_not_a_silent_one(one: Any) -> None:
    silent = one(LOUD | {"company_bits": -5.0})
    missing = one(LOUD | {"company_bits": np.nan, "propensity_bits": np.nan})
    assert "coengagement" in silent.families_used
    assert "coengagement" in missing.families_missing
    without = LOUD | {"propensity_bits": np.nan}
    assert one(without | {"company_bits": np.nan}).score > one(without | {"company_bits": 0}).score


def test_even_gaps_are_their_own_finding(one: Any) -> None:
    even = pd.DataFrame({"section_id": ["s"], "timing__gap_cv": [0.1], "timing__even_share": [0.6]})
    row = one({}, matrix=even)
    assert (row.automated, row.band) == (True, "organic")
    assert one({}, matrix=even.assign(timing__gap_cv=0.9)).automated is False
    assert one({}).automated is None


def test_contexts_explain_and_are_named(one: Any) -> None:
    both = pd.concat([excuse("timing", 0.9), excuse("coengagement", 0.9)])
    row = one(LOUD, contexts=both)
    assert (row.band, row.contexts) == ("unusual_explained", ["giveaway"])
    # A push explains the crowd here, not that the accounts sit in other excesses as well.
    pushed = excuse("timing", 0.9, kind="push")
    assert one(LOUD, contexts=pushed).band == "likely_purchased"
    assert one(LOUD | {"propensity_bits": -1.0}, contexts=pushed).band == "unusual"


def test_a_creators_word_explains_the_unusual_and_never_undoes_the_top_band(one: Any) -> None:
    said = pd.concat([excuse(f, 0.6, own_word=True) for f in ("timing", "coengagement")])
    assert one(LOUD, contexts=said).band == "unusual"
    assert one(LOUD, contexts=said.assign(own_word=False)).band == "unusual_explained"
    lone = LOUD | {"company_bits": -1.0, "propensity_bits": -1.0}
    assert one(lone).band == "unusual"
    assert one(lone, contexts=said).band == "unusual_explained"


def test_little_company_of_few_acts_is_daily_life(one: Any) -> None:
    few = {"n_purchased": 2.3, "n_purchased_lo": 0.0, "n_purchased_hi": 6.4, "significant": False}
    assert one(LOUD | few | {"p_value": 0.5}).band == "organic"


def test_a_contest_is_for_a_person_to_decide(one: Any) -> None:
    row = one(LOUD, contexts=excuse("timing", 0.0, kind="like_contest", review=True))
    assert (row.band, row.contexts) == ("unusual", ["like_contest"])


def test_a_context_excuses_only_its_own_window(made_up: Any) -> None:
    world = made_up.pool_world()
    figures = dict.fromkeys(("s000",), LOUD)
    bought = world[(world.section_id == "s000") & (world.p_purchased > 0.5)]["ts_lo_ms"]

    def band(start: int, end: int) -> str:
        rows = [
            excuse(f, 0.9, section_id="s000", start_ms=start, end_ms=end)
            for f in ("timing", "coengagement")
        ]
        result = RulesScorer().score(
            made_up.attribution(world, figures), {}, capability("s000"), None, pd.concat(rows)
        )
        return str(result.sections.set_index("section_id").loc["s000", "band"])

    assert band(bought.min(), bought.max() + 1) == "unusual_explained"
    assert band(bought.max() + 1, bought.max() + made_up.DAY) == "likely_purchased"


def test_unresolved_contexts_are_refused(made_up: Any) -> None:
    world = made_up.pool_world()
    with pytest.raises(ValueError, match="family, excuse, review, own_word"):
        RulesScorer().score(
            made_up.attribution(world), {}, capability(), None, pd.DataFrame({
                "section_id": [], "comment_id": [], "kind": [], "start_ms": [], "end_ms": [],
            }),
        )  # fmt: skip


def scored(made_up: Any, world: pd.DataFrame, **more: Any) -> Scores:
    return RulesScorer().score(made_up.attribution(world, **more), {}, capability())


def test_accounts_of_a_pool_stand_out(made_up: Any) -> None:
    accounts = scored(made_up, made_up.pool_world()).accounts.set_index("account_id")
    workers = accounts[accounts.index.str.startswith("w")]
    others = accounts[~accounts.index.str.startswith("w")]
    several = workers[workers.n_engagements >= 3]
    assert (several.band == "likely_purchased").all()
    assert several.coordinated.eq(True).all()
    assert not others.band.isin(["likely_purchased", "unusual"]).any()
    assert several.score.min() > others.score.max()


def test_account_score_is_half_where_two_deliveries_are_as_likely_as_not(made_up: Any) -> None:
    p = np.sqrt(0.5)
    rows = [
        {"section_id": f"s{i}", "account_id": "a", "ts_ms": made_up.START, "p_purchased": p}
        for i in range(2)
    ]
    accounts = scored(made_up, made_up.acts(rows)).accounts
    assert accounts.score.iloc[0] == pytest.approx(0.5)


def test_fans_names_and_declared_accounts_are_not_called_purchased(made_up: Any) -> None:
    world = made_up.pool_world()
    ids = sorted(world.loc[world.account_id.str.startswith("w"), "account_id"].unique())
    fans = scored(made_up, world, coherence=dict.fromkeys(ids, 0.9)).accounts
    fans = fans[fans.account_id.isin(ids) & (fans.status == "scored")]
    assert set(fans.band) <= {"organic", "unusual_explained"}
    assert (fans.band == "unusual_explained").mean() > 0.9
    facts = pd.DataFrame(
        {"account_id": ids[:2], "id_kind": ["name_only", "native"], "declared_bot": [None, True]}
    )
    result = (
        RulesScorer()
        .score(made_up.attribution(world), {}, capability(), accounts=facts)
        .accounts.set_index("account_id")
    )
    assert result.loc[ids[:2], "status"].tolist() == ["not_applicable"] * 2
    assert result.loc[ids[:2], "score"].isna().all()
    assert result.loc[ids[1], "automated"] is True


def test_comments_with_purchased_likes_and_questions_to_answer(made_up: Any) -> None:
    world = made_up.pool_world(n_sections=3, orders=1, organic=30)
    world["comment_id"] = "c" + world["section_id"]
    facts = pd.DataFrame(
        {
            "comment_id": ["cs000", "cs001", "cs002", "quiet"],
            "section_id": ["p"] * 4,
            "account_id": ["x"] * 4,
            "text": ["支持!+1", "请问什么时候更新?", "不错", None],
            "by_creator": [False] * 4,
            "replied_by_creator": [False, False, None, None],
            "reply_count": [0, 0, 0, None],
        }
    )
    result = RulesScorer().score(
        made_up.attribution(world), {}, capability("p", n_comments=20), comments=facts
    )
    comments = result.comments.set_index("comment_id")
    assert comments.band.tolist() == ["likely_purchased", "organic", "organic", "insufficient_data"]
    assert comments.loc["cs000", "n_likes_purchased"] == pytest.approx(38.5, abs=0.6)
    assert comments.loc["cs000", "n_likes_genuine"] > 30
    assert comments.loc["cs000", "reply_priority"] == 0
    assert comments.loc["cs001", "reply_priority"] > comments.loc["cs002", "reply_priority"] > 0
    assert np.isnan(comments.loc["quiet", "reply_priority"])


def test_a_comment_that_the_creator_answered_in_the_data_needs_no_answer(made_up: Any) -> None:
    facts = pd.DataFrame(
        {
            "comment_id": ["asked", "by_fan", "mine", "open", "theirs"],
            "section_id": ["p"] * 5,
            "text": ["请问什么时候更新?", "多少钱?", "周五", "多少钱?", "三十"],
            "parent_id": [None, None, "asked", None, "by_fan"],
            "by_creator": [False, False, True, False, None],
        }
    )
    made = RulesScorer().score(
        made_up.attribution(made_up.pool_world(n_sections=3)), {}, capability("p"), comments=facts
    )
    priority = made.comments.set_index("comment_id")["reply_priority"]
    assert priority[["asked", "mine"]].tolist() == [0, 0]
    assert priority["open"] > priority["by_fan"] > 0


def test_results_do_not_depend_on_row_order(made_up: Any) -> None:
    world = made_up.pool_world(n_sections=4, orders=2)
    shuffled = world.sample(frac=1, random_state=1)
    for name in ("sections", "accounts", "comments", "lines"):
        left = getattr(scored(made_up, world), name)
        right = getattr(scored(made_up, shuffled), name)
        pd.testing.assert_frame_equal(left, right)


@settings(max_examples=25, deadline=None)
@given(
    bought=st.floats(0, 200),
    more=st.floats(0, 200),
    bits=st.tuples(*[st.floats(-20, 300)] * 3),
    gained=st.tuples(*[st.floats(0, 100)] * 3),
    significant=st.booleans(),
)
def test_more_likes_from_the_same_pool_never_lower_anything(
    made_up: Any, one: Any, bought: float, more: float, bits: tuple[float, ...],
    gained: tuple[float, ...], significant: bool,
) -> None:  # fmt: skip
    def figures(n: float, values: list[float], loud: bool) -> dict[str, Any]:
        return {
            "n_engagements": 100 + int(n), "n_purchased": n, "n_purchased_lo": n * 0.8,
            "n_purchased_hi": n * 1.2, "significant": loud, "excess_bits": values[0],
            "company_bits": values[1], "propensity_bits": values[2],
        }  # fmt: skip

    less = one(figures(bought, list(bits), significant))
    grown = [b + g for b, g in zip(bits, gained, strict=True)]
    greater = one(figures(bought + int(more), grown, significant or more > 50))
    assert greater.score >= less.score
    assert ORDER.index(greater.band) >= ORDER.index(less.band)


@settings(max_examples=25, deadline=None)
@given(
    bits=st.tuples(*[st.floats(-20, 300)] * 3),
    significant=st.booleans(),
    family=st.sampled_from(["timing", "coengagement", "template"]),
    amount=st.floats(0, 1),
    review=st.booleans(),
    coherence=st.one_of(st.none(), st.floats(0, 1)),
)
def test_a_context_never_raises_the_band_or_the_score(
    one: Any, bits: tuple[float, ...], significant: bool, family: str, amount: float,
    review: bool, coherence: float | None,
) -> None:  # fmt: skip
    figures = LOUD | {
        "significant": significant, "excess_bits": bits[0], "company_bits": bits[1],
        "propensity_bits": bits[2],
        "audience_coherence": np.nan if coherence is None else coherence,
    }  # fmt: skip
    cap = {"n_comments": 60, "n_texts": 60}
    plain = one(figures, cap=cap, templates=texts(25, 35))
    excused = one(
        figures, cap=cap, templates=texts(25, 35), contexts=excuse(family, amount, review=review)
    )
    assert ORDER.index(excused.band) <= ORDER.index(plain.band)
    assert excused.score <= plain.score


def test_a_windowed_context_excuses_only_the_texts_written_in_it(made_up: Any) -> None:
    world = made_up.acts([{"section_id": "s", "account_id": "a", "ts_ms": made_up.START}])
    written = texts(25, 35)
    facts = written[["comment_id", "section_id"]].assign(
        account_id=None, text="x", created_ms=made_up.START + np.arange(60) * made_up.HOUR
    )

    def band(start: int, end: int) -> str:
        said = excuse("template", 0.9, start_ms=start, end_ms=end)
        cap = capability("s", n_comments=60, n_texts=60)
        found = RulesScorer().score(
            made_up.attribution(world), {}, cap, written, said, comments=facts
        )
        return str(found.sections.band.iloc[0])

    assert band(made_up.START, made_up.START + 25 * made_up.HOUR) == "unusual_explained"
    assert band(made_up.START + 25 * made_up.HOUR, made_up.START + made_up.DAY * 9) == "unusual"
