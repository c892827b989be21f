"""Takes one account out of a finished scan: its id, and what it wrote; the counts stay.

Whoever asks to be forgotten is not to be found any more, and the figures of everybody else are to
stay what they were told. So the id is replaced, wherever the scan means the account by it, by a
random one that is written down nowhere, and the texts of its comments are emptied. The same text
may be the id of a section or a figure as well: those are left alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.api.operations.unlink_lines import lines_without
from zhenzan.detector.results import SORT_KEYS, write_table
from zhenzan.features.errors import InputError
from zhenzan.models.attribution import Reference

__all__ = ["unlink"]

_NAMED: Final = ("account_id", "creator_id")  # columns that hold ids of accounts
# Columns that hold ids of several kinds, with the column that tells which.
_NAMED_WHERE: Final = {"member_id": "member_kind", "id": "unit"}
_WRITTEN: Final = ("text", "quote")  # columns of what people wrote, beside the comment's id
_DESCRIBED: Final = ("name_shape", "avatar_hash")  # columns that describe the account


def unlink(scan: Path, account_id: str, instead: str) -> int:
    """Replaces an account in a scan directory.

    Args:
        scan: The directory; its files are replaced once all new ones are written, `run.json` last.
        account_id: As it stands in the scan.
        instead: What nobody can lead back to it.

    Returns:
        How many rows and lines named it; where none did, or where it fails, no file changes.
    """
    drafts = _Drafts()
    try:
        found = _drafted(scan, account_id, instead, drafts)
        if found:
            drafts.swap()
    finally:
        drafts.remove()
    return found


class _Drafts:
    """New files beside the old ones, which they replace together once all are written."""

    def __init__(self) -> None:
        self._goals: dict[Path, Path] = {}

    def of(self, path: Path) -> Path:
        """Where the new file is written."""
        draft = path.with_name(f"{path.name}.new")
        self._goals[draft] = path
        return draft

    def swap(self) -> None:
        """Replaces the old files, in the order in which drafts were asked for."""
        for draft, path in self._goals.items():
            draft.replace(path)

    def remove(self) -> None:
        """Deletes what was not swapped."""
        for draft in self._goals:
            draft.unlink(missing_ok=True)


def _drafted(scan: Path, account_id: str, instead: str, drafts: _Drafts) -> int:
    """Writes the drafts, that of `run.json` last: what is kept of the scan goes by its time."""
    found = 0
    wrote = _comments_of(scan, account_id)
    learnt = scan / "reference" / "attribution"
    for path in sorted(scan.rglob("*.parquet")):
        if learnt not in path.parents:
            found += _table(path, scan, (account_id, instead), wrote, drafts)
    also = _is_other_id(scan, account_id)
    for path in sorted(scan.glob("*.jsonl")):
        found += lines_without(path, drafts.of(path), account_id, instead, also=also)
    run = (scan / "run.json").read_text("utf-8")
    digests = _memory(learnt, account_id, instead, drafts)
    if digests is not None:
        found += 1
        run = run.replace(*digests)
    drafts.of(scan / "run.json").write_text(run, "utf-8", newline="\n")
    return found


def _comments_of(scan: Path, account_id: str) -> pa.Array:
    """Ids of what it wrote."""
    path = scan / "comments.parquet"
    rows = pq.read_table(path, filters=[("account_id", "=", account_id)], columns=["comment_id"])
    return rows["comment_id"].combine_chunks()


def _is_other_id(scan: Path, account_id: str) -> bool:
    """Whether something that is no account has the same id."""
    for kind in ("section", "comment", "campaign"):
        name = f"{kind}_id"
        path = scan / f"{kind}s.parquet"
        if pq.read_table(path, filters=[(name, "=", account_id)], columns=[name]).num_rows:
            return True
    return False


def _table(path: Path, scan: Path, names: tuple[str, str], wrote: pa.Array, drafts: _Drafts) -> int:
    table = pq.read_table(path)
    account_id, instead = names
    hits = pa.array([False] * table.num_rows, pa.bool_())
    for name in table.column_names:
        same = _naming(table, name, account_id)
        if same is not None and pc.any(same).as_py():
            place = table.schema.get_field_index(name)
            changed = pc.if_else(same, instead, table[name])
            table = table.set_column(place, table.schema.field(name), changed)
            hits = pc.or_(hits, same)
    table, emptied = _emptied(table, instead, wrote)
    named = int(pc.sum(hits).as_py() or 0)
    if named or emptied:
        by = SORT_KEYS.get(path.stem, ()) if path.parent == scan else ()
        write_table(drafts.of(path), table, sort_by=by)
    return named


def _naming(table: pa.Table, name: str, account_id: str) -> pa.ChunkedArray | None:
    """Rows that mean the account in this column; None where it holds no ids of accounts."""
    kind = _NAMED_WHERE.get(name)
    if not pa.types.is_string(table.schema.field(name).type):
        return None
    if name not in _NAMED and kind not in table.column_names:
        return None
    same = pc.fill_null(pc.equal(table[name], account_id), False)
    if name in _NAMED:
        return same
    return pc.and_(same, pc.fill_null(pc.equal(table[kind], "account"), False))


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
    for name in (*_WRITTEN, *_DESCRIBED):
        if name in table.column_names:
            place = table.schema.get_field_index(name)
            field = table.schema.field(name)
            nothing = pa.scalar(None if field.nullable else "", field.type)
            changed = pc.if_else(rows, nothing, table[name])
            table, emptied = table.set_column(place, field, changed), True
    return table, emptied


def _memory(learnt: Path, account_id: str, instead: str, drafts: _Drafts) -> tuple[str, str] | None:
    """The reference remembers what accounts did: the life stays, without whose it is.

    Returns:
        Its old digest and the new one; None where it stays as it is.
    """
    if not (learnt / "reference.json").is_file():
        return None
    try:
        reference = Reference.load(learnt)
    except InputError:
        return None  # of another version: it can serve nobody, and names nobody that we could find
    memory = reference.memory
    accounts = _renamed(memory.accounts, account_id, instead)
    creators = _renamed(memory.creators, account_id, instead)
    if accounts is None and creators is None:
        return None
    ids = memory.accounts if accounts is None else accounts
    makers = memory.creators if creators is None else creators
    changed = replace(
        reference,
        memory=replace(memory, accounts=ids, creators=makers),
        groups=replace(reference.groups, accounts=ids),
    )
    with TemporaryDirectory(prefix=".attribution-", dir=learnt.parent) as folder:
        for file in changed.save(Path(folder)):
            file.rename(drafts.of(learnt / file.name))
    return reference.digest, changed.digest


def _renamed(ids: pa.Array, account_id: str, instead: str) -> pa.Array | None:
    """The ids with the other one; None where it is not among them."""
    if not pa.types.is_string(ids.type):  # of no account at all
        return None
    same = pc.fill_null(pc.equal(ids, account_id), False)
    return pc.if_else(same, instead, ids) if pc.any(same).as_py() else None
