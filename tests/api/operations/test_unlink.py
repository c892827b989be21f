"""An account leaves a scan wherever it is meant, and nothing else that is spelled alike changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from zhenzan.api.jobs.store import open_store
from zhenzan.api.operations.retention import purge_account
from zhenzan.api.operations.unlink import unlink
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import StoredScan
from zhenzan.detector.cli.main import app
from zhenzan.detector.results import OUTPUTS, write_scan
from zhenzan.detector.statements import plain, read_lines, write_lines
from zhenzan.features.family import Evidence, Text

WHO, GONE = "7", "gone:00"


def table(name: str, *rows: dict[str, Any]) -> pa.Table:
    schema = OUTPUTS[name]
    return pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in rows], schema)


def told(reason: str, subject: tuple[str, str], refs: tuple[str, ...], en: str) -> Evidence:
    return Evidence(
        reason=reason, subject=subject, statement=Text(f"共 {en}", en), refs=refs, observed=7.0,
        expected=1.0, unit="accounts", start_ms=None, end_ms=None, strength=1.0,
        counter_evidence=(Text(en, en),),
    )  # fmt: skip


EVIDENCE = {
    "e1": told("account.deliveries@1", ("account", "7"), ("7", "8"), "7 acts, about 7 delivered"),
    "e2": told("account.births@1", ("section", "7"), ("6", "7"), "7 of the 7 accounts"),
    "e3": told("timing.burst@1", ("section", "7"), ("7",), "7 acts within 7 minutes"),
    "e4": told("template.surprise@1", ("account", "8"), ("7",), "7 comments"),
    "e5": told("model.account@1", ("account", "7"), ("7",), "7 of 7"),
    "e6": told("campaign.extent@1", ("campaign", "k"), ("7",), "7 accounts"),
}
INSIGHTS = [
    {"insight": "growth@1", "subject": {"kind": kind, "id": "7"}, "n": 7,
     "sentence": {"zh": "7 个赞", "en": "about 7 of 7"}, "series": [{"rows": [["7", 7]]}]}
    for kind in ("section", "creator")
]  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A scan in which a section, a comment and an account have the same id, a number."""
    acts = [{"engagement_id": "7", "section_id": "7", "comment_id": "7", "account_id": who,
             "kind": "like"} for who in ("7", "8", None)]  # fmt: skip
    member = {"campaign_id": "k", "member_id": "7"}
    tables = {
        "sections": table("sections", {"section_id": "7", "reasons": ["7"], "campaign_ids": []}),
        "accounts": table(
            "accounts", {"account_id": "7", "reasons": ["7"]}, {"account_id": "8", "band": "7"}
        ),
        "comments": table(
            "comments",
            {"comment_id": "7", "section_id": "7", "account_id": "8", "template_id": "7"},
            {"comment_id": "9", "section_id": "7", "account_id": "7"},
        ),
        "engagements": table("engagements", *acts),
        "campaigns": table("campaigns", {"campaign_id": "k", "kind": "7"}),
        "campaign_members": table(
            "campaign_members",
            *({**member, "member_kind": kind} for kind in ("account", "comment", "section")),
        ),
    }
    reference = {
        "section_info": pa.table({"section_id": ["7"], "creator_id": ["7"], "title": ["7"]}),
        "comment_text": pa.table({"comment_id": ["7", "9"], "text": ["7", "what 7 wrote"]}),
        "model_rows": pa.table({"unit": ["account", "section"], "id": ["7", "7"]}),
        "curves": pa.table({"section_id": ["7"], "kind": ["7"]}),
    }
    folder = tmp_path / "scan"
    write_scan(folder, outputs=tables, evidence=EVIDENCE.items(), reference=reference,
               run={"version": "0", "n": "7"})  # fmt: skip
    write_lines(folder / "insights.jsonl", map(plain, INSIGHTS))
    return folder


def column(folder: Path, file: str, name: str) -> list[Any]:
    return list(pq.read_table(folder / file)[name].to_pylist())


def test_columns_that_hold_no_account_stay(made: Path) -> None:
    assert unlink(made, WHO, GONE)
    assert column(made, "accounts.parquet", "account_id") == ["8", GONE]
    assert column(made, "accounts.parquet", "reasons") == [None, ["7"]]
    assert column(made, "comments.parquet", "account_id") == ["8", GONE]
    assert column(made, "engagements.parquet", "account_id") == [GONE, "8", None]
    members = pq.read_table(made / "campaign_members.parquet").to_pylist()
    assert {(row["member_kind"], row["member_id"]) for row in members} == {
        ("account", GONE), ("comment", "7"), ("section", "7"),
    }  # fmt: skip
    assert column(made, "reference/section_info.parquet", "creator_id") == [GONE]
    assert column(made, "reference/model_rows.parquet", "id") == [GONE, "7"]
    assert column(made, "reference/comment_text.parquet", "text") == ["7", None]
    kept = {
        "sections": ("section_id", "reasons"), "campaigns": ("kind",), "accounts": ("band",),
        "comments": ("section_id", "template_id"), "reference/section_info": ("title",),
        "engagements": ("engagement_id", "section_id", "comment_id"), "reference/curves": ("kind",),
    }  # fmt: skip
    for file, names in kept.items():
        for name in names:
            values = column(made, f"{file}.parquet", name)
            assert "7" in values or ["7"] in values, (file, name)
            assert GONE not in values


def test_lines_that_do_not_mean_it_stay(made: Path) -> None:
    unlink(made, WHO, GONE)
    lines = {line["evidence_id"]: line for line in read_lines(made / "evidence.jsonl")}
    for name, before in EVIDENCE.items():
        assert lines[name]["statement"] == {"zh": before.statement.zh, "en": before.statement.en}
        assert lines[name]["observed"] == 7.0
    assert lines["e1"]["subject"] == {"kind": "account", "id": GONE}
    assert lines["e1"]["refs"] == ["7", "8"]  # sections
    assert lines["e2"]["subject"] == {"kind": "section", "id": "7"}
    assert lines["e2"]["refs"] == ["6", GONE]
    assert [lines[name]["refs"] for name in ("e3", "e4", "e6")] == [["7"]] * 3
    assert lines["e5"]["refs"] == [GONE]
    section, creator = read_lines(made / "insights.jsonl")
    assert section == INSIGHTS[0]
    assert creator == {**INSIGHTS[1], "subject": {"kind": "creator", "id": GONE}}


def test_a_name_in_a_sentence_is_replaced_as_a_whole_word(made: Path) -> None:
    said = "by x:a1, not x:a12 or yx:a1; x:a1."
    rows = [told("a.plugin@1", ("account", who), ("x:a1",), said) for who in ("x:a1", "x:a2")]
    apart = [told("a.plugin@1", ("account", "x:a3"), (), said)]
    lines = [{"evidence_id": str(n), "reason": e.reason, "statement": e.statement,
              "subject": {"kind": e.subject[0], "id": e.subject[1]}, "refs": e.refs}
             for n, e in enumerate(rows + apart)]  # fmt: skip
    write_lines(made / "evidence.jsonl", map(plain, lines))
    assert unlink(made, "x:a1", GONE) == 2
    after = list(read_lines(made / "evidence.jsonl"))
    for line in after[:2]:
        assert line["statement"]["en"] == f"by {GONE}, not x:a12 or yx:a1; {GONE}."
        assert line["statement"]["zh"].startswith(f"共 by {GONE}")
        assert line["refs"] == [GONE]
    assert after[2]["statement"]["en"] == said


def test_tables_without_rows_do_not_stop_it(made: Path) -> None:
    empty = OUTPUTS["campaigns"].empty_table()
    pq.write_table(empty, made / "campaigns.parquet")
    before = (made / "campaigns.parquet").read_bytes()
    assert unlink(made, WHO, GONE)
    assert (made / "campaigns.parquet").read_bytes() == before
    assert not unlink(made, WHO, "gone:01")
    assert json.loads((made / "run.json").read_text("utf-8"))["n"] == "7"


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_a_scan_that_cannot_be_rewritten_stays_as_it_was(made: Path) -> None:
    (made / "reference/section_info.parquet").write_bytes(b"PAR1")
    before = content(made)
    with pytest.raises(pa.ArrowInvalid):
        unlink(made, WHO, GONE)
    assert content(made) == before


def test_one_scan_that_fails_does_not_keep_the_others(made: Path, settings: Settings) -> None:
    database = Database(settings.database_url)
    database.migrate()
    place = Path(settings.store_url) / "default"
    for name in ("scan_a", "scan_b", "scan_c"):
        shutil.copytree(made, place / name)
        row = StoredScan(id=name, tenant_id="default", owner="local", title="t", n_sections=1,
                         n_engagements=1, size_bytes=1, summary={}, created_ms=1)  # fmt: skip
        with database.session() as session:
            session.add(row)
    (place / "scan_a/evidence.jsonl").write_text('"7" {\n')
    (place / "scan_b/run.json").unlink()
    store = open_store(settings.store_url, settings.data_dir / "cache")
    done = purge_account(database, store, settings, "default", WHO)
    assert [line.partition(": ")[0] for line in done.failed] == ["scan scan_a", "scan scan_b"]
    assert "{" not in "".join(done.failed)
    assert WHO in column(place / "scan_a", "accounts.parquet", "account_id")
    assert WHO not in column(place / "scan_c", "accounts.parquet", "account_id")
    database.close()
    told = CliRunner().invoke(
        app, ["purge", "--account", WHO, "--data-dir", str(settings.data_dir),
              "--database-url", settings.database_url, "--json"],
    )  # fmt: skip
    assert told.exit_code == 1 and "scan_a" in told.stderr
    assert len(json.loads(told.stdout)["failed"]) == 2
