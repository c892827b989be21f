"""Names of uploaded files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.api.jobs.names import safe_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("engagement.csv.gz", "engagement.csv.gz"),
        ("评论 2024.jsonl", "评论 2024.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\likes.csv", "likes.csv"),
        (".hidden", "hidden"),
        ("_private.csv", "private.csv"),
        ("a\x00b;c|d.csv", "a_b_c_d.csv"),
        ("CON.csv", "file-CON.csv"),
        ("...", "upload"),
        ("", "upload"),
        (None, "upload"),
    ],
)
def test_what_becomes_of_a_name(sent: str | None, kept: str) -> None:
    assert safe_name(sent) == kept


def test_a_long_name_keeps_both_endings() -> None:
    name = safe_name("字" * 300 + ".jsonl.gz")
    assert name.endswith(".jsonl.gz")
    assert len(name.encode()) <= 120


@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_names_become_different_plain_files(sent: list[str]) -> None:
    taken: set[str] = set()
    for text in sent:
        name = safe_name(text, taken)
        assert name == Path(name).name
        assert name not in ("", ".", "..")
        assert not name.startswith((".", "_"))
        assert len(name.encode()) <= 130
        assert name.isprintable()
        assert name.lower() not in taken
        taken.add(name.lower())
