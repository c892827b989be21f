"""Proposes a map for an unknown file: usable at once where it is ordinary, doubts spelled out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from zhenzan.detector.sources.files import probe, stem_of
from zhenzan.detector.sources.mapped.guess import Guess, guesses, look_at
from zhenzan.detector.sources.mapped.sample import Sample, samples
from zhenzan.features.errors import InputError

__all__ = ["draft_map"]

_OF_ACCOUNT: Final = ("name", "verified")
_CHINESE: Final = 0.3  # share of Chinese values from which times are taken for Chinese ones
_SURE: Final = {True: "", False: "unsure: "}


def draft_map(path: Path) -> str:
    """TOML text for `--map`, with a comment on every column; no value of the file is in it.

    Raises:
        InputError: The file cannot be read, or holds no records.
    """
    found = samples(probe(path))
    ranked = sorted(found, key=lambda s: -len({g.ours for g in guesses(s.columns)}))
    if not ranked or not ranked[0].columns:
        raise InputError("no records are to be found here", path=path, expected="a table, or JSON")
    chosen = ranked[0]
    others = [s.sheet or s.rows or "the top" for s in ranked[1:] if s.columns]
    return "\n".join(_lines(path, chosen, others)) + "\n"


def _lines(path: Path, chosen: Sample, others: Sequence[str]) -> Iterator[str]:
    made = {guess.ours: guess for guess in guesses(chosen.columns)}
    table = _table_of(made)
    name = "".join(c if c.isalnum() else "_" for c in stem_of(path))
    yield f"# Drafted from {_commented(path.name)}; check the lines marked `unsure` before use."
    yield from (f"# NOT USABLE YET: {text}" for text in _lacking(made, table))
    yield f"name = {_quoted(name)}"
    yield '# platform = "weibo"  # put in front of all ids; without it they are `internal`'
    if chosen.sheet is not None:
        yield f"sheet = {_quoted(chosen.sheet)}"
    if chosen.rows:
        yield f"rows = {_quoted(chosen.rows)}"
    yield from (f"# also here, and not read: {_commented(other)}" for other in others)
    yield f"table = {_quoted(table)}"
    yield from _zone(chosen, made)
    if "section_id" not in made:
        yield 'section_from = "file"  # no column names the section: --section-id, or the file name'
    yield ""
    yield "[columns]"
    yield from _columns(chosen, made, table)
    yield from _unused(chosen, made, table)
    yield from _account(chosen, made)


def _table_of(made: Mapping[str, Guess]) -> str:
    acts = "text" not in made and ("account_id" in made or "name" in made)
    return "engagement" if acts else "comment"


def _lacking(made: Mapping[str, Guess], table: str) -> Iterator[str]:
    if table == "comment" and "text" not in made and "comment_id" not in made:
        yield "no column looks like comments or like people; name them under [columns]"


def _columns(chosen: Sample, made: Mapping[str, Guess], table: str) -> Iterator[str]:
    if table == "engagement":
        yield 'kind = { constant = "like" }  # unsure: or share, star, view, …'
    elif "comment_id" not in made:
        parts = [made[n].theirs for n in ("text", "account_id", "name", "created_ms") if n in made]
        listed = ", ".join(_quoted(part) for part in parts)
        # Without a person or a time, equal rows are as likely equal comments as one row twice.
        apart = not {"account_id", "name"} & made.keys() or "created_ms" not in made
        made_of = f"digest = [{listed}]" + (", repeats = true" if apart else "")
        why = "made of what a row holds" + (", equal rows apart" if apart else "")
        yield f"comment_id = {{ {made_of} }}  # no id: {why}"
    for ours, guess in _used(made, table).items():
        if ours == "created_ms" and table == "engagement":
            ours = "ts_ms"
        yield f"{ours} = {_value(chosen, ours, guess)}  # {_SURE[guess.sure]}{guess.why}"
    if "account_id" not in made and "name" in made:
        theirs = _place(chosen, made["name"].theirs)
        yield f"account_id = {{ {theirs} }}  # names only: two people may share one"


def _used(made: Mapping[str, Guess], table: str) -> dict[str, Guess]:
    if table == "engagement":
        return {
            ("ts_ms" if n == "liked_ms" else n): made[n]
            for n in ("section_id", "account_id", "comment_id", "liked_ms", "created_ms", "region")
            if n in made
            and not (n == "created_ms" and "liked_ms" in made)
            # Without text an id of rows says nothing that could be kept.
            and n != "comment_id"
        }
    left_out = (*_OF_ACCOUNT, "liked_ms")
    return {n: guess for n, guess in made.items() if n not in left_out}


def _value(chosen: Sample, ours: str, guess: Guess) -> str:
    said = _place(chosen, guess.theirs)
    unit = look_at(chosen.columns[guess.theirs]).time if ours.endswith("_ms") else None
    if unit in ("s", "ms", "us", "ns"):
        said += f", unit = {_quoted(unit)}"
    return f"{{ {said} }}"


def _place(chosen: Sample, theirs: str) -> str:
    way = "path" if chosen.nested and "." in theirs else "from"
    return f"{way} = {_quoted(theirs)}"


def _zone(chosen: Sample, made: Mapping[str, Guess]) -> Iterator[str]:
    times = [g for g in made.values() if g.ours.endswith("_ms")]
    looks = [look_at(chosen.columns[g.theirs]).time for g in times]
    if not {"naive", "relative"} & set(looks):
        return
    words = [*chosen.columns, *_texts(chosen, made)]
    chinese = look_at(words).han > _CHINESE
    zone = "Asia/Shanghai" if chinese else "UTC"
    why = "the file speaks Chinese" if chinese else "nothing tells"
    yield f"timezone = {_quoted(zone)}  # unsure: the times name no zone, and {why}"


def _texts(chosen: Sample, made: Mapping[str, Guess]) -> Sequence[Any]:
    return chosen.columns[made["text"].theirs] if "text" in made else []


def _unused(chosen: Sample, made: Mapping[str, Guess], table: str) -> Iterator[str]:
    used = {g.theirs for n, g in made.items() if n in (*_used(made, table), *_OF_ACCOUNT)}
    for theirs, values in chosen.columns.items():
        if theirs in used:
            continue
        look = look_at(values)
        kind = (
            "empty" if look.n == 0
            else "yes or no" if look.flag
            else f"times ({look.time})" if look.time
            else "counts" if look.count
            else f"text of {look.length:.0f} characters, {look.distinct:.0%} different"
        )  # fmt: skip
        yield f"# not used: {_commented(theirs)} ({kind})"


def _account(chosen: Sample, made: Mapping[str, Guess]) -> Iterator[str]:
    """Who wrote it: the name becomes a shape such as `aa00`, and is forgotten."""
    known = [n for n in _OF_ACCOUNT if n in made]
    if not known:
        return
    own = made.get("account_id", made.get("name"))
    if own is None:
        return
    yield from ("", "[[also]]", 'table = "account"', "[also.columns]")
    yield f"account_id = {{ {_place(chosen, own.theirs)} }}"
    if "account_id" not in made:
        yield 'id_kind = { constant = "name_only" }'
    for name in known:
        guess = made[name]
        yield f"{name} = {{ {_place(chosen, guess.theirs)} }}  # {_SURE[guess.sure]}{guess.why}"


def _quoted(text: str) -> str:
    quoted = json.dumps(text.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False)
    return quoted.replace("\x7f", "\\u007f")


def _commented(text: str) -> str:
    """Safe inside a TOML comment and on a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text)[:80]
