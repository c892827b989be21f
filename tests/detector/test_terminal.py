"""Hostile text on a terminal, and progress lines."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.progress import BarProgress, LineProgress, progress_for
from zhenzan.detector.terminal import clean


@given(st.text(st.characters(), max_size=300))
def test_nothing_that_acts_gets_through(text: str) -> None:
    shown = clean(text)
    acting = {c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}}
    assert not acting
    assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE"} for c in shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("one\ntwo\rthree", "one two three"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
        ("支持!+1 👨\u200d👩\u200d👧", "支持!+1 👨\u200d👩\u200d👧"),
        ("\x9b2J", "\\x9b2J"),
    ],
)
def test_known_tricks(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_long_text_is_cut() -> None:
    assert clean("x" * 10_000_000, 10) == "x" * 10 + "…"


def test_plain_lines_for_logs() -> None:
    stream = io.StringIO()
    progress = progress_for(stream)
    assert isinstance(progress, LineProgress)
    progress.begin("reading files", 1, 10)
    progress.update(5, 10, "\x1b[2Jfile")
    progress.end(1.25)
    progress.begin("features", 2, 10)
    progress.end(0.0, "done in the earlier run")
    assert stream.getvalue() == (
        "[1/10] reading files: 1.2 s\n[2/10] features: done in the earlier run\n"
    )


def test_a_bar_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    progress = progress_for(stream)
    assert isinstance(progress, BarProgress)
    with progress:
        progress.begin("reading files", 1, 2)
        progress.update(1, 2, "[red]\x1b[2Jfile")
        progress.say("[bold]starting \x1b]0;from the beginning")
        progress.end(1.0)
    assert "[bold]starting" in stream.getvalue()
    assert "\x1b[2Jfile" not in stream.getvalue()
    assert "\x1b]0;" not in stream.getvalue()
