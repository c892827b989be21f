"""Cursors come back as they were given, or not at all; ETags decide who is sent an answer."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from zhenzan.api.cursors import decode, encode
from zhenzan.api.etags import etag_of, has
from zhenzan.api.problems import Problem

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@given(TEXT, INT64, st.floats(allow_nan=False, allow_infinity=False), st.none() | TEXT)
def test_a_cursor_comes_back(text: str, number: int, real: float, maybe: str | None) -> None:
    cursor = encode((text, number, real, maybe), "list", {"band": "unusual"})
    assert cursor.isascii() and not set(cursor) & set("+/= ")
    found = decode(cursor, (str, int, float, str | None), "list", {"band": "unusual"})
    assert found == (text, number, real, maybe)
    assert isinstance(found[2], float)


@pytest.mark.parametrize("letter", ["a", "节", "😀", "\x1f"])
def test_the_longest_id_fits_into_a_cursor(letter: str) -> None:
    place = (-1.2345678901234567e-100, letter * 512)
    assert decode(encode(place, "list"), (float | None, str), "list") == place


def test_a_cursor_belongs_to_its_list() -> None:
    cursor = encode(("a", 1), "list", "filter")
    for kinds, query in (
        ((str, int), ("list", "other")),
        ((str, int), ("other", "filter")),
        ((int, int), ("list", "filter")),
        ((str,), ("list", "filter")),
        ((str, int, int), ("list", "filter")),
    ):
        with pytest.raises(Problem) as caught:
            decode(cursor, kinds, *query)
        assert caught.value.status_code == 400


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode()))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        decode(text, (str,), "list")


@pytest.mark.parametrize(
    "value", [None, True, 1 << 63, "a\0b", "\ud800", [1], {"a": 1}, float("nan"), float("inf"), 1.5]
)
def test_what_no_database_takes_is_refused(value: object) -> None:
    good = json.loads(base64.urlsafe_b64decode(encode((1,), "list") + "=="))
    text = json.dumps([good[0], value])
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    for kind in (str, int):
        with pytest.raises(Problem):
            decode(cursor, (kind,), "list")


def test_deep_nesting_is_refused() -> None:
    cursor = base64.urlsafe_b64encode(b"[" * 1500).decode()
    with pytest.raises(Problem):
        decode(cursor, (str,), "list")


def asked(header: str) -> Request:
    return Request({"type": "http", "headers": [(b"if-none-match", header.encode())]})


def test_etags() -> None:
    tag = etag_of("scan_1", 2, ["a"])
    assert tag == etag_of("scan_1", 2, ["a"]) != etag_of("scan_1", 2, ["b"])
    for header in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        assert has(asked(header), tag)
    for header in ("", '"x"', tag.strip('"')):
        assert not has(asked(header), tag)
