"""Rows collected one by one: batches under their lines, mixed types, several tables."""

from __future__ import annotations

import pyarrow as pa
from zhenzan.detector.sources.gather import Gather


def test_nothing_gives_nothing() -> None:
    gather = Gather()
    assert list(gather.full()) == []
    assert list(gather.rest()) == []


def test_rows_keep_table_line_order_and_platform() -> None:
    gather = Gather("weibo")
    gather.add("comment", 7, {"comment_id": "a", "text": "好"})
    gather.add("account", 7, {"account_id": "u"}, derived=True)
    gather.add("comment", 9, {"comment_id": "b", "like_count": 3})
    comments, accounts = gather.rest()
    assert (comments.table, accounts.table) == ("comment", "account")
    assert comments.lines.to_pylist() == [7, 9]
    assert (comments.derived, accounts.derived) == (False, True)
    assert {comments.platform, accounts.platform} == {"weibo"}
    assert comments.data.to_pylist() == [
        {"comment_id": "a", "text": "好", "like_count": None},
        {"comment_id": "b", "text": None, "like_count": 3},
    ]
    assert list(gather.rest()) == []


def test_a_full_batch_is_handed_out_and_forgotten() -> None:
    gather = Gather()
    for line in range(1, 16_386):
        gather.add("comment", line, {"comment_id": str(line)})
    (full,) = gather.full()
    (rest,) = gather.rest()
    assert (full.data.num_rows, rest.data.num_rows) == (16_384, 1)
    assert rest.lines.to_pylist() == [16_385]


def test_numbers_and_text_in_one_column_become_text_and_huge_ids_survive() -> None:
    gather = Gather()
    values = [12, "1.2万", None, True, 2**70, "\ud83d half"]
    for line, value in enumerate(values, 1):
        gather.add("comment", line, {"like_count": value})
    (rows,) = gather.rest()
    assert rows.data.schema.field("like_count").type == pa.string()
    assert rows.data.column("like_count").to_pylist() == [
        "12", "1.2万", None, "true", str(2**70), "\ufffd half",
    ]  # fmt: skip
