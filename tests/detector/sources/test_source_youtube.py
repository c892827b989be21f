"""YouTube files: order, breaks, hostile text and coarse times; all content is made up."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.sources import ReadOptions, Rejected, Rows, get_source, sniff
from zhenzan.detector.sources.fields import name_id, plain_text
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.youtube.coarse import shown_time
from zhenzan.detector.sources.youtube.names import section_in_name
from zhenzan.detector.sources.youtube.ytdlp import _shown_count

FIXTURES = Path(__file__).parent / "fixtures" / "youtube"
SOURCE = get_source("youtube")
SEEN = 1_710_000_000_000
DAY = 86_400_000
Read = tuple[dict[str, list[dict[str, Any]]], list[Any]]


def read(path: Path, section_id: str | None = None) -> Read:
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in SOURCE.table_names}
    others = []
    for item in SOURCE.read(probe(path), ReadOptions(section_id, SEEN, "option")):
        if isinstance(item, Rows):
            tables[item.table] += item.data.to_pylist()
        else:
            others.append(item)
    return tables, others


def thread(n: int, text: str = "ok", **snippet: Any) -> dict[str, Any]:
    top = {
        "textOriginal": text, "authorChannelId": {"value": f"UC{n}"}, "likeCount": n,
        "publishedAt": "2024-03-01T12:00:00Z", **snippet,
    }  # fmt: skip
    return {
        "kind": "youtube#commentThread", "id": f"Ugx{n}",
        "snippet": {"videoId": "v", "topLevelComment": {"id": f"Ugx{n}", "snippet": top}},
    }  # fmt: skip


def reply(n: int, thread_id: str) -> dict[str, Any]:
    snippet = {"parentId": thread_id, "textOriginal": "+1", "publishedAt": "2024-03-01T13:00:00Z"}
    return {"kind": "youtube#comment", "id": f"{thread_id}.{n}", "snippet": snippet}


def page(*items: Any, token: str | None = None) -> dict[str, Any]:
    kind = "youtube#commentThreadListResponse"
    return {"kind": kind, "items": list(items)} | ({"nextPageToken": token} if token else {})


class TestDataApi:
    def test_order_of_pages_does_not_matter(self, tmp_path: Path) -> None:
        parts = [page(thread(1), thread(2), token="t"), page(thread(3)), page(reply(1, "Ugx2"))]
        seen = []
        for seed in range(4):
            random.Random(seed).shuffle(parts)
            path = tmp_path / f"{seed}.json"
            path.write_text("\n".join(map(json.dumps, parts)))
            tables, others = read(path)
            assert not others
            rows = {name: sorted(map(str, rows)) for name, rows in tables.items()}
            seen.append({name: rows[name] for name in ("comment", "account", "coverage")})
        assert seen[0] == seen[1] == seen[2] == seen[3]

    def test_a_missing_last_page_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text(json.dumps(page(thread(1), token="more")))
        assert [row["truncated"] for row in read(tmp_path / "a.json")[0]["coverage"]] == [True]

    def test_replies_without_their_thread_need_the_video(self, tmp_path: Path) -> None:
        path = tmp_path / "replies.json"
        path.write_text(json.dumps(page(reply(1, "Ugx9"))))
        tables, others = read(path)
        assert not tables["comment"]
        (lost,) = [o.reason for o in others if isinstance(o, Rejected)]
        assert lost.endswith("--section-id")
        assert [r["section_id"] for r in read(path, "v7")[0]["comment"]] == ["v7"]

    def test_missing_values_stay_missing(self, tmp_path: Path) -> None:
        bare = thread(1)
        snippet = bare["snippet"]["topLevelComment"]["snippet"]
        for name in ("likeCount", "authorChannelId", "publishedAt"):
            del snippet[name]
        (tmp_path / "a.json").write_text(json.dumps(page(bare)))
        (row,) = read(tmp_path / "a.json")[0]["comment"]
        names = ("like_count", "account_id", "created_ms", "edited", "by_creator", "reply_count")
        assert [row[n] for n in names] == [None] * 6

    @pytest.mark.parametrize(
        "text", ["a\x00b", "\u202eright to left", "zero\u200bwidth", "😀", "x" * 100_000]
    )
    def test_hostile_text_goes_through(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "a.json").write_text(json.dumps(page(thread(1, text))))
        assert [r["text"] for r in read(tmp_path / "a.json")[0]["comment"]] == [text]

    def test_half_a_character_is_no_character(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text(json.dumps(page(thread(1, "half \ud83d"))))
        assert [r["text"] for r in read(tmp_path / "a.json")[0]["comment"]] == ["half \ufffd"]

    def test_an_error_answer_is_told_and_no_comment(self, tmp_path: Path) -> None:
        error = {"error": {"code": 403, "message": "The video has <b>disabled</b> comments."}}
        path = tmp_path / "a.json"
        path.write_text(json.dumps(page(thread(1))) + "\n" + json.dumps(error))
        _, others = read(path)
        assert others[-1].reason.endswith("The video has disabled comments.")


class TestCoarseTimes:
    def test_words_count_back_from_the_observation(self) -> None:
        assert shown_time("2 weeks ago (edited)", 5, SEEN) == (SEEN - 14 * DAY, 7 * 86_400, True)
        assert shown_time("hace 3 días", None, SEEN) == (SEEN - 3 * DAY, 86_400, False)

    def test_without_observation_the_estimate_is_kept(self) -> None:
        assert shown_time("1 month ago", SEEN - 31 * DAY, None) == (
            SEEN - 31 * DAY, 30 * 86_400, False,
        )  # fmt: skip

    def test_an_estimate_is_never_after_the_observation(self) -> None:
        assert shown_time(None, SEEN + DAY, SEEN) == (SEEN, 60, None)

    @pytest.mark.parametrize(
        ("age_days", "unit"),
        [(0.01, 60), (0.5, 3600), (3, 86_400), (20, 7 * 86_400), (90, 30 * 86_400),
         (800, 365 * 86_400)],
    )  # fmt: skip
    def test_without_words_the_age_tells_the_unit(self, age_days: float, unit: int) -> None:
        assert shown_time(None, SEEN - int(age_days * DAY), SEEN)[1] == unit

    def test_nothing_known_is_nothing_told(self) -> None:
        assert shown_time("za 3 dny", None, SEEN) == (None, None, None)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(999, 999), (1000, "1K"), (1200, "1.2K"), (1234, 1234), (12_000, "12K"), (12_300, 12_300),
     (1_500_000, "1.5M"), (23_000_000, "23M")],
)  # fmt: skip
def test_round_counts_stand_for_what_was_shown(count: int, shown: int | str) -> None:
    assert _shown_count(count, True) == shown
    assert _shown_count(count, False) == count


@pytest.mark.parametrize(
    ("name", "section"),
    [("Some film [dQw4w9WgXcQ].info.json", "dQw4w9WgXcQ"), ("dQw4w9WgXcQ.json", "dQw4w9WgXcQ"),
     ("dQw4w9WgXcQ_comments.json.gz", "dQw4w9WgXcQ"), (".json", ".json")],
)  # fmt: skip
def test_sections_in_names(name: str, section: str) -> None:
    assert section_in_name(Path(name)) == section


def test_html_is_what_a_page_shows() -> None:
    shown = plain_text('a &lt;3 b<br>c <img class="x" alt="[doge]"> <a href="u">2:19</a> 1 < 2')
    assert shown == "a <3 b\nc [doge] 2:19 1 < 2"
    assert "ann" not in name_id("ann") and name_id("ann") != name_id("Ann")


@pytest.mark.parametrize("name", sorted(p.name for p in FIXTURES.iterdir()))
def test_a_file_cut_anywhere_gives_its_whole_records(name: str, tmp_path: Path) -> None:
    data = (FIXTURES / name).read_bytes()
    whole = [row["comment_id"] for row in read(FIXTURES / name, "s")[0]["comment"]]
    path = tmp_path / name
    for cut in range(len(data) // 3, len(data), max(1, len(data) // 9)):
        path.write_bytes(data[:cut])
        if SOURCE.sniff(probe(path)) is not None:
            got = [row["comment_id"] for row in read(path, "s")[0]["comment"]]
            assert set(got) <= set(whole)


def test_youtube_comment_suite(tmp_path: Path) -> None:
    path = tmp_path / "commentsuite.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(
            """CREATE TABLE videos (video_id TEXT, channel_id TEXT, grab_date INTEGER,
                 publish_date INTEGER, video_title TEXT, total_views INTEGER, total_likes INTEGER,
                 total_comments INTEGER);
               CREATE TABLE comments (comment_id TEXT, channel_id TEXT, video_id TEXT,
                 comment_date INTEGER, comment_likes INTEGER, reply_count INTEGER,
                 is_reply BOOLEAN, parent_id TEXT, comment_text TEXT);
               CREATE TABLE comments_moderated (comment_id TEXT, channel_id TEXT, video_id TEXT,
                 comment_date INTEGER, comment_text TEXT, moderation_status TEXT);
               INSERT INTO videos VALUES ('v', 'UCo', 1710000000000, 1700000000000, 't', 9, 2, 7);
               INSERT INTO comments VALUES ('A', 'UC1', 'v', 1705000000000, 3, 1, 0, NULL,
                 'a&amp;b');
               INSERT INTO comments VALUES ('A.1', 'UCo', 'v', 1705000001000, 0, 0, 1, 'A', 'c');
               INSERT INTO comments VALUES (NULL, 'UC1', 'v', 1705000001000, 0, 0, 1, 'A', 'c');
               INSERT INTO comments_moderated VALUES ('B', 'UC2', 'v', 1705000002000, 'd', 'spam');
            """
        )
    db.close()
    assert sniff(path).name == "youtube"
    tables, others = read(path)
    rows = {row["comment_id"]: row for row in tables["comment"]}
    assert set(rows) == {"A", "A.1", "B"} and rows["A"]["text"] == "a&b"
    assert rows["A.1"]["parent_id"] == "A" and rows["A.1"]["by_creator"] in (True, "true")
    assert rows["B"]["moderation_status"] == "spam"
    assert {row["observed_ms"] for row in tables["comment"]} == {"1710000000000"}
    (covered,) = tables["coverage"]
    assert (covered["claimed_total"], covered["collected"]) == (7, 3)
    assert [o.reason for o in others] == ["a comment without its id or its video"]


@pytest.mark.slow
def test_a_scan_reads_them_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef")
    done = CliRunner().invoke(
        app,
        ["scan", os.fspath(FIXTURES), "--out", os.fspath(tmp_path / "scan"), "--key-file",
         os.fspath(tmp_path / "key"), "--observed-at", "2024-03-10"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    sections = pd.read_parquet(tmp_path / "scan" / "sections.parquet").set_index("section_id")
    assert {"youtube:vidAAAAAAA1", "youtube:vidBBBBBBB2", "bilibili:BV1xx411c7mD"} <= set(
        sections.index
    )
    # A few comments and single counts are no suspicion.
    assert set(sections["band"]) <= {"insufficient_data", "organic"}
