"""LightGBM's text of trees, read here before LightGBM reads it.

LightGBM believes what its text says: a column that is not there, a child that is its own parent or
an array that ends early is read past its end, or forever. So nothing reaches it that was not found
whole, and of the text only what makes the trees: what follows them is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite, isnan
from typing import Final

__all__ = ["checked_trees"]

# Far more than trees of ours have; a walk down one is a recursion in places.
_DEEPEST: Final = 500
_WORD: Final = 1 << 31
_END: Final = "end of trees\n"

# What numbers are written with; that they are some, `int` and `float` say.
_WHOLE: Final = re.compile(r"[-0-9 ]*")
_REALS: Final = re.compile(r"[-+.0-9eE ]*")
# A threshold of infinity parts gaps from all that is known.
_THRESHOLDS: Final = re.compile(r"[-+.0-9eE inf]*")
_WORDS: Final = re.compile(r'[^\s"\\=]+(?: [^\s"\\=]+)*')
_RANGES: Final = re.compile(r"(?:none|\[[-+.\w]+:[-+.\w]+\])(?: (?:none|\[[-+.\w]+:[-+.\w]+\]))*")
_AIMS: Final = re.compile(r"binary sigmoid:[0-9.]+|quantile(?: alpha:[0-9.]+)?")

_HEAD: Final[Mapping[str, str]] = {
    "version": "v4", "num_class": "1", "num_tree_per_iteration": "1", "label_index": "0",
}  # fmt: skip
_NEEDED: Final = {*_HEAD, "max_feature_idx", "objective", "feature_names", "feature_infos"}
_OPTIONAL: Final = {"monotone_constraints", "tree_sizes"}
_WHOLE_OF_NODES: Final = (
    "split_feature", "decision_type", "left_child", "right_child", "internal_count",
)  # fmt: skip
_REAL_OF_NODES: Final = ("split_gain", "internal_value", "internal_weight")
_TREE: Final = {
    "num_leaves", "num_cat", *_WHOLE_OF_NODES, "threshold", *_REAL_OF_NODES, "leaf_value",
    "leaf_weight", "leaf_count", "is_linear", "shrinkage",
}  # fmt: skip
# Numeric splits: whether gaps go left, and whether zeros or NaN are gaps.
_DECISIONS: Final = (0, 2, 4, 6, 8, 10)


@lru_cache(maxsize=16)
def checked_trees(text: str, n_columns: int | None = None) -> str:
    """The trees of a text, found whole: numeric splits of declared columns, each node met once.

    Args:
        text: LightGBM's, of version 4.
        n_columns: How many columns the trees have to read; None leaves it to the text.

    Raises:
        ValueError: It is no such text; says where.
    """
    kept, found, _ = text.partition("\n" + _END)
    head, *trees = re.split(r"(?m)^(?=Tree=)", kept + "\n")
    if not found or not head.startswith("tree\n"):
        raise ValueError("not the text of a LightGBM model, or cut short")
    try:
        n, sizes = _head(head.removeprefix("tree\n"))
        if n_columns is not None and n != n_columns:
            raise ValueError(f"trees of {n} columns where {n_columns} are named")
        if sizes is not None and list(sizes) != [len(tree) for tree in trees]:
            raise ValueError("sizes of trees that are none")
        for number, tree in enumerate(trees):
            _tree(number, tree, n)
    except ValueError as error:
        raise ValueError(f"not the text of a LightGBM model that is whole: {error}") from error
    return f"{kept}\n{_END}\npandas_categorical:null\n"


def _head(text: str) -> tuple[int, tuple[int, ...] | None]:
    """Number of columns, and bytes of each tree where the text tells them."""
    told = _lines(text)
    if not _NEEDED <= set(told) <= _NEEDED | _OPTIONAL:
        raise ValueError("a head without all its lines, or with others")
    for name, value in _HEAD.items():
        if told[name] != value:
            raise ValueError(f"{name}={told[name][:20]}")
    if not _AIMS.fullmatch(told["objective"]):
        raise ValueError("an objective that is none of ours")
    n = _whole("max_feature_idx", told, 1)[0] + 1
    for name, form in (("feature_names", _WORDS), ("feature_infos", _RANGES)):
        if not form.fullmatch(told[name]) or told[name].count(" ") != n - 1:
            raise ValueError(f"{name} of other than {n} columns")
    if "monotone_constraints" in told:
        _whole("monotone_constraints", told, n)
    sizes = told.get("tree_sizes")
    if sizes is None:
        return n, None
    return n, _whole("tree_sizes", told, sizes.count(" ") + 1 if sizes else 0)


def _tree(number: int, text: str, n_columns: int) -> None:
    first, _, rest = text.partition("\n")
    told = _lines(rest)
    if first != f"Tree={number}" or set(told) != _TREE:
        raise ValueError(f"tree {number} without all its lines, or with others")
    leaves = _whole("num_leaves", told, 1)[0]
    if leaves < 1 or told["num_cat"] != "0" or told["is_linear"] != "0":
        raise ValueError(f"tree {number} without leaves, of categories or of lines")
    of_nodes = {name: _whole(name, told, leaves - 1) for name in _WHOLE_OF_NODES}
    for name in _REAL_OF_NODES:
        _reals(name, told, leaves - 1)
    _thresholds(told, leaves - 1)
    _reals("shrinkage", told, 1)
    _reals("leaf_value", told, leaves)
    _whole("leaf_count", told, leaves)
    if told["leaf_weight"] or leaves > 1:  # a leaf alone has none
        _reals("leaf_weight", told, leaves)
    if not all(0 <= column < n_columns for column in of_nodes["split_feature"]):
        raise ValueError(f"tree {number} splits a column that is not there")
    if not all(kind in _DECISIONS for kind in of_nodes["decision_type"]):
        raise ValueError(f"tree {number} splits by other than numbers")
    if not _walked(of_nodes["left_child"], of_nodes["right_child"]):
        raise ValueError(f"the nodes of tree {number} make no tree")


def _walked(left: Sequence[int], right: Sequence[int]) -> bool:
    """Whether a walk from the first node meets each node and each leaf once."""
    n = len(left)
    met, ahead = set[int](), [(0, 0)] if n else []
    while ahead:
        node, depth = ahead.pop()
        if node in met or not -n - 1 <= node < n or depth > _DEEPEST:
            return False
        met.add(node)
        if node >= 0:
            ahead += [(left[node], depth + 1), (right[node], depth + 1)]
    return not n or len(met) == 2 * n + 1


def _lines(text: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in _pairs(text):
        if name in told:
            raise ValueError(f"{name} twice")
        told[name] = value
    return told


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        if line:
            name, is_pair, value = line.partition("=")
            if not is_pair:
                raise ValueError(f"a line that says nothing: {line[:20]!r}")
            yield name, value


def _whole(name: str, told: Mapping[str, str], n: int) -> tuple[int, ...]:
    made = tuple(map(int, _parted(name, told[name], n, _WHOLE)))
    if made and not -_WORD <= min(made) <= max(made) < _WORD:
        raise ValueError(f"{name} holds numbers that are none")
    return made


def _reals(name: str, told: Mapping[str, str], n: int) -> None:
    if not all(map(isfinite, map(float, _parted(name, told[name], n, _REALS)))):
        raise ValueError(f"{name} holds numbers that are none")


def _thresholds(told: Mapping[str, str], n: int) -> None:
    if any(map(isnan, map(float, _parted("threshold", told["threshold"], n, _THRESHOLDS)))):
        raise ValueError("threshold holds numbers that are none")


def _parted(name: str, value: str, n: int, form: re.Pattern[str]) -> list[str]:
    if not form.fullmatch(value):
        raise ValueError(f"{name} holds other than numbers")
    words = value.split(" ") if value else []
    if len(words) != n:
        raise ValueError(f"{len(words)} of {name} where {n} belong")
    return words
