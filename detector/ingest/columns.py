"""Values of any type to the type of a canonical column, with a mask of those that do not fit."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.counts import count_interval
from zhenzan.detector.sources.plain import is_bytes, spelled, texts_of

__all__ = ["Mask", "as_interval", "as_type", "mask_of", "readable", "shortened"]

Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"

# A comment longer than this is a paste, not a comment: WeChat allows 600 characters, YouTube
# 10,000. What follows is cut, counted, and cannot slow down the comparison of texts.
LONGEST_TEXT: Final = 16_384
_WHOLE: Final = r"^[+-]?[0-9]{1,18}(\.0*)?$"
_REAL: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_TRUE: Final = pa.array(["true", "t", "yes", "y", "1", "1.0"])
_FALSE: Final = pa.array(["false", "f", "no", "n", "0", "0.0"])


def as_type(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Mask | None]:
    """Casts a column; the mask marks values that were there and cannot be read (None: none)."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), kind), None
    if pa.types.is_string(kind):
        return _text(values)
    if pa.types.is_integer(kind):
        return _whole(values)
    if pa.types.is_floating(kind):
        return _real(values)
    return _flag(values)


def as_interval(values: pa.Array) -> tuple[pa.Array, pa.Array, Mask | None]:
    """Counts of any spelling as smallest and largest value; the mask marks what is no count."""
    plain, bad = as_type(values, pa.int64())
    negative = mask_of(pc.less(plain, 0))
    if bad is None and not negative.any():
        return plain, plain, None
    if not _is_written(values.type):
        kept = pc.if_else(pa.array(negative), pa.scalar(None, pa.int64()), plain)
        return kept, kept, negative if bad is None else negative | bad
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    # Few spellings come again and again, so each is read once.
    spelled = values.dictionary_encode()
    found = [count_interval(value) for value in spelled.dictionary.to_pylist()]
    low, high = (
        pa.array([None if f is None else f[end] for f in found], pa.int64()).take(spelled.indices)
        for end in (0, 1)
    )
    there = pc.and_(values.is_valid(), pc.not_equal(values.cast(pa.string()), ""))
    unread = mask_of(pc.and_(there, low.is_null()))
    return low, high, unread if unread.any() else None


def _is_written(kind: pa.DataType) -> bool:
    """Whether values of the type may be spelled in many ways: text, also coded."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def readable(values: pa.Array, *, names: bool = False) -> tuple[pa.Array, Mask | None]:
    """Text whose bytes are UTF-8; the mask marks values that were not (Parquet may hold any).

    Bytes of a column that names something are ids, and are spelled out where they are no text.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    if is_bytes(values):
        return (spelled(values), None) if names else _decoded(values)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return values, None
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return _decoded(values.cast(pa.large_binary()))
    return values, None


def shortened(texts: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Cuts texts to what a comment can be; the mask marks those that were cut."""
    long = pc.greater(pc.binary_length(texts), LONGEST_TEXT)
    if not pc.any(long).as_py():
        return texts, None
    cut = pc.utf8_slice_codeunits(texts, 0, LONGEST_TEXT)
    changed = mask_of(pc.not_equal(pc.utf8_length(texts), pc.utf8_length(cut)))
    return cut, changed if changed.any() else None


def mask_of(values: pa.Array) -> Mask:
    """A boolean Arrow array as numpy, NULL as False."""
    return np.array(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def _text(values: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Text without white space at its ends; "" is NULL; whole doubles lose their point."""
    kind = values.type
    if pa.types.is_floating(kind):
        whole, bad = _whole(values)  # ids that pandas made doubles because one was missing
        return whole.cast(pa.string()), bad
    if pa.types.is_nested(kind):
        there = mask_of(values.is_valid())
        return pa.nulls(len(values), pa.string()), there if there.any() else None
    texts = values.cast(pa.string())
    texts = pc.utf8_trim_whitespace(texts)
    empty = pc.equal(texts, "")
    if pc.any(empty).as_py():
        texts = pc.if_else(empty, pa.scalar(None, pa.string()), texts)
    return texts, None


def _decoded(values: pa.Array) -> tuple[pa.Array, Mask | None]:
    whole = texts_of(values)
    if whole is not None:
        return whole, None
    decoded: list[str | None] = []
    bad = np.zeros(len(values), bool)
    for row, value in enumerate(values.to_pylist()):
        try:
            decoded.append(None if value is None else value.decode("utf-8"))
        except UnicodeDecodeError:
            decoded.append(None)
            bad[row] = True
    return pa.array(decoded, pa.string()), bad


def _whole(values: pa.Array) -> tuple[pa.Array, Mask | None]:
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        if pa.types.is_uint64(kind):
            return _kept(values, pc.less(values, pa.scalar(2**63, pa.uint64())), pa.int64())
        return values.cast(pa.int64()), None
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        real = values.cast(pa.float64())
        fits = pc.and_(pc.equal(pc.floor(real), real), pc.less(pc.abs(real), 9e15))
        return _kept(real, fits, pa.int64())
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return _none(values, pa.int64())
    texts, _ = _text(values)
    kept, bad = _kept(texts, pc.match_substring_regex(texts, _WHOLE), pa.string())
    return pc.replace_substring_regex(kept, r"\..*$|^\+", "").cast(pa.int64()), bad


def _real(values: pa.Array) -> tuple[pa.Array, Mask | None]:
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts, _ = _text(values)
        return _kept(texts, pc.match_substring_regex(texts, _REAL), pa.float64())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        real = values.cast(pa.float64(), safe=False)
        return _kept(real, pc.is_finite(real), pa.float64())
    return _none(values, pa.float64())


def _flag(values: pa.Array) -> tuple[pa.Array, Mask | None]:
    if pa.types.is_boolean(values.type):
        return values, None
    if pa.types.is_nested(values.type) or pa.types.is_temporal(values.type):
        return _none(values, pa.bool_())
    texts = pc.utf8_lower(_text(values.cast(pa.string()))[0])
    true = pc.is_in(texts, _TRUE)
    known = pc.or_(true, pc.is_in(texts, _FALSE))
    bad = mask_of(pc.and_(texts.is_valid(), pc.invert(known)))
    flags = pc.if_else(known, true, pa.scalar(None, pa.bool_()))
    return flags, bad if bad.any() else None


def _kept(values: pa.Array, fits: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Mask | None]:
    bad = mask_of(pc.and_(values.is_valid(), pc.invert(pc.fill_null(fits, False))))
    if bad.any():
        values = pc.if_else(pa.array(~bad), values, pa.scalar(None, values.type))
        return values.cast(kind), bad
    return values.cast(kind), None


def _none(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Mask | None]:
    there = mask_of(values.is_valid())
    return pa.nulls(len(values), kind), there if there.any() else None
