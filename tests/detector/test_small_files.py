"""What a creator with one small file reads: nothing is claimed that was not looked at."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from zhenzan.detector import Scan, scan
from zhenzan.detector.cli.main import app
from zhenzan.detector.report import render_report

START = 1_790_000_000_000
TALK = [
    "今天的菜真好看", "请问哪里买的", "作者很用心", "火候怎么掌握", "音乐叫什么", "终于更新了",
    "比外面卖的健康",
]  # fmt: skip


def made(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def words(found: Scan, language: str) -> str:
    page = render_report(found, language=language, section=None, redact=True)
    plain = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Two sections with the same ordered phrase, no authors, no creators."""
    folder = tmp_path_factory.mktemp("order")
    rows = [
        {"comment_id": f"c{s}_{i}", "section_id": f"post{s}", "created_ms": START + i * 60_000,
         "text": "支持!+1" if i < 30 else f"{TALK[i % 7]}{TALK[i // 7 % 7]}{i}"}
        for s in range(2) for i in range(60)
    ]  # fmt: skip
    return scan([made(folder / "in", "comments.csv", rows)], folder / "out")


def test_a_repeated_phrase_that_was_not_counted_is_explained(order: Scan) -> None:
    said = words(order, "zh")
    assert "30 条评论，作者未知" in said and "0 个账号" not in said.split("格式雷同的评论")[1]
    assert said.count("数量多，但未计为异常") == 2
    assert "支持!+1" in said  # thirty wrote it: it identifies nobody
    assert words(order, "en").count("Many, yet not counted as unusual") == 2


def test_likes_that_the_file_does_not_hold_are_not_none(order: Scan) -> None:
    page = render_report(order, language="zh", section=None, redact=True)
    listed = re.findall(r'<section class="comment-list".*?</section>', page, flags=re.S)
    cells = re.findall(r'<td class="n">(.*?)</td>', "".join(listed))
    assert cells and set(cells) == {"–"}


def test_comments_alone_are_what_was_received(order: Scan) -> None:
    """Without likes the comments are the acts: counted, drawn and estimated."""
    done = CliRunner().invoke(app, ["explain", str(order.path), "post0", "--lang", "zh"])
    assert done.exit_code == 0 and "评级：organic（与自然互动一致）" in done.stdout
    assert "疑似购买：0（90% 区间 0–" in done.stdout and "共 60" in done.stdout
    assert "没有曲线" not in words(order, "zh")


@pytest.fixture(scope="module")
def untimed(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """The same comments, and nothing is known of when they came."""
    folder = tmp_path_factory.mktemp("untimed")
    rows = [
        {"comment_id": f"c{s}_{i}", "section_id": f"post{s}", "text": f"{TALK[i % 7]}{i}"}
        for s in range(2) for i in range(60)
    ]  # fmt: skip
    return scan([made(folder / "in", "comments.csv", rows)], folder / "out")


def test_no_window_heading_stands_without_a_curve(untimed: Scan) -> None:
    said = words(untimed, "zh")
    assert said.count("没有曲线：带时间的互动不足 20 次。") == 2
    assert "超出预期的时段" not in said


def test_likes_without_times_are_not_called_organic(tmp_path: Path) -> None:
    rows = [
        {"kind": "like", "section_id": f"post{i % 2}", "account_id": f"u{i // 2}"}
        for i in range(80)
    ]
    source = made(tmp_path / "in", "engagement.csv", rows)
    done = CliRunner().invoke(
        app, ["scan", str(source), "--out", str(tmp_path / "out"), "--lang", "zh"]
    )
    assert done.exit_code == 0
    assert "没有一个评论区可以判断" in done.stdout and "没有评论区显出异常" not in done.stdout
    said = words(Scan.load(tmp_path / "out"), "zh")
    assert "未见异常" not in said and "与自然互动不符（90% 区间；" not in said
    assert "每次互动一行、带时间（精确到分钟或更细）的文件" in said
