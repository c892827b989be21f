"""Codes told apart and sorted: as NumPy's own slower functions do it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.models.attribution.codes import compact, distinct, first_places, ordered

SMALL = st.lists(st.integers(-3, 12), max_size=60)
WIDE = st.lists(st.integers(-(1 << 60), 1 << 60), max_size=20)
EITHER = st.one_of(SMALL, WIDE, st.lists(st.sampled_from([0, 7, 1 << 50]), max_size=40))


@given(EITHER)
def test_codes_are_told_apart(values: list[int]) -> None:
    codes = np.array(values, np.int64)
    known, first, place = np.unique(codes, return_index=True, return_inverse=True)
    assert distinct(codes).tolist() == known.tolist()
    assert [part.tolist() for part in compact(codes)] == [known.tolist(), place.tolist()]
    assert first_places(codes).tolist() == first.tolist()


@given(st.data(), EITHER)
def test_keys_are_sorted_one_behind_the_other(data: st.DataObject, values: list[int]) -> None:
    n = len(values)
    few = st.lists(st.integers(-2, 3), min_size=n, max_size=n)
    keys = [np.array(data.draw(few), np.int64), np.array(values, np.int64),
            np.array(data.draw(few), np.int64)]  # fmt: skip
    assert ordered(*keys).tolist() == np.lexsort(keys[::-1]).tolist()
    count = np.arange(n)
    assert ordered(*keys, count, unique=True).tolist() == np.lexsort(keys[::-1]).tolist()
