"""What every source must keep, the built-in ones and those that plug in.

A new source adds one entry to `SAMPLES`: a file name and made-up content of its format.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources import (
    Noted,
    ReadOptions,
    Rejected,
    Rows,
    Skipped,
    Source,
    get_source,
    recognise,
    sniff,
    sources,
)
from zhenzan.detector.sources.base import INTAKE
from zhenzan.detector.sources.files import probe
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import UnknownFormatError, UsageError
from zhenzan.features.tables import TABLES

_EVENT = {
    "type": "WatchEvent", "actor": {"id": 4, "login": "ann"}, "repo": {"name": "o/r"},
    "created_at": "2024-01-01T00:00:01Z",
}  # fmt: skip
_STAR = {"starred_at": "2024-01-01T00:00:01Z", "user": {"login": "ann", "id": 4}}
_WECHAT = {"content_id": "85899345921", "content": "写得好", "create_time": 1717000000}
_POST_URI = "at://did:plc:y/app.bsky.feed.post/3l3pte3p2e325"
_LIKE = {
    "$type": "app.bsky.feed.like",
    "createdAt": "2024-09-09T19:46:02.102Z",
    "subject": {"cid": "b", "uri": _POST_URI},
}
_COMMIT = {
    "rev": "3l3qo2vutsw2b", "operation": "create", "collection": "app.bsky.feed.like",
    "rkey": "3l3qo2vuowo2b",
}  # fmt: skip
_JETSTREAM = {
    "did": "did:plc:x", "time_us": 1725911162329308, "kind": "commit",
    "commit": {**_COMMIT, "record": _LIKE},
}  # fmt: skip
_THREAD = {
    "kind": "youtube#commentThread", "id": "UgxA", "snippet": {
        "videoId": "v1", "channelId": "UCo", "totalReplyCount": 0, "topLevelComment": {
            "id": "UgxA", "snippet": {
                "textOriginal": "great tips", "authorDisplayName": "@ann", "likeCount": 15,
                "authorChannelId": {"value": "UC1"}, "publishedAt": "2024-03-01T12:00:00Z",
            },
        },
    },
}  # fmt: skip
_FILM = {
    "id": "v1", "extractor_key": "Youtube", "epoch": 1710000000, "comments": [
        {"id": "UgxA", "parent": "root", "text": "前排", "author": "@b", "author_id": "UC2",
         "like_count": 3, "_time_text": "2 weeks ago", "timestamp": 1708790400},
    ],
}  # fmt: skip
_DOWNLOADED = {
    "cid": "UgxA.9x", "text": "前排", "time": "3 weeks ago", "author": "@b", "channel": "UC2",
    "votes": "1.2K", "replies": "", "heart": False, "reply": True,
}  # fmt: skip
_POST = {
    "id": 501, "post_number": 2, "topic_id": 90, "username": "ann", "user_id": 7,
    "created_at": "2024-03-01T12:00:00.000Z", "cooked": "<p>thanks</p>",
}  # fmt: skip
_REDDIT = {
    "id": "aa", "link_id": "t3_top", "parent_id": "t3_top", "author": "ann", "body": "first",
    "author_fullname": "t2_1a", "created_utc": 1709290800, "score": 5, "retrieved_on": 1709290900,
}  # fmt: skip
_NOTE_COMMENT = {
    "comment_id": "6a196667000000002900edd9", "create_time": 1717000000000, "note_id": "6a19",
    "content": "已三连", "creator_hash": "9f86d081884c7d65", "nickname": "小***学",
    "parent_comment_id": "", "last_modify_ts": 1717100000000, "like_count": "1.2万",
}  # fmt: skip
_REVIEW = {
    "recommendationid": "1", "author": {"steamid": "7656", "num_reviews": 3}, "review": "fun",
    "timestamp_created": 1700000000, "voted_up": True, "votes_up": 2,
}  # fmt: skip
SAMPLES: dict[str, dict[str, str]] = {
    "youtube": {
        "threads.json": json.dumps(
            {"kind": "youtube#commentThreadListResponse", "items": [_THREAD]}
        ),
        "film [v1].info.json": json.dumps(_FILM),
        "v1.jsonl": json.dumps(_DOWNLOADED) + "\n",
    },
    "forum": {
        "post_actions.csv": "post_id,user_id,post_action_type_id,created_at,topic_id\n"
        "501,7,2,2024-03-01 12:00:00 UTC,90\n",
        "topic.json": json.dumps({"post_stream": {"posts": [_POST]}, "id": 90, "title": "Release"}),
        "RC_2024-03.ndjson": json.dumps(_REDDIT) + "\n",
    },
    "bluesky": {
        "stream.jsonl": json.dumps(_JETSTREAM, separators=(",", ":"))
        + "\n"
        + json.dumps(
            {
                **_JETSTREAM,
                "time_us": 1725911172329308,
                "commit": {**_COMMIT, "operation": "delete"},
            }
        ),
        "stream2.jsonl": json.dumps(
            {
                "$type": "message",
                "payload": {
                    "$type": "network.bsky.jetstream.subscribeEvents#commit",
                    "did": "did:plc:x",
                    "time": "2024-09-09T19:46:02.329308Z",
                    **_COMMIT,
                    "record": _LIKE,
                },
            }
        ),
        "likes.json": json.dumps(
            {
                "uri": _POST_URI,
                "likes": [
                    {
                        "indexedAt": "2024-09-09T19:46:02.329Z",
                        "createdAt": "2024-09-09T19:46:02.102Z",
                        "actor": {"did": "did:plc:x", "handle": "ann.test"},
                    }
                ],
            }
        ),
    },
    "wechat": {
        "2247483650_1.json": json.dumps({"elected_comment": [{**_WECHAT, "like_num": 3}]}),
        "微信公众号文章.json": json.dumps(
            [
                {
                    "_accountName": "某号",
                    "aid": "2247483650_1",
                    "readNum": 100001,
                    "likeNum": 0,
                    "title": "题",
                    "comments": [_WECHAT],
                }
            ]
        ),
        "list.json": json.dumps(
            {"errcode": 0, "total": 1, "comment": [{"user_comment_id": 1, **_WECHAT}]}
        ),
        "datacube.json": json.dumps(
            {"list": [{"ref_date": "2024-05-01", "msgid": "2247483650_1", "share_count": 3}]}
        ),
        "视频号.jsonl": json.dumps(
            {
                "data": {
                    "comment": [
                        {
                            "commentId": "14403251203801383000",
                            "commentContent": "好",
                            "commentCreatetime": "1717000000",
                        }
                    ],
                    "commentCount": 1,
                }
            }
        ),
        "articles.csv": "链接,阅读,点赞,留言\nhttps://mp.weixin.qq.com/s?mid=22&idx=1,12,3,0\n",
    },
    "cn_raw": {
        "bilibili.json": json.dumps(
            {
                "code": 0,
                "data": {
                    "page": {"count": 1, "acount": 1},
                    "upper": {"mid": 9},
                    "replies": [
                        {
                            "rpid": 9007199254740993001,
                            "oid": 7,
                            "type": 1,
                            "mid": 8,
                            "root": 0,
                            "parent": 0,
                            "ctime": 1717000000,
                            "like": 3,
                            "content": {"message": "前排"},
                            "member": {"mid": "8", "uname": "友"},
                        }
                    ],
                },
            }
        ),
        "douyin.json": json.dumps(
            {
                "status_code": 0,
                "cursor": 1,
                "has_more": 0,
                "total": 1,
                "comments": [
                    {
                        "cid": "7374458847232000030",
                        "aweme_id": "7370000000000000001",
                        "text": "好",
                        "create_time": 1717000005,
                        "digg_count": 3,
                        "user": {"uid": "8"},
                    }
                ],
            }
        ),
        "xiaohongshu.json": json.dumps(
            {
                "code": 0,
                "data": {
                    "has_more": False,
                    "cursor": "",
                    "time": 1717005000000,
                    "comments": [
                        {
                            "id": "665757400000000000000032",
                            "note_id": "6650000000000000290abcde",
                            "content": "已三连",
                            "create_time": 1717000000000,
                            "like_count": "1.2万",
                            "user_info": {"user_id": "5f01"},
                        }
                    ],
                },
            }
        ),
        "weibo 5039450000000000.json": json.dumps(
            {
                "ok": 1,
                "data": {
                    "total_number": 1,
                    "max_id": 0,
                    "data": [
                        {
                            "id": "5039525617205253",
                            "rootid": "5039525617205253",
                            "text": "赞",
                            "created_at": "Thu May 30 00:26:40 +0800 2024",
                            "like_count": 3,
                            "user": {"id": 8},
                        }
                    ],
                },
            }
        ),
        "attitudes 5039450000000000.json": json.dumps(
            {
                "ok": 1,
                "data": {
                    "data": [
                        {
                            "id": 1,
                            "created_at": "Thu May 30 00:26:40 +0800 2024",
                            "attitude_type": 1,
                            "user": {"id": 8},
                        }
                    ]
                },
            }
        ),
    },
    "mediacrawler": {
        "detail_comments_2026-07-02.jsonl": json.dumps(_NOTE_COMMENT) + "\n",
        "detail_comments_2026-07-02.json": json.dumps([_NOTE_COMMENT], indent=4),
        "detail_contents_2024-05-30.csv": "\ufeffaweme_id,create_time,user_id,liked_count,"
        "comment_count,last_modify_ts\n74,1717000000,12,3,1,1717100000000\n",
    },
    "mapped": {
        "shares.csv": "object_id,account_id,content_id,timestamp_share\no1,u1,c1,1700000000\n",
        "app_570.json": json.dumps({"reviews": [_REVIEW]}),
        "one.jsonl": json.dumps(
            {
                "id": 2**62,
                "video_id": 2**62 + 1,
                "text": "ok",
                "like_count": 1,
                "parent_comment_id": 2**62 + 1,
                "create_time": 1700000000,
            }
        ),
    },
    "canonical": {
        "engagement.csv": "kind,section_id,account_id,ts_ms\nlike,s,a,1700000000\n",
        "comment.jsonl": '{"comment_id": "c", "section_id": "s", "text": "支持!+1"}\n',
        "some likes.csv": "account_id;section_id;ts_ms;kind\na;s;1700000000;like\n",
    },
    "github_stars": {
        "flat.csv": "repo,actor,starred_at\no/r,ann,2024-01-01T00:00:01Z\n",
        "2024-01-01-0.json": json.dumps(_EVENT) + "\n" + json.dumps(_EVENT) + "\n",
        "o__r.json": json.dumps([_STAR, _STAR]),
    },
}
CASES = [(source, name) for source, files in SAMPLES.items() for name in files]


@pytest.fixture
def sample(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Source, Path]:
    source, name = request.param
    (tmp_path / name).write_text(SAMPLES[source][name])
    return get_source(source), tmp_path / name


def test_every_source_has_samples() -> None:
    assert {source.name for source in sources()} == set(SAMPLES)


@pytest.mark.parametrize("source", sources(), ids=lambda s: s.name)
class TestWhatASourceSays:
    def test_names(self, source: Source) -> None:
        assert source.name.replace("_", "a").isalnum()
        assert source.version
        assert set(source.title) == {"en", "zh"}
        assert all(source.title.values())
        assert source.looked_for

    def test_tables_and_defaults_are_ours(self, source: Source) -> None:
        assert set(source.table_names) <= set(TABLES)
        for table, columns in source.defaults.items():
            for column, value in columns.items():
                choices = TABLES[table].by_name[column].choices
                assert not choices or value in choices

    def test_hashing_is_the_rule(self, source: Source) -> None:
        assert source.hashes_ids or source.name == "canonical"

    def test_nothing_is_taken_for_its_own(self, source: Source, tmp_path: Path) -> None:
        for name, content in (
            ("a.bin", b"\x00\x01\x02"), ("b.csv", b"x,y\n1,2\n"), ("c.json", b'{"x": 1}'),
            ("d.txt", "随便写写".encode()), ("e.json", b"[1, 2"), ("f.csv", b""),
        ):  # fmt: skip
            (tmp_path / name).write_bytes(content)
            assert source.sniff(probe(tmp_path / name)) is None


@pytest.mark.parametrize("sample", CASES, indirect=True, ids="/".join)
class TestWhatASourceYields:
    def test_is_recognised_by_content(self, sample: tuple[Source, Path]) -> None:
        source, path = sample
        assert sniff(path) is source
        assert recognise(probe(path)) is source

    def test_only_tables_and_columns_that_ingest_knows(self, sample: tuple[Source, Path]) -> None:
        source, path = sample
        for item in source.read(probe(path), ReadOptions()):
            assert isinstance(item, Rows | Rejected | Skipped | Noted)
            if isinstance(item, Rows):
                assert item.table in source.table_names
                known = {c.name for c in TABLES[item.table].columns}
                assert set(item.data.schema.names) <= known | set(INTAKE.get(item.table, ()))

    def test_lines_are_given_for_every_row(self, sample: tuple[Source, Path]) -> None:
        source, path = sample
        for item in source.read(probe(path), ReadOptions()):
            if isinstance(item, Rows) and not isinstance(item.lines, int):
                assert item.lines.type == pa.int64()
                if not item.derived:
                    assert len(item.lines) == item.data.num_rows
                assert item.lines.null_count == 0

    def test_can_be_read_again(self, sample: tuple[Source, Path]) -> None:
        source, path = sample
        seen = probe(path)
        first, second = (
            [i.data.to_pylist() for i in source.read(seen, ReadOptions()) if isinstance(i, Rows)]
            for _ in range(2)
        )
        assert first == second

    def test_gives_usable_rows_under_the_books(
        self, sample: tuple[Source, Path], tmp_path: Path
    ) -> None:
        source, path = sample
        (tmp_path / "k").write_text("0123456789abcdef")
        options = IngestOptions(now_ms=1_760_000_000_000, key_file=tmp_path / "k")
        with open_engine() as engine:
            done = ingest([path], engine, options, work_dir=tmp_path / "w")
            counts = {n: engine.fetch(r).num_rows for n, r in done.tables.items()}
        assert done.rows.kept >= 1
        assert done.rows.rejected == 0
        assert counts["section"] == 1
        assert done.inputs[0].source == source.name


def test_names_are_known_or_listed() -> None:
    with pytest.raises(UsageError, match="known: canonical, "):
        get_source("myspace")


def test_unknown_files_say_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x,y\n1,2\n")
    with pytest.raises(UnknownFormatError) as caught:
        sniff(tmp_path / "x.csv")
    text: Any = str(caught.value)
    assert all(f"{s.name}: {line}" in text for s in sources() for line in s.looked_for)
