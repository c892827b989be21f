"""Objects with long arrays, element by element: the same as reading all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.jsonvalues import JsonProblem

ARRAYS = ("items", "comments")
SCALARS = st.sampled_from([None, True, -1, 12, 1.5e300, "", "]}", '"\\', "é\n", "😀", "\ud83d"])
VALUES = st.lists(SCALARS, max_size=3) | SCALARS | st.just({"items": [{"a": [1]}], "n": {}})
OBJECTS = st.dictionaries(st.sampled_from(["items", "comments", "id", 'é"']), VALUES, max_size=4)


def found(text: str | bytes, piece: int = 5) -> list[Any]:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    pieces = [data[i : i + piece] for i in range(0, len(data), piece)]
    return list(json_members(pieces, ARRAYS))


def slow(objects: list[dict[str, Any]]) -> list[tuple[str | None, Any]]:
    """What stands there, from objects that were read whole."""
    out: list[tuple[str | None, Any]] = []
    for value in objects:
        rest = dict(value)
        for name in value:
            if name in ARRAYS and isinstance(value[name], list):
                out += [(name, element) for element in rest.pop(name)]
        out.append((None, rest))
    return out


@given(
    objects=st.lists(OBJECTS, max_size=3),
    indent=st.sampled_from([None, 1]),
    between=st.sampled_from(["", "\n", ",\n", "][", " "]),
    piece=st.integers(1, 40),
)
def test_gives_what_reading_all_gives(
    objects: list[dict[str, Any]], indent: int | None, between: str, piece: int
) -> None:
    text = between.join(json.dumps(o, indent=indent) for o in objects)
    told = [(name, value) for _, name, value in found(text, piece)]
    expected = slow(objects)
    # The arrays of one object may come in the order of their names: sets of each are the same.
    assert sorted(map(repr, told)) == sorted(map(repr, expected))
    assert [v for n, v in told if n is None] == [v for n, v in expected if n is None]


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_lines_are_those_of_the_elements(piece: int) -> None:
    text = (
        '{"kind": "x",\n "items": [\n {"a": 1},\n {"a":\n 2}\n],\n "n": 3}\n{"items": [{"a": 3}]}\n'
    )
    lines = [(line, value) for line, name, value in found(text, piece) if name == "items"]
    assert lines == [(3, {"a": 1}), (4, {"a": 2}), (8, {"a": 3})]


@given(cut=st.integers(0, 80), piece=st.integers(1, 30))
def test_every_beginning_of_a_file_gives_its_whole_elements(cut: int, piece: int) -> None:
    text = '{"id": "v", "comments": [\n{"cid": "a", "t": "é"},\n{"cid": "b"},\n{"cid": "c"}]}'
    data = text.encode()[:cut]
    got = [value for _, name, value in found(data, piece) if name == "comments"]
    whole = [{"cid": "a", "t": "é"}, {"cid": "b"}, {"cid": "c"}]
    ends = [data.find(mark) >= 0 for mark in (b'},\n{"cid": "b', b'},\n{"cid": "c', b"}]")]
    assert got[: sum(ends)] == whole[: sum(ends)] and len(got) <= sum(ends) + 1
    problems = [value for _, _, value in found(data, piece) if isinstance(value, JsonProblem)]
    assert len(problems) == (0 if cut == 0 or data == text.encode() else 1)


def test_a_broken_element_costs_itself() -> None:
    text = '{"comments": [\n{"cid": "a"},\n{"cid": broken},\n{"cid": "c"}\n]}'
    values = [value for _, _, value in found(text)]
    assert {"cid": "a"} in values and {"cid": "c"} in values
    assert sum(isinstance(v, JsonProblem) for v in values) == 1


def test_a_broken_line_costs_itself() -> None:
    values = found('{"a": 1}\n{"a": bad, "long": "enough to be sure"}\n{"a": 3}\n')
    assert [v for _, _, v in values if isinstance(v, dict)] == [{"a": 1}, {"a": 3}]
    assert [(line, v.reason) for line, _, v in values if isinstance(v, JsonProblem)] == [
        (2, "not JSON: Expecting value")
    ]


@pytest.mark.parametrize(
    "text", ['{"a":' + "[" * 100_000, "{" * 50_000, '{"a": ' + "9" * 5000 + "}", "\x00\x01", "{]}"]
)
def test_hostile_text_is_told_and_never_raises(text: str) -> None:
    values = [value for _, _, value in found(text, 4096)]
    assert any(isinstance(value, JsonProblem) for value in values)
    assert not [v for v in values if isinstance(v, dict) and v]


def test_memory_is_that_of_an_element_and_not_of_the_file() -> None:
    """Fifty megabytes in one object goes through a window of a few MB."""
    import tracemalloc

    element = b'{"cid": "x", "text": "' + b"y" * 1000 + b'"},\n'
    block = element * 4000

    def pieces(n: int) -> Any:
        yield b'{"comments": [\n'
        for _ in range(n):
            yield block
        yield b'{"cid": "last"}], "n": 1}'

    def peak(n: int) -> int:
        tracemalloc.start()
        count = sum(1 for _ in json_members(pieces(n), ARRAYS))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 4000 * n + 2
        return top

    assert peak(12) < 1.2 * peak(3)
