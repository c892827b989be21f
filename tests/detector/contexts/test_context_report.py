"""From an undeclared draw to the report: found, heard, shown with the finding before and after."""

from __future__ import annotations

import json

import pytest
from zhenzan.detector.report import render_report
from zhenzan.detector.results import Scan
from zhenzan.detector.scan import scan

START = 1_740_960_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
REPLIES = ("已关注求抽", "求抽 接好运", "中中中", "求抽")
TALK = (
    "第{}家店的面条比照片里好吃", "请问{}路公交还开吗", "排队{}分钟值不值", "下次换个角度拍",
    "我家那边也有，价格差{}块", "谢谢整理，收藏了{}条", "不同意第{}点，原因有三", "字幕能大一点吗",
)  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Thirty sections with everyday talk, and one that draws a prize."""
    folder = tmp_path_factory.mktemp("draw")
    sections, comments, acts = [], [], []
    for s in range(31):
        text = "周末福利：评论区抽三位送书 <b>@someone</b>，周日开奖" if s == 30 else "随便聊聊"
        begin = START + s * HOUR
        sections.append(
            {"section_id": f"x:{s}", "platform": "x", "kind": "post", "creator_id": f"x:c{s}",
             "published_ms": begin, "title": f"第{s}期", "text": text}
        )  # fmt: skip
        for i in range(40):
            at = begin + (i + 1) * 17 * MINUTE + 1000 * s
            words = TALK[(i + s) % 8].format(i * 7 + s) + "啊呀哦"[i % 3] * (i % 4)
            who = f"x:u{(s * 131 + i * 17) % 900}"
            comments.append(
                {"comment_id": f"x:{s}-{i}", "section_id": f"x:{s}", "account_id": who,
                 "text": REPLIES[i % 4] if s == 30 else words, "created_ms": at,
                 "created_basis": "field"}
            )  # fmt: skip
            acts.append({"kind": "like", "section_id": f"x:{s}", "account_id": who, "ts_ms": at})
    for name, rows in (("section", sections), ("comment", comments), ("engagement", acts)):
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (folder / f"{name}.jsonl").write_text(lines + "\n", "utf-8")
    out = tmp_path_factory.mktemp("out") / "scan"
    return scan(folder, out, now_ms=START + 90 * DAY, threads=1)


def test_what_was_found_is_heard_and_on_record(drawn: Scan) -> None:
    row = drawn.sections.set_index("section_id").loc["x:30"]
    assert row["band"] == "unusual_explained" and "giveaway" in list(row["contexts"])
    assert drawn.run["contexts"]["found"]["giveaway"] == 1
    (found,) = drawn.reference("contexts").query("section_id == 'x:30'").to_dict("records")
    assert found["kind"] == "giveaway" and found["declared_by"] == "auto" and found["counted"]
    assert (found["band_before"], found["band_after"]) == ("unusual", "unusual_explained")
    assert found["score_after"] < found["score_before"]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "Without these explanations"), ("zh", "不考虑这些解释")]
)
def test_the_report_shows_it_and_names_nobody(drawn: Scan, lang: str, said: str) -> None:
    page = render_report(drawn, language=lang)
    assert said in page and "抽三位送书" in page
    assert "@someone" not in page and "<b>@" not in page
