from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.report.redact import MAX_QUOTE, Redactor, clean, scan_key

IDS = ("douyin:li", "douyin:wang", "github:octo/cat")


def redactor(*, redact: bool = True, only: str | None = None) -> Redactor:
    return Redactor(
        scan_key(IDS[:2]),
        redact=redact,
        only_section=only,
        accounts=frozenset(IDS[:2]),
        sections=frozenset({"github:octo/cat", "github:other/one"}),
        comments=frozenset({"douyin:c1"}),
    )


@given(st.text(max_size=400))
def test_cleaned_text_has_no_marks_that_act(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= MAX_QUOTE
    for char in shown:
        kind = unicodedata.category(char)
        assert kind not in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert kind != "Cf" or char == "\u200d"
    assert clean(shown) == shown


def test_stacked_marks_are_thinned_and_direction_is_not_turned() -> None:
    assert clean("a" + "\u0301" * 30 + "b") == "a" + "\u0301" * 2 + "b"
    assert clean("\u202eabc\u202c") == "abc"


def test_ten_megabytes_cost_nothing() -> None:
    def cost(work: Callable[[], str]) -> float:
        begin = time.process_time()
        work()
        return time.process_time() - begin

    text = "长" * 10_000_000
    assert len(clean(text)) == MAX_QUOTE
    # A look at every character, against a look at those that are shown.
    assert 10 * cost(lambda: clean(text)) < cost(lambda: "".join(char for char in text))


def test_names_are_stable_in_a_scan_differ_between_scans_and_hide_the_id() -> None:
    one, two = redactor(), redactor()
    other = Redactor(scan_key(["someone else"]), redact=True)
    shown = one.account("douyin:li")
    assert shown == two.account("douyin:li")
    assert shown != other.account("douyin:li")
    assert shown != one.account("douyin:wang")
    assert shown is not None and "li" not in shown.lower().removeprefix("a-")
    assert one.account(None) is None


def test_the_key_does_not_depend_on_order() -> None:
    assert scan_key(["a", "b"]) == scan_key(["b", "a"])
    assert scan_key(["ab", ""]) != scan_key(["a", "b"])


def test_sentences_lose_ids_and_keep_figures() -> None:
    said = "账号 douyin:li 与 46 个账号,2024-06-03 14:02–14:31,206836 次;见 github:octo/cat"
    shown = redactor().sentence(said, refs=["douyin:li"])
    assert "douyin:li" not in shown
    assert redactor().account("douyin:li") in shown
    for figure in ("46", "2024-06-03 14:02–14:31", "206836", "github:octo/cat"):
        assert figure in shown


def test_a_report_about_one_section_names_no_other() -> None:
    one = redactor(only="github:octo/cat")
    assert one.section("github:octo/cat") == "github:octo/cat"
    assert one.title("github:other/one", "Secret title").startswith("S-")
    assert "github:other/one" not in one.sentence("also on github:other/one")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("看 https://example.org/me?x=1", "example"),
        ("mail me@example.org now", "example.org"),
        ("@小王 周末", "小王"),
        ("call 138 1234 5678", "1234"),
        ("微信 13812345678", "13812345678"),
    ],
)
def test_texts_are_masked_even_where_they_are_shared(text: str, hidden: str) -> None:
    assert hidden not in redactor().text(text, shared_by=99)


def test_own_words_are_cut_and_shared_ones_quoted() -> None:
    long = "我爷爷以前也在这条街上卖豆腐脑,味道就是这个味道"
    assert redactor().text(long, shared_by=2) == long[:12] + "…"
    assert redactor().text(long, shared_by=3) == long
    assert redactor(redact=False).text(long, shared_by=1) == long
