"""Takes one account out of a finished scan: its id, and what it wrote; the counts stay.

Whoever asks to be forgotten is not to be found any more, and the figures of everybody else are to
stay what they were told. So the id is replaced, everywhere in the scan, by a random one that is
written down nowhere, and the texts of its comments are emptied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.detector.results import SORT_KEYS, write_table
from zhenzan.features.errors import InputError
from zhenzan.models.attribution import Reference

__all__ = ["unlink"]

_WRITTEN: Final = ("text",)  # columns of what people wrote, beside the author's id
_RENAMED: Final = ("name_shape", "avatar_hash")  # columns that describe the account


def unlink(scan: Path, account_id: str, instead: str) -> int:
    """Replaces an account in a scan directory.

    Args:
        scan: The directory; its files are replaced one by one, `run.json` last.
        account_id: As it stands in the scan.
        instead: What nobody can lead back to it.

    Returns:
        How many rows and lines named it.
    """
    found = 0
    wrote = _comments_of(scan, account_id)
    learnt = scan / "reference" / "attribution"
    for path in sorted(scan.rglob("*.parquet")):
        if learnt not in path.parents:
            found += _table(path, account_id, instead, wrote)
    for path in sorted(scan.glob("*.jsonl")):
        found += _lines(path, account_id, instead)
    return found + _memory(scan, learnt, account_id, instead)


def _comments_of(scan: Path, account_id: str) -> pa.Array:
    """Ids of what it wrote."""
    path = scan / "comments.parquet"
    rows = pq.read_table(path, filters=[("account_id", "=", account_id)], columns=["comment_id"])
    return rows["comment_id"].combine_chunks()


def _table(path: Path, account_id: str, instead: str, wrote: pa.Array) -> int:
    table, hits = pq.read_table(path), None
    for place, field in enumerate(table.schema):
        column = table.column(place)
        changed = None
        if pa.types.is_string(field.type):
            same = pc.fill_null(pc.equal(column, account_id), False)
            changed = pc.if_else(same, instead, column)
        elif pa.types.is_list(field.type) and pa.types.is_string(field.type.value_type):
            same = _lists_with(column, account_id)
            changed = _in_lists(column, account_id, instead) if pc.any(same).as_py() else None
        if changed is not None and pc.any(same).as_py():
            table = table.set_column(place, field, changed)
            hits = same if hits is None else pc.or_(hits, same)
    table, emptied = _emptied(table, instead, wrote)
    if hits is None and not emptied:
        return 0
    _write(path, table)
    return int(pc.sum(hits).as_py() or 0) if hits is not None else 0


def _lists_with(column: pa.ChunkedArray, account_id: str) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([account_id in (row or ()) for row in column.to_pylist()])])


def _in_lists(column: pa.ChunkedArray, account_id: str, instead: str) -> pa.ChunkedArray:
    rows = [
        None if row is None else [instead if value == account_id else value for value in row]
        for row in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(rows, column.type)])


def _emptied(table: pa.Table, instead: str, wrote: pa.Array) -> tuple[pa.Table, bool]:
    """Without texts of its comments and without what describes it."""
    rows = None
    if "comment_id" in table.column_names and len(wrote):
        rows = pc.is_in(table["comment_id"], value_set=wrote)
    elif "account_id" in table.column_names:
        rows = pc.fill_null(pc.equal(table["account_id"], instead), False)
    if rows is None or not pc.any(rows).as_py():
        return table, False
    emptied = False
    for name in (*_WRITTEN, *_RENAMED):
        if name in table.column_names:
            place = table.schema.get_field_index(name)
            field = table.schema.field(name)
            nothing = pa.scalar(None if field.nullable else "", field.type)
            changed = pc.if_else(rows, nothing, table[name])
            table, emptied = table.set_column(place, field, changed), True
    return table, emptied


def _write(path: Path, table: pa.Table) -> None:
    draft = path.with_name(f"{path.name}.new")
    by = SORT_KEYS.get(path.stem, ()) if path.parent.name != "reference" else ()
    write_table(draft, table, sort_by=by)
    draft.replace(path)


def _lines(path: Path, account_id: str, instead: str) -> int:
    """Statements name it in their references and in their words."""
    whole = re.compile(rf"(?<![\w:.-]){re.escape(account_id)}(?![\w-])")
    found, lines = 0, []
    for line in path.read_text("utf-8").splitlines():
        if account_id in line or json.dumps(account_id)[1:-1] in line:
            told = _replaced(json.loads(line), lambda text: whole.sub(instead, text))
            changed = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            found += changed != line
            line = changed
        lines.append(line)
    if found:
        draft = path.with_name(f"{path.name}.new")
        draft.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        draft.replace(path)
    return found


def _replaced(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_replaced(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _replaced(one, change) for key, one in value.items()}
    return value


def _memory(scan: Path, learnt: Path, account_id: str, instead: str) -> int:
    """The reference remembers what accounts did: the life stays, without whose it is."""
    if not (learnt / "reference.json").is_file():
        return 0
    try:
        reference = Reference.load(learnt)
    except InputError:
        return 0  # of another version: it can serve nobody, and names nobody that we could find
    same = pc.fill_null(pc.equal(reference.memory.accounts, account_id), False)
    if not pc.any(same).as_py():
        return 0
    ids = pc.if_else(same, instead, reference.memory.accounts)
    changed = replace(
        reference,
        memory=replace(reference.memory, accounts=ids),
        groups=replace(reference.groups, accounts=ids),
    )
    changed.save(learnt)
    run = scan / "run.json"
    text = run.read_text("utf-8").replace(reference.digest, changed.digest)
    draft = run.with_name("run.json.new")
    draft.write_text(text, "utf-8")
    draft.replace(run)
    return 1
