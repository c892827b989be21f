"""GB18030 is told from what only looks like it, and a file in it says what the UTF-8 one says."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources.encoding import is_gb18030
from zhenzan.detector.sources.files import byte_chunks
from zhenzan.features.engine import open_engine

CHINESE = "今天的文章写得太好了，我很喜欢这个作者，请问在哪里可以看到？\n"
HEADER = "comment_id,section_id,account_id,text\n"


@pytest.mark.parametrize("cut", range(4))
def test_chinese_text_of_any_length(cut: int) -> None:
    raw = (HEADER + CHINESE * 50).encode("gb18030")
    assert is_gb18030(raw[: len(raw) - cut])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CHINESE * 9, "utf-8"),
        ("a,b\n1,2\n" * 99, "ascii"),
        ("José Pérez était là, où les élèves étudient\n" * 20, "latin-1"),
        ("이 영상은 정말 좋아요 다음 영상도 기대할게요 감사합니다\n" * 20, "euc-kr"),
        ("今日の動画はとても面白かったです、ありがとうございます\n" * 20, "euc-jp"),
        ("今日の動画はとても面白かったです、ありがとうございます\n" * 20, "shift-jis"),
        ("今天的文章寫得太好了，我很喜歡這個作者\n" * 20, "big5"),
        ("Привет, отличное видео, спасибо большое за работу\n" * 20, "cp1251"),
    ],
)
def test_other_texts_are_left_as_they_are(text: str, name: str) -> None:
    assert not is_gb18030(text.encode(name))


def test_utf8_with_a_broken_line_stays_utf8() -> None:
    for broken in (b"\xff\n", b"\xe4\xbd\n", "的".encode("gb18030") + b"\n"):
        assert not is_gb18030((CHINESE * 30).encode() + broken + (CHINESE * 3).encode())


def test_a_file_says_the_same_in_both(tmp_path: Path) -> None:
    # 0x5C and 0x7C end characters of GB18030: a backslash and a delimiter to those who see bytes.
    rows = [f'c{i},s,a{i},"我的第{i}条很好，大家都来看看，乗俓\uff5c好"\n' for i in range(40)]
    text = HEADER + "".join(rows)
    found = []
    for name, raw in (
        ("u.csv", text.encode()),
        ("g.csv", text.encode("gb18030")),
        ("g.csv.gz", gzip.compress(text.encode("gb18030"))),
    ):
        path = tmp_path / name
        path.write_bytes(raw)
        options = IngestOptions(now_ms=1_790_000_000_000, observed_at_ms=1_780_000_000_000)
        with open_engine() as engine:
            done = ingest([path], engine, options, work_dir=tmp_path / f"w-{name}")
            table = engine.fetch(done.tables["comment"], order_by=["comment_id"])
        found.append(table.drop_columns(["dataset_id"]).to_pylist())
        told = [n for n in done.notes if "GB18030" in n.reason]
        assert [n.examples for n in told] == ([(name,)] if name.startswith("g") else [])
        assert done.rows.kept == 40 and done.rows.rejected == 0
    assert found[0] == found[1] == found[2]


def test_pieces_may_end_inside_a_character(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes((CHINESE * 90_000 + "x").encode("gb18030"))
    assert path.stat().st_size > 5 << 20  # more than one piece
    assert b"".join(byte_chunks(path)).decode() == CHINESE * 90_000 + "x"
