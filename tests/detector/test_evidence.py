"""Statements collected for what is shown: numbers, counter-evidence, order, caps and ids."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pandas as pd
import pytest
from zhenzan.detector.contexts import KINDS, declared_contexts
from zhenzan.detector.evidence import EvidenceConfig, collect_evidence, evidence_id
from zhenzan.detector.evidence.acts import attributed_acts
from zhenzan.features.engine import open_engine
from zhenzan.features.family import (
    Entity,
    Evidence,
    FeatureSpec,
    Requirement,
    Text,
)
from zhenzan.features.tables import CONTEXT_KINDS
from zhenzan.models.campaigns import find_campaigns
from zhenzan.models.scorers import EXCUSES, RulesScorer

VERDICTS = re.compile(
    r"\b(fake|bots?|fraud\w*|attack\w*|proven|guilty)\b|刷赞|作弊|造假|水军", re.I
)
BITS = {"excess_bits": 80.0, "company_bits": 60.0, "propensity_bits": 50.0, "p_value": 1e-5}


@pytest.fixture(scope="module")
def made_up() -> ModuleType:
    path = Path(__file__).parents[1] / "models" / "made_up.py"
    spec = importlib.util.spec_from_file_location("zhenzan_tests_made_up_evidence", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Chatty:
    """A family with a statement about every target and many about the first section."""

    name: ClassVar[str] = "chatty"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("话", "talk")
    requires: ClassVar[Requirement] = Requirement({})
    specs: ClassVar[tuple[FeatureSpec, ...]] = ()

    def compute(self, *_: Any) -> dict[Entity, Any]:
        return {}

    def explain(
        self, engine: Any, tables: Any, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        for section in targets[Entity.SECTION]:
            for i in range(30):
                yield Evidence(
                    "chatty.talk@1", ("section", section), Text("话", "talk"), (section,),
                    float(i), 0.0, "acts", None, None, 5.0 + i / 100, (Text("或", "or"),),
                )  # fmt: skip


def collected(
    made_up: Any,
    world: pd.DataFrame,
    *,
    figures: dict[str, Any] | None = None,
    coherence: dict[str, float] | None = None,
    families: Sequence[Any] = (),
    contexts: pd.DataFrame | None = None,
    config: EvidenceConfig | None = None,
) -> list[Evidence]:
    loud = {f"s{s:03d}": {**BITS, "significant": True, **(figures or {})} for s in range(8)}
    found = made_up.attribution(world, loud, coherence)
    facts = pd.DataFrame({"section_id": [], "n_comments": [], "n_timed": []})
    scores = RulesScorer().score(found, {}, facts, None, contexts)
    sections = pd.DataFrame({"section_id": world.section_id.unique()})
    sections["creator_id"] = "creator" + sections["section_id"]
    with open_engine() as engine:
        return collect_evidence(
            engine, {}, families, found, scores, find_campaigns(found, sections), config
        )


@pytest.fixture(scope="module")
def evidence(made_up: Any) -> list[Evidence]:
    return collected(made_up, made_up.pool_world())


def about(evidence: list[Evidence], kind: str, reason: str) -> list[Evidence]:
    return [e for e in evidence if e.subject[0] == kind and e.reason == reason]


def test_every_shown_section_states_window_amount_and_company(evidence: list[Evidence]) -> None:
    for reason in (
        "timing.excess@1", "attribution.amount@1", "coengagement.company@1",
        "coengagement.propensity@1",
    ):  # fmt: skip
        assert {e.subject[1] for e in about(evidence, "section", reason)} == {
            f"s{s:03d}" for s in range(8)
        }
    assert not any(e.subject[1] > "s007" for e in evidence if e.subject[0] == "section")


def test_window_numbers_agree_with_the_acts(made_up: Any, evidence: list[Evidence]) -> None:
    world = made_up.pool_world()
    for statement in about(evidence, "section", "timing.excess@1"):
        own = world[world.section_id == statement.subject[1]]
        assert statement.start_ms is not None and statement.end_ms is not None
        inside = own.ts_lo_ms.between(statement.start_ms, statement.end_ms, inclusive="left")
        assert statement.observed == inside.sum()
        assert str(int(statement.observed)) in statement.statement.en
        assert statement.expected is not None and statement.expected < statement.observed


def test_company_agrees_with_a_slow_count(made_up: Any, evidence: list[Evidence]) -> None:
    world = made_up.pool_world()
    bought = world[world.p_purchased >= 0.5]
    members = {s: set(part.account_id) for s, part in bought.groupby("section_id")}
    for statement in about(evidence, "section", "coengagement.company@1"):
        own = members[statement.subject[1]]
        met = {
            s: own & others
            for s, others in members.items()
            if s != statement.subject[1] and len(own & others) >= 2
        }
        assert statement.observed == sum(len(m) * (len(m) - 1) // 2 for m in met.values())
        assert set(statement.refs) == set(met)
        assert statement.expected is not None and 0 < statement.expected < statement.observed


def test_a_great_order_is_not_its_own_chance(made_up: Any) -> None:
    """By chance people meet elsewhere as often as deliveries elsewhere are large."""
    rows = [("s000", f"w{i}", 0.99) for i in range(1000)]
    rows += [("s001", f"w{i}", 0.99) for i in range(30)]
    rows += [(f"s{2 + i % 100:03d}", f"p{i % 400}", 0.001) for i in range(20_000)]
    world = pd.DataFrame(rows, columns=["section_id", "account_id", "p_purchased"])
    world = world.assign(
        engagement_id=[f"e{i}" for i in range(len(world))], ts_lo_ms=0, ts_hi_ms=0, kind="like",
        comment_id=None, excess=0.0, propensity=0.0, company=0.0,
    )  # fmt: skip
    acts = attributed_acts(made_up.attribution(world, {}, None))
    company = acts.company("s000")
    assert company is not None and company.n_meetings == 30 * 29 // 2
    # Thirty have one act elsewhere; a pair of acts is in the other delivery with that chance.
    assert company.expected_meetings == pytest.approx(30 * 29 / 2 * (30 / len(world)) ** 2)
    small = acts.company("s001")
    assert small is not None
    assert small.expected_meetings == pytest.approx(30 * 29 / 2 * (1000 / len(world)) ** 2)


def test_campaigns_and_accounts_have_statements(evidence: list[Evidence]) -> None:
    assert len(about(evidence, "campaign", "campaign.extent@1")) == 1
    (pairs,) = about(evidence, "campaign", "campaign.coordination@1")
    assert pairs.observed is not None and pairs.expected is not None
    assert pairs.observed > 10 * pairs.expected
    accounts = about(evidence, "account", "account.deliveries@1")
    assert {e.subject[1][0] for e in accounts} == {"w"}
    assert all(e.observed is not None and e.expected is not None for e in accounts)


def test_statements_are_fair_and_name_nobody(made_up: Any, evidence: list[Evidence]) -> None:
    ids = set(made_up.pool_world().account_id)
    for e in evidence:
        texts = [e.statement, *e.counter_evidence]
        assert e.counter_evidence, e.reason
        for text in texts:
            assert text.zh and text.en
            assert not VERDICTS.search(text.zh + " " + text.en), text
            assert not ids & set(re.findall(r"[\w]+", text.en))
        assert len(e.refs) <= 50
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+@\d+", e.reason)


def test_strongest_first_capped_and_no_family_crowded_out(made_up: Any) -> None:
    config = EvidenceConfig(per_subject=6)
    found = collected(made_up, made_up.pool_world(), families=[Chatty()], config=config)
    assert [e.strength for e in found] == sorted((e.strength for e in found), reverse=True)
    own = [e for e in found if e.subject == ("section", "s000")]
    assert len(own) == 6
    assert {e.reason for e in own} >= {"chatty.talk@1", "timing.excess@1", "attribution.amount@1"}


def test_ids_hash_the_claim_and_not_its_wording(evidence: list[Evidence]) -> None:
    ids = [evidence_id(e) for e in evidence]
    assert len(set(ids)) == len(ids)
    one = evidence[0]
    reworded = dataclasses.replace(one, statement=Text("x", "y"), strength=0.1)
    assert evidence_id(reworded) == evidence_id(one)
    assert evidence_id(dataclasses.replace(one, observed=-1.0)) != evidence_id(one)


def test_the_same_rows_in_any_order_give_the_same_statements(
    made_up: Any, evidence: list[Evidence]
) -> None:
    again = collected(made_up, made_up.pool_world().sample(frac=1, random_state=3))
    assert [evidence_id(e) for e in again] == [evidence_id(e) for e in evidence]


def test_a_fan_club_carries_its_counter_evidence(made_up: Any) -> None:
    world = made_up.pool_world()
    fans = {a: 0.9 for a in world.account_id.unique() if a.startswith("w")}
    found = collected(made_up, world, figures={"audience_coherence": 0.9}, coherence=fans)
    assert len(about(found, "section", "coengagement.one_audience@1")) == 8
    for e in about(found, "section", "coengagement.company@1"):
        assert any("coordinated is not purchased" in t.en for t in e.counter_evidence)
    assert not about(found, "campaign", "campaign.order_size@1")


def declared(**values: Any) -> pd.DataFrame:
    row = {
        "section_id": "s000", "comment_id": None, "kind": "giveaway", "start_ms": None,
        "end_ms": None, "declared_by": "reviewer", "quote": None, "confidence": None,
    }  # fmt: skip
    return pd.DataFrame([row | values])


def test_contexts_found_stand_beside_the_statements(made_up: Any) -> None:
    contexts = declared_contexts(declared())
    found = collected(made_up, made_up.pool_world(), contexts=contexts)
    for e in about(found, "section", "timing.excess@1"):
        named = any("found: giveaway" in t.en for t in e.counter_evidence)
        assert named == (e.subject[1] == "s000")


def test_every_kind_of_context_is_known_and_never_excuses_everything() -> None:
    assert set(KINDS) == set(CONTEXT_KINDS)
    for kind in KINDS:
        made = declared_contexts(declared(kind=kind))
        assert list(made.columns) == list(EXCUSES)
        assert len(made) == 3
        assert made["excuse"].between(0, 0.9).all()


def test_a_creators_word_weighs_less_and_is_marked() -> None:
    for kind in KINDS:
        own = declared_contexts(declared(kind=kind, declared_by="creator"))
        others = declared_contexts(declared(kind=kind))
        assert own["own_word"].all() and not others["own_word"].any()
        assert (own["excuse"] <= others["excuse"]).all()


def test_confidence_scales_and_strangers_are_left_out() -> None:
    half = declared_contexts(declared(confidence=0.5))["excuse"]
    full = declared_contexts(declared())["excuse"]
    pd.testing.assert_series_equal(half * 2, full)
    assert declared_contexts(declared(section_id=None)).empty
    assert declared_contexts(declared(kind="unheard_of")).empty
    assert declared_contexts(declared().iloc[:0]).empty
