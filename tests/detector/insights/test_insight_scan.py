"""Insights of whole scans: files in, `insights.jsonl`, overview and report out."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner
from zhenzan.detector import Scan, scan
from zhenzan.detector.cli.main import app
from zhenzan.detector.insights.registry import makers
from zhenzan.detector.report import render_report
from zhenzan.detector.summary import summarise
from zhenzan.features.errors import InputError

START = 1_790_000_000_000
WEEK = 7 * 86_400_000
BANNED = re.compile(
    r"\b(fake|fraud|bots?|troll|attack|proven|guilty|cheat)\w*|刷赞|作弊|水军|机器人", re.I
)
HOSTILE = (
    "<img src=x onerror=alert(1)> 怎么买酱油",
    "\u202egnirts\u202c 怎么买酱油 \u200b",
    "{{ 7 * 7 }} 怎么买酱油",
    "\x1b[31mred\x1b[0m 怎么买酱油",
    "&lt;script&gt;怎么买酱油&lt;/script&gt;",
    "=cmd|' /C calc'!A0 怎么买酱油",
    "酱油",
    "老抽",
    "a" * 3000 + " 怎么买酱油",
    "@" * 500 + "怎么买酱油",
    "https://" + "x" * 900,
    "‮" * 40,
)


WORDS = (
    ("红烧肉", "清蒸鱼", "豆腐", "青椒", "面条", "米饭", "炖汤", "凉菜", "饺子", "油条", "茄子"),
    ("怎么", "真的", "其实", "周末", "昨晚", "妈妈", "孩子", "第一次", "慢慢", "又", "刚刚"),
    ("做得好吃", "炒糊了", "放糖吗", "学会了", "掌握火候", "换成小火", "等更新", "要腌多久"),
    ("？", "", "呀", "，收藏", "，谢谢", "！", "，明天试", "，馋了", "，羡慕", "，在哪买"),
)  # fmt: skip


def write(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, columns)
            out.writeheader()
            out.writerows(rows)
    return folder


def tables(seed: int = 0, shift: int = 0, rename: str = "") -> dict[str, list[dict[str, Any]]]:
    """Six posts of one creator: talk, questions, answers, likes, reads by scene, levels."""
    rng = np.random.default_rng(seed)

    def talk() -> str:
        return "".join(str(rng.choice(list(words))) for words in WORDS)

    comments, likes, counts = [], [], []
    for post in range(6):
        at = np.sort(rng.exponential(30_000_000, 40))
        for i in range(40):
            mine = i % 8 == 7
            comments.append(
                {
                    "comment_id": f"{rename}c{post}_{i:02d}", "section_id": f"{rename}post{post}",
                    "account_id": f"{rename}me" if mine else f"{rename}u{rng.integers(90)}",
                    "by_creator": "true" if mine else "false",
                    "parent_id": f"{rename}c{post}_{i - 1:02d}" if i % 4 == 3 else "",
                    "text": "谢谢，已经更新" if mine else talk(),
                    "created_ms": START + shift + post * 86_400_000 + int(at[i]),
                    "region": "广东" if i % 3 else "四川",
                }
            )  # fmt: skip
        likes += [
            {"kind": "like", "section_id": f"{rename}post{post}",
             "account_id": f"{rename}v{rng.integers(400)}x{post}x{i}",
             "ts_ms": START + shift + post * 86_400_000 + int(rng.exponential(20_000_000))}
            for i in range(60)
        ]  # fmt: skip
        for scene, n in (("all", 900 + post * 10), ("朋友圈", 500), ("推荐", 400)):
            counts.append(
                {"section_id": f"{rename}post{post}", "metric": "read", "scene": scene,
                 "observed_ms": START + shift + 9 * 86_400_000, "value_lo": n, "value_hi": n}
            )  # fmt: skip
    sections = [
        {"section_id": f"{rename}post{p}", "creator_id": f"{rename}me", "kind": "article",
         "platform": "internal", "title": f"家常菜第{p}期：你会做吗？",
         "published_ms": START + shift + p * 86_400_000} for p in range(6)
    ]  # fmt: skip
    return {"comment": comments, "engagement": likes, "count_snapshot": counts, "section": sections}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    folder = tmp_path_factory.mktemp("insights")
    made = write(folder / "in", **tables())
    return scan([made], folder / "out", timezone="Asia/Shanghai", now_ms=START + 99 * 86_400_000)


def given(of: Scan) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (line["insight"].partition("@")[0], line["subject"]["id"]): line
        for line in of.insights
        if line["status"] == "given"
    }


def test_every_figure_stands_with_its_n_and_raw_beside_genuine(found: Scan) -> None:
    lines = given(found)
    names = {name for name, _ in lines}
    assert names >= {
        "comment_rate", "conversation_depth", "reply_first", "active_hours", "like_growth",
        "audience_region", "audience_source", "returning_commenters", "bait_phrases", "advice",
    }  # fmt: skip
    for line in found.insights:
        assert (line["sentence"] is None) == (line["status"] == "abstained")
        assert (line["abstained"] is None) == (line["status"] == "given")
        if line["status"] == "given":
            assert line["n"] >= line["least"] and line["sentence"]["zh"] and line["sentence"]["en"]
    rate = lines["comment_rate", "post0"]
    assert rate["n"] == 900 and rate["raw"] == pytest.approx(35 / 900, rel=1e-4)
    sources = lines["audience_source", "post0"]["series"][0]["rows"]
    assert sources == [["朋友圈", 500, 500.0, 0.5556], ["推荐", 400, 400.0, 0.4444]]


def test_each_subject_gets_every_insight_made_or_not(found: Scan) -> None:
    per: dict[tuple[str, str], set[str]] = {}
    for line in found.insights:
        per.setdefault((line["subject"]["kind"], line["subject"]["id"]), set()).add(line["insight"])
    sections = {subject for subject in per if subject[0] == "section"}
    assert {i for _, i in sections} == set(found.sections["section_id"])
    assert len({frozenset(per[s]) for s in sections}) == 1
    assert {m.id for m in makers()} <= set().union(*per.values())


def test_no_sentence_suspects_anybody(found: Scan) -> None:
    for line in found.insights:
        for text in (line["title"], line["needs"], line["sentence"], line["abstained"]):
            for said in (text or {}).values():
                assert not BANNED.search(said), said


def figures(of: Scan, rename: str = "") -> list[Any]:
    """All that does not name an id or an hour's date, in an order of its own."""
    kept = []
    for line in of.insights:
        subject = line["subject"]["id"].removeprefix(rename)
        kept.append(
            [line["insight"], subject, line["n"], line["raw"], line["genuine"], line["sentence"]]
        )
    return sorted(kept, key=lambda row: (row[1], row[0]))


def test_rows_ids_and_weeks_change_nothing(found: Scan, tmp_path: Path) -> None:
    """Shuffled rows give the same bytes; renamed ids and whole weeks the same figures."""
    shuffled = {
        name: [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
        for name, rows in tables().items()
    }
    options = {"timezone": "Asia/Shanghai", "now_ms": START + 99 * 86_400_000}
    again = scan([write(tmp_path / "a", **shuffled)], tmp_path / "a_out", **options)
    same = (found.path / "insights.jsonl").read_bytes()
    assert (again.path / "insights.jsonl").read_bytes() == same
    moved = write(tmp_path / "b", **tables(shift=3 * WEEK, rename="zz"))
    other = scan([moved], tmp_path / "b_out", **options)
    assert figures(other, "zz") == figures(found)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve comments, hostile, and nothing else."""
    rows = [
        {"comment_id": f"c{i}", "section_id": "post", "account_id": f"u{i}",
         "created_ms": START + i * 60_000, "text": text} for i, text in enumerate(HOSTILE)
    ]  # fmt: skip
    return write(tmp_path_factory.mktemp("small") / "in", comment=rows)


def test_a_dozen_comments_are_not_judged_and_still_useful(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["scan", str(small), "--out", str(out), "--lang", "en"])
    assert done.exit_code == 0, done.output
    of = Scan.load(out)
    assert set(of.sections["band"]) == {"insufficient_data"}
    lines = given(of)
    assert lines["reply_first", "post"]["raw"] >= 7
    assert "酱油" in str(lines["keywords", "post"]["series"])
    assert "For the creator (post): Questions:" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert summarise(of)["best_insight"]["insight"] == "reply_first@1"
    silent = [line for line in of.insights if line["status"] == "abstained"]
    assert len(silent) > 8
    reasons = [line for line in silent if not line["insight"].startswith("advice")]
    assert all(line["abstained"]["en"].startswith("Not enough data") for line in reasons)
    for language in ("zh", "en"):
        page = render_report(of, language=language)
        assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", page) and "<img" not in page
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x1b]", page)
        assert 'id="s1-insights"' in page


def test_a_broken_line_is_named_and_an_older_scan_has_none(found: Scan, tmp_path: Path) -> None:
    for file in found.path.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "insights.jsonl").write_text('{"insight": 1}\n[]\n', encoding="utf-8")
    with pytest.raises(InputError, match="not a JSON object"):
        _ = Scan.load(tmp_path).insights
    (tmp_path / "insights.jsonl").unlink()
    assert Scan.load(tmp_path).insights == ()
    assert "s1-insights" not in render_report(Scan.load(tmp_path), language="zh")


def test_every_insight_is_described() -> None:
    page = (Path(__file__).parents[3] / "docs" / "insights.md").read_text("utf-8")
    assert not [m.name for m in makers() if f"`{m.name}`" not in page]
    assert len({m.id for m in makers()}) == len(makers())


def test_counts_that_were_read_once_are_not_called_purchased(tmp_path: Path) -> None:
    """What a comments-only export holds: nothing tells purchase, so that nothing is taken off."""
    rows = [
        {**row, "like_count": 7 + i % 3 if i % 5 else None}
        for i, row in enumerate(tables()["comment"][:40])
    ]
    made = write(tmp_path / "in", comment=rows)
    lines = given(scan([made], tmp_path / "out", now_ms=START + 99 * 86_400_000))
    likes = lines["likes_per_comment", "post0"]
    known = [r["like_count"] for r in rows if r["like_count"] and r["by_creator"] == "false"]
    assert likes["n"] == len(known)
    assert likes["raw"] == likes["genuine"] == pytest.approx(sum(known) / len(known), rel=1e-4)
    assert "100%" not in str([line["sentence"] for line in lines.values()])
