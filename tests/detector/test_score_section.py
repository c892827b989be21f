"""One section scored in memory: equal to the batch scan of the same rows in every column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from zhenzan.detector import Scan, scan
from zhenzan.detector.results import OUTPUTS
from zhenzan.detector.score_section import PARTS, SectionScorer, score_section, write_section
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError, UsageError, ZhenzanError

NOW_MS = 1_790_000_000_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=5_000, seed=4).path


@pytest.fixture(scope="module")
def learnt(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(world, tmp_path_factory.mktemp("learnt") / "out", now_ms=NOW_MS)


@pytest.fixture(scope="module")
def scorer(learnt: Scan):
    with SectionScorer(learnt.path) as made:
        yield made


def payload_of(world: Path, section_id: str) -> dict[str, Any]:
    """All that the world holds about a section, as a client would send it."""
    payload: dict[str, Any] = {}
    for part, table in {**PARTS, "section": "section"}.items():
        frame = pd.read_parquet(world / f"{table}.parquet")
        if "section_id" in frame:
            frame = frame[frame["section_id"] == section_id]
        rows = json.loads(frame.to_json(orient="records"))
        payload[part] = [{k: v for k, v in row.items() if v is not None} for row in rows]
    payload["section"] = payload["section"][0]
    seen = {row.get("account_id") for p in ("comments", "engagements") for row in payload[p]}
    for part in ("accounts", "account_snapshots"):
        payload[part] = [row for row in payload[part] if row["account_id"] in seen]
    del payload["follows"]
    return payload


def in_batch(payload: dict[str, Any], learnt: Scan, folder: Path) -> Scan:
    (folder / "given").mkdir()
    write_section(payload, folder / "given")
    return scan(
        folder / "given", folder / "out", source="canonical", reference=learnt.path,
        now_ms=NOW_MS, observed_at_ms=NOW_MS,
    )  # fmt: skip


def assert_same(scorer: SectionScorer, payload: dict[str, Any], batch: Scan) -> None:
    found = scorer.score(payload, now_ms=NOW_MS, include=("evidence", "insights"))
    for name, schema in OUTPUTS.items():
        whole = pq.read_table(batch.path / f"{name}.parquet")
        assert found.tables[name].schema == schema
        for column in schema.names:
            assert found.tables[name][column].equals(whole[column]), (name, column)
    assert found.statements == batch.statements
    assert list(found.insights) == list(batch.insights)
    assert batch.run["attribution"].get("reference", {}).get("digest") in (None, found.reference)
    assert json.loads(json.dumps(found.rejections)) == batch.run["rejections"]


def test_it_is_the_batch_scan_of_the_section(
    world: Path, learnt: Scan, scorer: SectionScorer, tmp_path: Path
) -> None:
    busy = learnt.sections.nlargest(1, "n_purchased")["section_id"].item()
    payload = payload_of(world, busy)
    batch = in_batch(payload, learnt, tmp_path)
    assert batch.sections["n_purchased"].item() > 10 and batch.statements
    assert_same(scorer, payload, batch)
    payload["engagements"].append(
        {"kind": "like", "account_id": "x:1", "ts_lo_ms": 5, "ts_hi_ms": 5}
    )
    found = scorer.score(payload, now_ms=NOW_MS)  # a row that is of no use changes nothing else
    assert [r["count"] for r in found.rejections] == [1]
    assert found.section["n_purchased"] == batch.sections["n_purchased"].item()
    assert not found.statements and not found.insights
    told = [f"giveaway@..2026-09-01@{name}" for name in (busy, "x:elsewhere")]
    found = scorer.score(payload, now_ms=NOW_MS, known_contexts=told)
    assert "giveaway" in found.section["contexts"]
    with pytest.raises(UsageError, match="not in the data"):
        scorer.score(payload, now_ms=NOW_MS, contexts=told)


@pytest.mark.parametrize("kept", [("comments",), ("counts", "comments"), ("engagements",), ()])
def test_so_it_is_with_less(
    world: Path, learnt: Scan, scorer: SectionScorer, tmp_path: Path, kept: tuple[str, ...]
) -> None:
    for n, row in enumerate(learnt.sections.nlargest(3, "n_comments").itertuples()):
        whole = payload_of(world, row.section_id)
        payload = {"section": whole["section"], **{part: whole[part] for part in kept}}
        folder = tmp_path / str(n)
        folder.mkdir()
        assert_same(scorer, payload, in_batch(payload, learnt, folder))


def test_order_and_earlier_sections_do_not_matter(
    world: Path, learnt: Scan, scorer: SectionScorer
) -> None:
    ids = learnt.sections.nlargest(2, "n_engagements")["section_id"].tolist()
    first, other = (payload_of(world, i) for i in ids)
    before = scorer.score(first, now_ms=NOW_MS)
    scorer.score(other, now_ms=NOW_MS)
    turned = {k: v[::-1] if isinstance(v, list) else v for k, v in first.items()}
    again = scorer.score(turned, now_ms=NOW_MS)
    assert all(before.tables[n].equals(again.tables[n]) for n in OUTPUTS)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({}, "names no section"),
        ({"section": {"section_id": "s"}, "likes": []}, "parts that nothing reads"),
        ({"section": {"section_id": "s"}, "comments": [3]}, "is no object"),
        (
            {"section": {"section_id": "s"}, "comments": [{"section_id": "t"}]},
            "of another section",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(
    scorer: SectionScorer, payload: dict[str, Any], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        scorer.score(payload, now_ms=NOW_MS)


def test_a_scan_without_a_reference_scores_nothing(world: Path) -> None:
    with pytest.raises(InputError, match="not a scan directory"):
        score_section({"section": {"section_id": "s"}}, world, now_ms=NOW_MS)


HOSTILE = [
    {"section": {"section_id": "x:1", "title": "\ud800", "text": "a\0b"}},
    {"section": {"section_id": 7}, "comments": [{"comment_id": 1, "text": 5}]},
    {"section": {"section_id": ["x"]}},
    {"section": {"section_id": "x:\0"}},
    {"section": {"section_id": "x:1", "published_ms": 10**40}},
    {"section": {"section_id": "x:1"}, "engagements": [{}]},
    {"section": {"section_id": "x:1"}, "engagements": [{"kind": "like", "ts_ms": float("inf")}]},
    {"section": {"section_id": "x:1"}, "engagements": [{"kind": "like", "ts_ms": {"a": [1]}}]},
    {"section": {"section_id": "x:1"}, "comments": [{"text": "🙂" * 9000, "comment_id": "c"}] * 3},
    {"section": {"section_id": "x:1"}, "comments": [{"\ud800": 1, "comment_id": "c"}, {"": 2}]},
    {"section": {"section_id": "x:1"}, "accounts": [{"account_id": "a"}, {"account_id": None}]},
    {"section": {"section_id": "x:1"}, "counts": [{"metric": "like", "value": "1.2万"}]},
    {"section": {"section_id": "x:1"}, "coverage": [{"collected": -1}], "contexts": [{"kind": 1}]},
    {"section": {"section_id": "x:1"}, "comments": "text"},
    {"section": {"section_id": "x:1"}, "comments": {"a": 1}},
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_payloads_are_scored_or_refused(scorer: SectionScorer, number: int) -> None:
    """Whatever comes, the answer is a row or an error that says why; never anything else."""
    try:
        found = scorer.score(HOSTILE[number], now_ms=NOW_MS, include=("evidence", "insights"))
    except ZhenzanError as error:
        assert error.http_status == 422 and str(error)
    else:
        assert len(found.tables["sections"]) == 1 and found.section["band"]
